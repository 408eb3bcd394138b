"""Pictures: every kind in every format, what is drawn, and what they leave alone."""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from tests.evaluation.documents import random_pairs
from zoo.data.document import Document
from zoo.evaluation import plots
from zoo.evaluation.bootstrap import bootstrap
from zoo.evaluation.breakdown import break_down, by_length
from zoo.evaluation.calibration import Bin, calibration
from zoo.evaluation.errors import ErrorAnalysis, Kind, analyse
from zoo.evaluation.spans import Counts, Report, score

SIGNATURES = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}
GOLD, PREDICTED = random_pairs(0, count=12)
ANALYSIS = analyse(GOLD, PREDICTED)
REPORT = score(GOLD, PREDICTED)
CALIBRATION = calibration([0.2, 0.55, 0.9, 0.95, 1.0], [False, True, True, True, True])
LENGTHS = Counter({1: 50, 2: 30, 3: 10, 7: 3})

PICTURES: dict[str, Callable[[Path], None]] = {
    "errors": lambda path: plots.error_categories(ANALYSIS, path),
    "confusion": lambda path: plots.confusion_matrix(ANALYSIS, path),
    "reliability": lambda path: plots.reliability_diagram({"before": CALIBRATION, "after": CALIBRATION}, path),
    "scores": lambda path: plots.label_scores(REPORT, bootstrap(REPORT, 50), path),
    "labels": lambda path: plots.label_bars({"Disease": 12, "Gene": 30}, path),
    "lengths": lambda path: plots.length_histogram(LENGTHS, path),
}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures drawn in a test."""
    figures: list[Figure] = []
    save = Figure.savefig

    def keep(self: Figure, *arguments: object, **options: object) -> None:
        figures.append(self)
        save(self, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def texts(figure: Figure) -> list[str]:
    """All that is written in a figure."""
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


@pytest.mark.parametrize("suffix", SIGNATURES)
@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_in_every_format(tmp_path: Path, name: str, suffix: str) -> None:
    path = tmp_path / "new folder" / f"picture{suffix.upper() if name == 'errors' else suffix}"
    PICTURES[name](path)
    assert path.read_bytes().startswith(SIGNATURES[suffix])
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", PICTURES)
def test_another_ending_raises(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"ends in \.png, \.svg, \.pdf but got .*picture\.jpg"):
        PICTURES[name](tmp_path / "picture.jpg")


def test_the_old_picture_stays_when_the_new_one_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"old")

    def fail(self: Figure, *arguments: object, **options: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        PICTURES["labels"](path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_without_matplotlib_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ValueError, match=r"pip install 'bioner-zoo\[plot\]'"):
        PICTURES["labels"](tmp_path / "picture.png")


def test_no_settings_are_changed_and_no_figure_is_kept(tmp_path: Path) -> None:
    import matplotlib
    from matplotlib._pylab_helpers import Gcf

    before = dict(matplotlib.rcParams)
    for draw in PICTURES.values():
        draw(tmp_path / "picture.png")
    assert dict(matplotlib.rcParams) == before
    assert Gcf.get_all_fig_managers() == []


def test_the_error_bars_are_the_counts(tmp_path: Path, drawn: list[Figure]) -> None:
    plots.error_categories(ANALYSIS, tmp_path / "picture.png")
    (figure,) = drawn
    for kind, axes in zip(Kind, figure.axes, strict=True):
        assert sum(bar.get_width() for bar in axes.patches) == ANALYSIS.total(kind)
        assert axes.get_title("left") == f"{kind.value.capitalize()}s: {ANALYSIS.total(kind)}"
    assert {" Chemical", " Disease", " Gene"} <= set(texts(figure))


def test_the_confusion_cells_are_the_counts(tmp_path: Path, drawn: list[Figure]) -> None:
    plots.confusion_matrix(ANALYSIS, tmp_path / "picture.png")
    axes = drawn[0].axes[0]
    assert sum(int(text.get_text() or 0) for text in axes.texts) == sum(ANALYSIS.confusion.values())
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert (sorted(labels[:-1]), labels[-1]) == (["Chemical", "Disease", "Gene"], "none")
    first = int(next(text for text in axes.texts if text.get_position() == (0, 0)).get_text())
    assert first == ANALYSIS.confusion[labels[0], labels[0]]


def test_many_labels_are_summed_up(tmp_path: Path, drawn: list[Figure], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "MOST_ROWS", 6)
    monkeypatch.setattr(plots, "MOST_CELLS", 5)
    labels = [f"label {number}" for number in range(20)]
    counts = {label: 100 - number for number, label in enumerate(labels)}
    plots.label_bars(counts, tmp_path / "bars.png")
    assert [bar.get_width() for bar in drawn[0].axes[0].patches] == [100, 99, 98, 97, 96, sum(range(81, 96))]
    assert "15 others" in texts(drawn[0])
    confusion = Counter({(label, label): 2 for label in labels}) + Counter({(labels[0], None): 1})
    plots.confusion_matrix(ErrorAnalysis(REPORT, (), confusion), tmp_path / "confusion.png")
    axes = drawn[1].axes[0]
    assert sum(int(text.get_text() or 0) for text in axes.texts) == 41
    assert [text.get_text() for text in axes.get_yticklabels()][-2:] == ["16 others", "none"]
    plots.label_scores(Report("strict", ({label: Counts(tp=1) for label in labels},)), None, tmp_path / "scores.png")
    assert "F1 (%), 14 rarer labels not drawn" in texts(drawn[2])


def test_labels_are_shown_as_they_are(tmp_path: Path, drawn: list[Figure]) -> None:
    odd = {
        "$x^2$ and $": 5,
        "$\\frac$": 4,
        "_hidden": 4,
        "a\nb": 3,
        "regulation of transcription from RNA polymerase II": 2,
    }
    plots.label_bars(odd, tmp_path / "bars.svg", title="$")
    assert {"$x^2$ and $", "_hidden", "a b", "regulation of t… polymerase II"} <= set(texts(drawn[0]))
    gold = GOLD[0].relabel({"Gene": "_$\\frac$", "Disease": "b"})
    analysis = analyse([gold], [gold.with_spans([])])
    plots.error_categories(analysis, tmp_path / "errors.png")
    assert " _$\\frac$" in texts(drawn[1])
    plots.confusion_matrix(analysis, tmp_path / "confusion.png")
    plots.label_scores(score([gold], [gold]), None, tmp_path / "scores.png")
    plots.reliability_diagram({"_$\\frac$": CALIBRATION}, tmp_path / "reliability.png")


def test_scores_are_in_order(tmp_path: Path, drawn: list[Figure]) -> None:
    plots.label_scores(REPORT, bootstrap(REPORT, 50), tmp_path / "labels.png")
    shown = [text.get_text().partition(" (")[0] for text in drawn[0].axes[0].get_yticklabels()]
    assert shown == [*sorted(REPORT.labels, key=lambda label: -REPORT.labels[label].f1), "micro"]
    groups = break_down(GOLD, PREDICTED, by_length())
    plots.label_scores(groups, bootstrap(groups, 50), tmp_path / "groups.png")
    assert [text.get_text().partition(" (")[0] for text in drawn[1].axes[0].get_yticklabels()] == [
        *groups.labels,
        "micro",
    ]


def test_the_histogram_holds_all_lengths(tmp_path: Path, drawn: list[Figure]) -> None:
    plots.length_histogram(LENGTHS, tmp_path / "few.png")
    axes = drawn[0].axes[0]
    assert [bar.get_height() for bar in axes.patches] == [50, 30, 10, 0, 0, 0, 3]
    assert axes.get_xlabel() == "words (median 1, mean 1.7, longest 7)"
    many = Counter({length: 1000 - length for length in range(1, 900)}) + Counter({5000: 2, 100_000: 1})
    plots.length_histogram(many, tmp_path / "many.png", "Sentences by length", "characters")
    axes = drawn[1].axes[0]
    assert sum(bar.get_height() for bar in axes.patches) == sum(many.values())
    assert len(axes.patches) <= plots.MOST_BARS + 1
    assert axes.get_xticklabels()[-1].get_text().endswith("+")
    assert axes.get_xlabel().endswith("longest 100,000)")


def test_reliability_fills_gaps_between_bins() -> None:
    bins = (Bin(0.0, 0.1, 4, 0.05, 0.0), Bin(0.3, 0.4, 2, 0.35, 0.5))
    assert plots._stairs(bins) == ([4, 0, 2], [0.0, 0.1, 0.3, 0.4])


def test_bins_of_equal_mass_have_no_histogram(tmp_path: Path, drawn: list[Figure]) -> None:
    plots.reliability_diagram({"a": CALIBRATION}, tmp_path / "width.png")
    mass = calibration([0.2, 0.5, 0.9], [True] * 3, bins=2, binning="equal mass")
    plots.reliability_diagram({"a": mass}, tmp_path / "mass.png")
    assert [len(figure.axes) for figure in drawn] == [2, 1]
    assert " a: ECE 46.7 %" in texts(drawn[1])


def test_nothing_to_draw(tmp_path: Path) -> None:
    empty = analyse([], [])
    plots.error_categories(empty, tmp_path / "errors.png")
    plots.confusion_matrix(empty, tmp_path / "confusion.png")
    right = analyse([Document("1", "x")], [Document("1", "x")])
    plots.error_categories(right, tmp_path / "errors.png")
    plots.label_scores(right.report, bootstrap(right.report), tmp_path / "scores.png")
    plots.label_bars({}, tmp_path / "bars.png")
    plots.length_histogram({}, tmp_path / "lengths.png")
    assert len(list(tmp_path.iterdir())) == 5
