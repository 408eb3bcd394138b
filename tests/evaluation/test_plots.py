"""Pictures: every kind in every format, what is drawn, and what they leave alone."""

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

PICTURES: dict[str, Callable[[Path], None]] = {
    "errors": lambda path: plots.error_categories(ANALYSIS, path),
    "confusion": lambda path: plots.confusion_matrix(ANALYSIS, path),
    "reliability": lambda path: plots.reliability_diagram({"before": CALIBRATION, "after": CALIBRATION}, path),
    "scores": lambda path: plots.label_scores(REPORT, bootstrap(REPORT, 50), path),
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
    confusion = Counter({(label, label): 2 for label in labels}) + Counter({(labels[0], None): 1})
    plots.confusion_matrix(ErrorAnalysis(REPORT, (), confusion), tmp_path / "confusion.png")
    axes = drawn[0].axes[0]
    assert sum(int(text.get_text() or 0) for text in axes.texts) == 41
    assert [text.get_text() for text in axes.get_yticklabels()][-2:] == ["16 others", "none"]
    plots.label_scores(Report("strict", ({label: Counts(tp=1) for label in labels},)), None, tmp_path / "scores.png")
    assert "F1 (%), 14 rarer labels not drawn" in texts(drawn[1])


def test_labels_are_shown_as_they_are(tmp_path: Path, drawn: list[Figure]) -> None:
    gold = GOLD[0].relabel({"Gene": "_$\\frac$", "Disease": "b"})
    analysis = analyse([gold], [gold.with_spans([])])
    plots.error_categories(analysis, tmp_path / "errors.png")
    assert " _$\\frac$" in texts(drawn[0])
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
    assert len(list(tmp_path.iterdir())) == 3
