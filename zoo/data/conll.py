"""CoNLL columns: a word and its tag a line, a blank line after each sentence.

**Reading.** Columns are parted by tabs, or by blanks in a line without tabs. The text is rebuilt, since columns do not
tell what stood between words: words are joined by one blank, sentences by a line break, and offsets refer to that text
and not to the one that was annotated. A line ``-DOCSTART-`` or ``###MEDLINE:<id>`` begins a document; where there is
none, every sentence is a document of its own, ``<file>-<n>``. A line that begins with ``# `` is a comment unless it has
a tag in its place, since ``#`` is a legal word.

**Schemes.** IOB1, IOB2, BIOES and BILOU are read by one rule (:func:`zoo.data.tags.tags_to_spans`), BMEWO-V by its own.
Where none is named, the first thousand sentences tell which it is (:func:`zoo.data.tags.detect_scheme`).

**Writing.** Words and sentences come from the caller's segmenter. A tag sequence holds runs of whole words within a
sentence, overlapping ones only in BMEWO-V: what else there is, is counted.

Source: Tjong Kim Sang & De Meulder (2003), the CoNLL-2003 shared task; ``###MEDLINE`` after the JNLPBA 2004 task.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain, count, islice
from pathlib import Path
from typing import NamedTuple

from zoo.data.document import DataFormatError, Document, Span
from zoo.data.tags import WordSpan, detect_scheme, holdable, scheme_named, spans_to_tags, tags_to_spans
from zoo.data.textfile import numbered, one_column, part_of, read_lines, source_name, writing

Segment = Callable[[str], Sequence[Sequence[tuple[int, int]]]]
"""A text's sentences, each the character offsets of its words."""


class _Sentence(NamedTuple):
    words: list[str]
    tags: list[str]
    overlapping: list[tuple[str, str, int]]  # words with tags of BMEWO-V alone, and their lines


_LOOKED_AHEAD = 1000  # sentences and beginnings of documents
_OVERLAPPING = "BMEWO-V"
_ONLY_OVERLAPPING = "MWV"  # prefixes that no other scheme has
_COMMON = "BIELSU"  # all prefixes of the others
_TAG = re.compile(rf"O|[{_COMMON}{_ONLY_OVERLAPPING}]-\S+", re.ASCII)
_WORD = re.compile(r"\S+")
_LINE = re.compile(r"[^\n]+")
_UNSAFE = re.compile(r"[\t\r\n]|^-DOCSTART-")
_BEGINNING = re.compile(r"###MEDLINE:(?P<medline>\S+)\s*|-DOCSTART-(?:[ \t]+\((?P<named>.*)\)|[ \t].*)?")


def read(
    path: str | Path, *, word_column: int = 0, tag_column: int = -1, scheme: str | None = None
) -> Iterator[Document]:
    """Reads a file, holding at most a thousand sentences, or one document; ``-`` is standard input.

    Args:
        path: The file.
        word_column: Which column holds the word: 0 is the first, -1 the last.
        tag_column: Which column holds the tag.
        scheme: A key of :data:`zoo.data.tags.SCHEMES`, which all tags are to be of; by default, what the file shows.

    Raises:
        DataFormatError: As for :func:`parse`.
        ValueError: If the scheme is unknown, or a column is no whole number.
    """
    lines = enumerate(read_lines(path), start=1)
    return _checked_documents(lines, source_name(path), word_column, tag_column, scheme)


def read_tags(path: str | Path, *, word_column: int = 0, tag_column: int = -1) -> Iterator[list[tuple[str, str]]]:
    """Reads the sentences of a file as (word, tag) just as they stand in it, for scorers of tag sequences.

    Tags of any scheme are taken, legal or not; the beginnings of documents are passed over.

    Args:
        path: The file; ``-`` is standard input.
        word_column: Which column holds the word.
        tag_column: Which column holds the tag.

    Raises:
        DataFormatError: As for :func:`parse`.
        ValueError: If a column is no whole number.
    """
    _check_columns(word_column, tag_column)
    rows = _rows(enumerate(read_lines(path), start=1), source_name(path), word_column, tag_column, None)
    return ([*zip(row.words, row.tags, strict=True)] for row in rows if not isinstance(row, str))


def parse(
    lines: Iterable[str], source: str, *, word_column: int = 0, tag_column: int = -1, scheme: str | None = None
) -> Iterator[Document]:
    r"""Reads documents off lines.

    In IOB2 a span begins with ``B``. An ``I`` (or ``E``, ``L``, ``M``) that begins one all the same is read as its
    beginning and counted in ``losses`` as ``orphan inside tag``; in IOB1, spans begin so.

    Args:
        lines: Lines, with or without their ends.
        source: Where they come from, for messages; its stem names documents that have no id.
        word_column: Which column holds the word.
        tag_column: Which column holds the tag.
        scheme: A key of :data:`zoo.data.tags.SCHEMES`; by default, what the file shows.

    Raises:
        DataFormatError: If a line has another number of columns than the first, no word, no tag, or one that is not
            of the scheme (where none is named, only ``M``, ``W`` and ``V`` are held to theirs).
        ValueError: If the scheme is unknown, or a column is no whole number.

    Examples:
        >>> (document,) = parse(["Wilson\tB-Disease", "disease\tI-Disease", ".\tO"], "example")
        >>> document.text, document.spans[0].end
        ('Wilson disease .', 14)
    """
    return _checked_documents(numbered(lines), source, word_column, tag_column, scheme)


