"""The recursions of :mod:`zoo.crf.recursions`, compiled by numba for tensors on the CPU.

One window after the other, each from its first word to its last and back, with nothing between the loops: what torch
spends on a call for every word is most of what a small chain costs. Numba is an optional extra of the package; what it
compiles is kept on disk, where that can be written to.

A window is summed in the scaled way (Rabiner 1989, section V.A), the messages of every word divided by their sum, if
its scores provably allow it (:func:`zoo.crf.recursions.rescaling_interval` tells why), and else in log space. Both
leave messages of the same meaning, as numbers or as their logarithms.

Arrays come windows first: B windows of W words, T tags, lengths of at least one word. Emissions are float32 or float64,
everything is computed in float64. What is asked of padding is never read.
"""

from collections.abc import Callable
from math import exp, inf, log
from typing import Any

import numpy as np
from numba import njit

from zoo.crf.recursions import NATS


def _compiled(**options: Any) -> Callable[[Any], Any]:
    def compile_function(function: Any) -> Any:
        try:
            return njit(cache=True, nogil=True, **options)(function)
        except RuntimeError:  # there is no folder that could be written to: then each process compiles its own
            return njit(nogil=True, **options)(function)

    return compile_function


# Sums may be taken in any order, so that loops over tags use vector instructions; infinities keep their meaning.
summing = _compiled(fastmath={"contract", "reassoc", "arcp", "nsz"})
exact = _compiled()

_FITS = 32  # tags; a table of more pairs does not stay in the nearest cache, and a matrix product at the end is quicker


@exact
def prefix_lengths(mask: np.ndarray, lengths: np.ndarray) -> int:
    """Writes how many words each window has.

    Args:
        mask: True on words, boolean (B, W).
        lengths: Written, int64 (B).

    Returns:
        The first window whose mask has holes or no first word, or -1.
    """
    for window in range(len(mask)):
        length = 0
        for word in range(mask.shape[1]):
            if mask[window, word]:
                if length != word:
                    return window
                length += 1
        if not length:
            return window
        lengths[window] = length
    return -1


@exact
def moves_of(start, transitions, end, legal_start, legal_pairs, legal_end):
    """Scores of moves in float64, -inf where they are illegal, and the largest absolute value among the others."""
    tags, largest = len(start), 0.0
    starts, pairs, ends = np.full(tags, -inf), np.full((tags, tags), -inf), np.full(tags, -inf)
    for tag in range(tags):
        if legal_start[tag]:
            starts[tag] = start[tag]
            largest = max(largest, abs(starts[tag]))
        if legal_end[tag]:
            ends[tag] = end[tag]
            largest = max(largest, abs(ends[tag]))
        for after in range(tags):
            if legal_pairs[tag, after]:
                pairs[tag, after] = transitions[tag, after]
                largest = max(largest, abs(pairs[tag, after]))
    return starts, pairs, ends, largest


@summing
def center(emissions, lengths, largest, mixing, steps, peaks, is_safe):
    """Takes from every word its highest score, and finds out whether scaled messages of a window keep all that counts.

    Args:
        emissions: Scores of tags (B, W, T).
        lengths: Words of each window (B).
        largest: As :func:`moves_of` gives it.
        mixing: Number of legal moves within which every tag leads to every tag; 0 if there is none.
        steps: Written (N, T): the scores of all N words, those of the first window first.
        peaks: Written (B): the sum of what was taken from a window's words.
        is_safe: Written, boolean (B).
    """
    tags, row = emissions.shape[2], 0
    for window in range(len(emissions)):
        widest = summed = 0.0
        for word in range(lengths[window]):
            low = high = float(emissions[window, word, 0])
            for tag in range(1, tags):
                score = float(emissions[window, word, tag])
                low, high = min(low, score), max(high, score)
            for tag in range(tags):
                steps[row, tag] = float(emissions[window, word, tag]) - high
            widest, summed = max(widest, high - low) if high - low >= 0 else inf, summed + high
            row += 1
        peaks[window] = summed
        is_safe[window] = mixing > 0 and 2 * mixing * (widest + 2 * largest + log(tags)) <= NATS


