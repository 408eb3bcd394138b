"""Are scores probabilities? Of the spans predicted with a score of 0.8, eight in ten should be right.

A predicted span is right iff it is a strict match. Spans that were never predicted have no score and play no part, so
this says nothing of recall.

Source: Naeini, Cooper & Hauskrecht (2015), AAAI (expected and maximum calibration error); Brier (1950), Monthly Weather
Review 78(1); Guo, Pleiss, Sun & Weinberger (2017), ICML (temperature scaling).
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from zoo.data.document import Document, Span
from zoo.evaluation.spans import paired

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike
    from rich.table import Table

Binning = Literal["equal width", "equal mass"]
BINNINGS: tuple[Binning, ...] = ("equal width", "equal mass")

CLIP = 1e-6
"""Scores are clipped to [CLIP, 1 − CLIP] where a logarithm is taken: a single wrong span with a score of 1 would
otherwise cost infinitely much."""

TEMPERATURES = (0.01, 100.0)
"""Fitted temperatures lie between these; the ends are reached where all spans are right, or scores say nothing."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Scored spans in an interval ``(low, high]`` of scores, the first one ``[low, high]``.

    Args:
        low: Lower edge.
        high: Upper edge.
        spans: Their number, at least 1.
        confidence: Their mean score.
        accuracy: The share of them that is right.
    """

    low: float
    high: float
    spans: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """How well scores fit the share of right spans.

    Args:
        binning: ``equal width`` or ``equal mass``.
        bins: The bins that are not empty.
        brier: Mean squared difference of score and correctness (1 or 0); bins play no part.
        nll: Mean negative log likelihood of the correctness, scores clipped by :data:`CLIP`.
    """

    binning: Binning
    bins: tuple[Bin, ...]
    brier: float
    nll: float

    @property
    def spans(self) -> int:
        """Number of scored spans."""
        return sum(each.spans for each in self.bins)

    @property
    def confidence(self) -> float:
        """Mean score."""
        return sum(each.spans * each.confidence for each in self.bins) / self.spans

    @property
    def accuracy(self) -> float:
        """The share of spans that is right: their strict precision."""
        return sum(each.spans * each.accuracy for each in self.bins) / self.spans

    @property
    def ece(self) -> float:
        """Expected calibration error: the mean of |accuracy − confidence| over bins, weighted by their spans."""
        return sum(each.spans * abs(each.accuracy - each.confidence) for each in self.bins) / self.spans

    @property
    def mce(self) -> float:
        """Maximum calibration error: the largest |accuracy − confidence| of a bin, however few spans it has."""
        return max(abs(each.accuracy - each.confidence) for each in self.bins)

    def to_dict(self) -> dict[str, Any]:
        """JSON values; scores are fractions of 1."""
        names = ("binning", "spans", "confidence", "accuracy", "ece", "mce", "brier", "nll")
        return {name: getattr(self, name) for name in names} | {"bins": [asdict(each) for each in self.bins]}


def scored_spans(gold: Sequence[Document], predicted: Sequence[Document]) -> tuple["np.ndarray", "np.ndarray"]:
    """The scores of the predicted spans and whether each is right, both of shape (spans,).

    Of spans of one document with the same fragments and label the surest counts alone.

    Raises:
        ValueError: If a predicted span has no score, or the two are not the same documents in the same order.
    """
    import numpy as np

    scores: list[float] = []
    correct: list[bool] = []
    for true, found in paired(gold, predicted):
        keys = {span.key for span in true.spans}
        surest: dict[tuple, float] = {}
        for span in found.spans:
            surest[span.key] = max(_score_of(span, found), surest.get(span.key, 0.0))
        scores += surest.values()
        correct += (key in keys for key in surest)
    return np.array(scores, dtype=float), np.array(correct, dtype=bool)


def _score_of(span: Span, document: Document) -> float:
    if span.score is None:
        raise ValueError(
            f"Expected predicted spans with scores but {span.label} at {span.start}–{span.end} of document "
            f"{document.id!r} has none: of the formats, jsonl holds them."
        )
    return span.score


def calibration(
    scores: "ArrayLike", correct: "ArrayLike", bins: int = 10, binning: Binning = "equal width"
) -> Calibration:
    """Compares scores with correctness, bin by bin.

    Args:
        scores: Probabilities of shape (spans,), as from :func:`scored_spans`.
        correct: Whether each span is right, of the same shape.
        bins: Number of bins, empty ones included.
        binning: ``equal width`` parts [0, 1] evenly; ``equal mass`` at the quantiles of the scores, so that bins hold
            about equally many spans. Equal scores share a bin; where that leaves bins empty there are fewer.

    Raises:
        ValueError: If there are no spans, shapes differ, a score is not in [0, 1], or an argument is out of range.

    Examples:
        >>> found = calibration([0.75, 0.75, 0.5, 0.5], [True, True, True, False], bins=2)
        >>> found.ece, found.mce, found.brier
        (0.125, 0.25, 0.15625)
    """
    import numpy as np

    p, y = _checked(scores, correct)
    if bins < 1:
        raise ValueError(f"Expected at least 1 bin but got {bins}.")
    if binning not in BINNINGS:
        raise ValueError(f"Expected a binning out of {', '.join(BINNINGS)} but got {binning!r}.")
    shares = np.linspace(0.0, 1.0, bins + 1)
    edges = shares if binning == "equal width" else np.quantile(p, shares)  # (bins + 1,)
    place = np.searchsorted(edges[1:-1], p)  # (spans,): an edge belongs to the bin below it
    found = tuple(
        Bin(float(edges[at]), float(edges[at + 1]), int(inside.sum()), float(p[inside].mean()), float(y[inside].mean()))
        for at in range(bins)
        if (inside := place == at).any()
    )
    return Calibration(binning, found, float(((p - y) ** 2).mean()), _nll(_logit(p), y))


def _checked(scores: "ArrayLike", correct: "ArrayLike") -> tuple["np.ndarray", "np.ndarray"]:
    import numpy as np

    p, y = np.asarray(scores, dtype=float), np.asarray(correct, dtype=float)
    if p.ndim != 1 or p.shape != y.shape or not p.size:
        raise ValueError(
            f"Expected one correctness per score, and at least one, but got shapes {p.shape} and {y.shape}."
        )
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"Expected scores between 0 and 1 but got {p[~((p >= 0) & (p <= 1))][0]}.")
    return p, y


def _logit(p: "np.ndarray") -> "np.ndarray":
    import numpy as np

    clipped = np.clip(p, CLIP, 1 - CLIP)
    return np.log(clipped) - np.log1p(-clipped)


def _nll(logits: "np.ndarray", y: "np.ndarray") -> float:
    """Mean of −log σ(logit) where right and −log σ(−logit) where wrong."""
    import numpy as np

    return float(np.logaddexp(0.0, np.where(y > 0, -logits, logits)).mean())


def fit_temperature(scores: "ArrayLike", correct: "ArrayLike") -> float:
    """The temperature T for which σ(logit(score) / T) best fits the correctness, by negative log likelihood.

    T > 1 says that scores are too sure, T < 1 that they are not sure enough. Fit it on spans that the scores to be
    rescaled do not come from, as those of a dev split. It changes no order and moves no score across 0.5.

    Args:
        scores: Probabilities of shape (spans,), clipped by :data:`CLIP`.
        correct: Whether each span is right, of the same shape.

    Returns:
        A number within :data:`TEMPERATURES`.

    Raises:
        ValueError: As for :func:`calibration`.
    """
    import math

    from scipy.optimize import minimize_scalar

    p, y = _checked(scores, correct)
    logits = _logit(p)
    low, high = (math.log(end) for end in TEMPERATURES)
    # The likelihood is concave in 1 / T, so it has one maximum over log T as well.
    found = minimize_scalar(
        lambda t: _nll(logits / math.exp(t), y), bounds=(low, high), method="bounded", options={"xatol": 1e-8}
    )
    return math.exp(found.x)


def rescale(scores: "ArrayLike", temperature: float) -> "np.ndarray":
    """Scores at a temperature: σ(logit(score) / T), of the same shape; 0 and 1 are clipped by :data:`CLIP` first.

    Raises:
        ValueError: If the temperature is not positive.
    """
    import numpy as np
    from scipy.special import expit

    if not temperature > 0:
        raise ValueError(f"Expected a positive temperature but got {temperature}.")
    return expit(_logit(np.asarray(scores, dtype=float)) / temperature)


def rescale_documents(documents: Iterable[Document], temperature: float) -> list[Document]:
    """The documents with the scores of their spans at a temperature; spans without a score stay as they are."""
    return [
        document.with_spans(
            [
                span if span.score is None else replace(span, score=float(rescale(span.score, temperature)))
                for span in document.spans
            ]
        )
        for document in documents
    ]


def render(calibrations: dict[str, Calibration]) -> "Table":
    """A table of one row per calibration, as ``{"before": …, "after": …}``; all but Brier and NLL are per cent."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title="calibration of strict spans")
    for heading in ("scores", "bins"):
        table.add_column(heading)
    for heading in ("spans", "precision", "mean score", "ECE", "MCE", "Brier", "NLL"):
        table.add_column(heading, justify="right")
    for name, each in calibrations.items():
        shares = (f"{100 * value:.2f}" for value in (each.accuracy, each.confidence, each.ece, each.mce))
        table.add_row(
            Text(name),
            f"{len(each.bins)} of {each.binning}",
            str(each.spans),
            *shares,
            f"{each.brier:.4f}",
            f"{each.nll:.4f}",
        )
    return table
