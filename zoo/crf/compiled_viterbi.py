"""Viterbi's algorithm, compiled by numba; see :mod:`zoo.crf.compiled` for the arrays."""

from math import inf

import numpy as np

from zoo.crf.compiled import exact
from zoo.crf.recursions import LOWEST


@exact
def best_paths(emissions, lengths, start, transitions, end, paths):
    """The path of the highest score of each window, by Viterbi's algorithm; among equals the lowest tag.

    Only the best scores are kept going forward; which tag they came from is asked going back, along the best path
    alone.

    Args:
        emissions, lengths, start, transitions, end: As of :func:`zoo.crf.compiled.posteriors`.
        paths: Written, int64 (B, W), zero on padding.
    """
    words, tags = emissions.shape[1:]
    scores, ways = np.empty((words, tags)), np.empty(tags)
    back = np.empty((tags, tags))  # by the tag that is reached, so that the way back reads rows
    for before in range(tags):
        for tag in range(tags):
            back[tag, before] = max(transitions[before, tag], LOWEST / 2)
    for window in range(len(emissions)):
        last = lengths[window] - 1
        for tag in range(tags):
            scores[0, tag] = start[tag] + emissions[window, 0, tag]
        for word in range(1, last + 1):
            left, reached = scores[word - 1], scores[word]
            reached[:] = -inf
            first = 0
            while first + 4 <= tags:  # four tags are left at once, so that what is reached is read less
                a, b, c, d = left[first], left[first + 1], left[first + 2], left[first + 3]
                for_a, for_b = transitions[first], transitions[first + 1]
                for_c, for_d = transitions[first + 2], transitions[first + 3]
                for tag in range(tags):
                    earlier = max(reached[tag], max(a + for_a[tag], b + for_b[tag]))
                    reached[tag] = max(earlier, max(c + for_c[tag], d + for_d[tag]))
                first += 4
            for before in range(first, tags):
                a, for_a = left[before], transitions[before]
                for tag in range(tags):
                    reached[tag] = max(reached[tag], a + for_a[tag])
            for tag in range(tags):
                reached[tag] += emissions[window, word, tag]
        scores[last] += end
        paths[window, last + 1 :] = 0
        tag = int(np.argmax(scores[last]))
        paths[window, last] = tag
        for word in range(last, 0, -1):
            left, moves, best = scores[word - 1], back[tag], -inf
            for before in range(tags):
                ways[before] = left[before] + moves[before]
                best = max(best, ways[before])
            tag = 0
            while ways[tag] < best:
                tag += 1
            paths[window, word - 1] = tag
