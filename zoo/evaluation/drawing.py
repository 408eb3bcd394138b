"""What the pictures have in common: how they are written, their colours, their bars and their letters.

Pictures need matplotlib (``pip install 'bioner-zoo[plot]'``) and leave its settings alone. Colours are those of Okabe &
Ito (2008), Color Universal Design, which the colour-blind can tell apart.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.data import textfile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

ENDINGS = (".png", ".svg", ".pdf")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
REST, INK, FAINT = "#9a9a9a", "#333333", "#dddddd"
SMALL, NORMAL = 8.5, 9.5  # points
ROW, LETTER = 0.26, 0.075  # inches: the height of a row, the width of a letter
LONGEST_NAME = 30


def check_matplotlib() -> type["Figure"]:
    """Finds out whether pictures can be drawn, before what they show is computed.

    Raises:
        ValueError: If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # not pyplot: it looks for a screen and keeps what it has drawn
    except ImportError as error:
        raise ValueError("Pictures need matplotlib, which is not installed: pip install 'bioner-zoo[plot]'.") from error
    return Figure


def check_picture(path: str | Path) -> None:
    """Finds out whether a picture can be drawn and written under that name.

    Raises:
        ValueError: If the ending is none of :data:`ENDINGS`, or matplotlib is not installed.
    """
    if Path(path).suffix.lower() not in ENDINGS:
        raise ValueError(f"Expected a picture that ends in {', '.join(ENDINGS)} but got {str(path)!r}.")
    check_matplotlib()


@contextmanager
def drawing(path: str | Path, width: float, height: float) -> Iterator["Figure"]:
    """A figure to draw on (inches), written at the end: no file appears, or is replaced, if an error comes before.

    Raises:
        ValueError: As for :func:`check_picture`.
        OSError: If the file cannot be written.
    """
    check_picture(path)
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = check_matplotlib()(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08))
    yield figure
    with textfile.replacing(path) as partial:
        figure.savefig(partial, format=Path(path).suffix.lower()[1:], dpi=200)


def plain(axes: "Axes", title: str = "") -> None:
    """Two thin spines, quiet ticks, and a title on the left."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(REST)
    axes.tick_params(color=REST, labelcolor=INK, labelsize=SMALL)
    axes.yaxis.label.set(fontsize=NORMAL, color=INK)
    axes.xaxis.label.set(fontsize=NORMAL, color=INK)
    axes.set_axisbelow(True)
    verbatim([axes.set_title(title, loc="left", fontsize=NORMAL, fontweight="bold", color=INK)])


def name_rows(axes: "Axes", names: Sequence[str]) -> None:
    """Names the rows 0, 1, …, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(len(names), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0, labelsize=NORMAL, labelcolor=INK)
    verbatim(axes.get_yticklabels())


def write_at_ends(axes: "Axes", places: Sequence[float], ends: Sequence[float], texts: Sequence[str]) -> None:
    """Writes numbers beside lying bars, and takes away the axis that they replace."""
    for place, end, text in zip(places, ends, texts, strict=True):
        note = axes.annotate(text, (end, place), (4, 0), textcoords="offset points", fontsize=SMALL, color=INK)
        note.set_verticalalignment("center_baseline")
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)


def on_one_line(name: str, longest: int = LONGEST_NAME) -> str:
    """A name on one line; a long one loses its middle, for labels often differ at their ends.

    Examples:
        >>> on_one_line("regulation of transcription", longest=15)
        'regulat…iption'
    """
    name = " ".join(name.split())
    half = longest // 2
    return name if len(name) <= longest else f"{name[:half]}…{name[1 - half :]}"


def verbatim(texts: Sequence["Text"]) -> Sequence["Text"]:
    """Shows dollar signs as they are: matplotlib takes them for formulae."""
    for text in texts:
        text.set_parse_math(False)
    return texts
