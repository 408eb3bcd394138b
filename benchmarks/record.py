"""Rows of result files, as benchmark scripts append them to ``benchmarks/results/*.csv``."""

import csv
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import torch

from zoo.training.trainer import device_name

SPEED = Path(__file__).resolve().parent / "results" / "speed.csv"

COLUMNS = {
    "speed.csv": (
        "what", "ours", "peer", "peer_version", "unit", "ratio", "ratio_min", "ratio_max", "runs",
        "device", "command", "versions", "date",
    ),
}  # fmt: skip
"""The columns of each result file, by its name. In a file not named here, the first row decides."""


def append(path: Path, row: Mapping[str, object]) -> None:
    """Adds a row to a result file, with the header if the file is new.

    Args:
        path: The CSV file.
        row: A value for every column of the file, in any order.

    Raises:
        ValueError: If the row's columns are not those of the file.
    """
    columns = list(COLUMNS.get(path.name, row))
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file), columns)
    if set(row) != set(columns):
        raise ValueError(f"Expected the columns {', '.join(columns)} in {path.name} but got {', '.join(row)}.")
    new = not path.exists() or not path.stat().st_size
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


def device(where: str = "cpu") -> str:
    """What computed, in words: ``2-core x86-64 (AVX512)``, or a GPU's name."""
    return device_name(torch.device(where))


def versions(*distributions: str) -> str:
    """The versions that matter to a figure: ``torch 2.13.0; python 3.11``."""
    found = [f"{name} {version(name).split('+')[0]}" for name in ("torch", *distributions)]
    return "; ".join([*found, "python " + ".".join(platform.python_version_tuple()[:2])])
