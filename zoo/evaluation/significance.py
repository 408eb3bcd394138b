"""Is one system better than another? Tests of two systems on the same documents.

Documents are the units that are drawn or swapped, since spans of one document are alike; a test of the difference says
nothing of other corpora, nor of other seeds of the same training. All p-values are two-sided, and estimated ones are
(c + 1) / (n + 1), so that none is 0. Randomization keeps its level on any number of documents; of few documents the
bootstrap calls equal systems different too often (7 % of the time at 20 documents, 5 % at 200, in simulations).

Source: Noreen (1989), Computer-Intensive Methods for Testing Hypotheses; Efron & Tibshirani (1993), An Introduction to
the Bootstrap; Koehn (2004), EMNLP; Berg-Kirkpatrick, Burkett & Klein (2012), EMNLP.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from zoo.evaluation.bootstrap import Interval
from zoo.evaluation.spans import Counts, Report

if TYPE_CHECKING:
    import numpy as np
    from rich.table import Table

Metric = Literal["precision", "recall", "f1"]
METRICS: tuple[Metric, ...] = ("precision", "recall", "f1")

BATCH = 1_000_000
"""Numbers held in memory at once: resamples × documents of a batch."""

MOST_EXACT = 16
"""The most documents that are swapped in every way there is: two to this power are 65,536 ways."""

TOLERANCE = 1e-12
"""Differences of scores this close are equal: they differ by rounding alone."""


class BootstrapTest(NamedTuple):
    """What the paired bootstrap says of a difference.

    Args:
        interval: Percentile interval of the difference.
        p: Share of resamples whose difference is as far from the observed one as that is from 0, or further. Resamples
            scatter around the observed difference, where a test needs them around 0, so they are moved there
            (Berg-Kirkpatrick et al.); in the two-sided form, |δ* − δ| ≥ |δ|.
        p_sign: Twice the share of resamples that do not have the observed sign, at most 1. One minus half of it is
            the confidence of Koehn (2004); it is 0.05 where the 95 % interval begins at 0.
    """

    interval: Interval
    p: float
    p_sign: float


class RandomizationTest(NamedTuple):
    """What the randomization test says of a difference.

    Args:
        p: Share of the swaps whose difference is as large as the observed one, whatever its sign, or larger.
        swaps: Number of ways the two systems' documents were swapped.
        exact: Whether these are all ways there are.
    """

    p: float
    swaps: int
    exact: bool


@dataclass(frozen=True)
class Comparison:
    """Two systems compared by one metric, micro over all labels.

    Args:
        scorer: The protocol's name, as ``strict``.
        metric: What is compared.
        documents: Number of documents.
        first: Score of the first system.
        second: Score of the second system.
        bootstrap: The paired bootstrap of ``first - second``.
        randomization: The randomization test of it.
        resamples: Resamples drawn by the bootstrap.
        level: Confidence level of the interval.
        seed: Seed of both tests.
    """

    scorer: str
    metric: Metric
    documents: int
    first: float
    second: float
    bootstrap: BootstrapTest
    randomization: RandomizationTest
    resamples: int
    level: float
    seed: int

    @property
    def difference(self) -> float:
        """By how much the first system is better; negative where it is worse."""
        return self.first - self.second

    def to_dict(self) -> dict[str, Any]:
        """JSON values; scores are fractions of 1."""
        bootstrap = self.bootstrap._asdict() | {"interval": list(self.bootstrap.interval)}
        tests = {"bootstrap": bootstrap, "randomization": self.randomization._asdict()}
        return asdict(self) | {"difference": self.difference} | tests


def compare(
    first: Report, second: Report, metric: Metric = "f1", resamples: int = 10_000, level: float = 0.95, seed: int = 0
) -> Comparison:
    """Compares two systems by :func:`paired_bootstrap` and :func:`randomize`, with their arguments and errors.

    Examples:
        >>> first = Report("strict", ({"Gene": Counts(tp=9, fn=1)}, {"Gene": Counts(tp=8, fn=2)}))
        >>> second = Report("strict", ({"Gene": Counts(tp=5, fn=5)}, {"Gene": Counts(tp=6, fn=4)}))
        >>> compare(first, second, "recall").randomization  # two of four swaps are as extreme: none, and both
        RandomizationTest(p=0.5, swaps=4, exact=True)
    """
    bootstrap = paired_bootstrap(first, second, metric, resamples, level, seed)
    randomization = randomize(first, second, metric, resamples, seed)
    scores = getattr(first.micro, metric), getattr(second.micro, metric)
    documents = len(first.documents)
    return Comparison(first.scorer, metric, documents, *scores, bootstrap, randomization, resamples, level, seed)


def paired_bootstrap(
    first: Report, second: Report, metric: Metric = "f1", resamples: int = 10_000, level: float = 0.95, seed: int = 0
) -> BootstrapTest:
    """The bootstrap of the difference of two systems: each resample draws the same documents for both.

    Args:
        first: Report of one system.
        second: Report of the other.
        metric: Micro over all labels; 0.0 in a resample where it is undefined.
        resamples: Number of resamples.
        level: Confidence level of the interval, in (0, 1).
        seed: The same seed gives the same result.

    Raises:
        ValueError: If the reports differ in scorer, in their number of documents (at least 2) or in the gold counts
            of a document; or an argument is out of range.
    """
    import numpy as np

    _check(metric, resamples, level)
    counts = np.concatenate(_counts(first, second), axis=1)  # (D, 6)
    generator = np.random.default_rng(seed)
    drawn = np.concatenate([weights @ counts for weights in _drawn(len(counts), resamples, generator)])  # (R, 6)
    differences = _score(drawn[:, :3], metric) - _score(drawn[:, 3:], metric)
    observed = getattr(first.micro, metric) - getattr(second.micro, metric)
    tail = (1 - level) / 2
    low, high = np.quantile(differences, [tail, 1 - tail]).tolist()
    other_sign = min((differences <= TOLERANCE).sum(), (differences >= -TOLERANCE).sum())
    return BootstrapTest(
        Interval(low, high),
        _p((abs(differences - observed) >= abs(observed) - TOLERANCE).sum(), resamples),
        min(1.0, 2 * _p(other_sign, resamples)),
    )


def randomize(
    first: Report, second: Report, metric: Metric = "f1", resamples: int = 10_000, seed: int = 0
) -> RandomizationTest:
    """The randomization test: were the systems equal, either could have given either's spans of a document.

    The counts of each document are swapped between the systems with probability 1/2. Documents on which both have the
    same counts play no part; where all ways to swap the others are no more than ``resamples`` (and these documents no
    more than :data:`MOST_EXACT`), all are taken, and the p-value is exact.

    Arguments and errors are those of :func:`paired_bootstrap`; ``resamples`` is the number of random swaps.
    """
    import numpy as np

    _check(metric, resamples)
    ours, theirs = _counts(first, second)
    change = (theirs - ours)[(ours != theirs).any(axis=1)]  # (C, 3): what a swap adds to the first system's counts
    exact = len(change) <= MOST_EXACT and 2 ** len(change) <= resamples
    generator = np.random.default_rng(seed)
    patterns = _all_swaps(len(change)) if exact else _random_swaps(len(change), resamples, generator)
    added = np.concatenate([pattern @ change for pattern in patterns])  # (R, 3)
    differences = _score(ours.sum(axis=0) + added, metric) - _score(theirs.sum(axis=0) - added, metric)
    observed = getattr(first.micro, metric) - getattr(second.micro, metric)
    extreme = (abs(differences) >= abs(observed) - TOLERANCE).sum()
    return RandomizationTest(float(extreme / len(added)) if exact else _p(extreme, resamples), len(added), exact)


def _check(metric: str, resamples: int, level: float = 0.5) -> None:
    if metric not in METRICS:
        raise ValueError(f"Expected a metric out of {', '.join(METRICS)} but got {metric!r}.")
    if resamples < 1:
        raise ValueError(f"Expected at least 1 resample but got {resamples}.")
    if not 0 < level < 1:
        raise ValueError(f"Expected a confidence level between 0 and 1 but got {level}.")


def _counts(first: Report, second: Report) -> tuple["np.ndarray", "np.ndarray"]:
    """The counts tp, fp and fn of both systems, each (D, 3) over documents, checked to be comparable."""
    import numpy as np

    if first.scorer != second.scorer:
        raise ValueError(f"Expected two reports of one scorer but got {first.scorer!r} and {second.scorer!r}.")
    if len(first.documents) != len(second.documents) or len(first.documents) < 2:
        raise ValueError(
            "Expected two reports over the same documents, at least 2, "
            f"but got {len(first.documents)} and {len(second.documents)}."
        )
    both = []
    for report in (first, second):
        sums = [sum(document.values(), Counts()) for document in report.documents]
        both.append(np.array([(counts.tp, counts.fp, counts.fn) for counts in sums], dtype=float))
    gold = [counts[:, 0] + counts[:, 2] for counts in both]
    if (different := np.flatnonzero(abs(gold[0] - gold[1]) > 1e-6)).size:
        at = int(different[0])
        raise ValueError(
            f"Expected two reports over the same gold spans but at position {at} one document has {gold[0][at]:g} "
            f"and the other {gold[1][at]:g}."
        )
    return both[0], both[1]


def _drawn(documents: int, resamples: int, generator: "np.random.Generator") -> Iterator["np.ndarray"]:
    """How often each document is drawn in each resample, in batches of shape (R, D)."""
    import numpy as np

    for size in _batches(documents, resamples):
        drawn = generator.integers(documents, size=(size, documents), dtype=np.int32)
        drawn += np.arange(size, dtype=np.int32)[:, None] * documents  # rows apart, so that one count serves all
        yield np.bincount(drawn.ravel(), minlength=size * documents).reshape(size, documents).astype(float)


def _random_swaps(documents: int, resamples: int, generator: "np.random.Generator") -> Iterator["np.ndarray"]:
    """Which documents are swapped, as 0 and 1, in batches of shape (R, D)."""
    import numpy as np

    for size in _batches(documents, resamples):
        yield generator.integers(2, size=(size, documents), dtype=np.int8).astype(float)


def _all_swaps(documents: int) -> Iterator["np.ndarray"]:
    """All 2 ** D ways to swap, shape (2 ** D, D)."""
    import numpy as np

    yield (np.arange(2**documents)[:, None] >> np.arange(documents) & 1).astype(float)


def _batches(documents: int, resamples: int) -> Iterator[int]:
    size = max(1, BATCH // documents)
    for start in range(0, resamples, size):
        yield min(size, resamples - start)


def _score(counts: "np.ndarray", metric: Metric) -> "np.ndarray":
    """The metric of counts (R, 3), as :class:`Counts` has it: 0 / 0 is 0."""
    import numpy as np

    tp, fp, fn = counts.T
    below = {"precision": tp + fp, "recall": tp + fn, "f1": 2 * tp + fp + fn}[metric]
    return np.divide(2 * tp if metric == "f1" else tp, below, out=np.zeros_like(tp), where=below > TOLERANCE)


def _p(extreme: int, resamples: int) -> float:
    return float((extreme + 1) / (resamples + 1))


def in_words(p: float) -> str:
    """A p-value as it is shown."""
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"


def render(comparisons: Sequence[Comparison], first: str = "A", second: str = "B") -> "Table":
    """A table of one row per comparison; scores are per cent.

    Args:
        comparisons: Of the same two systems by the same scorer, as one per metric.
        first: Name of the first system.
        second: Name of the second system.
    """
    from rich.table import Table
    from rich.text import Text

    scorers = ", ".join(dict.fromkeys(one.scorer for one in comparisons))
    table = Table(title=Text(f"{first} against {second}, {scorers}"), caption=_caption(comparisons))
    table.add_column("metric")
    for heading in (first, second):
        table.add_column(Text(heading), justify="right", overflow="fold")
    for heading in ("difference", "p, bootstrap", "p, sign", "p, randomization"):
        table.add_column(heading, justify="right")
    for one in comparisons:
        low, high = one.bootstrap.interval
        table.add_row(
            one.metric,
            *(f"{100 * score:.2f}" for score in (one.first, one.second)),
            f"{100 * one.difference:+.2f} [{100 * low:+.2f}, {100 * high:+.2f}]",
            *(in_words(p) for p in (one.bootstrap.p, one.bootstrap.p_sign, one.randomization.p)),
        )
    return table


def _caption(comparisons: Sequence[Comparison]) -> str:
    drawn = dict.fromkeys(f"{one.resamples} resamples with {100 * one.level:g} % intervals" for one in comparisons)
    tests = [one.randomization for one in comparisons]
    swaps = dict.fromkeys("all swaps, exactly" if test.exact else f"{test.swaps} random swaps" for test in tests)
    return f"bootstrap: {', '.join(drawn)}; randomization: {', '.join(swaps)}; documents are the units"
