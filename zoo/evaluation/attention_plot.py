"""Character attention as a picture: the weight of every character of a word in every dimension."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.evaluation.drawing import SMALL, drawing, verbatim
from zoo.evaluation.explanation import Explanation
from zoo.evaluation.explanation_plot import CHARACTER, MOST_WORDS, entitle, scale

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

_LINE, _TITLE = 90, 45  # characters side by side: at most, and as many as the title takes
_DIMENSION = 0.04  # inches

_Spelling = tuple[str, "np.ndarray"]
"""The C characters of a word, and their weights, shape (C, E)."""


def attention_plot(explanations: Sequence[Explanation], path: str | Path) -> None:
    """Draws each distinct word once, for its weights are the same everywhere: a column a character, a row a dimension.

    What is shaded is the weight times the word's number of characters: 1 where all of them count alike.

    Args:
        explanations: Of one tagger.
        path: The picture; its ending, one of :data:`zoo.evaluation.drawing.ENDINGS`, is its format.

    Raises:
        ValueError: If the tagger has no character attention, there is no word, or more than
            :data:`zoo.evaluation.explanation_plot.MOST_WORDS`; as for :func:`zoo.evaluation.drawing.drawing`.
    """
    spellings: dict[str, _Spelling] = {}
    for one in explanations:
        if not one.attention:
            raise ValueError("Expected a tagger with character attention, a char_attention_blstm_crf, but got another.")
        spellings |= {word: (one.spelled(at), one.attention[at]) for at, word in enumerate(one.words)}
    if not 0 < len(spellings) <= MOST_WORDS:
        raise ValueError(f"Expected 1 to {MOST_WORDS} distinct words to draw but got {len(spellings)}.")
    lines = _lines(list(spellings.values()))
    dimensions = next(iter(spellings.values()))[1].shape[1]
    most = max(float((weights * len(weights)).max()) for _, weights in spellings.values())
    columns = max(_TITLE, *(sum(len(spelled) + 1 for spelled, _ in line) - 1 for line in lines))
    with drawing(path, CHARACTER * columns + 0.4, (_DIMENSION * dimensions + 0.3) * len(lines) + 1.1) as figure:
        grid = figure.subplots(len(lines), 1, squeeze=False)[:, 0]
        images = [_draw(axes, line, dimensions, columns, most) for axes, line in zip(grid, lines, strict=True)]
        entitle(grid[0], f"attention to characters: each in {dimensions} dimensions, from top to bottom")
        scale(grid[-1], images[-1], "weight × length of the word")


def _draw(axes: "Axes", line: Sequence[_Spelling], dimensions: int, columns: int, most: float) -> "AxesImage":
    """One line of words in so many columns, shaded up to the ratio ``most``."""
    import numpy as np

    ratios, letters, at = np.full((dimensions, columns), np.nan), [""] * columns, 0
    for spelled, weights in line:
        ratios[:, at : at + len(spelled)] = weights.T * len(weights)
        letters[at : at + len(spelled)] = spelled
        at += len(spelled) + 1
    axes.set_frame_on(False)
    axes.set_xticks(range(columns), letters)
    axes.set_yticks([])
    axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0, labelsize=SMALL)
    verbatim(axes.get_xticklabels())
    return axes.imshow(ratios, "Oranges", aspect="auto", vmin=0, vmax=most, interpolation="nearest")


def _lines(spellings: Sequence[_Spelling]) -> list[list[_Spelling]]:
    """Words in lines of at most ``_LINE`` characters, a blank between two words; no word is cut."""
    lines: list[list[_Spelling]] = []
    room = 0
    for spelling in spellings:
        if len(spelling[0]) > room:
            lines.append([])
            room = _LINE
        lines[-1].append(spelling)
        room -= len(spelling[0]) + 1
    return lines
