"""From a recipe to a checkpoint folder."""

import inspect
import json
import logging
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import yaml
from pytorch_lightning import Callback, Trainer, seed_everything
from pytorch_lightning.callbacks import EarlyStopping, EMAWeightAveraging, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger

from zoo.data.corpora import load_corpus
from zoo.data.document import Corpus, Document
from zoo.evaluation.bootstrap import bootstrap
from zoo.evaluation.report import to_dict
from zoo.evaluation.spans import Report, score
from zoo.models.golden import write_golden
from zoo.models.registry import architecture_named
from zoo.models.tagger import Tagger
from zoo.text.codec import Codec, CodecConfig
from zoo.text.vectors import WordVectors, read_vectors, vectors_for
from zoo.text.vocab import NORMALIZERS, Vocabulary
from zoo.training.callbacks import EpochBars, RandomState, StateToResume
from zoo.training.datamodule import TaggingDataModule
from zoo.training.optimizers import OptimizerConfig, build_optimizer, with_schedule


@dataclass(frozen=True)
class VectorsConfig:
    """The ``vectors`` section of a recipe: pretrained word vectors.

    Args:
        path: A file of ``zoo embed``, or word2vec text or binary; ``null`` starts from random vectors.
        most: How many of its words, most frequent first, the tagger keeps besides those of the training corpus.
    """

    path: str | None = None
    most: int = 60_000


@dataclass(frozen=True)
class TrainingConfig:
    """The ``training`` section of a recipe.

    Args:
        epochs: The most passes over the training documents; the learning rate reaches its end with the last.
        patience: Stop after so many epochs without a better dev F1.
        batch_words: The most words of a batch, padding included.
        clip: The largest norm of a gradient.
        average: Decay of the exponential moving average of the weights, per step; 0 does not average.
        save_minutes: How often the state to resume from is saved.
        half: Whether the checkpoint stores weights in float16, at half the size; it computes in float32 all the same.
    """

    epochs: int = 30
    patience: int = 10
    batch_words: int = 1000
    clip: float = 1.0
    average: float = 0.0
    save_minutes: float = 2.0
    half: bool = True


@dataclass(frozen=True)
class TrainerConfig:
    """The ``trainer`` section of a recipe: where it runs; handed to the Lightning Trainer as it is.

    Args:
        accelerator: ``auto``, ``cpu``, ``gpu``, ``tpu``.
        devices: How many, or ``auto``.
        strategy: As ``auto``, ``ddp``.
        precision: ``32-true``, or ``bf16-mixed``, which keeps weights and CRF in full precision.
        threads: CPU threads of torch; 0 leaves torch's choice.
    """

    accelerator: str = "auto"
    devices: int | str = 1
    strategy: str = "auto"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    threads: int = 0


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
    optimizer: OptimizerConfig = OptimizerConfig(),
    training: TrainingConfig = TrainingConfig(),
    trainer: TrainerConfig = TrainerConfig(),
    seed: int = 1,
    output: str = "runs/latest",
    resume: bool = False,
    progress: bool = True,
) -> Trained:
    """Trains a tagger and writes its checkpoint folder. The arguments are the keys of a recipe.

    The best weights by strict dev F1 are kept. The tagger is then written, loaded again as a user would, and scored
    on dev and, where the corpus has one, test: ``metrics.json`` tells what the folder does, not what memory did.

    Args:
        corpus: A corpus by name, or a folder with train, dev and test.
        architecture: A key of the registry.
        codec: Labels, tag scheme, segmentation, window.
        model: Arguments of the architecture's constructor besides codec and vocabularies.
        vectors: Pretrained word vectors.
        optimizer: Optimizer and schedule.
        training: Epochs, batches, stopping, averaging.
        trainer: Devices and precision.
        seed: Of initialization, shuffling and dropout.
        output: Folder of the run; its ``checkpoint`` is the result, ``state`` is to resume from.
        resume: Go on from ``state`` where there is one; the run ends where an uninterrupted one ends.
        progress: Show a progress bar.

    Raises:
        FileExistsError: If the folder holds a run and ``resume`` is not set.
        ValueError: If a label of the corpus is not in the codec, or a setting is wrong.
    """
    started = time.perf_counter()
    _silence_lightning()
    recipe = {name: value for name, value in locals().items() if name in inspect.signature(train).parameters}
    folder = Path(output)
    last = _last_state(folder, resume)
    if trainer.threads:
        torch.set_num_threads(trainer.threads)
    seed_everything(seed, workers=True, verbose=False)
    documents = load_corpus(corpus)
    tagger = build_tagger(architecture, codec, model or {}, documents["train"], vectors)
    data = TaggingDataModule(
        documents["train"], documents["dev"], tagger.codec, tagger.lookup, batch_words=training.batch_words, seed=seed
    )
    tagger.optimization = lambda module: with_schedule(
        optimizer, build_optimizer(optimizer, module.named_parameters()), len(data.train_dataloader()), training.epochs
    )
    runner, best = _trainer(folder, training, trainer, progress)
    runner.fit(tagger, data, ckpt_path=last, weights_only=True)
    minutes = (time.perf_counter() - started) / 60
    state = torch.load(best.best_model_path, map_location="cpu", weights_only=True)
    tagger.load_state_dict(state["state_dict"])
    if runner.is_global_zero:
        tagger.save_pretrained(folder / "checkpoint", half=training.half)
    runner.strategy.barrier()
    tagger = type(tagger).from_pretrained(folder / "checkpoint")
    metrics = {
        "corpus": documents.name,
        "seed": seed,
        "epochs": runner.current_epoch,
        "train_minutes": round(minutes, 1),
        "flattening": {split: report.to_dict() for split, report in data.flattening.items()},
    } | evaluate_splits(tagger, documents)
    if runner.is_global_zero:
        _write_beside(folder / "checkpoint", recipe, metrics)
        write_golden(tagger, folder / "checkpoint")
    return Trained(folder / "checkpoint", tagger, metrics)


