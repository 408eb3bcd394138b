"""What one tag per word cannot hold: the gold spans that a tagger can never find.

The codec counts what training documents lose to words, windows and the tag scheme, and shows the sum, so that no gold
span disappears in silence and every score has its ceiling beside it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

_MEANING = {
    "discontinuous": "more than one fragment",
    "overlapping": "no tags hold it beside the spans kept",
    "unaligned": "a boundary inside a word",
    "crossing": "over the border of a sentence or window",
}


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
        lost = [
            f"lost {count} {kind} ({meaning})" for kind, meaning in _MEANING.items() if (count := getattr(self, kind))
        ]
        return "\n".join([f"{kept} of {self.total} spans kept: recall cannot exceed {ceiling}", *lost])

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
