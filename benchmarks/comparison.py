"""Two candidates in one process, in turns, and what came of it as a row of ``speed.csv``."""

import random
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from time import process_time

from benchmarks.record import append, device, versions


def rounds(candidates: Sequence[Callable[[], object]], count: int, repeats: int = 1) -> list[list[float]]:
    """CPU seconds of each candidate in each round.

    Within a round the order is random; each candidate runs ``repeats`` times in a row. CPU time, not the clock, so that
    other work on the machine counts little: measure on one thread. The first round, a warm-up, is left out.
    """
    measured = []
    for _ in range(count + 1):
        times = [0.0] * len(candidates)
        for index in random.sample(range(len(candidates)), len(candidates)):
            begin = process_time()
            for _ in range(repeats):
                candidates[index]()
            times[index] = (process_time() - begin) / repeats
        measured.append(times)
    return measured[1:]


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
        "device": device(),
        "command": command,
        "versions": versions(*packages),
        "date": date.today().isoformat(),
    }
    append(path, row)
    return f"{what}: {ours} {unit}, {row['ratio']}x {peer} ({row['ratio_min']}-{row['ratio_max']})"
