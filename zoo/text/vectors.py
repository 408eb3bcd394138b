"""Word vectors, and their rows for a vocabulary; the files they come in are :mod:`zoo.text.vector_files`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from zoo.text.ngrams import Ngrams
from zoo.text.vocab import NORMALIZERS, PAD, UNKNOWN


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors.

    Args:
        words: In the order of the file: most frequent first, as every tool writes them.
        matrix: float32, shape (N, D): one row a word.
        normalizer: How words were rewritten before training; ``None`` where the file does not say.
        training: How they were trained, as JSON values; empty where the file does not say.
        ngrams: Of fastText: what the vectors of all other words are composed of.

    Raises:
        ValueError: If there is not one row for each word, or n-grams have another size.
    """

    words: list[str]
    matrix: np.ndarray
    normalizer: str | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    ngrams: Ngrams | None = None

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or len(self.words) != len(self.matrix):
            raise ValueError(f"Expected one row for each of {len(self.words)} words but got shape {self.matrix.shape}.")
        if self.ngrams and self.ngrams.matrix.shape[1] != self.matrix.shape[1]:
            sizes = self.matrix.shape[1], self.ngrams.matrix.shape[1]
            raise ValueError("Expected n-grams of {} dimensions, as the words, but got {}.".format(*sizes))

    @property
    def senses(self) -> str | None:
        """The linguistics by which words became senses, ``normalizedword|POS``; ``None`` where they are plain words."""
        return self._argument("senses")

    @property
    def segmentation(self) -> str | None:
        """The rule by which texts were cut into words; ``None`` where the file does not say."""
        return self._argument("segmentation")

    def _argument(self, name: str) -> str | None:
        value = self.training.get("arguments", {}).get(name)
        return None if value is None else str(value)

    @property
    def trained(self) -> int:
        """How many of the words, the first ones, were in the text: those after them were composed of n-grams."""
        return int(self.training.get("vocabulary", len(self.words)))

    @property
    def covered(self) -> list[str]:
        """Words of corpora that the vectors were to cover, not in the text; composed of n-grams."""
        return self.words[self.trained :]

    def compose(self, word: str) -> np.ndarray | None:
        """The vector of any word, shape (D,), from its n-grams; ``None`` where there are none."""
        return self.ngrams.compose(word) if self.ngrams else None


class VocabularyRows(NamedTuple):
    """Vectors in the order of a vocabulary.

    Args:
        matrix: float32, shape (V, D); zeros where a word has no vector.
        found: bool, shape (V): whether a word has one.
        composed: bool, shape (V): whether it is composed of n-grams; such a word is found, too.
    """

    matrix: np.ndarray
    found: np.ndarray
    composed: np.ndarray

    @property
    def coverage(self) -> float:
        """Which share of the words has a vector."""
        return float(self.found.mean()) if len(self.found) else 0.0


def check_segmentation(vectors: WordVectors, rule: str) -> None:
    """Finds vectors of other words than a tagger's.

    Args:
        vectors: Of words or of senses.
        rule: By which the tagger cuts texts into words.

    Raises:
        ValueError: If the vectors' texts were cut by another.
    """
    if vectors.segmentation not in (None, rule):
        raise ValueError(
            f"Expected vectors of words cut by rule {rule!r} (codec.segmentation) but got {vectors.segmentation!r}; "
            f"train them with `zoo embed --segmentation {rule}`, or set --codec.segmentation {vectors.segmentation}."
        )


def vectors_for(vocabulary_words: Sequence[str], vectors: WordVectors, *, normalizer: str) -> VocabularyRows:
    """The rows for a vocabulary.

    Where it is not known how the vectors' words were normalized (as for downloaded ones), a word takes the vector of
    its own form, else that of the most frequent form that is normalized to it (``cancer`` that of ``Cancer``). Where
    there are n-grams, the vectors of all other words are composed of them.

    Args:
        vocabulary_words: Normalized words; padding and the unknown word are not found.
        vectors: The vectors.
        normalizer: A key of ``NORMALIZERS``: how the vocabulary's words were rewritten.

    Raises:
        ValueError: If the vectors were trained with another normalizer.

    Examples:
        >>> vectors = WordVectors(["of", "Cancer"], np.ones((2, 3), np.float32))
        >>> rows = vectors_for(["<pad>", "cancer"], vectors, normalizer="lower")
        >>> rows.found.tolist(), rows.coverage
        ([False, True], 0.5)
    """
    if vectors.normalizer not in (None, normalizer) or normalizer not in NORMALIZERS:
        raise ValueError(
            f"Expected vectors of words normalized as {normalizer!r} but got {vectors.normalizer!r}; "
            "choose vectors and tagger of the same normalizer."
        )
    by_frequency = list(enumerate(vectors.words))
    row_of = {NORMALIZERS[normalizer](word): row for row, word in reversed(by_frequency)}
    row_of |= {word: row for row, word in reversed(by_frequency)}
    row_of |= {PAD: -1, UNKNOWN: -1}  # whatever a file calls so
    rows = np.array([row_of.get(word, -1) for word in vocabulary_words], dtype=np.int64)
    found, composed = rows >= 0, np.zeros(len(rows), bool)
    matrix = np.zeros((len(rows), vectors.matrix.shape[1]), np.float32)
    matrix[found] = vectors.matrix[rows[found]]
    for row, word in enumerate(vocabulary_words) if vectors.ngrams else ():
        if not found[row] and word not in (PAD, UNKNOWN) and (vector := vectors.compose(word)) is not None:
            matrix[row], composed[row] = vector, True
    return VocabularyRows(matrix, found | composed, composed)
