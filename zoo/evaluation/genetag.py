"""The official evaluation of BioCreative II gene mention (GM), in which annotators accept alternatives.

1. A gold mention is found if a prediction of its sentence has exactly its offsets, or exactly those of an alternative
   of the sentence that shares a character with the mention. It counts once, whatever else hits it; one prediction may
   find several mentions.
2. A prediction is wrong unless its offsets are those of a mention or of any alternative of its sentence, be it one that
   overlaps no mention. Each line counts: a wrong one that is repeated is wrong as often.

True positives are mentions found, in precision too: an alternative beside the mention itself is neither rewarded nor
punished, and tp + fp is not the number of predictions. Without true positives the original divides by zero; here all
scores are then 0.0.

Offsets are those of the official files: they count characters other than white space, the end is inclusive, and two
pairs are equal as numbers (the original compares how they are written). The files have no labels: a row of the report
counts mentions under their label in gold and wrong predictions under their own.

Source: Smith et al. (2008), Overview of BioCreative II gene mention recognition, Genome Biology 9 (Suppl 2):S2.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from zoo.data import textfile
from zoo.data.document import DataFormatError, Document, Span
from zoo.data.genetag import from_blankless, to_blankless
from zoo.evaluation.spans import Counts, Report, paired

Offsets = tuple[int, int]
"""First and last character of a mention, white space not counted."""

Lines = Mapping[str, Sequence[Offsets]]
"""The mentions of an official file by sentence id, each line once."""

_LINE = re.compile(r"([^|\s]+)\|([0-9]{1,9}) ([0-9]{1,9})(?:\|.*)?", re.DOTALL)


class Verdict(NamedTuple):
    """What became of one sentence: for each mention whether it was found, for each prediction whether it is wrong."""

    found: list[bool]
    wrong: list[bool]


def judge(genes: Sequence[Offsets], alternatives: Collection[Offsets], predicted: Sequence[Offsets]) -> Verdict:
    """Compares the mentions of one sentence.

    Examples:
        >>> judge(genes=[(5, 28)], alternatives=[(11, 28), (40, 45)], predicted=[(11, 28), (40, 45), (5, 29)])
        Verdict(found=[True], wrong=[False, False, True])
    """
    given = set(predicted)
    hit = [other for other in set(alternatives) if other in given]
    right = {*genes, *alternatives}
    return Verdict(
        found=[gene in given or any(_overlap(gene, other) for other in hit) for gene in genes],
        wrong=[offsets not in right for offsets in predicted],
    )


def _overlap(one: Offsets, other: Offsets) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def read_lines(path: str | Path) -> dict[str, list[Offsets]]:
    r"""Reads an official file: ``GENE.eval``, ``ALTGENE.eval`` or that of a participant.

    Lines are ``id|start end|text``; the text, which plays no part, may be missing.

    Raises:
        DataFormatError: If a line is another.
    """
    found: dict[str, list[Offsets]] = {}
    for number, line in textfile.numbered(textfile.read_lines(path)):
        if match := _LINE.fullmatch(line):
            found.setdefault(match[1], []).append((int(match[2]), int(match[3])))
        elif line.strip():
            raise DataFormatError(
                path,
                number,
                f"{line[:80]!r} is no mention — expected 'id|start end|text', as 'P00027739T0000|5 28|gamma "
                "glutamyltransferase' — check that the file is not cut off here.",
            )
    return found


def is_list(path: str | Path) -> bool:
    """Whether a file is such a list, from its first line."""
    first = next((line for line in textfile.read_lines(path) if line.strip()), "")
    return _LINE.fullmatch(first.strip()) is not None


def laid_on(gold: Sequence[Document], lines: Lines, lenient: bool = False) -> list[Document]:
    """Mentions of a list as spans of the gold sentences, whose label they take: the list has none.

    Args:
        gold: All sentences, with spans of one label.
        lines: As of :func:`read_lines`.
        lenient: Leave out mentions that are no place of the sentence, counted in ``losses`` as ``impossible offsets``,
            instead of raising. To the official evaluation they are wrong like others: :func:`score_lines` counts them.

    Returns:
        A document per sentence, in the same order.

    Raises:
        ValueError: If the gold spans have several labels, or a mention is of no sentence or no place of it.

    Examples:
        >>> gold = Document("s", "a p53 gene", (Span.of(2, 5, "GENE"),))
        >>> laid_on([gold], {"s": [(1, 7)]})[0].spans[0].slice(gold.text)
        'p53 gene'
    """
    labels = {span.label for document in gold for span in document.spans} or {"GENE"}
    if len(labels) > 1:
        raise ValueError(
            f"Expected gold spans of one label, as BioCreative II GM has, but got {', '.join(sorted(labels))}."
        )
    (label,) = labels
    if strays := sorted(lines.keys() - {document.id for document in gold}):
        raise ValueError(f"Expected mentions of the {len(gold)} gold sentences but got one of {strays[0]!r}.")
    return [_sentence(each, lines.get(each.id, ()), label, lenient) for each in gold]


def _sentence(gold: Document, offsets: Iterable[Offsets], label: str, lenient: bool) -> Document:
    spans, impossible = [], 0
    for first, last in offsets:
        try:
            spans.append(Span.of(*from_blankless(gold.text, first, last), label))
        except ValueError as error:
            if not lenient:
                raise ValueError(
                    f"{error} Correct the line {gold.id}|{first} {last}, or leave such lines out."
                ) from error
            impossible += 1
    losses = {"impossible offsets": impossible} if impossible else {}
    return Document(gold.id, gold.text, tuple(spans), losses=losses)


def score_lines(
    genes: Lines, alternatives: Lines, predicted: Lines, sentences: Collection[str] | None = None, label: str = "GENE"
) -> Report:
    """Scores the mentions of official files.

    Args:
        genes: ``GENE.eval``.
        alternatives: ``ALTGENE.eval``.
        predicted: A system's file; a sentence that the others do not have is one without mentions.
        sentences: Ids to which all three are restricted.
        label: Names the only row.

    Returns:
        A report of scorer ``bc2gm-official``; its documents are the sentences, by id.
    """
    ids = sorted({*genes, *alternatives, *predicted})
    documents = []
    for name in ids:
        if sentences is None or name in sentences:
            found, wrong = judge(genes.get(name, ()), alternatives.get(name, ()), predicted.get(name, ()))
            documents.append({label: Counts(sum(found), sum(wrong), found.count(False))})
    return Report("bc2gm-official", tuple(documents))


def score(gold: Sequence[Document], predicted: Sequence[Document]) -> Report:
    """Scores documents, each a sentence with its ``alternatives``.

    Every span is a line, be it there twice. Spans that are no line of an official file are in ``unscored``:
    ``discontinuous`` and ``only white space``.

    Args:
        gold: Documents as read: a copy made ``with_spans`` has lost its alternatives.
        predicted: The same documents, in the same order, with predicted spans.

    Returns:
        A report of scorer ``bc2gm-official``.

    Raises:
        ValueError: As for :func:`zoo.evaluation.spans.paired`.
    """
    lost: Counter[str] = Counter()
    documents = tuple(_count(true, found, lost) for true, found in paired(gold, predicted))
    return Report("bc2gm-official", documents, dict(sorted(lost.items())))


def _count(gold: Document, predicted: Document, lost: Counter[str]) -> dict[str, Counts]:
    genes, labels = _lines(gold.text, gold.spans, "gold", lost)
    alternatives, _ = _lines(gold.text, gold.alternatives, "alternative", lost)
    lines, line_labels = _lines(predicted.text, predicted.spans, "predicted", lost)
    found, wrong = judge(genes, alternatives, lines)
    tp = Counter(label for label, right in zip(labels, found, strict=True) if right)
    fn = Counter(labels) - tp
    fp = Counter(label for label, bad in zip(line_labels, wrong, strict=True) if bad)
    return {label: Counts(tp[label], fp[label], fn[label]) for label in sorted(tp | fp | fn)}


def _lines(text: str, spans: Iterable[Span], side: str, lost: Counter[str]) -> tuple[list[Offsets], list[str]]:
    """The offsets and the labels of the spans that are lines, and what is none counted in ``lost``."""
    offsets, labels = [], []
    for span in spans:
        if len(span.fragments) > 1:
            lost[f"{side} discontinuous"] += 1
        elif not text[span.start : span.end].strip(" \t\n\v\f\r"):
            lost[f"{side} only white space"] += 1
        else:
            offsets.append(to_blankless(text, span.start, span.end))
            labels.append(span.label)
    return offsets, labels
