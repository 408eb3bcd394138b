r"""PubTator: abstracts with mentions and concept ids, many documents in a file.

::

    10021369|t|Identification of APC2
    10021369|a|The adenomatous polyposis coli tumour suppressor …
    10021369<tab>40<tab>67<tab>adenomatous polyposis coli<tab>Disease<tab>D011125

    10021369<tab>CID<tab>D006493<tab>D011125

Offsets count characters of ``title + " " + abstract``. A mention has 5 columns (no concept id), 6, or 7 (the parts of
a composite mention, counted in ``Document.losses`` as ``composite parts``). Concept ids are parted at ``|``; ``+``
joins ids that only together say what is meant and stays within one. A relation ties two concepts and has 4 columns;
what stands beyond them (BioRED says there whether a finding is new) is counted as ``relation column``. A blank line
ends a document. A PMID that comes again later is a second document of the same id.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from zoo.data.document import DataFormatError, Document, Passage, Relation, Span
from zoo.data.offsets import checked_span
from zoo.data.textfile import numbered, one_column, read_lines, source_name, writing

_PASSAGE = re.compile(r"([^|\t]+)\|([ta])\|(.*)", re.DOTALL)
_RELATION = re.compile(r"[A-Za-z][A-Za-z_-]+")  # two letters or more, as CID; one may be a 0 misread
_NO_CONCEPT = ("", "-", "-1")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def read(path: str | Path, *, lenient: bool = False) -> Iterator[Document]:
    """Reads a file, holding one document at a time; ``-`` is standard input.

    Args:
        path: The file.
        lenient: As for :func:`parse`.

    Raises:
        DataFormatError: As for :func:`parse`.
    """
    return _documents(enumerate(read_lines(path), start=1), source_name(path), lenient)


def parse(lines: Iterable[str], source: str, *, lenient: bool = False) -> Iterator[Document]:
    r"""Reads documents off lines.

    Args:
        lines: Lines, with or without their ends.
        source: Where they come from, for messages.
        lenient: Counts mentions whose offsets and text disagree in ``Document.losses``, instead of refusing the file.
            Those ``beyond the text`` (as the ``NO ABSTRACT`` of PubTator's own files) and with ``impossible offsets``
            are left out; where the ``quoted text differs``, the offsets are trusted.

    Yields:
        Documents with the passages ``title`` and ``abstract``.

    Raises:
        DataFormatError: If a document is cut off, a line is not PubTator's, or, unless ``lenient``, offsets and text
            disagree.

    Examples:
        >>> (document,) = parse(["1|t|Gout", "1|a|", "1\t0\t4\tGout\tDisease\tMESH:D006073"], "example")
        >>> document.text, document.spans[0].concepts
        ('Gout ', ('MESH:D006073',))
    """
    return _documents(numbered(lines), source, lenient)


_Line = tuple[int, str]
"""A line after its number."""


def _documents(lines: Iterator[_Line], source: str, lenient: bool) -> Iterator[Document]:
    line = next(lines, None)
    while line:
        if line[1].strip():
            entry = _Entry(line, next(lines, None), source, lenient)
            line = entry.take_annotations(lines)
            yield entry.document()
        else:
            line = next(lines, None)


class _Entry:
    """One document while its lines come in."""

    def __init__(self, first: _Line, second: _Line | None, source: str, lenient: bool) -> None:
        self.source = source
        self.id, self.title = self._title(*first)
        self.text = f"{self.title} {self._abstract(first[0], second)}"
        self.spans: list[Span] = []
        self.relations: list[Relation] = []
        self.losses: Counter[str] = Counter()
        self.lenient = self.losses if lenient else None

    def _title(self, number: int, line: str) -> tuple[str, str]:
        passage = _PASSAGE.fullmatch(line)
        if not passage or passage[2] != "t":
            raise DataFormatError(
                self.source,
                number,
                f"{line[:80]!r} is outside a document — expected a title line such as '10021369|t|…' first — "
                "check that the file's beginning is not cut off and that no blank line parts a document.",
            )
        return passage[1], passage[3]

    def _abstract(self, title_number: int, line: _Line | None) -> str:
        passage = _PASSAGE.fullmatch(line[1]) if line else None
        if not line or not passage or passage[2] != "a":
            raise DataFormatError(
                self.source,
                title_number,
                f"document {self.id} has a title but no abstract — expected '{self.id}|a|…' on the next line "
                "(which may be empty after the last bar) — check that the file is not cut off here.",
            )
        if passage[1] != self.id:
            raise self._stranger(passage[1], line[0])
        return passage[3]

    def take_annotations(self, lines: Iterator[_Line]) -> _Line | None:
        """Takes the document's other lines; the one after them, blank or a title, is given back."""
        name, text, lenient = self.id, self.text, self.lenient
        for number, line in lines:
            columns = line.split("\t")
            if columns[0] != name:
                return self._end(number, line)
            try:
                fragments = ((int(columns[1]), int(columns[2])),)
                quoted, label = columns[3], columns[4].strip()
            except (ValueError, IndexError):
                self._add_relation(columns, number)
                continue
            concepts = _concepts(columns[5]) if len(columns) > 5 else ()
            span = checked_span(text, fragments, label, quoted, self.source, number, lenient, concepts)
            if span is not None:
                self.spans.append(span)
                if len(columns) > 6 and any(column.strip() for column in columns[6:]):
                    self.losses["composite parts"] += 1
        return None

    def _end(self, number: int, line: str) -> _Line:
        passage = _PASSAGE.fullmatch(line)
        if line.strip() and not (passage and passage[2] == "t"):
            if passage and passage[1] == self.id:
                raise DataFormatError(self.source, number, f"document {self.id} has two abstracts — expected one.")
            raise self._stranger(passage[1] if passage else line.split("\t")[0], number)
        return number, line

    def _stranger(self, pmid: str, number: int) -> DataFormatError:
        """What to raise for another document's line."""
        return DataFormatError(
            self.source,
            number,
            f"a line of document {pmid[:40]!r} stands in document {self.id} — expected {self.id} — "
            "check that its title line is not missing.",
        )

    def _add_relation(self, columns: list[str], number: int) -> None:
        label, one, other = (*columns[1:4], "", "", "")[:3]
        if not (_RELATION.fullmatch(label) and one.strip() and other.strip()):
            line = "\t".join(columns)
            raise DataFormatError(
                self.source,
                number,
                f"{line[:80]!r} is neither mention nor relation — expected 5 to 7 tab-separated columns "
                "(PMID, start, end, mention, type, id) — check that the file is not cut off here.",
            )
        self.relations.append(Relation(label, (("", one.strip()), ("", other.strip()))))
        if surplus := sum(bool(column.strip()) for column in columns[4:]):
            self.losses["relation column"] += surplus

    def document(self) -> Document:
        """The document of all lines so far."""
        middle = len(self.title)
        passages = Passage(0, middle, "title"), Passage(middle + 1, len(self.text), "abstract")
        return Document(self.id, self.text, tuple(self.spans), passages, self.losses, relations=tuple(self.relations))


@lru_cache(maxsize=4096)  # the same few concepts come again and again
def _concepts(column: str) -> tuple[str, ...]:
    names = (name.strip() for name in column.split("|"))
    return tuple(name for name in names if name not in _NO_CONCEPT)


def write(documents: Iterable[Document], path: str | Path) -> Counter[str]:
    """Writes documents to one file; ``-`` is standard output.

    The title is the passage ``title`` where the document has one at its beginning, followed by a blank or a line
    break; otherwise the text up to the first line break; otherwise the whole text. Offsets never change: a line
    break becomes as many blanks as it has characters. A whole text as title reads back with one blank more at its end.

    Args:
        documents: What to write.
        path: The file.

    Returns:
        What PubTator cannot hold, counted: ``line break`` (now blanks), ``discontinuous`` (spans left out),
        ``alternative``, ``score``, ``passage`` (other than title and abstract) and ``concept`` (one that reads as
        none, as ``-1``), all dropped, ``relation`` (left out unless it ties two concepts) and ``role`` (of what a
        relation ties, dropped).

    Raises:
        ValueError: If an id, label or concept holds a character that PubTator uses itself.
    """
    losses: Counter[str] = Counter()
    with writing(path) as file:
        for document in documents:
            losses.update(_lost(document))
            file.writelines(_lines(document))
    return +losses


def _lost(document: Document) -> Counter[str]:
    middle = _title_end(document)
    passages = Passage(0, middle, "title"), Passage(middle + 1, len(document.text), "abstract")
    ties = [relation for relation in document.relations if _is_held(relation)]
    return Counter(
        {
            "line break": len(_LINE_BREAK.findall(document.text)),
            "discontinuous": sum(len(span.fragments) > 1 for span in document.spans),
            "alternative": len(document.alternatives),
            "score": sum(span.score is not None for span in document.spans),
            "passage": sum(passage not in passages for passage in document.passages),
            "concept": sum(name in _NO_CONCEPT for span in document.spans for name in span.concepts),
            "relation": len(document.relations) - len(ties),
            "role": sum(bool(role) for relation in ties for role, _ in relation.arguments),
        }
    )


def _is_held(relation: Relation) -> bool:
    """Whether PubTator has a line for it: two concept ids, under a label that cannot be taken for an offset."""
    ids = [filler for _, filler in relation.arguments if isinstance(filler, str)]
    is_plain = all(name.strip() and not re.search(r"[\t\r\n]", name) for name in ids)
    return len(relation.arguments) == len(ids) == 2 and is_plain and _RELATION.fullmatch(relation.label) is not None


def _title_end(document: Document) -> int:
    text = document.text
    for passage in document.passages:
        if passage.kind == "title" and passage.start == 0 and text[passage.end : passage.end + 1] in ("", *" \r\n"):
            return passage.end
    line_break = _LINE_BREAK.search(text)
    return line_break.start() if line_break else len(text)


def _lines(document: Document) -> Iterator[str]:
    pmid = one_column(document.id, "id", document.id, "|\t\r\n")
    text = re.sub(r"[\r\n]", " ", document.text)
    middle = _title_end(document)
    yield f"{pmid}|t|{text[:middle]}\n{pmid}|a|{text[middle + 1 :]}\n"
    for span in sorted(document.spans, key=lambda span: span.key):
        if len(span.fragments) > 1:
            continue
        quoted = span.slice(text).replace("\t", " ")
        label = one_column(span.label.strip(), "label", document.id, "\t\r\n")
        concepts = "|".join(one_column(concept, "concept", document.id, "|\t\r\n") for concept in span.concepts)
        yield f"{pmid}\t{span.start}\t{span.end}\t{quoted}\t{label}\t{concepts}\n"
    for relation in filter(_is_held, document.relations):
        one, other = (filler for _, filler in relation.arguments)
        yield f"{pmid}\t{relation.label}\t{one}\t{other}\n"
    yield "\n"