def _write_beside(checkpoint: Path, recipe: dict[str, Any], metrics: dict[str, Any]) -> None:
    """Writes what people want to know of a checkpoint: the whole recipe, defaults included, and the scores."""
    plain: dict[str, Any] = {
        key: asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        for key, value in recipe.items()
    }
    plain["codec"]["labels"] = list(plain["codec"]["labels"])
    (checkpoint / "recipe.yaml").write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    (checkpoint / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")


def build_tagger(
    architecture: str,
    codec: CodecConfig,
    model: dict[str, Any],
    documents: Sequence[Document],
    vectors: VectorsConfig,
) -> Tagger:
    """A fresh tagger whose vocabularies are those of the training documents and the word vectors.

    Raises:
        FileNotFoundError: If there are no vectors at their path.
        ValueError: If the vectors have another size than the model's, or were trained with another normalizer.
    """
    windows, _ = Codec(codec).encode(documents, gold=False)
    forms = [form for window in windows for form in window.forms]
    normalizer = model.get("normalizer", "lower-digits")
    if vectors.path and not Path(vectors.path).exists():
        raise FileNotFoundError(
            f"No word vectors at {vectors.path} — make them with `zoo embed` (recipes/pretraining/), name other ones "
            "with --vectors.path, or begin from random ones with --vectors.path null."
        )
    pretrained = read_vectors(Path(vectors.path)) if vectors.path else None
    known = pretrained.words[: vectors.most] if pretrained else []
    words = Vocabulary.of([*map(NORMALIZERS[normalizer], forms), *known])
    characters = Vocabulary.of(sorted({character for form in forms for character in form}))
    tagger = architecture_named(architecture)(codec=codec, words=words, characters=characters, **model)
    if pretrained:
        _put_vectors(tagger, pretrained, normalizer)
    return tagger


def _put_vectors(tagger: Tagger, vectors: WordVectors, normalizer: str) -> None:
    """Copies the vectors of known words into the embedding table; other words keep their random ones."""
    table = tagger.word_embedding.weight
    if vectors.matrix.shape[1] != table.shape[1]:
        raise ValueError(
            f"Expected word vectors of {table.shape[1]} dimensions (model.word_size) but got {vectors.matrix.shape[1]}."
        )
    rows = vectors_for(tagger.words.entries, vectors, normalizer=normalizer)
    with torch.no_grad():
        table[torch.from_numpy(rows.found)] = torch.from_numpy(rows.matrix[rows.found])


def evaluate_splits(tagger: Tagger, corpus: Corpus) -> dict[str, Any]:
    """Strict scores with intervals of every split but train, as JSON values."""
    scores: dict[str, Any] = {}
    for split in corpus:
        if split != "train":
            report: Report = score(corpus[split], tagger.tag(corpus[split]))
            scores[split] = to_dict(report, bootstrap(report))
    return scores


def _silence_lightning() -> None:
    """Leaves out what Lightning says of its own products and of settings chosen here on purpose."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    for chosen in ("does not have many workers", "smaller than the logging interval", "exists and is not empty"):
        warnings.filterwarnings("ignore", f".*{chosen}")
    warnings.filterwarnings("ignore", ".*treespec, LeafSpec", FutureWarning)  # Lightning's own use of torch


def _last_state(folder: Path, resume: bool) -> str | None:
    """The newest state to go on from; ``None`` begins anew."""
    states = sorted((folder / "state").glob("*.ckpt"), key=lambda path: path.stat().st_mtime)
    if not resume and (states or any((folder / part).exists() for part in ("best", "checkpoint"))):
        raise FileExistsError(
            f"{folder} holds a run already; go on with --resume, choose another --output, or remove the folder."
        )
    return str(states[-1]) if states else None


def _trainer(
    folder: Path, training: TrainingConfig, trainer: TrainerConfig, progress: bool
) -> tuple[Trainer, ModelCheckpoint]:
    """The Lightning Trainer of a run, and the callback that keeps its best weights."""
    best = ModelCheckpoint(folder / "best", monitor="dev_f1", mode="max", filename="{epoch}-{dev_f1:.4f}")
    callbacks: list[Callback] = [
        best,
        StateToResume(folder / "state", training.save_minutes),
        EarlyStopping("dev_f1", mode="max", patience=training.patience),
        RandomState(),
    ]
    if training.average:
        callbacks.append(EMAWeightAveraging(decay=training.average))
    if progress:
        callbacks.append(EpochBars())
    runner = Trainer(
        accelerator=trainer.accelerator,
        devices=trainer.devices,
        strategy=trainer.strategy,
        precision=trainer.precision,
        max_epochs=training.epochs,
        gradient_clip_val=training.clip,
        callbacks=callbacks,
        logger=CSVLogger(folder, name="log", version=0),
        enable_progress_bar=progress,
        enable_model_summary=False,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        log_every_n_steps=50,
        default_root_dir=folder,
    )
    return runner, best