@summing
def _scaled_messages(length, begin, moves, finish, forward, steps, backward, leaving, unary, pairs):
    """The messages of a window as numbers: ``forward · backward`` is the probability of a tag.

    Args:
        length: How many words there are.
        begin, moves, finish: ``exp`` of the scores of moves (T), (T, T), (T).
        forward: Written (W, T): the words up to this one; sums to one.
        steps: ``exp`` of the centered emissions (W, T); divided by what ``forward`` is divided by.
        backward: Written (W, T): the words after this one.
        leaving: Written (W, T): the same with this word's step, from the second word on.
        unary: Written (W, T): the probabilities of tags.
        pairs: Written (T, T): the expected numbers of moves.

    Returns:
        Log Z of the centered emissions; -inf where there is no path, and then nothing else is complete.
    """
    tags, log_partition, scale = len(begin), 0.0, 1.0
    for word in range(length):
        if word:
            forward[word] = 0.0
            for before in range(tags):
                arriving = forward[word - 1, before]
                for tag in range(tags):
                    forward[word, tag] += arriving * moves[before, tag]
        else:
            forward[0] = begin
        total = 0.0
        for tag in range(tags):
            forward[word, tag] *= steps[word, tag]
            total += forward[word, tag]
        if not total > 0:
            return -inf
        for tag in range(tags):
            forward[word, tag] *= 1 / total
            steps[word, tag] *= 1 / total
        if 1e-100 < scale * total < 1e100:  # a logarithm takes longer than all else
            scale *= total
        else:
            log_partition += log(scale) + log(total)
            scale = 1.0
    last, ending = length - 1, 0.0
    for tag in range(tags):
        ending += forward[last, tag] * finish[tag]
    if not ending > 0:
        return -inf
    for tag in range(tags):
        backward[last, tag] = finish[tag] / ending
        unary[last, tag] = forward[last, tag] * backward[last, tag]
    pairs[:] = 0.0
    fits = tags <= _FITS
    for word in range(last, 0, -1):
        for tag in range(tags):
            leaving[word, tag] = steps[word, tag] * backward[word, tag]
        for before in range(tags):
            arriving, reached = forward[word - 1, before], 0.0
            if fits:
                for tag in range(tags):
                    pairs[before, tag] += arriving * leaving[word, tag]
                    reached += moves[before, tag] * leaving[word, tag]
            else:
                for tag in range(tags):
                    reached += moves[before, tag] * leaving[word, tag]
            backward[word - 1, before] = reached
            unary[word - 1, before] = arriving * reached
    if not fits:
        _sum_pairs(forward[:last], leaving[1:length], pairs)
    for before in range(tags):
        for tag in range(tags):
            pairs[before, tag] *= moves[before, tag]
    return log_partition + log(scale) + log(ending)


@summing
def _sum_pairs(before, after, pairs):
    """The product of two matrices (W, T), the first turned round: eight words at once, so that pairs are read less.

    Not by a library, whose threads would wait for each other.
    """
    words, tags = before.shape
    whole = words - words % 8
    for tag in range(tags):
        row = pairs[tag]
        for word in range(0, whole, 8):
            for to in range(tags):
                row[to] += (
                    (before[word, tag] * after[word, to] + before[word + 1, tag] * after[word + 1, to])
                    + (before[word + 2, tag] * after[word + 2, to] + before[word + 3, tag] * after[word + 3, to])
                ) + (
                    (before[word + 4, tag] * after[word + 4, to] + before[word + 5, tag] * after[word + 5, to])
                    + (before[word + 6, tag] * after[word + 6, to] + before[word + 7, tag] * after[word + 7, to])
                )
        for word in range(whole, words):
            for to in range(tags):
                row[to] += before[word, tag] * after[word, to]


