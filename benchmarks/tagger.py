"""Training and tagging against plain PyTorch loops: ``OMP_NUM_THREADS=1 python -m benchmarks.tagger``.

The peer is the same layers in a bare loop, with no framework around them.

Training: an epoch of the same batches, made beforehand, then forward in the recipe's precision, CRF loss, backward,
clipping, optimizer, schedule, average of the weights; against an epoch of ``zoo train`` as the recipe runs it, with a
fresh collation of every batch, progress bar, log, validation (of one abstract) and saving.

Tagging: batches that were made beforehand, forward and Viterbi; against ``tagger.tag(texts)``, from raw text to scored
spans.

Both in one process on one thread, in random order within each round, in CPU time.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn

from benchmarks.comparison import record_comparison, rounds
from benchmarks.record import SPEED
from zoo.data.splits import load_corpus
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch, budget_batches
from zoo.training.build import build_tagger
from zoo.training.datamodule import TaggingDataModule
from zoo.training.fit import build_trainer
from zoo.training.optimizers import build_optimizer, with_schedule
from zoo.training.precisions import precision_on
from zoo.training.recipe import read_recipe

RECIPE = "recipes/ncbi-disease/char_cnn_bilstm_crf.yaml"


def prepare(tagger: Tagger, settings: dict[str, Any], data: TaggingDataModule) -> None:
    """Gives the tagger the optimizer and schedule of the recipe."""
    config, epochs = settings["optimizer"], settings["training"].epochs
    tagger.optimization = lambda module: with_schedule(
        config, build_optimizer(config, module), len(data.train_dataloader()), epochs
    )


def train_with_lightning(tagger: Tagger, settings: dict[str, Any], data: TaggingDataModule) -> None:
    """One epoch as ``zoo train`` runs it."""
    with tempfile.TemporaryDirectory() as folder:
        training = replace(settings["training"], epochs=1)
        build_trainer(Path(folder), training, settings["trainer"], progress=True)[0].fit(tagger, data)


def train_plainly(tagger: Tagger, settings: dict[str, Any], batches: Sequence[Batch]) -> None:
    """One epoch as a loop."""
    training = settings["training"]
    tagger.train()
    configured = tagger.configure_optimizers()
    optimizer, schedule = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    average = AveragedModel(tagger, avg_fn=get_ema_avg_fn(training.average), use_buffers=True)
    half = precision_on(settings["trainer"].precision, "cpu") == "bf16-mixed"
    for batch in batches:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss = -tagger.crf(tagger.encode(batch), batch.tags, mask=batch.mask, reduction="token_mean")
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(tagger.parameters(), training.clip)
        optimizer.step()
        schedule.step()
        average.update_parameters(tagger)


@torch.inference_mode()
def tag_plainly(tagger: Tagger, batches: Sequence[Batch]) -> None:
    """Best paths of batches."""
    tagger.eval()
    for batch in batches:
        tagger.crf.viterbi(tagger.encode(batch), batch.mask)


def main() -> None:
    """Measures both, prints a line and appends a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--documents", type=int, default=300, help="abstracts trained on and tagged")
    parser.add_argument("--results", type=Path, default=SPEED)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    settings = read_recipe(RECIPE, ["--vectors.path", "null"])
    documents = load_corpus("ncbi-disease")["train"][: arguments.documents]
    training = settings["training"]
    tagger = build_tagger("char_cnn_bilstm_crf", settings["codec"], settings["model"], documents, settings["vectors"])
    windows, _ = tagger.codec.encode(documents, gold=True)
    lengths = [len(window.forms) for window in windows]
    words = sum(lengths)
    data = TaggingDataModule(documents, documents[:1], tagger, batch_words=training.batch_words)
    small, large = (
        [tagger.read([windows[index] for index in indices]) for indices in batches]
        for batches in (data.train_dataloader().batch_sampler, budget_batches(lengths, 4096))
    )
    texts = [document.text for document in documents]
    common: dict[str, Any] = {
        "peer": "plain PyTorch loop",
        "peer_version": torch.__version__.split("+")[0],
        "command": f"OMP_NUM_THREADS=1 python -m benchmarks.tagger --rounds {arguments.rounds}",
        "amount": words,
        "unit": "words/s of CPU time",
        "packages": ["pytorch-lightning"],
    }
    prepare(tagger, settings, data)
    times = rounds(
        [lambda: train_with_lightning(tagger, settings, data), lambda: train_plainly(tagger, settings, small)],
        arguments.rounds,
    )
    size = f"{len(documents)} abstracts, 1 thread"
    print(record_comparison(arguments.results, f"training epoch of char_cnn_bilstm_crf, {size}", times, **common))
    times = rounds([lambda: tagger.tag(texts), lambda: tag_plainly(tagger, large)], arguments.rounds)
    what = f"tagging raw text with char_cnn_bilstm_crf, {size}"
    print(record_comparison(arguments.results, what, times, **common))


if __name__ == "__main__":
    main()
