"""From raw text to a BERT: corpus, vocabulary, shards, steps, checkpoint; what is there already is not made again."""

import json
import math
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback, Trainer, seed_everything
from pytorch_lightning.loggers import CSVLogger
from torch import Tensor

from zoo.data.nearest import did_you_mean
from zoo.models.encoder import EncoderConfig, recompute, silent_transformers
from zoo.pretraining.bert import BertPretraining, MaskedBert
from zoo.pretraining.learning_curve import learning_curve, read_log
from zoo.pretraining.masked_examples import Epoch, Masking
from zoo.pretraining.preparation import MODEL, CorpusConfig, VocabularyConfig, prepare
from zoo.pretraining.steps import PretrainingData
from zoo.pretraining.throughput import Throughput
from zoo.text.pieces import PieceTokenizer
from zoo.training.callbacks import EpochBars, RunState, StateToResume
from zoo.training.ranges import check_numbers
from zoo.training.resume import RECIPE, check_state, last_state, plain, recipe_text
from zoo.training.trainer import TrainerConfig, device_name, fit_module, make_trainer, silence_lightning

REPORT = "pretraining.json"
_NETWORK = "model.network."
_LOGGED = 20  # steps between two lines of the log


@dataclass(frozen=True)
class StepsConfig:
    """The ``steps`` section: what is learnt from, and how.

    Args:
        total: Steps of the run; 0 takes as many as ``epochs`` have.
        epochs: Passes over the corpus, where ``total`` is 0.
        rows: Rows of a step, on all devices together.
        rows_at_once: Rows that a device can hold; it takes as many passes as a step needs.
        learning_rate: At its highest.
        warmup: Share of the steps over which it rises from 0; then it falls to 0 along a line.
        weight_decay: On matrices but embeddings.
        clip: The largest norm of a gradient; 0 clips nothing.
        validate: After so many steps held-out documents are read.
        save_minutes: How often the state to resume from is saved.
        workers: Processes that make examples; 0 makes them between steps.
    """

    total: int = 0
    epochs: float = 1.0
    rows: int = 128
    rows_at_once: int = 16
    learning_rate: float = 5e-4
    warmup: float = 0.06
    weight_decay: float = 0.01
    clip: float = 1.0
    validate: int = 500
    save_minutes: float = 5.0
    workers: int = 0

    def __post_init__(self) -> None:
        check_numbers("steps", vars(self))
        if self.warmup > 1 or not (self.total or self.epochs):
            raise ValueError(
                f"Expected steps.warmup in [0, 1], and steps.total or steps.epochs above 0, but got {self.warmup}, "
                f"{self.total} and {self.epochs}."
            )
        for name in ("rows", "rows_at_once", "validate"):
            if getattr(self, name) < 1:
                raise ValueError(f"Expected steps.{name} of at least 1 but got {getattr(self, name)}.")


