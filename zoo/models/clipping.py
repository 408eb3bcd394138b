"""Gradients cut down to a norm, whoever holds them and in whatever precision they are."""

from typing import Any

from pytorch_lightning import LightningModule
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer


def clip_gradients(module: LightningModule, optimizer: Optimizer, most: float) -> None:
    """Clips the gradients of a module that a Trainer trains.

    Lightning refuses to do so for fused optimizers under mixed precision, whose gradients may still be scaled, as they
    are in float16: here they are unscaled before.

    Args:
        module: Whose gradients.
        optimizer: That is about to make a step.
        most: The largest norm of all of them together; 0 clips nothing.
    """
    if not most:
        return
    scaler = getattr(module.trainer.precision_plugin, "scaler", None)
    if scaler is not None and getattr(optimizer, "_step_supports_amp_scaling", False):
        scaler.unscale_(optimizer)
    whole: Any = getattr(module.trainer.strategy, "model", None)
    if hasattr(whole, "clip_grad_norm_"):  # where parameters are dealt to devices, it knows all of them
        whole.clip_grad_norm_(most)
    else:
        clip_grad_norm_(module.parameters(), most)
