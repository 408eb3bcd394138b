"""Terminologies: concepts with their names and synonyms, in the files of several publishers, told by content.

Read are OBO (HPO, DOID), tables of tab-separated columns (CTD MEDIC, DeCS, Orphanet, the Spanish translations of DOID
and HPO, MeSH names, Entrez Gene symbols; a further one is a row of ``_TABLES``), JSON of names by id (DrugBank
aliases) and plain text with one term a line; ``.gz`` as well.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from zoo.data.document import DataFormatError
from zoo.data.textfile import numbered, read_lines, read_text, source_name


class Concept(NamedTuple):
    """What a terminology says of one concept.

    Args:
        id: As written (``MESH:D009369``); empty in plain text, which has none.
        name: The preferred name; where the file marks none, the first of its names.
        synonyms: Its other names, each once, in the order of the file; of whatever scope (exact, broad, …).
        alternatives: Other ids that it goes by: of concepts merged into it, or in other vocabularies.
        parents: The concepts that it is a kind of.
        type: What the file says that it is, as a semantic tag or a namespace; empty where it says nothing.
    """

    id: str
    name: str
    synonyms: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    type: str = ""


class _Table(NamedTuple):
    """Columns of a table; ``kind`` says what the name of a row is (one row a name), else a row is a concept."""

    id: str
    name: str
    synonyms: str = ""
    separator: str = "|"
    kind: str = ""
    alternatives: str = ""
    parents: str = ""
    type: str = ""


class _Naming(NamedTuple):
    """One name of one concept; with the preferred one comes what else is known of it."""

    id: str
    text: str
    preferred: bool
    alternatives: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    type: str = ""


_TABLES = (
    _Table("DiseaseID", "DiseaseName", "Synonyms", alternatives="AltDiseaseIDs", parents="ParentIDs"),  # CTD MEDIC
    _Table("ChemicalID", "ChemicalName", "Synonyms", parents="ParentIDs"),  # CTD's chemicals
    _Table("DeCS_code", "Term_Spanish", "Synonyms"),
    _Table("orpha_code", "label", "synonyms", ";;"),
    _Table("doid", "translation_text_es", kind="predicate"),
    _Table("subject_id", "translation_value", kind="predicate_id"),  # Babelon: HPO
    _Table("mesh_id", "mesh_name"),
    _Table("GeneID", "symbol", kind="type"),  # Entrez Gene
    _Table("id", "name", "synonyms", type="type"),  # one's own
    _Table("id", "name", type="type"),
)
# Whether a name of this kind is the preferred one; None: it is a definition, no name.
_KINDS = {
    "rdfs:label": True,
    "symbol": True,
    "oboInOwl:hasExactSynonym": False,
    "oboInOwl:hasRelatedSynonym": False,
    "oboInOwl:hasBroadSynonym": False,
    "oboInOwl:hasNarrowSynonym": False,
    "synonym": False,
    "IAO:0000115": None,
}
_OBO_OPENING = re.compile(
    r"!|\[Term\]|(?:format-version|data-version|date|saved-by|auto-generated-by|default-namespace|ontology|subsetdef|"
    r"synonymtypedef|idspace|remark|import|treat-xrefs-as-[\w-]+):"
)
_OBO_SYNONYM = re.compile(r'"((?:[^"\\]|\\.)*)"')
_OBO_AFTER_VALUE = re.compile(r"\s+[!{].*")  # a comment, or qualifiers; both signs are escaped inside a value
_OBO_ESCAPE = re.compile(r"\\(.)")
_OBO_WHITE = {"n": "\n", "t": "\t", "W": " "}


def read_terms(path: str | Path) -> Iterator[str]:
    """Every preferred name and synonym of a terminology, concept by concept.

    Args:
        path: As for :func:`read_concepts`.

    Raises:
        DataFormatError: As :func:`read_concepts` does.
    """
    for concept in read_concepts(path):
        yield concept.name
        yield from concept.synonyms


def read_concepts(path: str | Path) -> Iterator[Concept]:
    """The concepts of a terminology in the order of the file; the format is told by content.

    Obsolete concepts are left out. Of plain text each line that is not blank is a concept without id, also one that
    begins with ``#``.

    Args:
        path: OBO, a table, JSON of names by id, or plain text.

    Raises:
        DataFormatError: If a line is not what its format asks for, or the file is not UTF-8.
    """
    lines = numbered(read_lines(path))
    opening: list[tuple[int, str]] = []  # blank lines, and those a table's comment may consist of
    for line in lines:
        opening.append(line)
        if line[1].strip() and (not line[1].startswith("#") or _table_of(line[1])):
            break
    first = opening[-1][1] if opening else ""
    if _table_of(first):
        return _gathered(_read_table(path, first, lines))
    if _OBO_OPENING.match(first):
        return _read_obo(path, chain(opening, lines))
    if first.startswith(("{", "[")):
        return _read_json(path)
    if {"id", "name"} <= set(first.lower().split(",")):
        wrong = "columns parted by commas — expected them parted by tabs — convert it."
        raise DataFormatError(source_name(path), opening[-1][0], wrong)
    return _read_plain(path, chain(opening, lines))


def _columns(header: str) -> list[str]:
    return header.removeprefix("#").strip(" ").split("\t")


def _table_of(header: str) -> _Table | None:
    """The table whose named columns all occur in a header line."""
    columns = {"", *_columns(header)}
    needed = ({table.id, table.name, table.synonyms, table.kind} for table in _TABLES)
    return next((table for table, names in zip(_TABLES, needed, strict=True) if names <= columns), None)


def _read_table(path: str | Path, header: str, lines: Iterable[tuple[int, str]]) -> Iterator[_Naming]:
    columns, table = _columns(header), _table_of(header)
    assert table is not None
    for number, line in lines:
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != len(columns):
            wrong = f"{len(cells)} columns — expected {len(columns)}, as the header has — repair the line."
            raise DataFormatError(source_name(path), number, wrong)
        row = dict(zip(columns, cells, strict=True))
        if not row[table.id].strip() or not row[table.name].strip():
            wrong = f"no {table.id} or no {table.name} — expected both — repair the line or take it out."
            raise DataFormatError(source_name(path), number, wrong)
        if table.kind and row[table.kind] not in _KINDS:
            wrong = f"{table.kind} {row[table.kind]!r} — expected one of {', '.join(_KINDS)} — repair the line."
            raise DataFormatError(source_name(path), number, wrong)
        preferred = _KINDS[row[table.kind]] if table.kind else True
        if preferred is not None:
            alternatives = _listed(row.get(table.alternatives, ""), table.separator)
            parents = _listed(row.get(table.parents, ""), table.separator)
            type_ = row.get(table.type, "").strip()
            yield _Naming(row[table.id].strip(), row[table.name].strip(), preferred, alternatives, parents, type_)
        for synonym in row[table.synonyms].split(table.separator) if table.synonyms else ():
            if synonym.strip():
                yield _Naming(row[table.id].strip(), synonym.strip(), False)


def _listed(cell: str, separator: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(str.strip, cell.split(separator)))))


def _gathered(namings: Iterable[_Naming]) -> Iterator[Concept]:
    """One concept for each id; its preferred name is the first that is marked so, else the first of all."""
    by_id: dict[str, dict[str, bool]] = {}
    known: dict[str, _Naming] = {}
    for naming in namings:
        names = by_id.setdefault(naming.id, {})
        names[naming.text] = names.get(naming.text, False) or naming.preferred
        if naming.alternatives or naming.parents or naming.type:
            known.setdefault(naming.id, naming)
    for id_, names in by_id.items():
        name = next((text for text, preferred in names.items() if preferred), next(iter(names)))
        yield Concept(id_, name, tuple(text for text in names if text != name), *known.get(id_, _UNKNOWN)[3:])


_UNKNOWN = _Naming("", "", False)


def _read_obo(path: str | Path, lines: Iterable[tuple[int, str]]) -> Iterator[Concept]:
    stanza: list[tuple[int, str]] = []
    for number, line in chain(lines, [(0, "[]")]):  # what a stanza ends at: the next one's head
        if not line.startswith("["):
            stanza.append((number, line))
            continue
        if stanza and stanza[0][1].startswith("[Term]"):
            yield from _read_stanza(path, stanza)
        stanza = [(number, line)]


def _read_stanza(path: str | Path, stanza: list[tuple[int, str]]) -> Iterator[Concept]:
    """The concept of a ``[Term]``; nothing where it is obsolete."""
    id_, names, synonyms, type_ = "", [], [], ""
    others: dict[str, list[str]] = {"alt_id": [], "is_a": []}
    for number, line in stanza:
        tag, _, value = line.partition(":")
        value = value.strip()
        if tag == "is_obsolete" and value.startswith("true"):
            return
        if tag == "id":
            id_ = _OBO_AFTER_VALUE.sub("", value)
        elif tag in others:
            others[tag].append(_OBO_AFTER_VALUE.sub("", value))
        elif tag == "namespace":
            type_ = value
        elif tag == "name":
            names.append(_unescaped(_OBO_AFTER_VALUE.sub("", value)))
        elif tag == "synonym":
            quoted = _OBO_SYNONYM.match(value)
            if quoted is None:
                wrong = f'synonym {value!r} — expected synonym: "text" SCOPE […] — repair the line.'
                raise DataFormatError(source_name(path), number, wrong)
            synonyms.append(_unescaped(quoted[1]))
    if not id_ or not names:
        wrong = "a [Term] without id or name — expected both — repair it or mark it is_obsolete: true."
        raise DataFormatError(source_name(path), stanza[0][0], wrong)
    others_named = tuple(text for text in dict.fromkeys(synonyms) if text != names[0])
    yield Concept(id_, names[0], others_named, tuple(others["alt_id"]), tuple(others["is_a"]), type_)


def _unescaped(value: str) -> str:
    return _OBO_ESCAPE.sub(lambda match: _OBO_WHITE.get(match[1], match[1]), value).strip()


def _once(path: str | Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys are all different."""
    if twice := [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]:
        wrong = f"{twice[0]!r} stands twice — expected each id once, with all of its names — join them."
        raise DataFormatError(source_name(path), 0, wrong)
    return dict(pairs)