@exact
def _log_messages(emissions, length, start, transitions, end, forward, steps, backward, unary, pairs):
    """The messages of a window as logarithms, undivided; otherwise as :func:`_scaled_messages`.

    Args:
        emissions: Scores of tags (W, T), as they were given.
        start, transitions, end: Scores of moves (T), (T, T), (T).
        steps: Written (W, T): the emissions.
    """
    tags, last = emissions.shape[1], length - 1
    joint = np.empty(tags)
    for word in range(length):
        for tag in range(tags):
            steps[word, tag] = emissions[word, tag]
            if word:
                for before in range(tags):
                    joint[before] = forward[word - 1, before] + transitions[before, tag]
                forward[word, tag] = _log_sum(joint) + steps[word, tag]
            else:
                forward[0, tag] = start[tag] + steps[0, tag]
    backward[last] = end
    for word in range(last, 0, -1):
        for before in range(tags):
            for tag in range(tags):
                joint[tag] = transitions[before, tag] + steps[word, tag] + backward[word, tag]
            backward[word - 1, before] = _log_sum(joint)
    log_partition = _log_sum(forward[last] + end)
    unary[:length] = 0.0
    pairs[:] = 0.0
    if log_partition == -inf:
        return log_partition
    for word in range(length):
        total = _log_sum(forward[word] + backward[word])  # Log Z again, as these messages have it
        for tag in range(tags):
            unary[word, tag] = exp(forward[word, tag] + backward[word, tag] - total)
            if word:
                leaving = steps[word, tag] + backward[word, tag] - total
                for before in range(tags):
                    pairs[before, tag] += exp(forward[word - 1, before] + transitions[before, tag] + leaving)
    return log_partition


@exact
def _log_sum(scores):
    """The logarithm of the sum of ``exp``; -inf of none."""
    peak = -inf
    for score in scores:
        peak = max(peak, score)
    if peak == -inf:
        return peak
    total = 0.0
    for score in scores:
        total += exp(score - peak)
    return peak + log(total)


@exact
def _messages(
    emissions, length, start, transitions, end, begin, moves, finish,
    peak, is_safe, forward, steps, backward, leaving, unary, pairs,
):  # fmt: skip
    """The messages of a window in the quicker way that is exact for it.

    Args:
        emissions, length, start, transitions, end: As of :func:`_log_messages`.
        begin, moves, finish, forward, steps, backward, leaving, unary, pairs: As of :func:`_scaled_messages`.
        peak: What centering took from the window.
        is_safe: Whether the scaled way may be taken.

    Returns:
        Log Z, and whether the messages are numbers, not logarithms.
    """
    if is_safe:
        value = _scaled_messages(length, begin, moves, finish, forward, steps, backward, leaving, unary, pairs)
        if value > -inf:  # where the scaled way leads to no path, it may have been lost
            return value + peak, True
    return _log_messages(emissions, length, start, transitions, end, forward, steps, backward, unary, pairs), False


@exact
def posteriors(emissions, lengths, start, transitions, end, steps, peaks, is_safe, log_partition, unary, pairs):
    """Log Z and expected counts of each window: :class:`zoo.crf.recursions.Posterior`, windows first.

    Args:
        emissions: Scores of tags (B, W, T).
        lengths: Words of each window (B).
        start, transitions, end: As :func:`moves_of` gives them.
        steps, peaks, is_safe: As :func:`center` gives them, but ``exp`` of the first; they are used up.
        log_partition: Written (B).
        unary: Written (B, W, T), in float32 or float64, zero on padding.
        pairs: Written (B, T, T).
    """
    words, tags = emissions.shape[1:]
    forward, backward, leaving = np.empty((words, tags)), np.empty((words, tags)), np.empty((words, tags))
    begin, moves, finish = np.exp(start), np.exp(transitions), np.exp(end)
    row = 0
    for window in range(len(emissions)):
        length = lengths[window]
        own, counted, moved = steps[row : row + length], unary[window], pairs[window]
        row += length
        log_partition[window], _ = _messages(
            emissions[window], length, start, transitions, end, begin, moves, finish,
            peaks[window], is_safe[window], forward, own, backward, leaving, counted, moved,
        )  # fmt: skip
        counted[length:] = 0.0


@exact
def path_scores(emissions, gold, lengths, start, transitions, end, scores):
    """Scores of gold paths.

    Args:
        emissions, lengths, start, transitions, end: As of :func:`posteriors`.
        gold: Gold tags, int64 (B, W).
        scores: Written (B); -inf where a move is illegal.

    Returns:
        The first window with a number that is no tag, or -1.
    """
    for window in range(len(emissions)):
        score, before = 0.0, -1
        for word in range(lengths[window]):
            tag = gold[window, word]
            if not 0 <= tag < len(start):
                return window
            score += emissions[window, word, tag] + (transitions[before, tag] if word else start[tag])
            before = tag
        scores[window] = score + end[before]
    return -1


