"""The index of a terminology: one SQLite file, in which names are found by their forms, their words or their letters.

======== ==========================================================================================
concept  id, preferred name, type
name     text, its concept, whether it is the preferred one, how often it was seen in annotated texts
form     a name's forms by :class:`zoo.linking.normalizers.Level`
words    full-text search over names (FTS5)
word     how many names have it
gram     three letters: which names have them, and with what weight
parent   what a concept is a kind of
alias    other ids of concepts
meta     format, language, counts
======== ==========================================================================================

It is opened read-only and mapped, so that processes share it, and nothing of it is held but what is asked for.
:mod:`zoo.linking.build` writes it.
"""

import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import quote

import numpy as np

from zoo.data.terminology import Concept
from zoo.linking.normalizers import Level, keys

FORMAT = 2
GRAM = 3  # letters
CALIBRATION = {False: "calibration", True: "calibration with an encoder"}
"""Where an index keeps what scores are worth, of linkers without and with an encoder."""
PROBE = "acute disease of the liver"
_MAPPED = 384 << 20  # bytes of the file, shared by processes; what lies beyond is read
_RANKED = 3000  # names that full-text search ranks for a mention, about
_COMPARED = 500  # names that are compared with a mention in all their letters
_WEIGHTS = 255  # what a weight of 1 is stored as


class LinkingIndexError(ValueError):
    """A file that is no index, or of another version; the message reads ``path: what — expected — what to do``."""

    def __init__(self, path: str | Path, message: str) -> None:
        self.path = str(path)
        super().__init__(f"{path}: {message}")


class Calibration(NamedTuple):
    """How often first candidates are right, by score.

    Args:
        scores: Rising.
        probabilities: At these scores, rising; between them, what lies between.
        probe: An encoder's vector of :data:`PROBE`, by which it is known again; empty for linkers without one.
    """

    scores: Sequence[float]
    probabilities: Sequence[float]
    probe: Sequence[float] = ()

    def probability(self, score: float) -> float:
        """How often a first candidate of a score is right."""
        return float(np.interp(score, self.scores, self.probabilities))


class Name(NamedTuple):
    """A name of a concept.

    Args:
        row: In the index.
        text: As written.
        concept: Its id.
        type: Of the concept; empty where the terminology tells none.
        preferred: Whether the concept goes by it.
        seen: How often it stood for the concept in annotated texts.
    """

    row: int
    text: str
    concept: str
    type: str
    preferred: bool
    seen: int


