"""In which floating-point numbers a network is trained: bfloat16 where the device computes in it, float32 elsewhere."""

from collections.abc import Mapping
from typing import Any, Literal

import torch

Precision = Literal["auto", "32-true", "bf16-mixed", "16-mixed"]
"""Lightning's names, and ``auto``; all keep weights and CRF in full precision."""


def precision_on(precision: Precision, accelerator: str) -> Any:
    """The precision of a run: what ``auto`` is on this machine, or what was named.

    Processors without instructions for bfloat16 compute it all the same, in three times as long as float32.

    Args:
        precision: Of a recipe.
        accelerator: Of the recipe; ``auto`` is a GPU where there is one.

    Examples:
        >>> precision_on("16-mixed", "cpu")
        '16-mixed'
    """
    if precision != "auto":
        return precision
    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    elif accelerator in ("auto", "cpu"):
        told: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # older versions of torch do not tell
        fast = any(told.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    else:
        fast = False
    return "bf16-mixed" if fast else "32-true"
