"""A tagger learns from documents and becomes a checkpoint folder; an interrupted run goes on where it was."""

import json
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger

from zoo.checkpoint.folder import read_architecture
from zoo.data.document import Corpus, losses_of
from zoo.evaluation.bootstrap import bootstrap
from zoo.evaluation.report import to_dict
from zoo.evaluation.spans import Report, score
from zoo.models.encoder import recompute
from zoo.models.golden import write_golden
from zoo.models.registry import architecture_named
from zoo.models.tagger import Tagger
from zoo.training.callbacks import EpochBars, MovingAverage, RunState, StateToResume
from zoo.training.datamodule import TaggingDataModule
from zoo.training.learnt_rows import learn_rows, restore_rows
from zoo.training.optimizers import OptimizerConfig, build_optimizer, with_schedule
from zoo.training.ranges import check_numbers
from zoo.training.resume import RECIPE, check_state
from zoo.training.trainer import TrainerConfig, device_name, fit_module, make_trainer

_METRICS = "metrics.json"


@dataclass(frozen=True)
class TrainingConfig:
    """The ``training`` section of a recipe.

    Args:
        epochs: The most passes over the training documents; the learning rate reaches its end with the last.
        patience: Stop after so many epochs without a better dev F1; not where ``keep`` is ``last``.
        keep: The weights to end with: the ``best`` by strict dev F1, or the ``last``, which takes all epochs. A
            schedule that ends at 0 settles by itself: then a few dev documents choose by chance.
        batch_words: The most words of a batch, padding included.
        window_words: The most words of a window that is learnt from, where tagging reads longer ones: a document of
            thousands of words would be a batch of its own. 0: as the codec cuts.
        clip: The largest norm of a gradient.
        average: Decay of the exponential moving average of the weights, per step, after a warm-up
            (:class:`zoo.training.callbacks.MovingAverage`); 0 does not average.
        save_minutes: How often the state to resume from is saved.
        held_out: Share of train and dev documents together that is held out as dev; 0 keeps the corpus's own splits.
        half: Whether the checkpoint stores weights in float16, at half the size; it computes in float32 all the same.

    Raises:
        ValueError: If a number is out of its range.
    """

    epochs: int = 30
    patience: int = 10
    keep: Literal["best", "last"] = "best"
    batch_words: int = 1000
    window_words: int = 0
    clip: float = 1.0
    average: float = 0.0
    save_minutes: float = 2.0
    held_out: float = 0.0
    half: bool = True

    def __post_init__(self) -> None:
        for name in ("epochs", "patience", "batch_words"):
            if getattr(self, name) < 1:
                raise ValueError(f"Expected training.{name} of at least 1 but got {getattr(self, name)}.")
        for name in ("average", "held_out"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"Expected training.{name} in [0, 1) but got {getattr(self, name)}.")
        check_numbers("training", {name: getattr(self, name) for name in ("window_words", "clip", "save_minutes")})


@dataclass(frozen=True)
class Trained:
    """What a run leaves behind.

    Args:
        folder: The checkpoint folder.
        tagger: The tagger as reloaded from it.
        metrics: What ``metrics.json`` holds.
    """

    folder: Path
    tagger: Tagger
    metrics: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """How a tagger is to learn, and where what comes of it is kept.

    Args:
        folder: Of the run; its ``checkpoint`` is the result.
        recipe: All settings, as YAML.
        state: A state to go on from (:func:`zoo.training.resume.last_state`).
        optimizer: Optimizer and schedule.
        training: Epochs, batches, stopping, averaging.
        trainer: Devices and precision.
        seed: Of shuffling and dropout.
        progress: Show a progress bar.
    """

    folder: Path
    recipe: str
    state: str | None = None
    optimizer: OptimizerConfig = OptimizerConfig()
    training: TrainingConfig = TrainingConfig()
    trainer: TrainerConfig = TrainerConfig()
    seed: int = 1
    progress: bool = True


def fit(tagger: Tagger, corpus: Corpus, data: TaggingDataModule, run: Run) -> Trained:
    """Trains a tagger and writes its checkpoint folder.

    The best weights by strict dev F1 are kept, or the last. The tagger is written, loaded again as a user would, and
    scored on dev and, where the corpus has one, test: ``metrics.json`` tells what the folder does, not what memory did.

    Args:
        tagger: Who learns.
        corpus: What it is scored on.
        data: What it learns from.
        run: How.

    Raises:
        ValueError: If the state to go on from is of other layers, or damaged.
    """
    training = run.training
    tagger.optimization = lambda module: with_schedule(
        run.optimizer, build_optimizer(run.optimizer, module), len(data.train_dataloader()), training.epochs
    )
    runner, kept, state = build_trainer(run.folder, training, run.trainer, run.progress, run.recipe)
    set_up_encoder(tagger, run.trainer)
    if tagger.descends:
        learn_rows(tagger, {form for window in data.windows["train"] for form in window.forms})
    if run.state:
        check_state(run.state, tagger)
    if tagger.descends:
        fit_module(runner, tagger, data, run.state)
    if runner.is_global_zero:
        if tagger.descends:
            tagger.load_state_dict(_kept_weights(kept))
            restore_rows(tagger)
        else:
            state.begin()
        tagger.objective = None  # what it learnt by is no part of what it learnt
        tagger.learn(data.windows["train"], data.windows["dev"], run.seed, progress=run.progress)
        metrics = {
            "corpus": corpus.name,
            "seed": run.seed,
            "held_out": training.held_out,
            "epochs": runner.current_epoch,
            "train_minutes": round(_seconds(state, runner.strategy.root_device) / 60, 1),
            "device": device_name(runner.strategy.root_device),
            "computed_in": str(runner.precision),
            "versions": {name: version(name) for name in ("torch", "pytorch-lightning", "numpy")},
            "date": date.today().isoformat(),
            "reading_losses": dict(losses_of(d for split in corpus for d in corpus[split])),
            "flattening": {split: report.to_dict() for split, report in data.flattening.items()},
        }
        _finish(run.folder / "checkpoint", tagger, corpus, run.recipe, metrics, half=training.half)
    runner.strategy.barrier()
    trained = trained_in(run.folder)
    assert trained is not None
    return trained


