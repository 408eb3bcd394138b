"""Vocabularies: strings ⇄ row numbers of an embedding table."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from zoo.data.nearest import did_you_mean
from zoo.text.ngrams import Ngrams

PAD, UNKNOWN = "<pad>", "<unk>"
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"NUM|\d+(?:[.,]\d+)*")  # NUM itself too: what is normalized stays as it is

NORMALIZERS: dict[str, Callable[[str], str]] = {
    "none": lambda word: word,
    "lower": str.lower,
    "lower-digits": lambda word: _DIGIT.sub("0", word.lower()),
    "lower-num": lambda word: "NUM" if _NUMBER.fullmatch(word) else word.lower(),
}
"""How a word is rewritten before it is looked up; word vectors must be trained with the same one."""


class Vocabulary:
    """An ordered set of strings; row 0 is padding, row 1 stands for every string that is not in it.

    Args:
        entries: Distinct strings, the first two ``<pad>`` and ``<unk>``.

    Raises:
        ValueError: If the first two entries are others, or an entry occurs twice.

    Examples:
        >>> vocabulary = Vocabulary.of(["cancer", "of"])
        >>> vocabulary["cancer"], vocabulary["unseen"], len(vocabulary)
        (2, 1, 4)
    """

    def __init__(self, entries: Sequence[str]) -> None:
        self.entries = tuple(entries)
        self._rows = {entry: row for row, entry in enumerate(self.entries)}
        if self.entries[:2] != (PAD, UNKNOWN):
            raise ValueError(f"Expected a vocabulary that begins with {PAD}, {UNKNOWN} but got {self.entries[:2]}.")
        if len(self._rows) != len(self.entries):
            raise ValueError(f"Expected distinct entries but got {len(self.entries) - len(self._rows)} repeated ones.")

    @classmethod
    def of(cls, entries: Iterable[str]) -> "Vocabulary":
        """A vocabulary of these strings in order of first occurrence."""
        return cls(list(dict.fromkeys((PAD, UNKNOWN, *entries))))

    def __getitem__(self, entry: str) -> int:
        return self._rows.get(entry, 1)

    def __contains__(self, entry: str) -> bool:
        return entry in self._rows

    def __len__(self) -> int:
        return len(self.entries)

    def to_text(self) -> str:
        r"""One entry a line; line breaks and backslashes inside an entry are escaped."""
        return "".join(entry.encode("unicode_escape").decode("ascii") + "\n" for entry in self.entries)

    @classmethod
    def from_text(cls, text: str) -> "Vocabulary":
        """The inverse of :meth:`to_text`."""
        return cls([line.encode("ascii").decode("unicode_escape") for line in text.split("\n")[:-1]])


def normalizer_named(name: str) -> Callable[[str], str]:
    """One of :data:`NORMALIZERS`.

    Raises:
        ValueError: If there is none of that name; the message lists all and names the nearest.
    """
    if name not in NORMALIZERS:
        hint = did_you_mean(name, NORMALIZERS)
        raise ValueError(f"Expected a normalizer out of {', '.join(NORMALIZERS)} but got {name!r}.{hint}")
    return NORMALIZERS[name]


class WordLookup:
    """Rows of words and of their characters, remembered for the forms met last.

    Args:
        words: Rows of normalized words.
        characters: Rows of single characters.
        normalizer: A key of :data:`NORMALIZERS`.
        longest: A word's characters beyond so many are left out of its spelling (first and last halves are kept).
        ngrams: What the vectors of words that have no row are composed of.

    Raises:
        ValueError: If the normalizer is unknown.
    """

    def __init__(
        self, words: Vocabulary, characters: Vocabulary, normalizer: str, longest: int, ngrams: Ngrams | None = None
    ) -> None:
        normalize, half, unknown = normalizer_named(normalizer), longest // 2, words[UNKNOWN]

        @lru_cache(maxsize=1 << 18)
        def row(form: str) -> int:
            return words[normalize(form)]

        @lru_cache(maxsize=1 << 18)
        def spelling(form: str) -> tuple[int, ...]:
            shown = form if len(form) <= longest else form[:half] + form[-half:]
            return tuple(characters[character] for character in shown)

        @lru_cache(maxsize=1 << 14)
        def compose(form: str) -> np.ndarray | None:
            return ngrams.compose(normalize(form)) if ngrams else None

        def rows(forms: Sequence[str]) -> tuple[list[int], list[np.ndarray]]:
            """The row of each of distinct forms, and vectors that are composed: rows from the last of words on."""
            found: list[int] = []
            composed: list[np.ndarray] = []
            for form in forms:
                number = row(form)
                if number == unknown and (vector := compose(form)) is not None:
                    number = len(words) + len(composed)
                    composed.append(vector)
                found.append(number)
            return found, composed

        self.row, self.rows, self.spelling = row, rows, spelling


def read_vocabulary(path: Path) -> Vocabulary:
    """Reads a file of :meth:`Vocabulary.to_text`.

    Raises:
        ValueError: If it is not one.
    """
    return Vocabulary.from_text(path.read_text(encoding="ascii"))
