"""The recursions of :mod:`zoo.crf.recursions` as Triton kernels, for tensors on CUDA.

What a GPU spends on a small chain is not arithmetic but the start of a kernel, once a word and more; so here one
program follows a window from its first word to its last, with the moves on the chip and nothing between the words. A
training step is a fixed number of kernels whatever the number of words, and the host waits for none of them.

A window is summed in the scaled way (Rabiner 1989, section V.A) if its own scores provably allow it
(:func:`zoo.crf.recursions.rescaling_interval` tells why), and else in log space; each program finds out for itself.
Forward and backward messages are the same recursion over words in opposite orders, and run side by side.

Arrays come windows first: B windows of W words, T tags, lengths of at least one word; emissions and gold tags by the
strides of their first two dimensions, all else contiguous. Scores may be of any floating type; everything is computed
in float64. What is asked of padding is never read. Tiles hold K tags, the next power of two.

With ``TRITON_INTERPRET=1`` in the environment before Triton is imported, the kernels run in Python, on any device.
"""

import triton
import triton.language as tl

from zoo.crf import recursions

_NATS = tl.constexpr(recursions.NATS)
_TINY = tl.constexpr(recursions.TINY)
_LOWEST = tl.constexpr(recursions.LOWEST / 2)
_INF = tl.constexpr(float("inf"))

# Sizes change from batch to batch, and a kernel of its own for multiples of 16 would have to be compiled each time.
_SIZES = {
    *("by_window", "by_word", "gold_by_window", "gold_by_word"),
    *("windows", "words", "tags", "chunks", "mixing"),
}


def _kernel(function):
    """Compiles once for all sizes of batches."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return triton.jit(do_not_specialize=[name for name in names if name in _SIZES])(function)


@_kernel
def count_words(mask, by_window, by_word, lengths, is_prefix, words, BLOCK: tl.constexpr):
    """Tells how many words a window has. One program a window.

    Args:
        mask: True on words (B, W).
        by_window, by_word: Its strides.
        lengths: Written, int64 (B).
        is_prefix: Written, boolean (B): whether its words, at least one, are all at its front.
        words: W.
        BLOCK: Words that are read together.
    """
    window = tl.program_id(0).to(tl.int64)
    on = tl.zeros([BLOCK], tl.int64)
    stop = tl.zeros([BLOCK], tl.int64)  # one past the last word that is on
    for first in range(0, words, BLOCK):
        word = first + tl.arange(0, BLOCK).to(tl.int64)
        is_word = tl.load(mask + window * by_window + word * by_word, mask=word < words, other=0) != 0
        on += is_word.to(tl.int64)
        stop = tl.maximum(stop, tl.where(is_word, word + 1, 0))
    length = tl.sum(on)
    tl.store(lengths + window, length)
    tl.store(is_prefix + window, (length > 0) & (length == tl.max(stop)))


@triton.jit
def _where(wanted, tag, tags):
    """Which of a row's tags are to be read: all or none."""
    return tag < tl.where(wanted, tags, 0)


@triton.jit
def _log_sum(scores, axis: tl.constexpr):
    """The logarithm of the sum of ``exp`` over an axis; -inf of none."""
    peak = tl.max(scores, axis=axis)
    finite = tl.where(peak == -_INF, 0.0, peak)
    return tl.log(tl.sum(tl.exp(scores - tl.expand_dims(finite, axis)), axis=axis)) + finite


@triton.jit
def _moves(transitions, legal, before, after, tags):
    """Scores of moves from tags to tags in float64, -inf where they are illegal or a tag is none.

    Also the largest absolute value among those of legal moves.
    """
    return _legal_scores(transitions, legal, before * tags + after, (before < tags) & (after < tags))


@triton.jit
def _legal_scores(scores, legal, place, real):
    may = tl.load(legal + place, mask=real, other=0) != 0
    score = tl.load(scores + place, mask=may, other=0.0).to(tl.float64)
    return tl.where(may, score, -_INF), tl.max(tl.abs(score))


