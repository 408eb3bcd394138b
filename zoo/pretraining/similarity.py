"""How well cosines of terms agree with people's ratings of their similarity.

Source: Soares, Villegas, Gonzalez-Agirre, Krallinger & Armengol-Estapé, "Medical word embeddings for Spanish:
development and evaluation" (Clinical NLP Workshop 2019): Spearman's rank correlation on UMNSRS and MayoSRS in Spanish.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zoo.data import textfile
from zoo.data.document import DataFormatError
from zoo.pretraining.lookup import Lookup
from zoo.text.segment import Segmenter
from zoo.text.vectors import WordVectors

_COLUMNS = ("Mean", "Term1", "Term2")


class Pair(NamedTuple):
    """Two terms and how similar people found them; the unit is the file's own."""

    first: str
    second: str
    rating: float


class Agreement(NamedTuple):
    """How vectors agree with ratings.

    Args:
        pairs: In the file.
        found: Those of whose terms every word has a vector; all others are left out.
        composed: Of the found ones, those with a word composed of n-grams.
        spearman: Rank correlation of cosines and ratings over the found ones, −1 to 1.
    """

    pairs: int
    found: int
    composed: int
    spearman: float


def read_pairs(path: str | Path) -> Iterator[Pair]:
    """Reads tab-separated columns, of which ``Mean``, ``Term1`` and ``Term2`` are used.

    Raises:
        DataFormatError: If a column is missing, or a rating is no number.
    """
    rows = csv.DictReader(textfile.read_lines(path), delimiter="\t", quoting=csv.QUOTE_NONE)
    if missing := [column for column in _COLUMNS if column not in (rows.fieldnames or ())]:
        raise DataFormatError(
            path,
            1,
            f"no column {', '.join(missing)} — expected a first line that names {', '.join(_COLUMNS)} — add it.",
        )
    for row in rows:
        try:
            yield Pair(row["Term1"], row["Term2"], float(row["Mean"]))
        except (TypeError, ValueError) as error:
            message = f"{row['Mean']!r} as rating — expected a number — correct it."
            raise DataFormatError(path, rows.line_num, message) from error


def agreement(vectors: WordVectors, pairs: list[Pair]) -> Agreement:
    """Compares cosines with ratings; a term of several words has the mean of their vectors.

    Args:
        vectors: Of plain words.
        pairs: Terms and ratings.

    Raises:
        ValueError: If the vectors are of senses, or fewer than three pairs are found.
    """
    from scipy.stats import spearmanr

    if vectors.senses:
        raise ValueError(f"Expected vectors of plain words but got senses by {vectors.senses!r}: terms are no text.")
    lookup = Lookup(vectors)
    segment = Segmenter(vectors.segmentation or "v1")
    cosines, ratings, composed = [], [], 0
    for pair in pairs:
        first, second = (_words(term, lookup, segment) for term in (pair.first, pair.second))
        if first and second:
            cosines.append(_cosine(_mean(first), _mean(second)))
            ratings.append(pair.rating)
            composed += any(way == "composed" for way, _ in [*first, *second])
    if len(cosines) < 3:
        raise ValueError(
            f"Expected at least 3 pairs whose words have vectors but found {len(cosines)} of {len(pairs)}."
        )
    return Agreement(len(pairs), len(cosines), composed, float(spearmanr(cosines, ratings).statistic))


def _words(term: str, lookup: Lookup, segment: Segmenter) -> list[tuple[str, np.ndarray]]:
    """The words of a term, each as how it is found and its vector; none where one is not found."""
    found = [lookup.find(term[start:end]) for sentence in segment(term) for start, end in sentence]
    words = [(word.way, word.vector) for word in found if word]
    return words if len(words) == len(found) else []


def _mean(words: list[tuple[str, np.ndarray]]) -> np.ndarray:
    return np.asarray(np.mean([vector for _, vector in words], axis=0, dtype=np.float64))


def _cosine(first: np.ndarray, second: np.ndarray) -> float:
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / lengths if lengths else 0.0
