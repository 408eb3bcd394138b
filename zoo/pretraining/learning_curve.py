"""What a run learnt as a picture: nats of masked pieces, of what is learnt from and held out, and how many are told."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.evaluation.drawing import COLOURS, INK, NORMAL, drawing, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Points = tuple[list[int], list[float]]
"""Steps, and values at them."""


def read_log(paths: Sequence[Path]) -> dict[str, Points]:
    """The values of a run's logs by name; of a step that was taken twice, after an interruption, the later one.

    Args:
        paths: ``metrics.csv`` files, in the order of their writing.
    """
    found: dict[str, dict[int, float]] = {}
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for name, value in row.items():
                    if name not in ("step", "epoch") and value:
                        found.setdefault(name, {})[int(row["step"])] = float(value)
    return {name: ([*sorted(values)], [values[step] for step in sorted(values)]) for name, values in found.items()}


def learning_curve(log: dict[str, Points], title: str, path: str | Path) -> None:
    """Draws the curves.

    Args:
        log: As of :func:`read_log`: ``nats``, ``told``, and the same of ``held_out_``.
        title: Of the picture.
        path: The picture; its ending is its format.

    Raises:
        ValueError: As for :func:`zoo.evaluation.drawing.drawing`.
    """
    with drawing(path, 10, 4.2) as figure:
        figure.suptitle(title, color=INK, weight="bold", size=11, parse_math=False)
        left, right = figure.subplots(1, 2)
        _draw(left, "Nats of a masked piece", log, "nats")
        _draw(right, "Masked pieces that are told", log, "told")
        right.set_ylim(bottom=0)
        right.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")


def _draw(axes: "Axes", title: str, log: dict[str, Points], name: str) -> None:
    plain(axes, title)
    for colour, label, key in ((COLOURS[5], "learnt from", name), (COLOURS[1], "held out", f"held_out_{name}")):
        if key in log:
            axes.plot(*log[key], color=colour, label=label, linewidth=1.4)
    axes.set_xlabel("step", color=INK, size=NORMAL)
    axes.legend(frameon=False, fontsize=NORMAL)
