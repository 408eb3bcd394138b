"""The ``trainer`` section of a recipe, and the Lightning Trainer that it makes."""

import logging
import os
import platform
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from pytorch_lightning import LightningDataModule, LightningModule, Trainer
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from zoo.training.precisions import Precision, precision_on
from zoo.training.ranges import check_numbers


@dataclass(frozen=True)
class TrainerConfig:
    """The ``trainer`` section of a recipe: where it runs; handed to the Lightning Trainer as it is.

    Args:
        accelerator: ``auto``, ``cpu``, ``gpu``, ``tpu``.
        devices: How many, or ``auto``.
        strategy: As ``auto``, ``ddp``.
        precision: ``32-true``, or ``bf16-mixed`` and, for GPUs without bfloat16, ``16-mixed``, which keep weights and
            CRF in full precision; ``auto`` is ``bf16-mixed`` where the device computes in it, else ``32-true``.
        threads: CPU threads of torch; 0 leaves torch's choice.
        recompute: Whether what the layers of a transformer encoder made of a batch is not kept but computed once more
            on the way back (gradient checkpointing): in a fraction of the memory, a third slower.
        compile: Whether an encoder is compiled by ``torch.compile``: some minutes first, then faster steps.

    Raises:
        ValueError: If that is negative.
    """

    accelerator: str = "auto"
    devices: int | str = 1
    strategy: str = "auto"
    precision: Precision = "32-true"
    threads: int = 0
    recompute: bool = False
    compile: bool = False

    def __post_init__(self) -> None:
        check_numbers("trainer", {"threads": self.threads})


def make_trainer(trainer: TrainerConfig, **settings: Any) -> Trainer:
    """A Lightning Trainer on the devices of a recipe.

    Args:
        trainer: The recipe's section.
        settings: Further ones, of Lightning's.

    Raises:
        ValueError: If this machine cannot be such a one.
    """
    apple = trainer.accelerator == "auto" and torch.backends.mps.is_available()
    try:
        return Trainer(
            accelerator="cpu" if apple else trainer.accelerator,  # the CRF's float64 does not exist on Apple's GPUs
            devices=trainer.devices,
            strategy=trainer.strategy,
            precision=precision_on(trainer.precision, trainer.accelerator),
            enable_model_summary=False,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            **settings,
        )
    except (MisconfigurationException, TypeError, ValueError) as error:
        raise ValueError(
            f"Expected a trainer that this machine can be but got accelerator {trainer.accelerator!r}, devices "
            f"{trainer.devices!r}, strategy {trainer.strategy!r}: {error} — --trainer.accelerator auto takes what "
            "there is."
        ) from error


def device_of(trainer: TrainerConfig) -> torch.device:
    """Where the first device of a recipe's trainer computes.

    Raises:
        ValueError: As for :func:`make_trainer`.
    """
    return make_trainer(trainer, logger=False, enable_checkpointing=False).strategy.root_device


def fit_module(runner: Trainer, module: LightningModule, data: LightningDataModule, state: str | None) -> None:
    """Trains, from the beginning or from a state that was saved.

    Raises:
        KeyboardInterrupt: After Ctrl-C, of which Lightning makes an exit.
    """
    try:
        runner.fit(module, data, ckpt_path=state, weights_only=True)
    except SystemExit:
        raise KeyboardInterrupt from None


def device_name(device: torch.device) -> str:
    """What computes, in words: ``2-core x86-64 (AVX512)``, or a GPU's name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    machine = platform.machine().replace("_", "-")
    return f"{os.cpu_count()}-core {machine} ({torch.backends.cpu.get_cpu_capability()})"


def silence_lightning() -> None:
    """Leaves out what Lightning says of its own products and of settings chosen here on purpose."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    for chosen in ("does not have many workers", "smaller than the logging interval", "exists and is not empty"):
        warnings.filterwarnings("ignore", f".*{chosen}")
    warnings.filterwarnings("ignore", ".*treespec, LeafSpec", FutureWarning)  # Lightning's own use of torch
