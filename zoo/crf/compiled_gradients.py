"""What gold paths score, and gradients, compiled by numba; see :mod:`zoo.crf.compiled` for the arrays."""

import numpy as np

from zoo.crf.compiled_batch import exact, summing


@exact
def path_scores(emissions, gold, lengths, start, transitions, end, scores):
    """Scores of gold paths.

    Args:
        emissions, lengths, start, transitions, end: As of :func:`zoo.crf.compiled.posteriors`.
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
def weigh(grad, unary, lengths, emissions, start, end):
    """Gradients of the scores of tags, and of those at the border of a window, from those of log Z of each window.

    Args:
        grad: Gradient of each window's value (B).
        unary, lengths: As of :func:`zoo.crf.compiled.posteriors`.
        emissions: Written (B, W, T).
        start, end: Written (T).
    """
    start[:], end[:] = 0.0, 0.0
    for window in range(len(grad)):
        share, last = grad[window], lengths[window] - 1
        given, written = unary[window].ravel(), emissions[window].ravel()
        for place in range(len(given)):
            written[place] = share * given[place]
        for tag in range(len(start)):
            start[tag] += share * unary[window, 0, tag]
            end[tag] += share * unary[window, last, tag]


@summing
def words_before(grad, ranks, rows, forward, before):
    """What the messages of the word before count, for every word but a window's first.

    Args:
        grad: Gradient of each window's value (B).
        ranks, rows, forward: As of :func:`zoo.crf.compiled.posteriors`.
        before: Written (N - B, T).
    """
    ranked = np.empty(len(grad))
    for window in range(len(grad)):
        ranked[ranks[window]] = grad[window]
    for word in range(1, len(rows) - 1):
        here, earlier = rows[word] - rows[1], rows[word - 1]
        for rank in range(rows[word + 1] - rows[word]):
            for tag in range(forward.shape[1]):
                before[here + rank, tag] = ranked[rank] * forward[earlier + rank, tag]


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
