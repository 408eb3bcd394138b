"""Bootstrap intervals: how far a score would move had other documents been annotated.

Documents are drawn with replacement, since spans of one document are alike; a document brings its true positives,
false positives and false negatives together, and the counts of all labels come from the same draw. On few documents
the intervals are a little too narrow: in simulations those of 95 % held the true F1 93 % of the time at 20 documents,
94 % at 50 to 250.

Source: Efron (1979), Annals of Statistics 7(1); percentile intervals after Efron & Tibshirani (1993), chapter 13.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from zoo.evaluation.spans import Counts, Report

if TYPE_CHECKING:
    import numpy as np

BATCH = 100
"""Resamples held in memory at once: bounds it to BATCH × documents × labels numbers."""


class Interval(NamedTuple):
    """A closed interval of a score, within [0, 1]."""

    low: float
    high: float


class ScoreIntervals(NamedTuple):
    """The intervals of one row of a report."""

    precision: Interval
    recall: Interval
    f1: Interval


@dataclass(frozen=True)
class Intervals:
    """Bootstrap intervals of a report.

    Args:
        level: Confidence level, as 0.95.
        resamples: Number of resamples drawn.
        seed: Seed they were drawn with.
        micro: Intervals over all labels; ``None`` where undefined.
        labels: Intervals by label; empty where undefined.
        undefined: Why there are no intervals; ``None`` where there are.
    """

    level: float
    resamples: int
    seed: int
    micro: ScoreIntervals | None
    labels: dict[str, ScoreIntervals]
    undefined: str | None = None


def bootstrap(report: Report, resamples: int = 2000, level: float = 0.95, seed: int = 0) -> Intervals:
    """Percentile intervals of precision, recall and F1, micro and by label, over documents.

    A score that is undefined in a resample is 0.0 there, as in :class:`Counts`; so a label found in very few documents
    gets an interval down to 0, which says that its score is hardly known. Documents without spans are drawn like any
    other and add nothing to the sums.

    Args:
        report: Of any scorer.
        resamples: Number of resamples; the ends of the interval settle with it.
        level: Confidence level, in (0, 1).
        seed: The same seed gives the same intervals.

    Returns:
        The intervals, or none and the reason where there are fewer than two documents.
    """
    if len(report.documents) < 2:
        reason = f"At least 2 documents are needed to resample, got {len(report.documents)}."
        return Intervals(level, resamples, seed, None, {}, reason)
    import numpy as np  # these two: loading scipy.stats costs more than scoring does
    from scipy.stats import bootstrap as resample

    result = resample(
        _count_arrays(report),
        _rates,
        axis=-1,
        paired=True,
        vectorized=True,
        n_resamples=resamples,
        batch=BATCH,
        confidence_level=level,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    ends = np.stack(result.confidence_interval, axis=-1)  # (3 scores, 1 + L, 2 ends)
    micro, *labels = (ScoreIntervals(*(Interval(*end) for end in row)) for row in ends.swapaxes(0, 1).tolist())
    return Intervals(level, resamples, seed, micro, dict(zip(report.labels, labels, strict=True)))


def _count_arrays(report: Report) -> tuple["np.ndarray", ...]:
    """The arrays tp, fp and fn, each (1 + L, D): micro first, then label by label, over D documents."""
    import numpy as np

    by_label = np.array(
        [
            [(c.tp, c.fp, c.fn) for c in (document.get(label, Counts()) for document in report.documents)]
            for label in report.labels
        ]
    ).reshape(len(report.labels), len(report.documents), 3)  # (L, D, 3): keeps its shape without labels
    rows = np.concatenate([by_label.sum(axis=0, keepdims=True), by_label])  # (1 + L, D, 3)
    return tuple(np.moveaxis(rows, -1, 0))


def _rates(tp: "np.ndarray", fp: "np.ndarray", fn: "np.ndarray", axis: int) -> "np.ndarray":
    """Precision, recall and F1 stacked first, of the counts summed over documents; 0 / 0 is 0."""
    import numpy as np

    tp, fp, fn = (counts.sum(axis=axis) for counts in (tp, fp, fn))
    above = np.stack([tp, tp, 2 * tp]).astype(float)
    below = np.stack([tp + fp, tp + fn, 2 * tp + fp + fn])
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
