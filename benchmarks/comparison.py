"""Two candidates in one process, in turns, and what came of it as a row of ``speed.csv``."""

import random
from collections.abc import Callable, Sequence
from datetime import date
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import torch

from benchmarks.record import append, device, versions


def rounds(
    candidates: Sequence[Callable[[], object]],
    count: int,
    turn: float = 0.0,
    clock: Callable[[], float] = process_time,
) -> list[list[float]]:
    """Seconds of each candidate in each round.

    Within a round the order is random; each candidate runs until its turn is over, once at least, and what counts is
    the mean: otherwise the quicker of two would find what it needs displaced from the caches for most of its time. The
    first two rounds, in which candidates warm up and tell how often they run in a turn, are left out.

    Args:
        candidates: What is measured.
        count: Of rounds.
        turn: How many seconds a candidate's turn lasts.
        clock: Tells seconds; by default those of the processor, so that other work on the machine counts little:
            measure on one thread. Of a GPU, use :func:`gpu_clock`.
    """
    measured: list[list[float]] = []
    repeats = [1] * len(candidates)
    for number in range(count + 2):
        times = [0.0] * len(candidates)
        for index in random.sample(range(len(candidates)), len(candidates)):
            begin = clock()
            for _ in range(repeats[index]):
                candidates[index]()
            times[index] = (clock() - begin) / repeats[index]
        measured.append(times)
        if number < 2:
            repeats = [max(1, ceil(turn / time)) for time in times]
    return measured[2:]


def gpu_clock() -> float:
    """Seconds by the clock, once the GPU has done what it was given."""
    torch.cuda.synchronize()
    return perf_counter()


def record_comparison(
    path: Path,
    what: str,
    times: Sequence[Sequence[float]],
    *,
    peer: str,
    peer_version: str,
    command: str,
    amount: float | None = None,
    unit: str = "ms CPU time",
    packages: Sequence[str] = (),
    where: str = "cpu",
) -> str:
    """Appends the medians and paired ratios of (ours, peer's) times, and says them in a line.

    Args:
        path: The CSV file.
        what: What was done, with its size and number of threads.
        times: Seconds of ours and of the peer, one pair a round.
        peer: Name of the peer.
        peer_version: Its version.
        command: What to run to measure it again.
        amount: Units of work in one run; ``ours`` is then a rate, else milliseconds.
        unit: Of ``ours``.
        packages: Distributions whose versions matter besides torch's.
        where: The device.
    """
    mine = median(pair[0] for pair in times)
    ours = f"{amount / mine:.0f}" if amount else f"{1e3 * mine:.3f}"
    ratios = [theirs / ours_ for ours_, theirs in times]
    row = {
        "what": what,
        "ours": ours,
        "peer": peer,
        "peer_version": peer_version,
        "unit": unit,
        "ratio": f"{median(ratios):.2f}",
        "ratio_min": f"{min(ratios):.2f}",
        "ratio_max": f"{max(ratios):.2f}",
        "runs": len(ratios),
        "device": device(where),
        "command": command,
        "versions": versions(*packages),
        "date": date.today().isoformat(),
    }
    append(path, row)
    return f"{what}: {ours} {unit}, {row['ratio']}x {peer} ({row['ratio_min']}-{row['ratio_max']})"
