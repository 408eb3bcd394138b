"""How far from what the processor can do: ``OMP_NUM_THREADS=1 python -m benchmarks.limits``.

What a processor can do is measured first: its quickest matrix product, by any library that is here. Then the LSTM
alone, tagging and training of a recipe's tagger, and the CRF's training step are set against the time that their
multiplications alone would take at that rate. A backward pass takes twice the multiplications of a forward pass.

A row of ``limits.csv`` holds the best of some rounds on one thread, in CPU time.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torch.utils.mkldnn import to_mkldnn

from benchmarks.crf import SHAPES, lengths_of, steps
from benchmarks.record import SPEED, append, device, versions
from benchmarks.tagger import RECIPE
from zoo.crf import CRF
from zoo.data.splits import load_corpus
from zoo.hub.index import load
from zoo.models.layers import read_words
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch, budget_batches
from zoo.training.build import build_tagger
from zoo.training.datamodule import TaggingDataModule
from zoo.training.optimizers import build_optimizer
from zoo.training.recipe import read_recipe

RESULTS = SPEED.with_name("limits.csv")
SIZES = (512, 768, 1024, 1536)  # of square matrices


def seconds(run: Callable[[], object], rounds: int = 5) -> float:
    """The least CPU time of some rounds."""
    run()
    times = []
    for _ in range(rounds):
        begin = process_time()
        run()
        times.append(process_time() - begin)
    return min(times)


@torch.inference_mode()
def product_rate(kind: torch.dtype) -> float:
    """Additions and multiplications a second of the quickest matrix product, by any library that is here."""
    rates = []
    for size in SIZES:
        matrix = torch.rand(size, size, dtype=kind)
        products: list[Callable[[], object]] = [partial(torch.mm, matrix, matrix)]
        products.append(partial(np.matmul, matrix.numpy(), matrix.numpy()))
        if kind == torch.float32 and torch.backends.mkldnn.is_available():
            products.append(partial(to_mkldnn(nn.Linear(size, size)), matrix.to_mkldnn()))  # what LSTMs run by
        rates += [2 * size**3 / seconds(product) for product in products]
    return max(rates)


def lstm_operations(lstm: nn.LSTM, batches: Sequence[Batch]) -> int:
    """Those with which an LSTM reads batches, which torch's own counter does not see on a processor."""
    weights = sum(weight.numel() for name, weight in lstm.named_parameters() if name.startswith("weight"))
    return 2 * weights * sum(batch.mask.numel() for batch in batches)


def forward_operations(tagger: Tagger, lstm: nn.LSTM, batches: Sequence[Batch]) -> int:
    """Additions and multiplications of the matrix products that tag batches."""
    with torch.inference_mode(), FlopCounterMode(display=False) as others:
        for batch in batches:
            tagger.encode(batch)
    return lstm_operations(lstm, batches) + others.get_total_flops()


class Record(NamedTuple):
    """Where rows go.

    Args:
        results: The CSV file.
        command: What measures them.
    """

    results: Path
    command: str

    def add(self, what: str, measured: float, limit: float, unit: str) -> None:
        """Appends a row and prints a line; the share is that of the limit that is reached, be it a rate or a time."""
        share = limit / measured if unit == "µs" else measured / limit
        row = {
            "what": what,
            "measured": f"{float(f'{measured:.3g}'):g}",  # three digits, and no exponent
            "limit": f"{float(f'{limit:.3g}'):g}",
            "unit": unit,
            "share": f"{share:.2f}",
            "device": device(),
            "command": self.command,
            "versions": versions(),
            "date": date.today().isoformat(),
        }
        append(self.results, row)
        print(f"{what}: {measured:.3g} of {limit:.3g} {unit} ({share:.2f})", flush=True)


def layers(record: Record, count: int, rate: float) -> None:
    """The LSTM alone, tagging and training, as the recipe has it.

    Args:
        record: Where rows go.
        count: Abstracts that are trained on and tagged.
        rate: Of :func:`product_rate`, in float32.
    """
    settings = read_recipe(RECIPE, ["--vectors.path", "null"])
    documents = load_corpus("ncbi-disease")["train"][:count]
    vectors = replace(settings["vectors"], path=None)
    tagger = build_tagger("char_cnn_bilstm_crf", settings["codec"], settings["model"], documents, vectors)
    windows, _ = tagger.codec.encode(documents, gold=True)
    lengths = [len(window.forms) for window in windows]
    data = TaggingDataModule(documents, documents[:1], tagger, batch_words=settings["training"].batch_words)
    small, large = (
        [tagger.read([windows[index] for index in indices]) for indices in batches]
        for batches in (data.train_dataloader().batch_sampler, budget_batches(lengths, 4096))
    )
    lstm: Any = tagger.lstm

    def lstm_alone(batches: Sequence[Batch], backward: bool) -> float:
        inputs = [torch.rand(*batch.mask.shape, lstm.input_size, requires_grad=backward) for batch in batches]

        def run() -> None:
            with torch.set_grad_enabled(backward):
                for features, batch in zip(inputs, batches, strict=True):
                    states = read_words(lstm, features, batch.mask)
                    if backward:
                        states.backward(states)

        return (3 if backward else 1) * lstm_operations(lstm, batches) / seconds(run)

    tagger.eval()
    what = "LSTM of char_cnn_bilstm_crf"
    record.add(f"{what}, batches of tagging", lstm_alone(large, backward=False) / 1e9, rate / 1e9, "GFLOP/s")
    record.add(f"{what}, forward and backward", lstm_alone(small, backward=True) / 1e9, rate / 1e9, "GFLOP/s")

    texts, words = [document.text for document in documents], sum(lengths)
    shipped = load("char_cnn_bilstm_crf.ncbi-disease")  # one that has learnt finds no more spans than there are
    least = forward_operations(tagger, lstm, large) / rate
    record.add("tagging raw text", words / seconds(lambda: shipped.tag(texts)), words / least, "words/s")

    tagger.train()
    optimizer = build_optimizer(settings["optimizer"], tagger)

    def train() -> None:
        for batch in small:
            optimizer.zero_grad()
            tagger.loss(batch).backward()
            optimizer.step()

    least = 3 * forward_operations(tagger, lstm, small) / rate
    record.add("training in float32, batches at hand", words / seconds(train), words / least, "words/s")


def crf(record: Record, rate: float) -> None:
    """A training step of the CRF by numba; ``rate`` is that of :func:`product_rate`, in float64."""
    for shape in SHAPES:
        step = steps(CRF(shape[2], batch_first=True, backend="numba"), shape)["training step"]
        products = 3 * 2 * int(lengths_of(shape).sum()) * shape[2] ** 2  # forward, backward, expected moves
        what = f"CRF training step by numba, {shape[0]} windows × {shape[1]} words × {shape[2]} tags"
        record.add(what, 1e6 * seconds(step, 50), 1e6 * products / rate, "µs")


def main() -> None:
    """Measures everything, prints a line and appends a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=300, help="abstracts trained on and tagged")
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    command = f"OMP_NUM_THREADS=1 python -m benchmarks.limits --documents {arguments.documents}"
    record = Record(arguments.results, command)
    single, double = product_rate(torch.float32), product_rate(torch.float64)
    record.add("matrix product, float32", single / 1e9, single / 1e9, "GFLOP/s")
    record.add("matrix product, float64", double / 1e9, double / 1e9, "GFLOP/s")
    layers(record, arguments.documents, single)
    crf(record, double)


if __name__ == "__main__":
    main()