@_kernel
def messages(
    emissions, by_window, by_word, lengths, start, transitions, end, legal_start, legal_pairs, legal_end,
    both, factors, is_safe, windows, words, tags, mixing, K: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Sums over the parts of paths that meet at a word. Two programs a window: forward and backward.

    Args:
        emissions: Scores of tags (B, W, T).
        by_window, by_word: Its strides.
        lengths: Words of each window (B).
        start, transitions, end: Scores of moves (T), (2, T, T), (T): those between tags from row to column, and once
            more from column to row.
        legal_start, legal_pairs, legal_end: Which moves are legal, boolean, of the same shapes.
        both: Written, float64 (2, B, W, T): over the words before and over the words after, each with this word's
            emission. In the scaled way each word's sum to one, and the emission has lost its word's highest; in log
            space they are whole.
        factors: Written, float64 (B, W): what the scaled forward messages of a word were divided by.
        is_safe: Written, boolean (B): whether this window was summed in the scaled way.
        windows, words, tags: B, W, T.
        mixing: Number of legal moves within which every tag leads to every tag; 0 if there is none.
        BLOCK: Words that are read together to find the range of the emissions.
    """
    window = tl.program_id(0).to(tl.int64)
    is_backward = tl.program_id(1) == 1
    tag = tl.arange(0, K)
    real = tag < tags
    length = tl.load(lengths + window)
    rows = emissions + window * by_window
    out = both + (tl.program_id(1).to(tl.int64) * windows + window) * words * tags

    starts, at_start = _legal_scores(start, legal_start, tag, real)
    ends, at_end = _legal_scores(end, legal_end, tag, real)
    # As (to, from) in the order of this program's words, so that a sum runs along the second axis. What a thread reads
    # at once lies along the first: then it holds whole sums.
    table = tl.program_id(1) * tags * tags
    moves, between = _moves(transitions + table, legal_pairs + table, tag[None, :], tag[:, None], tags)
    first = tl.where(is_backward, ends, starts)

    widest = tl.zeros([BLOCK], tl.float64)
    for begin in range(0, length, BLOCK):
        word = begin + tl.arange(0, BLOCK)
        inside = (word < length)[:, None] & real[None, :]
        tile = tl.load(rows + word[:, None] * by_word + tag[None, :], mask=inside, other=0.0)
        tile = tile.to(
            tl.float64 if emissions.dtype.element_ty == tl.float64 else tl.float32
        )  # to compare takes no more
        peak = tl.max(tl.where(inside, tile, -_INF), axis=1)
        lowest = tl.min(tl.where(inside, tile, _INF), axis=1)
        spread = peak.to(tl.float64) - lowest.to(tl.float64)
        widest = tl.maximum(widest, tl.where(word < length, tl.where(spread >= 0, spread, _INF), 0.0))
        # Many at once are quicker than word by word; they become messages in place.
        tl.store(
            out + word[:, None] * tags + tag[None, :],
            tl.exp(tile.to(tl.float64) - peak.to(tl.float64)[:, None]),
            mask=inside,
        )
    largest = tl.maximum(tl.maximum(at_start, at_end), between)
    a_word = tl.max(widest) + 2 * largest + tl.log(tags.to(tl.float64))
    safe = (mixing > 0) & (2 * mixing * a_word <= _NATS)
    if not is_backward:
        tl.store(is_safe + window, safe)

    tl.debug_barrier()  # other threads wrote what this one reads
    step = tl.where(is_backward, -1, 1)
    word = tl.where(is_backward, length - 1, 0)
    # In both ways, what the next word needs is fetched while the messages of this one are summed.
    if safe:
        weights = tl.exp(moves)
        state = tl.exp(first)
        fetched = tl.load(out + word * tags + tag, mask=real, other=0.0)
        for number in range(0, length):
            weight = fetched
            ahead = _where(number + 1 < length, tag, tags)
            fetched = tl.load(out + (word + step) * tags + tag, mask=ahead, other=0.0)
            if number > 0:
                state = tl.sum(weights * state[None, :], axis=1)
            state = state * weight
            total = tl.sum(state)
            state = state * (1 / tl.maximum(total, _TINY))
            tl.store(out + word * tags + tag, state, mask=real)
            if not is_backward:
                tl.store(factors + window * words + word, total)
            word += step
    else:
        state = first
        fetched = tl.load(rows + word * by_word + tag, mask=real, other=-_INF).to(tl.float64)
        for number in range(0, length):
            score = fetched
            ahead = _where(number + 1 < length, tag, tags)
            fetched = tl.load(rows + (word + step) * by_word + tag, mask=ahead, other=-_INF).to(tl.float64)
            if number > 0:
                state = _log_sum(moves + state[None, :], 1)
            state = state + score
            tl.store(out + word * tags + tag, state, mask=real)
            word += step


@_kernel
def counts(
    emissions, by_window, by_word, lengths, gold, gold_by_window, gold_by_word,
    start, transitions, end, legal_start, legal_pairs, legal_end, both, factors, is_safe,
    value, emitted, moved, is_tag, windows, words, tags,
    CHUNK: tl.constexpr, HAS_GOLD: tl.constexpr, K: tl.constexpr,
):  # fmt: skip
    """Value and gradient from the messages. One program for each CHUNK of a window's words, C of them.

    The value is log Z, and with gold tags their log-likelihood; it is the sum of what the chunks have.

    Args:
        emissions, by_window, by_word, lengths, start, …, is_safe: As of :func:`messages`.
        gold: Gold tags, int64 (B, W), and their strides; not read without HAS_GOLD.
        value: Written, float64 (B, C).
        emitted: Written, in float32 or float64: gradient of the emissions (B, W, T), zero on padding.
        moved: Written, float64: gradient of the transitions (B, C, T, T), zero where they are illegal.
        is_tag: Written, boolean (B, C): whether all gold tags on words are tags.
        windows, words, tags: B, W, T.
    """
    window = tl.program_id(0).to(tl.int64)
    chunk = tl.program_id(1)
    tag = tl.arange(0, K)
    real = tag < tags
    length = tl.load(lengths + window)
    begin = chunk * CHUNK
    stop = tl.minimum(begin + CHUNK, length)
    rows = emissions + window * by_window
    before = both + window * words * tags
    after = both + (windows.to(tl.int64) + window) * words * tags
    written = emitted + window * words * tags
    of, to = tag[:, None], tag[None, :]
    moves, _ = _moves(transitions, legal_pairs, of, to, tags)
    ends, _ = _legal_scores(end, legal_end, tag, real)
    pairs = tl.zeros([K, K], tl.float64)
    sums = tl.zeros([1], tl.float64)

    if tl.load(is_safe + window) != 0:
        for word in range(begin, stop):
            score = tl.load(rows + word * by_word + tag, mask=real, other=-_INF).to(tl.float64)
            forward = tl.load(before + word * tags + tag, mask=real, other=0.0)
            backward = tl.load(after + word * tags + tag, mask=real, other=0.0)
            earlier = tl.load(before + (word - 1) * tags + tag, mask=_where(word > 0, tag, tags), other=0.0)
            factor = tl.load(factors + window * words + word)
            peak = tl.max(score)
            joint = forward * (backward / tl.where(real, tl.exp(score - peak), 1.0))  # both hold this word's emission
            total = tl.maximum(tl.sum(joint), _TINY)
            gold_place = window * gold_by_window + word * gold_by_word
            _write(written + word * tags, joint / total, gold, gold_place, tag, real, HAS_GOLD)
            pairs += earlier[:, None] * (backward / tl.maximum(total * factor, _TINY))[None, :]
            sums += tl.log(factor) + peak
        pairs = tl.where(moves > -_INF, pairs * tl.exp(moves), 0.0)
        if stop == length and begin < length:
            last = tl.load(before + (length - 1) * tags + tag, mask=real, other=0.0)
            sums += tl.log(tl.sum(last * tl.exp(ends)))
    else:
        for word in range(begin, stop):
            score = tl.load(rows + word * by_word + tag, mask=real, other=-_INF).to(tl.float64)
            forward = tl.load(before + word * tags + tag, mask=real, other=-_INF)
            backward = tl.load(after + word * tags + tag, mask=real, other=-_INF)
            earlier = tl.load(before + (word - 1) * tags + tag, mask=_where(word > 0, tag, tags), other=-_INF)
            joint = tl.where(score == -_INF, -_INF, forward + backward - score)
            whole = _log_sum(joint, 0)  # log Z
            some = tl.where(whole == -_INF, 0.0, whole)  # where there is no path, counts are zero
            gold_place = window * gold_by_window + word * gold_by_word
            _write(written + word * tags, tl.exp(joint - some), gold, gold_place, tag, real, HAS_GOLD)
            pairs += tl.exp(earlier[:, None] + moves + (backward - some)[None, :])
        if stop == length and begin < length:
            last = tl.load(before + (length - 1) * tags + tag, mask=real, other=-_INF)
            sums += _log_sum(last + ends, 0)
    for word in range(tl.maximum(begin, length), tl.minimum(begin + CHUNK, words)):
        tl.store(written + word * tags + tag, tl.zeros([K], tl.float64), mask=real)

    if HAS_GOLD:
        score, right, pairs = _less_than_gold(
            rows, by_word, gold + window * gold_by_window, gold_by_word, start, transitions, end,
            legal_start, legal_pairs, legal_end, moves, pairs, begin, stop, length, tags, CHUNK,
        )  # fmt: skip
        sums = score - sums
        tl.store(is_tag + window * tl.num_programs(1) + chunk, right)
    tl.store(value + window * tl.num_programs(1) + chunk + tl.arange(0, 1), sums)
    place = (window * tl.num_programs(1) + chunk) * tags * tags + of * tags + to
    tl.store(moved + place, pairs, mask=real[:, None] & real[None, :])


@triton.jit
def _write(row, probability, gold, place, tag, real, HAS_GOLD: tl.constexpr):
    """Stores the gradient of a word's emissions."""
    if HAS_GOLD:
        probability = (tag == tl.load(gold + place)).to(tl.float64) - probability
    tl.store(row + tag, probability, mask=real)


@triton.jit
def _less_than_gold(
    rows, by_word, gold, gold_by_word, start, transitions, end, legal_start, legal_pairs, legal_end,
    moves, pairs, begin, stop, length, tags, CHUNK: tl.constexpr,
):  # fmt: skip
    """What a chunk of a gold path scores, whether its tags are tags, and its legal moves less those expected."""
    word = begin + tl.arange(0, CHUNK).to(tl.int64)
    on = word < length
    now = tl.load(gold + word * gold_by_word, mask=on, other=0)
    then = tl.load(gold + (word - 1) * gold_by_word, mask=on & (word > 0), other=0)
    right = (now >= 0) & (now < tags)
    now = tl.where(right, now, 0)
    then = tl.where((then >= 0) & (then < tags), then, 0)
    score = tl.load(rows + word * by_word + now, mask=on, other=0.0).to(tl.float64)
    score += _gold_score(transitions, legal_pairs, then * tags + now, on & (word > 0))
    score += _gold_score(start, legal_start, now, on & (word == 0))
    score += _gold_score(end, legal_end, now, word == length - 1)
    pairs = -pairs
    tag = tl.arange(0, pairs.shape[0])
    for number in range(tl.maximum(begin, 1), stop):
        came = tl.load(gold + (number - 1) * gold_by_word)
        went = tl.load(gold + number * gold_by_word)
        pairs += ((tag[:, None] == came) & (tag[None, :] == went) & (moves > -_INF)).to(tl.float64)
    return tl.sum(score), tl.min(right.to(tl.int32)) > 0, pairs


@triton.jit
def _gold_score(scores, legal, place, wanted):
    """Scores of gold moves: zero where none is wanted, -inf where it is illegal."""
    may = tl.load(legal + place, mask=wanted, other=1) != 0
    return tl.where(may, tl.load(scores + place, mask=wanted, other=0.0).to(tl.float64), -_INF)


@_kernel
def weigh(
    grad, emitted, moved, lengths, legal_start, legal_pairs, legal_end, began, went, ended,
    windows, words, tags, chunks, K: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Gradients of the moves from those of the windows' values. One program a tag, that of its moves to all tags.

    Args:
        grad: Gradient of each window's value, float64 (B).
        emitted, moved: As :func:`counts` writes them.
        lengths: Words of each window (B).
        legal_start, legal_pairs, legal_end: As of :func:`messages`.
        began, went, ended: Written (T), (T, T), (T), zero where a move is illegal.
        windows, words, tags, chunks: B, W, T, C.
        BLOCK: Windows, or chunks of windows, that are read together.
    """
    of = tl.program_id(0).to(tl.int64)
    tag = tl.arange(0, K)
    real = tag < tags
    first = tl.zeros([BLOCK], tl.float64)
    last = tl.zeros([BLOCK], tl.float64)
    for begin in range(0, windows, BLOCK):
        window = begin + tl.arange(0, BLOCK).to(tl.int64)
        on = window < windows
        share = tl.load(grad + window, mask=on, other=0.0)
        row = emitted + window * words * tags + of
        length = tl.load(lengths + window, mask=on, other=1)
        first += share * tl.load(row, mask=on, other=0.0).to(tl.float64)
        last += share * tl.load(row + (length - 1) * tags, mask=on, other=0.0).to(tl.float64)
    tl.store(began + of, tl.where(tl.load(legal_start + of) != 0, tl.sum(first), 0.0))
    tl.store(ended + of, tl.where(tl.load(legal_end + of) != 0, tl.sum(last), 0.0))

    total = tl.zeros([BLOCK, K], tl.float64)
    for begin in range(0, windows * chunks, BLOCK):
        part = begin + tl.arange(0, BLOCK).to(tl.int64)
        on = part < windows * chunks
        share = tl.load(grad + part // chunks, mask=on, other=0.0)
        place = (part * tags + of)[:, None] * tags + tag[None, :]
        total += share[:, None] * tl.load(moved + place, mask=on[:, None] & real[None, :], other=0.0)
    may = tl.load(legal_pairs + of * tags + tag, mask=real, other=0) != 0
    tl.store(went + of * tags + tag, tl.where(may, tl.sum(total, axis=0), 0.0), mask=real)


@_kernel
def best_paths(
    emissions, by_window, by_word, lengths, start, transitions, end, legal_start, legal_pairs, legal_end,
    came, paths, words, tags, K: tl.constexpr,
):  # fmt: skip
    """The path of the highest score, by Viterbi's algorithm; among equals the lowest tag. One program a window.

    Args:
        emissions, by_window, by_word, lengths, start, …, legal_end: As of :func:`messages`.
        came: Scratch, int8 (B, W, T): from which tag each tag is best reached.
        paths: Written, int64 (B, W), zero on padding.
        words, tags: W, T.
    """
    window = tl.program_id(0).to(tl.int64)
    tag = tl.arange(0, K)
    real = tag < tags
    length = tl.load(lengths + window)
    rows = emissions + window * by_window
    back = came + window * words * tags
    path = paths + window * words
    to, of = tag[:, None], tag[None, :]
    moves, _ = _moves(transitions, legal_pairs, of, to, tags)
    starts, _ = _legal_scores(start, legal_start, tag, real)
    ends, _ = _legal_scores(end, legal_end, tag, real)
    # Illegal moves are the lowest numbers, not -inf, until the best has been found: where only they lead to a tag, the
    # way back takes one from a tag that was reached.
    moves = tl.where(real[None, :], tl.maximum(moves, _LOWEST), -_INF)

    fetched = tl.load(rows + tag, mask=real, other=-_INF).to(tl.float64)
    state = starts
    for word in range(0, length):
        score = tl.where(real, fetched, -_INF)
        fetched = tl.load(rows + (word + 1) * by_word + tag, mask=_where(word + 1 < length, tag, tags), other=0.0).to(
            tl.float64
        )
        if word > 0:
            state, best = tl.max(moves + state[None, :], 1, return_indices=True, return_indices_tie_break_left=True)
            state = tl.where(state < _LOWEST / 2, -_INF, state)
            best = tl.minimum(best, tags - 1)  # where all is nan, padding would be taken for a tag
            tl.store(back + word * tags + tag, best.to(tl.int8), mask=real)
        state = state + score
    state = state + ends
    now = tl.minimum(tl.argmax(state, axis=0, tie_break_left=True), tags - 1)
    tl.debug_barrier()  # other threads wrote where this one reads
    for number in range(0, length):
        word = length - 1 - number
        tl.store(path + word, now.to(tl.int64))
        now = tl.load(back + word * tags + now, mask=word > 0, other=0).to(tl.int32)
    for word in range(length, words):
        tl.store(path + word, tl.zeros([], tl.int64))
