"""What the compiled recursions begin with: lengths, moves, and the words of a batch, packed.

Shapes and the order of packed words are those of :mod:`zoo.crf.compiled`.
"""

from collections.abc import Callable
from math import inf, log
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
def pack(lengths, words, ranks, rows):
    """Where the words of windows lie when they are packed: word t of a window in row ``rows[t] + ranks[window]``.

    Args:
        lengths: Words of each window (B).
        words: Of the longest window, or more, W.
        ranks: Written, int64 (B): how many windows come before, the longest first.
        rows: Written, int64 (W + 1): the first row of each word; at last the number of rows N.
    """
    longer = np.zeros(words + 2, np.int64)  # by length: windows of so many words, then those of more
    for length in lengths:
        longer[length] += 1
    windows = 0
    for length in range(words + 1, -1, -1):
        longer[length], windows = windows, windows + longer[length]
    rows[0] = 0
    for word in range(words):
        rows[word + 1] = rows[word] + longer[word]
    for window in range(len(lengths)):
        ranks[window] = longer[lengths[window]]
        longer[lengths[window]] += 1


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
def center(emissions, lengths, largest, mixing, ranks, rows, steps, peaks, is_safe):
    """Takes from every word its highest score, and finds out whether scaled messages of a window keep all that counts.

    Args:
        emissions: Scores of tags (B, W, T).
        lengths: Words of each window (B).
        largest: As :func:`moves_of` gives it.
        mixing: Number of legal moves within which every tag leads to every tag; 0 if there is none.
        ranks, rows: As :func:`pack` writes them.
        steps: Written (N, T): the scores of all words, packed.
        peaks: Written (B): the sum of what was taken from a window's words.
        is_safe: Written, boolean (B).
    """
    tags = emissions.shape[2]
    for window in range(len(emissions)):
        widest = summed = 0.0
        for word in range(lengths[window]):
            row = rows[word] + ranks[window]
            low = high = float(emissions[window, word, 0])
            for tag in range(1, tags):
                score = float(emissions[window, word, tag])
                low, high = min(low, score), max(high, score)
            for tag in range(tags):
                steps[row, tag] = float(emissions[window, word, tag]) - high
            widest, summed = max(widest, high - low) if high - low >= 0 else inf, summed + high
        peaks[window] = summed
        is_safe[window] = mixing > 0 and 2 * mixing * (widest + 2 * largest + log(tags)) <= NATS
