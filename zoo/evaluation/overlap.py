"""The four evaluations of SemEval-2013 task 9.1: strict, exact, partial and type.

Predictions are taken from left to right; each is paired with at most one gold span that shares a character with it
and is still free: with the nearest that the protocol calls correct, else with the leftmost. So every prediction and
every gold span falls into one of five categories:

============  =====================  ==================  =============  ===================
protocol      correct (1 point)      overlaps only       gold alone     prediction alone
============  =====================  ==================  =============  ===================
``strict``    boundaries and label   incorrect           missed         spurious
``exact``     boundaries             incorrect           missed         spurious
``partial``   boundaries             partial (½ point)   missed         spurious
``type``      label                  incorrect           missed         spurious
============  =====================  ==================  =============  ===================

Precision is (correct + ½ partial) / predictions and recall (correct + ½ partial) / gold spans. The sums are those of
nervaluate 1.2, except, on purpose:

- Ends are exclusive, as everywhere here. Nervaluate takes them as inclusive, so that neighbours given to it with
  exclusive ends overlap.
- The order of the spans in a document plays no part: they are sorted. Nervaluate takes predictions as they come. Either
  way, where predictions overlap each other, one that is wrong may take the gold span that a later one has right:
  ``semeval-strict`` can then be below ``strict``, which compares sets.
- A span that occurs twice counts once, as in ``strict``. To nervaluate the second is spurious.
- Every label counts. Nervaluate leaves out spans whose label is not on the list it is given.
- One shared character is an overlap, as in the task. Nervaluate asks for 1 % of the gold span.
- A row of the report counts the pairs found among all spans: a pair of different labels that earns points (``exact``,
  ``partial``) earns them for the gold label, a spurious span counts against its own. So the rows sum to the micro row.
  A row of nervaluate looks at the spans of one label alone: that is :func:`matches_by_label`.
- Discontinuous spans, which nervaluate cannot have, have the same boundaries if all fragments are the same, and
  overlap if a character lies in a fragment of both.

Source: Segura-Bedmar, Martínez & Herrero-Zazo (2013), SemEval-2013 Task 9; the categories after Chinchor & Sundheim
(1993), MUC-5 Evaluation Metrics.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import NamedTuple

from zoo.data.document import Document, Span
from zoo.data.nearest import did_you_mean
from zoo.evaluation.places import SpanIndex, distinct
from zoo.evaluation.spans import Counts, Report, paired


@dataclass(frozen=True, slots=True)
class Matches:
    """Pairs and leftovers by category.

    Args:
        correct: Pairs worth a point.
        incorrect: Pairs worth nothing.
        partial: Pairs worth half a point.
        missed: Gold spans without a prediction.
        spurious: Predictions without a gold span.

    Examples:
        >>> counts = (Matches(correct=1, partial=1) + Matches(spurious=1, missed=2)).counts
        >>> counts.precision, counts.recall
        (0.5, 0.375)
    """

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0

    def __add__(self, other: "Matches") -> "Matches":
        theirs = asdict(other)
        return Matches(**{category: count + theirs[category] for category, count in asdict(self).items()})

    @property
    def possible(self) -> int:
        """Number of gold spans."""
        return self.correct + self.incorrect + self.partial + self.missed

    @property
    def actual(self) -> int:
        """Number of predictions."""
        return self.correct + self.incorrect + self.partial + self.spurious

    @property
    def counts(self) -> Counts:
        """The points as true positives, and what is lacking to predictions and gold spans as false ones."""
        points = self.correct + self.partial / 2 if self.partial else self.correct
        return Counts(points, self.actual - points, self.possible - points)


class Protocol(NamedTuple):
    """When a pair is correct, and what it is where it only overlaps."""

    is_correct: Callable[[Span, Span], bool]
    otherwise: str


PROTOCOLS = {
    "strict": Protocol(lambda true, found: true.key == found.key, "incorrect"),
    "exact": Protocol(lambda true, found: true.fragments == found.fragments, "incorrect"),
    "partial": Protocol(lambda true, found: true.fragments == found.fragments, "partial"),
    "type": Protocol(lambda true, found: true.label == found.label, "incorrect"),
}


def protocol_named(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        ValueError: If there is none; the message lists those that exist.
    """
    if name not in PROTOCOLS:
        hint = did_you_mean(name, PROTOCOLS)
        raise ValueError(f"Expected a protocol out of {', '.join(PROTOCOLS)} but got {name!r}.{hint}")
    return PROTOCOLS[name]


