"""CoNLL columns: a word and its tag a line, a blank line after each sentence.

**Reading.** Columns are parted by tabs, or by blanks in a line without tabs. IOB1, IOB2, BIOES and BILOU are read by
one rule (:func:`zoo.data.tags.tags_to_spans`). The text is rebuilt: words joined by one blank, sentences by a line
break. A line ``-DOCSTART-`` or ``###MEDLINE:<id>`` begins a document; where there is none, every sentence is a
document of its own, ``<file>-<n>``. A line that begins with ``# `` is a comment unless its last column is a tag, since
``#`` is a legal word.

**Writing.** Words and sentences come from the caller's segmenter. A tag sequence holds flat runs of whole words within
a sentence: what else there is, is counted.

Source: Tjong Kim Sang & De Meulder (2003), the CoNLL-2003 shared task; ``###MEDLINE`` after the JNLPBA 2004 task.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path

from zoo.data.document import DataFormatError, Document, Span
from zoo.data.tags import OUTSIDE, WordSpan, scheme_named, spans_to_tags, tags_to_spans
from zoo.data.textfile import numbered, one_column, part_of, read_lines, source_name, writing

Segment = Callable[[str], Sequence[Sequence[tuple[int, int]]]]
"""A text's sentences, each the character offsets of its words."""

_Sentence = list[tuple[str, str]]  # words with their tags
_TAG = re.compile(r"O|[BIELSU]-\S+", re.ASCII)
_WORD = re.compile(r"\S+")
_LINE = re.compile(r"[^\n]+")
_BEGINNING = re.compile(r"###MEDLINE:(?P<medline>\S+)\s*|-DOCSTART-(?:[ \t]+\((?P<named>.*)\)|[ \t].*)?")


def read(path: str | Path, *, word_column: int = 0, tag_column: int = -1) -> Iterator[Document]:
    """Reads a file, holding one document at a time; ``-`` is standard input.

    Args:
        path: The file.
        word_column: Which column holds the word.
        tag_column: Which column holds the tag.

    Raises:
        DataFormatError: As for :func:`parse`.
    """
    return parse(read_lines(path), source_name(path), word_column=word_column, tag_column=tag_column)


def parse(lines: Iterable[str], source: str, *, word_column: int = 0, tag_column: int = -1) -> Iterator[Document]:
    r"""Reads documents off lines.

    In IOB2 a span begins with ``B``. An ``I`` (or ``E``, ``L``) that begins one all the same is read as its beginning
    and counted in ``losses`` as ``orphan inside tag``. IOB1 begins its spans so; a file is taken for IOB1 when its
    first tag other than ``O`` is an ``I``, until a ``B`` comes that IOB1 would not write.

    Args:
        lines: Lines, with or without their ends.
        source: Where they come from, for messages; its stem names documents that have no id.
        word_column: Which column holds the word.
        tag_column: Which column holds the tag.

    Raises:
        DataFormatError: If a line has another number of columns than the first, no word, or no tag.

    Examples:
        >>> (document,) = parse(["Wilson\tB-Disease", "disease\tI-Disease", ".\tO"], "example")
        >>> document.text, document.spans[0].end
        ('Wilson disease .', 14)
    """
    stem = part_of(Path(source).name, Path()).strip("<>")
    orphans = _Orphans()
    unnamed = (f"{stem}-{number}" for number in count(1))
    name: str | None = None  # of the document begun by a line of its own
    sentences: list[_Sentence] = []
    for row in _rows(lines, source, word_column, tag_column):
        if isinstance(row, str):
            if name is not None:
                yield _document(name, sentences, orphans)
            name, sentences = row or next(unnamed), []
        elif name is not None:
            sentences.append(row)
        else:
            yield _document(next(unnamed), [row], orphans)
    if name is not None:
        yield _document(name, sentences, orphans)


def _rows(lines: Iterable[str], source: str, word_column: int, tag_column: int) -> Iterator[_Sentence | str]:
    """Sentences as (word, tag) pairs and, as a string (empty where it has no id), the beginning of each document."""
    sentence: _Sentence = []
    width = 0
    for number, line in numbered(lines):
        beginning = _BEGINNING.fullmatch(line)
        if (beginning or not line.strip(" \t")) and sentence:
            yield sentence
            sentence = []
        if beginning:
            yield beginning["medline"] or beginning["named"] or ""
        elif line.strip(" \t"):
            columns = line.split("\t") if "\t" in line else re.findall(r"[^ ]+", line)
            if line.startswith("# ") and not _TAG.fullmatch(columns[-1]):
                continue
            width = width or len(columns)
            sentence.append(_word_and_tag(columns, width, source, number, word_column, tag_column))
    if sentence:
        yield sentence


def _word_and_tag(
    columns: list[str], width: int, source: str, number: int, word_column: int, tag_column: int
) -> tuple[str, str]:
    needed = max(2, *(at + 1 if at >= 0 else -at for at in (word_column, tag_column)))
    if len(columns) != width or width < needed:
        expected = max(width, needed)
        raise DataFormatError(
            source,
            number,
            f"{len(columns)} columns in {columns} — expected {expected}, a word and its tag among them, "
            "as in the lines before — add or remove columns, or check that the file is not cut off here.",
        )
    word, tag = columns[word_column], columns[tag_column]
    if not word or not _TAG.fullmatch(tag):
        raise DataFormatError(
            source,
            number,
            f"word {word!r} with tag {tag!r} — expected a word and a tag that is O or B-, I-, E-, L-, S- or U- with a "
            "label, as B-Disease — correct the line, or name other columns.",
        )
    return word, tag


