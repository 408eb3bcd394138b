"""Optimizers and learning-rate schedules that recipes name."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn
from torch.nn import Parameter
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from zoo.models.encoder import depths_of
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
        encoder_rate: Learning rate of a transformer encoder as a share of that of the layers above it; 0 freezes it.
        layer_decay: What each layer of the encoder has of the rate of the next above it (discriminative learning
            rates, Howard & Ruder 2018); at 1 all have the same.
        weight_decay: On matrices, never on vectors or embeddings.
        schedule: ``constant``; ``linear``: falls to 0 over all epochs; both after the warm-up.
        warmup_epochs: Over so many epochs the rate rises from 0.

    Raises:
        ValueError: If a number is negative.
    """

    name: Literal["adamw", "rmsprop", "adagrad", "sgd"] = "adamw"
    learning_rate: float = 1e-3
    word_vector_rate: float = 1.0
    encoder_rate: float = 1.0
    layer_decay: float = 1.0
    weight_decay: float = 0.0
    schedule: Literal["constant", "linear"] = "linear"
    warmup_epochs: float = 1.0

    def __post_init__(self) -> None:
        check_numbers("optimizer", vars(self))


def build_optimizer(config: OptimizerConfig, module: nn.Module) -> Optimizer:
    """The optimizer of a recipe; vectors of words and of senses, and the layers of an encoder, have their own rates.

    Args:
        config: The recipe's ``optimizer`` section.
        module: Whose parameters are learnt; those that a rate of 0 freezes require no gradient then. An encoder is its
            ``network``.

    Raises:
        ValueError: If its name is unknown.
    """
    tables = {id(each.weight) for each in module.modules() if isinstance(each, nn.Embedding | FeatureScores)}
    shares = _shares(config, module)
    groups: dict[tuple[float, bool], list[Parameter]] = {}
    for name, parameter in module.named_parameters():
        share = config.word_vector_rate if name.endswith(_VECTORS) else shares.get(id(parameter), 1.0)
        parameter.requires_grad_(share > 0)
        if share:
            decays = parameter.ndim > 1 and id(parameter) not in tables and not name.endswith(_VECTORS)
            groups.setdefault((share, decays), []).append(parameter)
    rate = config.learning_rate
    settings: list[dict[str, Any]] = [
        {"params": parameters, "weight_decay": config.weight_decay if decays else 0.0, "lr": rate * share}
        for (share, decays), parameters in groups.items()
    ]
    if config.name == "adamw":
        return torch.optim.AdamW(settings, lr=rate, fused=True)
    if config.name == "rmsprop":
        return torch.optim.RMSprop(settings, lr=rate)
    if config.name == "adagrad":
        return torch.optim.Adagrad(settings, lr=rate)
    if config.name == "sgd":
        return torch.optim.SGD(settings, lr=rate, momentum=0.9)
    raise ValueError(f"Expected an optimizer out of adamw, rmsprop, adagrad, sgd but got {config.name!r}.")


def _shares(config: OptimizerConfig, module: nn.Module) -> dict[int, float]:
    """What share of the learning rate each parameter of an encoder has, by its identity."""
    network = getattr(module, "network", None)
    if network is None:
        return {}
    depths = depths_of(network)
    top = max(depths.values())
    return {key: config.encoder_rate * config.layer_decay ** (top - depth) for key, depth in depths.items()}


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
