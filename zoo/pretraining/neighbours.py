"""The words nearest to a word: the quickest look at what vectors have learnt."""

from typing import NamedTuple

import numpy as np

from zoo.data.nearest import did_you_mean
from zoo.pretraining.lookup import Found, Lookup
from zoo.text.vectors import WordVectors


class Neighbour(NamedTuple):
    """A word, and the cosine of its vector with that of the word asked for."""

    word: str
    cosine: float


class Neighbours:
    """Nearest neighbours by cosine.

    Args:
        vectors: Of words, senses or concepts.

    Examples:
        >>> vectors = WordVectors(["gout", "urate", "exon"], np.array([[1, 0], [2, 1], [0, 1]], np.float32), "lower")
        >>> nearest = Neighbours(vectors)
        >>> [near.word for near in nearest.of(nearest.find("Gout")[0], 2)]
        ['urate', 'exon']
    """

    def __init__(self, vectors: WordVectors) -> None:
        self._lookup = Lookup(vectors)
        self._unit = _unit(vectors.matrix)  # (N, D)
        self._words = vectors.words

    def find(self, word: str) -> list[Found]:
        """The word; where vectors are of senses and none is named, every sense of it.

        Raises:
            ValueError: If it has no vector; the message names the nearest spelling.
        """
        senses = list(self._lookup.senses(word)) if self._lookup.vectors.senses else []
        found = self._lookup.find(word)
        if not senses and found is None:
            hint = did_you_mean(self._lookup.normalized(word), self._words)
            raise ValueError(f"Expected a word that has a vector but got {word!r}.{hint}")
        return senses or [found] if found else senses

    def of(self, found: Found, most: int = 10) -> list[Neighbour]:
        """The nearest other words, the nearest first; of equal ones the more frequent."""
        cosines = self._unit @ _unit(found.vector[None])[0]  # (N, D) · (D,) → (N,)
        order = np.argsort(-cosines, kind="stable")[: most + 1]
        near = [Neighbour(self._words[row], float(cosines[row])) for row in order]
        return [each for each in near if each.word != found.word][:most]


def _unit(matrix: np.ndarray) -> np.ndarray:
    """Rows of length one; of a row of zeros, zeros."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)  # (N, 1)
    return matrix / np.where(lengths == 0, 1, lengths)
