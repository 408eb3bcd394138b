"""Explanations as a picture: a row for each word, beside it what was found, why, and from which features.

Heat maps of what the last layer reads follow Lyu et al. (2017): their Fig. 3 shows all words of a text, Fig. 4 one word
in all of its places.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zoo.data.nearest import did_you_mean
from zoo.evaluation.drawing import (
    COLOURS,
    FAINT,
    INK,
    LETTER,
    NORMAL,
    ROW,
    SMALL,
    drawing,
    name_rows,
    on_one_line,
    verbatim,
)
from zoo.evaluation.explanation import Explanation

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

MOST_WORDS = 150
"""Words of a picture: more than a page or two nobody reads."""
CHARACTER = 0.14  # inches: a column of a character
_TAG, _LANE = 0.2, 0.1  # inches: a column of a tag, of spans side by side


class _Row(NamedTuple):
    """A word to draw; without one, the gap before a window."""

    window: int
    word: int | None
    name: str


class _Bar(NamedTuple):
    """A span to draw, down to its last row; spans that overlap lie in lanes side by side."""

    bottom: int
    lane: int
    label: str
    score: float


@dataclass(frozen=True)
class _Picture:
    """What is drawn."""

    windows: Sequence[Explanation]
    rows: Sequence[_Row]

    def stack(self, values: "Callable[[Explanation, int], np.ndarray]", width: int) -> "np.ndarray":
        """One line of values for each row, shape (rows, width), nan in gaps and behind what is shorter."""
        import numpy as np

        stacked = np.full((len(self.rows), width), np.nan)
        for at, explanation, word in self.words():
            line = values(explanation, word)
            stacked[at, : len(line)] = line
        return stacked

    def words(self) -> Iterator[tuple[int, Explanation, int]]:
        """Each word's row, explanation, and number in it."""
        for at, row in enumerate(self.rows):
            if row.word is not None:
                yield at, self.windows[row.window], row.word

    @cached_property
    def bars(self) -> dict[int, list[_Bar]]:
        """The spans whose words are drawn, by the row they begin in."""
        places = {(row.window, row.word): at for at, row in enumerate(self.rows)}
        bars: defaultdict[int, list[_Bar]] = defaultdict(list)
        last: list[int] = []  # row of each lane
        for window, explanation in enumerate(self.windows):
            for first, end, label, score in explanation.spans:
                at = [places[window, word] for word in range(first, end) if (window, word) in places]
                if at:
                    lane = next((lane for lane, row in enumerate(last) if row < at[0]), len(last))
                    last[lane : lane + 1] = [at[-1]]
                    bars[at[0]].append(_Bar(at[-1], lane, label, score))
        return bars

    @property
    def lanes(self) -> int:
        """How many spans lie side by side, at most."""
        return 1 + max((bar.lane for bars in self.bars.values() for bar in bars), default=0)


def explanation_plot(explanations: Sequence[Explanation], path: str | Path, word: str | None = None) -> None:
    """Draws words as rows; beside them spans, tag probabilities, representation and, where there is, attention.

    Args:
        explanations: Of one tagger.
        path: The picture; its ending, one of :data:`zoo.evaluation.drawing.ENDINGS`, is its format.
        word: Only the rows of this word, each with its neighbours.

    Raises:
        ValueError: If there is nothing to draw, or more than :data:`MOST_WORDS` words; as for
            :func:`zoo.evaluation.drawing.drawing`.
    """
    rows = _all_rows(explanations) if word is None else _rows_of(explanations, word)
    words = sum(row.word is not None for row in rows)
    if not 0 < words <= MOST_WORDS:
        raise ValueError(
            f"Expected 1 to {MOST_WORDS} words to draw but got {words}; give fewer sentences, or one word (--word)."
        )
    picture, first = _Picture(explanations, rows), explanations[0]
    panels: list[tuple[float, Callable[[Axes, _Picture], None]]] = [
        (_bars_width(picture), _draw_spans),
        (max(1.6, _TAG * len(first.tags)), _draw_probabilities),
    ]
    if first.representation.size:
        panels.append((min(6.0, max(2.5, 0.04 * first.representation.shape[1])), _draw_representation))
    if first.attention:
        panels.append((max(2.0, CHARACTER * _longest(picture)), _draw_attention))
    widths = [width for width, _ in panels]
    names = LETTER * max(len(row.name) for row in rows)
    with drawing(path, sum(widths) + names + 0.3 * len(panels), ROW * max(4, len(rows)) + 1.8) as figure:
        grid = figure.subplots(1, len(panels), sharey=True, width_ratios=widths, squeeze=False)[0]
        for axes, (_, draw) in zip(grid, panels, strict=True):
            draw(axes, picture)
            axes.set_frame_on(False)
        name_rows(grid[0], [row.name for row in rows])
        for axes in grid[1:]:
            axes.tick_params(axis="y", length=0, labelleft=False)


def _all_rows(explanations: Sequence[Explanation]) -> list[_Row]:
    """All words, with a gap between two windows."""
    rows: list[_Row] = []
    for window, explanation in enumerate(explanations):
        if rows:
            rows.append(_Row(window, None, ""))
        rows += [_Row(window, at, on_one_line(form)) for at, form in enumerate(explanation.words)]
    return rows