def trained_in(folder: Path) -> Trained | None:
    """The result of a run, as a user loads it; ``None`` where the run is not complete."""
    checkpoint = folder / "checkpoint"
    if not (checkpoint / _METRICS).exists():
        return None
    tagger = architecture_named(read_architecture(checkpoint)).from_pretrained(checkpoint)
    return Trained(checkpoint, tagger, json.loads((checkpoint / _METRICS).read_text(encoding="utf-8")))


def set_up_encoder(tagger: Tagger, trainer: TrainerConfig) -> None:
    """Compiles a tagger's encoder, and lets it forget what it computed, where the recipe says so.

    Raises:
        ValueError: If it has none.
    """
    if not (trainer.recompute or trainer.compile):
        return
    network: Any = getattr(tagger, "network", None)
    if network is None:
        raise ValueError(
            f"Expected an architecture with a transformer encoder for trainer.recompute and trainer.compile but got "
            f"{tagger.key!r}; leave them out."
        )
    if trainer.recompute:
        recompute(network)
    if trainer.compile:
        network.compile(dynamic=True)


def _finish(
    checkpoint: Path, tagger: Tagger, documents: Corpus, recipe: str, metrics: dict[str, Any], *, half: bool
) -> None:
    """Writes the checkpoint folder, and into it what people want to know: the recipe, the scores, golden outputs."""
    tagger.save_pretrained(checkpoint, half=half)
    (checkpoint / RECIPE).write_text(recipe, encoding="utf-8")
    reloaded = type(tagger).from_pretrained(checkpoint)
    write_golden(reloaded, checkpoint)
    text = json.dumps(metrics | evaluate_splits(reloaded, documents), indent=2) + "\n"
    (checkpoint / _METRICS).write_text(text, encoding="utf-8")  # last: a run that has it is complete


def _kept_weights(kept: ModelCheckpoint) -> dict[str, torch.Tensor]:
    """The best weights, or the last.

    A run that was resumed may name a file that a later epoch had replaced before it was cut off; then the newest is the
    better one.
    """
    path = Path(kept.best_model_path)
    if not path.is_file():
        path = max(Path(str(kept.dirpath)).glob("*.ckpt"), key=lambda found: found.stat().st_mtime)
    return torch.load(path, map_location="cpu", weights_only=True)["state_dict"]


def _seconds(state: RunState, device: torch.device) -> float:
    """How long a run took: processor time of all threads where processors compute, since others may share them.

    By the clock on an accelerator.
    """
    return state.cpu_seconds if device.type == "cpu" else state.seconds


def evaluate_splits(tagger: Tagger, corpus: Corpus) -> dict[str, Any]:
    """Strict scores with intervals of every split but train, as JSON values."""
    scores: dict[str, Any] = {}
    for split in corpus:
        if split != "train":
            report: Report = score(corpus[split], tagger.tag(corpus[split]))
            scores[split] = to_dict(report, bootstrap(report))
    return scores


def build_trainer(
    folder: Path, training: TrainingConfig, trainer: TrainerConfig, progress: bool, recipe: str = ""
) -> tuple[Trainer, ModelCheckpoint, RunState]:
    """The Lightning Trainer of a run, the callback that keeps weights, and the one that keeps its time."""
    choice = "dev_f1" if training.keep == "best" else None
    # Saved with all that training needs: only then does Lightning ask the moving average for its weights.
    kept = ModelCheckpoint(folder / training.keep, monitor=choice, mode="max", filename="{epoch}-{dev_f1:.4f}")
    state = RunState(folder / RECIPE, recipe)
    callbacks: list[Callback] = [kept, StateToResume(folder / "state", training.save_minutes), state]
    if choice:
        callbacks.append(EarlyStopping(choice, mode="max", patience=training.patience))
    if training.average:
        callbacks.append(MovingAverage(training.average))
    if progress:
        callbacks.append(EpochBars())
    runner = make_trainer(
        trainer,
        max_epochs=training.epochs,
        gradient_clip_val=training.clip,
        callbacks=callbacks,
        logger=CSVLogger(folder, name="log"),
        enable_progress_bar=progress,
        log_every_n_steps=50,
        default_root_dir=folder,
    )
    return runner, kept, state
