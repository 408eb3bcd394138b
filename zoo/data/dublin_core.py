"""Dublin Core XML: titles and descriptions of articles, as SciELO, IBECS and PubMed records come. It can only be read.

::

    <record><header><identifier>oai:scielo:S1</identifier></header>
      <metadata><oai-dc:dc xmlns:dc="http://purl.org/dc/elements/1.1/" …>
        <dc:language>es</dc:language>
        <dc:title xml:lang="es"><![CDATA[Gota y &#225;cido &#250;rico]]></dc:title>
        <dc:description xml:lang="en"><![CDATA[…]]></dc:description></oai-dc:dc></metadata></record>

A document is what one element holds of ``dc:title`` and ``dc:description``, one a line, each a passage of kind
``title`` or ``description``. Its id is the header's identifier, else the first ``dc:identifier``, else the number of
the document in the file. The language of a passage is the primary subtag of its ``xml:lang`` (``es-ES`` is ``es``),
else that of the one ``dc:language`` of the record.

Two faults of such files are mended: character references left inside CDATA (``&#8805;``), which no XML parser decodes,
and UTF-8 that was once read as Latin-1 or Windows-1252 (``GonzÃ¡lez``); the latter is counted. Entities are refused
where they are declared: they can make a small file large, or read other files.

Source: Dublin Core Metadata Element Set, version 1.1; XML 1.0, section 2.12; BCP 47.
"""

import html
import html.entities
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from zoo.data.document import DataFormatError, Document, Passage
from zoo.data.textfile import opened, source_name

_NAMESPACE = "http://purl.org/dc/elements/1.1/"
_LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"
_TEXTS = ("title", "description")
_BYTES = 1 << 16  # read at a time
_LONGEST_TOKEN = 1 << 22  # bytes of a tag, comment or CDATA, which expat goes through again for every piece of the file
_DEEPEST = 100
_REFERENCE = re.compile(r"&(#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,30};)")
_WHITE_SPACE = re.compile(r"[ \t\r\n]+")


def is_dublin_core(path: str | Path) -> bool:
    """Whether the beginning of a file names Dublin Core's namespace."""
    with opened(path) as file:
        return _NAMESPACE.encode() in file.read(_BYTES)


def read(path: str | Path, *, language: str | None = None) -> Iterator[Document]:
    """Reads a file, holding a document or two at a time; ``-`` is standard input.

    Args:
        path: The file, in any encoding that it declares.
        language: Primary subtag of the language to keep, as ``es``; by default, all are kept.

    Yields:
        A document for each record, which may be without text in that language. Its ``losses`` count passages left out
        (``text in en``, ``text in an unknown language``) and those with ``mojibake repaired``.

    Raises:
        DataFormatError: If the file is not well-formed, has no Dublin Core record, or declares entities.
    """
    source = source_name(path)
    records = _Records(source)
    count = 0
    with opened(path) as file:
        while True:
            chunk = file.read(_BYTES)
            records.feed(chunk)
            for record in records.take():
                count += 1
                yield record.document(str(count), language)
            if not chunk:
                break
    if not count:
        raise DataFormatError(
            source, 0, f"no Dublin Core record — expected elements of {_NAMESPACE} — check that it is of this format."
        )


@dataclass
class _Record:
    """What was read of a record: texts with kind and language tag, its id, and the languages it declares."""

    id: str = ""
    identifiers: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    texts: list[tuple[str, str, str]] = field(default_factory=list)

    def document(self, number: str, language: str | None) -> Document:
        """The document, of one language where one is asked for."""
        declared = self.languages[0] if len(self.languages) == 1 else ""
        losses: Counter[str] = Counter()
        passages: list[Passage] = []
        lines: list[str] = []
        start = 0
        for kind, tag, raw in self.texts:
            subtag = primary_subtag(tag or declared)
            if language and subtag != primary_subtag(language):
                losses[f"text in {subtag or 'an unknown language'}"] += 1
                continue
            text = repair(raw)
            losses["mojibake repaired"] += text != raw
            lines.append(_WHITE_SPACE.sub(" ", _REFERENCE.sub(_character, text)).strip())
            passages.append(Passage(start, start + len(lines[-1]), kind))
            start += len(lines[-1]) + 1
        name = self.id or next(iter(self.identifiers), number)
        return Document(name, "\n".join(lines), passages=tuple(passages), losses=+losses)


