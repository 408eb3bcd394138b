r"""Token columns of Hugging Face ``datasets``: a sentence a row, its words and their tags as lists of equal length.

::

    {"id": "7-1", "tokens": ["Wilson", "disease", "."], "ner_tags": ["B-Disease", "I-Disease", "O"]}

Rows are the lines of a JSON Lines file, as ``dataset.to_json`` writes and ``load_dataset("json", data_files=…)``
reads it, or any mappings in memory, as a ``Dataset`` gives them; the library itself is not needed.

**Reading.** A row is a document; one without ``id`` is ``<file>-<n>``. The text is rebuilt: tokens joined by one blank,
with blanks within a token kept. Tags are strings, or numbers whose names the caller gives
(``dataset.features["ner_tags"].feature.names``), of any scheme; where none is named, the first thousand rows tell which
it is, as in :mod:`zoo.data.conll`.

**Writing.** Training scripts take a row for what a model reads at once, so a document becomes one row for each of the
segmenter's sentences, ``<id>-1``, ``<id>-2`` …; the only sentence of a document keeps its id, and a document without
words is a row without tokens. What is read back are those sentences: rows do not tell which of them were one document.
"""

import json
import operator
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from zoo.data.conll import Segment, blank_words, held_spans, joined
from zoo.data.document import DataFormatError, Document
from zoo.data.jsonl import objects
from zoo.data.tags import OUTSIDE, SCHEMES, detect_scheme, scheme_named, spans_to_tags
from zoo.data.textfile import part_of, read_lines, source_name, writing

_LOOKED_AHEAD = 1000  # rows
_FLAT = "".join(dict.fromkeys(p for rules in SCHEMES.values() if not rules.overlaps for p in rules.prefixes))
_TAG = re.compile(r"O|[A-Z]-.+", re.DOTALL)
_HOW_TO_NAME = "name them all in order with tag_names, as in dataset.features['ner_tags'].feature.names"


class _Row(NamedTuple):
    line: int
    id: str
    words: list[str]
    tags: list[str]
    losses: Counter[str]


def read(
    path: str | Path,
    *,
    tag_names: str | Sequence[str] | None = None,
    tokens: str = "tokens",
    tags: str = "ner_tags",
    scheme: str | None = None,
) -> Iterator[Document]:
    """Reads a JSON Lines file, holding at most a thousand rows; ``-`` is standard input.

    Args:
        path: The file.
        tag_names: As for :func:`from_rows`.
        tokens: The column of the words.
        tags: The column of their tags.
        scheme: As for :func:`from_rows`.

    Raises:
        DataFormatError: If a line is no JSON object, and as for :func:`from_rows`.
        ValueError: If a tag name is no tag, or the scheme is unknown.
    """
    if scheme is not None:
        scheme_named(scheme)
    source = source_name(path)
    rows = _rows(objects(read_lines(path), source), source, _names(tag_names), tokens, tags)
    return _documents(rows, source, scheme)


def from_rows(
    rows: Iterable[Mapping[str, Any]],
    *,
    tag_names: str | Sequence[str] | None = None,
    tokens: str = "tokens",
    tags: str = "ner_tags",
    scheme: str | None = None,
    source: str = "rows",
) -> Iterator[Document]:
    """Reads rows in memory, as those of a ``datasets.Dataset``.

    Args:
        rows: Mappings with words and tags; lists and arrays serve alike.
        tag_names: What the numbers 0, 1, … of a column of numbers mean, in order; one string is parted at commas.
        tokens: The column of the words.
        tags: The column of their tags.
        scheme: A key of :data:`zoo.data.tags.SCHEMES`, which all tags are to be of; by default, what the rows show.
        source: Where they come from, for messages and for the ids of rows without.

    Yields:
        Documents. Other columns are counted in ``losses``, as ``key pos_tags``, and so is ``orphan inside tag``, as
        :func:`zoo.data.conll.parse` does.

    Raises:
        DataFormatError: If a row has not both columns of one length, a token is empty, a tag is none or of another
            scheme, or a number has no name; its line is the row's number from 1.
        ValueError: If a tag name is no tag, or the scheme is unknown.

    Examples:
        >>> rows = [{"tokens": ["Wilson", "disease", "."], "ner_tags": [1, 2, 0]}]
        >>> (document,) = from_rows(rows, tag_names=["O", "B-Disease", "I-Disease"])
        >>> document.id, document.text, document.spans[0].slice(document.text)
        ('rows-1', 'Wilson disease .', 'Wilson disease')
    """
    if scheme is not None:
        scheme_named(scheme)
    return _documents(_rows(enumerate(rows, start=1), source, _names(tag_names), tokens, tags), source, scheme)


