r"""PubTator: abstracts with mentions and concept ids, many documents in a file.

::

    10021369|t|Identification of APC2
    10021369|a|The adenomatous polyposis coli tumour suppressor …
    10021369<tab>40<tab>67<tab>adenomatous polyposis coli<tab>Disease<tab>D011125

Offsets count characters of ``title + " " + abstract``. A mention has 5 columns (no concept id), 6, or 7 (the parts of
a composite mention, counted in ``Document.losses`` as ``composite parts``). Concept ids are parted at ``|``; ``+``
joins ids that only together say what is meant and stays within one. A blank line ends a document. A PMID that
comes again later is a second document of the same id.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from zoo.data.document import DataFormatError, Document, Passage, Span
from zoo.data.offsets import checked_span
from zoo.data.textfile import numbered, one_column, read_lines, source_name, writing

_PASSAGE = re.compile(r"([^|\t]+)\|([ta])\|(.*)", re.DOTALL)
_RELATION = re.compile(r"[A-Za-z][A-Za-z_-]+")  # two letters or more, as CID; one may be a 0 misread
_NUMBER = re.compile(r"[0-9]{1,9}")
_NO_CONCEPT = ("", "-", "-1")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def read(path: str | Path) -> Iterator[Document]:
    """Reads a file, holding one document at a time; ``-`` is standard input.

    Raises:
        DataFormatError: As for :func:`parse`.
    """
    return parse(read_lines(path), source_name(path))


def parse(lines: Iterable[str], source: str) -> Iterator[Document]:
    r"""Reads documents off lines.

    Args:
        lines: Lines, with or without their ends.
        source: Where they come from, for messages.

    Yields:
        Documents with the passages ``title`` and ``abstract``.

    Raises:
        DataFormatError: If a document is cut off, a line is not PubTator's, or offsets and text disagree.

    Examples:
        >>> (document,) = parse(["1|t|Gout", "1|a|", "1\t0\t4\tGout\tDisease\tMESH:D006073"], "example")
        >>> document.text, document.spans[0].concepts
        ('Gout ', ('MESH:D006073',))
    """
    entry: _Entry | None = None
    for number, line in numbered(lines):
        passage = _PASSAGE.fullmatch(line)
        if entry and (not line.strip() or (passage and passage[2] == "t")):
            yield entry.document()
            entry = None
        if not line.strip():
            continue
        if entry is None:
            entry = _Entry(passage, line, source, number)
        elif passage:
            entry.add_abstract(passage, number)
        else:
            entry.add_annotation(line, number)
    if entry:
        yield entry.document()


class _Entry:
    """One document while its lines come in."""

    def __init__(self, passage: re.Match[str] | None, line: str, source: str, number: int) -> None:
        if not passage or passage[2] != "t":
            raise DataFormatError(
                source,
                number,
                f"{line[:80]!r} is outside a document — expected a title line such as '10021369|t|…' first — "
                "check that the file's beginning is not cut off and that no blank line parts a document.",
            )
        self.id, self.title = passage[1], passage[3]
        self.abstract: str | None = None
        self.source, self.number = source, number
        self.text = ""
        self.spans: list[Span] = []
        self.losses: Counter[str] = Counter()

    def add_abstract(self, passage: re.Match[str], number: int) -> None:
        self._same_document(passage[1], number)
        if self.abstract is not None:
            raise DataFormatError(self.source, number, f"document {self.id} has two abstracts — expected one.")
        self.abstract = passage[3]
        self.text = f"{self.title} {self.abstract}"

    def add_annotation(self, line: str, number: int) -> None:
        columns = line.split("\t")
        self._same_document(columns[0], number)
        self._whole()
        if len(columns) >= 5 and _NUMBER.fullmatch(columns[1]) and _NUMBER.fullmatch(columns[2]):
            span = self._mention(columns, number)
            if span is not None:
                self.spans.append(span)
        elif len(columns) == 4 and _RELATION.fullmatch(columns[1]) and all(columns[2:]):
            self.losses["relation"] += 1
        else:
            raise DataFormatError(
                self.source,
                number,
                f"{line[:80]!r} is neither mention nor relation — expected 5 to 7 tab-separated columns "
                "(PMID, start, end, mention, type, id) — check that the file is not cut off here.",
            )

    def _mention(self, columns: list[str], number: int) -> Span | None:
        _, start, end, quoted, label, *rest = columns
        fragment = int(start), int(end)
        span = checked_span(self.text, [fragment], label.strip(), quoted, self.source, number)
        if span is None:
            return None
        self.losses["composite parts"] += len(rest) > 1 and bool(rest[1].strip())
        names = [name.strip() for name in rest[0].split("|")] if rest else []
        return Span.of(*fragment, span.label, concepts=tuple(name for name in names if name not in _NO_CONCEPT))

    def _same_document(self, pmid: str, number: int) -> None:
        if pmid != self.id:
            raise DataFormatError(
                self.source,
                number,
                f"a line of document {pmid[:40]!r} stands in document {self.id} — expected {self.id} — "
                "check that its title line is not missing.",
            )

    def _whole(self) -> None:
        if self.abstract is None:
            raise DataFormatError(
                self.source,
                self.number,
                f"document {self.id} has a title but no abstract — expected '{self.id}|a|…' on the next line "
                "(which may be empty after the last bar) — check that the file is not cut off here.",
            )

    def document(self) -> Document:
        self._whole()
        middle = len(self.title)
        passages = Passage(0, middle, "title"), Passage(middle + 1, len(self.text), "abstract")
        return Document(self.id, self.text, tuple(self.spans), passages, +self.losses)


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
        ``score`` and ``passage`` (dropped).

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
    return Counter(
        {
            "line break": len(_LINE_BREAK.findall(document.text)),
            "discontinuous": sum(len(span.fragments) > 1 for span in document.spans),
            "score": sum(span.score is not None for span in document.spans),
            "passage": sum(passage.kind not in ("title", "abstract") for passage in document.passages),
        }
    )


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
        label = one_column(span.label, "label", document.id, "\t\r\n")
        concepts = "|".join(one_column(concept, "concept", document.id, "|\t\r\n") for concept in span.concepts)
        yield f"{pmid}\t{span.start}\t{span.end}\t{quoted}\t{label}\t{concepts}\n"
    yield "\n"
