"""Viterbi's algorithm, compiled by numba; see :mod:`zoo.crf.compiled` for the arrays."""

from math import inf

import numpy as np

from zoo.crf.compiled_batch import exact
from zoo.crf.recursions import LOWEST


@exact
def _reach(left, transitions, reached):
    """The highest score with which each tag is reached (R, T), from those of the word before, by a move."""
    count, tags = reached.shape
    reached[:] = -inf
    whole = tags - tags % 4
    for before in range(0, whole, 4):  # four tags are left at once, so that what is reached is read less
        for_a, for_b = transitions[before], transitions[before + 1]
        for_c, for_d = transitions[before + 2], transitions[before + 3]
        for row in range(count):
            a, b, c, d = left[row, before], left[row, before + 1], left[row, before + 2], left[row, before + 3]
            scores = reached[row]
            for tag in range(tags):
                earlier = max(scores[tag], max(a + for_a[tag], b + for_b[tag]))
                scores[tag] = max(earlier, max(c + for_c[tag], d + for_d[tag]))
    for before in range(whole, tags):
        for_a = transitions[before]
        for row in range(count):
            a, scores = left[row, before], reached[row]
            for tag in range(tags):
                scores[tag] = max(scores[tag], a + for_a[tag])


@exact
def best_paths(emissions, lengths, start, transitions, end, ranks, rows, paths):
    """The path of the highest score of each window, by Viterbi's algorithm; among equals the lowest tag.

    Only the best scores are kept going forward; which tag they came from is asked going back, along the best path
    alone.

    Args:
        emissions, lengths, start, transitions, end: As of :func:`zoo.crf.compiled.posteriors`.
        ranks, rows: As :func:`zoo.crf.compiled_batch.pack` writes them.
        paths: Written, int64 (B, W), zero on padding.
    """
    tags, words = len(start), len(rows) - 1
    scores, ways, back = np.empty((rows[words], tags)), np.empty(tags), np.empty((tags, tags))
    windows = np.empty(len(lengths), np.int64)  # by rank
    for window in range(len(lengths)):
        windows[ranks[window]] = window
    for word in range(words):
        here, stop = rows[word], rows[word + 1]
        if word:
            _reach(scores[rows[word - 1] :], transitions, scores[here:stop])
        else:
            scores[:stop] = start
        for row in range(here, stop):
            window = windows[row - here]
            for tag in range(tags):
                scores[row, tag] += emissions[window, word, tag]
    for before in range(tags):
        for tag in range(tags):
            back[tag, before] = max(transitions[before, tag], LOWEST / 2)  # by the tag that is reached, to read rows
    for window in range(len(lengths)):
        last, rank = lengths[window] - 1, ranks[window]
        paths[window, last + 1 :] = 0
        tag = int(np.argmax(scores[rows[last] + rank] + end))
        paths[window, last] = tag
        for word in range(last, 0, -1):
            left, moves, best = scores[rows[word - 1] + rank], back[tag], -inf
            for before in range(tags):
                ways[before] = left[before] + moves[before]
                best = max(best, ways[before])
            tag = 0
            while ways[tag] < best:
                tag += 1
            paths[window, word - 1] = tag
