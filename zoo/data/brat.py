"""Brat standoff: ``name.txt`` with the text and ``name.ann`` with one annotation a line.

Read are ``T`` lines (spans of one or more fragments), ``N`` lines (concept ids; the name that stands beside an id is
the terminology's and not kept) and ``R`` lines (relations). Events, attributes, equivalences, notes and fragments
without a character are counted in ``Document.losses``, and so is a ``dangling relation``: one that ties what is no
span (an event, or an id that does not exist, as in many a published corpus). A carriage return before a line feed in
the text is a character like any other, as it is for brat's offsets.

Source: https://brat.nlplab.org/standoff.html
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from zoo.data.document import DataFormatError, Document, Relation, Span
from zoo.data.offsets import checked_span
from zoo.data.textfile import files_below, numbered, one_column, part_of, read_text, unused_id, writing

_SPAN = re.compile(r"(T\S+)\t(\S+) (\d{1,9}) (\d{1,9})((?:;\d{1,9} \d{1,9})*)\t(.*)", re.DOTALL | re.ASCII)
_CONCEPT = re.compile(r"N\S+\tReference (\S+) (\S[^\t]*)")
_NOTED_CONCEPT = re.compile(r"#\S*\tAnnotatorNotes (T\S+)\t\s*(\S[^\t]*)")
_RELATION = re.compile(r"R\S+\t(\S+) ([^\s:]+):(\S+) ([^\s:]+):(\S+) *(?:\t(.*))?", re.DOTALL | re.ASCII)
_LABEL, _ROLE = re.compile(r"\S+", re.ASCII), re.compile(r"[^\s:]+", re.ASCII)
_UNHELD = re.compile(r"([EAM#*])\S*\t\S")
_LOSSES = {"E": "event", "A": "attribute", "M": "attribute", "#": "note", "*": "equivalence"}
_ENDINGS = (".ann", ".txt")
_LONGEST_STAND_IN = 10_000_000  # characters; no article is as long

_Mention = tuple[int, str, tuple[tuple[int, int], ...], str]
"""A ``T`` line: its number, label, fragments, quoted text."""


def read(
    path: str | Path,
    *,
    lenient: bool = False,
    notes_are_concepts: bool = False,
    missing_text: str = "error",
    texts: Mapping[str, str] | None = None,
) -> Iterator[Document]:
    """Reads a folder with all its subfolders, or one document; links to folders are not followed.

    Args:
        path: A folder, or an ``.ann`` or ``.txt`` file. A text without annotations is a document without spans.
        lenient: As for :func:`parse`.
        notes_are_concepts: As for :func:`parse`.
        missing_text: What to do with annotations without a text: ``error``, or ``blank`` for a stand-in as of
            :func:`parse`.
        texts: Texts by document id, taken instead of the files': for annotations that come without theirs, as those
            of a shared task's participants, or whose texts have been repaired.

    Yields:
        Documents sorted by path; the id is the path below the folder without its ending, as ``sub/name``.

    Raises:
        DataFormatError: If an annotation has no text, a line is not brat's, or offsets and text disagree.
        OSError: If a file or subfolder cannot be read.
        ValueError: If ``missing_text`` is neither of the two.
    """
    if missing_text not in ("error", "blank"):
        raise ValueError(f"Expected missing_text to be error or blank but got {missing_text!r}.")
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    endings: dict[str, set[str]] = {}
    for stem, ending in map(os.path.splitext, _files(path)):
        if ending in _ENDINGS:
            endings.setdefault(stem, set()).add(ending)
    if not endings:
        raise DataFormatError(path, 0, "no brat document — expected .txt and .ann files — check the path.")
    for stem in sorted(endings, key=Path):
        text_path, annotation_path = Path(f"{stem}.txt"), Path(f"{stem}.ann")
        name = part_of(text_path, folder)
        text = texts.get(name) if texts else None
        if text is None and ".txt" in endings[stem]:
            text = read_text(text_path)
        if text is None and missing_text == "error":
            raise DataFormatError(
                annotation_path,
                0,
                f"the text of these annotations is missing — expected {text_path.name} beside them — "
                f"place the texts in {text_path.parent}; some corpora leave them to be obtained from their owners. "
                "To count annotations without their texts, read with missing_text=blank.",
            )
        annotations = read_text(annotation_path) if ".ann" in endings[stem] else ""
        lines = enumerate(annotations.removesuffix("\r").replace("\r\n", "\n").split("\n"), start=1)
        yield _document(lines, str(annotation_path), text, name, lenient, notes_are_concepts)


def _files(path: Path) -> Iterable[str]:
    """The files below a folder, or the two that may hold one document."""
    if path.is_dir():
        return files_below(path)
    stem, ending = os.path.splitext(path)
    if ending not in _ENDINGS or not path.exists():
        return ()
    return filter(os.path.exists, (stem + ending for ending in _ENDINGS))


class _Annotations:
    """The lines of an ``.ann`` file by their kind, nothing resolved: a line may name one that comes later."""

    def __init__(self, lines: Iterable[tuple[int, str]], source: str, notes_are_concepts: bool) -> None:
        self.mentions: dict[str, _Mention] = {}
        self.concepts: list[tuple[int, str, str]] = []  # line number (0: a note), whose, concept id
        self.relations: list[re.Match[str]] = []
        self.losses: Counter[str] = Counter()
        for number, line in lines:
            if match := _SPAN.fullmatch(line):
                name, label, start, end, more, quoted = match.groups()
                if name in self.mentions:
                    raise DataFormatError(source, number, f"{name} occurs twice — expected each id once — rename one.")
                fragments = ((int(start), int(end)), *_fragments(more)) if more else ((int(start), int(end)),)
                self.mentions[name] = number, label, fragments, quoted
            elif match := _CONCEPT.match(line):
                self.concepts.append((number, match[1], match[2].strip()))
            elif match := _RELATION.fullmatch(line):
                self.relations.append(match)
                self.losses["note"] += bool(match[6] and match[6].strip())
            elif notes_are_concepts and (match := _NOTED_CONCEPT.fullmatch(line)):
                self.concepts.append((0, match[1], match[2].strip()))
            elif match := _UNHELD.match(line):
                self.losses[_LOSSES[match[1]]] += 1
            elif line.strip():
                raise DataFormatError(
                    source,
                    number,
                    f"{line[:80]!r} is no brat annotation — expected a line such as 'T1<tab>Disease 0 5<tab>fever' "
                    "or one beginning with N, R, E, A, M, # or * — correct or remove it.",
                )


def _fragments(offsets: str) -> Iterator[tuple[int, int]]:
    """Of ``;9 12;15 20``, what follows a first fragment."""
    for pair in offsets[1:].split(";"):
        start, end = pair.split(" ")
        yield int(start), int(end)


def parse(
    lines: Iterable[str],
    source: str,
    text: str | None,
    document_id: str,
    *,
    lenient: bool = False,
    notes_are_concepts: bool = False,
) -> Document:
    r"""Reads the annotations of one text.

    Args:
        lines: Lines of an ``.ann`` file.
        source: Its name, for messages.
        text: The text the offsets refer to. Where there is none, a stand-in is made of the annotations alone: their
            quoted texts at their places, blanks between. It serves to count labels, fragments, nesting and relations;
            it has no sentences and no context, so it is nothing to train on, to tag or to score. It is counted as
            ``missing text`` and read as ``lenient``; where quoted texts disagree, the first stays.
        document_id: The document's id.
        lenient: Counts in ``Document.losses`` what would be refused: spans ``beyond the text`` or with ``impossible
            offsets`` (left out), ``quoted text differs`` (the offsets are trusted) and ``dangling concept`` (an ``N``
            line for a span that is not there).
        notes_are_concepts: Takes ``AnnotatorNotes`` of spans for their concept ids, as written (PharmaCoNER).

    Raises:
        DataFormatError: As for :func:`read`.

    Examples:
        >>> lines = ["T1\tDrug 0 7\taspirin", "T2\tSign 16 21;27 31\tfever down", "R1\tLowers Arg1:T1 Arg2:T2"]
        >>> document = parse(lines, "1.ann", "aspirin brought fever well down", "1")
        >>> document.spans[1].fragments, document.relations[0].label
        (((16, 21), (27, 31)), 'Lowers')
    """
    return _document(numbered(lines), source, text, document_id, lenient, notes_are_concepts)


def _document(
    lines: Iterable[tuple[int, str]],
    source: str,
    text: str | None,
    document_id: str,
    lenient: bool,
    notes_are_concepts: bool,
) -> Document:
    found = _Annotations(lines, source, notes_are_concepts)
    losses = found.losses
    if text is None:
        text, lenient = _stand_in(found.mentions.values(), source), True
        losses["missing text"] = 1
    concepts = _concepts_by_mention(found, source, lenient)
    spans: dict[str, Span] = {}
    for name, (line, label, fragments, quoted) in found.mentions.items():
        names = tuple(concepts.get(name, ()))
        span = checked_span(text, fragments, label, quoted, source, line, losses if lenient else None, names)
        if span is None:
            losses["dangling concept"] += len(names)
            continue
        spans[name] = span
        if len(fragments) > 1:
            losses["empty fragment"] += sum(start == end for start, end in fragments)
    relations = _relations(found, spans)
    return Document(document_id, text, tuple(spans.values()), losses=+losses, relations=relations)


def _stand_in(mentions: Iterable[_Mention], source: str) -> str:
    characters: list[str] = []  # empty where nothing is quoted
    for line, _, fragments, quoted in mentions:
        position = 0
        for start, end in fragments:
            if end > _LONGEST_STAND_IN:
                raise DataFormatError(
                    source,
                    line,
                    f"offset {end} is beyond any document — expected at most {_LONGEST_STAND_IN:,} where the text is "
                    "missing and annotations stand in for it — correct the line, or place the text beside it.",
                )
            characters += [""] * (end - len(characters))
            for at, character in zip(range(start, end), quoted[position : position + end - start], strict=False):
                characters[at] = characters[at] or character
            position += max(end - start, 0) + 1  # one blank between fragments
    return "".join(character or " " for character in characters)


def _concepts_by_mention(found: _Annotations, source: str, lenient: bool) -> Mapping[str, list[str]]:
    given: dict[str, list[str]] = {}
    for line, mention, name in found.concepts:
        if mention in given:
            given[mention].append(name)
        elif mention in found.mentions:
            given[mention] = [name]
        elif not line:
            found.losses["note"] += 1
        elif lenient:
            found.losses["dangling concept"] += 1
        else:
            raise DataFormatError(
                source, line, f"concept {name!r} is given to {mention} — expected the id of a T line — correct it."
            )
    return given


def _relations(found: _Annotations, spans: Mapping[str, Span]) -> tuple[Relation, ...]:
    relations = []
    for label, role, name, other_role, other_name in (match.groups()[:5] for match in found.relations):
        if name in spans and other_name in spans:
            relations.append(Relation(label, ((role, spans[name]), (other_role, spans[other_name]))))
        else:
            found.losses["dangling relation"] += 1
    return tuple(relations)


def write(documents: Iterable[Document], path: str | Path) -> Counter[str]:
    """Writes a ``.txt`` and an ``.ann`` per document.

    An id with ``/`` goes into a subfolder. A repeated id gets ``-2``, ``-3`` … appended.

    Args:
        documents: What to write.
        path: The folder; other files in it stay.

    Returns:
        What brat cannot hold, counted: ``score``, ``passage`` and ``alternative`` (dropped), ``relation`` (left out
        unless it ties two spans; a role that is missing becomes ``Arg1`` or ``Arg2``), ``repeated id`` (renamed).

    Raises:
        ValueError: If an id would lead out of the folder, or a label holds white space.
    """
    losses: Counter[str] = Counter()
    counts: dict[str, int] = {}
    for document in documents:
        name = unused_id(document.id, counts)
        losses["repeated id"] += name != document.id
        losses["score"] += sum(span.score is not None for span in document.spans)
        losses["passage"] += len(document.passages)
        losses["alternative"] += len(document.alternatives)
        losses["relation"] += sum(not _is_held(relation) for relation in document.relations)
        _write_pair(document, _inside(Path(path), name))
    return +losses


def _is_held(relation: Relation) -> bool:
    """Whether brat has a line for it: two spans, under names that end where brat's do."""
    roles = [role for role, _ in relation.arguments if role]
    is_plain = _LABEL.fullmatch(relation.label) is not None and all(map(_ROLE.fullmatch, roles))
    return is_plain and len(relation.arguments) == len(relation.spans) == 2


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
    with writing(f"{stem}.ann") as file:  # first: a text alone would be read as one without spans
        file.write(annotations)
    with writing(f"{stem}.txt") as file:
        # A text's own U+FEFF at its very beginning would be read as a byte order mark; with one before, it is kept.
        file.write("\ufeff" * document.text.startswith("\ufeff") + document.text)


def _annotation_lines(document: Document) -> Iterator[str]:
    concept_count = 0
    numbers: dict[Span, int] = {}
    for number, span in enumerate(sorted(document.spans, key=lambda span: span.key), start=1):
        numbers[span] = number
        label = one_column(span.label, "label", document.id, " \t\r\n\f\v")
        offsets = ";".join(f"{start} {end}" for start, end in span.fragments)
        quoted = re.sub(r"[\t\r\n]", " ", span.slice(document.text))
        yield f"T{number}\t{label} {offsets}\t{quoted}\n"
        for concept in span.concepts:
            concept_count += 1
            name = one_column(concept.strip(), "concept", document.id, "\t\r\n")
            yield f"N{concept_count}\tReference T{number} {name}\t{quoted}\n"
    for number, relation in enumerate(filter(_is_held, document.relations), start=1):
        roles = (role or f"Arg{at}" for at, (role, _) in enumerate(relation.arguments, start=1))
        ties = " ".join(f"{role}:T{numbers[span]}" for role, span in zip(roles, relation.spans, strict=True))
        yield f"R{number}\t{relation.label} {ties}\n"
