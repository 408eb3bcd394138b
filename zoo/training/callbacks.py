"""What Lightning does not save or show by itself."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import Checkpoint, RichProgressBar, WeightAveraging
from torch import Tensor


class RunState(Callback):
    """Keeps the random state in checkpoints, so that dropout goes on where it was, and the seconds trained so far.

    Args:
        path: Where the recipe is written when training begins: from then on the folder holds a run.
        recipe: Its text.
    """

    _restored: dict[str, Any] | None = None
    _earlier = _computed = 0.0

    def __init__(self, path: Path, recipe: str) -> None:
        self._began, self._path, self._recipe = time.perf_counter(), path, recipe
        self._used = time.process_time()

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.is_global_zero:
            self.begin()

    def begin(self) -> None:
        """Writes the recipe."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(self._recipe, encoding="utf-8")

    @property
    def seconds(self) -> float:
        """How long the run has taken, the time before it was resumed included."""
        return self._earlier + time.perf_counter() - self._began

    @property
    def cpu_seconds(self) -> float:
        """How long its processor computed for it; waiting for other programs of the machine does not count."""
        return self._computed + time.process_time() - self._used

    def state_dict(self) -> dict[str, Any]:
        return {
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._restored, self._earlier = state_dict, state_dict["seconds"]
        self._computed = state_dict.get("cpu_seconds", self._earlier)  # of a state from before it was kept

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._restored is not None:
            torch.set_rng_state(self._restored["torch"].cpu())
            if self._restored["cuda"]:
                torch.cuda.set_rng_state_all([state.cpu() for state in self._restored["cuda"]])
            self._restored = None


class StateToResume(Checkpoint):
    """Saves the newest state every few minutes, but never after the last batch of an epoch.

    A run resumed from there would take the epoch for finished and leave out its validation. Lightning's own callback
    would save nothing of a module that takes its optimizer's steps itself.

    Args:
        folder: Where it is kept; an older state is removed when a newer one is complete.
        minutes: How often.
    """

    def __init__(self, folder: Path, minutes: float) -> None:
        self._folder, self._seconds, self._saved = folder, 60 * minutes, time.monotonic()

    def on_train_batch_end(self, trainer: Trainer, *rest: Any) -> None:
        # All devices save, or none: the first one's clock decides.
        due = trainer.strategy.broadcast(time.monotonic() - self._saved >= self._seconds)
        if due and not trainer.is_last_batch:
            path = self._folder / f"step={trainer.global_step}.ckpt"
            trainer.save_checkpoint(path)
            self._saved = time.monotonic()
            if trainer.is_global_zero:
                for older in {*self._folder.glob("*.ckpt")} - {path}:
                    older.unlink()


class MovingAverage(WeightAveraging):
    """Exponential moving average of the weights, over a tenth of the steps at first, so that short runs have one, too.

    The decay after step n is ``min(decay, (1 + n) / (10 + n))``, as in TensorFlow's ``ExponentialMovingAverage``.

    Args:
        decay: At its highest.
    """

    def __init__(self, decay: float) -> None:
        super().__init__(multi_avg_fn=self._move)
        self._decay = decay

    @torch.no_grad()
    def _move(self, averages: Sequence[Tensor], current: Sequence[Tensor], step: Tensor) -> None:
        share = 1 - ((1 + step) / (10 + step)).clamp_max(self._decay)  # on the weights' device: nothing waits for it
        for average, weights in zip(averages, current, strict=True):
            if average.is_floating_point():
                average.lerp_(weights, share.to(average.dtype))
            else:
                average.copy_(weights)


class EpochBars(RichProgressBar):
    """A Rich bar that stays on the screen after each epoch, with the training loss and the dev F1."""

    def __init__(self) -> None:
        super().__init__(refresh_rate=10, leave=True)  # ten batches a drawing: a person sees no more

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        return {name: value for name, value in super().get_metrics(trainer, pl_module).items() if name != "v_num"}
