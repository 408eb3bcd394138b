"""Damaged files for every reader: how many were read, how many refused, and whether anything else came of them.

``python -m benchmarks.fuzz`` reads ten thousand files for each seed of ``tests/fuzzing`` (some minutes on one core) and
writes ``results/fuzz.csv``. Files that made a reader crash, hang or lose something in silence are kept in
``runs/fuzz/``, named in print, and make the exit code 1.
"""

import argparse
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.record import append, device, versions
from tests.fuzzing.reading import Finding, fuzz
from tests.fuzzing.seeds import SEEDS

RESULT = Path(__file__).resolve().parent / "results" / "fuzz.csv"
OUTCOMES = ("read", "refused", "crash", "hang", "silent loss")
CHUNK = 500


def keep(finding: Finding, folder: Path) -> None:
    """Writes the files of a finding."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in finding.files.items():
        (folder / name).write_bytes(data)


def main() -> None:
    """Fuzzes every reader, prints a line and appends a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="damaged files for each seed")
    parser.add_argument("--results", type=Path, default=RESULT)
    parser.add_argument("--kept", type=Path, default=Path("runs/fuzz"))
    arguments = parser.parse_args()
    arguments.results.unlink(missing_ok=True)
    failed = False
    for seed in SEEDS:
        begin, outcomes = time.process_time(), Counter[str]()
        damaged = next(iter(seed.files))
        for start in range(0, arguments.inputs, CHUNK):
            found, bad = fuzz(seed, range(start, min(start + CHUNK, arguments.inputs)))
            outcomes += found
            for number, finding in enumerate(bad):
                folder = arguments.kept / f"{seed.format}-{damaged}-{start}-{number}"
                keep(finding, folder)
                print(f"{finding.outcome}: {finding.detail} ({folder})", file=sys.stderr)
                failed = True
        print(f"{seed.format}, {damaged} damaged: {dict(outcomes)}", flush=True)
        append(
            arguments.results,
            {"reader": seed.format, "damaged": damaged, "inputs": arguments.inputs}
            | {outcome: outcomes[outcome] for outcome in OUTCOMES}
            | {
                "cpu_seconds": round(time.process_time() - begin, 1),
                "device": device(),
                "command": f"python -m benchmarks.fuzz --inputs {arguments.inputs}",
                "versions": versions(),
                "date": datetime.now(UTC).date().isoformat(),
            },
        )
    sys.exit(failed)


if __name__ == "__main__":
    main()
