"""What a student learns of its teachers: the objective of distillation.

With y_j the tags and q_j the soft labels of teacher j, p the student's, n the words of a batch:

    hard     Σ_j -log p(y_j | x) / n                          the CRF's loss on each teacher's path
    soft     Σ_j d(q_j, p) / n, where d is summed over words and is one of
               l1             Σ_k |q_k - p_k|                 q and p are softmaxes of a word's emissions
               l2             Σ_k (q_k - p_k)²
               cross-entropy  -t² Σ_k q_k log p_k             of emissions divided by the temperature t
               paths          -Σ_y q(y) log p(y)              over whole tag paths, under both CRFs
    agreed   -log Σ_y∈A p(y | x) / n                          A: the paths with the tags all teachers agree on

``hard``, l1, l2 and cross-entropy are the paper's; the latter three are of emissions alone, as if there were no CRF.
The paper divides ``soft`` by the words of a sentence and ``hard`` not: ``soft`` counts as there with a weight of one
over the mean length of a sentence, or 0.04. Where gold tags are known, their likelihood takes the place of all parts
together, and counts as much as these would.

``paths`` is what is meant by them: it has the teachers' probabilities of tags, of moves and of spans for its aim.
``agreed`` guesses at nothing: where teachers differ, or one is not sure, the student finds a tag for itself.

Sources: Zhou et al. (2021), section "Knowledge distillation"; Shen, He & Xue, "MEAL: multi-model ensemble via
adversarial learning" (AAAI 2019).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.crf import CRF
from zoo.crf.path_cross_entropy import path_cross_entropy
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch
from zoo.training.ranges import check_numbers
from zoo.weak.lessons import layer_of

GOLD = "is_gold"
"""The layer (W) that is 1 at words whose gold tags are known: they are taught, whatever teachers think."""
_HIDDEN = 64  # units of the adversary


@dataclass(frozen=True)
class DistillationConfig:
    """The ``distillation`` section of a recipe: the weight of each part of the objective; 0 leaves it out.

    Args:
        hard: Of the teachers' tags.
        soft: Of their soft labels.
        distance: Between soft labels.
        temperature: Of ``cross-entropy``: above 1 it makes labels softer.
        agreed: Of the tags that all teachers agree on, others left open.
        sure: The least probability of a teacher's tag for it to count as one that ``agreed`` can agree on.
        weighted: Whether a window counts in ``hard`` as much as its teacher is sure of it: the geometric mean of the
            path's probability a word.
        adversarial: Of an adversary that learns to tell the student's soft labels from a teacher's, which the student
            learns to prevent.

    Raises:
        ValueError: If a number is out of its range, or nothing is to be learnt.
    """

    hard: float = 1.0
    soft: float = 1.0
    distance: Literal["l1", "l2", "cross-entropy", "paths"] = "paths"
    temperature: float = 1.0
    agreed: float = 0.0
    sure: float = 0.0
    weighted: bool = False
    adversarial: float = 0.0

    def __post_init__(self) -> None:
        check_numbers("distillation", {name: value for name, value in vars(self).items() if name != "distance"})
        if not (self.hard or self.soft or self.agreed):
            raise ValueError("Expected a weight of distillation.hard, soft or agreed above 0, but all are 0.")
        if not self.temperature or self.sure > 1:
            raise ValueError(
                f"Expected distillation.temperature above 0 and sure in [0, 1] but got {self.temperature} and "
                f"{self.sure}."
            )
        unused = {
            "temperature without distance cross-entropy": self.temperature != 1 and self.distance != "cross-entropy",
            "sure without agreed": self.sure and not self.agreed,
            "weighted without hard": self.weighted and not self.hard,
        }
        if wrong := [each for each, is_wrong in unused.items() if is_wrong]:
            raise ValueError(f"Expected no distillation.{' and no '.join(wrong)}, where it changes nothing.")


class Distillation(nn.Module):
    """The objective, as :attr:`zoo.models.tagger.Tagger.objective` takes it.

    It reads the layers of :func:`zoo.weak.lessons.with_lessons`, and :data:`GOLD`.

    Args:
        config: The weights.
        teachers: The CRF of each teacher, over the student's tags.
    """

    def __init__(self, config: DistillationConfig, teachers: Sequence[CRF]) -> None:
        super().__init__()
        self.config = config
        self._teachers = list(teachers)  # no submodules: they are not learnt, nor saved
        tags = teachers[0].num_tags
        self.adversary = _adversary(tags) if config.adversarial else None

    def forward(self, student: Tagger, batch: Batch) -> Tensor:
        """The loss of a batch, a mean over its words (a scalar)."""
        emissions = student(batch)  # (B, W, T)
        gold = batch.layers[GOLD][:, 0].bool()  # (B)
        total = self._of_gold(student, emissions[gold], batch, gold) if gold.any() else emissions.new_zeros(())
        if not gold.all():
            taught = [batch.layers[layer_of(row)][~gold].float() for row in range(len(self._teachers))]
            total = total + self._of_teachers(student, emissions[~gold], taught, batch.mask[~gold])
        return total / batch.mask.sum()

    def _of_gold(self, student: Tagger, emissions: Tensor, batch: Batch, gold: Tensor) -> Tensor:
        """Of windows whose tags are known, summed over words (a scalar)."""
        weight = len(self._teachers) * (self.config.hard + self.config.soft) + self.config.agreed
        return -weight * student.crf(emissions, _gold(batch)[gold], mask=batch.mask[gold])

    def _of_teachers(self, student: Tagger, emissions: Tensor, taught: Sequence[Tensor], mask: Tensor) -> Tensor:
        """Of the other windows, summed over words (a scalar)."""
        config = self.config
        with torch.no_grad():
            paths = [crf.to(s.device).viterbi(s, mask) for crf, s in zip(self._teachers, taught, strict=True)]
        total = emissions.new_zeros(())
        for crf, scores, path in zip(self._teachers, taught, paths, strict=True):
            if config.hard:
                weights = self._weights(crf, scores, path, mask)
                total = total - config.hard * (weights * student.crf(emissions, path, mask, reduction="none")).sum()
            if config.soft:
                total = total + config.soft * self._distance(student.crf, emissions, crf, scores, mask)
            if self.adversary:
                total = total + config.adversarial * self._told_apart(emissions[mask], scores[mask])
        if config.agreed:
            inside = student.crf.log_partition(emissions, mask, self._allowed(taught, paths, mask))
            total = total + config.agreed * (student.crf.log_partition(emissions, mask) - inside).sum()
        return total

    @torch.no_grad()
    def _weights(self, crf: CRF, scores: Tensor, path: Tensor, mask: Tensor) -> Tensor:
        """How much each window counts (B)."""
        if not self.config.weighted:
            return scores.new_ones(len(scores))
        return (crf(scores, path, mask, reduction="none") / mask.sum(1)).exp().to(scores.dtype)

    def _distance(self, own: CRF, emissions: Tensor, crf: CRF, scores: Tensor, mask: Tensor) -> Tensor:
        """Between soft labels, summed over words (a scalar)."""
        if self.config.distance == "paths":
            return path_cross_entropy(own, emissions, crf, scores, mask).sum()
        student, teacher = emissions[mask].float(), scores[mask].float()  # (N, T)
        if self.config.distance == "cross-entropy":
            t = self.config.temperature
            return -(t**2) * ((teacher / t).softmax(1) * (student / t).log_softmax(1)).sum()
        apart = teacher.softmax(1) - student.softmax(1)
        return apart.abs().sum() if self.config.distance == "l1" else apart.square().sum()

    @torch.no_grad()
    def _allowed(self, taught: Sequence[Tensor], paths: Sequence[Tensor], mask: Tensor) -> Tensor:
        """The tags that a path may have, boolean (B, W, T): one where teachers agree, all elsewhere."""
        agreed = mask.clone()
        for path in paths:
            agreed &= path == paths[0]
        if self.config.sure:
            for crf, scores, path in zip(self._teachers, taught, paths, strict=True):
                probability = crf.marginals(scores, mask).gather(2, path[..., None])[..., 0]
                agreed &= probability >= self.config.sure
        only = functional.one_hot(paths[0], taught[0].shape[2]).bool()
        return only | ~agreed[..., None]

    def _told_apart(self, emissions: Tensor, scores: Tensor) -> Tensor:
        """The adversary's cross-entropy, summed over words (a scalar); its gradient is turned round for the student."""
        assert self.adversary is not None
        told = self.adversary(torch.cat([scores.softmax(1), _Reversal.apply(emissions.softmax(1))]))[:, 0]
        true = torch.cat([torch.ones(len(scores)), torch.zeros(len(emissions))]).to(told)
        return functional.binary_cross_entropy_with_logits(told, true, reduction="sum")


class _Reversal(torch.autograd.Function):
    """The identity, whose gradient is turned round: what follows learns, what precedes it learns the contrary."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return -gradient


def _adversary(tags: int) -> nn.Module:
    return nn.Sequential(nn.Linear(tags, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, 1))


def _gold(batch: Batch) -> Tensor:
    if batch.tags is None:
        raise ValueError("Expected a batch with tags, gold ones or all O, but got one without.")
    return batch.tags