class _Records:
    """Makes records of elements as they end.

    Args:
        source: The file, for messages.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._read = 0  # bytes
        self._done: list[_Record] = []
        self._record = _Record()
        self._languages = [""]  # of the open elements, after one for the file: xml:lang is inherited
        self._holder = 0  # depth of the element that holds the record's; 0 outside one
        self._element = 0  # depth of the element whose text is read; 0 outside one
        self._text: list[str] = []
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.EntityDeclHandler = self._refuse_entity
        parser.SkippedEntityHandler = self._refuse_entity

    def take(self) -> Iterator[_Record]:
        """The records that have ended since the last call."""
        done, self._done = self._done, []
        return iter(done)

    def feed(self, raw: bytes) -> None:
        """Parses the next bytes of the file; none end it."""
        try:
            self._parser.Parse(raw, not raw)
            self._read += len(raw)
            if self._read - self._parser.CurrentByteIndex > _LONGEST_TOKEN:
                raise self._error("a tag, comment or text too long to be Dublin Core.")
        except expat.ExpatError as error:
            raise DataFormatError(
                self._source,
                error.lineno,
                f"{expat.ErrorString(error.code)} at column {error.offset + 1} — expected well-formed XML — "
                "check that the file is whole and of this format.",
            ) from error
        except DataFormatError:
            raise
        except (LookupError, ValueError) as error:
            message = f"the encoding that the file declares cannot be read ({error}) — convert it to UTF-8."
            raise DataFormatError(self._source, 1, message) from error

    def _error(self, message: str) -> DataFormatError:
        return DataFormatError(self._source, self._parser.CurrentLineNumber, message)

    def _refuse_entity(self, name: str, *_: object) -> None:
        raise self._error(
            f"entity {name[:40]!r} — expected none but XML's own and characters by number — replace it by its text."
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        depth = len(self._languages)
        if depth > _DEEPEST:
            raise self._error("elements within each other too deep to be Dublin Core.")
        self._languages.append(attributes.get(_LANGUAGE, self._languages[-1]))
        if self._element:  # mark-up, as <sup>: its text goes on
            return
        self._text.clear()
        namespace, _, name = tag.rpartition(" ")
        if namespace == _NAMESPACE and not self._holder:
            self._holder = depth - 1
        if namespace == _NAMESPACE or name == "identifier":
            self._element = depth

    def _end(self, tag: str) -> None:
        language = self._languages.pop()
        depth = len(self._languages)
        if self._element == depth:
            self._element = 0
            self._add(tag, language)
        elif self._holder == depth:
            self._done.append(self._record)
            self._record, self._holder = _Record(), 0

    def _add(self, tag: str, language: str) -> None:
        """Keeps the text of an element that has ended."""
        text = "".join(self._text).strip()
        namespace, _, name = tag.rpartition(" ")
        if namespace != _NAMESPACE:
            self._record.id = text
        elif name == "identifier" and text:
            self._record.identifiers.append(text)
        elif name == "language":
            self._record.languages.append(text)
        elif name in _TEXTS and text:
            self._record.texts.append((name, language, text))


def _character(reference: re.Match[str]) -> str:
    """What a reference stands for; one of an unknown name stays."""
    name = reference[1]
    return html.unescape(reference[0]) if name[0] == "#" or name in html.entities.html5 else reference[0]


def primary_subtag(tag: str) -> str:
    """The language alone of a language tag.

    Examples:
        >>> primary_subtag("es-ES"), primary_subtag("EN"), primary_subtag("pt_BR")
        ('es', 'en', 'pt')
    """
    return re.split("[-_]", tag.strip(), maxsplit=1)[0].lower()


def repair(text: str) -> str:
    """A text whose UTF-8 was once read as Latin-1 or Windows-1252, as it was before; any other text as it is.

    Only a text all of whose characters, as bytes, are UTF-8 is taken for such: by chance, that is hardly ever so.

    Examples:
        >>> repair("GonzÃ¡lez"), repair("SÃO PAULO, González")
        ('González', 'SÃO PAULO, González')
    """
    if text.isascii():
        return text
    try:
        return b"".join(map(_byte, text)).decode("utf-8")
    except UnicodeError:
        return text


def _byte(character: str) -> bytes:
    """The byte that was read as a character: Windows-1252 leaves five of them to Latin-1."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")
