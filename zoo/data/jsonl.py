r"""JSON Lines: one document a line, the one format that holds everything a document has.

::

    {"id": "1", "text": "Wilson disease", "spans": [{"start": 0, "end": 14, "label": "Disease"}]}

A line is an object with ``id`` and ``text`` and, where they are not empty:

- ``spans`` and ``alternatives``: ``start``, ``end``, ``label`` and, where there are any, ``fragments``
  (``[[0, 6], [10, 14]]``, of a discontinuous span), ``score`` (in [0, 1]) and ``concepts`` (strings);
- ``passages``: ``start``, ``end``, ``kind``;
- ``relations``: ``label`` and ``arguments``, each with ``role`` (where it has one) and either ``span``, a place in
  ``spans`` counted from 0, or ``concept``.

Offsets count Unicode characters, end exclusive. ``null`` is the same as a key left out, as other tools write it.
``Document.losses`` is about the file a document came from and is not written.

Source: https://jsonlines.org, RFC 8259.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from zoo.data.document import DataFormatError, Document, Passage, Relation, Span
from zoo.data.json_stream import StrictDecoder, shown
from zoo.data.textfile import numbered, read_lines, source_name, writing

_T = TypeVar("_T")

_DECODER = StrictDecoder()
_NAMES = {int: "an integer", str: "a string", list: "a list"}
_SPAN = frozenset(["start", "end", "label", "fragments", "score", "concepts"])
_KEYS = {  # that have a meaning, by where they are
    "": frozenset(["id", "text", "spans", "passages", "alternatives", "relations"]),
    "spans": _SPAN,
    "alternatives": _SPAN,
    "passages": frozenset(["start", "end", "kind"]),
    "relations": frozenset(["label", "arguments"]),
    "relations.arguments": frozenset(["role", "span", "concept"]),
}


def read(path: str | Path) -> Iterator[Document]:
    """Reads a file, holding one document at a time; ``-`` is standard input.

    Raises:
        DataFormatError: As for :func:`parse`.
    """
    return parse(read_lines(path), source_name(path))


def parse(lines: Iterable[str], source: str) -> Iterator[Document]:
    r"""Reads documents off lines; blank ones are skipped.

    Args:
        lines: Lines, with or without their ends.
        source: Where they come from, for messages.

    Yields:
        Documents. An id that is a number becomes a string. Keys of no meaning here are counted in ``losses``, as
        ``key pmcid`` or ``key spans.color``.

    Raises:
        DataFormatError: If a line is no JSON object, or a value is missing, of another type or out of range.

    Examples:
        >>> (document,) = parse(['{"id": 7, "text": "Gout", "spans": [{"start": 0, "end": 4, "label": "D"}]}'], "f")
        >>> document.id, document.spans[0].slice(document.text)
        ('7', 'Gout')
    """
    for number, row in objects(lines, source):
        try:
            document = from_row(row)
        except ValueError as error:
            raise DataFormatError(source, number, f"{error} Correct the line.") from error
        yield document


def objects(lines: Iterable[str], source: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a file with their lines' numbers from 1.

    Raises:
        DataFormatError: If a line is none, or gives a key twice, since one value would be lost.
    """
    for number, line in numbered(lines):
        if not line.strip():
            continue
        try:
            row = _object(line)
        except ValueError as error:
            raise DataFormatError(
                source,
                number,
                f"{error} — expected one JSON object a line — correct it, or check that it is not cut off.",
            ) from error
        yield number, row


def _object(line: str) -> dict[str, Any]:
    try:
        row = _DECODER.decode(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} at column {error.colno}") from error
    if not isinstance(row, dict):
        raise ValueError(f"{shown(row)} where an object should be")
    return row


def from_row(row: dict[str, Any]) -> Document:
    """A document of one line's object.

    Raises:
        ValueError: If a value is missing, of another type or out of range.
    """
    losses: Counter[str] = Counter()
    name = row.get("id")
    if type(name) is not int:
        name = _take(row, "id", str, expected="a string or an integer")
    spans = _each(row, "spans", _span, losses)
    document = Document(
        str(name),
        _take(row, "text", str),
        spans,
        _each(row, "passages", _passage, losses),
        losses=losses,
        alternatives=_each(row, "alternatives", _span, losses),
        relations=_each(row, "relations", lambda part: _relation(part, spans, losses), losses),
    )
    losses.update(_others(row, _KEYS[""]))  # those of the document
    return document


def _each(
    row: dict[str, Any], key: str, build: Callable[[dict[str, Any]], _T], losses: Counter[str], within: str = ""
) -> tuple[_T, ...]:
    """What is built of each object of a list; keys of theirs that have no meaning are counted."""
    built, known = [], _KEYS[f"{within}{key}"]
    for index, part in enumerate(_take(row, key, list, [])):
        try:
            if type(part) is not dict:
                raise ValueError(f"Expected an object but got {shown(part)}.")
            built.append(build(part))
        except ValueError as error:
            raise ValueError(f"{key}[{index}]: {error}") from error
        if not known.issuperset(part):
            losses.update(_others(part, known, f"{within}{key}."))
    return tuple(built)


def _others(row: dict[str, Any], known: Collection[str], place: str = "") -> Iterator[str]:
    """What is lost with keys of no meaning."""
    return (f"key {place}{key}" for key, value in row.items() if key not in known and value is not None)


