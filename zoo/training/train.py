"""From a recipe to a checkpoint folder."""

import inspect
import json
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import torch
import yaml
from pytorch_lightning import Callback, Trainer, seed_everything
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger

from zoo.checkpoint.folder import read_architecture
from zoo.data.document import Corpus, losses_of
from zoo.data.splits import load_corpus
from zoo.evaluation.bootstrap import bootstrap
from zoo.evaluation.report import to_dict
from zoo.evaluation.spans import Report, score
from zoo.models.encoder import recompute
from zoo.models.golden import write_golden
from zoo.models.registry import architecture_named
from zoo.models.tagger import Tagger
from zoo.text.codec import CodecConfig
from zoo.training.build import ResourcesConfig, VectorsConfig, build_tagger
from zoo.training.callbacks import EpochBars, MovingAverage, RunState, StateToResume
from zoo.training.datamodule import TaggingDataModule
from zoo.training.hold_out import hold_out
from zoo.training.learnt_rows import learn_rows, restore_rows
from zoo.training.optimizers import OptimizerConfig, build_optimizer, with_schedule
from zoo.training.ranges import check_numbers
from zoo.training.resume import RECIPE, check_state, last_state
from zoo.training.trainer import TrainerConfig, device_name, make_trainer, silence_lightning

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


def train(
    *,
    corpus: str,
    architecture: str,
    codec: CodecConfig,
    model: dict[str, Any] | None = None,
    vectors: VectorsConfig = VectorsConfig(),
    resources: ResourcesConfig = ResourcesConfig(),
    optimizer: OptimizerConfig = OptimizerConfig(),
    training: TrainingConfig = TrainingConfig(),
    trainer: TrainerConfig = TrainerConfig(),
    seed: int = 1,
    output: str = "runs/latest",
    resume: bool = False,
    progress: bool = True,
) -> Trained:
    """Trains a tagger and writes its checkpoint folder. The arguments are the keys of a recipe.

    The best weights by strict dev F1 are kept, or the last. The tagger is written, loaded again as a user would, and
    scored on dev and, where the corpus has one, test: ``metrics.json`` tells what the folder does, not what memory did.

    Args:
        corpus: A corpus by name, or a folder with train, dev and test.
        architecture: A key of the registry.
        codec: Labels, tag scheme, segmentation, window.
        model: Arguments of the architecture's constructor besides codec and vocabularies.
        vectors: Pretrained word vectors.
        resources: What else the architecture is built from.
        optimizer: Optimizer and schedule.
        training: Epochs, batches, stopping, averaging.
        trainer: Devices and precision.
        seed: Of initialization, shuffling and dropout.
        output: Folder of the run; its ``checkpoint`` is the result, ``state`` is to resume from.
        resume: Go on from ``state`` where there is one; the run ends where an uninterrupted one ends.
        progress: Show a progress bar.

    Raises:
        FileExistsError: If the folder holds a run and ``resume`` is not set.
        ValueError: If a label of the corpus is not in the codec, a setting is wrong, or ``resume`` is set and the
            folder's run was begun with another recipe.
    """
    recipe = _as_yaml({name: value for name, value in locals().items() if name not in ("output", "resume", "progress")})
    silence_lightning()
    folder = Path(output)
    last = last_state(folder, recipe, resume, _filled)
    if (folder / "checkpoint" / _METRICS).exists():
        return _finished(folder / "checkpoint")
    if trainer.threads:
        torch.set_num_threads(trainer.threads)
    seed_everything(seed, workers=True, verbose=False)
    documents = load_corpus(corpus)
    if training.held_out:
        documents = hold_out(documents, training.held_out)
    if absent := {"train", "dev"} - set(documents):
        raise ValueError(
            f"Corpus {documents.name!r} has no {' and no '.join(sorted(absent))} documents — expected train, to learn "
            "from, and dev, which choose the best epoch — hold a share of what there is out: --training.held_out 0.1"
        )
    tagger = build_tagger(architecture, codec, model or {}, documents["train"], vectors, resources)
    data = TaggingDataModule(
        documents["train"],
        documents["dev"],
        tagger,
        batch_words=training.batch_words,
        seed=seed,
        window_words=training.window_words,
    )
    tagger.optimization = lambda module: with_schedule(
        optimizer, build_optimizer(optimizer, module), len(data.train_dataloader()), training.epochs
    )
    runner, kept, state = build_trainer(folder, training, trainer, progress, recipe)
    set_up_encoder(tagger, trainer)
    if tagger.descends:
        learn_rows(tagger, {form for window in data.windows["train"] for form in window.forms})
    if last:
        check_state(last, tagger)
    if tagger.descends:
        try:
            runner.fit(tagger, data, ckpt_path=last, weights_only=True)
        except SystemExit:  # what Lightning makes of Ctrl-C
            raise KeyboardInterrupt from None
    if runner.is_global_zero:
        if tagger.descends:
            tagger.load_state_dict(_kept_weights(kept))
            restore_rows(tagger)
        else:
            state.begin()
        tagger.learn(data.windows["train"], data.windows["dev"], seed, progress=progress)
        metrics = {
            "corpus": documents.name,
            "seed": seed,
            "held_out": training.held_out,
            "epochs": runner.current_epoch,
            "train_minutes": round(_seconds(state, runner.strategy.root_device) / 60, 1),
            "device": device_name(runner.strategy.root_device),
            "computed_in": str(runner.precision),
            "versions": {name: version(name) for name in ("torch", "pytorch-lightning", "numpy")},
            "date": date.today().isoformat(),
            "reading_losses": dict(losses_of(d for split in documents for d in documents[split])),
            "flattening": {split: report.to_dict() for split, report in data.flattening.items()},
        }
        _finish(folder / "checkpoint", tagger, documents, recipe, metrics, half=training.half)
    runner.strategy.barrier()
    return _finished(folder / "checkpoint")


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


def _finished(checkpoint: Path) -> Trained:
    """The result of a complete run, as a user loads it."""
    tagger = architecture_named(read_architecture(checkpoint)).from_pretrained(checkpoint)
    return Trained(checkpoint, tagger, json.loads((checkpoint / _METRICS).read_text(encoding="utf-8")))


def _kept_weights(kept: ModelCheckpoint) -> dict[str, torch.Tensor]:
    """The best weights, or the last.

    A run that was resumed may name a file that a later epoch had replaced before it was cut off; then the newest is the
    better one.
    """
    path = Path(kept.best_model_path)
    if not path.is_file():
        path = max(Path(str(kept.dirpath)).glob("*.ckpt"), key=lambda found: found.stat().st_mtime)
    return torch.load(path, map_location="cpu", weights_only=True)["state_dict"]


def _as_yaml(recipe: dict[str, Any]) -> str:
    """A whole recipe, defaults included."""
    plain: dict[str, Any] = {
        key: asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        for key, value in recipe.items()
    }
    plain["codec"]["labels"] = list(plain["codec"]["labels"])
    return yaml.safe_dump(plain, sort_keys=False)


def _filled(recipe: dict[str, Any]) -> dict[str, Any]:
    """A recipe with the defaults of keys that came into use after it was written."""
    given = {name: parameter.default for name, parameter in inspect.signature(train).parameters.items()}
    defaults: dict[str, Any] = {
        name: asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        for name, value in given.items()
    }
    defaults["codec"] = CodecConfig(labels=("any",)).to_dict()
    filled = dict(recipe)
    for name, value in json.loads(json.dumps(defaults, default=str)).items():
        filled[name] = {**value, **recipe.get(name, {})} if isinstance(value, dict) else recipe.get(name, value)
    return filled


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
