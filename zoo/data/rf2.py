"""SNOMED CT in Release Format 2: a folder of tables, of any edition and language.

Read are, wherever they lie below the folder, ``sct2_Concept_*``, ``sct2_Description_*-<language>_*``,
``sct2_Relationship_*`` and ``der2_cRefset_*Language*``: those of snapshots where there are some, else of full or delta
releases. An extension lies beside the international edition that it extends. Of a row that is there in several versions
the latest counts, and only active rows of active concepts do. The preferred name is the synonym that a language
reference set prefers, else the fully specified name without its semantic tag, which is the concept's type
(``substance``).

Source: SNOMED International, "Release File Specifications", sections 4 and 5.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from zoo.data.document import DataFormatError
from zoo.data.terminology import Concept
from zoo.data.textfile import numbered, read_lines

_FULLY_SPECIFIED, _SYNONYM = "900000000000003001", "900000000000013009"
_PREFERRED, _IS_A = "900000000000548007", "116680003"
_TAG = re.compile(r"(.*) \(([^()]+)\)")
_KINDS = ("Snapshot", "Full", "Delta")
_COLUMNS = {
    "Concept": ("id", "effectiveTime", "active"),
    "Description": ("id", "effectiveTime", "active", "conceptId", "languageCode", "typeId", "term"),
    "Relationship": ("id", "effectiveTime", "active", "sourceId", "destinationId", "typeId"),
    "Language": ("id", "effectiveTime", "active", "referencedComponentId", "acceptabilityId"),
}

_LANGUAGE = re.compile(r"(?:Snapshot|Full|Delta)-([a-z-]+)_")

_Row = Mapping[str, str]


class _Description(NamedTuple):
    """A name of a concept."""

    id: str
    term: str
    kind: str


def is_release(path: str | Path) -> bool:
    """Whether a path is a folder of RF2."""
    return Path(path).is_dir() and any(Path(path).rglob("sct2_Concept_*.txt"))


def read_release(folder: str | Path, language: str = "en") -> Iterator[Concept]:
    """The active concepts of a release that have a name in a language, in the order of its concept files.

    Args:
        folder: Of the release, or of an extension and the edition that it extends.
        language: ``en``, ``es`` …, as the names of its files say.

    Raises:
        DataFormatError: If a file is missing, or a row is not what its header asks for.
    """
    folder = Path(folder)
    kind = next((each for each in _KINDS if [*folder.rglob(f"sct2_Concept_{each}*.txt")]), _KINDS[-1])
    active = [row["id"] for row in _latest(_files(folder, f"sct2_Concept_{kind}*.txt"), "Concept")]
    described: dict[str, list[_Description]] = {}
    for row in _latest(_files(folder, f"sct2_Description_*{kind}-{language}*.txt"), "Description"):
        described.setdefault(row["conceptId"], []).append(_Description(row["id"], row["term"], row["typeId"]))
    refsets = _latest(sorted(folder.rglob(f"der2_cRefset_*Language*{kind}*-{language}*.txt")), "Language")
    preferred = {row["referencedComponentId"] for row in refsets if row["acceptabilityId"] == _PREFERRED}
    parents: dict[str, list[str]] = {}
    for row in _latest(sorted(folder.rglob(f"sct2_Relationship_{kind}*.txt")), "Relationship"):
        if row["typeId"] == _IS_A:
            parents.setdefault(row["sourceId"], []).append(row["destinationId"])
    for concept in active:
        if concept in described:
            yield _concept(concept, described[concept], preferred, tuple(parents.get(concept, ())))


def _concept(id_: str, names: list[_Description], preferred: set[str], parents: tuple[str, ...]) -> Concept:
    full = [match for name in names if name.kind == _FULLY_SPECIFIED and (match := _TAG.fullmatch(name.term))]
    synonyms = [name for name in names if name.kind == _SYNONYM]
    first = [name.term for name in synonyms if name.id in preferred] + [match[1] for match in full]
    every = [*first, *(name.term for name in synonyms), *(name.term for name in names)]
    own = [name for name in dict.fromkeys(every) if not _TAG.fullmatch(name) or name not in {m[0] for m in full}]
    return Concept(id_, own[0], tuple(own[1:]), (), parents, full[0][2] if full else "")


def _files(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.rglob(pattern))
    if not found:
        names = (_LANGUAGE.search(path.name) for path in folder.rglob("sct2_Description_*.txt"))
        languages = ", ".join(sorted({match[1] for match in names if match})) or "none"
        wrong = f"no {pattern} — expected it in a release, which has descriptions of {languages} — get the rest of it."
        raise DataFormatError(folder, 0, wrong)
    return found


def _latest(paths: Iterable[Path], table: str) -> list[_Row]:
    """The active rows of a table, each in its latest version; one that is not published yet is the latest."""
    found: dict[str, _Row] = {}
    for source, number, row in ((path, *each) for path in paths for each in _rows(path, table)):
        before = found.get(row["id"])
        if before is not None and before != row and before["effectiveTime"] == row["effectiveTime"]:
            differs = next(name for name in row if row[name] != before[name])
            wrong = (
                f"id {row['id']} a second time of {row['effectiveTime'] or 'no date'}, with {differs} {row[differs]!r} "
                f"for {before[differs]!r} — expected one row of an id and date — get the release again."
            )
            raise DataFormatError(source, number, wrong)
        if before is None or (row["effectiveTime"] or "9") >= (before["effectiveTime"] or "9"):
            found[row["id"]] = row
    return [row for row in found.values() if row["active"] == "1"]


def _rows(path: Path, table: str) -> Iterator[tuple[int, _Row]]:
    wanted = _COLUMNS[table]
    columns: list[str] = []
    for number, line in numbered(read_lines(path)):
        cells = line.split("\t")
        if not columns:
            columns = cells
            if missing := [name for name in wanted if name not in columns]:
                wrong = (
                    f"no column {', '.join(missing)} — expected {', '.join(wanted)}, as RF2 has — get the file again."
                )
                raise DataFormatError(path, number, wrong)
            continue
        if not line:
            continue
        if len(cells) != len(columns):
            wrong = f"{len(cells)} columns — expected {len(columns)}, as the header has — get the file again."
            raise DataFormatError(path, number, wrong)
        row = dict(zip(columns, cells, strict=True))
        if row["active"] not in ("0", "1") or not row["id"]:
            wrong = f"id {row['id']!r} and active {row['active']!r} — expected an id, and 0 or 1 — get the file again."
            raise DataFormatError(path, number, wrong)
        yield number, {name: row[name] for name in wanted}
