"""Whether anything became slower: ``python -m benchmarks.regressions [crf tagger …]``.

Runs again the commands that ``results/speed.csv`` was measured with, on the same kind of machine, and compares ratios,
since those depend less on how busy it is; on a machine that does nothing else they tell most. One that falls below the
tolerance, and below the lowest of the rounds that were recorded, has become worse: then the exit status is 1. Nothing
is added to the results. By default what compares with peers of other environments (``taggers``) is left out, and what
goes by the clock (``startup``).
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.record import SPEED, device
from benchmarks.rows import Row, latest, module_of, read

_KEY = ("what", "peer", "device")
_ASKED_FOR = ("taggers", "startup")


class Verdict(NamedTuple):
    """A ratio as it was recorded and as it is now.

    Args:
        what: What is compared, and with whom.
        recorded: Ratio that was recorded.
        lowest: Lowest one of its rounds.
        now: Ratio that was measured; ``None`` if it was not.
        is_worse: Whether that is a regression; what was not measured again is one.
    """

    what: str
    recorded: float
    lowest: float
    now: float | None
    is_worse: bool


def _key(row: Row) -> tuple[str, ...]:
    """Of a comparison; how many words the candidates count, in brackets, may change."""
    return re.sub(r" \(.*?\)", "", row["what"]), row["peer"], row["device"]


def verdicts(recorded: Iterable[Row], measured: Iterable[Row], tolerance: float) -> list[Verdict]:
    """Compares what was measured anew with what was recorded.

    Args:
        recorded: Rows of ``speed.csv``, one for each comparison.
        measured: Rows of the same comparisons.
        tolerance: Share of a ratio that may be lost.
    """
    now = {_key(row): float(row["ratio"]) for row in measured}
    found = []
    for row in recorded:
        ratio, lowest = float(row["ratio"]), float(row["ratio_min"])
        new = now.get(_key(row))
        is_worse = new is None or new < min(lowest, (1 - tolerance) * ratio)
        found.append(Verdict(f"{row['what']} / {row['peer']}", ratio, lowest, new, is_worse))
    return found


def measure(commands: Iterable[str], results: Path) -> list[Row]:
    """Runs recorded commands, which add their rows to another file.

    Args:
        commands: As they were recorded: settings of the environment, then ``python -m`` and arguments.
        results: The file, in a folder of its own.

    Raises:
        subprocess.CalledProcessError: If a command fails.
    """
    for command in commands:
        words = shlex.split(command)
        start = words.index("python")
        environment = dict(word.split("=", 1) for word in words[:start])
        print(command, flush=True)
        subprocess.run(
            [sys.executable, *words[start + 1 :], "--results", str(results)],
            env={**os.environ, **environment},
            check=True,
        )
    return read(results)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints a table, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmarks", nargs="*", help="modules of benchmarks/, as crf; by default all that run here")
    parser.add_argument("--tolerance", type=float, default=0.15, help="share of a ratio that may be lost")
    parser.add_argument("--recorded", type=Path, default=SPEED, help="the file with what was recorded")
    given = parser.parse_args(arguments)
    rows = [row for row in latest(read(given.recorded), *_KEY) if row["device"] == device()]
    known = sorted({module_of(row) for row in rows})
    chosen = given.benchmarks or [name for name in known if name not in _ASKED_FOR]
    if unknown := set(chosen) - set(known):
        names = ", ".join(sorted(unknown)), ", ".join(known) or "none"
        parser.error(f"nothing of {names[0]} was recorded on a {device()}, only of {names[1]}")
    rows = [row for row in rows if module_of(row) in chosen]
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(dict.fromkeys(row["command"] for row in rows), Path(folder) / SPEED.name)
    found = verdicts(rows, measured, given.tolerance)
    table = Table("what / peer", "recorded (lowest)", "now", "", title="ratios; above 1 is in our favour")
    for verdict in found:
        now = "not measured" if verdict.now is None else f"{verdict.now:.2f}"
        marked = "[red]worse[/]" if verdict.is_worse else ""
        table.add_row(verdict.what, f"{verdict.recorded:.2f} ({verdict.lowest:.2f})", now, marked)
    Console().print(table)
    return int(any(verdict.is_worse for verdict in found))


if __name__ == "__main__":
    sys.exit(main())
