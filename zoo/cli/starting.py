"""What commands that tag begin with: a tagger by name."""

import atexit
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo.models.tagger import Tagger


_GPUS = ("/dev/nvidiactl", "/dev/kfd")  # there where a driver of NVIDIA or AMD is


def tagger_named(checkpoint: str) -> "Tagger":
    """Loads a tagger, as fast as can be: a person waits. A GPU is used where there is one.

    Args:
        checkpoint: A name, a checkpoint folder, or the folder of a run, which holds one.
    """
    with quick_imports():
        import torch

        from zoo.hub.index import load

        tagger = load(checkpoint)
    return tagger.to("cuda") if torch.cuda.is_available() else tagger


@contextmanager
def quick_imports() -> Iterator[None]:
    """Imports of torch and Lightning in half the time."""
    with _no_garbage_collection(), _without_optional_metrics(), _without_triton():
        yield


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Imports without looking for garbage: modules are none, and looking again and again takes a third of the time.

    What was imported is then left out of later searches for garbage. The one at the end of the process leaves it out,
    too, but not where torch imported Triton, which would print what it believes to have leaked.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        if "triton" in sys.modules:
            atexit.register(gc.unfreeze)


@contextmanager
def _without_triton() -> Iterator[None]:
    """Where there is no GPU, lets torch's compiler, which Lightning imports, believe that Triton is not installed.

    It would take 70 MB, and what it holds has to be found again as garbage before the process ends: 1.5 seconds.
    Afterwards Triton can be imported as ever.
    """
    if "triton" in sys.modules or any(Path(device).exists() for device in _GPUS):
        yield
        return
    sys.modules["triton"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules.pop("triton", None)


@contextmanager
def _without_optional_metrics() -> Iterator[None]:
    """Lets torchmetrics, which Lightning imports, believe that transformers and matplotlib are not installed.

    It imports them wherever it finds them, for metrics that tagging does not need; that is a second of waiting. In a
    process where torchmetrics is imported already, this does nothing.
    """
    from unittest import mock

    from lightning_utilities.core.imports import RequirementCache

    check = getattr(RequirementCache, "_check_requirement", None)
    if check is None:  # another version of lightning-utilities: slower, no worse
        yield
        return

    def check_but_hide(requirement: RequirementCache) -> None:
        if str(requirement.requirement).startswith(("transformers", "matplotlib")):
            requirement.available, requirement.message = False, "hidden while a tagger is loaded"
        else:
            check(requirement)

    with mock.patch.object(RequirementCache, "_check_requirement", check_but_hide):
        yield
