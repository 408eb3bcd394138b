"""Vectors of words that were never seen, composed of their character n-grams as fastText composes them.

A word w, put between ``<`` and ``>``, has the n-grams g of 3 to 6 characters. Each is hashed to a row of a table, and

    v(w) = (1 / |G(w)|) · Σ_{g ∈ G(w)} table[h(g) mod rows]

where h is the 32-bit FNV-1a hash of the n-gram's UTF-8 bytes. fastText takes bytes for signed numbers: a byte of 128
or more is extended by ones before it is combined with the hash. Here it is done in the same way, so that the vectors
are the same.

Source: Bojanowski, Grave, Joulin & Mikolov, "Enriching word vectors with subword information" (TACL 5, 2017), section
3.2; the signed bytes are those of its implementation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

_BASIS, _PRIME, _MASK = 2166136261, 16777619, 0xFFFFFFFF
_SIGN_EXTENDED = 0xFFFFFF00


@dataclass(frozen=True, eq=False)
class Ngrams:
    """The vectors of character n-grams.

    Args:
        matrix: float32 or float16, shape (R, D): one row for all n-grams of the same hash.
        shortest: Characters of the shortest n-gram.
        longest: Characters of the longest.

    Raises:
        ValueError: If there is no row, or no n-gram can be that long.
    """

    matrix: np.ndarray
    shortest: int = 3
    longest: int = 6

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or not len(self.matrix):
            raise ValueError(f"Expected rows of n-gram vectors but got shape {self.matrix.shape}.")
        if not 1 <= self.shortest <= self.longest:
            raise ValueError(f"Expected n-grams of 1 character or more but got {self.shortest} to {self.longest}.")

    def compose(self, word: str) -> np.ndarray | None:
        """The mean of a word's n-gram vectors, float32, shape (D,); ``None`` where it is too short to have any."""
        rows = [fnv1a(ngram.encode()) % len(self.matrix) for ngram in self.of(word)]
        return self.matrix[rows].mean(axis=0, dtype=np.float32) if rows else None

    def of(self, word: str) -> Iterator[str]:
        """The n-grams of a word.

        Examples:
            >>> list(Ngrams(np.zeros((1, 1)), 3, 4).of("gen"))
            ['<ge', '<gen', 'gen', 'gen>', 'en>']
        """
        marked = f"<{word}>"
        for start in range(len(marked)):
            for end in range(start + self.shortest, min(start + self.longest, len(marked)) + 1):
                if end - start > 1 or 0 < start < len(marked) - 1:  # a mark alone is none
                    yield marked[start:end]


@lru_cache(maxsize=1 << 18)
def fnv1a(letters: bytes) -> int:
    """The hash of fastText: FNV-1a of 32 bits over signed bytes.

    Examples:
        >>> fnv1a(b"a") == 0xE40C292C  # below 128, as FNV-1a is published
        True
    """
    value = _BASIS
    for byte in letters:
        value = ((value ^ (byte | _SIGN_EXTENDED if byte > 127 else byte)) * _PRIME) & _MASK
    return value
