"""Pictures of reports: error categories, confusion, calibration, scores by label, and what a corpus holds.

Every function takes what is to be shown and a path that ends in ``.png``, ``.svg`` or ``.pdf``; the file appears when
all of it is written. They need matplotlib (``pip install 'bioner-zoo[plot]'``) and leave its settings alone. Colours
are those of Okabe & Ito (2008), which the colour-blind can tell apart.

All raise ValueError where the path ends otherwise or matplotlib is missing.
"""

import os
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.evaluation.bootstrap import Interval, Intervals
from zoo.evaluation.breakdown import GroupReport
from zoo.evaluation.calibration import Bin, Calibration
from zoo.evaluation.errors import Category, ErrorAnalysis, Kind
from zoo.evaluation.spans import Counts, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

FORMATS = (".png", ".svg", ".pdf")
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
REST, INK, FAINT = "#9a9a9a", "#333333", "#dddddd"
MOST_ROWS, MOST_CELLS, MOST_BARS = 50, 25, 30
"""Labels and lengths drawn one by one; the others are summed up, or counted in a note where sums say nothing."""
LONGEST_NAME = 30
_ROW, _CELL, _LETTER = 0.26, 0.56, 0.075  # inches
_SMALL, _NORMAL = 8.5, 9.5  # points


def error_categories(analysis: ErrorAnalysis, path: str | Path) -> None:
    """Bars of the error categories, false negatives beside false positives, each stacked by label.

    Args:
        analysis: The errors; where they have more labels than there are colours, the rarest are one.
        path: The file to write.
    """
    labels = _most(Counter(error.span.label for error in analysis.errors), len(COLOURS))
    categories = [each for each in Category if any(analysis.total(kind, each) for kind in Kind)]
    longest = max((analysis.total(kind, each) for kind in Kind for each in categories), default=1)
    with _drawing(path, 8, 1 + 0.3 * (len(labels) > 1) + _ROW * max(3, len(categories))) as figure:
        for kind, axes in zip(Kind, figure.subplots(1, 2, sharey=True), strict=True):
            ends = [0] * len(categories)
            for (name, members), colour in zip(labels, _colours(labels), strict=True):
                widths = [sum(analysis.counts[kind, each, label] for label in members) for each in categories]
                look = {"color": colour, "edgecolor": "white", "linewidth": 0.6, "height": 0.76}
                axes.barh(range(len(categories)), widths, left=ends, label=f" {name}", **look)
                ends = [end + width for end, width in zip(ends, widths, strict=True)]
            total = analysis.total(kind)
            _at_ends(axes, ends, [f"{end:,} ({100 * end / total:.0f} %)" if end else "" for end in ends])
            axes.set_xlim(0, 1.35 * longest)
            _plain(axes, f"{kind}s: {total:,}".capitalize())
            _rows(axes, list(categories))
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
    fits = longest * _LETTER < _CELL  # into one column
    with _drawing(path, side + 1 + _LETTER * longest, side + 1 + (0 if fits else 0.7 * _LETTER * longest)) as figure:
        axes = figure.subplots()
        _shade(axes, cells, mixed=len(labels) - 1 if len(frequency) > MOST_CELLS else -1)
        _rows(axes, names)
        axes.set_xticks(range(len(names)), names)
        axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0, labelsize=_NORMAL)
        for text in _verbatim(axes.get_xticklabels()):
            text.set(color=INK) if fits else text.set(color=INK, rotation=40, ha="left", rotation_mode="anchor")
        axes.xaxis.set_label_position("top")
        axes.set_ylabel("gold", fontsize=_NORMAL, color=INK, fontweight="bold")
        axes.set_xlabel("predicted", fontsize=_NORMAL, color=INK, fontweight="bold")


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
            axes.text(x, y, f"{count:,}" if count else "", ha="center", va="center", color=ink, fontsize=_SMALL)
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
    with _drawing(path, 4.4, 5.5 if even else 4.4) as figure:
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
            _plain(axes)
            axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
        _verbatim(upper.legend(loc="best", frameon=False, fontsize=_SMALL, labelcolor=INK).get_texts())


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
    names = [f"{_short(label)} ({counts.gold:,.12g})" for label, counts in shown]
    with _drawing(path, 4.5 + _LETTER * max(map(len, names)), 1.1 + _ROW * max(3, len(names))) as figure:
        axes = figure.subplots()
        for row, ((_, counts), each) in enumerate(zip(shown, ranges, strict=True)):
            colour = INK if row == len(shown) - 1 else COLOURS[0]
            _dot(axes, row, counts, each, colour)
        axes.axhline(len(shown) - 1.5, color=REST, linewidth=0.8)
        axes.grid(axis="x", color=FAINT, linewidth=0.8)
        axes.set_xlim(max(0, 10 * int(10 * lowest) - 2), 102)
        _plain(axes, f"F1, {report.scorer} (gold spans)")
        _rows(axes, names)
        notes = [f"{100 * intervals.level:g} % bootstrap intervals"] if intervals and not intervals.undefined else []
        notes += [f"{undrawn} rarer labels not drawn"] if undrawn else []
        axes.set_xlabel(", ".join(["F1 (%)", *notes]), fontsize=_SMALL, color=INK)


