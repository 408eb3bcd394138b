"""What one tag per word cannot hold: the gold spans that a tagger can never find.

The codec counts what training documents lose to words, windows and the tag scheme, and shows the sum, so that no gold
span disappears in silence and every score has its ceiling beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from zoo.data.document import Span
from zoo.data.tags import holdable


@dataclass(frozen=True, slots=True)
class Flattening:
    """Spans counted, and those lost, each under one kind: ``overlapping`` only where no other applies.

    Args:
        total: Spans there were, those with the same fragments and label of one document counted once, as the strict
            scorer does.
        discontinuous: Lost: more than one fragment.
        overlapping: Lost: overlaps spans that were kept, in a way that the tag scheme cannot hold.
        unaligned: Lost: begins or ends inside a word.
        crossing: Lost: crosses the border of a sentence or window.

    Examples:
        >>> print(Flattening(total=10, overlapping=2) + Flattening(total=10, discontinuous=1))
        17 of 20 spans kept: recall cannot exceed 85.0 %
        lost 1 discontinuous (more than one fragment)
        lost 2 overlapping (no tags hold it beside the spans kept)
        lost 0 unaligned (a boundary inside a word)
        lost 0 crossing (over the border of a sentence or window)
    """

    total: int = 0
    discontinuous: int = 0
    overlapping: int = 0
    unaligned: int = 0
    crossing: int = 0

    @property
    def lost(self) -> int:
        """Spans lost, of all kinds."""
        return self.discontinuous + self.overlapping + self.unaligned + self.crossing

    @property
    def recall_ceiling(self) -> float:
        """The strict recall of a tagger that makes no mistake: kept / total; 1.0 where there are no spans."""
        return 1 - self.lost / self.total if self.total else 1.0

    def __add__(self, other: "Flattening") -> "Flattening":
        theirs = asdict(other)
        return Flattening(**{kind: count + theirs[kind] for kind, count in asdict(self).items()})

    def __str__(self) -> str:
        kept, ceiling = self.total - self.lost, f"{100 * self.recall_ceiling:.1f} %"
        return "\n".join(
            [
                f"{kept} of {self.total} spans kept: recall cannot exceed {ceiling}",
                f"lost {self.discontinuous} discontinuous (more than one fragment)",
                f"lost {self.overlapping} overlapping (no tags hold it beside the spans kept)",
                f"lost {self.unaligned} unaligned (a boundary inside a word)",
                f"lost {self.crossing} crossing (over the border of a sentence or window)",
            ]
        )

    def to_dict(self) -> dict[str, int]:
        """The counts, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, counts: Mapping[str, int]) -> "Flattening":
        """The inverse of :meth:`to_dict`.

        Raises:
            TypeError: If a key is none of the counts.
        """
        return cls(**counts)


def flatten(spans: Sequence[Span]) -> tuple[list[Span], Flattening]:
    """Keeps a maximal set of spans of one document that one tag per character could hold.

    Discontinuous spans are dropped first, so that they take no room from others. The rest are tried in a fixed
    order: longest first, then leftmost, then by label; each is kept iff it shares no character with one kept
    before. No dropped continuous span could be added to the result (it is maximal, though not always the largest
    such set). Of spans with the same fragments and label the surest is tried, and counted, alone. The input's order
    plays no part.

    Args:
        spans: Of one document, in any order.

    Returns:
        The kept spans from left to right, and the count of the spans seen and lost.

    Examples:
        >>> inner, outer = Span.of(7, 13, "Disease"), Span.of(0, 13, "Disease")
        >>> kept, report = flatten([inner, outer])
        >>> kept == [outer], report.overlapping
        (True, 1)
    """
    distinct: dict[tuple, Span] = {}
    for span in sorted(spans, key=_surest_first):
        distinct.setdefault(span.key, span)
    continuous = {(span.start, span.end, span.label): span for span in distinct.values() if len(span.fragments) == 1}
    kept = [continuous[place] for place in holdable(list(continuous), "IOB2")]
    report = Flattening(
        total=len(distinct),
        discontinuous=len(distinct) - len(continuous),
        overlapping=len(continuous) - len(kept),
    )
    return kept, report


def _surest_first(span: Span) -> tuple:
    """Among spans with the same key, a gold one last; concepts decide where scores are equal."""
    return span.score is None, -(span.score or 0.0), span.concepts
