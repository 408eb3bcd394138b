"""The strict span scorer, and the report that every scorer of this room returns.

A scorer is a function that counts one pair of documents, as :func:`count_spans`, and a name for :class:`Report`.
Another protocol (partial overlap, tags, an official evaluation) is another file beside this one: it pairs documents
with :func:`paired`, counts in its own way and returns the same :class:`Report`. ``scorers`` names them all.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeVar

from zoo.data.document import Document

Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives and false negatives; a score that is undefined (0 / 0) is 0.0.

    Whole numbers, unless the protocol gives part of a point for a part of a span.

    Args:
        tp: Predicted spans that are gold.
        fp: Predicted spans that are not.
        fn: Gold spans that were not predicted.

    Examples:
        >>> counts = Counts(tp=3, fp=1, fn=0) + Counts(tp=0, fp=0, fn=3)
        >>> counts.precision, counts.recall, counts.f1
        (0.75, 0.5, 0.6)
        >>> Counts().f1
        0.0
    """

    tp: float = 0
    fp: float = 0
    fn: float = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def gold(self) -> float:
        """Number of gold spans (the support)."""
        return self.tp + self.fn

    @property
    def predicted(self) -> float:
        """Number of predicted spans."""
        return self.tp + self.fp

    @property
    def precision(self) -> float:
        """The share tp / (tp + fp); 0.0 where nothing was predicted."""
        return self.tp / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """The share tp / (tp + fn); 0.0 where nothing is gold."""
        return self.tp / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both, 2 tp / (2 tp + fp + fn); 0.0 where there are neither gold nor predicted spans."""
        both = self.gold + self.predicted
        return 2 * self.tp / both if both else 0.0


class Averages(NamedTuple):
    """Scores averaged over labels; this F1 is the mean of F1 scores, not the harmonic mean of the other two."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Report:
    """What a scorer found.

    The averages are those of scikit-learn and seqeval, over the labels found in gold or prediction; 0.0 where there
    are none.

    Args:
        scorer: The protocol's name, as ``strict``: no figure is shown without it.
        documents: Counts by label, one mapping per document, in the order of the documents; a label a document
            has neither in gold nor in prediction may be missing.
        unscored: Spans that the protocol cannot express and that are therefore not in the counts, by kind, as
            ``{"gold unaligned": 2}``.
        figures: What the protocol yields besides, by name, as ``{"accuracy": 0.98}``.
    """

    scorer: str
    documents: tuple[Mapping[str, Counts], ...]
    unscored: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def labels(self) -> dict[str, Counts]:
        """Counts by label over all documents, labels sorted."""
        totals: dict[str, Counts] = {}
        for document in self.documents:
            for label, counts in document.items():
                totals[label] = totals.get(label, Counts()) + counts
        return dict(sorted(totals.items()))

    @property
    def micro(self) -> Counts:
        """Counts over all labels."""
        return sum(self.labels.values(), Counts())

    @property
    def macro(self) -> Averages:
        """The unweighted mean over labels."""
        return self._mean([1] * len(self.labels))

    @property
    def weighted(self) -> Averages:
        """The mean over labels, each weighted by its number of gold spans; 0.0 where nothing is gold."""
        return self._mean([counts.gold for counts in self.labels.values()])

    @property
    def macro_f1(self) -> float:
        """The F1 of :attr:`macro`."""
        return self.macro.f1

    def _mean(self, weights: Sequence[float]) -> Averages:
        rows = [(counts.precision, counts.recall, counts.f1) for counts in self.labels.values()]
        total = sum(weights)
        if not total:
            return Averages(0.0, 0.0, 0.0)
        columns = zip(*rows, strict=True)
        return Averages(*(sum(w * x for w, x in zip(weights, column, strict=True)) / total for column in columns))


def count_spans(gold: Document, predicted: Document) -> dict[str, Counts]:
    """Counts strictly: a predicted span is right iff fragments and label equal those of a gold span.

    Spans of one document with the same fragments and label count once, in gold and in prediction; scores and
    concepts play no part. Fragments compare as written: two that touch are not the one they would make together.

    Args:
        gold: The document with its true spans.
        predicted: The same document with predicted spans.

    Returns:
        Counts by label, labels sorted; a label that occurs in neither is missing.

    Examples:
        >>> from zoo.data.document import Span
        >>> gold = Document("1", "rare cancer", (Span.of(5, 11, "Disease"),))
        >>> count_spans(gold, gold.with_spans([Span.of(0, 11, "Disease")]))
        {'Disease': Counts(tp=0, fp=1, fn=1)}
    """
    return count_keys({span.key for span in gold.spans}, {span.key for span in predicted.spans})


