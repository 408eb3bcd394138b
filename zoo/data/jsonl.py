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
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from zoo.data.document import DataFormatError, Document, Passage, Relation, Span
from zoo.data.textfile import numbered, read_lines, source_name, writing

_T = TypeVar("_T")


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
        row = json.loads(line, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise ValueError("lists or objects within each other, too deep to read") from error
    if not isinstance(row, dict):
        raise ValueError(f"{_shown(row)} where an object should be")
    return row


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        (name, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"key {name[:40]!r} occurs twice")
    return row


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def from_row(row: Mapping[str, Any]) -> Document:
    """A document of one line's object.

    Raises:
        ValueError: If a value is missing, of another type or out of range.
    """
    losses: Counter[str] = Counter()
    top = _Fields(row, "", "", losses)
    spans = top.each("spans", _span)
    document = Document(
        top.identifier("id"),
        top.string("text"),
        spans,
        top.each("passages", _passage),
        losses=losses,
        alternatives=top.each("alternatives", _span),
        relations=top.each("relations", lambda fields: _relation(fields, spans)),
    )
    top.count_the_rest()  # in the document's losses
    return document


class _Fields:
    """The values of an object, checked as they are taken; keys that nobody takes are counted.

    Args:
        row: The object.
        place: Where it is, for messages: ``spans[2].``, nothing at the top.
        kind: What it is, for ``losses``: ``spans.``, nothing at the top.
        losses: Where keys of no meaning are counted.
    """

    def __init__(self, row: object, place: str, kind: str, losses: Counter[str]) -> None:
        if not isinstance(row, Mapping):
            raise ValueError(f"Expected an object at {place[:-1] or 'the top'} but got {_shown(row)}.")
        self.values = {key: value for key, value in row.items() if value is not None}
        self.place, self.kind, self.losses = place, kind, losses
        self.known: set[str] = set()

    def take(self, key: str, types: type | tuple[type, ...], expected: str, default: Any = None) -> Any:
        """The value of that type; one without a default must be there."""
        self.known.add(key)
        value = self.values.get(key, default)
        if value is None:
            raise ValueError(f"Expected {expected} as {self.place}{key} but there is none.")
        if not isinstance(value, types) or isinstance(value, bool):
            raise ValueError(f"Expected {expected} as {self.place}{key} but got {_shown(value)}.")
        return value

    def string(self, key: str, default: str | None = None) -> str:
        return whole_unicode(self.take(key, str, "a string", default))

    def strings(self, key: str) -> tuple[str, ...]:
        values = self.take(key, list, "a list of strings", [])
        for value in values:
            if not isinstance(value, str):
                raise ValueError(f"Expected strings in {self.place}{key} but got {_shown(value)}.")
        return tuple(map(whole_unicode, values))

    def integer(self, key: str) -> int:
        return self.take(key, int, "an integer")

    def identifier(self, key: str) -> str:
        return whole_unicode(str(self.take(key, (str, int), "a string or an integer")))

    def probability(self, key: str) -> float | None:
        if key not in self.values:
            return None
        return _probability(self.take(key, (int, float), "a number"), f"{self.place}{key}")

    def pairs(self, key: str) -> tuple[tuple[int, int], ...]:
        pairs = self.take(key, list, "a list of pairs of integers", [])
        for pair in pairs:
            if not isinstance(pair, list) or [type(value) for value in pair] != [int, int]:
                raise ValueError(f"Expected pairs of integers in {self.place}{key} but got {_shown(pair)}.")
        return tuple((start, end) for start, end in pairs)

    def each(self, key: str, build: "Callable[[_Fields], _T]") -> tuple[_T, ...]:
        """What is built of each object of a list."""
        built = []
        for index, row in enumerate(self.take(key, list, "a list", [])):
            fields = _Fields(row, f"{self.place}{key}[{index}].", f"{self.kind}{key}.", self.losses)
            built.append(build(fields))
            fields.count_the_rest()
        return tuple(built)

    def count_the_rest(self) -> None:
        self.losses.update(f"key {self.kind}{whole_unicode(key)}" for key in self.values if key not in self.known)


def _shown(value: object) -> str:
    """A value for a message; what may be large or deep only by its kind."""
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    return repr(value)[:60]


def whole_unicode(value: str) -> str:
    """A string out of JSON, whose escapes can say what no UTF-8 file can hold.

    Raises:
        ValueError: If it has half a surrogate pair.
    """
    try:
        value.encode()
    except UnicodeEncodeError as error:
        half = value[error.start]
        raise ValueError(f"Expected Unicode text but got half a surrogate pair ({half!r}) in it.") from error
    return value


def _probability(score: float, place: str) -> float:
    if not 0 <= score <= 1:  # nor is NaN
        raise ValueError(f"Expected a probability in [0, 1] as {place} but got {score}.")
    return float(score)


def _span(fields: _Fields) -> Span:
    start, end, label = fields.integer("start"), fields.integer("end"), fields.string("label")
    fragments = fields.pairs("fragments") or ((start, end),)
    if (start, end) != (fragments[0][0], fragments[-1][1]):
        raise ValueError(f"Expected {fields.place}fragments to begin at {start} and end at {end} but got {fragments}.")
    return Span(fragments, label, fields.probability("score"), fields.strings("concepts"))


def _passage(fields: _Fields) -> Passage:
    passage = Passage(fields.integer("start"), fields.integer("end"), fields.string("kind"))
    if not 0 <= passage.start <= passage.end:
        raise ValueError(f"Expected 0 <= start <= end but got {passage}.")
    return passage


def _relation(fields: _Fields, spans: tuple[Span, ...]) -> Relation:
    return Relation(fields.string("label"), fields.each("arguments", lambda argument: _argument(argument, spans)))


def _argument(fields: _Fields, spans: tuple[Span, ...]) -> tuple[str, Span | str]:
    role = fields.string("role", "")
    if ("span" in fields.values) == ("concept" in fields.values):
        raise ValueError(f"Expected either {fields.place}span or {fields.place}concept.")
    if "concept" in fields.values:
        return role, fields.string("concept")
    place = fields.integer("span")
    if not 0 <= place < len(spans):
        raise ValueError(f"Expected {fields.place}span to be a place in {len(spans)} spans but got {place}.")
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
        row["score"] = _probability(span.score, f"score of {span}")
    if span.concepts:
        row["concepts"] = list(span.concepts)
    return row


def _relation_row(relation: Relation, places: Mapping[Span, int]) -> dict[str, Any]:
    arguments = []
    for role, filler in relation.arguments:
        row: dict[str, Any] = {"role": role} if role else {}
        arguments.append(row | ({"span": places[filler]} if isinstance(filler, Span) else {"concept": filler}))
    return {"label": relation.label, "arguments": arguments}
