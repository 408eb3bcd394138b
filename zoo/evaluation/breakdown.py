"""Strict scores by group of mentions: long or short, seen in training or not, nested or flat.

A gold span and a predicted span each fall into a group of their own, by their own words; so precision, recall and F1
are defined in every group, and the counts of the groups sum to those of the strict report.

Source: the split into seen and unseen after Augenstein, Derczynski & Bontcheva (2017), Computer Speech & Language 44.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from zoo.data.conll import Segment, blank_words
from zoo.data.document import Document, Span
from zoo.data.nearest import did_you_mean
from zoo.evaluation.places import SpanIndex, WordIndex, characters, distinct, surface
from zoo.evaluation.spans import Counts, Report, paired


@dataclass(frozen=True, slots=True)
class Grouping:
    """A way to part spans into groups.

    Args:
        name: As ``length``: the scorer of the report is ``strict by length``.
        groups: The names of all groups, in the order in which they are shown.
        of: Called once with a document, gold or predicted; gives the function from its spans to their groups.
    """

    name: str
    groups: tuple[str, ...]
    of: Callable[[Document], Callable[[Span], str]]


@dataclass(frozen=True)
class GroupReport(Report):
    """A report whose labels are groups, shown in their own order instead of the alphabet's.

    Args:
        groups: All groups; those without a span are not shown.
    """

    groups: tuple[str, ...] = ()

    @cached_property
    def labels(self) -> dict[str, Counts]:
        """Counts by group over all documents, in the order of ``groups``."""
        found = super().labels
        return {group: found[group] for group in self.groups if group in found}


def break_down(gold: Sequence[Document], predicted: Sequence[Document], grouping: Grouping) -> GroupReport:
    """Strict scores by group.

    A true positive counts in the group it has as a gold span. That can differ from the group of the predicted span
    only where a group depends on the other spans of the document, as in :func:`by_structure`.

    Args:
        gold: Documents with their true spans.
        predicted: The same documents, in the same order, with predicted spans.
        grouping: Of :func:`by_length`, :func:`by_seen`, :func:`by_frequency`, :func:`by_structure`, or one's own.

    Returns:
        A report whose labels are groups; intervals and tables are made of it as of any other.

    Raises:
        ValueError: If the two are not the same documents in the same order, or a span falls into an unnamed group.

    Examples:
        >>> gold = Document("1", "rare cancer, gout", (Span.of(5, 11, "Disease"), Span.of(13, 17, "Disease")))
        >>> found = gold.with_spans([Span.of(0, 11, "Disease"), Span.of(13, 17, "Disease")])
        >>> break_down([gold], [found], by_length()).labels
        {'1 word': Counts(tp=1, fp=0, fn=1), '2 words': Counts(tp=0, fp=1, fn=0)}
    """
    documents = tuple(_count_groups(true, found, grouping) for true, found in paired(gold, predicted))
    return GroupReport(f"strict by {grouping.name}", documents, groups=grouping.groups)


def _count_groups(gold: Document, predicted: Document, grouping: Grouping) -> dict[str, Counts]:
    true, found = ({span.key: span for span in document.spans} for document in (gold, predicted))
    group_of_true, group_of_found = grouping.of(gold), grouping.of(predicted)
    tp = Counter(group_of_true(true[key]) for key in true.keys() & found.keys())
    fp = Counter(group_of_found(found[key]) for key in found.keys() - true.keys())
    fn = Counter(group_of_true(true[key]) for key in true.keys() - found.keys())
    counted = tp | fp | fn
    if unknown := sorted(counted.keys() - set(grouping.groups)):
        raise ValueError(f"Expected groups out of {', '.join(grouping.groups)} but got {', '.join(unknown)}.")
    return {group: Counts(tp[group], fp[group], fn[group]) for group in grouping.groups if group in counted}


def by_length(segment: Segment = blank_words, longest: int = 5) -> Grouping:
    """Groups spans by the number of words they touch: ``1 word``, ``2 words``, … ``5+ words``.

    Args:
        segment: Gives a text's sentences as offsets of their words (as ``zoo.text.segment.Segmenter()``).
        longest: Spans of this many words or more are one group; those of none, which hold white space alone, go with
            those of one.

    Raises:
        ValueError: If ``longest`` is less than 2.
    """
    if longest < 2:
        raise ValueError(f"Expected the longest length to be at least 2 words but got {longest}.")
    groups = ("1 word", *(f"{words} words" for words in range(2, longest)), f"{longest}+ words")

    def of(document: Document) -> Callable[[Span], str]:
        words = WordIndex(segment(document.text))
        return lambda span: groups[min(max(1, words.count(span)), longest) - 1]

    return Grouping("length", groups, of)


def by_seen(training: Iterable[Document]) -> Grouping:
    """Groups spans by whether their surface is that of a mention in training, whatever its label.

    The groups are ``seen`` (the surface itself), ``seen in another case`` (only when both are casefolded) and
    ``unseen``. White space in a surface counts as one blank.

    Args:
        training: Documents with the spans a tagger was trained on.
    """
    groups = ("seen", "seen in another case", "unseen")
    exact = {surface(document, span) for document in training for span in document.spans}
    folded = {mention.casefold() for mention in exact}

    def of(document: Document) -> Callable[[Span], str]:
        def group(span: Span) -> str:
            mention = surface(document, span)
            return groups[0 if mention in exact else 1 if mention.casefold() in folded else 2]

        return group

    return Grouping("seen", groups, of)


_LEAST = (0, 1, 2, 5, 10, 50)
_TIMES = ("never", "once", "2–4 times", "5–9 times", "10–49 times", "50+ times")


def by_frequency(training: Iterable[Document]) -> Grouping:
    """Groups spans by how often their surface, casefolded, is a mention in training: ``never``, ``once``, ….

    Args:
        training: Documents with the spans a tagger was trained on; spans that repeat fragments and label of another
            count once.
    """
    times = Counter(surface(document, span).casefold() for document in training for span in distinct(document.spans))

    def of(document: Document) -> Callable[[Span], str]:
        return lambda span: _TIMES[bisect_right(_LEAST, times[surface(document, span).casefold()]) - 1]

    return Grouping("frequency", _TIMES, of)


def by_structure() -> Grouping:
    """Groups spans by how they lie to the others of their document, gold to gold and predicted to predicted.

    The first that applies of ``discontinuous`` (more than one fragment), ``crossing`` (shares characters with another
    span, and neither lies within the other), ``nested`` (lies within another, or another within it) and ``flat``.
    """
    return Grouping("structure", ("flat", "nested", "crossing", "discontinuous"), _structure)


def _structure(document: Document) -> Callable[[Span], str]:
    index = SpanIndex(document.spans)

    def group(span: Span) -> str:
        if len(span.fragments) > 1:
            return "discontinuous"
        others = [(other, count) for other, count in index.sharing(span) if other.key != span.key]
        if any(count < min(characters(span), characters(other)) for other, count in others):
            return "crossing"
        return "nested" if others else "flat"

    return group


GROUPINGS: dict[str, Callable[[Segment, Callable[[], Sequence[Document]]], Grouping]] = {
    "length": lambda segment, training: by_length(segment),
    "seen": lambda segment, training: by_seen(training()),
    "frequency": lambda segment, training: by_frequency(training()),
    "structure": lambda segment, training: by_structure(),
}
"""The groupings by name, made of a segmenter and of what gives the training documents where they are needed."""

OF_TRAINING = frozenset({"seen", "frequency"})
"""Groupings that compare with training documents."""


def check_groupings(names: Iterable[str]) -> list[str]:
    """The names of groupings, each once, in the order given.

    Raises:
        ValueError: If there is no such grouping; the message lists those that exist, and the nearest.
    """
    chosen = list(dict.fromkeys(names))
    for name in chosen:
        if name not in GROUPINGS:
            hint = did_you_mean(name, GROUPINGS)
            raise ValueError(f"Expected a grouping out of {', '.join(GROUPINGS)} but got {name!r}.{hint}")
    return chosen
