r"""GENETAG, the format of BioCreative II gene mention: a folder with sentences, mentions and accepted alternatives.

::

    train.in        P00027739T0000 Serum gamma glutamyltransferase in the diagnosis of liver disease in cattle.
    GENE.eval       P00027739T0000|0 28|Serum gamma glutamyltransferase
    ALTGENE.eval    P00027739T0000|5 28|gamma glutamyltransferase

Offsets count the characters of the sentence that are not white space, and the end is inclusive. White space are the
six ASCII characters of Perl's ``\s`` (blank, tab, line feed, vertical tab, form feed, carriage return), since the task
and its evaluation were made of ASCII text and Perl. Any other character counts, the no-break space and U+2028 too.

Source: ``README.GM`` of the BioCreative II gene mention task; Smith et al. (2008), Overview of BioCreative II gene
mention recognition, Genome Biology 9 (Suppl 2):S2.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple, TextIO

from zoo.data.document import DataFormatError, Document, Span
from zoo.data.offsets import checked_span
from zoo.data.textfile import one_column, read_lines, unused_id, writing

GENE, ALTERNATIVE = "GENE.eval", "ALTGENE.eval"

_WHITE_SPACE = " \t\n\v\f\r"
_BLANK = re.compile(r"\s", re.ASCII)
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_MENTION = re.compile(r"([^|]+)\|([0-9]{1,9}) ([0-9]{1,9})\|(.*)", re.DOTALL)
_NOT_IN_IDS = f"|{_WHITE_SPACE}\ufeff"  # the last would be a byte order mark
_ID = re.compile(f"[^{_NOT_IN_IDS}]+")


def to_blankless(text: str, start: int, end: int) -> tuple[int, int]:
    """Character offsets as GENETAG counts them: without white space, end inclusive.

    White space at the span's ends is not seen, so that two spans that differ only by it are one.

    Args:
        text: The sentence.
        start: First character.
        end: One past the last character.

    Raises:
        ValueError: If the span holds nothing but white space.

    Examples:
        >>> to_blankless("a p53 gene", 2, 10)
        (1, 7)
    """
    return _counted(_blanks(text), start, end)


def _blanks(text: str) -> list[int]:
    """Where the characters are that do not count."""
    return [match.start() for match in _BLANK.finditer(text)]


def _counted(blanks: list[int], start: int, end: int) -> tuple[int, int]:
    first, after = (at - bisect_left(blanks, at) for at in (start, end))
    if first == after:
        raise ValueError(f"Expected a span with more than white space but got [{start}, {end}).")
    return first, after - 1


def from_blankless(text: str, first: int, last: int) -> tuple[int, int]:
    """The inverse of :func:`to_blankless`: character offsets of the sentence, half-open, without outer white space.

    Args:
        text: The sentence.
        first: How many characters other than white space come before the mention.
        last: The same for its last character.

    Raises:
        ValueError: If the offsets are in disorder, or reach past the end of the text.

    Examples:
        >>> from_blankless("a p53 gene", 1, 7)
        (2, 10)
    """
    return _placed(_counts(text), first, last)


def _counts(text: str) -> list[int]:
    """How many characters count up to each white space and, last, up to the end."""
    return [*accumulate(map(len, _BLANK.split(text)))]


def _placed(counts: list[int], first: int, last: int) -> tuple[int, int]:
    if not 0 <= first <= last < counts[-1]:
        raise ValueError(
            f"Expected offsets 0 <= first <= last < {counts[-1]} but got {first} and {last}: "
            "they count characters other than white space, end inclusive."
        )
    return first + bisect_right(counts, first), last + bisect_right(counts, last) + 1  # white space before each


class _Mention(NamedTuple):
    line: int
    first: int
    last: int
    quoted: str


_Mentions = dict[str, list[_Mention]]  # of each sentence


def read(path: str | Path, *, lenient: bool = False, label: str = "GENE") -> Iterator[Document]:
    """Reads a folder, or its sentences' file with what mentions lie beside it.

    Sentences are held one at a time; mentions, which may come in another order, all at once.

    Args:
        path: A folder with one ``*.in`` file, ``GENE.eval`` and, where there are alternatives, ``ALTGENE.eval``; or
            the ``*.in`` file, beside which either may be missing.
        lenient: Count what disagrees in ``losses`` instead of raising: ``quoted text differs`` (the offsets are
            trusted), ``beyond the text`` and ``impossible offsets`` (the mention is left out).
        label: The label of all spans: the format has none.

    Raises:
        DataFormatError: If a file is missing or a line is none of the format's, an id is repeated, a mention is of no
            sentence, or, unless ``lenient``, offsets and quoted text disagree. A mention without text is not compared.
        ValueError: If the label is empty.
    """
    if not label:
        raise ValueError("Expected a label for the mentions but got an empty one.")
    path = Path(path)
    sentences = _sentences_file(path) if path.is_dir() else path
    folder = sentences.parent
    if path.is_dir() and not (folder / GENE).exists():
        raise DataFormatError(
            path, 0, f"no {GENE} — expected it beside {sentences.name} — name that file to read sentences alone."
        )
    return _documents(sentences, folder / GENE, folder / ALTERNATIVE, label, lenient)


def _sentences_file(folder: Path) -> Path:
    files = sorted(folder.glob("*.in"))
    if len(files) != 1:
        found = ", ".join(file.name for file in files) or "none"
        raise DataFormatError(folder, 0, f"{found} found — expected one file *.in of sentences — name the one to read.")
    return files[0]


def _documents(path: Path, genes: Path, alternatives: Path, label: str, lenient: bool) -> Iterator[Document]:
    sources = [genes, alternatives]
    mentions = [_mentions(source) if source.exists() else {} for source in sources]
    seen: set[str] = set()
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip(_WHITE_SPACE):
            continue
        name, text = _sentence(line, path, number)
        if name in seen:
            raise DataFormatError(path, number, f"id {name!r} occurs twice — expected each once — rename one.")
        seen.add(name)
        losses: Counter[str] = Counter()
        spans, others = (
            tuple(_spans(text, found.pop(name, []), label, source, losses, lenient))
            for found, source in zip(mentions, sources, strict=True)
        )
        yield Document(name, text, spans, losses=losses, alternatives=others)
    for found, source in zip(mentions, sources, strict=True):
        _refuse_strays(found, source, path)


def _sentence(line: str, path: Path, number: int) -> tuple[str, str]:
    name, blank, text = line.partition(" ")
    if not blank or not _ID.fullmatch(name):
        raise DataFormatError(
            path,
            number,
            f"{line[:80]!r} is no sentence — expected an id without white space and '|', one blank and the text — "
            "check that the file is not cut off here.",
        )
    return name, text


def _mentions(path: Path) -> _Mentions:
    found: _Mentions = {}
    for number, line in enumerate(read_lines(path), start=1):
        if match := _MENTION.fullmatch(line):
            name, first, last, quoted = match.groups()
            found.setdefault(name, []).append(_Mention(number, int(first), int(last), quoted))
        elif line.strip(_WHITE_SPACE):
            raise DataFormatError(
                path,
                number,
                f"{line[:80]!r} is no mention — expected 'id|start end|text', as 'P00027739T0000|5 28|gamma "
                "glutamyltransferase' — check that the file is not cut off here.",
            )
    return found


def _spans(
    text: str, mentions: list[_Mention], label: str, source: Path, losses: Counter[str], lenient: bool
) -> Iterator[Span]:
    counts = _counts(text) if mentions else []
    for line, first, last, quoted in mentions:
        try:
            start, end = _placed(counts, first, last)
        except ValueError as error:
            if lenient:
                losses["beyond the text" if first <= last else "impossible offsets"] += 1
                continue
            raise DataFormatError(source, line, f"{error} Correct the line.") from error
        span = checked_span(text, ((start, end),), label, quoted or text[start:end], str(source), line, losses)
        if losses and not lenient:  # said here, since this format counts other characters than the checker says
            raise DataFormatError(
                source,
                line,
                f"the text at {first} {last} is {text[start:end]!r} — expected {quoted!r} as the line quotes it — "
                "offsets count characters other than white space, end inclusive; correct the line, or read leniently.",
            )
        if span is not None:
            yield span


def _refuse_strays(mentions: _Mentions, source: Path, sentences: Path) -> None:
    strays = [(lines[0].line, name) for name, lines in mentions.items()]
    if strays:
        line, name = min(strays)
        raise DataFormatError(
            source,
            line,
            f"a mention of {name[:40]!r} — expected an id of {sentences.name} — check that both files are whole and "
            "of one corpus.",
        )


def write(documents: Iterable[Document], path: str | Path, *, label: str | None = None) -> Counter[str]:
    """Writes ``text.in``, ``GENE.eval`` and, where a document has alternatives, ``ALTGENE.eval``.

    A text becomes one line: each character of a line break becomes a blank, which shifts no offset. A repeated id
    gets ``-2``, ``-3`` … appended. An ``ALTGENE.eval`` left from before goes where none is written.

    Args:
        documents: What to write.
        path: The folder; other files in it stay.
        label: The label to write, since the format has none; by default, all spans must have the same.

    Returns:
        What the format cannot hold, counted: ``line break``, ``repeated id`` (renamed); spans left out as
        ``other label``, ``discontinuous`` or ``only white space``; of those written ``outer white space`` (cut off),
        ``score`` and ``concept`` (dropped); ``passage`` and ``relation`` (dropped).

    Raises:
        ValueError: If there is more than one label and none is named, an id is empty or holds white space or ``|``,
            or the folder has another file of sentences.
    """
    folder = Path(path)
    for other in folder.glob("*.in"):
        if other.name != "text.in":
            raise ValueError(
                f"Expected a folder without other sentences but {folder} has {other.name}: write to another."
            )
    losses: Counter[str] = Counter()
    counts: dict[str, int] = {}  # of ids
    wanted = label
    with ExitStack() as stack:
        sentences = stack.enter_context(writing(folder / "text.in"))
        genes = stack.enter_context(writing(folder / GENE))
        alternatives: TextIO | None = None
        for document in documents:
            if label is None:
                wanted = _single_label(document, wanted)
            name = unused_id(one_column(document.id, "id", document.id, _NOT_IN_IDS), counts)
            losses.update(_lost(document, name))
            text = re.sub(r"[\r\n]", " ", document.text)
            sentences.write(f"{name} {text}\n")
            genes.writelines(_lines(name, text, document.spans, wanted, losses))
            lines = list(_lines(name, text, document.alternatives, wanted, losses))
            if lines and alternatives is None:
                alternatives = stack.enter_context(writing(folder / ALTERNATIVE))
            if alternatives is not None:
                alternatives.writelines(lines)
    if alternatives is None:
        (folder / ALTERNATIVE).unlink(missing_ok=True)
    return +losses


def _single_label(document: Document, known: str | None) -> str | None:
    """The one label of all documents up to this one, ``None`` while there was no span."""
    labels = {known} if known else set()
    labels |= {span.label for span in (*document.spans, *document.alternatives)}
    if len(labels) > 1:
        raise ValueError(
            f"Expected spans of one label but got {', '.join(sorted(labels))} up to document {document.id!r}: "
            "GENETAG holds none; name the one to write with the option label."
        )
    return next(iter(labels), None)


def _lost(document: Document, name: str) -> Counter[str]:
    return Counter(
        {
            "line break": len(_LINE_BREAK.findall(document.text)),
            "repeated id": int(name != document.id),
            "passage": len(document.passages),
            "relation": len(document.relations),
        }
    )


def _lines(name: str, text: str, spans: Iterable[Span], label: str | None, losses: Counter[str]) -> Iterator[str]:
    blanks = _blanks(text)
    for span in spans:
        if span.label != label:
            losses["other label"] += 1
        elif len(span.fragments) > 1:
            losses["discontinuous"] += 1
        elif not span.slice(text).strip(_WHITE_SPACE):
            losses["only white space"] += 1
        else:
            first, last = _counted(blanks, span.start, span.end)
            quoted = span.slice(text).strip(_WHITE_SPACE)
            losses["outer white space"] += quoted != span.slice(text)
            losses["score"] += span.score is not None
            losses["concept"] += bool(span.concepts)
            yield f"{name}|{first} {last}|{quoted}\n"
