"""From a recipe to a checkpoint folder."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import seed_everything

from zoo.checkpoint.folder import result_in
from zoo.models.registry import architecture_named
from zoo.models.tagger import Tagger
from zoo.text.codec import CodecConfig
from zoo.training.build import ResourcesConfig, VectorsConfig, build_tagger
from zoo.training.datamodule import TaggingDataModule
from zoo.training.fit import Run, Trained, TrainingConfig, fit, trained_in
from zoo.training.hold_out import load_splits
from zoo.training.learnt_rows import words_first
from zoo.training.optimizers import OptimizerConfig
from zoo.training.resume import last_state, recipe_text, with_defaults
from zoo.training.trainer import TrainerConfig, silence_lightning


def train(
    *,
    corpus: str,
    architecture: str,
    codec: CodecConfig,
    model: dict[str, Any] | None = None,
    start: str | None = None,
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

    See :func:`zoo.training.fit.fit` for what is kept and measured.

    Args:
        corpus: A corpus by name, or a folder with train, dev and test.
        architecture: A key of the registry.
        codec: Labels, tag scheme, segmentation, window.
        model: Arguments of the architecture's constructor besides codec and vocabularies.
        start: A checkpoint, or the folder of a run, whose tagger goes on learning: of this architecture, codec and
            model. It brings its vocabulary: other words of the corpus are unknown to it.
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
        CheckpointError: If ``start`` cannot be read.
        FileExistsError: If the folder holds a run and ``resume`` is not set.
        ValueError: If a label of the corpus is not in the codec, a setting is wrong, ``start`` is another tagger, or
            ``resume`` is set and the folder's run was begun with another recipe.
    """
    recipe = recipe_text({key: value for key, value in locals().items() if key not in ("output", "resume", "progress")})
    silence_lightning()
    folder = Path(output)
    last = last_state(folder, recipe, resume, partial(with_defaults, function=train))
    if complete := trained_in(folder):
        return complete
    if trainer.threads:
        torch.set_num_threads(trainer.threads)
    seed_everything(seed, workers=True, verbose=False)
    documents = load_splits(corpus, training.held_out)
    if start:
        tagger = _started(start, architecture, codec, model or {}, vectors, resources)
        windows, _ = tagger.codec.encode(documents["train"], gold=False)
        words_first(tagger, {form for window in windows for form in window.forms})
    else:
        tagger = build_tagger(architecture, codec, model or {}, documents["train"], vectors, resources)
    data = TaggingDataModule(
        documents["train"],
        documents["dev"],
        tagger,
        batch_words=training.batch_words,
        seed=seed,
        window_words=training.window_words,
    )
    run = Run(folder, recipe, last, optimizer, training, trainer, seed, progress)
    return fit(tagger, documents, data, run)


def _started(
    start: str,
    architecture: str,
    codec: CodecConfig,
    model: dict[str, Any],
    vectors: VectorsConfig,
    resources: ResourcesConfig,
) -> Tagger:
    """The tagger of a checkpoint that the recipe goes on from, which must be what the recipe says."""
    kind = architecture_named(architecture)
    folder = result_in(start)
    tagger = kind.from_pretrained(folder)
    others = {key for key, value in model.items() if json.dumps(value) != json.dumps(tagger.hparams.get(key))}
    wrong = [f"model.{key}" for key in sorted(others)] + ["codec"] * (codec != tagger.codec.config)
    if wrong:
        raise ValueError(
            f"{folder}: has other values of {', '.join(wrong)} than the recipe that is to begin with it (start); take "
            f"them over from its config.json."
        )
    if vectors.path or resources != ResourcesConfig():
        raise ValueError(
            f"{folder}: has vectors and resources of its own; leave vectors.path and resources out of a recipe that "
            "begins with a checkpoint (start)."
        )
    if not kind.descends:
        raise ValueError(f"Architecture {architecture!r} always learns anew; leave start out.")
    return tagger.train()  # it comes ready to tag, without dropout
