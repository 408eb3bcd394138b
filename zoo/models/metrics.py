"""The strict span F1 while training, exact over several devices."""

from collections.abc import Set

import torch
from torch import Tensor
from torchmetrics import Metric


class SpanScore(Metric):
    """Micro F1 of spans, from counts that are summed over batches and devices before they are divided.

    Spans that no tag sequence holds count as missed. So this is ``zoo.evaluation.spans.score`` of the same documents,
    save that a predicted span which is gold but not held (within another, under BIOES) counts as wrong here.
    """

    full_state_update = False
    correct: Tensor
    predicted: Tensor
    gold: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name in ("correct", "predicted", "gold"):
            self.add_state(name, torch.tensor(0), dist_reduce_fx="sum")

    def update(self, predicted: Set[object], gold: Set[object], lost: int) -> None:
        """Adds the spans of a batch.

        Args:
            predicted: Spans found.
            gold: Spans annotated, as far as tags hold them.
            lost: Annotated spans that tags do not hold.
        """
        self.correct += len(predicted & gold)
        self.predicted += len(predicted)
        self.gold += len(gold) + lost

    def compute(self) -> Tensor:
        """F1 in [0, 1]; 0 where nothing was annotated and nothing found."""
        return 2 * self.correct / (self.predicted + self.gold).clamp(min=1)
