"""The recursions of :mod:`zoo.crf.recursions`, compiled by numba for tensors on the CPU.

All windows go in step, from word to word: what torch spends on a call for every word is most of what a small chain
costs, and one window alone would leave the processor waiting for each sum before the next. Numba is an optional extra
of the package; what it compiles is kept on disk, where that can be written to.

Windows are summed in the scaled way (Rabiner 1989, section V.A), the messages of every word divided by their sum. Those
whose scores do not provably allow it (:func:`zoo.crf.recursions.rescaling_interval` tells why) are summed in log space,
one after the other.

Arrays come windows first: B windows of W words, T tags, lengths of at least one word. Emissions are float32 or float64,
everything is computed in float64. What is asked of padding is never read. Where windows go in step, their words are
*packed*: rows of all first words, then of all second words, and so on, without padding, the longest window first.
"""

from math import exp, inf, log

import numpy as np

from zoo.crf.compiled_batch import exact, summing


@summing
def _product(left, table, product):
    """The product of matrices (R, T) and (T, T): every row of the table is read once for all rows on the left."""
    count, tags = product.shape
    product[:] = 0.0
    whole = tags - tags % 4
    for before in range(0, whole, 4):  # four at once, so that the product is read less
        for_a, for_b, for_c, for_d = table[before], table[before + 1], table[before + 2], table[before + 3]
        for row in range(count):
            a, b, c, d = left[row, before], left[row, before + 1], left[row, before + 2], left[row, before + 3]
            sums = product[row]
            for tag in range(tags):
                sums[tag] += (a * for_a[tag] + b * for_b[tag]) + (c * for_c[tag] + d * for_d[tag])
    for before in range(whole, tags):
        for_a = table[before]
        for row in range(count):
            a, sums = left[row, before], product[row]
            for tag in range(tags):
                sums[tag] += a * for_a[tag]


@summing
def _scaled_messages(rows, begin, moves, turned, finish, steps, forward, backward, leaving, sums, endings):
    """The messages of all windows as numbers, packed: ``forward · backward`` is the probability of a tag.

    Where a window's messages sum to nothing, or to no number, they are of no use from there on, and its sum is kept.

    Args:
        rows: As :func:`zoo.crf.compiled_batch.pack` writes it.
        begin, moves, turned, finish: ``exp`` of the scores of moves (T), (T, T), the same turned round, (T).
        steps: ``exp`` of the centered emissions (N, T); divided by what ``forward`` is divided by.
        forward: Written (N, T): the words up to this one; sums to one.
        backward: Written (N, T): the words after this one.
        leaving: Written (N, T): the same with this word's step.
        sums: Written (N): what ``forward`` was divided by.
        endings: Written (B), by rank: what the last word's ``forward`` and the moves at the end come to.
    """
    tags, words = len(begin), len(rows) - 1
    for word in range(words):
        here, stop = rows[word], rows[word + 1]
        if word:
            _product(forward[rows[word - 1] :], moves, forward[here:stop])
        else:
            forward[:stop] = begin
        for row in range(here, stop):
            total = 0.0
            for tag in range(tags):
                forward[row, tag] *= steps[row, tag]
                total += forward[row, tag]
            sums[row], share = total, 1 / total if total > 0 else 0.0
            for tag in range(tags):
                forward[row, tag] *= share
                steps[row, tag] *= share
    after = 0  # windows that have the word after
    for word in range(words - 1, -1, -1):
        here, stop = rows[word], rows[word + 1]
        _product(leaving[stop:], turned, backward[here : here + after])
        for row in range(here + after, stop):
            ending = 0.0
            for tag in range(tags):
                ending += forward[row, tag] * finish[tag]
            endings[row - here], share = ending, 1 / ending if ending > 0 else 0.0
            for tag in range(tags):
                backward[row, tag] = finish[tag] * share
        for row in range(here, stop):
            for tag in range(tags):
                leaving[row, tag] = steps[row, tag] * backward[row, tag]
        after = stop - here


