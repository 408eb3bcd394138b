"""Scores that are probabilities: how often the first candidate is right at a score, from documents that are known.

The map from score to probability rises (isotonic regression): it changes no order, and makes 0.5 a threshold that means
something. It is kept in the index.

Source: Zadrozny & Elkan, "Transforming classifier scores into accurate multiclass probability estimates" (KDD 2002).
"""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from zoo.data import textfile
from zoo.data.document import Document
from zoo.evaluation.linking import concepts_of
from zoo.linking.index import CALIBRATION, LinkingIndex
from zoo.linking.linker import Embeds, Linker, probe_of

_FEWEST = 50  # mentions


def calibrate_index(path: str | Path, documents: Sequence[Document], encoder: Embeds | None = None) -> int:
    """Puts into an index how often its linker's first candidates are right, by their score.

    Args:
        path: The index; it is replaced.
        documents: With concepts at their mentions, other ones than those whose mentions are names of the index. What
            is found for a mention that has none (``-1``) is wrong.
        encoder: For linkers that have one: theirs are other scores, and kept beside those without.

    Returns:
        How many mentions told.

    Raises:
        ValueError: If these are too few.
    """
    with LinkingIndex(path) as index:
        linker = Linker(index, encoder=encoder)
        pairs = [
            (found[0].score, found[0].concept in concepts_of(span, index.canonical))
            for document in documents
            for span, found in linker.mentions(document)
            if found
        ]
    if len(pairs) < _FEWEST:
        raise ValueError(f"Expected at least {_FEWEST} mentions with concepts to calibrate by but got {len(pairs)}.")
    with textfile.replacing(path) as partial:
        shutil.copyfile(path, partial)
        database = sqlite3.connect(partial)
        try:
            with database:
                scores, probabilities = zip(*_rising(pairs), strict=True)
                probe = [] if encoder is None else [round(float(x), 4) for x in probe_of(encoder)]
                value = json.dumps({"scores": scores, "probabilities": probabilities, "probe": probe})
                key = CALIBRATION[encoder is not None]
                database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
        finally:
            database.close()
    return len(pairs)


def _rising(pairs: Sequence[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Scores and probabilities, both rising, with no more points than are needed to interpolate between."""
    from scipy.optimize import isotonic_regression

    scores, places, weights = np.unique([score for score, _ in pairs], return_inverse=True, return_counts=True)
    right = np.bincount(places, [float(is_right) for _, is_right in pairs])
    # One imagined right and one wrong mention among all of a block keep probabilities off 0 and 1.
    fitted = isotonic_regression(right / weights, weights=weights)
    points: list[tuple[float, float]] = [(0.0, 0.0)]  # what is like nothing is nothing
    for first, end in pairwise(fitted.blocks.tolist()):
        probability = (right[first:end].sum() + 1) / (weights[first:end].sum() + 2)
        points += [(float(scores[first]), float(probability)), (float(scores[end - 1]), float(probability))]
    rising = np.maximum.accumulate([p for _, p in points])
    return [(round(score, 6), round(float(p), 6)) for (score, _), p in zip(points, rising, strict=True)]
