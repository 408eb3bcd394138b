"""Significance tests as plain enumerations over documents."""

from collections.abc import Sequence
from itertools import product

from zoo.evaluation.spans import Counts

NEARLY = 1e-9


def difference(first: Sequence[Counts], second: Sequence[Counts], metric: str) -> float:
    """By how much the first system's summed counts score higher."""
    ours, theirs = (getattr(sum(counts, Counts()), metric) for counts in (first, second))
    return ours - theirs


def slow_randomization(first: Sequence[Counts], second: Sequence[Counts], metric: str) -> float:
    """The exact p-value: the share of all swaps of documents whose difference is as large as the observed one."""
    observed = abs(difference(first, second, metric))
    extreme = 0
    for swaps in product([False, True], repeat=len(first)):
        ours = [b if swap else a for a, b, swap in zip(first, second, swaps, strict=True)]
        theirs = [a if swap else b for a, b, swap in zip(first, second, swaps, strict=True)]
        extreme += abs(difference(ours, theirs, metric)) >= observed - NEARLY
    return extreme / 2 ** len(first)


def slow_bootstrap(first: Sequence[Counts], second: Sequence[Counts], metric: str) -> tuple[float, float, list[float]]:
    """The p-values (shifted to 0, by sign) and differences of all ways to draw the documents with replacement."""
    observed = difference(first, second, metric)
    drawn = [
        difference([first[at] for at in places], [second[at] for at in places], metric)
        for places in product(range(len(first)), repeat=len(first))
    ]
    shifted = sum(abs(each - observed) >= abs(observed) - NEARLY for each in drawn) / len(drawn)
    not_above = sum(each <= NEARLY for each in drawn) / len(drawn)
    not_below = sum(each >= -NEARLY for each in drawn) / len(drawn)
    return shifted, min(1.0, 2 * min(not_above, not_below)), sorted(drawn)
