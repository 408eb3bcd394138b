"""The CRF, by torch and by numba, against pytorch-crf: ``OMP_NUM_THREADS=1 python -m benchmarks.crf``.

All run in one process on one thread, in random order within each round, five times in a row; a row of ``speed.csv``
holds the medians over the rounds and the ratios of the rounds. Times are CPU time, so that other work on the machine
counts little. Sequences are ragged: lengths are uniform from 1 to W.
"""

import argparse
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import torch
import torchcrf

from benchmarks.comparison import record_comparison, rounds
from benchmarks.record import SPEED
from zoo.crf import CRF
from zoo.crf.backends import Backend

SHAPES = [(32, 64, 9), (32, 128, 21), (32, 512, 9), (8, 128, 85), (256, 32, 5)]  # B, W, T
NAMES: dict[Backend, str] = {"torch": "", "numba": "compiled by numba, "}
REPEATS = 5


def steps(crf: CRF | torchcrf.CRF, shape: tuple[int, int, int]) -> dict[str, Callable[[], object]]:
    """What is measured: a training step and decoding, on the same random batch for any CRF."""
    windows, words, tags = shape
    generator = torch.Generator().manual_seed(0)
    emissions = torch.randn(shape, generator=generator).requires_grad_()
    gold = torch.randint(tags, (windows, words), generator=generator)
    lengths = torch.randint(1, words + 1, (windows, 1), generator=generator)
    lengths[0] = words
    mask = torch.arange(words) < lengths

    def train() -> None:
        emissions.grad = None
        crf.zero_grad()
        crf(emissions, gold, mask).neg().backward()

    return {"training step": train, "Viterbi to lists": lambda: crf.decode(emissions.detach(), mask)}


def main() -> None:
    """Measures every shape, prints one line and appends one row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--results", type=Path, default=SPEED)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for shape in SHAPES:
        peer = torchcrf.CRF(shape[2], batch_first=True)
        for backend, by in NAMES.items():
            ours = CRF(shape[2], batch_first=True, backend=backend)
            ours.load_state_dict(peer.state_dict())
            for (what, our_step), peer_step in zip(
                steps(ours, shape).items(), steps(peer, shape).values(), strict=True
            ):
                times = rounds([our_step, peer_step], arguments.rounds, REPEATS)
                print(
                    record_comparison(
                        arguments.results,
                        f"CRF {what}, {shape[0]} windows × {shape[1]} words × {shape[2]} tags, {by}1 thread",
                        times,
                        peer="pytorch-crf",
                        peer_version=version("pytorch-crf"),
                        command=f"OMP_NUM_THREADS=1 python -m benchmarks.crf --rounds {arguments.rounds}",
                    )
                )


if __name__ == "__main__":
    main()