def _dot(axes: "Axes", row: int, counts: Counts, interval: Interval | None, colour: str) -> None:
    if interval:
        axes.hlines(row, 100 * interval.low, 100 * interval.high, color=colour, linewidth=2, alpha=0.45)
    axes.plot(100 * counts.f1, row, marker="o", markersize=5.5, color=colour)
    across = axes.get_yaxis_transform()  # x as a share of the axis, y in rows
    score = f"{100 * counts.f1:.1f}"
    axes.text(1.02, row, score, transform=across, va="center_baseline", color=colour, fontsize=_SMALL)


def label_bars(counts: Mapping[str, int], path: str | Path, title: str = "Mentions by label") -> None:
    """A bar per label, the most frequent first, with its number and share.

    Args:
        counts: Numbers by label; of very many labels the rarest are one bar.
        path: The file to write.
        title: Above the bars.
    """
    labels = _most(counts, MOST_ROWS)
    names, sums = [name for name, _ in labels], [sum(counts[label] for label in members) for _, members in labels]
    total = sum(sums) or 1
    with _drawing(path, 5 + _LETTER * max(map(len, names), default=0), 0.8 + _ROW * max(2, len(names))) as figure:
        axes = figure.subplots()
        axes.barh(range(len(names)), sums, color=_colours(labels, COLOURS[:1]), height=0.72)
        _at_ends(axes, sums, [f"{number:,} ({100 * number / total:.1f} %)" for number in sums])
        axes.set_xlim(0, 1.3 * max(sums, default=1) or 1)
        _plain(axes, title)
        _rows(axes, names)


