"""A linear-chain CRF by enumeration: every path is scored on its own, in float64. Slow and obviously right."""

import math
from itertools import pairwise, product
from typing import NamedTuple

from zoo.data.tags import Transitions


class BruteForceCRF(NamedTuple):
    """The scores of one sequence: lists of floats, with the moves that are legal (None: all)."""

    emissions: list[list[float]]  # W rows of T
    start: list[float]
    transitions: list[list[float]]
    end: list[float]
    legal: Transitions | None = None

    def score(self, path: tuple[int, ...]) -> float:
        """Score of one path; -inf if it makes a forbidden move."""
        legal, pairs = self.legal, list(pairwise(path))
        if legal and not (
            legal.start[path[0]] and legal.end[path[-1]] and all(legal.pairs[before][after] for before, after in pairs)
        ):
            return -math.inf
        return (
            self.start[path[0]]
            + sum(emission[tag] for emission, tag in zip(self.emissions, path, strict=True))
            + sum(self.transitions[before][after] for before, after in pairs)
            + self.end[path[-1]]
        )

    def scores(self) -> dict[tuple[int, ...], float]:
        """Score of every path, in lexicographic order."""
        return {path: self.score(path) for path in product(range(len(self.start)), repeat=len(self.emissions))}

    def log_partition(self) -> float:
        """Log of the sum of exp(score) over all paths."""
        return _log_sum(list(self.scores().values()))

    def best_path(self) -> tuple[int, ...]:
        """The path of the highest score."""
        scores = self.scores()
        return max(scores, key=scores.__getitem__)

    def probabilities(self) -> dict[tuple[int, ...], float]:
        """Probability of every path."""
        log_partition = self.log_partition()
        return {path: math.exp(score - log_partition) for path, score in self.scores().items()}

    def marginals(self) -> list[list[float]]:
        """Probability of each tag at each word."""
        paths = self.probabilities().items()
        tags, words = range(len(self.start)), range(len(self.emissions))
        return [[math.fsum(p for path, p in paths if path[word] == tag) for tag in tags] for word in words]

    def expected_pairs(self) -> list[list[float]]:
        """Expected number of times that tag j follows tag i."""
        tags, paths = range(len(self.start)), self.probabilities().items()
        return [[math.fsum(p * list(pairwise(path)).count((i, j)) for path, p in paths) for j in tags] for i in tags]

    def run_probability(self, start: int, end: int, tags: tuple[int, ...], next_forbidden: tuple[int, ...]) -> float:
        """Probability that a path has these tags from ``start`` to ``end``, and none of those forbidden next."""
        return math.fsum(
            probability
            for path, probability in self.probabilities().items()
            if path[start:end] == tags and path[end : end + 1] not in [(tag,) for tag in next_forbidden]
        )

    def lattice_probability(self, allowed: list[list[bool]]) -> float:
        """Probability that each word's tag is among those allowed for it."""
        return math.fsum(
            probability
            for path, probability in self.probabilities().items()
            if all(may[tag] for may, tag in zip(allowed, path, strict=True))
        )


def _log_sum(scores: list[float]) -> float:
    highest = max(scores)
    return highest if math.isinf(highest) else highest + math.log(math.fsum(math.exp(s - highest) for s in scores))
