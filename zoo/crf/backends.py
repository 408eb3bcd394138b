"""Which code sums over the paths of a CRF."""

import sys
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Literal, get_args

import torch
from torch import Tensor

Backend = Literal["auto", "torch", "numba"]
"""``torch``: on any device. ``numba``: compiled, for tensors on the CPU, if numba is installed (the extra ``fast``).
``auto``: compiled wherever that can be had and its import is worth the wait."""

_COMPILED = "zoo.crf.by_numba"


def check_backend(backend: str) -> None:
    """Finds out whether a backend is there before it is needed.

    Raises:
        ValueError: If it is none of :data:`Backend`.
        ImportError: If it is numba's and numba is not installed.
    """
    if backend not in get_args(Backend):
        raise ValueError(f"Expected a backend out of {', '.join(get_args(Backend))} but got {backend!r}.")
    if backend == "numba" and _compiled() is None:
        raise ImportError("The backend numba needs numba: pip install 'bioner-zoo[fast]', or choose the backend torch.")


def compiled_for(emissions: Tensor, backend: str) -> ModuleType | None:
    """The compiled recursions (:mod:`zoo.crf.by_numba`), or ``None``: those of torch are to be taken.

    With ``auto``, the first gradient that is asked for loads them, which takes half a second: a tagger that only tags
    a few sentences is done before.
    """
    if backend == "torch" or emissions.device.type != "cpu":
        return None
    waits = emissions.requires_grad and torch.is_grad_enabled()
    return _compiled() if backend == "numba" or waits or _COMPILED in sys.modules else None


@cache
def _compiled() -> ModuleType | None:
    try:
        return import_module(_COMPILED)
    except ImportError as error:
        if (error.name or "").partition(".")[0] in ("numba", "llvmlite"):
            return None
        raise
