"""Optimizers and learning-rate schedules that recipes name."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn
from torch.nn import Parameter
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from zoo.models.features import FeatureScores
from zoo.training.ranges import check_numbers

_VECTORS = ("word_embedding.weight", "sense_embedding.weight")  # tables that vectors trained on raw text are put into


@dataclass(frozen=True)
class OptimizerConfig:
    """The ``optimizer`` section of a recipe.

    Args:
        name: ``adamw``, ``rmsprop`` (Zhou et al. 2021), ``adagrad`` (Lyu et al. 2017) or ``sgd`` (with momentum 0.9).
        learning_rate: At its highest.
        word_vector_rate: Learning rate of the vectors of words and of senses as a share of the others'; 0 freezes
            them. Pretrained vectors are worth little movement: only words of the training corpus move, away from
            their neighbours.
        weight_decay: On matrices, never on vectors or embeddings.
        schedule: ``constant``; ``linear``: falls to 0 over all epochs; both after the warm-up.
        warmup_epochs: Over so many epochs the rate rises from 0.

    Raises:
        ValueError: If a number is negative.
    """

    name: Literal["adamw", "rmsprop", "adagrad", "sgd"] = "adamw"
    learning_rate: float = 1e-3
    word_vector_rate: float = 1.0
    weight_decay: float = 0.0
    schedule: Literal["constant", "linear"] = "linear"
    warmup_epochs: float = 1.0

    def __post_init__(self) -> None:
        check_numbers("optimizer", vars(self))


def build_optimizer(config: OptimizerConfig, module: nn.Module) -> Optimizer:
    """The optimizer of a recipe; vectors of words and of senses have their own learning rate.

    Args:
        config: The recipe's ``optimizer`` section.
        module: Whose parameters are learnt; of those that ``word_vector_rate`` freezes, none requires a gradient then.

    Raises:
        ValueError: If its name is unknown.
    """
    decayed: list[Parameter] = []
    kept: list[Parameter] = []
    vectors: list[Parameter] = []
    tables = {id(each.weight) for each in module.modules() if isinstance(each, nn.Embedding | FeatureScores)}
    for name, parameter in module.named_parameters():
        if name.endswith(_VECTORS):
            parameter.requires_grad_(config.word_vector_rate > 0)
            vectors.append(parameter)
        else:
            (kept if parameter.ndim < 2 or id(parameter) in tables else decayed).append(parameter)
    rate = config.learning_rate
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": kept, "weight_decay": 0.0},
    ]
    if config.word_vector_rate > 0:
        groups.append({"params": vectors, "weight_decay": 0.0, "lr": rate * config.word_vector_rate})
    if config.name == "adamw":
        return torch.optim.AdamW(groups, lr=rate, fused=True)
    if config.name == "rmsprop":
        return torch.optim.RMSprop(groups, lr=rate)
    if config.name == "adagrad":
        return torch.optim.Adagrad(groups, lr=rate)
    if config.name == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=0.9)
    raise ValueError(f"Expected an optimizer out of adamw, rmsprop, adagrad, sgd but got {config.name!r}.")


def rate_factor(config: OptimizerConfig, step: int, steps_per_epoch: int, epochs: int) -> float:
    """The learning rate at a step as a share of its highest, in [0, 1].

    Examples:
        >>> [rate_factor(OptimizerConfig(warmup_epochs=1), step, 10, 3) for step in (0, 9, 20)]
        [0.1, 1.0, 0.5]
    """
    warmup = config.warmup_epochs * steps_per_epoch
    if step + 1 < warmup:
        return (step + 1) / warmup
    if config.schedule == "constant":
        return 1.0
    total = steps_per_epoch * epochs
    return min(1.0, max(0.0, (total - step) / max(1.0, total - warmup)))


def with_schedule(config: OptimizerConfig, optimizer: Optimizer, steps_per_epoch: int, epochs: int) -> dict[str, Any]:
    """What ``configure_optimizers`` returns: the optimizer and its schedule, stepped after every batch."""
    schedule = LambdaLR(optimizer, lambda step: rate_factor(config, step, steps_per_epoch, epochs))
    return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
