"""Calibration errors as plain loops."""

import math
from collections.abc import Sequence


def slow_errors(scores: Sequence[float], correct: Sequence[bool], edges: Sequence[float]) -> tuple[float, float]:
    """Expected and maximum calibration error over bins with these edges, an edge belonging to the bin below."""
    expected, largest = 0.0, 0.0
    for at in range(len(edges) - 1):
        inside = [
            (score, right)
            for score, right in zip(scores, correct, strict=True)
            if (edges[at] < score or at == 0) and (score <= edges[at + 1] or at == len(edges) - 2)
        ]
        if inside:
            confidence = sum(score for score, _ in inside) / len(inside)
            accuracy = sum(right for _, right in inside) / len(inside)
            expected += len(inside) / len(scores) * abs(accuracy - confidence)
            largest = max(largest, abs(accuracy - confidence))
    return expected, largest


def slow_nll(scores: Sequence[float], correct: Sequence[bool], temperature: float = 1.0) -> float:
    """Mean negative log likelihood at a temperature; no score may be 0 or 1."""
    total = 0.0
    for score, right in zip(scores, correct, strict=True):
        scaled = 1 / (1 + math.exp(-math.log(score / (1 - score)) / temperature))
        total -= math.log(scaled if right else 1 - scaled)
    return total / len(scores)
