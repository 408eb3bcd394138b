"""Pictures of a tagger's scores: error categories, confusion of labels, calibration, F1 by label or group.

Every function takes what is to be shown and a path that ends in ``.png``, ``.svg`` or ``.pdf``; all raise what
:func:`zoo.evaluation.drawing.drawing` does.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.evaluation.bootstrap import Interval, Intervals
from zoo.evaluation.breakdown import GroupReport
from zoo.evaluation.calibration import Bin, Calibration
from zoo.evaluation.drawing import (
    COLOURS,
    FAINT,
    INK,
    LETTER,
    NORMAL,
    REST,
    ROW,
    SMALL,
    drawing,
    name_rows,
    on_one_line,
    plain,
    verbatim,
    write_at_ends,
)
from zoo.evaluation.errors import Category, ErrorAnalysis, Kind
from zoo.evaluation.spans import Counts, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ROWS, MOST_CELLS = 50, 25
"""Labels drawn one by one; the others are summed up, or counted in a note where sums say nothing."""
_CELL = 0.56  # inches


def error_categories(analysis: ErrorAnalysis, path: str | Path) -> None:
    """Bars of the error categories, false negatives beside false positives, each stacked by label.

    Args:
        analysis: The errors; where they have more labels than there are colours, the rarest are one.
        path: The file to write.
    """
    labels = _most(Counter(error.span.label for error in analysis.errors), len(COLOURS))
    categories = [each for each in Category if any(analysis.total(kind, each) for kind in Kind)]
    longest = max((analysis.total(kind, each) for kind in Kind for each in categories), default=1)
    with drawing(path, 8, 1 + 0.3 * (len(labels) > 1) + ROW * max(3, len(categories))) as figure:
        for kind, axes in zip(Kind, figure.subplots(1, 2, sharey=True), strict=True):
            ends = [0] * len(categories)
            for (name, members), colour in zip(labels, _colours(labels), strict=True):
                widths = [sum(analysis.counts[kind, each, label] for label in members) for each in categories]
                axes.barh(range(len(categories)), widths, left=ends, label=f" {name}", color=colour, height=0.76)
                ends = [end + width for end, width in zip(ends, widths, strict=True)]
            total = analysis.total(kind)
            texts = [f"{end:,} ({100 * end / total:.0f} %)" if end else "" for end in ends]
            write_at_ends(axes, range(len(ends)), ends, texts)
            axes.set_xlim(0, 1.35 * longest)
            plain(axes, f"{kind}s: {total:,}".capitalize())
            name_rows(axes, list(categories))
        if len(labels) > 1:
            _legend(figure, axes)


def confusion_matrix(analysis: ErrorAnalysis, path: str | Path) -> None:
    """The confusion matrix: blue where labels agree, orange where not, shaded by the share of the gold label.

    The row ``none`` holds spurious spans and is shaded by the share of the predicted label.

    Args:
        analysis: The errors, whose :attr:`ErrorAnalysis.confusion` is drawn; beyond the most frequent labels, the
            others are one row and one column, and where these meet the cell says nothing of right or wrong.
        path: The file to write.
    """
    frequency: Counter[str] = Counter()
    for (gold, found), count in analysis.confusion.items():
        frequency.update({label: count for label in (gold, found) if label is not None})
    labels = _most(frequency, MOST_CELLS)
    names = [*(name for name, _ in labels), "none"]
    place: dict[str | None, int] = {label: at for at, (_, members) in enumerate(labels) for label in members}
    cells = [[0] * len(names) for _ in names]
    for (gold, found), count in analysis.confusion.items():
        cells[place.get(gold, len(labels))][place.get(found, len(labels))] += count
    side, longest = _CELL * len(names), max(map(len, names))
    fits = longest * LETTER < _CELL  # into one column
    with drawing(path, side + 1 + LETTER * longest, side + 1 + (0 if fits else 0.7 * LETTER * longest)) as figure:
        axes = figure.subplots()
        _shade(axes, cells, mixed=len(labels) - 1 if len(frequency) > MOST_CELLS else -1)
        name_rows(axes, names)
        axes.set_xticks(range(len(names)), names)
        axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0, labelsize=NORMAL)
        for text in verbatim(axes.get_xticklabels()):
            text.set(color=INK) if fits else text.set(color=INK, rotation=40, ha="left", rotation_mode="anchor")
        axes.xaxis.set_label_position("top")
        axes.set_ylabel("gold", fontsize=NORMAL, color=INK, fontweight="bold")
        axes.set_xlabel("predicted", fontsize=NORMAL, color=INK, fontweight="bold")


def _shade(axes: "Axes", cells: Sequence[Sequence[int]], mixed: int) -> None:
    """Blue where labels agree, orange where not, by the share of the row; of the column in the last row.

    Grey is the row and column ``mixed`` where it meets itself.
    """
    from matplotlib import colormaps

    columns, last = [sum(column) or 1 for column in zip(*cells, strict=True)], len(cells) - 1
    colours = []
    for y, row in enumerate(cells):
        shares = [count / (columns[x] if y == last else sum(row) or 1) for x, count in enumerate(row)]
        names = ["Greys" if not n or x == y == mixed else "Blues" if x == y else "Oranges" for x, n in enumerate(row)]
        colours.append([colormaps[name](0.03 + 0.85 * share) for name, share in zip(names, shares, strict=True)])
        for x, count in enumerate(row):
            ink = "white" if shares[x] > 0.6 else INK
            axes.text(x, y, f"{count:,}" if count else "", ha="center", va="center", color=ink, fontsize=SMALL)
    axes.imshow(colours)
    borders = [at + 0.5 for at in range(last)]
    axes.hlines(borders, -0.5, last + 0.5, color="white", linewidth=1.5)
    axes.vlines(borders, -0.5, last + 0.5, color="white", linewidth=1.5)
    axes.set_frame_on(False)


def reliability_diagram(calibrations: Mapping[str, Calibration], path: str | Path) -> None:
    """The share of right spans over their mean score, with 95 % Wilson intervals, and how many spans each bin has.

    Args:
        calibrations: One or several by name, as ``{"before": …, "after": …}``; their numbers of spans are drawn if
            all bins are of equal width, for others say little.
        path: The file to write.
    """
    even = all(each.binning == "equal width" for each in calibrations.values())
    with drawing(path, 4.4, 5.5 if even else 4.4) as figure:
        rows, heights = (2, [3.4, 1.0]) if even else (1, [1.0])
        upper, *lower = figure.subplots(rows, 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        upper.plot([0, 1], [0, 1], color=REST, linewidth=1, linestyle=(0, (4, 3)))
        for at, (name, each) in enumerate(calibrations.items()):
            colour, marker = COLOURS[at % len(COLOURS)], "os^Dv"[at % 5]
            confidence, accuracy = [b.confidence for b in each.bins], [b.accuracy for b in each.bins]
            upper.vlines(confidence, *zip(*map(_wilson, each.bins), strict=True), color=colour, linewidth=1, alpha=0.6)
            label = f" {name}: ECE {100 * each.ece:.1f} %"  # a label that begins with an underscore is not shown
            upper.plot(confidence, accuracy, color=colour, marker=marker, markersize=4.5, label=label)
            for axes in lower:
                axes.stairs(*_stairs(each.bins), color=colour, linewidth=1.5)
        upper.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="share of right spans", xlabel="" if even else "score")
        for axes in lower:
            axes.set(ylabel="spans", xlabel="score")
            axes.yaxis.set_major_formatter("{x:,.0f}")
        for axes in (upper, *lower):
            plain(axes)
            axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
        verbatim(upper.legend(loc="best", frameon=False, fontsize=SMALL, labelcolor=INK).get_texts())


def _wilson(one: Bin) -> tuple[float, float]:
    from scipy.stats import binomtest

    interval = binomtest(round(one.accuracy * one.spans), one.spans).proportion_ci(method="wilson")
    return interval.low, interval.high


def _stairs(bins: Sequence[Bin]) -> tuple[list[int], list[float]]:
    """Heights and edges of adjoining steps, empty bins between filled in."""
    heights, edges = [], [bins[0].low]
    for one in bins:
        if one.low > edges[-1]:
            heights.append(0)
            edges.append(one.low)
        heights.append(one.spans)
        edges.append(one.high)
    return heights, edges


def label_scores(report: Report, intervals: Intervals | None, path: str | Path) -> None:
    """F1 by label, the best first, and micro below, each with its bootstrap interval and its number of gold spans.

    Groups of a breakdown keep their order.

    Args:
        report: Of any scorer; of very many labels the most frequent are drawn, and a note counts the others.
        intervals: Of that report; ``None`` for points alone.
        path: The file to write.
    """
    frequent = sorted(report.labels.items(), key=lambda row: (-row[1].gold, row[0]))[:MOST_ROWS]
    order = list(report.labels)
    is_grouped = isinstance(report, GroupReport)
    frequent.sort(key=lambda row: (0 if is_grouped else -row[1].f1, order.index(row[0])))
    shown = [*frequent, ("micro", report.micro)]
    undrawn = len(report.labels) - len(frequent)
    found = [intervals.labels.get(label) for label, _ in shown[:-1]] + [intervals.micro] if intervals else []
    ranges = [each and each.f1 for each in found] or [None] * len(shown)
    lowest = min([counts.f1 for _, counts in shown] + [each.low for each in ranges if each])
    names = [f"{on_one_line(label)} ({counts.gold:,.12g})" for label, counts in shown]
    with drawing(path, 4.5 + LETTER * max(map(len, names)), 1.1 + ROW * max(3, len(names))) as figure:
        axes = figure.subplots()
        for row, ((_, counts), each) in enumerate(zip(shown, ranges, strict=True)):
            colour = INK if row == len(shown) - 1 else COLOURS[0]
            _dot(axes, row, counts, each, colour)
        axes.axhline(len(shown) - 1.5, color=REST, linewidth=0.8)
        axes.grid(axis="x", color=FAINT, linewidth=0.8)
        axes.set_xlim(max(0, 10 * int(10 * lowest) - 2), 102)
        plain(axes, f"F1, {report.scorer} (number in gold)")
        name_rows(axes, names)
        notes = [f"{100 * intervals.level:g} % bootstrap intervals"] if intervals and not intervals.undefined else []
        notes += [f"{undrawn} rarer labels not drawn"] if undrawn else []
        axes.set_xlabel(", ".join(["F1 (%)", *notes]), fontsize=SMALL, color=INK)


def _dot(axes: "Axes", row: int, counts: Counts, interval: Interval | None, colour: str) -> None:
    if interval:
        axes.hlines(row, 100 * interval.low, 100 * interval.high, color=colour, linewidth=2, alpha=0.45)
    axes.plot(100 * counts.f1, row, marker="o", markersize=5.5, color=colour, clip_on=False)
    across = axes.get_yaxis_transform()  # x as a share of the axis, y in rows
    score = f"{100 * counts.f1:.1f}"
    axes.text(1.02, row, score, transform=across, va="center_baseline", color=colour, fontsize=SMALL)


def _most(counts: Mapping[str, int], limit: int) -> list[tuple[str, list[str]]]:
    """The most frequent labels, at most ``limit`` groups: names to show and the labels they stand for."""
    labels = sorted(counts, key=lambda label: (-counts[label], label))
    cut = len(labels) if len(labels) <= limit else limit - 1
    rest = [(f"{len(labels) - cut} others", labels[cut:])] if labels[cut:] else []
    return [(on_one_line(label), [label]) for label in labels[:cut]] + rest


def _colours(labels: Sequence[tuple[str, list[str]]]) -> list[str]:
    return [REST if len(members) > 1 else COLOURS[at % len(COLOURS)] for at, (_, members) in enumerate(labels)]


def _legend(figure: "Figure", axes: "Axes") -> None:
    handles, labels = axes.get_legend_handles_labels()
    columns = max(1, int(7.5 / (LETTER * max(map(len, labels)) + 0.5)))
    look = {"frameon": False, "fontsize": SMALL, "labelcolor": INK, "handlelength": 1.2, "handletextpad": 0.3}
    verbatim(figure.legend(handles, labels, loc="outside upper left", ncols=columns, **look).get_texts())
