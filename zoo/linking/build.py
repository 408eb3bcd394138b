"""Writing the index of a terminology.

It is made under another name and renamed when it is whole. Made of the same concepts by the same SQLite, it is the same
bytes.
"""

import sqlite3
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zoo.data import textfile
from zoo.data.concept_ids import concept_id
from zoo.data.terminology import Concept
from zoo.linking.index import FORMAT, grams_of
from zoo.linking.normalizers import Level, keys

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE concept (id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL);
CREATE TABLE name (text TEXT NOT NULL, concept INTEGER NOT NULL, preferred INTEGER NOT NULL, seen INTEGER NOT NULL);
CREATE TABLE form (text TEXT, level INTEGER, name INTEGER, PRIMARY KEY (text, level, name)) WITHOUT ROWID;
CREATE TABLE gram (text TEXT PRIMARY KEY, idf REAL, names BLOB, weights BLOB);
CREATE TABLE alias (id TEXT, concept INTEGER, PRIMARY KEY (id, concept)) WITHOUT ROWID;
CREATE TABLE parent (concept INTEGER, parent INTEGER, PRIMARY KEY (concept, parent)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize="unicode61 remove_diacritics 2");
"""


class Built(NamedTuple):
    """What an index holds.

    Args:
        concepts: How many.
        names: How many, all concepts together.
        left_out: Names that are not in it, by reason.
    """

    concepts: int
    names: int
    left_out: Counter[str]


def build_index(
    concepts: Iterable[Concept],
    path: str | Path,
    *,
    language: str = "en",
    seen: Mapping[tuple[str, str], int] | None = None,
) -> Built:
    """Writes an index.

    Args:
        concepts: Of one or more terminologies; of an id that is there twice, all names are taken.
        path: The file.
        language: ``en`` or ``es``: of plurals and little words.
        seen: How often a mention, as written, stood for a concept in annotated texts: names like any others.

    Raises:
        OSError: If the file cannot be written.
        ValueError: If there is no concept, a concept has no id, or concepts are kinds of one another in a circle.
    """
    gathered = _gathered(concepts, seen or {})
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
                    names = _write(database, gathered, language, left_out)
            finally:
                database.close()
    except sqlite3.OperationalError as error:
        raise OSError(f"{path}: cannot be written ({error}); nothing was left there.") from error
    return Built(len(gathered), names, left_out)


class _Gathered(NamedTuple):
    """A concept with each of its names once, the preferred one first, and how often it was seen."""

    names: dict[str, int]
    alternatives: set[str]
    parents: set[str]
    types: set[str]


def _gathered(concepts: Iterable[Concept], seen: Mapping[tuple[str, str], int]) -> dict[str, _Gathered]:
    found: dict[str, _Gathered] = {}
    for concept in concepts:
        if not concept.id:
            raise ValueError(f"Expected concepts with ids but {concept.name!r} has none: plain text is no terminology.")
        own = found.setdefault(concept_id(concept.id), _Gathered({}, set(), set(), set()))
        own.alternatives.update(map(concept_id, concept.alternatives))
        own.parents.update(map(concept_id, concept.parents))
        own.types.update({concept.type} - {""})
        for name in (concept.name, *concept.synonyms):
            own.names.setdefault(name, 0)
    canonical = {other: concept for concept, own in reversed(found.items()) for other in sorted(own.alternatives)}
    for (name, mentioned), count in sorted(seen.items()):
        concept_of = concept_id(mentioned)
        concept_of = concept_of if concept_of in found else canonical.get(concept_of, concept_of)
        own = found.setdefault(concept_of, _Gathered({}, set(), set(), set()))
        own.names[name] = own.names.get(name, 0) + count
    return found


def _check_circles(parents: Mapping[str, set[str]]) -> None:
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
    database: sqlite3.Connection, gathered: Mapping[str, _Gathered], language: str, left_out: Counter[str]
) -> int:
    """Fills the tables; the number of names."""
    rows = {concept: row for row, concept in enumerate(gathered, start=1)}
    database.executemany(
        "INSERT INTO concept VALUES (?, ?, ?)",
        ((concept, next(iter(found.names)), "|".join(sorted(found.types))) for concept, found in gathered.items()),
    )
    database.executemany(
        "INSERT INTO parent VALUES (?, ?)",
        sorted((rows[concept], rows[p]) for concept, found in gathered.items() for p in found.parents if p in rows),
    )
    aliases = {(o, rows[concept]) for concept, found in gathered.items() for o in found.alternatives if o not in rows}
    database.executemany("INSERT INTO alias VALUES (?, ?)", sorted(aliases))
    names: list[tuple[str, int, bool, int]] = []
    folded: list[str] = []
    forms: list[tuple[str, int, int]] = []
    for concept, found in gathered.items():
        for place, (text, count) in enumerate(found.names.items()):
            by_level = keys(text, language)
            if not by_level[Level.FOLDED]:
                left_out["without a letter or digit"] += 1
                continue
            names.append((text, rows[concept], place == 0, count))
            folded.append(by_level[Level.FOLDED])
            first = {form: level for level, form in reversed([*enumerate(by_level)])}
            forms += [(form, level, len(names)) for form, level in first.items()]
    database.executemany("INSERT INTO name VALUES (?, ?, ?, ?)", names)
    database.executemany("INSERT INTO form VALUES (?, ?, ?)", sorted(forms))
    database.executemany("INSERT INTO words(rowid, text) VALUES (?, ?)", enumerate(folded, start=1))
    database.execute("INSERT INTO words(words) VALUES ('optimize')")
    database.executemany("INSERT INTO gram VALUES (?, ?, ?, ?)", _grams(folded))
    meta = {"format": FORMAT, "language": language, "concepts": len(gathered), "names": len(names)}
    database.executemany("INSERT INTO meta VALUES (?, ?)", ((key, str(value)) for key, value in meta.items()))
    return len(names)


def _grams(folded: list[str]) -> Iterator[tuple[str, float, bytes, bytes]]:
    """For each three letters their idf, the names that have them and, as 255ths, their weights in these."""
    numbers: dict[str, int] = {}
    held, lengths = array("I"), array("I")
    for form in folded:
        grams = [numbers.setdefault(gram, len(numbers)) for gram in grams_of(form)]
        held.extend(grams)
        lengths.append(len(grams))
    columns = np.frombuffer(held, dtype=np.uintc)
    rows = np.repeat(np.arange(len(folded), dtype=np.uint32), np.frombuffer(lengths, dtype=np.uintc))
    counts = np.bincount(columns, minlength=len(numbers))
    idf = np.round(np.log(len(folded) / counts) + 1, 6)  # the last bits differ from machine to machine
    norms = np.sqrt(np.bincount(rows, idf[columns] ** 2, minlength=len(folded)))
    order = np.argsort(columns, kind="stable")
    rows, ends = rows[order], np.cumsum(counts)
    for gram, number in sorted(numbers.items()):
        having = rows[ends[number] - counts[number] : ends[number]]
        weights = np.rint(255 * idf[number] / norms[having]).clip(0, 255).astype(np.uint8)
        yield gram, float(idf[number]), having.astype("<u4").tobytes(), weights.tobytes()
