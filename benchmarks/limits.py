"""How far from what the processor can do: ``OMP_NUM_THREADS=1 python -m benchmarks.limits``.

What a processor can do is measured first: its quickest matrix product, and copying a block of memory far larger than
its caches. Then the LSTM alone, tagging and training of a recipe's tagger, and the CRF's training step are set against
the time that their multiplications alone would take at that rate, and training's optimizer against the bytes it must
move. A backward pass takes twice the multiplications of a forward pass. For a GPU counts what is launched for every
word, since that, and not arithmetic, is what a recursion over words waits for.

A row of ``limits.csv`` holds the best of some rounds on one thread, in CPU time.
"""

import argparse
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode
from torch.utils.mkldnn import to_mkldnn

from benchmarks.crf import SHAPES, steps
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
COPIED = 256 * 2**20  # bytes


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


def copy_rate() -> float:
    """Bytes a second that are read and written."""
    source, target = torch.zeros(COPIED, dtype=torch.uint8), torch.zeros(COPIED, dtype=torch.uint8)
    return 2 * COPIED / seconds(lambda: target.copy_(source))


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


class _Launches(TorchDispatchMode):
    """Counts tensor operations that are not views."""

    count = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += not function.is_view and "empty" not in function.name()
        return function(*args, **(kwargs or {}))


def launches_a_word(what: str) -> float:
    """Tensor operations that the CRF by torch adds for one more word."""
    counts = []
    for words in (64, 128):
        crf = CRF(9, batch_first=True, backend="torch")
        run = steps(crf, (4, words, 9))[what]
        with _Launches() as counter:
            run()
        counts.append(counter.count)
    return (counts[1] - counts[0]) / 64


def main() -> None:
    """Measures everything, prints a line and appends a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=300, help="abstracts trained on and tagged")
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    random.seed(0)

    def record(what: str, measured: float, limit: float, unit: str) -> None:
        row = {"what": what, "measured": f"{measured:.3g}", "limit": f"{limit:.3g}", "unit": unit}
        share = f"{min(measured, limit) / max(measured, limit):.2f}"
        told = {"command": f"OMP_NUM_THREADS=1 python -m benchmarks.limits --documents {arguments.documents}"}
        append(
            arguments.results,
            {
                **row,
                "share": share,
                "device": device(),
                **told,
                "versions": versions(),
                "date": date.today().isoformat(),
            },
        )
        print(f"{what}: {measured:.3g} of {limit:.3g} {unit} ({share})", flush=True)

    single, double, copied = product_rate(torch.float32), product_rate(torch.float64), copy_rate()
    record("matrix product, float32", single / 1e9, single / 1e9, "GFLOP/s")
    record("matrix product, float64", double / 1e9, double / 1e9, "GFLOP/s")
    record("copying memory", copied / 1e9, copied / 1e9, "GB/s")

    settings = read_recipe(RECIPE, ["--vectors.path", "null"])
    documents = load_corpus("ncbi-disease")["train"][: arguments.documents]
    vectors = replace(settings["vectors"], path=None)
    tagger = build_tagger("char_cnn_bilstm_crf", settings["codec"], settings["model"], documents, vectors)
    windows, _ = tagger.codec.encode(documents, gold=True)
    lengths = [len(window.forms) for window in windows]
    data = TaggingDataModule(documents, documents[:1], tagger, batch_words=settings["training"].batch_words)
    small, large = (
        [tagger.read([windows[index] for index in indices]) for indices in batches]
        for batches in (data.train_dataloader().batch_sampler, budget_batches(lengths, 4096))
    )
    tagger.eval()

    lstm: Any = tagger.lstm

    def lstm_alone(batches: Sequence[Batch], backward: bool) -> tuple[int, float]:
        inputs = [torch.rand(*batch.mask.shape, lstm.input_size, requires_grad=backward) for batch in batches]

        def run() -> None:
            with torch.set_grad_enabled(backward):
                for features, batch in zip(inputs, batches, strict=True):
                    states = read_words(lstm, features, batch.mask)
                    if backward:
                        states.backward(states)

        return (3 if backward else 1) * lstm_operations(lstm, batches), seconds(run)

    count, took = lstm_alone(large, backward=False)
    record("LSTM of char_cnn_bilstm_crf, batches of tagging", count / took / 1e9, single / 1e9, "GFLOP/s")
    count, took = lstm_alone(small, backward=True)
    record("LSTM of char_cnn_bilstm_crf, forward and backward", count / took / 1e9, single / 1e9, "GFLOP/s")

    texts, words = [document.text for document in documents], sum(lengths)
    shipped = load("char_cnn_bilstm_crf.ncbi-disease")  # one that has learnt finds no more spans than there are
    least = forward_operations(tagger, lstm, large) / single
    record("tagging raw text", words / seconds(lambda: shipped.tag(texts)), words / least, "words/s")

    tagger.train()
    optimizer = build_optimizer(settings["optimizer"], tagger)

    def train() -> None:
        for batch in small:
            optimizer.zero_grad()
            tagger.loss(batch).backward()
            optimizer.step()

    least = 3 * forward_operations(tagger, lstm, small) / single
    record("training, without the optimizer's limit", words / seconds(train), words / least, "words/s")
    numbers = sum(parameter.numel() for parameter in tagger.parameters() if parameter.grad is not None)
    moved = 7 * 4 * numbers  # weight, gradient and two moments are read, three of them written
    record("optimizer's step", moved / seconds(optimizer.step) / 1e9, copied / 1e9, "GB/s")

    for shape in SHAPES:
        step = steps(CRF(shape[2], batch_first=True, backend="numba"), shape)["training step"]
        generator = torch.Generator().manual_seed(0)
        lengths_ = torch.randint(1, shape[1] + 1, (shape[0], 1), generator=generator)
        lengths_[0] = shape[1]
        products = 3 * 2 * int(lengths_.sum()) * shape[2] ** 2  # forward, backward, expected moves
        what = f"CRF training step by numba, {shape[0]} windows × {shape[1]} words × {shape[2]} tags"
        record(what, 1e6 * seconds(step, 50), 1e6 * products / double, "µs")

    # A product and a multiplication; three operations forward and three back.
    record("launches a word, CRF training step by torch", launches_a_word("training step"), 2, "launches")
    record("launches a word, CRF Viterbi by torch", launches_a_word("Viterbi to lists"), 6, "launches")


if __name__ == "__main__":
    main()
