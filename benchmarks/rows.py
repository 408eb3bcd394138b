"""Rows of result files as they are read, and as Markdown tables: the standard library only."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    """The rows of a result file, oldest first; none where the file does not exist yet."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return sorted(csv.DictReader(file), key=lambda row: row.get("date", ""))  # stable: of a day, later lines last


def latest(rows: Iterable[Row], *columns: str) -> list[Row]:
    """The last row for each combination of values in these columns, in the order of these values.

    Examples:
        >>> latest([{"seed": "1", "f1": "0.8"}, {"seed": "1", "f1": "0.9"}], "seed")
        [{'seed': '1', 'f1': '0.9'}]
    """
    last = {tuple(row[column] for column in columns): row for row in rows}
    return [last[key] for key in sorted(last)]


def module_of(row: Row) -> str:
    """The module of ``benchmarks/`` that a row's command runs.

    Examples:
        >>> module_of({"command": "OMP_NUM_THREADS=1 python -m benchmarks.crf --rounds 21"})
        'crf'
    """
    return row["command"].partition("benchmarks.")[2].partition(" ")[0]


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""A Markdown table.

    Examples:
        >>> print(markdown(["what", "F1"], [["a|b", "83.80"]]))
        | what | F1 |
        |---|---|
        | a\|b | 83.80 |
    """
    first, *others = ("| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in (header, *rows))
    return "\n".join([first, "|" + "---|" * len(header), *others])
