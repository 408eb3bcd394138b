"""Two candidates in one process, in turns, and what came of it as a row of ``speed.csv``."""

import random
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import torch

from benchmarks.record import append, device, versions


def rounds(
    candidates: Sequence[Callable[[], object]],
    count: int,
    repeats: int = 1,
    clock: Callable[[], float] = process_time,
) -> list[list[float]]:
    """Seconds of each candidate in each round.

    Within a round the order is random; each candidate runs ``repeats`` times in a row. The first round, a warm-up, is
    left out.

    Args:
        candidates: What is measured.
        count: Of rounds.
        repeats: In a row.
        clock: Tells seconds; by default those of the processor, so that other work on the machine counts little:
            measure on one thread. Of a GPU, use :func:`gpu_clock`.
    """
    measured = []
    for _ in range(count + 1):
        times = [0.0] * len(candidates)
        for index in random.sample(range(len(candidates)), len(candidates)):
            begin = clock()
            for _ in range(repeats):
                candidates[index]()
            times[index] = (clock() - begin) / repeats
        measured.append(times)
    return measured[1:]


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