def _rows_of(explanations: Sequence[Explanation], word: str) -> list[_Row]:
    """The places of one word, in upper or lower case, named by the words around it."""
    rows = [
        _Row(window, at, on_one_line(" ".join(explanation.words[max(0, at - 1) : at + 2])))
        for window, explanation in enumerate(explanations)
        for at, form in enumerate(explanation.words)
        if form.lower() == word.lower()
    ]
    if not rows:
        forms = dict.fromkeys(form for explanation in explanations for form in explanation.words)
        raise ValueError(f"Expected a word of the text but got {word!r}.{did_you_mean(word, forms)}")
    return rows


def _bars_width(picture: _Picture) -> float:
    longest = max((len(", ".join(map(_caption, bars))) for bars in picture.bars.values()), default=0)
    return max(1.0, _LANE * picture.lanes + LETTER * longest)


def _caption(bar: _Bar) -> str:
    return f"{on_one_line(bar.label)} {bar.score:.2f}"


def _draw_spans(axes: "Axes", picture: _Picture) -> None:
    """A bar along the words of each span, with label and score."""
    labels = list(dict.fromkeys(tag.partition("-")[2] for tag in picture.windows[0].tags))[1:]
    for top, bars in picture.bars.items():
        colours = [COLOURS[labels.index(bar.label) % len(COLOURS)] for bar in bars]
        for bar, colour in zip(bars, colours, strict=True):
            axes.vlines(_LANE * (bar.lane + 0.5), top - 0.38, bar.bottom + 0.38, color=colour, linewidth=3.5)
        ink = colours[0] if len(bars) == 1 else INK
        caption = axes.text(_LANE * picture.lanes + 0.02, top, ", ".join(map(_caption, bars)), color=ink)
        caption.set(fontsize=SMALL, va="center_baseline")
        verbatim([caption])
    axes.set_xlim(0, _bars_width(picture))
    axes.set_xticks([])
    entitle(axes, "spans found")


def _draw_probabilities(axes: "Axes", picture: _Picture) -> None:
    """Probability of every tag; the tag of the best path boxed, the one with the highest emission dotted."""
    tags = picture.windows[0].tags
    values = picture.stack(lambda one, word: one.probabilities[word], len(tags))
    image = axes.imshow(values, "Blues", aspect="auto", vmin=0, vmax=1)
    borders = [x - 0.5 for x in range(1, len(tags)) if tags[x].partition("-")[2] != tags[x - 1].partition("-")[2]]
    axes.vlines(borders, -0.5, len(picture.rows) - 0.5, color=FAINT, linewidth=1)
    for at, one, word in picture.words():
        left, right, top, bottom = one.path[word] - 0.5, one.path[word] + 0.5, at - 0.5, at + 0.5
        box = [left, right, right, left, left], [top, top, bottom, bottom, top]
        axes.plot(*box, color=INK, linewidth=1, clip_on=False)
        axes.plot(one.emissions[word].argmax(), at, marker=".", color=COLOURS[1], markersize=4)
    axes.set_xticks(range(len(tags)), tags, rotation=90)
    axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0, labelsize=SMALL)
    verbatim(axes.get_xticklabels())
    entitle(axes, "probabilities of tags")
    scale(axes, image, "box: chosen tag\ndot: highest emission")


def _draw_representation(axes: "Axes", picture: _Picture) -> None:
    """The vector that the last layer reads, a column a dimension."""
    import numpy as np

    values = picture.stack(lambda one, word: one.representation[word], picture.windows[0].representation.shape[1])
    bound = float(np.nanmax(abs(values))) or 1.0
    image = axes.imshow(values, "RdBu_r", aspect="auto", vmin=-bound, vmax=bound, interpolation="nearest")
    axes.set_xticks([])
    entitle(axes, f"representation before the last layer, {values.shape[1]} dimensions")
    scale(axes, image, "value")


def _draw_attention(axes: "Axes", picture: _Picture) -> None:
    """The characters of each word, shaded by the mean of their weights over dimensions."""
    import numpy as np

    def ratios(one: Explanation, word: int) -> "np.ndarray":
        return one.attention[word].mean(1) * len(one.attention[word])

    values = picture.stack(ratios, _longest(picture))
    most = float(np.nanmax(values))
    image = axes.imshow(values, "Oranges", aspect="auto", vmin=0, vmax=most)
    for at, one, word in picture.words():
        for x, character in enumerate(one.spelled(word)):
            ink = "white" if values[at, x] > 0.65 * most else INK
            verbatim([axes.text(x, at, character, ha="center", va="center_baseline", fontsize=SMALL, color=ink)])
    axes.set_xticks([])
    entitle(axes, "attention to characters")
    scale(axes, image, "mean weight ×\nlength of the word")


def _longest(picture: _Picture) -> int:
    """Characters of the word that has most."""
    return max(len(one.spelled(word)) for _, one, word in picture.words())


def entitle(axes: "Axes", title: str) -> None:
    """Writes a panel's title above its left edge."""
    axes.set_title(title, loc="left", fontsize=NORMAL, fontweight="bold", color=INK)


def scale(axes: "Axes", image: "AxesImage", meaning: str) -> None:
    """Says below a panel what its shades mean."""
    bar = axes.figure.colorbar(image, ax=axes, location="bottom", pad=0.02, aspect=25, shrink=0.9)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=SMALL, labelcolor=INK, color=INK, length=2)
    bar.set_label(meaning, fontsize=SMALL, color=INK)
