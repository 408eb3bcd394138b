"""Character language models from raw text, one in each direction.

Paper: Akbik, Blythe & Vollgraf, "Contextual string embeddings for sequence labeling" (COLING 2018), sections 2.1 and
3.1. They train LSTMs of one layer by truncated back-propagation over sequences of 250 characters in batches of 100,
with SGD at 20 that is annealed by 4 where the perplexity does not fall. Changed here: both directions are learnt side
by side, each with AdamW and gradients clipped on its own, at a rate that falls to 0 along a cosine, since a text this
small is read once and not for a week.

The text is cut into long streams that are read side by side, some characters at a time; the state after a stretch is
where the next one begins, though no gradient crosses. So the model has seen all that came before in its stream, and a
batch is drawn from all over the text without shuffling it.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import yaml
from pytorch_lightning import Callback, LightningModule, Trainer, seed_everything
from pytorch_lightning.loggers import CSVLogger
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from zoo.models.character_lm import CharacterLm, CharacterLms, State, read_character_lms, write_character_lms
from zoo.pretraining.character_streams import Stretch, Text, TextStreams, read_characters
from zoo.pretraining.texts import find_texts
from zoo.training.callbacks import EpochBars, RunState, StateToResume
from zoo.training.precisions import Precision, precision_on
from zoo.training.resume import RECIPE, check_state, last_state
from zoo.training.trainer import device_name, fit_module, silence_lightning

_WARMUP = 0.02  # share of the steps over which the rate rises from 0
_SAVE_MINUTES = 2.0


class CharacterLmPair(LightningModule):
    """The language models of both directions, learnt side by side.

    Args:
        characters: Rows of the vocabulary.
        character_size: Dimensions of a character vector.
        hidden: Units of each LSTM.
        learning_rate: At its highest.
        steps: Steps of the whole training, at whose end the rate is 0.
    """

    def __init__(self, *, characters: int, character_size: int, hidden: int, learning_rate: float, steps: int) -> None:
        super().__init__()
        self.forward_lm = CharacterLm(characters=characters, character_size=character_size, hidden=hidden)
        self.backward_lm = CharacterLm(characters=characters, character_size=character_size, hidden=hidden)
        self.learning_rate, self.steps = learning_rate, steps
        self.carried: dict[str, list[State]] = {}

    @property
    def lms(self) -> tuple[CharacterLm, CharacterLm]:
        """Forward and backward."""
        return self.forward_lm, self.backward_lm

    def losses(self, batch: Stretch, kind: str) -> tuple[Tensor, Tensor]:
        """Mean negative log-likelihood of the characters of a stretch, forward and backward.

        Args:
            batch: The stretch that follows the one before it of this kind.
            kind: Of streams, each of which carries states of its own.
        """
        states: Sequence[State | None] = (None, None) if batch.first else self.carried[kind]
        losses, self.carried[kind] = [], []
        for lm, text, state in zip(self.lms, batch.text, states, strict=True):
            scores, (hidden, cell) = lm(text[:, :-1], state)  # (B, N, C)
            self.carried[kind].append((hidden.detach(), cell.detach()))  # truncation: no gradient crosses
            losses.append(cross_entropy(scores.flatten(0, 1).float(), text[:, 1:].flatten()))
        return losses[0], losses[1]

    def training_step(self, batch: Stretch, batch_idx: int) -> Tensor:
        """Learns from a stretch."""
        forward, backward = self.losses(batch, "train")
        for name, loss in (("forward", forward), ("backward", backward)):
            self.log(f"{name}_ppl", loss.detach().exp(), prog_bar=True, batch_size=1)
        return forward + backward

    def validation_step(self, batch: Stretch, batch_idx: int) -> None:
        """Reads a held-out stretch."""
        characters = batch.text[0, :, 1:].numel()
        for name, loss in zip(("forward", "backward"), self.losses(batch, "held_out"), strict=True):
            self.log(f"held_out_{name}_nats", loss, batch_size=characters)  # a mean over characters

    def configure_optimizers(self) -> Any:
        """AdamW along a cosine."""
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.learning_rate, weight_decay=0.0, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(step, self.steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clips each direction by itself: what one learns does not depend on the other."""
        for lm in self.lms:
            clip_grad_norm_(lm.parameters(), gradient_clip_val or math.inf)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keeps where the streams' states are."""
        checkpoint["carried"] = self.carried.get("train")

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Goes on from there."""
        if checkpoint["carried"] is not None:
            self.carried["train"] = [(h.to(self.device), c.to(self.device)) for h, c in checkpoint["carried"]]


def rate_factor(step: int, steps: int) -> float:
    """The learning rate at a step as a share of its highest: a short rise, then half a cosine down to 0.

    Examples:
        >>> [round(rate_factor(step, 100), 3) for step in (0, 1, 50, 100)]
        [0.5, 1.0, 0.5, 0.0]
    """
    rising = (step + 1) / max(1.0, _WARMUP * steps)
    return min(1.0, rising) * (1 + math.cos(math.pi * min(1.0, step / steps))) / 2


def train_character_lm(
    texts: Sequence[str | Path],
    out: str | Path,
    *,
    character_size: int = 64,
    hidden: int = 256,
    min_count: int = 10,
    held_out: int = 200,
    max_characters: int | None = None,
    streams: int = 32,
    stretch: int = 100,
    epochs: int = 1,
    learning_rate: float = 0.007,
    clip: float = 1.0,
    precision: Precision = "32-true",
    accelerator: str = "auto",
    threads: int = 0,
    seed: int = 1,
    resume: bool = False,
    progress: bool = True,
) -> CharacterLms:
    """Trains character language models and writes their folder (:mod:`zoo.models.character_lm`).

    Args:
        texts: Files, folders and patterns; see :func:`zoo.pretraining.texts.find_texts` and ``read_texts``.
        out: Folder of the result; its ``state`` is to resume from.
        character_size: Dimensions of a character vector.
        hidden: Units of the LSTM of each direction.
        min_count: Characters that occur less often are the unknown one.
        held_out: Each so-many-th part of the texts (as a line) is held out, for perplexities.
        max_characters: Stop reading after the part that reaches so many characters.
        streams: Places of the text that are read side by side.
        stretch: Characters of each stream in a step; gradients reach no farther back.
        epochs: Passes over the text.
        learning_rate: At its highest.
        clip: The largest norm of a direction's gradient.
        precision: ``32-true``, or ``bf16-mixed``, which keeps weights in full precision; ``auto`` is the latter where
            the device computes in it.
        accelerator: ``auto``, ``cpu``, ``gpu``: one device.
        threads: CPU threads of torch; 0 leaves torch's choice.
        seed: Of initialization.
        resume: Go on from ``state`` where there is one; the run ends where an uninterrupted one ends.
        progress: Show a progress bar.

    Returns:
        The models as read from the folder.

    Raises:
        DataFormatError: If a text cannot be read.
        FileExistsError: If the folder holds a run and ``resume`` is not set.
        FileNotFoundError: If a pattern finds nothing.
        ValueError: If a setting is wrong, or ``resume`` is set and the run was begun with other settings.
    """
    settings = {name: value for name, value in locals().items() if name not in ("out", "resume", "progress")}
    settings["texts"] = [str(text) for text in texts]
    _check(settings)
    silence_lightning()
    folder, recipe = Path(out), yaml.safe_dump(settings, sort_keys=False)
    last = last_state(folder, recipe, resume)
    if (folder / "config.json").exists():
        return read_character_lms(folder)
    if threads:
        torch.set_num_threads(threads)
    seed_everything(seed, workers=True, verbose=False)
    text = read_characters(find_texts(texts), held_out, min_count, max_characters)
    data = TextStreams(text, streams, stretch)
    sizes = {"character_size": character_size, "hidden": hidden}
    pair = CharacterLmPair(
        characters=len(text.characters), **sizes, learning_rate=learning_rate, steps=epochs * len(data.train)
    )
    runner, state = _build_trainer(folder, recipe, settings, progress)
    if last:
        check_state(last, pair)
    fit_module(runner, pair, data, last)
    report = {"settings": settings} | _report(text, runner, state.seconds)
    write_character_lms(CharacterLms(text.characters, *pair.lms, report), folder)
    return read_character_lms(folder)


def _build_trainer(folder: Path, recipe: str, settings: Mapping[str, Any], progress: bool) -> tuple[Trainer, RunState]:
    """The Lightning Trainer of a run, and the callback that keeps its time."""
    state = RunState(folder / RECIPE, recipe)
    callbacks: list[Callback] = [StateToResume(folder / "state", _SAVE_MINUTES), state]
    runner = Trainer(
        accelerator=settings["accelerator"],
        devices=1,
        precision=precision_on(settings["precision"], settings["accelerator"]),
        max_epochs=settings["epochs"],
        gradient_clip_val=settings["clip"],
        callbacks=[*callbacks, EpochBars()] if progress else callbacks,
        logger=CSVLogger(folder, name="log"),
        enable_progress_bar=progress,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=50,
        default_root_dir=folder,
    )
    return runner, state


def _report(text: Text, runner: Trainer, seconds: float) -> dict[str, Any]:
    """What ``config.json`` tells of a finished run besides its settings."""
    nats = {name: float(runner.callback_metrics[f"held_out_{name}_nats"]) for name in ("forward", "backward")}
    return {
        "characters": {"vocabulary": len(text.characters), "train": len(text.train), "held_out": len(text.held_out)},
        "held_out_perplexity": {name: round(math.exp(value), 4) for name, value in nats.items()},
        "train_minutes": round(seconds / 60, 1),
        "device": device_name(runner.strategy.root_device),
        "versions": {name: version(name) for name in ("torch", "pytorch-lightning", "numpy")},
        "date": date.today().isoformat(),
    }


def _check(settings: Mapping[str, Any]) -> None:
    """Finds a wrong setting before hours are spent."""
    for name in ("character_size", "hidden", "min_count", "streams", "stretch", "epochs"):
        if settings[name] < 1:
            raise ValueError(f"Expected {name} of at least 1 but got {settings[name]}.")
    if settings["held_out"] < 2:
        raise ValueError(f"Expected held_out of at least 2 but got {settings['held_out']}.")
    if settings["max_characters"] is not None and settings["max_characters"] < 1:
        raise ValueError(f"Expected max_characters of at least 1, or none, but got {settings['max_characters']}.")
    if settings["learning_rate"] <= 0 or settings["clip"] <= 0:
        raise ValueError(
            f"Expected learning_rate and clip above 0 but got {settings['learning_rate']} and {settings['clip']}."
        )
    if not settings["texts"]:
        raise ValueError("Expected at least one text but got none.")
