"""What kind of errors a tagger makes: every false negative and every false positive in exactly one category.

An error is compared with the spans of the other side (a false negative with all predicted spans, a false positive with
all gold spans) that share a character with it, right ones included. The first category that applies counts:

1. ``classification``: the other side has these very fragments, with another label.
2. ``coordination``: one side has a whole where the other has two or more parts of it, as ``breast and ovarian cancer``
   against ``breast`` and ``ovarian cancer``. Parts lie within the whole and share characters with it; between one and
   the next stand coordinators (a table of words and signs), or nothing but blanks: an apposition, or a mention cut in
   two. The whole is an error, and so is every part that is not right; each of them counts here.
3. ``left boundary``: a span of the other side ends at the same character and begins elsewhere.
4. ``right boundary``: one begins at the same character and ends elsewhere.
5. ``fragments``: one begins and ends at the same characters and leaves out others between.
6. ``both boundaries``: one shares a character.
7. ``missing, several words`` and ``missing, one word``: a false negative where nothing was predicted.
8. ``spurious``: a false positive where nothing is gold.

Labels play a part in the first category alone, as in the source: a boundary is right or wrong whatever the label.

Source: Lyu, Chen, Ren & Ji (2017), BMC Bioinformatics 18:462, "Error analysis" and table 7.
"""

import random
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from zoo.data.conll import Segment, blank_words
from zoo.data.document import Document, Span
from zoo.evaluation.places import SpanIndex, WordIndex
from zoo.evaluation.spans import Report, paired, score

COORDINATORS = frozenset("and or and/or and-or nor & , ; / ( ) [ ] y e o u ni y/o".split())
"""Words (casefolded) and signs that join the parts of a coordination or an apposition, in English and Spanish."""

CONTEXT_WORDS = 8
"""Words shown on each side of an error, within its sentence."""

CONTEXT_CHARACTERS = 500
"""The longest context: it bounds the memory that errors on very long spans take."""

_TOKEN = re.compile(r"\w+(?:[-/]\w+)*|[^\w\s]")


class Category(StrEnum):
    """Kinds of errors, in order of precedence."""

    CLASSIFICATION = "classification"
    COORDINATION = "coordination"
    LEFT = "left boundary"
    RIGHT = "right boundary"
    FRAGMENTS = "fragments"
    BOTH = "both boundaries"
    MISSING = "missing, several words"
    MISSING_WORD = "missing, one word"
    SPURIOUS = "spurious"


_ORDER = {category: place for place, category in enumerate(Category)}


class Kind(StrEnum):
    """Which side has the span that the other lacks."""

    FALSE_NEGATIVE = "false negative"
    FALSE_POSITIVE = "false positive"


@dataclass(frozen=True, slots=True)
class Error:
    """One false negative or false positive.

    Args:
        document: Id.
        kind: A gold span not predicted, or a predicted span not gold.
        category: Its one category.
        span: The wrong span.
        others: The spans of the other side that decided the category: the parts of a coordination or its shortest
            whole, otherwise the nearest span; empty where there is none.
        words: How many words ``span`` touches.
        context: The text around it, of one sentence where it lies in one; each white space is one blank.
        context_start: Offset of the context in the document.
    """

    document: str
    kind: Kind
    category: Category
    span: Span
    others: tuple[Span, ...]
    words: int
    context: str
    context_start: int

    @property
    def gold(self) -> tuple[Span, ...]:
        """The gold spans among ``span`` and ``others``."""
        return (self.span,) if self.kind is Kind.FALSE_NEGATIVE else self.others

    @property
    def predicted(self) -> tuple[Span, ...]:
        """The predicted spans among ``span`` and ``others``."""
        return (self.span,) if self.kind is Kind.FALSE_POSITIVE else self.others

    def quote(self, spans: Sequence[Span]) -> str:
        """Spans as ``text [label]``, parted by bars, at most ten; a span beyond the context is cut."""
        quoted = [f"{' '.join(self._within(a, b) for a, b in s.fragments)} [{s.label}]" for s in spans[:10]]
        return " | ".join([*quoted, f"{len(spans) - 10} more"] if spans[10:] else quoted)

    def _within(self, start: int, end: int) -> str:
        return self.context[max(0, start - self.context_start) : max(0, end - self.context_start)]