@summing
def _scaled_values(
    lengths, ranks, rows, peaks, sums, endings, forward, backward, leaving, is_safe, log_partition, unary
):
    """Log Z and the probabilities of tags of the windows that are safe; the others' messages become zero.

    Args:
        sums, endings, forward, backward, leaving: As :func:`_scaled_messages` writes them.
        lengths, ranks, rows, peaks: As :func:`zoo.crf.compiled_batch.center` has them.
        is_safe: As that writes it; false, here, where the scaled way leads to no path: it may have been lost.
        log_partition: Written (B).
        unary: Written (B, W, T), in float32 or float64, zero on padding.
    """
    tags = forward.shape[1]
    for window in range(len(lengths)):
        length, rank = lengths[window], ranks[window]
        scale, value = endings[rank], peaks[window]
        for word in range(length):
            total = sums[rows[word] + rank]
            if not total > 0:
                is_safe[window] = False
            elif 1e-100 < scale * total < 1e100:  # a logarithm takes longer than all else
                scale *= total
            else:
                value += log(scale) + log(total)
                scale = 1.0
        if not endings[rank] > 0:
            is_safe[window] = False
        log_partition[window] = value + log(scale) if is_safe[window] else -inf
        for word in range(length):
            row = rows[word] + rank
            if not is_safe[window]:
                forward[row], backward[row], leaving[row] = 0.0, 0.0, 0.0
            for tag in range(tags):
                unary[window, word, tag] = forward[row, tag] * backward[row, tag]
        unary[window, length:] = 0.0


@exact
def _log_messages(emissions, length, start, transitions, end, forward, backward):
    """The messages of a window as logarithms, undivided.

    Args:
        emissions: Scores of tags (W, T).
        length: How many words there are.
        start, transitions, end: Scores of moves (T), (T, T), (T).
        forward: Written (W, T): the words up to this one.
        backward: Written (W, T): the words after this one.

    Returns:
        Log Z; -inf where there is no path.
    """
    tags, last = emissions.shape[1], length - 1
    joint = np.empty(tags)
    for word in range(length):
        for tag in range(tags):
            if word:
                for before in range(tags):
                    joint[before] = forward[word - 1, before] + transitions[before, tag]
                forward[word, tag] = _log_sum(joint) + emissions[word, tag]
            else:
                forward[0, tag] = start[tag] + emissions[0, tag]
    backward[last] = end
    for word in range(last, 0, -1):
        for before in range(tags):
            for tag in range(tags):
                joint[tag] = transitions[before, tag] + emissions[word, tag] + backward[word, tag]
            backward[word - 1, before] = _log_sum(joint)
    return _log_sum(forward[last] + end)


@exact
def _log_sum(scores):
    """The logarithm of the sum of ``exp``; -inf of none, nan where one is."""
    peak = -inf
    for score in scores:
        peak = max(peak, score)
    if peak == -inf:
        return scores.sum()
    total = 0.0
    for score in scores:
        total += exp(score - peak)
    return peak + log(total)


@exact
def _log_values(windows, emissions, lengths, start, transitions, end, log_partition, unary, pairs):
    """Log Z and expected counts of some windows, in log space; nothing is expected where there is no path.

    Args:
        windows: Their numbers (U).
        emissions: Scores of tags (B, W, T).
        lengths: Words of each window (B).
        start, transitions, end: As :func:`zoo.crf.compiled_batch.moves_of` gives them.
        log_partition: Written at these windows (B).
        unary: The same (B, W, T).
        pairs: Written (U, T, T): the expected numbers of moves.
    """
    words, tags = emissions.shape[1:]
    forward, backward = np.empty((words, tags)), np.empty((words, tags))
    for number in range(len(windows)):
        window, moved = windows[number], pairs[number]
        scores, length, counted = emissions[window], lengths[window], unary[window]
        value = _log_messages(scores, length, start, transitions, end, forward, backward)
        log_partition[window] = value
        counted[:], moved[:] = 0.0, 0.0
        if value == -inf:
            continue
        for word in range(length):
            total = _log_sum(forward[word] + backward[word])  # Log Z again, as these messages have it
            for tag in range(tags):
                counted[word, tag] = exp(forward[word, tag] + backward[word, tag] - total)
                if word:
                    leaving = scores[word, tag] + backward[word, tag] - total
                    for before in range(tags):
                        moved[before, tag] += exp(forward[word - 1, before] + transitions[before, tag] + leaving)