class _Orphans:
    """Counts spans that begin with an inside tag, and tells IOB1, where they may."""

    def __init__(self) -> None:
        self.may_be_iob1: bool | None = None

    def count(self, tags: Sequence[str]) -> int:
        for before, tag in zip([OUTSIDE, *tags], tags, strict=False):
            if self.may_be_iob1 is None and tag != OUTSIDE:
                self.may_be_iob1 = tag.startswith("I-")
            elif tag.startswith("B-") and before[2:] != tag[2:]:
                self.may_be_iob1 = False
        begins = [tags[start] for start, _, _ in tags_to_spans(tags)]
        return 0 if self.may_be_iob1 else sum(tag[0] in "IEL" for tag in begins)


def _document(name: str, sentences: Sequence[_Sentence], orphans: _Orphans) -> Document:
    text_parts: list[str] = []
    spans: list[Span] = []
    losses: Counter[str] = Counter()
    sentence_start = 0
    for sentence in sentences:
        tags = [tag for _, tag in sentence]
        starts, ends, position = [], [], sentence_start
        for word, _ in sentence:
            starts.append(position)
            ends.append(position + len(word))
            position = ends[-1] + 1
        spans += [Span.of(starts[first], ends[last - 1], label) for first, last, label in tags_to_spans(tags)]
        losses["orphan inside tag"] += orphans.count(tags)
        text_parts.append(" ".join(word for word, _ in sentence))
        sentence_start = position
    return Document(name, "\n".join(text_parts), tuple(spans), losses=+losses)


def blank_words(text: str) -> list[list[tuple[int, int]]]:
    r"""The plainest segmenter: words are parted by white space, sentences by line breaks.

    Examples:
        >>> blank_words("No fever.\nPain")
        [[(0, 2), (3, 9)], [(10, 14)]]
    """
    sentences = [[word.span() for word in _WORD.finditer(text, *line.span())] for line in _LINE.finditer(text)]
    return [words for words in sentences if words]


def write(
    documents: Iterable[Document], path: str | Path, *, scheme: str = "IOB2", segment: Segment = blank_words
) -> Counter[str]:
    """Writes ``word<tab>tag`` lines to one file; ``-`` is standard output.

    A document begins with ``-DOCSTART- (<id>)``. Where spans overlap, the longest is written.

    Args:
        documents: What to write.
        path: The file.
        scheme: ``IOB2`` or ``BIOES``.
        segment: Gives a text's sentences as offsets of their words (as ``zoo.text.segment.Segmenter()``).

    Returns:
        What columns cannot hold, counted: spans left out as ``discontinuous``, ``unaligned`` (not whole words of one
        sentence) or ``overlapping``; ``score`` and ``concept`` of those that were written (dropped).

    Raises:
        ValueError: If the scheme is unknown, or an id or label cannot stand in a line.
    """
    scheme_named(scheme)
    losses: Counter[str] = Counter()
    with writing(path) as file:
        for document in documents:
            name = one_column(document.id, "id", document.id, "\t\r\n")
            file.write(f"-DOCSTART- ({name})\n\n")
            sentences = segment(document.text)
            flat = _flat_spans(document, sentences, losses)
            for index, words in enumerate(sentences):
                tags = spans_to_tags(flat.get(index, []), len(words), scheme)
                for (start, end), tag in zip(words, tags, strict=True):
                    word = re.sub(r"[\t\r\n]", " ", document.text[start:end])
                    file.write(f"{word}\t{tag}\n")
                file.write("\n")
    return +losses


def _flat_spans(
    document: Document, sentences: Sequence[Sequence[tuple[int, int]]], losses: Counter[str]
) -> dict[int, list[WordSpan]]:
    """The word spans of each sentence that columns can hold; the longest first, so that it wins."""
    starts = {start: (index, at) for index, words in enumerate(sentences) for at, (start, _) in enumerate(words)}
    ends = {end: (index, at + 1) for index, words in enumerate(sentences) for at, (_, end) in enumerate(words)}
    flat: dict[int, list[WordSpan]] = {}
    for span in sorted(document.spans, key=lambda span: (span.start - span.end, span.key)):
        sentence, first = starts.get(span.start, (-1, 0))
        last_sentence, last = ends.get(span.end, (-2, 0))
        taken = flat.setdefault(sentence, [])
        if len(span.fragments) > 1:
            losses["discontinuous"] += 1
        elif sentence != last_sentence:
            losses["unaligned"] += 1
        elif any(first < other_last and other_first < last for other_first, other_last, _ in taken):
            losses["overlapping"] += 1
        else:
            taken.append((first, last, one_column(span.label, "label", document.id, " \t\r\n\f\v")))
            losses["score"] += span.score is not None
            losses["concept"] += bool(span.concepts)
    return flat
