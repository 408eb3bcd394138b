"""Which code sums over the paths of a CRF."""

import os
import sys
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Literal, get_args

import torch
from torch import Tensor

Backend = Literal["auto", "torch", "numba", "triton"]
"""``torch``: on any device. ``numba``: compiled, for tensors on the CPU, if numba is installed (the extra ``fast``).
``triton``: kernels for tensors on CUDA, where torch brings Triton along; they have not run on a GPU yet, so they are
taken only where they are asked for. ``auto``: numba where it can be had and its import is worth it, else torch."""

_MODULES = {"numba": "zoo.crf.by_numba", "triton": "zoo.crf.by_triton"}
_DISTRIBUTIONS = {"numba": ("numba", "llvmlite"), "triton": ("triton",)}
_REMEDIES = {
    "numba": "pip install 'bioner-zoo[fast]'",
    "triton": "pip install triton (for Linux; torch for CUDA brings it along)",
}


def check_backend(backend: str) -> None:
    """Finds out whether a backend is there before it is needed.

    Raises:
        ValueError: If it is none of :data:`Backend`.
        ImportError: If it is compiled by what is not installed.
    """
    if backend not in get_args(Backend):
        raise ValueError(f"Expected a backend out of {', '.join(get_args(Backend))} but got {backend!r}.")
    if backend in _MODULES and _compiled(backend) is None:
        raise ImportError(f"The backend {backend} needs {backend}: {_REMEDIES[backend]}, or choose the backend torch.")


def compiled_for(emissions: Tensor, backend: str) -> ModuleType | None:
    """The compiled recursions (:mod:`zoo.crf.by_numba`, :mod:`zoo.crf.by_triton`), or ``None``: those of torch.

    With ``auto``, the first gradient that is asked for on the CPU loads numba, which takes half a second: a tagger that
    only tags a few sentences is done before.
    """
    device = emissions.device.type
    if backend == "triton":
        # On the CPU, Triton's interpreter stands in where it is asked for.
        compiled = _compiled("triton") if device == "cuda" or os.environ.get("TRITON_INTERPRET") == "1" else None
        return compiled if compiled and emissions.shape[-1] <= compiled.MOST_TAGS else None
    if backend == "torch" or device != "cpu":
        return None
    waits = emissions.requires_grad and torch.is_grad_enabled()
    return _compiled("numba") if backend == "numba" or waits or _MODULES["numba"] in sys.modules else None


@cache
def _compiled(backend: str) -> ModuleType | None:
    try:
        return import_module(_MODULES[backend])
    except ImportError as error:
        if (error.name or "").partition(".")[0] in _DISTRIBUTIONS[backend]:
            return None
        raise
