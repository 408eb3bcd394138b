"""Statistics of a corpus as a picture: mentions by label, their lengths, and the lengths of documents, by split."""

import os
import secrets
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING, Any

from zoo.evaluation.corpus_statistics import LONG_MENTION, CorpusStatistics

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Told apart by colour-blind readers too. Source: Okabe & Ito (2008), Color Universal Design."""

ENDINGS = (".png", ".svg", ".pdf")
MOST_LABELS = 20
MIN_BARS = 24  # room left for: the bars of a corpus of one label need not fill the page
LINE = 24  # characters of a label on one line; the longest take two, and lose their middle

GREY = "#555555"


def corpus_plot(statistics: Mapping[str, CorpusStatistics], path: str | Path) -> None:
    """Draws the splits of a corpus beside one another; the file appears under its name when all of it is written.

    Args:
        statistics: By split.
        path: The picture; its ending, one of :data:`ENDINGS`, is its format.

    Raises:
        ValueError: If the ending is another, there is no split, or matplotlib is not installed.
    """
    path = Path(path)
    figure_type = check_path(path)
    if not statistics:
        raise ValueError("Expected statistics of one split or more but got none.")
    labels = _labels(statistics)
    bars = max(MIN_BARS, min(len(labels), MOST_LABELS) * (len(statistics) + 1))
    height = bars * 0.19 + 0.4
    figure = figure_type(figsize=(11, height + 0.8), layout="constrained")
    heading, body = figure.subfigures(2, height_ratios=[0.8, height], squeeze=False)[:, 0]
    grid = body.add_gridspec(3, 2, height_ratios=[2.5, 2.5, max(0.01, height - 5)])  # charts on the right stay low
    _draw_names(heading, statistics)
    _draw_labels(body.add_subplot(grid[:, 0]), statistics, labels, bars)
    _draw_mention_lengths(body.add_subplot(grid[0, 1]), statistics)
    _draw_document_lengths(body.add_subplot(grid[1, 1]), statistics)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{secrets.token_hex(4)}.part")
    try:
        figure.savefig(partial, format=path.suffix.lower()[1:], dpi=150)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def check_path(path: str | Path) -> type["Figure"]:
    """Finds out whether a picture can be drawn, before what it shows is counted.

    Raises:
        ValueError: As for :func:`corpus_plot`.
    """
    if Path(path).suffix.lower() not in ENDINGS:
        raise ValueError(f"Expected a picture that ends in {', '.join(ENDINGS)} but got {str(path)!r}.")
    try:
        from matplotlib.figure import Figure  # not pyplot: it looks for a screen and keeps what it has drawn
    except ImportError as error:
        raise ValueError("Pictures need matplotlib, which is not installed: pip install 'bioner-zoo[plot]'.") from error
    return Figure


def _labels(statistics: Mapping[str, CorpusStatistics]) -> list[str]:
    """Labels, the most frequent first."""
    total = sum(statistics.values(), CorpusStatistics()).entities
    return sorted(total, key=lambda label: (-total[label], label))


def _colours(statistics: Mapping[str, CorpusStatistics]) -> dict[str, str]:
    return {split: COLOURS[number % len(COLOURS)] for number, split in enumerate(statistics)}


def _draw_names(heading: Any, statistics: Mapping[str, CorpusStatistics]) -> None:
    """The splits in their colours, with their sizes: the one legend of all three charts."""
    width = 1 / max(3, len(statistics))
    for number, (split, colour) in enumerate(_colours(statistics).items()):
        counts = statistics[split]
        sizes = f"{counts.documents:,} documents, {counts.spans:,} mentions\n"
        lengths = counts.document_words
        words = f"words: median {median_low(lengths.elements()):,}, longest {max(lengths):,}" if lengths else ""
        at = 0.01 + number * width
        heading.text(at, 0.92, _shortened(split, 1), color=colour, weight="bold", size=11, va="top", parse_math=False)
        heading.text(at, 0.62, sizes + words, color=GREY, size=8, va="top", linespacing=1.4)


def _draw_labels(axes: "Axes", statistics: Mapping[str, CorpusStatistics], labels: list[str], room: int) -> None:
    shown = labels[:MOST_LABELS]
    thickness = 0.84 / len(statistics)
    for number, (split, colour) in enumerate(_colours(statistics).items()):
        counts = [statistics[split].entities[label] for label in shown]
        places = [row - 0.42 + (number + 0.5) * thickness for row in range(len(shown))]
        bars = axes.barh(places, counts, thickness * 0.92, color=colour)
        axes.bar_label(bars, [f"{count:,}" for count in counts], padding=3, size=8, color=GREY)
    # Between two dollar signs matplotlib would see a formula.
    axes.set_yticks(range(len(shown)), [_shortened(label, 2) for label in shown], parse_math=False)
    axes.set_ylim(room / (len(statistics) + 1) - 0.5, -0.5)
    axes.spines["left"].set_bounds(len(shown) - 0.5, -0.5)
    axes.margins(x=0.14)
    axes.set_xticks([])
    more = f", the {MOST_LABELS} most frequent of {len(labels)}" if len(labels) > MOST_LABELS else ""
    _dress(axes, f"Mentions by label{more}", spines=("left",))


def _shortened(name: str, lines: int) -> str:
    """A name in one line or two; of one that is too long the end is kept too, for labels often begin alike."""
    most = LINE * lines
    if len(name) > most:
        name = f"{name[: most // 2]}…{name[1 - most // 2 :]}"
    return "\n".join(name[at : at + LINE] for at in range(0, len(name), LINE))


def _draw_mention_lengths(axes: "Axes", statistics: Mapping[str, CorpusStatistics]) -> None:
    thickness = 0.84 / len(statistics)
    for number, (split, colour) in enumerate(_colours(statistics).items()):
        lengths = statistics[split].mention_words
        counts = [lengths[words] for words in range(1, LONG_MENTION)]
        counts.append(sum(count for words, count in lengths.items() if words >= LONG_MENTION))
        shares = [100 * count / max(1, sum(counts)) for count in counts]
        places = [words - 0.42 + (number + 0.5) * thickness for words in range(1, LONG_MENTION + 1)]
        axes.bar(places, shares, thickness * 0.92, color=colour)
    axes.set_xticks(range(1, LONG_MENTION + 1), [*map(str, range(1, LONG_MENTION)), f"{LONG_MENTION}+"])
    axes.set_xlabel("words in a mention", size=9)
    axes.yaxis.set_major_formatter("{x:g} %")
    _dress(axes, "Share of mentions by length")


def _draw_document_lengths(axes: "Axes", statistics: Mapping[str, CorpusStatistics]) -> None:
    """What share of documents has at most so many words: the answer to what fits a model."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    shortest, longest = [], []
    for split, colour in _colours(statistics).items():
        counts = statistics[split].document_words
        lengths = [max(1, words) for words in sorted(counts)]
        if lengths:
            shares = [100 * documents / counts.total() for documents in accumulate(counts[n] for n in sorted(counts))]
            axes.step([lengths[0], *lengths], [0, *shares], where="post", color=colour, linewidth=1.8)
            shortest.append(lengths[0])
            longest.append(lengths[-1])
    is_wide = bool(longest) and max(longest) > 300 * min(shortest)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if is_wide else (1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda words, _: f"{words:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(0, 102)
    axes.yaxis.set_major_formatter("{x:g} %")
    axes.set_xlabel("words in a document", size=9)
    _dress(axes, "Share of documents with at most so many words")


def _dress(axes: "Axes", title: str, spines: tuple[str, ...] = ("left", "bottom")) -> None:
    axes.set_title(title, loc="left", size=10, weight="bold")
    axes.tick_params(labelsize=8, length=3)
    for name, spine in axes.spines.items():
        spine.set_visible(name in spines)
        spine.set_color("#999999")
    if "bottom" in spines:
        axes.grid(axis="y", color="#e5e5e5", linewidth=0.8)
        axes.set_axisbelow(True)
