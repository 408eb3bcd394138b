"""What a person waits for: ``python -m benchmarks.startup``.

Each command runs in a fresh process, warm (files cached by earlier rounds), in turns; the peer is an interpreter that
imports torch alone, the least that any tagger on torch can take. Wall-clock medians.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import torch

from benchmarks.comparison import record_comparison
from benchmarks.record import SPEED

TEXT = "Mutations of APC cause colon cancer."
COMMANDS = {
    "import zoo": [sys.executable, "-c", "import zoo"],
    "zoo tag of one sentence, from command to prompt": [sys.executable, "-m", "zoo", "tag"],
    "import torch": [sys.executable, "-c", "import torch"],
}


def seconds(command: list[str]) -> float:
    """Wall-clock time of a process, its end included.

    Raises:
        subprocess.CalledProcessError: If it failed.
        ValueError: If it should have found a span and did not.
    """
    begin = time.perf_counter()
    done = subprocess.run(command, input=TEXT, text=True, capture_output=True, check=True)
    elapsed = time.perf_counter() - begin
    if "tag" in command and "colon cancer" not in done.stdout:
        raise ValueError(f"Expected a span of colon cancer but got {done.stdout!r}.")
    return elapsed


def main() -> None:
    """Measures every command, prints a line and appends a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--results", type=Path, default=SPEED)
    arguments = parser.parse_args()
    measured = [[seconds(command) for command in COMMANDS.values()] for _ in range(arguments.rounds + 1)][1:]
    for column, what in enumerate(list(COMMANDS)[:-1]):
        print(
            record_comparison(
                arguments.results,
                what,
                [(times[column], times[-1]) for times in measured],
                peer="import torch",
                peer_version=torch.__version__.split("+")[0],
                command=f"python -m benchmarks.startup --rounds {arguments.rounds}",
                unit="ms wall clock",
                packages=["pytorch-lightning"],
            )
        )


if __name__ == "__main__":
    main()