_POINTS = {"correct": 1, "partial": 0.5}


class Pair(NamedTuple):
    """A gold span and a prediction, or one of them alone, with its category (a field of :class:`Matches`)."""

    gold: Span | None
    predicted: Span | None
    category: str


def pair_spans(gold: Document, predicted: Document, protocol: str) -> list[Pair]:
    """Pairs the spans of a document: predictions from left to right, then the gold spans left over.

    Raises:
        ValueError: If there is no such protocol.

    Examples:
        >>> gold = Document("1", "rare cancer", (Span.of(5, 11, "Disease"),))
        >>> [pair.category for pair in pair_spans(gold, gold.with_spans([Span.of(0, 11, "Disease")]), "partial")]
        ['partial']
    """
    is_correct, otherwise = protocol_named(protocol)
    index, taken, pairs = SpanIndex(gold.spans), set(), []
    for found in distinct(predicted.spans):
        near = [span for span, _ in index.sharing(found) if span.key not in taken]
        right = [span for span in near if is_correct(span, found)]
        if not near:
            pairs.append(Pair(None, found, "spurious"))
            continue
        true = min(right, key=partial(_distance, found)) if right else near[0]
        taken.add(true.key)
        pairs.append(Pair(true, found, "correct" if right else otherwise))
    return pairs + [Pair(span, None, "missed") for span in index.spans if span.key not in taken]


def _distance(one: Span, other: Span) -> int:
    return abs(one.start - other.start) + abs(one.end - other.end)


def count_pairs(pairs: Iterable[Pair]) -> dict[str, Counts]:
    """The points of pairs as counts by label, labels sorted; their sum is :attr:`Matches.counts`."""
    totals: dict[str, Counts] = {}
    for true, found, category in pairs:
        points = _POINTS.get(category, 0)
        if true:
            totals[true.label] = totals.get(true.label, Counts()) + Counts(tp=points, fn=1 - points)
        if found and points < 1:
            totals[found.label] = totals.get(found.label, Counts()) + Counts(fp=1 - points)
    return dict(sorted(totals.items()))


def matches(gold: Sequence[Document], predicted: Sequence[Document], protocol: str) -> Matches:
    """The five categories over all spans.

    Raises:
        ValueError: As for :func:`zoo.evaluation.spans.paired` and :func:`pair_spans`.
    """
    return _sum(pair for true, found in paired(gold, predicted) for pair in pair_spans(true, found, protocol))


def matches_by_label(gold: Sequence[Document], predicted: Sequence[Document], protocol: str) -> dict[str, Matches]:
    """The five categories of each label as if there were no other, labels sorted: the entity rows of nervaluate.

    Boundaries can here be right only in spans of the right label, so that ``exact`` says what ``strict`` does.

    Raises:
        ValueError: As for :func:`matches`.
    """
    labels = {span.label for documents in (gold, predicted) for document in documents for span in document.spans}

    def only(label: str, documents: Sequence[Document]) -> list[Document]:
        return [document.with_spans([s for s in document.spans if s.label == label]) for document in documents]

    return {label: matches(only(label, gold), only(label, predicted), protocol) for label in sorted(labels)}


def score(gold: Sequence[Document], predicted: Sequence[Document], protocol: str) -> Report:
    """The report of one protocol.

    Args:
        gold: Documents with their true spans.
        predicted: The same documents, in the same order, with predicted spans.
        protocol: A key of :data:`PROTOCOLS`.

    Returns:
        A report of scorer ``semeval-<protocol>``; its figures are the five categories over all spans.

    Raises:
        ValueError: As for :func:`matches`.
    """
    protocol_named(protocol)  # also where there are no documents
    pairs = [pair_spans(true, found, protocol) for true, found in paired(gold, predicted)]
    figures = asdict(_sum(pair for document in pairs for pair in document))
    return Report(f"semeval-{protocol}", tuple(count_pairs(document) for document in pairs), figures=figures)


def _sum(pairs: Iterable[Pair]) -> Matches:
    return Matches(**Counter(pair.category for pair in pairs))