def _take(row: dict[str, Any], key: str, kind: type, default: Any = None, expected: str = "") -> Any:
    """The value of that type, ``null`` being none; one without a default must be there."""
    value = row.get(key)
    if type(value) is kind:  # a truth value is no integer
        return value
    if value is None and default is not None:
        return default
    has = "there is none" if value is None else f"got {shown(value)}"
    raise ValueError(f"Expected {expected or _NAMES[kind]} as {key} but {has}.")


def _span(row: dict[str, Any]) -> Span:
    start, end, label = row.get("start"), row.get("end"), row.get("label")
    if not (type(start) is type(end) is int and type(label) is str):
        start, end, label = _take(row, "start", int), _take(row, "end", int), _take(row, "label", str)  # says which
    fragments = _fragments(row, start, end) if "fragments" in row else ((start, end),)
    score = _probability(row) if "score" in row else None
    return Span(fragments, label, score, _concepts(row) if "concepts" in row else ())


def _concepts(row: dict[str, Any]) -> tuple[str, ...]:
    names = _take(row, "concepts", list, [], "a list of strings")
    for name in names:
        if type(name) is not str:
            raise ValueError(f"Expected strings in concepts but got {shown(name)}.")
    return tuple(names)


def _fragments(row: dict[str, Any], start: int, end: int) -> tuple[tuple[int, int], ...]:
    pairs = _take(row, "fragments", list, [], "a list of pairs of integers") or [[start, end]]
    for pair in pairs:
        if type(pair) is not list or [*map(type, pair)] != [int, int]:
            raise ValueError(f"Expected pairs of integers in fragments but got {shown(pair)}.")
    fragments = tuple((first, last) for first, last in pairs)
    if (start, end) != (fragments[0][0], fragments[-1][1]):
        raise ValueError(f"Expected fragments to begin at {start} and end at {end} but got {fragments}.")
    return fragments


def _probability(row: dict[str, Any]) -> float | None:
    score = row["score"]
    if type(score) is not int and score is not None:
        score = _take(row, "score", float, expected="a number")
    return None if score is None else _in_range(score, "score")


def _in_range(score: float, place: str) -> float:
    if not 0 <= score <= 1:  # nor is NaN
        raise ValueError(f"Expected a probability in [0, 1] as {place} but got {score}.")
    return float(score)


def _passage(row: dict[str, Any]) -> Passage:
    passage = Passage(_take(row, "start", int), _take(row, "end", int), _take(row, "kind", str))
    if not 0 <= passage.start <= passage.end:
        raise ValueError(f"Expected 0 <= start <= end but got {passage}.")
    return passage


def _relation(row: dict[str, Any], spans: tuple[Span, ...], losses: Counter[str]) -> Relation:
    arguments = _each(row, "arguments", lambda part: _argument(part, spans), losses, "relations.")
    return Relation(_take(row, "label", str), arguments)


def _argument(row: dict[str, Any], spans: tuple[Span, ...]) -> tuple[str, Span | str]:
    role = _take(row, "role", str, "")
    if (row.get("span") is None) == (row.get("concept") is None):
        raise ValueError("Expected either span or concept.")
    if row.get("concept") is not None:
        return role, _take(row, "concept", str)
    place = _take(row, "span", int)
    if not 0 <= place < len(spans):
        raise ValueError(f"Expected span to be a place in {len(spans)} spans but got {place}.")
    return role, spans[place]


def write(documents: Iterable[Document], path: str | Path) -> Counter[str]:
    """Writes documents to one file; ``-`` is standard output.

    Returns:
        Nothing counted: the format holds all.

    Raises:
        ValueError: If a score is no probability, or a text has half a surrogate pair.
    """
    with writing(path) as file:
        for document in documents:
            file.write(json.dumps(to_row(document), ensure_ascii=False) + "\n")
    return Counter()


def to_row(document: Document) -> dict[str, Any]:
    """One line's object, without empty parts.

    Raises:
        ValueError: If a score is no probability.

    Examples:
        >>> to_row(Document("1", "Gout", (Span.of(0, 4, "Disease"),)))
        {'id': '1', 'text': 'Gout', 'spans': [{'start': 0, 'end': 4, 'label': 'Disease'}]}
    """
    places = {span: place for place, span in reversed([*enumerate(document.spans)])}
    parts = {
        "spans": [_span_row(span) for span in document.spans],
        "passages": [{"start": part.start, "end": part.end, "kind": part.kind} for part in document.passages],
        "alternatives": [_span_row(span) for span in document.alternatives],
        "relations": [_relation_row(relation, places) for relation in document.relations],
    }
    return {"id": document.id, "text": document.text} | {key: rows for key, rows in parts.items() if rows}


def _span_row(span: Span) -> dict[str, Any]:
    row: dict[str, Any] = {"start": span.start, "end": span.end, "label": span.label}
    if len(span.fragments) > 1:
        row["fragments"] = [[start, end] for start, end in span.fragments]
    if span.score is not None:
        row["score"] = _in_range(span.score, f"score of {span}")
    if span.concepts:
        row["concepts"] = list(span.concepts)
    return row


def _relation_row(relation: Relation, places: Mapping[Span, int]) -> dict[str, Any]:
    arguments = []
    for role, filler in relation.arguments:
        row: dict[str, Any] = {"role": role} if role else {}
        arguments.append(row | ({"span": places[filler]} if isinstance(filler, Span) else {"concept": filler}))
    return {"label": relation.label, "arguments": arguments}
