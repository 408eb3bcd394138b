"""The CRF, each of its backends, against pytorch-crf: ``OMP_NUM_THREADS=1 python -m benchmarks.crf [--device cuda]``.

All run in one process, in turns of the same length, in random order within each round; a row of ``speed.csv`` holds the
medians over the rounds and the ratios of the rounds. On a processor, by torch and by numba, one thread computes and its
time counts, so that other work on the machine counts little. On a GPU, by torch and by Triton, the clock counts, until
the GPU has done everything; a training step is also captured in a graph of launches and replayed, against steps of the
peer that are launched one by one, since its own cannot be captured. Sequences are ragged: lengths are uniform from 1 to
W.
"""

import argparse
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from time import process_time

import torch
import torchcrf

from benchmarks.comparison import gpu_clock, record_comparison, rounds
from benchmarks.record import SPEED
from zoo.crf import CRF
from zoo.crf.backends import Backend

SHAPES = [(32, 64, 9), (32, 128, 21), (32, 512, 9), (8, 128, 85), (256, 32, 5)]  # B, W, T
NAMES: dict[str, dict[Backend, str]] = {
    "cpu": {"torch": "1 thread", "numba": "compiled by numba, 1 thread"},
    "cuda": {"torch": "by torch", "triton": "by Triton"},
}
TURN = 0.03  # seconds


def lengths_of(shape: tuple[int, int, int]) -> torch.Tensor:
    """How many words the windows of the random batch have (B, 1); the first has all."""
    windows, words, _ = shape
    lengths = torch.randint(1, words + 1, (windows, 1), generator=torch.Generator().manual_seed(1))
    lengths[0] = words
    return lengths


def steps(crf: CRF | torchcrf.CRF, shape: tuple[int, int, int]) -> dict[str, Callable[[], object]]:
    """What is measured: a training step and decoding, on the same random batch for any CRF."""
    windows, words, tags = shape
    generator = torch.Generator().manual_seed(0)
    batch = (
        torch.randn(shape, generator=generator),
        torch.randint(tags, (windows, words), generator=generator),
        torch.arange(words) < lengths_of(shape),
    )
    emissions, gold, mask = (tensor.to(next(crf.parameters()).device) for tensor in batch)
    emissions.requires_grad_()

    def train() -> None:
        emissions.grad = None
        crf.zero_grad()
        crf(emissions, gold, mask).neg().backward()

    return {"training step": train, "Viterbi to lists": lambda: crf.decode(emissions.detach(), mask)}


def graph_of(step: Callable[[], object]) -> Callable[[], object]:
    """The launches of a step, captured; call it to launch them all at once."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def main() -> None:
    """Measures every shape, prints one line and appends one row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--results", type=Path, default=SPEED)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    where = arguments.device
    command = f"OMP_NUM_THREADS=1 python -m benchmarks.crf --device {where} --rounds {arguments.rounds}"
    for shape in SHAPES:
        peer = torchcrf.CRF(shape[2], batch_first=True).to(where)
        theirs = steps(peer, shape)
        for backend, by in NAMES[where].items():
            ours = CRF(shape[2], batch_first=True, backend=backend).to(where)
            ours.load_state_dict(peer.state_dict())
            pairs = [(what, by, step, theirs[what]) for what, step in steps(ours, shape).items()]
            if backend == "triton":
                what, _, step, peer_step = pairs[0]
                pairs.append((what, f"{by}, as a graph", graph_of(step), peer_step))
            for what, how, our_step, peer_step in pairs:
                clock = process_time if where == "cpu" else gpu_clock
                times = rounds([our_step, peer_step], arguments.rounds, TURN, clock)
                print(
                    record_comparison(
                        arguments.results,
                        f"CRF {what}, {shape[0]} windows × {shape[1]} words × {shape[2]} tags, {how}",
                        times,
                        peer="pytorch-crf",
                        peer_version=version("pytorch-crf"),
                        command=command,
                        unit="ms CPU time" if where == "cpu" else "ms",
                        where=where,
                    )
                )


if __name__ == "__main__":
    main()