def _read_json(path: str | Path) -> Iterator[Concept]:
    try:
        names_by_id = json.loads(read_text(path), object_pairs_hook=partial(_once, path))
    except json.JSONDecodeError as error:
        wrong = f"{error.msg} — expected JSON of the form {{id: [name, …]}} — repair it."
        raise DataFormatError(source_name(path), error.lineno, wrong) from error
    if not isinstance(names_by_id, dict):
        wrong = "a list — expected JSON of the form {id: [name, …]}, or plain text of a term a line — convert it."
        raise DataFormatError(source_name(path), 1, wrong)
    for id_, names in names_by_id.items():
        if (
            not isinstance(names, list)
            or not names
            or not all(isinstance(name, str) and name.strip() for name in names)
        ):
            wrong = f"{id_!r} has {names!r} — expected a list of names, at least one — repair it."
            raise DataFormatError(source_name(path), 0, wrong)
        name, *others = dict.fromkeys(map(str.strip, names))
        yield Concept(id_, name, tuple(others))


def _read_plain(path: str | Path, lines: Iterable[tuple[int, str]]) -> Iterator[Concept]:
    for number, line in lines:
        if "\t" in line:
            heads = "; ".join(" ".join(filter(None, (t.id, t.name, t.synonyms, t.kind))) for t in _TABLES)
            wrong = f"a tab in plain text — expected one term a line, or the header of a table ({heads}) — convert it."
            raise DataFormatError(source_name(path), number, wrong)
        if line.strip():
            yield Concept("", line.strip())
