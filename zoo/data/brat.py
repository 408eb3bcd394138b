"""Brat standoff: ``name.txt`` with the text and ``name.ann`` with one annotation a line.

Read are ``T`` lines (spans of one or more fragments) and ``N`` lines (concept ids); relations, events, attributes,
equivalences, notes and fragments without a character are counted in ``Document.losses``. A carriage return before a
line feed in the text is a character like any other, as it is for brat's offsets.

Source: https://brat.nlplab.org/standoff.html
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from zoo.data.document import DataFormatError, Document, Span
from zoo.data.offsets import checked_span
from zoo.data.textfile import numbered, one_column, part_of, read_lines, read_text, writing

_SPAN = re.compile(r"(T\S+)\t(\S+) (\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)\t(.*)", re.DOTALL | re.ASCII)
_CONCEPT = re.compile(r"N\S+\tReference (\S+) (\S[^\t]*)(?:\t.*)?", re.DOTALL)
_UNHELD = re.compile(r"([REAM#*])\S*\t\S")
_LOSSES = {"R": "relation", "E": "event", "A": "attribute", "M": "attribute", "#": "note", "*": "equivalence"}


def read(path: str | Path) -> Iterator[Document]:
    """Reads a folder with all its subfolders, or one document.

    Args:
        path: A folder, or an ``.ann`` or ``.txt`` file. A text without annotations is a document without spans.

    Yields:
        Documents sorted by path; the id is the path below the folder without its ending, as ``sub/name``.

    Raises:
        DataFormatError: If an annotation has no text, a line is not brat's, or offsets and text disagree.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    files = path.rglob("*") if path.is_dir() else [path]
    names = sorted({file.with_suffix("") for file in files if file.suffix in (".ann", ".txt")})
    if not names:
        raise DataFormatError(path, 0, "no brat document — expected .txt and .ann files — check the path.")
    for name in names:
        # Not `with_suffix`: a name may hold full stops of its own (`A.B syndrome.ann`).
        yield _read_pair(Path(f"{name}.txt"), Path(f"{name}.ann"), part_of(f"{name}.txt", folder))


def _read_pair(text_path: Path, annotation_path: Path, document_id: str) -> Document:
    if not text_path.exists():
        raise DataFormatError(
            annotation_path,
            0,
            f"the text of these annotations is missing — expected {text_path.name} beside them — "
            f"place the texts in {text_path.parent}; some corpora leave them to be obtained from their owners.",
        )
    lines = read_lines(annotation_path) if annotation_path.exists() else ()
    return parse(lines, str(annotation_path), read_text(text_path), document_id)


def parse(lines: Iterable[str], source: str, text: str, document_id: str) -> Document:
    r"""Reads the annotations of one text.

    Args:
        lines: Lines of an ``.ann`` file.
        source: Its name, for messages.
        text: The text the offsets refer to.
        document_id: The document's id.

    Raises:
        DataFormatError: As for :func:`read`.

    Examples:
        >>> document = parse(["T1\tDisease 0 3;8 13\tgut tumor"], "1.ann", "gut and tumor", "1")
        >>> document.spans[0].fragments
        ((0, 3), (8, 13))
    """
    spans: dict[str, Span] = {}
    concepts: list[tuple[int, str, str]] = []
    losses: Counter[str] = Counter()
    for number, line in numbered(lines):
        if match := _SPAN.fullmatch(line):
            name, label, offsets, quoted = match.groups()
            if name in spans:
                raise DataFormatError(source, number, f"{name} occurs twice — expected each id once — rename one.")
            pairs = [fragment.split() for fragment in offsets.split(";")]
            fragments = [(int(start), int(end)) for start, end in pairs]
            span = checked_span(text, fragments, label, quoted, source, number)
            if span is not None:
                spans[name] = span
            losses["empty fragment"] += sum(start == end for start, end in fragments)
        elif match := _CONCEPT.fullmatch(line):
            concepts.append((number, match[1], match[2].strip()))
        elif match := _UNHELD.match(line):
            losses[_LOSSES[match[1]]] += 1
        elif line.strip():
            raise DataFormatError(
                source,
                number,
                f"{line[:80]!r} is no brat annotation — expected a line such as 'T1<tab>Disease 0 5<tab>fever' "
                "or one beginning with N, R, E, A, M, # or * — correct or remove it.",
            )
    return Document(document_id, text, tuple(_with_concepts(spans, concepts, source).values()), losses=+losses)


def _with_concepts(
    spans: Mapping[str, Span], concepts: Iterable[tuple[int, str, str]], source: str
) -> Mapping[str, Span]:
    joined = dict(spans)
    for number, name, concept in concepts:
        if name not in joined:
            raise DataFormatError(
                source, number, f"concept {concept!r} is given to {name} — expected the id of a T line — correct it."
            )
        joined[name] = replace(joined[name], concepts=(*joined[name].concepts, concept))
    return joined


def write(documents: Iterable[Document], path: str | Path) -> Counter[str]:
    """Writes a ``.txt`` and an ``.ann`` per document.

    An id with ``/`` goes into a subfolder. A repeated id gets ``-2``, ``-3`` … appended.

    Args:
        documents: What to write.
        path: The folder; other files in it stay.

    Returns:
        What brat cannot hold, counted: ``score`` (dropped), ``repeated id`` (renamed).

    Raises:
        ValueError: If an id would lead out of the folder, or a label holds white space.
    """
    losses: Counter[str] = Counter()
    written: set[str] = set()
    for document in documents:
        name = _unused(document.id, written)
        written.add(name)
        losses["repeated id"] += name != document.id
        losses["score"] += sum(span.score is not None for span in document.spans)
        _write_pair(document, _inside(Path(path), name))
    return +losses


def _unused(document_id: str, written: set[str]) -> str:
    name, count = document_id, 1
    while name in written:
        count += 1
        name = f"{document_id}-{count}"
    return name


def _inside(folder: Path, document_id: str) -> Path:
    parts = document_id.split("/")
    if any(part in ("", ".", "..") for part in parts) or any(character in document_id for character in "\\\0:"):
        raise ValueError(
            f"Document id {document_id!r} cannot be a file name — expected names parted by '/', without '..', "
            r"'\' or ':' and not beginning with '/' — rename the document."
        )
    return folder.joinpath(*parts)


def _write_pair(document: Document, stem: Path) -> None:
    annotations = "".join(_annotation_lines(document))
    with writing(f"{stem}.txt") as file:
        # A text's own U+FEFF at its very beginning would be read as a byte order mark; with one before, it is kept.
        file.write("\ufeff" * document.text.startswith("\ufeff") + document.text)
    with writing(f"{stem}.ann") as file:
        file.write(annotations)


def _annotation_lines(document: Document) -> Iterator[str]:
    concept_count = 0
    for number, span in enumerate(sorted(document.spans, key=lambda span: span.key), start=1):
        label = one_column(span.label, "label", document.id, " \t\r\n\f\v")
        offsets = ";".join(f"{start} {end}" for start, end in span.fragments)
        quoted = re.sub(r"[\t\r\n]", " ", span.slice(document.text))
        yield f"T{number}\t{label} {offsets}\t{quoted}\n"
        for concept in span.concepts:
            concept_count += 1
            one_column(concept, "concept", document.id, "\t\r\n")
            yield f"N{concept_count}\tReference T{number} {concept}\t{quoted}\n"
