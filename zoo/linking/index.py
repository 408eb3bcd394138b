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
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import numpy as np

from zoo.linking.normalizers import Level, keys

FORMAT = 2
GRAM = 3  # letters
_MAPPED = 1 << 32  # bytes
_WEIGHTS = 255  # what a weight of 1 is stored as


class LinkingIndexError(ValueError):
    """A file that is no index, or of another version; the message reads ``path: what — expected — what to do``."""

    def __init__(self, path: str | Path, message: str) -> None:
        self.path = str(path)
        super().__init__(f"{path}: {message}")


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
            self.meta = dict(self._database.execute("SELECT key, value FROM meta"))
            self._database.execute(f"PRAGMA mmap_size = {_MAPPED}")
        except sqlite3.DatabaseError as error:
            raise LinkingIndexError(path, f"is no index ({error}) — make one with `zoo link build`.") from error
        if self.meta.get("format") != str(FORMAT):
            found = self.meta.get("format", "none")
            raise LinkingIndexError(path, f"is of format {found} — expected {FORMAT} — build it anew.")
        self.language = self.meta["language"]
        points = json.loads(self.meta.get("calibration", "[]"))
        self._calibration = ([score for score, _ in points], [p for _, p in points]) if points else None

    def __reduce__(self) -> tuple[type["LinkingIndex"], tuple[Path]]:
        """Other processes open the file for themselves."""
        return LinkingIndex, (self.path,)

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    def __len__(self) -> int:
        """How many concepts there are."""
        return int(self.meta["concepts"])

    def named(self, rows: Sequence[int]) -> list[Name]:
        """Names by their rows, in that order."""
        places = ",".join("?" * len(rows))
        found = self._database.execute(
            "SELECT name.rowid, name.text, concept.id, concept.type, name.preferred, name.seen "
            f"FROM name JOIN concept ON concept.rowid = name.concept WHERE name.rowid IN ({places})",
            rows,
        )
        by_row = {row[0]: Name(row[0], row[1], row[2], row[3], bool(row[4]), row[5]) for row in found}
        return [by_row[row] for row in rows]

    def same_form(self, text: str) -> Iterator[tuple[Level, list[int]]]:
        """The names with the same form, level by level, as far as they have any; each name at its first."""
        known: set[int] = set()
        for level, form in zip(Level, keys(text, self.language), strict=True):
            rows = self._database.execute("SELECT name FROM form WHERE text = ? AND level <= ?", (form, level))
            found = sorted({row for (row,) in rows} - known)
            known.update(found)
            if found:
                yield level, found

    def same_words(self, text: str, most: int = 200) -> list[int]:
        """Names that share words with a text, by full-text search, the likest first."""
        words = keys(text, self.language)[Level.FOLDED].split()
        if not words:
            return []
        query = " OR ".join(f'"{word}"' for word in dict.fromkeys(words))
        rows = self._database.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?", (query, most)
        )
        return [row for (row,) in rows]

    def same_letters(self, text: str, most: int = 50) -> list[tuple[int, float]]:
        """Names whose three-letter sequences are likest, with the cosine of their tf-idf vectors, the likest first.

        All with a cosine of at least one half are candidates: the commonest sequences of the text, as far as they could
        not give that much alone, bring none, and count where others brought a name.
        """
        grams = grams_of(keys(text, self.language)[Level.FOLDED])
        places = ",".join("?" * len(grams))
        rows = self._database.execute(
            f"SELECT idf, names, weights FROM gram WHERE text IN ({places}) ORDER BY idf DESC, text", [*grams]
        ).fetchall()
        if not rows:
            return []
        count = int(self.meta["names"])
        scores, is_candidate = np.zeros(count, dtype=np.float32), np.zeros(count, dtype=bool)
        left = norm = float(sum(idf * idf for idf, *_ in rows))
        for idf, names, weights in rows:
            having = np.frombuffer(names, dtype="<u4")
            scores[having] += np.float32(idf / np.sqrt(norm) / _WEIGHTS) * np.frombuffer(weights, dtype=np.uint8)
            if left > norm / 4:
                is_candidate[having] = True
            left -= idf * idf
        candidates = np.flatnonzero(is_candidate)
        likeness = scores[candidates]
        if len(candidates) > 2 * most:
            chosen = np.argpartition(-likeness, 2 * most)[: 2 * most]  # more than are wanted: ties go by row
            candidates, likeness = candidates[chosen], likeness[chosen]
        best = np.lexsort((candidates, -likeness))[:most]
        return [(int(candidates[place]) + 1, float(likeness[place])) for place in best]

    def probability(self, score: float) -> float:
        """How often a first candidate of a score is right; the score itself where the index was not calibrated."""
        return float(np.interp(score, *self._calibration)) if self._calibration else score

    def canonical(self, concept: str) -> str:
        """The id that a concept has here, whatever vocabulary's it is called by; itself where it is not known."""
        query = "SELECT concept.id FROM alias JOIN concept ON concept.rowid = alias.concept WHERE alias.id = ?"
        known = self._database.execute("SELECT 1 FROM concept WHERE id = ?", (concept,)).fetchone()
        found = None if known else self._database.execute(query, (concept,)).fetchone()
        return str(found[0]) if found else concept

    def parents(self, concept: str) -> list[str]:
        """The concepts that a concept is a kind of, nearest first, each once."""
        query = """
            WITH RECURSIVE above(concept, depth) AS (
                SELECT parent.parent, 1 FROM parent JOIN concept ON concept.rowid = parent.concept WHERE concept.id = ?
                UNION SELECT parent.parent, depth + 1 FROM parent JOIN above ON parent.concept = above.concept
                WHERE depth < 50)
            SELECT concept.id FROM above JOIN concept ON concept.rowid = above.concept
            GROUP BY concept.id ORDER BY min(depth), concept.id"""
        return [found for (found,) in self._database.execute(query, (concept,))]


def grams_of(form: str) -> list[str]:
    """The three-letter sequences of a form, each once, with a blank before and after.

    Examples:
        >>> grams_of("tb iv")
        [' tb', 'tb ', 'b i', ' iv', 'iv ']
    """
    padded = f" {form} "
    return [*dict.fromkeys(padded[place : place + GRAM] for place in range(len(padded) - GRAM + 1))]
