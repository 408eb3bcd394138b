"""What a file holds, counted in the plainest way, against what came out of it: nothing may be lost in silence.

Every account parses the bytes on its own, with no help from the readers, and adds up: so many annotations in the file
are so many spans and relations in the documents and so many counted losses.
"""

import codecs
import gzip
import html
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence

from zoo.data.document import Document

# Counted by readers, but of annotations that are not lost for it.
_REPORTED_ONLY = {
    *("quoted text differs", "empty fragment", "missing text", "composite parts", "relation column"),
    *("infon", "field", "misplaced passages", "repeated id"),
}


def unaccounted(format: str, files: dict[str, bytes], documents: Sequence[Document]) -> str:
    """What is in the files and neither in the documents nor in their losses; empty where all is accounted for."""
    try:
        return "; ".join(_ACCOUNTS[format](files, documents))
    except Exception as error:
        return f"the file was read, but is none: {type(error).__name__}: {error}"


def _lines(data: bytes) -> list[str]:
    text = data.removeprefix(codecs.BOM_UTF8).decode()
    return [line.removesuffix("\r") for line in text.split("\n")]


def _whole(files: dict[str, bytes]) -> bytes:
    """The one file, unpacked."""
    ((name, data),) = files.items()
    return gzip.decompress(data) if name.endswith(".gz") else data


def _left_out(documents: Sequence[Document]) -> int:
    return sum(count for d in documents for kind, count in d.losses.items() if kind not in _REPORTED_ONLY)


def _compared(what: str, in_file: object, in_documents: object) -> Iterator[str]:
    if in_file != in_documents:
        yield f"{what}: the file has {str(in_file)[:80]!r}, the documents {str(in_documents)[:80]!r}"


def _brat(files: dict[str, bytes], documents: Sequence[Document]) -> Iterator[str]:
    (document,) = documents
    yield from _compared("text", files["a.txt"].removeprefix(codecs.BOM_UTF8).decode(), document.text)
    found = len(document.spans) + len(document.relations) + sum(len(span.concepts) for span in document.spans)
    lines = [line for line in _lines(files["a.ann"]) if line.strip()]
    if len(lines) > found + _left_out(documents):  # the end of a line that was read may be counted besides
        yield f"lines: the file has {len(lines)}, the documents {found} and {_left_out(documents)} losses"


def _pubtator(files: dict[str, bytes], documents: Sequence[Document]) -> Iterator[str]:
    lines = [line for line in _lines(_whole(files)) if line.strip()]
    passages = [match for line in lines if (match := re.fullmatch(r"[^|\t]+\|([ta])\|(.*)", line, re.DOTALL))]
    yield from _compared("documents", sum(match[1] == "t" for match in passages), len(documents))
    in_file = "".join(match[2] + " " * (match[1] == "t") for match in passages)
    yield from _compared("text", in_file, "".join(document.text for document in documents))
    found = sum(len(document.spans) + len(document.relations) for document in documents)
    yield from _compared("annotations", len(lines) - len(passages), found + _left_out(documents))


_TAG = re.compile(r"O|[BIELSUMWV]-\S+", re.ASCII)


def _conll(files: dict[str, bytes], documents: Sequence[Document]) -> Iterator[str]:
    rows = []
    for line in filter(lambda line: line.strip(" \t"), _lines(_whole(files))):
        columns = line.split("\t") if "\t" in line else [column for column in line.split(" ") if column]
        is_tagged = _TAG.fullmatch(columns[-1])
        if re.match(r"-DOCSTART-([ \t]|$)|###MEDLINE:\S+\s*$", line) or (line.startswith("# ") and not is_tagged):
            continue
        rows.append((columns[0], columns[-1]))
    yield from _compared("words", _solid(word for word, _ in rows), _solid(document.text for document in documents))
    tagged = _solid(word for word, tag in rows if tag != "O")
    yield from _compared("tagged words", tagged, _covered(documents))


def _solid(parts: "Iterator[str] | Sequence[str]") -> str:
    return re.sub(r"[ \n]", "", "".join(parts))


def _covered(documents: Sequence[Document]) -> str:
    """The characters that lie in a span or several."""
    parts = []
    for document in documents:
        places = {place for span in document.spans for part in span.fragments for place in range(*part)}
        parts += [document.text[place] for place in sorted(places)]
    return _solid(parts)


def _rows(data: bytes) -> list[dict]:
    return [json.loads(line) for line in _lines(data) if line.strip()]


def _jsonl(files: dict[str, bytes], documents: Sequence[Document]) -> Iterator[str]:
    rows = _rows(_whole(files))
    yield from _compared("texts", [row["text"] for row in rows], [document.text for document in documents])
    for row, document in zip(rows, documents, strict=False):
        for part in ("spans", "passages", "alternatives", "relations"):
            yield from _compared(part, len(row.get(part) or ()), len(getattr(document, part)))
        known = {"id", "text", "spans", "passages", "alternatives", "relations"}
        if set(row) - known and not document.losses:
            yield f"unknown keys {set(row) - known} are not counted"