@dataclass(frozen=True)
class ErrorAnalysis:
    """All errors of a tagger on some documents.

    Args:
        report: The strict report, whose ``fn`` and ``fp`` the errors add up to.
        errors: In the order of documents and offsets, the false negatives of a document before its false positives.
        confusion: Numbers of spans by gold and predicted label at the same fragments. Each gold span counts once: at
            its own label where it was predicted, else at a label predicted there, else at ``None``. The predicted
            spans whose fragments no gold span has are those of gold label ``None``.
    """

    report: Report
    errors: tuple[Error, ...]
    confusion: Counter[tuple[str | None, str | None]]

    @cached_property
    def counts(self) -> Counter[tuple[Kind, Category, str]]:
        """Numbers of errors by kind, category and label of the wrong span."""
        return Counter((error.kind, error.category, error.span.label) for error in self.errors)

    def total(self, kind: Kind, category: Category | None = None, label: str | None = None) -> int:
        """Number of errors of a kind, of one category and one label where they are given."""
        return sum(
            count
            for (a_kind, a_category, a_label), count in self.counts.items()
            if a_kind is kind and category in (None, a_category) and label in (None, a_label)
        )

    def examples(
        self, kind: Kind | None = None, category: Category | None = None, label: str | None = None
    ) -> Iterator[Error]:
        """The errors that are of this kind, category and label, where they are given."""
        for error in self.errors:
            if kind in (None, error.kind) and category in (None, error.category) and label in (None, error.span.label):
                yield error

    def sample(self, count: int, seed: int = 0) -> list[Error]:
        """Errors to read: at most so many, drawn from all documents, as evenly as can be of every kind and category."""
        before: Counter[tuple[Kind, Category]] = Counter()
        ranked = []
        for error in random.Random(seed).sample(self.errors, len(self.errors)):
            ranked.append((before[error.kind, error.category], error))
            before[error.kind, error.category] += 1
        chosen = [error for _, error in sorted(ranked, key=lambda row: row[0])[:count]]
        return sorted(chosen, key=lambda error: (error.kind, _ORDER[error.category]))

    def axes(self) -> tuple[list[str | None], list[str | None]]:
        """The gold and the predicted labels of the confusion matrix, in alphabetical order, ``None`` last."""
        one, other = (
            sorted({cell[side] for cell in self.confusion}, key=lambda label: (label is None, label or ""))
            for side in (0, 1)
        )
        return one, other


def analyse(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    segment: Segment = blank_words,
    coordinators: Collection[str] = COORDINATORS,
) -> ErrorAnalysis:
    """Puts every strict error into a category.

    Args:
        gold: Documents with their true spans.
        predicted: The same documents, in the same order, with predicted spans.
        segment: Gives a text's sentences as offsets of their words (as ``zoo.text.segment.Segmenter()``); words are
            counted and contexts cut by it.
        coordinators: Casefolded words and single signs that may stand between the parts of a coordination.

    Raises:
        ValueError: If the two are not the same documents in the same order.

    Examples:
        >>> gold = Document("1", "breast and ovarian cancer", (Span.of(0, 25, "Disease"),))
        >>> found = gold.with_spans([Span.of(0, 6, "Disease"), Span.of(11, 25, "Disease")])
        >>> [(error.kind.value, error.category.value) for error in analyse([gold], [found]).errors]
        [('false negative', 'coordination'), ('false positive', 'coordination'), ('false positive', 'coordination')]
    """
    errors: list[Error] = []
    confusion: Counter[tuple[str | None, str | None]] = Counter()
    for true, found in paired(gold, predicted):
        page = _Page(true, found, segment, coordinators)
        errors += page.errors()
        confusion += page.confusion()
    return ErrorAnalysis(score(gold, predicted), tuple(errors), confusion)