def pretrain_bert(
    *,
    corpus: CorpusConfig,
    encoder: dict[str, Any],
    vocabulary: VocabularyConfig = VocabularyConfig(),
    examples: Masking = Masking(),
    steps: StepsConfig = StepsConfig(),
    trainer: TrainerConfig = TrainerConfig(),
    seed: int = 1,
    output: str = "runs/bert",
    resume: bool = False,
    progress: bool = True,
) -> Path:
    """Pretrains a BERT from scratch. The arguments are the keys of a recipe.

    Args:
        corpus: The text.
        encoder: Sizes and dropout of the network, keys of transformers' ``BertConfig``.
        vocabulary: The pieces.
        examples: Sequences, rows and masks.
        steps: What is learnt from, and how.
        trainer: Devices and precision.
        seed: Of all that is drawn.
        output: Folder of the run: ``corpus``, ``tokenizer``, ``shards``, ``state``, ``log``, and at its end
            ``checkpoint``, which is a folder of transformers.
        resume: Go on where there is a run; it ends where an uninterrupted one ends.
        progress: Show a progress bar.

    Returns:
        The folder of the checkpoint.

    Raises:
        DataFormatError: If a text cannot be read.
        FileExistsError: If the folder holds a run and ``resume`` is not set.
        FileNotFoundError: If a pattern finds nothing.
        ValueError: If a setting is wrong, or ``resume`` is set and the run was begun with other settings.
    """
    settings = {name: value for name, value in locals().items() if name not in ("output", "resume", "progress")}
    recipe = recipe_text(settings)
    config = _encoder_config(encoder, vocabulary, examples)
    silence_lightning()
    make_trainer(trainer, logger=False, enable_checkpointing=False)  # what it cannot be is told at once
    folder = Path(output)
    last = last_state(folder, recipe, resume, partial(_elsewhere, now=plain(settings)))
    if (folder / "checkpoint" / REPORT).exists():
        return folder / "checkpoint"
    if trainer.threads:
        torch.set_num_threads(trainer.threads)
    seed_everything(seed, workers=True, verbose=False)
    tokenizer, train, held_out = prepare(folder, corpus, vocabulary, examples.max_pieces)
    data = PretrainingData(
        train,
        held_out,
        tokenizer,
        examples,
        seed=seed,
        total=steps.total or _steps_of(steps, Epoch(train, tokenizer, examples, seed, 0)),
        rows=steps.rows,
        rows_at_once=steps.rows_at_once,
        workers=steps.workers,
        fixed=trainer.compile or trainer.accelerator == "tpu",
    )
    config["vocab_size"] = len(tokenizer)
    model = MaskedBert(config, examples.pairs)
    learner = BertPretraining(
        model,
        learning_rate=steps.learning_rate,
        total=data.total,
        warmup=steps.warmup,
        weight_decay=steps.weight_decay,
        clip=steps.clip,
    )
    if trainer.recompute:
        recompute(model.network)
    if trainer.compile:
        model.network.bert.compile(dynamic=False)
    runner, state, speed = _build_trainer(folder, recipe, steps, data.total, trainer, examples.share, progress)
    if last:
        check_state(last, learner)
    fit_module(runner, learner, data, last)
    runner.validate(learner, data, verbose=False)  # the last steps may have been fewer than it takes
    weights = runner.strategy.lightning_module_state_dict()  # of all devices, where each holds a part
    if runner.is_global_zero:
        report = _report(settings, tokenizer, data, runner, state, speed)
        _write(folder, model, weights, tokenizer, recipe, report)
    runner.strategy.barrier()
    return folder / "checkpoint"