def count_keys(true: AbstractSet[tuple[Place, str]], found: AbstractSet[tuple[Place, str]]) -> dict[str, Counts]:
    """Counts two sets of pairs, each the place of something and its label: right is what is in both.

    Args:
        true: Gold pairs.
        found: Predicted pairs.

    Returns:
        Counts by label, labels sorted.
    """
    tp, fp, fn = (Counter(label for _, label in keys) for keys in (true & found, found - true, true - found))
    return {label: Counts(tp[label], fp[label], fn[label]) for label in sorted(tp | fp | fn)}


def score(gold: Sequence[Document], predicted: Sequence[Document]) -> Report:
    """The strict report: :func:`count_spans` over all documents.

    Args:
        gold: Documents with their true spans.
        predicted: The same documents, in the same order, with predicted spans.

    Returns:
        A report of scorer ``strict``.

    Raises:
        ValueError: If the two are not the same documents in the same order; the message names the first mismatch.
    """
    return Report("strict", tuple(count_spans(true, found) for true, found in paired(gold, predicted)))


def paired(gold: Sequence[Document], predicted: Sequence[Document]) -> Iterator[tuple[Document, Document]]:
    """Pairs each gold document with its prediction and checks that they are the same document.

    Predictions that come in another order, as from another folder, go through :func:`align` before.

    Raises:
        ValueError: If ids or texts differ at a position, or one sequence is longer; a differing id is named before
            a differing length, for it shows where a document was lost.
    """
    for position, (true, found) in enumerate(zip(gold, predicted, strict=False)):
        if true.id != found.id:
            raise ValueError(f"Expected document {true.id!r} at position {position} but got {found.id!r}.")
        if true.text != found.text:
            raise ValueError(
                f"Expected the gold text in document {true.id!r} (position {position}) but the predicted document's "
                f"differs from character {_first_difference(true.text, found.text)} on."
            )
        yield true, found
    if len(gold) != len(predicted):
        raise ValueError(f"Expected {len(gold)} predicted documents, one per gold document, but got {len(predicted)}.")


def _first_difference(one: str, other: str) -> int:
    shorter = min(len(one), len(other))
    return next((i for i in range(shorter) if one[i] != other[i]), shorter)


def align(gold: Sequence[Document], predicted: Sequence[Document]) -> list[Document]:
    """Brings predicted documents into the order of the gold documents, by their ids.

    An id that occurs as often on both sides is no mistake: those documents keep their order among themselves.

    Args:
        gold: Documents whose order decides.
        predicted: One document for each, in any order.

    Returns:
        The predicted documents, ready for :func:`paired`.

    Raises:
        ValueError: If an id is missing, superfluous, or occurs more or less often than in gold.

    Examples:
        >>> one, two = Document("1", "a"), Document("2", "b")
        >>> align([one, two], [two, one]) == [one, two]
        True
    """
    wanted, given = Counter(document.id for document in gold), Counter(document.id for document in predicted)
    if wanted != given:
        repeated = [name for name in wanted if given[name] and given[name] != wanted[name]]
        mistakes = [
            _named("missing", [name for name in wanted if not given[name]]),
            _named("not in gold", [name for name in given if not wanted[name]]),
            _named("not as often as in gold", [f"{name} ({given[name]} for {wanted[name]})" for name in repeated]),
        ]
        raise ValueError(
            f"Expected the {len(gold)} gold documents among the {len(predicted)} predicted ones, by their ids, but "
            f"got {'; '.join(filter(None, mistakes))}."
        )
    waiting: dict[str, list[Document]] = {}
    for document in reversed(predicted):
        waiting.setdefault(document.id, []).append(document)
    return [waiting[document.id].pop() for document in gold]


def _named(mistake: str, names: Sequence[str], shown: int = 5) -> str:
    """How many there are of a mistake and the first of them; empty where there is none."""
    listed = ", ".join([*names[:shown], *["…"] * (len(names) > shown)])
    return f"{len(names)} {mistake}: {listed}" if names else ""