def _checked_documents(
    lines: Iterable[tuple[int, str]], source: str, word_column: int, tag_column: int, scheme: str | None
) -> Iterator[Document]:
    """Documents off numbered lines, once the arguments are found to be such."""
    _check_columns(word_column, tag_column)
    if scheme is not None:
        scheme_named(scheme)
    return _documents(_rows(lines, source, word_column, tag_column, scheme), source, scheme)


def _check_columns(*columns: int) -> None:
    for column in columns:
        if type(column) is not int:
            raise ValueError(f"Expected a column's number, 0 for the first or -1 for the last, but got {column!r}.")


def _documents(rows: Iterator[_Sentence | str], source: str, scheme: str | None) -> Iterator[Document]:
    if scheme is None:
        ahead = list(islice(rows, _LOOKED_AHEAD))
        rows = chain(ahead, rows)
        scheme = detect_scheme(row.tags for row in ahead if not isinstance(row, str))
    stem = part_of(Path(source).name, Path()).strip("<>")
    unnamed = (f"{stem}-{number}" for number in count(1))
    name: str | None = None  # of the document begun by a line of its own
    sentences: list[_Sentence] = []
    for row in rows:
        if isinstance(row, str):
            if name is not None:
                yield _document(name, sentences, source, scheme)
            name, sentences = row or next(unnamed), []
        elif name is not None:
            sentences.append(row)
        else:
            yield _document(next(unnamed), [row], source, scheme)
    if name is not None:
        yield _document(name, sentences, source, scheme)


def _rows(
    lines: Iterable[tuple[int, str]], source: str, word_column: int, tag_column: int, scheme: str | None
) -> Iterator[_Sentence | str]:
    """Sentences and, as a string (empty where it has no id), the beginning of each document."""
    needed = max(2, *(at + 1 if at >= 0 else -at for at in (word_column, tag_column)))
    prefixes = scheme_named(scheme).prefixes if scheme else _COMMON + _ONLY_OVERLAPPING
    legal = re.compile(rf"O|[{prefixes}]-\S+", re.ASCII)
    known: set[str] = set()  # legal tags that have come, but those of BMEWO-V alone
    sentence = _Sentence([], [], [])
    width = 0
    for number, line in lines:
        columns = line.split("\t")
        if len(columns) == width and columns[tag_column] in known and columns[word_column] and line[0] not in "#-":
            sentence.words.append(columns[word_column])  # nearly every line, so that the rest may take its time
            sentence.tags.append(columns[tag_column])
            continue
        beginning = _BEGINNING.fullmatch(line)
        if (beginning or not line.strip(" \t")) and sentence.words:
            yield sentence
            sentence = _Sentence([], [], [])
        if beginning:
            yield beginning["medline"] or beginning["named"] or ""
        elif line.strip(" \t"):
            columns = columns if "\t" in line else re.findall(r"[^ ]+", line)
            if line.startswith("# ") and not (len(columns) >= needed and _TAG.fullmatch(columns[tag_column])):
                continue
            width = width or len(columns)
            if len(columns) != width or width < needed:
                raise _misshapen(columns, max(width, needed), source, number)
            word, tag = columns[word_column], columns[tag_column]
            if not word or not legal.fullmatch(tag):
                raise _untagged(word, tag, prefixes if scheme else _COMMON, source, number)
            sentence.words.append(word)
            sentence.tags.append(tag)
            if tag[0] in _ONLY_OVERLAPPING:
                sentence.overlapping.append((word, tag, number))
            else:
                known.add(tag)
    if sentence.words:
        yield sentence


def _misshapen(columns: list[str], expected: int, source: str, number: int) -> DataFormatError:
    return DataFormatError(
        source,
        number,
        f"{len(columns)} columns in {columns} — expected {expected}, a word and its tag among them, "
        "as in the lines before — add or remove columns, or check that the file is not cut off here.",
    )


def _untagged(word: str, tag: str, prefixes: str, source: str, number: int) -> DataFormatError:
    *others, last = (f"{prefix}-" for prefix in prefixes)
    return DataFormatError(
        source,
        number,
        f"word {word!r} with tag {tag!r} — expected a word and a tag that is O or {', '.join(others)} or {last} with a "
        "label, as B-Disease — correct the line, or name other columns or another scheme.",
    )


def _document(name: str, sentences: Sequence[_Sentence], source: str, scheme: str | None) -> Document:
    text_parts: list[str] = []
    spans: list[Span] = []
    losses: Counter[str] = Counter()
    begin = 0  # of the sentence
    for words, tags, overlapping in sentences:
        if scheme != _OVERLAPPING and overlapping:
            word, tag, line = overlapping[0]
            raise _untagged(word, tag, _COMMON, source, line)
        text, found = joined(words, tags, scheme, losses, begin)
        spans += found
        text_parts.append(text)
        begin += len(text) + 1
    return Document(name, "\n".join(text_parts), tuple(spans), losses=+losses)