def length_histogram(
    counts: Mapping[int, int], path: str | Path, title: str = "Mentions by length", unit: str = "words"
) -> None:
    """How many are how long, with median, mean and maximum.

    Args:
        counts: Numbers by length; lengths are drawn together where they are very many, and the longest 1 % as one bar.
        path: The file to write.
        title: Above the bars.
        unit: What lengths are counted in.
    """
    lengths = sorted(length for length, number in counts.items() if number)
    total = sum(counts.values())
    step, starts = _bars(counts, lengths, total)
    sums = Counter[int]()
    for length in lengths:
        sums[min(length // step * step, starts[-1])] += counts[length]
    pooled = bool(lengths) and lengths[-1] >= starts[-1] + step
    with _drawing(path, max(4.4, 1 + 0.22 * len(starts)), 3) as figure:
        from matplotlib.ticker import MaxNLocator

        axes = figure.subplots()
        shift = 0 if step == 1 else step / 2  # ticks stand below a single length, or where a bar begins
        axes.bar(
            [start + shift for start in starts], [sums[start] for start in starts], color=COLOURS[0], width=0.88 * step
        )
        every = -(-len(starts) // 12)
        ticks = [*starts[:-every:every], starts[-1]]
        axes.set_xticks(ticks, [f"{tick:,}" + "+" * (pooled and tick == starts[-1]) for tick in ticks])
        _plain(axes, f"{title} ({total:,})")
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.grid(axis="y", color=FAINT, linewidth=0.8)
        axes.set_xlabel(f"{unit}{_summary(counts, lengths, total)}", fontsize=_NORMAL, color=INK)


def _bars(counts: Mapping[int, int], lengths: Sequence[int], total: int) -> tuple[int, range]:
    """The width of a bar, so that there are few enough, and where each begins; the last holds all longer ones."""
    below, last = 0, 0
    for last in lengths:
        below += counts[last]
        if 100 * below >= 99 * total:
            break
    first = lengths[0] if lengths else 0
    widths = (digit * 10**power for power in range(20) for digit in (1, 2, 5))
    step = next(width for width in widths if last - first < MOST_BARS * width)
    return step, range(first // step * step, last + 1, step)


def _summary(counts: Mapping[int, int], lengths: Sequence[int], total: int) -> str:
    if not total:
        return ""
    reached = accumulate(counts[length] for length in lengths)
    median = next(length for length, number in zip(lengths, reached, strict=True) if 2 * number >= total)
    mean = sum(length * counts[length] for length in lengths) / total
    return f" (median {median:,}, mean {mean:,.1f}, longest {lengths[-1]:,})"


@contextmanager
def _drawing(path: str | Path, width: float, height: float) -> Iterator["Figure"]:
    """A figure to draw on (inches), written to the path at the end unless an error comes between."""
    target = Path(path)
    if target.suffix.lower() not in FORMATS:
        raise ValueError(f"Expected a path that ends in {', '.join(FORMATS)} but got {str(path)!r}.")
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError as error:
        raise ValueError("Pictures need matplotlib, which is not installed: pip install 'bioner-zoo[plot]'.") from error
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08))
    yield figure
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f".{secrets.token_hex(4)}.part"
    try:
        figure.savefig(partial, format=target.suffix.lower()[1:], dpi=200)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _most(counts: Mapping[str, int], limit: int) -> list[tuple[str, list[str]]]:
    """The most frequent labels, at most ``limit`` groups: names to show and the labels they stand for."""
    labels = sorted(counts, key=lambda label: (-counts[label], label))
    cut = len(labels) if len(labels) <= limit else limit - 1
    rest = [(f"{len(labels) - cut} others", labels[cut:])] if labels[cut:] else []
    return [(_short(label), [label]) for label in labels[:cut]] + rest


def _colours(labels: Sequence[tuple[str, list[str]]], colours: Sequence[str] = COLOURS) -> list[str]:
    return [REST if len(members) > 1 else colours[at % len(colours)] for at, (_, members) in enumerate(labels)]


def _short(label: str) -> str:
    """A label on one line; a long one loses its middle, for labels often differ at their ends."""
    name = " ".join(label.split())
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[:half]}…{name[1 - half :]}"


def _plain(axes: "Axes", title: str = "") -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(REST)
    axes.tick_params(color=REST, labelcolor=INK, labelsize=_SMALL)
    axes.yaxis.label.set(fontsize=_NORMAL, color=INK)
    axes.xaxis.label.set(fontsize=_NORMAL, color=INK)
    axes.set_axisbelow(True)
    _verbatim([axes.set_title(title, loc="left", fontsize=_NORMAL, fontweight="bold", color=INK)])


def _rows(axes: "Axes", names: Sequence[str]) -> None:
    """Names the rows, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(len(names), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0, labelsize=_NORMAL, labelcolor=INK)
    _verbatim(axes.get_yticklabels())


def _at_ends(axes: "Axes", ends: Sequence[float], texts: Sequence[str]) -> None:
    """Writes the numbers beside the bars, and takes away the axis that they replace."""
    for row, (end, text) in enumerate(zip(ends, texts, strict=True)):
        note = axes.annotate(text, (end, row), (4, 0), textcoords="offset points", fontsize=_SMALL, color=INK)
        note.set_verticalalignment("center_baseline")
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)


def _legend(figure: "Figure", axes: "Axes") -> None:
    handles, labels = axes.get_legend_handles_labels()
    columns = max(1, int(7.5 / (_LETTER * max(map(len, labels)) + 0.5)))
    look = {"frameon": False, "fontsize": _SMALL, "labelcolor": INK, "handlelength": 1.2, "handletextpad": 0.3}
    _verbatim(figure.legend(handles, labels, loc="outside upper left", ncols=columns, **look).get_texts())


def _verbatim(texts: Sequence["Text"]) -> Sequence["Text"]:
    """Shows dollar signs as they are: matplotlib takes them for formulae."""
    for text in texts:
        text.set_parse_math(False)
    return texts
