"""Coverage as a picture: for each split of each corpus, one bar of running words and one of word types."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.evaluation.drawing import COLOURS, INK, NORMAL, REST, ROW, SMALL, drawing, name_rows, on_one_line, plain
from zoo.pretraining.coverage import Coverage
from zoo.pretraining.lookup import WAYS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = dict(zip(WAYS, (COLOURS[0], COLOURS[5], COLOURS[4], REST), strict=True))
_NAMES = {"exact": "as written", "normalized": "after normalization", "composed": "composed of n-grams", "none": "none"}
_WRITTEN = 6  # per cent: a narrower part of a bar has no room for its figure


def coverage_plot(coverages: Mapping[str, Coverage], title: str, path: str | Path) -> None:
    """Draws which share of the words has a vector.

    Args:
        coverages: By what is written beside the bars, as ``ncbi-disease train``.
        title: Of the picture.
        path: The picture; its ending, one of :data:`zoo.evaluation.drawing.ENDINGS`, is its format.

    Raises:
        ValueError: If there is nothing to draw; as for :func:`zoo.evaluation.drawing.drawing`.
    """
    if not coverages:
        raise ValueError("Expected the coverage of one split or more but got none.")
    with drawing(path, 10, 1.6 + 1.5 * ROW * len(coverages)) as figure:
        heading, body = figure.subfigures(2, height_ratios=[0.7, 0.9 + 1.5 * ROW * len(coverages)], squeeze=False)[:, 0]
        heading.text(0.01, 0.9, title, color=INK, weight="bold", size=11, va="top", parse_math=False)
        for number, way in enumerate(WAYS):
            at = 0.01 + 0.19 * number
            heading.text(at, 0.3, f"■ {_NAMES[way]}", color=_COLOURS[way], size=NORMAL, va="center")
        left, right = body.subplots(1, 2, sharey=True)
        _draw(left, coverages, "running")
        _draw(right, coverages, "types")


def _draw(axes: "Axes", coverages: Mapping[str, Coverage], what: str) -> None:
    plain(axes, {"running": "Running words", "types": "Distinct words"}[what])
    name_rows(axes, [on_one_line(name) for name in coverages])
    for row, coverage in enumerate(coverages.values()):
        counts = coverage.running if what == "running" else coverage.types
        start = 0.0
        for way in WAYS:
            share = 100 * counts[way] / max(1, counts.total())
            axes.barh(row, share, 0.72, left=start, color=_COLOURS[way])
            if share >= _WRITTEN:
                colour = "white" if way in ("exact", "none") else INK
                axes.text(start + share / 2, row, f"{share:.1f}", color=colour, size=SMALL, ha="center", va="center")
            start += share
    axes.set_xlim(0, 100)
    axes.xaxis.set_major_formatter("{x:g} %")
