"""Statistics of a corpus as a picture: mentions by label, their lengths, and the lengths of documents, by split."""

from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING, Any

from zoo.evaluation.corpus_statistics import LONG_MENTION, CorpusStatistics
from zoo.evaluation.drawing import (
    COLOURS,
    FAINT,
    INK,
    NORMAL,
    REST,
    SMALL,
    drawing,
    name_rows,
    on_one_line,
    plain,
    write_at_ends,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Statistics = Mapping[str, CorpusStatistics]

MOST_LABELS = 20
LONGEST_SPLIT = 24  # characters of a name
_BAR = 0.19  # inches
_FEWEST_BARS, _ROOM = 12, 26  # a bar grows no thicker than if there were so many; the charts on the right need so much
_GROUP = 0.84  # of the room of a label, or of a length, that is filled with bars


def corpus_plot(statistics: Statistics, path: str | Path) -> None:
    """Draws the splits of a corpus beside one another.

    Args:
        statistics: By split.
        path: The picture; its ending, one of :data:`zoo.evaluation.drawing.ENDINGS`, is its format.

    Raises:
        ValueError: If there is no split; as for :func:`zoo.evaluation.drawing.drawing`.
    """
    if not statistics:
        raise ValueError("Expected statistics of one split or more but got none.")
    labels = _labels(statistics)
    bars = min(len(labels), MOST_LABELS) * (len(statistics) + 1)
    height = max(_ROOM, bars) * _BAR + 0.4
    with drawing(path, 11, height + 0.8) as figure:
        heading, body = figure.subfigures(2, height_ratios=[0.8, height], squeeze=False)[:, 0]
        grid = body.add_gridspec(3, 2, height_ratios=[2.6, 2.6, max(0.01, height - 5.2)])  # on the right they stay low
        _draw_names(heading, statistics)
        _draw_labels(body.add_subplot(grid[:, 0]), statistics, labels, max(_FEWEST_BARS, bars))
        _draw_mention_lengths(body.add_subplot(grid[0, 1]), statistics)
        _draw_document_lengths(body.add_subplot(grid[1, 1]), statistics)


def _labels(statistics: Statistics) -> list[str]:
    """Labels, the most frequent first."""
    total = sum(statistics.values(), CorpusStatistics()).entities
    return sorted(total, key=lambda label: (-total[label], label))


def _colours(statistics: Statistics) -> dict[str, str]:
    return {split: COLOURS[number % len(COLOURS)] for number, split in enumerate(statistics)}


def _draw_names(heading: Any, statistics: Statistics) -> None:
    """The splits in their colours, with their sizes: the one legend of all three charts."""
    width = 1 / max(4, len(statistics))
    for number, (split, colour) in enumerate(_colours(statistics).items()):
        counts = statistics[split]
        sizes = f"{counts.documents:,} documents, {counts.spans:,} mentions\n"
        lengths = counts.document_words
        words = f"words: median {median_low(lengths.elements()):,}, longest {max(lengths):,}" if lengths else ""
        at = 0.01 + number * width
        name = on_one_line(split, LONGEST_SPLIT)
        heading.text(at, 0.92, name, color=colour, weight="bold", size=11, va="top", parse_math=False)
        heading.text(at, 0.62, sizes + words, color=INK, size=SMALL, va="top", linespacing=1.4)


def _places(rows: range, split: int, splits: int) -> list[float]:
    """Where the bars of a split lie, beside those of the others around each row."""
    return [row + _GROUP * ((split + 0.5) / splits - 0.5) for row in rows]


def _draw_labels(axes: "Axes", statistics: Statistics, labels: list[str], room: int) -> None:
    shown = labels[:MOST_LABELS]
    more = f", the {MOST_LABELS} most frequent of {len(labels)}" if len(labels) > MOST_LABELS else ""
    plain(axes, f"Mentions by label{more}")
    name_rows(axes, [on_one_line(label) for label in shown])
    for number, (split, colour) in enumerate(_colours(statistics).items()):
        counts = [statistics[split].entities[label] for label in shown]
        places = _places(range(len(shown)), number, len(statistics))
        axes.barh(places, counts, 0.92 * _GROUP / len(statistics), color=colour)
        write_at_ends(axes, places, counts, [f"{count:,}" for count in counts])
    axes.set_ylim(room / (len(statistics) + 1) - 0.5, -0.5)
    axes.spines["left"].set_bounds(len(shown) - 0.5, -0.5)
    axes.margins(x=0.14)


def _draw_mention_lengths(axes: "Axes", statistics: Statistics) -> None:
    lengths = range(1, LONG_MENTION + 1)
    for number, (split, colour) in enumerate(_colours(statistics).items()):
        counts = statistics[split]
        shares = [100 * count / max(1, counts.spans) for count in counts.mention_lengths]
        places = _places(lengths, number, len(statistics))
        axes.bar(places, shares, 0.92 * _GROUP / len(statistics), color=colour)
    plain(axes, "Share of mentions by length")
    axes.set_xticks(lengths, [*map(str, lengths[:-1]), f"{LONG_MENTION}+"])
    _name_axes(axes, "words in a mention")


def _draw_document_lengths(axes: "Axes", statistics: Statistics) -> None:
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
    plain(axes, "Share of documents with at most so many words")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if is_wide else (1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda words, _: f"{words:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(which="minor", color=REST)
    axes.set_ylim(0, 102)
    _name_axes(axes, "words in a document")


def _name_axes(axes: "Axes", below: str) -> None:
    axes.yaxis.set_major_formatter("{x:g} %")
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.set_xlabel(below, fontsize=NORMAL, color=INK)
