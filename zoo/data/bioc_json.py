"""BioC JSON: the parts of BioC XML as objects and lists, as PubTator 3 and the PMC service of BioC give them.

::

    {
        "source": "",
        "date": "",
        "key": "",
        "documents": [
            {
                "id": "1",
                "passages": [
                    {
                        "offset": 0,
                        "infons": {"type": "title"},
                        "text": "Wilson disease",
                        "annotations": [
                            {
                                "id": "1",
                                "infons": {"type": "Disease", "identifier": "MESH:D006527"},
                                "text": "Wilson disease",
                                "locations": [{"offset": 0, "length": 14}],
                            }
                        ],
                    }
                ],
            }
        ],
    }

Read are a collection, a document, a list of either, one after another (JSON Lines), and a list of documents under
another key (``{"PubTator3": […]}``). What a file says and what a document holds are related in
:mod:`zoo.data.bioc_documents` and :mod:`zoo.data.bioc_records`. A collection's source, date and key, and the ids of
annotations and relations, are not kept; its infons are counted with its last document.

Source: https://www.ncbi.nlm.nih.gov/research/bionlp/APIs/BioC-PMC
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from zoo.data.bioc_documents import Record, document_of
from zoo.data.bioc_records import SOURCE, record_of
from zoo.data.document import DataFormatError, Document
from zoo.data.json_stream import JsonStream
from zoo.data.textfile import opened, source_name, writing

_BYTES = 1 << 16  # read at a time
_UNCOUNTED = ("source", "date", "key", "bioctype", "infons", "documents")


def read(path: str | Path, *, lenient: bool = False) -> Iterator[Document]:
    """Reads a file, holding a document or two at a time; ``-`` is standard input.

    Args:
        path: The file.
        lenient: Counts annotations and passages whose offsets cannot be, instead of refusing the file: see
            :func:`zoo.data.bioc_documents.document_of`.

    Raises:
        DataFormatError: If the file is no JSON or not BioC, or, unless ``lenient``, offsets and text disagree. The
            line is that where the document begins.
    """
    source = source_name(path)
    with opened(path) as file:
        for record in _records(JsonStream(iter(partial(file.read, _BYTES), b""), source)):
            yield document_of(record, source, lenient=lenient)


def _records(stream: JsonStream) -> Iterator[Record]:
    if not stream.peek():
        raise stream.error("an empty file — expected a BioC collection or document.")
    while stream.peek():
        if stream.peek() == "[":
            for _ in stream.items():
                yield from _object(stream)
        else:
            yield from _object(stream)


def _object(stream: JsonStream) -> Iterator[Record]:
    """The documents of a collection as they come, or the document that the object is itself."""
    line = stream.next_line
    last: Record | None = None  # what is lost of the collection is known at its end
    values: dict[str, Any] = {}
    for key in stream.members():
        if stream.peek() != "[":
            values[key] = stream.value()
            continue
        others = values[key] = []
        for _ in stream.items():
            item_line = stream.next_line
            value = stream.value()
            if key != "documents" and not (isinstance(value, dict) and "passages" in value):
                others.append(value)
                continue
            if not isinstance(value, dict):
                raise DataFormatError(stream.source, item_line, "no object in 'documents' — expected documents alone.")
            if last is not None:
                yield last
            last = Record(value, item_line)
    if last is not None:
        last.around = _around(values)
        yield last
    elif "passages" in values:
        yield Record(values, line)
    elif not isinstance(values.get("documents"), list) and [*values.values()] != [[]]:  # PubTator 3 found nothing
        message = "an object that is not BioC's — expected 'documents', or a document with 'id' and 'passages'."
        raise DataFormatError(stream.source, line, message)


def _around(values: Mapping[str, Any]) -> Counter[str]:
    infons = values.get("infons") or {}
    found = Counter({"infon": sum(map(bool, infons.values())) if isinstance(infons, Mapping) else 1})
    found["field"] = sum(bool(value) for key, value in values.items() if key not in _UNCOUNTED)
    return found


def write(documents: Iterable[Document], path: str | Path) -> Counter[str]:
    """Writes documents as one collection, a document a line; ``-`` is standard output.

    How a document is divided into passages is said in :mod:`zoo.data.bioc_records`.

    Args:
        documents: What to write.
        path: The file.

    Returns:
        What BioC cannot hold, counted: ``passage``, ``alternative``, ``relation``, as
        :func:`zoo.data.bioc_records.record_of` says.

    Raises:
        ValueError: If a value would read back as another, or a text has half a surrogate pair.
    """
    losses: Counter[str] = Counter()
    with writing(path) as file:
        file.write(f'{{"source": "{SOURCE}", "date": "", "key": "", "infons": {{}}, "documents": [')
        separator = "\n"
        for document in documents:
            file.write(separator + _line(record_of(document, losses), document.id))
            separator = ",\n"
        file.write("\n]}\n")
    return +losses


def _line(record: Mapping[str, Any], document_id: str) -> str:
    line = json.dumps(record, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"Expected Unicode text in document {document_id!r} but got half a surrogate pair "
            f"({line[error.start]!r}) in it."
        ) from error
    return line