def joined(
    words: Sequence[str], tags: Sequence[str], scheme: str | None, losses: Counter[str], begin: int = 0
) -> tuple[str, list[Span]]:
    """The text of a sentence, its words joined by one blank, and the spans that its tags say.

    Args:
        words: As in the file.
        tags: One for each word.
        scheme: As for :func:`zoo.data.tags.tags_to_spans`.
        losses: Where ``orphan inside tag`` is counted.
        begin: Where the sentence begins in its document.
    """
    found = tags_to_spans(tags, scheme)
    spans: list[Span] = []
    if found:
        ends = [*accumulate(map(len, words), lambda end, length: end + 1 + length, initial=begin - 1)]
        spans = [Span.of(ends[first] + 1, ends[last], label) for first, last, label in found]
        if scheme != "IOB1":
            losses["orphan inside tag"] += sum(tags[first][0] in "IELM" for first, _, _ in found)
    return " ".join(words), spans


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

    A document begins with ``-DOCSTART- (<id>)``. Where a scheme cannot hold all of several overlapping spans, the
    longest is written.

    Args:
        documents: What to write.
        path: The file.
        scheme: A key of :data:`zoo.data.tags.SCHEMES`.
        segment: Gives a text's sentences as offsets of their words (as ``zoo.text.segment.Segmenter()``).

    Returns:
        What columns cannot hold, counted as :func:`held_spans` does, and ``white space in a word`` (a tab or line
        break, made a blank).

    Raises:
        ValueError: If the scheme is unknown, an id or label cannot stand in a line, or a word would be read as the
            beginning of a document.
    """
    scheme_named(scheme)
    losses: Counter[str] = Counter()
    with writing(path) as file:
        for document in documents:
            name = one_column(document.id, "id", document.id, "\t\r\n")
            file.write(f"-DOCSTART- ({name})\n\n")
            sentences = segment(document.text)
            for words, spans in zip(sentences, held_spans(document, sentences, scheme, losses), strict=True):
                for *_, label in spans:
                    one_column(label, "label", document.id, " \t\r\n\f\v")
                for (start, end), tag in zip(words, spans_to_tags(spans, len(words), scheme), strict=True):
                    word = document.text[start:end]
                    file.write(f"{_one_word(word, document, losses) if _UNSAFE.search(word) else word}\t{tag}\n")
                file.write("\n")
    return +losses


def _one_word(word: str, document: Document, losses: Counter[str]) -> str:
    if _BEGINNING.fullmatch(f"{word}\tO"):
        raise ValueError(
            f"Word {word!r} in document {document.id!r} cannot be written — expected none that begins a document of "
            "CoNLL columns — part it into several words, or write another format."
        )
    in_one_column = re.sub(r"[\t\r\n]", " ", word)
    losses["white space in a word"] += in_one_column != word
    return in_one_column


def held_spans(
    document: Document, sentences: Sequence[Sequence[tuple[int, int]]], scheme: str, losses: Counter[str]
) -> list[list[WordSpan]]:
    """The word spans of each sentence that its tags can hold, as writers of tags need them.

    Args:
        document: With the spans.
        sentences: The offsets of its words.
        scheme: A key of :data:`zoo.data.tags.SCHEMES`.
        losses: Where all else is counted: the other spans as ``discontinuous``, ``unaligned`` (not whole words of one
            sentence) and ``overlapping``; ``score`` and ``concept`` of those held; ``passage``, ``relation`` and
            ``alternative``; ``white space`` of documents whose words, joined as readers do, are not their text.
    """
    joined = "\n".join(" ".join(document.text[start:end] for start, end in words) for words in sentences)
    losses["white space"] += joined != document.text
    losses["passage"] += len(document.passages)
    losses["relation"] += len(document.relations)
    losses["alternative"] += len(document.alternatives)
    starts = {start: (index, at) for index, words in enumerate(sentences) for at, (start, _) in enumerate(words)}
    ends = {end: (index, at + 1) for index, words in enumerate(sentences) for at, (_, end) in enumerate(words)}
    aligned: list[dict[WordSpan, list[Span]]] = [{} for _ in sentences]
    for span in document.spans:
        sentence, first = starts.get(span.start, (-1, 0))
        last_sentence, last = ends.get(span.end, (-2, 0))
        if len(span.fragments) > 1:
            losses["discontinuous"] += 1
        elif sentence != last_sentence:
            losses["unaligned"] += 1
        else:
            aligned[sentence].setdefault((first, last, span.label), []).append(span)
    held = [holdable(list(spans), scheme) for spans in aligned]
    for spans, kept in zip(aligned, held, strict=True):
        losses["overlapping"] += sum(map(len, spans.values())) - len(kept)
        losses["score"] += sum(spans[place][0].score is not None for place in kept)
        losses["concept"] += sum(bool(spans[place][0].concepts) for place in kept)
    return held
