"""BioC XML: documents of passages with annotations, as PubTator Central and the BioCreative corpora come.

::

    <collection><source>PubTator</source><date/><key/>
      <document><id>1</id>
        <passage><infon key="type">title</infon><offset>0</offset><text>Wilson disease</text>
          <annotation id="1">
            <infon key="type">Disease</infon><infon key="identifier">MESH:D006527</infon>
            <location offset="0" length="14"/><text>Wilson disease</text>
          </annotation></passage></document></collection>

What a file says and what a document holds are related in :mod:`zoo.data.bioc_documents` and
:mod:`zoo.data.bioc_records`. A collection's source, date and key, and the ids of annotations and relations, are not
kept; its infons are counted with its last document. Entities are refused where they are declared: they can make a
small file large, or read other files.

Source: http://bioc.sourceforge.net (BioC.dtd), XML 1.0.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from zoo.data.bioc_documents import Record, document_of
from zoo.data.bioc_records import SOURCE, record_of
from zoo.data.document import DataFormatError, Document
from zoo.data.textfile import opened, source_name, writing

_PARENTS = {  # the elements that hold elements, and what each may be in
    "collection": ("",),
    "document": ("", "collection"),
    "passage": ("document",),
    "sentence": ("passage",),
    "annotation": ("document", "passage", "sentence"),
    "relation": ("document", "passage", "sentence"),
    "location": ("annotation",),
    "node": ("relation",),
}
_TEXTS = frozenset(["id", "offset", "text"])  # of text alone, as is an infon
_ONLY_TEXT = _TEXTS | {"infon"}
_COLLECTION_TEXTS = ("source", "date", "key")
_ATTRIBUTES = ("id", "offset", "length", "refid", "role")
_BYTES = 1 << 16  # read at a time
_LONGEST_TOKEN = 1 << 22  # bytes of a tag or comment, which expat goes through again for every piece of the file
_DEEPEST = 100  # BioC's elements are six deep

# Nothing that XML 1.0 can write, not even as a character reference.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE collection SYSTEM "BioC.dtd">\n'
    f"<collection>\n  <source>{SOURCE}</source>\n  <date/>\n  <key/>\n"
)


def read(path: str | Path, *, lenient: bool = False) -> Iterator[Document]:
    """Reads a file, holding a document or two at a time; ``-`` is standard input.

    Args:
        path: The file, in any encoding that it declares.
        lenient: Counts annotations and passages whose offsets cannot be, instead of refusing the file: see
            :func:`zoo.data.bioc_documents.document_of`.

    Raises:
        DataFormatError: If the file is not well-formed or not BioC, declares entities, or, unless ``lenient``, offsets
            and text disagree.
    """
    source = source_name(path)
    for record in _records(path, source):
        yield document_of(record, source, lenient=lenient)


def _records(path: str | Path, source: str) -> Iterator[Record]:
    elements = _Elements(source)
    with opened(path) as file:
        while chunk := file.read(_BYTES):
            elements.feed(chunk, is_last=False)
            while len(elements.documents) > 1:  # infons may follow the last one
                yield elements.documents.popleft()
    elements.feed(b"", is_last=True)
    for record in elements.documents:
        record.around = elements.around
        yield record


class _Elements:
    """Makes records of elements as they end; a collection keeps none of its documents.

    Args:
        source: The file, for messages.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.read = 0  # bytes
        self.documents: deque[Record] = deque()
        self.around: Counter[str] = Counter()
        self.root = Record({}, 1)
        self.open: list[tuple[str, Record]] = []
        self.text: list[str] = []
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.text.append
        parser.EntityDeclHandler = self._refuse_entity
        parser.SkippedEntityHandler = self._refuse_entity

    def feed(self, raw: bytes, *, is_last: bool) -> None:
        """Parses the next bytes of the file."""
        try:
            self.parser.Parse(raw, is_last)
            self.read += len(raw)
            if self.read - self.parser.CurrentByteIndex > _LONGEST_TOKEN:
                raise self._error("a tag or comment too long to be BioC.")
        except expat.ExpatError as error:
            raise DataFormatError(
                self.source,
                error.lineno,
                f"{expat.ErrorString(error.code)} at column {error.offset + 1} — expected well-formed BioC XML — "
                "check that the file is whole and of this format.",
            ) from error
        except DataFormatError:
            raise
        except (LookupError, ValueError) as error:
            if self.open:
                raise
            message = f"the encoding that the file declares cannot be read ({error}) — convert it to UTF-8."
            raise DataFormatError(self.source, 1, message) from error

    def _error(self, message: str) -> DataFormatError:
        return DataFormatError(self.source, self.parser.CurrentLineNumber, message)

    def _refuse_entity(self, name: str, *_: object) -> None:
        raise self._error(
            f"entity {name[:40]!r} — expected none but XML's own and characters by number — replace it by its text."
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        parent, holder = self.open[-1] if self.open else ("", self.root)
        if not parent and "" not in _PARENTS.get(tag, ()):
            raise self._error(f"<{tag[:40]}> — expected <collection>, with which BioC begins.")
        if parent not in _PARENTS.get(tag, (parent,)):
            places = " or ".join(f"<{place}>" for place in _PARENTS[tag] if place) or "no other element"
            raise self._error(f"<{tag}> within <{parent[:40]}> — expected it within {places}.")
        if len(self.open) == _DEEPEST:
            raise self._error("elements within each other too deep to be BioC.")
        if parent in _ONLY_TEXT:
            raise self._error(f"<{tag[:40]}> within <{parent}> — expected text alone.")
        self._end_text(holder)
        element = Record({}, self.parser.CurrentLineNumber)
        for name, value in attributes.items():
            element[name if name in _ATTRIBUTES or (tag, name) == ("infon", "key") else f"@{name}"] = value
        self.open.append((tag, element))

    def _end_text(self, element: Record) -> str:
        """The text up to here; an element that holds elements should have none but white space."""
        text = "".join(self.text)
        self.text.clear()
        if text and not text.isspace():
            element["#text"] = True
        return text

    def _end(self, tag: str) -> None:
        _, element = self.open.pop()
        text = self._end_text(element)
        parent, holder = self.open[-1] if self.open else ("", self.root)
        if tag == "document":
            self.documents.append(element)
        elif tag == "collection":
            self.around["field"] += "#text" in element
        elif parent == "collection" and tag not in _COLLECTION_TEXTS:
            kind = "infon" if tag == "infon" else "field"
            self.around[kind] += "#text" in element or (kind == "field" and bool(element))
        elif parent != "collection":
            self._add(holder, tag, element, text)

    def _add(self, parent: Record, tag: str, element: Record, text: str) -> None:
        if tag in _PARENTS:
            parent.setdefault(f"{tag}s", []).append(element)
        elif tag == "infon":
            infons = parent.setdefault("infons", {})
            key = element.get("key", "")
            infons[f"{key} (again, {len(infons)})" if key in infons else key] = text
        elif tag not in _TEXTS:
            parent[f"<{tag}> {len(parent)}"] = True
        elif tag in parent:
            raise self._error(f"a second <{tag}> — expected one.")
        else:
            parent[tag] = text


def write(documents: Iterable[Document], path: str | Path) -> Counter[str]:
    """Writes documents as one collection; ``-`` is standard output.

    How a document is divided into passages is said in :mod:`zoo.data.bioc_records`.

    Args:
        documents: What to write.
        path: The file.

    Returns:
        What BioC cannot hold, counted: ``passage``, ``alternative``, ``relation``, as
        :func:`zoo.data.bioc_records.record_of` says.

    Raises:
        ValueError: If a value would read back as another, or a text has a character that XML has not.
    """
    losses: Counter[str] = Counter()
    with writing(path) as file:
        file.write(_HEADER)
        for document in documents:
            lines = "".join(_document_lines(record_of(document, losses)))
            _check_characters(lines, document.id)
            file.write(lines)
        file.write("</collection>\n")
    return +losses


def _check_characters(lines: str, document_id: str) -> None:
    if found := _NO_XML.search(lines):
        raise ValueError(
            f"Character U+{ord(found[0]):04X} in document {document_id!r} cannot be written — XML 1.0 has no such "
            "character — take it out, or write JSON (bioc-json), which has all but half surrogate pairs."
        )


def _escaped(text: str) -> str:
    return escape(text, {"\r": "&#13;"})  # a bare one would be read as a line feed


def _document_lines(record: Mapping[str, Any]) -> Iterator[str]:
    yield f"  <document>\n    <id>{_escaped(record['id'])}</id>\n"
    for passage in record["passages"]:
        yield "    <passage>\n"
        yield from _infon_lines(passage, "      ")
        yield f"      <offset>{passage['offset']}</offset>\n      <text>{_escaped(passage['text'])}</text>\n"
        yield from _annotation_lines(passage, "      ")
        yield "    </passage>\n"
    yield from _annotation_lines(record, "    ")
    yield from _relation_lines(record, "    ")
    yield "  </document>\n"


def _infon_lines(record: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in record["infons"].items():
        yield f"{indent}<infon key={quoteattr(key)}>{_escaped(value)}</infon>\n"


def _annotation_lines(record: Mapping[str, Any], indent: str) -> Iterator[str]:
    for annotation in record["annotations"]:
        yield f'{indent}<annotation id="{annotation["id"]}">\n'
        yield from _infon_lines(annotation, f"{indent}  ")
        for place in annotation["locations"]:
            yield f'{indent}  <location offset="{place["offset"]}" length="{place["length"]}"/>\n'
        yield f"{indent}  <text>{_escaped(annotation['text'])}</text>\n{indent}</annotation>\n"


def _relation_lines(record: Mapping[str, Any], indent: str) -> Iterator[str]:
    for relation in record["relations"]:
        yield f'{indent}<relation id="{relation["id"]}">\n'
        yield from _infon_lines(relation, f"{indent}  ")
        for node in relation["nodes"]:
            yield f'{indent}  <node refid="{node["refid"]}" role={quoteattr(node["role"])}/>\n'
        yield f"{indent}</relation>\n"
