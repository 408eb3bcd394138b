"""Parameters that are not learnt."""

import torch
from torch import nn


def as_buffers(module: nn.Module, *, zero: bool = False, persistent: bool = True) -> None:
    """Turns a module's parameters, its parts' too, into buffers: moved with it, never learnt.

    Args:
        module: Changed in place.
        zero: Whether all become zero; else they keep their values.
        persistent: Whether a checkpoint stores them.
    """
    for part in module.modules():
        for name, parameter in list(part.named_parameters(recurse=False)):
            delattr(part, name)
            values = torch.zeros_like(parameter) if zero else parameter.detach()
            part.register_buffer(name, values, persistent=persistent)
