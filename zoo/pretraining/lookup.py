"""How a word is found among vectors: as it stands, after normalization, composed of n-grams, or not at all."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from zoo.text.vectors import WordVectors
from zoo.text.vocab import NORMALIZERS

WAYS = ("exact", "normalized", "composed", "none")


class Found(NamedTuple):
    """A word's vector.

    Args:
        word: As it stands among the vectors, or as it was composed.
        way: One of :data:`WAYS`, never ``none``.
        vector: float32, shape (D,).
    """

    word: str
    way: str
    vector: np.ndarray


class Lookup:
    """Finds words among vectors.

    Args:
        vectors: Of words, senses or concepts.
        normalizer: A key of ``NORMALIZERS``, for vectors that do not say how their words were rewritten.

    Raises:
        ValueError: If the vectors say another one.

    Examples:
        >>> lookup = Lookup(WordVectors(["gout", "00"], np.eye(2, dtype=np.float32), "lower-digits"))
        >>> [lookup.way(word) for word in ("gout", "Gout", "37", "podagra")]
        ['exact', 'normalized', 'normalized', 'none']
    """

    def __init__(self, vectors: WordVectors, normalizer: str | None = None) -> None:
        name = normalizer or vectors.normalizer or "lower"
        if name not in NORMALIZERS or vectors.normalizer not in (None, name):
            expected = vectors.normalizer or f"out of {', '.join(NORMALIZERS)}"
            hint = "; the vectors say so themselves, leave the option out" if vectors.normalizer else ""
            raise ValueError(f"Expected the normalizer {expected} but got {name!r}{hint}.")
        self.vectors = vectors
        self.row_of = {word: row for row, word in reversed(list(enumerate(vectors.words)))}
        self._normalize = NORMALIZERS[name]
        self._normalized = (
            {} if vectors.normalizer else {self.normalized(word): word for word in reversed(vectors.words)}
        )
        self._trained = vectors.trained

    def normalized(self, word: str) -> str:
        """The word rewritten as the vectors' are; of a sense, its part of speech stays."""
        if self.vectors.senses is None:
            return self._normalize(word)
        form, bar, pos = word.rpartition("|")
        return f"{self._normalize(form)}|{pos}" if bar else self._normalize(word)

    def way(self, word: str) -> str:
        """How a word is found: one of :data:`WAYS`."""
        row, way = self._row(word)
        if row is not None:
            return way if row < self._trained else "composed"
        return "none" if self.vectors.compose(self.normalized(word)) is None else "composed"

    def find(self, word: str) -> Found | None:
        """A word with its vector, where it has one."""
        row, _ = self._row(word)
        if row is not None:
            return Found(self.vectors.words[row], self.way(word), self.vectors.matrix[row])
        written = self.normalized(word)
        vector = self.vectors.compose(written)
        return None if vector is None else Found(written, "composed", vector)

    def senses(self, word: str) -> Iterator[Found]:
        """All senses of a word, most frequent first."""
        start = f"{self._normalize(word)}|"
        yield from (
            Found(each, "normalized", self.vectors.matrix[row])
            for row, each in enumerate(self.vectors.words)
            if each.startswith(start) and "|" not in each[len(start) :]
        )

    def _row(self, word: str) -> tuple[int | None, str]:
        if word in self.row_of:
            return self.row_of[word], "exact"
        written = self.normalized(word)
        return self.row_of.get(self._normalized.get(written, written)), "normalized"