class LinkingIndex:
    """An index, opened to be read.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: If there is none.
        LinkingIndexError: If it is not an index, damaged, or of another version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(f"No index at {path}; make one with `zoo link build`.")
        # SQLite itself takes turns between threads; Python would refuse all but the one that opened it.
        self._database = sqlite3.connect(
            f"file:{quote(str(self.path.resolve()))}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        try:
            self.meta = self._meta()
        except LinkingIndexError:
            self.close()
            raise
        self.language = self.meta["language"]
        self.calibrations = {
            kind: Calibration(**json.loads(self.meta[key])) for kind, key in CALIBRATION.items() if key in self.meta
        }

    def _meta(self) -> dict[str, str]:
        try:
            meta = dict(self._database.execute("SELECT key, value FROM meta"))
            self._database.execute(f"PRAGMA mmap_size = {_MAPPED}")
        except sqlite3.DatabaseError as error:
            raise LinkingIndexError(self.path, f"is no index ({error}) — make one with `zoo link build`.") from error
        if meta.get("format") != str(FORMAT):
            found = meta.get("format", "none")
            raise LinkingIndexError(self.path, f"is of format {found} — expected {FORMAT} — build it anew.")
        return meta

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise LinkingIndexError(self.path, f"is damaged ({error}) — build it anew.") from error

    def __reduce__(self) -> tuple[type["LinkingIndex"], tuple[Path]]:
        """Other processes open the file for themselves."""
        return LinkingIndex, (self.path,)

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    def __enter__(self) -> Self:
        """For ``with``, which closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()

    def __len__(self) -> int:
        """How many concepts there are."""
        return int(self.meta["concepts"])

    def named(self, rows: Sequence[int]) -> list[Name]:
        """Names by their rows, in that order."""
        found = self._rows(
            "SELECT name.rowid, name.text, concept.id, concept.type, name.preferred, name.seen "
            f"FROM name JOIN concept ON concept.rowid = name.concept WHERE name.rowid IN ({_places(rows)})",
            rows,
        )
        by_row = {row[0]: Name(row[0], row[1], row[2], row[3], bool(row[4]), row[5]) for row in found}
        return [by_row[row] for row in rows]

    def concepts(self) -> Iterator[Concept]:
        """All concepts with their names."""
        query = (
            "SELECT concept.id, concept.name, concept.type, name.text FROM concept "
            "LEFT JOIN name ON name.concept = concept.rowid ORDER BY concept.rowid, name.rowid"
        )
        try:
            cursor = self._database.execute(query)
            for (concept, preferred, type_), names in groupby(cursor, key=lambda row: row[:3]):
                texts = dict.fromkeys(name for *_, name in names if name and name != preferred)
                yield Concept(concept, preferred, tuple(texts), type=type_)
        except sqlite3.DatabaseError as error:
            raise LinkingIndexError(self.path, f"is damaged ({error}) — build it anew.") from error

    def preferred(self, concept: str) -> str | None:
        """What a concept goes by; ``None`` where it is not known."""
        found = self._rows("SELECT name FROM concept WHERE id = ?", (concept,))
        return str(found[0][0]) if found else None

    def same_form(self, text: str) -> Iterator[tuple[Level, list[int]]]:
        """The names with the same form, level by level, as far as they have any; each name at its first."""
        known: set[int] = set()
        for level, form in zip(Level, keys(text, self.language), strict=True):
            rows = self._rows("SELECT name FROM form WHERE text = ? AND level <= ?", (form, level))
            found = sorted({row for (row,) in rows} - known)
            known.update(found)
            if found:
                yield level, found

    def same_words(self, text: str, most: int = 200) -> list[int]:
        """Names that share words with a text, by full-text search, the likest first.

        Words are sought from the rarest on, as long as they have no more than some thousands of names together; where
        even the rarest has more, names that have all the words.
        """
        words = [*dict.fromkeys(keys(text, self.language)[Level.FOLDED].split())]
        rows = self._rows(f"SELECT text, names FROM word WHERE text IN ({_places(words)}) ORDER BY names, text", words)
        so_far = accumulate(names for _, names in rows)
        rare = [word for (word, _), names in zip(rows, so_far, strict=True) if names <= _RANKED]
        if not rare and len(rows) < 2:
            return []  # what shares one common word with a text is not like it
        query = " OR ".join(map(_quoted, rare)) or " AND ".join(_quoted(word) for word, _ in rows)
        found = self._rows("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?", (query, most))
        return [row for (row,) in found]

    def same_letters(self, text: str, most: int = 50, besides: Sequence[int] = ()) -> list[tuple[int, float]]:
        """Names whose three-letter sequences are likest, with the cosine of their tf-idf vectors, the likest first.

        Only names that have one of the text's rarer sequences are candidates: the commonest, as far as they could not
        give a cosine of one half alone, bring none. Of many candidates, those are compared in all sequences whose
        cosines by the rarer ones are highest.

        Args:
            text: As written.
            most: How many are wanted.
            besides: Names that are compared in any case, and told however unlike they are.
        """
        grams = grams_of(keys(text, self.language)[Level.FOLDED])
        idfs = self._rows(f"SELECT text, idf FROM gram WHERE text IN ({_places(grams)}) ORDER BY idf DESC, text", grams)
        if not idfs:
            return [(row, 0.0) for row in besides]
        count = int(self.meta["names"])
        norm = sum(idf * idf for _, idf in idfs) + (len(grams) - len(idfs)) * (math.log(count) + 1) ** 2
        left = least = sum(idf * idf for _, idf in idfs)
        scores = np.zeros(count, dtype=np.float32)
        each_gram = iter(idfs)
        while left > least / 4:
            gram, idf = next(each_gram)
            names, weights = self._having(gram)
            np.add.at(scores, names, weights * np.float32(idf / _WEIGHTS))
            left -= idf * idf
        likest = _highest(np.flatnonzero(scores > 0), scores, max(_COMPARED, most))
        wanted = np.array(sorted({row - 1 for row in besides}), dtype=likest.dtype)
        candidates = np.union1d(likest, wanted)
        found = scores[candidates]
        for gram, idf in each_gram:
            names, weights = self._having(gram)
            places = np.searchsorted(names, candidates).clip(max=len(names) - 1)
            shared = names[places] == candidates
            found[shared] += weights[places[shared]] * np.float32(idf / _WEIGHTS)
        order = np.lexsort((candidates, -found))
        told = order[(np.arange(len(order)) < most) | np.isin(candidates[order], wanted)]
        return [(int(candidates[place]) + 1, float(found[place]) / norm**0.5) for place in told]

    def _having(self, gram: str) -> tuple[np.ndarray, np.ndarray]:
        """The names, from zero and rising, that have a three-letter sequence, and its weights in these as 255ths."""
        ((names, weights),) = self._rows("SELECT names, weights FROM gram WHERE text = ?", (gram,))
        return np.frombuffer(names, dtype="<u4"), np.frombuffer(weights, dtype=np.uint8)

    def canonical(self, concept: str) -> str:
        """The id that a concept has here, whatever vocabulary's it is called by; itself where it is not known."""
        for known in (concept, with_prefix(concept, self.meta.get("prefix", ""))):
            if self._rows("SELECT 1 FROM concept WHERE id = ?", (known,)):
                return known
        query = "SELECT concept.id FROM alias JOIN concept ON concept.rowid = alias.concept WHERE alias.id = ?"
        found = self._rows(query, (concept,))
        return str(found[0][0]) if found else concept

    def parents(self, concept: str) -> list[str]:
        """The concepts that a concept is a kind of, nearest first, each once."""
        query = """
            WITH RECURSIVE above(concept, depth) AS (
                SELECT parent.parent, 1 FROM parent JOIN concept ON concept.rowid = parent.concept WHERE concept.id = ?
                UNION SELECT parent.parent, depth + 1 FROM parent JOIN above ON parent.concept = above.concept
                WHERE depth < 50)
            SELECT concept.id FROM above JOIN concept ON concept.rowid = above.concept
            GROUP BY concept.id ORDER BY min(depth), concept.id"""
        return [found for (found,) in self._rows(query, (concept,))]


def _highest(rows: np.ndarray, scores: np.ndarray, most: int) -> np.ndarray:
    """The rows with the highest scores, still rising; of equal ones the first."""
    if len(rows) <= most:
        return rows
    own = scores[rows]
    least = np.partition(own, -most)[-most]
    above, level = rows[own > least], rows[own == least]
    return np.sort(np.concatenate([above, level[: most - len(above)]]))


def with_prefix(concept: str, prefix: str) -> str:
    """An id with the name of its vocabulary, where it names none."""
    return concept if ":" in concept else prefix + concept


def _quoted(word: str) -> str:
    """A word of a full-text query."""
    return f'"{word}"'


def _places(values: Sequence[object]) -> str:
    """The placeholders of a query for so many values."""
    return ",".join("?" * len(values))


def grams_of(form: str) -> list[str]:
    """The three-letter sequences of a form, each once, with a blank before and after.

    Examples:
        >>> grams_of("tb iv")
        [' tb', 'tb ', 'b i', ' iv', 'iv ']
    """
    padded = f" {form} "
    return [*dict.fromkeys(padded[place : place + GRAM] for place in range(len(padded) - GRAM + 1))]