@exact
def posteriors(
    emissions, lengths, start, transitions, end, ranks, rows, steps, peaks, is_safe, log_partition, unary,
    forward, backward, leaving,
):  # fmt: skip
    """Log Z and expected counts of each window.

    Args:
        emissions: Scores of tags (B, W, T).
        lengths: Words of each window (B).
        start, transitions, end: As :func:`zoo.crf.compiled_batch.moves_of` gives them.
        ranks, rows: As :func:`zoo.crf.compiled_batch.pack` writes them.
        steps, peaks: As :func:`zoo.crf.compiled_batch.center` gives them, but ``exp`` of the first, which is divided by
            what the messages are.
        is_safe: As that gives it; false, besides, where the scaled way leads to no path.
        log_partition: Written (B).
        unary: Written (B, W, T), in float32 or float64, zero on padding: the probabilities of tags.
        forward, backward, leaving: Written (N, T): the messages of safe windows, packed; zero in the others.

    Returns:
        The numbers of the windows that are not safe, and their expected numbers of moves (U, T, T).
    """
    sums, endings = np.empty(len(steps)), np.empty(len(lengths))
    moves = np.exp(transitions)
    _scaled_messages(
        rows, np.exp(start), moves, np.ascontiguousarray(moves.T), np.exp(end),
        steps, forward, backward, leaving, sums, endings,
    )  # fmt: skip
    _scaled_values(
        lengths, ranks, rows, peaks, sums, endings, forward, backward, leaving, is_safe, log_partition, unary
    )
    others = np.flatnonzero(~is_safe)
    pairs = np.empty((len(others), len(start), len(start)))
    _log_values(others, emissions, lengths, start, transitions, end, log_partition, unary, pairs)
    return others, pairs


@exact
def run_probabilities(
    emissions, lengths, start, transitions, end, ranks, rows, steps, is_safe, forward, backward,
    windows, starts, ends, tags, forbidden, probabilities,
):  # fmt: skip
    """Probability of each of N runs of tags: that the path has exactly them at these words.

    Args:
        emissions, lengths, start, transitions, end, ranks, rows, steps, is_safe, forward, backward: As
            :func:`posteriors` leaves them.
        windows, starts, ends: Window, first word, and one past the last word of each run, int64 (N); windows ascend.
        tags: Tags of the runs, int64 (N, longest).
        forbidden: Tags that the word after a run must not have, boolean (N, T).
        probabilities: Written (N).
    """
    words, size = emissions.shape[1:]
    moves, ways = np.exp(transitions), np.empty(size)
    before, after = np.empty((words if not is_safe.all() else 0, size)), np.empty((words, size))
    seen, value = -1, -inf  # the last window in log space, and its log Z
    for run in range(len(windows)):
        window, first, stop = windows[run], starts[run], ends[run]
        rank, tag = ranks[window], tags[run, 0]
        last = tags[run, stop - first - 1]
        checked = stop < lengths[window] and forbidden[run].any()
        if is_safe[window]:
            share = forward[rows[first] + rank, tag]
            for word in range(first + 1, stop):
                tag = tags[run, word - first]
                share *= moves[tags[run, word - first - 1], tag] * steps[rows[word] + rank, tag]
            rest = backward[rows[stop - 1] + rank, last]
            if checked:
                row, rest = rows[stop] + rank, 0.0
                for to in range(size):
                    if not forbidden[run, to]:
                        rest += moves[last, to] * steps[row, to] * backward[row, to]
            probabilities[run] = min(share * rest, 1.0)
            continue
        if window != seen:
            scores, seen = emissions[window], window
            value = _log_messages(scores, lengths[window], start, transitions, end, before, after)
        share = before[first, tag]
        for word in range(first + 1, stop):
            tag = tags[run, word - first]
            share += transitions[tags[run, word - first - 1], tag] + emissions[window, word, tag]
        rest = after[stop - 1, last]
        if checked:
            for to in range(size):
                ways[to] = transitions[last, to] + emissions[window, stop, to] + after[stop, to]
                if forbidden[run, to]:
                    ways[to] = -inf
            rest = _log_sum(ways)
        probabilities[run] = min(exp(share + rest - value), 1.0) if value > -inf else 0.0