def _tokens(files: dict[str, bytes], documents: Sequence[Document]) -> Iterator[str]:
    rows = _rows(_whole(files))
    yield from _compared("rows", len(rows), len(documents))
    words = [token for row in rows for token in row["tokens"]]
    yield from _compared("tokens", _solid(words), _solid([document.text for document in documents]))
    tagged = [
        token for row in rows for token, tag in zip(row["tokens"], row["ner_tags"], strict=True) if tag not in ("O", 0)
    ]
    yield from _compared("tagged tokens", _solid(tagged), _covered(documents))


def _bioc(files: dict[str, bytes], documents: Sequence[Document]) -> Iterator[str]:
    root = ET.fromstring(_whole(files))  # the entities of a declaration are refused by the reader
    found = list(root.iter("document"))
    yield from _compared("documents", len(found), len(documents))
    for element, document in zip(found, documents, strict=False):
        for passage in element.iter("text"):
            if (passage.text or "") not in document.text and passage not in _annotation_texts(element):
                yield f"text {passage.text!r} is missing"
        annotations = len(list(element.iter("annotation"))) + len(list(element.iter("relation")))
        kept = len(document.spans) + len(document.relations)
        yield from _compared("annotations", annotations, kept + _left_out([document]))


def _annotation_texts(element: ET.Element) -> list[ET.Element]:
    return [text for annotation in element.iter("annotation") for text in annotation.iter("text")]


def _bioc_json(files: dict[str, bytes], documents: Sequence[Document]) -> Iterator[str]:
    found = _bioc_rows(_whole(files).removeprefix(codecs.BOM_UTF8).decode())
    yield from _compared("documents", len(found), len(documents))
    for row, document in zip(found, documents, strict=False):
        passages = row.get("passages", [])
        holders = [row, *passages, *(sentence for passage in passages for sentence in passage.get("sentences") or ())]
        annotations = sum(len(holder.get(key) or ()) for holder in holders for key in ("annotations", "relations"))
        kept = len(document.spans) + len(document.relations)
        yield from _compared("annotations", annotations, kept + _left_out([document]))
        for passage in passages:
            if passage.get("text", "") not in document.text:
                yield f"text {passage['text']!r} is missing"


def _bioc_rows(text: str) -> list[dict]:
    rows: list[dict] = []
    while text := text.lstrip(" \t\r\n"):  # collections or documents, one after another
        whole, end = json.JSONDecoder().raw_decode(text)
        text = text[end:]
        if isinstance(whole, list):
            rows += whole
        elif "passages" in whole:
            rows.append(whole)
        else:
            rows += next(value for value in whole.values() if isinstance(value, list))
    return rows


def _genetag(files: dict[str, bytes], documents: Sequence[Document]) -> Iterator[str]:
    sentences = [line.partition(" ")[2] for line in _lines(files["text.in"]) if line.strip()]
    yield from _compared("sentences", sentences, [document.text for document in documents])
    lines = [line for name in ("GENE.eval", "ALTGENE.eval") for line in _lines(files[name]) if line.strip()]
    found = sum(len(document.spans) + len(document.alternatives) for document in documents)
    yield from _compared("mentions", len(lines), found + _left_out(documents))


def _dublin_core(files: dict[str, bytes], documents: Sequence[Document]) -> Iterator[str]:
    root = ET.fromstring(_whole(files))  # the entities of a declaration are refused by the reader
    kept = [element for element in _outermost(root) if element.tag.endswith(("}title", "}description"))]
    in_file = ["".join(element.itertext()) for element in kept]
    found = [document.text[part.start : part.end] for document in documents for part in document.passages]
    yield from _compared("text", _solid(map(_unescaped, in_file)).split(), _solid(found).split())
    yield from _compared("text", _solid(found), _solid(document.text for document in documents))


def _unescaped(text: str) -> str:
    """Whole references alone, of up to seven digits or of one of XML's names, are decoded."""
    return re.sub(r"&(#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);", lambda each: html.unescape(each[0]), text)


def _outermost(element: ET.Element) -> Iterator[ET.Element]:
    """The elements of Dublin Core that are within no other of them."""
    if element.tag.startswith("{http://purl.org/dc/elements/1.1/}"):
        yield element
    else:
        yield from (found for child in element for found in _outermost(child))


def _text(files: dict[str, bytes], documents: Sequence[Document]) -> Iterator[str]:
    (document,) = documents
    yield from _compared("text", _whole(files).removeprefix(codecs.BOM_UTF8).decode(), document.text)


_ACCOUNTS: dict[str, Callable[[dict[str, bytes], Sequence[Document]], Iterator[str]]] = {
    "brat": _brat,
    "pubtator": _pubtator,
    "conll": _conll,
    "jsonl": _jsonl,
    "tokens": _tokens,
    "bioc": _bioc,
    "bioc-json": _bioc_json,
    "genetag": _genetag,
    "dublin-core": _dublin_core,
    "text": _text,
}