@summing
def weigh(grad, unary, pairs, lengths, emissions, start, transitions, end):
    """Gradients of the arguments from those of log Z of each window.

    Args:
        grad: Gradient of each window's value (B).
        unary, pairs, lengths: As of :func:`posteriors`.
        emissions: Written (B, W, T).
        start, transitions, end: Written (T), (T, T), (T).
    """
    start[:], transitions[:], end[:] = 0.0, 0.0, 0.0
    tags = len(start)
    for window in range(len(grad)):
        share, last = grad[window], lengths[window] - 1
        for word in range(unary.shape[1]):
            for tag in range(tags):
                emissions[window, word, tag] = share * unary[window, word, tag]
        for before in range(tags):
            start[before] += share * unary[window, 0, before]
            end[before] += share * unary[window, last, before]
            for tag in range(tags):
                transitions[before, tag] += share * pairs[window, before, tag]


@exact
def weigh_gold(grad, gold, lengths, legal_start, legal_pairs, legal_end, emissions, start, transitions, end):
    """Adds to gradients what gold paths give: one for each score that they have, but none for an illegal move.

    Args:
        grad: Gradient of each window's value (B).
        gold, lengths: As of :func:`path_scores`.
        legal_start, legal_pairs, legal_end: Which moves are legal, boolean (T), (T, T), (T).
        emissions, start, transitions, end: As :func:`weigh` writes them; added to.
    """
    for window in range(len(grad)):
        share, before = grad[window], -1
        for word in range(lengths[window]):
            tag = gold[window, word]
            emissions[window, word, tag] += share
            if word:
                transitions[before, tag] += share * legal_pairs[before, tag]
            else:
                start[tag] += share * legal_start[tag]
            before = tag
        end[before] += share * legal_end[before]


@exact
def run_probabilities(
    emissions, lengths, start, transitions, end, steps, peaks, is_safe,
    windows, starts, ends, tags, forbidden, probabilities,
):  # fmt: skip
    """Probability of each of N runs of tags: that the path has exactly them at these words.

    Args:
        emissions, lengths, start, transitions, end, steps, peaks, is_safe: As of :func:`posteriors`.
        windows, starts, ends: Window, first word, and one past the last word of each run, int64 (N); windows ascend.
        tags: Tags of the runs, int64 (N, longest).
        forbidden: Tags that the word after a run must not have, boolean (N, T).
        probabilities: Written (N).
    """
    words, size = emissions.shape[1:]
    forward, backward, leaving = np.empty((words, size)), np.empty((words, size)), np.empty((words, size))
    unary, pairs = np.empty((words, size)), np.empty((size, size))
    begin, moves, finish = np.exp(start), np.exp(transitions), np.exp(end)
    window, row, value, is_scaled = -1, 0, -inf, False
    own = steps[:0]
    for run in range(len(windows)):
        while window < windows[run]:
            window += 1
            length = lengths[window]
            own = steps[row : row + length]
            row += length
            if window == windows[run]:
                value, is_scaled = _messages(
                    emissions[window], length, start, transitions, end, begin, moves, finish,
                    peaks[window], is_safe[window], forward, own, backward, leaving, unary, pairs,
                )  # fmt: skip
        if value == -inf:
            probabilities[run] = 0.0
            continue
        first, stop = starts[run], ends[run]
        share = forward[first, tags[run, 0]]
        for word in range(first + 1, stop):
            before, tag = tags[run, word - first - 1], tags[run, word - first]
            if is_scaled:
                share *= moves[before, tag] * own[word, tag]
            else:
                share += transitions[before, tag] + own[word, tag]
        tag = tags[run, stop - first - 1]
        if stop == len(own) or not forbidden[run].any():
            rest = backward[stop - 1, tag]
        elif is_scaled:
            rest = 0.0
            for after in range(size):
                if not forbidden[run, after]:
                    rest += moves[tag, after] * own[stop, after] * backward[stop, after]
        else:
            ways = transitions[tag] + own[stop] + backward[stop]
            ways[forbidden[run]] = -inf
            rest = _log_sum(ways)
        probabilities[run] = min(share * rest if is_scaled else exp(share + rest - value), 1.0)