def _steps_of(steps: StepsConfig, epoch: Epoch) -> int:
    """Steps of as many epochs as a recipe wants, if all were as long as this one."""
    return max(1, round(steps.epochs * -(-len(epoch) // steps.rows)))


def _elsewhere(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """A recipe with the devices of another: on these, the same steps are taken."""
    places = {
        "trainer": ("accelerator", "devices", "strategy", "threads", "recompute", "compile"),
        "steps": ("rows_at_once", "workers", "save_minutes"),
    }
    moved = {key: {**before[key], **{name: now[key][name] for name in names}} for key, names in places.items()}
    return {**before, **moved}


def _encoder_config(encoder: dict[str, Any], vocabulary: VocabularyConfig, examples: Masking) -> EncoderConfig:
    """The configuration of the network, checked before anything long begins.

    Raises:
        ValueError: If it has a key that BERT has not, or one that the recipe says elsewhere, or no network can be made
            of it.
    """
    from transformers import BertConfig

    known = BertConfig().to_dict()
    for key in encoder:
        if key not in known or key in ("vocab_size", "model_type", "pad_token_id", "is_decoder"):
            raise ValueError(
                f"Expected keys of transformers' BertConfig in the section encoder, without those that follow from "
                f"others, but got {key!r}.{did_you_mean(key, known)}"
            )
    positions = {"max_position_embeddings": max(examples.max_pieces, encoder.get("max_position_embeddings", 0))}
    config = EncoderConfig(
        {"model_type": "bert", "vocab_size": vocabulary.size, "pad_token_id": 0} | encoder | positions
    )
    try:
        with torch.device("meta"):
            MaskedBert(config, examples.pairs)
    except Exception as error:  # whatever transformers and torch make of wrong values
        raise ValueError(f"Expected an encoder that BERT can be but got {encoder}: {error}.") from error
    return config


def _build_trainer(
    folder: Path, recipe: str, steps: StepsConfig, total: int, trainer: TrainerConfig, masked: float, progress: bool
) -> tuple[Trainer, RunState, Throughput]:
    """The Lightning Trainer of a run, and the callbacks that keep its time and tell its speed."""
    state, speed = RunState(folder / RECIPE, recipe), Throughput(_LOGGED, masked)
    callbacks: list[Callback] = [StateToResume(folder / "state", steps.save_minutes), state, speed]
    runner = make_trainer(
        trainer,
        max_epochs=1,  # as Lightning counts: a run is one pass over its steps
        val_check_interval=min(steps.validate, total),
        callbacks=[*callbacks, EpochBars()] if progress else callbacks,
        logger=CSVLogger(folder, name="log"),
        enable_progress_bar=progress,
        log_every_n_steps=_LOGGED,
        default_root_dir=folder,
    )
    return runner, state, speed


def _report(
    settings: dict[str, Any],
    tokenizer: PieceTokenizer,
    data: PretrainingData,
    runner: Trainer,
    state: RunState,
    speed: Throughput,
) -> dict[str, Any]:
    """What ``pretraining.json`` tells of a finished run."""
    held_out = {
        name.removeprefix("held_out_"): round(float(value), 4)
        for name, value in runner.callback_metrics.items()
        if name.startswith("held_out_")
    }
    return {
        "settings": plain(settings),
        "pieces": {"vocabulary": len(tokenizer), "train": int(data.shards.sentences[-1])},
        "steps": data.total,
        "held_out": held_out | {"perplexity": round(math.exp(held_out["nats"]), 3)} if "nats" in held_out else {},
        **{name: float(f"{value:.4g}") for name, value in speed.average.items()},
        "train_minutes": round(state.seconds / 60, 1),
        "device": device_name(runner.strategy.root_device),
        "devices": runner.world_size,
        "computed_in": str(runner.precision),
        "versions": {name: version(name) for name in ("torch", "pytorch-lightning", "transformers", "sentencepiece")},
        "date": date.today().isoformat(),
    }


def _write(
    folder: Path,
    model: MaskedBert,
    weights: dict[str, Tensor],
    tokenizer: PieceTokenizer,
    recipe: str,
    report: dict[str, Any],
) -> None:
    """Writes the checkpoint, the report last: a folder that has it is complete."""
    checkpoint = folder / "checkpoint"
    with silent_transformers():
        own = {name.removeprefix(_NETWORK): tensor for name, tensor in weights.items() if name.startswith(_NETWORK)}
        model.network.save_pretrained(checkpoint, state_dict=own)
    (checkpoint / "tokenizer.json").write_text(tokenizer.definition, encoding="utf-8")
    settings = json.dumps(tokenizer.settings, indent=2, ensure_ascii=False) + "\n"
    (checkpoint / "tokenizer_config.json").write_text(settings, encoding="utf-8")
    (checkpoint / MODEL).write_bytes((folder / "tokenizer" / MODEL).read_bytes())
    (checkpoint / RECIPE).write_text(recipe, encoding="utf-8")
    logs = sorted(folder.glob("log/version_*/metrics.csv"), key=lambda path: path.stat().st_mtime)
    if find_spec("matplotlib"):
        learning_curve(read_log(logs), f"Pretraining {folder.name}", checkpoint / "learning-curve.png")
    (checkpoint / REPORT).write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