def _names(tag_names: str | Sequence[str] | None) -> list[str] | None:
    if tag_names is None:
        return None
    names = [name.strip() for name in tag_names.split(",")] if isinstance(tag_names, str) else list(tag_names)
    return [_checked(name) for name in names]


def _checked(tag: Any) -> str:
    if not isinstance(tag, str) or not _TAG.fullmatch(tag):
        raise ValueError(f"Expected a tag that is O or a prefix with a label, as B-Disease, but got {str(tag)[:60]!r}.")
    return tag


def _rows(
    rows: Iterable[tuple[int, Any]], source: str, names: list[str] | None, tokens: str, tags: str
) -> Iterator[_Row]:
    stem = part_of(Path(source).name, Path()).strip("<>")
    for count, (line, row) in enumerate(rows, start=1):
        try:
            if not isinstance(row, Mapping):
                raise ValueError(f"Expected a mapping of columns but got a {type(row).__name__}.")
            words = _words(_column(row, tokens))
            found = _tags(_column(row, tags), names)
            if len(words) != len(found):
                raise ValueError(f"Expected a tag for each of {len(words)} tokens but got {len(found)}.")
            others = [key for key in row if key not in ("id", tokens, tags) and row[key] is not None]
            losses = Counter(f"key {key}" for key in others)
            parsed = _Row(line, _id(row.get("id"), f"{stem}-{count}"), words, found, losses)
        except ValueError as error:
            raise DataFormatError(source, line, f"{error} Correct the row.") from error
        yield parsed


def _documents(rows: Iterator[_Row], source: str, scheme: str | None) -> Iterator[Document]:
    prefixes = scheme_named(scheme).prefixes if scheme else _FLAT
    if scheme is None:
        ahead = list(islice(rows, _LOOKED_AHEAD))
        rows = chain(ahead, rows)
        scheme = detect_scheme(row.tags for row in ahead)
        if scheme and scheme_named(scheme).overlaps:
            prefixes = scheme_named(scheme).prefixes
    for row in rows:
        for tag in dict.fromkeys(row.tags):
            if tag[0] not in prefixes and tag != OUTSIDE:
                expected = ", ".join(f"{prefix}-" for prefix in prefixes)
                raise DataFormatError(
                    source,
                    row.line,
                    f"tag {tag!r} — expected O or a label after one of {expected} — correct the row, or name a scheme.",
                )
        yield _document(row, scheme)


def _document(row: _Row, scheme: str | None) -> Document:
    text, spans = joined(row.words, row.tags, scheme, row.losses)
    return Document(row.id, text, tuple(spans), losses=+row.losses)


def _column(row: Mapping[str, Any], name: str) -> list[Any]:
    values = row.get(name)
    if values is None:
        raise ValueError(f"Expected a column {name!r} but got {', '.join(map(repr, row))[:200]}: name the right one.")
    try:
        if isinstance(values, str | bytes | Mapping):
            raise TypeError
        return list(values)
    except TypeError as error:
        raise ValueError(f"Expected a list in column {name!r} but got a {type(values).__name__}.") from error


