"""The bootstrap of documents as plain loops."""

import random

from zoo.evaluation.spans import Counts


def slow_intervals(documents: list[Counts], resamples: int, level: float, seed: int) -> dict[str, tuple[float, float]]:
    """Percentile intervals of precision, recall and F1 over documents drawn with replacement."""
    drawn: dict[str, list[float]] = {"precision": [], "recall": [], "f1": []}
    generator = random.Random(seed)
    for _ in range(resamples):
        total = Counts()
        for _ in documents:
            total = total + generator.choice(documents)
        for name, values in drawn.items():
            values.append(getattr(total, name))
    return {
        name: (_percentile(values, (1 - level) / 2), _percentile(values, (1 + level) / 2))
        for name, values in drawn.items()
    }


def _percentile(values: list[float], fraction: float) -> float:
    return sorted(values)[round(fraction * (len(values) - 1))]
