"""Writing the index of a terminology.

It is made under another name and renamed when it is whole. Made of the same concepts by the same SQLite, it is the same
bytes.
"""

import sqlite3
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zoo.data import textfile
from zoo.data.concept_ids import concept_id
from zoo.data.terminology import Concept
from zoo.linking.index import FORMAT, grams_of, with_prefix
from zoo.linking.normalizers import Level, keys

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE concept (id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, type TEXT NOT NULL);
CREATE TABLE name (text TEXT NOT NULL, concept INTEGER NOT NULL, preferred INTEGER NOT NULL, seen INTEGER NOT NULL);
CREATE TABLE form (text TEXT, level INTEGER, name INTEGER, PRIMARY KEY (text, level, name)) WITHOUT ROWID;
CREATE TABLE gram (text TEXT PRIMARY KEY, idf REAL, names BLOB, weights BLOB);
CREATE TABLE alias (id TEXT, concept INTEGER, PRIMARY KEY (id, concept)) WITHOUT ROWID;
CREATE TABLE parent (concept INTEGER, parent INTEGER, PRIMARY KEY (concept, parent)) WITHOUT ROWID;
CREATE TABLE word (text TEXT PRIMARY KEY, names INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize="unicode61 remove_diacritics 2");
CREATE TEMP TABLE unsorted (text TEXT, level INTEGER, name INTEGER);
CREATE VIRTUAL TABLE temp.counted USING fts5vocab(main, words, row);
"""
_AT_ONCE = 50_000  # names that are held before they are written


class Built(NamedTuple):
    """What an index holds.

    Args:
        concepts: How many.
        names: How many, all concepts together.
        left_out: Names that are not in it, by reason.
        only_seen: Concepts of annotated texts that no terminology has.
    """

    concepts: int
    names: int
    left_out: Counter[str]
    only_seen: int


def build_index(
    concepts: Iterable[Concept],
    path: str | Path,
    *,
    language: str = "en",
    seen: Mapping[tuple[str, str], int] | None = None,
    prefix: str = "",
) -> Built:
    """Writes an index.

    Args:
        concepts: Of one or more terminologies; of an id that is there twice, all names are taken.
        path: The file.
        language: ``en`` or ``es``: of plurals and little words.
        seen: How often a mention, as written, stood for a concept in annotated texts: names like any others.
        prefix: Put before ids that name no vocabulary.

    Raises:
        OSError: If the file cannot be written.
        ValueError: If there is no concept, none has a name with a letter or digit, a concept has no id, or concepts are
            kinds of one another in a circle.
    """
    gathered, only_seen = _gathered(concepts, seen or {}, prefix)
    if not gathered:
        raise ValueError("Expected concepts for an index but got none.")
    _check_circles({concept: found.parents for concept, found in gathered.items()})
    left_out: Counter[str] = Counter()
    try:
        with textfile.replacing(path) as partial:
            database = sqlite3.connect(partial)
            try:
                database.executescript(
                    "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
                    "PRAGMA cache_size = -200000;" + _TABLES
                )
                with database:
                    names = _write(database, gathered, language, left_out, prefix)
            finally:
                database.close()
    except sqlite3.OperationalError as error:
        raise OSError(f"{path}: cannot be written ({error}); nothing was left there.") from error
    return Built(len(gathered), names, left_out, only_seen)


@dataclass(slots=True)
class _Gathered:
    """A concept with each of its names once, the preferred one first, and how often it was seen."""

    names: dict[str, int] = field(default_factory=dict)
    alternatives: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


def _gathered(
    concepts: Iterable[Concept], seen: Mapping[tuple[str, str], int], prefix: str
) -> tuple[dict[str, _Gathered], int]:
    """Concepts by id, and how many only annotated texts have."""

    def named(written: str) -> str:
        return with_prefix(concept_id(written), prefix)

    found: dict[str, _Gathered] = {}
    for concept in concepts:
        if not concept.id:
            raise ValueError(f"Expected concepts with ids but {concept.name!r} has none: plain text is no terminology.")
        own = found.setdefault(named(concept.id), _Gathered())
        own.alternatives += tuple(map(named, concept.alternatives))
        own.parents += tuple(map(named, concept.parents))
        own.types += (concept.type,) if concept.type not in ("", *own.types) else ()
        for name in (concept.name, *concept.synonyms):
            own.names.setdefault(name, 0)
    of_terminologies = len(found)
    canonical = {other: concept for concept, own in reversed(found.items()) for other in sorted(own.alternatives)}
    for (name, mentioned), count in sorted(seen.items()):
        concept_of = named(mentioned)
        concept_of = concept_of if concept_of in found else canonical.get(concept_of, concept_of)
        own = found.setdefault(concept_of, _Gathered())
        own.names[name] = own.names.get(name, 0) + count
    return found, len(found) - of_terminologies


def _check_circles(parents: Mapping[str, Iterable[str]]) -> None:
    """Looks for concepts that are kinds of themselves."""
    done: set[str] = set()
    for start in parents:
        path: list[str] = []
        stack: list[Iterator[str]] = []
        if start not in done:
            path, stack = [start], [iter(sorted(parents[start]))]
        while stack:
            above = next(stack[-1], None)
            if above is None:
                done.add(path.pop())
                stack.pop()
            elif above in path:
                circle = " → ".join([*path[path.index(above) :], above])
                raise ValueError(f"Expected a hierarchy without circles but got {circle}; repair the terminology.")
            elif above not in done and above in parents:
                path.append(above)
                stack.append(iter(sorted(parents[above])))


def _write(
    database: sqlite3.Connection,
    gathered: Mapping[str, _Gathered],
    language: str,
    left_out: Counter[str],
    prefix: str,
) -> int:
    """Fills the tables; the number of names."""
    rows = {concept: row for row, concept in enumerate(gathered, start=1)}
    database.executemany(
        "INSERT INTO concept VALUES (?, ?, ?)",
        ((concept, next(iter(found.names)), "|".join(sorted(found.types))) for concept, found in gathered.items()),
    )
    above = {(rows[concept], rows[p]) for concept, found in gathered.items() for p in found.parents if p in rows}
    database.executemany("INSERT INTO parent VALUES (?, ?)", sorted(above))
    aliases = {(o, rows[concept]) for concept, found in gathered.items() for o in found.alternatives if o not in rows}
    database.executemany("INSERT INTO alias VALUES (?, ?)", sorted(aliases))
    grams = _Grams()
    names = _names(gathered, rows, language, left_out)
    while some := [*enumerate(islice(names, _AT_ONCE), start=len(grams) + 1)]:
        database.executemany("INSERT INTO name VALUES (?, ?, ?, ?)", (name[:4] for _, name in some))
        folded = [(row, forms[Level.FOLDED]) for row, (*_, forms) in some]
        database.executemany("INSERT INTO words(rowid, text) VALUES (?, ?)", folded)
        grams.add(form for _, form in folded)
        first = ((row, {form: level for level, form in reversed([*enumerate(forms)])}) for row, (*_, forms) in some)
        forms_ = ((form, level, row) for row, levels in first for form, level in levels.items())
        database.executemany("INSERT INTO unsorted VALUES (?, ?, ?)", forms_)
    if not len(grams):
        raise ValueError("Expected names with a letter or digit but no concept has one.")
    database.execute("INSERT INTO form SELECT * FROM unsorted ORDER BY text, level, name")
    database.execute("INSERT INTO words(words) VALUES ('optimize')")
    database.execute("INSERT INTO word SELECT term, doc FROM counted")
    database.executemany("INSERT INTO gram VALUES (?, ?, ?, ?)", grams.weighted())
    meta = {"format": FORMAT, "language": language, "prefix": prefix, "concepts": len(gathered), "names": len(grams)}
    database.executemany("INSERT INTO meta VALUES (?, ?)", ((key, str(value)) for key, value in meta.items()))
    return len(grams)


def _names(
    gathered: Mapping[str, _Gathered], rows: Mapping[str, int], language: str, left_out: Counter[str]
) -> Iterator[tuple[str, int, bool, int, Sequence[str]]]:
    """Each name as the table has it, and its forms by level."""
    for concept, found in gathered.items():
        for place, (text, count) in enumerate(found.names.items()):
            forms = keys(text, language)
            if forms[Level.FOLDED]:
                yield text, rows[concept], place == 0, count, forms
            else:
                left_out["without a letter or digit"] += 1


class _Grams:
    """The three-letter sequences of names, as numbers, name after name."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._held, self._lengths = array("I"), array("I")

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._lengths)

    def add(self, forms: Iterable[str]) -> None:
        """Takes further names."""
        for form in forms:
            grams = [self._numbers.setdefault(gram, len(self._numbers)) for gram in grams_of(form)]
            self._held.extend(grams)
            self._lengths.append(len(grams))

    def weighted(self) -> Iterator[tuple[str, float, bytes, bytes]]:
        """For each three letters their idf, the names that have them and, as 255ths, their weights in these."""
        columns = np.frombuffer(self._held, dtype=np.uintc)
        lengths = np.frombuffer(self._lengths, dtype=np.uintc)
        counts = np.bincount(columns, minlength=len(self._numbers))
        idf = np.round(np.log(len(self) / counts) + 1, 6)  # the last bits differ from machine to machine
        ends = np.cumsum(counts)
        names, weights = np.empty(len(columns), dtype="<u4"), np.empty(len(columns), dtype=np.uint8)
        free, begin = ends - counts, 0
        for first in range(0, len(self), _AT_ONCE):  # sorted all at once, they would take many times their own size
            some = lengths[first : first + _AT_ONCE]
            own = columns[begin : begin + int(some.sum())]
            rows = np.repeat(np.arange(len(some)), some)
            norms = np.sqrt(np.bincount(rows, idf[own] ** 2, minlength=len(some)))
            order = np.argsort(own, kind="stable")
            sorted_, rows = own[order], rows[order]
            heads = np.flatnonzero(np.diff(sorted_, prepend=-1))
            sizes = np.diff(heads, append=len(own))
            places = np.arange(len(own)) + np.repeat(free[sorted_[heads]] - heads, sizes)
            names[places] = rows + first
            weights[places] = np.rint(255 * idf[sorted_] / norms[rows]).clip(0, 255)
            free[sorted_[heads]] += sizes
            begin += len(own)
        for gram, number in sorted(self._numbers.items()):
            own_ = slice(ends[number] - counts[number], ends[number])
            yield gram, float(idf[number]), names[own_].tobytes(), weights[own_].tobytes()