def _words(values: list[Any]) -> list[str]:
    for value in values:
        if not isinstance(value, str) or not value:
            shown = "an empty one" if value == "" else f"a {type(value).__name__}"
            raise ValueError(f"Expected tokens that are strings of at least one character but got {shown}.")
    return values


def _tags(values: list[Any], names: list[str] | None) -> list[str]:
    if set(map(type, values)) in ({str}, {int}):  # each of the few there are is looked at once
        found = {value: _tag(value, names) for value in dict.fromkeys(values)}
        return [found[value] for value in values]
    return [_tag(value, names) for value in values]


def _tag(value: Any, names: list[str] | None) -> str:
    if isinstance(value, str):
        return _checked(value)
    try:
        number = operator.index(value)  # also of arrays' numbers
    except TypeError as error:
        raise ValueError(f"Expected tags that are strings or integers but got a {type(value).__name__}.") from error
    if names is None:
        raise ValueError(f"Expected tags by name but got the number {number}: {_HOW_TO_NAME}.")
    if isinstance(value, bool) or not 0 <= number < len(names):
        raise ValueError(f"Expected numbers from 0 to {len(names) - 1}, as there are tag names, but got {value}.")
    return names[number]


def _id(value: object, otherwise: str) -> str:
    if value is None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"Expected an id that is a string or an integer but got a {type(value).__name__}.")
    return str(value)


def write(
    documents: Iterable[Document], path: str | Path, *, scheme: str = "IOB2", segment: Segment = blank_words
) -> Counter[str]:
    """Writes rows to one JSON Lines file; ``-`` is standard output.

    Args:
        documents: What to write.
        path: The file.
        scheme: As for :func:`to_rows`.
        segment: As for :func:`to_rows`.

    Returns:
        What rows cannot hold, counted, as for :func:`to_rows`.

    Raises:
        ValueError: If the scheme is unknown, or a text has half a surrogate pair.
    """
    losses: Counter[str] = Counter()
    rows = to_rows(documents, scheme=scheme, segment=segment, losses=losses)
    with writing(path) as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return +losses


def to_rows(
    documents: Iterable[Document],
    *,
    scheme: str = "IOB2",
    segment: Segment = blank_words,
    losses: Counter[str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Rows in memory, as for ``Dataset.from_generator``.

    Where a scheme cannot hold all of several overlapping spans, the longest is written.

    Args:
        documents: What to write.
        scheme: A key of :data:`zoo.data.tags.SCHEMES`.
        segment: Gives a text's sentences as offsets of their words (as ``zoo.text.segment.Segmenter()``).
        losses: Where to count what rows cannot hold, as they come: as :func:`zoo.data.conll.held_spans` does, and
            ``document in parts`` where one became several rows.

    Raises:
        ValueError: If the scheme is unknown.

    Examples:
        >>> from zoo.data.document import Span
        >>> next(to_rows([Document("1", "Wilson disease", (Span.of(0, 14, "Disease"),))]))
        {'id': '1', 'tokens': ['Wilson', 'disease'], 'ner_tags': ['B-Disease', 'I-Disease']}
    """
    scheme_named(scheme)
    counted: Counter[str] = Counter() if losses is None else losses
    return (row for document in documents for row in _sentences(document, scheme, segment, counted))


def _sentences(document: Document, scheme: str, segment: Segment, losses: Counter[str]) -> Iterator[dict[str, Any]]:
    sentences = segment(document.text) or [[]]
    losses["document in parts"] += len(sentences) > 1
    held = held_spans(document, sentences, scheme, losses)
    for number, (words, spans) in enumerate(zip(sentences, held, strict=True), 1):
        yield {
            "id": document.id if len(sentences) == 1 else f"{document.id}-{number}",
            "tokens": [document.text[start:end] for start, end in words],
            "ner_tags": spans_to_tags(spans, len(words), scheme),
        }