class _Page:
    """One document, gold and predicted."""

    def __init__(self, gold: Document, predicted: Document, segment: Segment, coordinators: Collection[str]) -> None:
        self.gold, self.coordinators = gold, coordinators
        self.words = WordIndex(segment(gold.text))
        self.true, self.found = ({span.key: span for span in document.spans} for document in (gold, predicted))
        self.wrong = {
            Kind.FALSE_NEGATIVE: [self.true[key] for key in sorted(self.true.keys() - self.found.keys())],
            Kind.FALSE_POSITIVE: [self.found[key] for key in sorted(self.found.keys() - self.true.keys())],
        }
        self.other_side = {
            Kind.FALSE_NEGATIVE: SpanIndex(self.found.values()),
            Kind.FALSE_POSITIVE: SpanIndex(self.true.values()),
        }

    def errors(self) -> Iterator[Error]:
        """The errors with their categories, false negatives first, each kind from left to right."""
        coordinated = self._coordinated()
        for kind, spans in self.wrong.items():
            for span in spans:
                words = self.words.count(span)
                category, nearest = self._nearest(kind, span, words)
                others: tuple[Span, ...] = () if nearest is None else (nearest,)
                if category is not Category.CLASSIFICATION and (kind, span) in coordinated:
                    category, others = Category.COORDINATION, tuple(coordinated[kind, span])
                yield Error(self.gold.id, kind, category, span, others, words, *self._context((span, *others)))

    def _nearest(self, kind: Kind, span: Span, words: int) -> tuple[Category, Span | None]:
        """The category, coordination left aside, and the span of the other side that decides it."""
        ranked = [
            (_ORDER[_category(span, other)], other.label != span.label, -shared, other.key, other)
            for other, shared in self.other_side[kind].sharing(span)
        ]
        if ranked:
            nearest = min(ranked, key=lambda row: row[:-1])[-1]
            return _category(span, nearest), nearest
        if kind is Kind.FALSE_POSITIVE:
            return Category.SPURIOUS, None
        return (Category.MISSING_WORD if words < 2 else Category.MISSING), None

    def _coordinated(self) -> dict[tuple[Kind, Span], list[Span]]:
        """The wrong spans that are the whole or a part of a coordination, with its parts or its (shortest) whole."""
        parts_of: dict[tuple[Kind, Span], list[Span]] = {}
        whole_of: dict[tuple[Kind, Span], list[Span]] = {}
        wrong = {(kind, span) for kind, spans in self.wrong.items() for span in spans}
        for kind, whole in sorted(wrong, key=lambda row: (row[1].end - row[1].start, row[1].key)):
            if parts := self._parts(whole, self.other_side[kind]):
                parts_of[kind, whole] = parts
                other_kind = Kind.FALSE_POSITIVE if kind is Kind.FALSE_NEGATIVE else Kind.FALSE_NEGATIVE
                for part in parts:
                    if (other_kind, part) in wrong:
                        whole_of.setdefault((other_kind, part), [whole])
        return whole_of | parts_of

    def _parts(self, whole: Span, index: SpanIndex) -> list[Span]:
        """The spans within the whole that a coordination joins to the next or the one before."""
        inside = [s for s, _ in index.sharing(whole) if whole.start <= s.start and s.end <= whole.end]
        starts = sorted({span.start for span in inside})
        firsts, seconds = set[Span](), set[int]()
        for span in inside:
            at = bisect_left(starts, span.end)
            if at < len(starts) and self._joins(span.end, starts[at]):
                firsts.add(span)
                seconds.add(starts[at])
        return [span for span in inside if span in firsts or span.start in seconds]

    def _joins(self, start: int, end: int) -> bool:
        return all(token[0].casefold() in self.coordinators for token in _TOKEN.finditer(self.gold.text, start, end))

    def _context(self, spans: Sequence[Span]) -> tuple[str, int]:
        start, end = min(span.start for span in spans), max(span.end for span in spans)
        first, last = self.words.touched(start, end)
        if first < last:
            first, last = self.words.around(first, last, CONTEXT_WORDS)
            start, end = min(start, self.words.starts[first]), max(end, self.words.ends[last - 1])
        return re.sub(r"\s", " ", self.gold.text[start : min(end, start + CONTEXT_CHARACTERS)]), start

    def confusion(self) -> Counter[tuple[str | None, str | None]]:
        """The cells of :attr:`ErrorAnalysis.confusion` for this document."""
        found_at = dict(sorted(self.found, reverse=True))  # the first label in the alphabet stays
        cells = Counter((label, label if (at, label) in self.found else found_at.get(at)) for at, label in self.true)
        true_at = {fragments for fragments, _ in self.true}
        return cells + Counter((None, label) for at, label in self.found if at not in true_at)


def _category(span: Span, other: Span) -> Category:
    """How two spans that share a character differ."""
    if span.fragments == other.fragments:
        return Category.CLASSIFICATION
    begins, ends = span.start == other.start, span.end == other.end
    if begins and ends:
        return Category.FRAGMENTS
    return Category.LEFT if ends else Category.RIGHT if begins else Category.BOTH
