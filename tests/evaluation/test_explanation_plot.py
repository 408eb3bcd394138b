"""Pictures of explanations: what is drawn is what was computed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.evaluation.test_explanation import EXPLANATION
from tests.evaluation.test_plots import SIGNATURES, drawn, texts  # noqa: F401
from zoo.evaluation.attention_plot import attention_plot
from zoo.evaluation.explanation import Explanation
from zoo.evaluation.explanation_plot import MOST_WORDS, explanation_plot

WITHOUT = replace(EXPLANATION, representation=np.zeros((3, 0)), attention=())


def shades(axes: Axes) -> np.ndarray:
    """The values that an image shows, nan where there are none."""
    (image,) = axes.get_images()
    return np.ma.filled(image.get_array().astype(float), np.nan)


def panels(figure: Figure) -> dict[str, Axes]:
    return {axes.get_title("left").partition(",")[0]: axes for axes in figure.axes if axes.get_title("left")}


@pytest.mark.parametrize("suffix", SIGNATURES)
@pytest.mark.parametrize("draw", [explanation_plot, attention_plot])
def test_every_picture_in_every_format(tmp_path: Path, draw: object, suffix: str) -> None:
    path = tmp_path / f"picture{suffix}"
    draw([EXPLANATION], path)
    assert path.read_bytes().startswith(SIGNATURES[suffix])


def test_words_are_rows_and_windows_have_a_gap(tmp_path: Path, drawn: list[Figure]) -> None:  # noqa: F811
    explanation_plot([EXPLANATION, EXPLANATION], tmp_path / "picture.svg")
    found = panels(drawn[0])
    gap = np.full((1, 3), np.nan)
    np.testing.assert_array_equal(
        shades(found["probabilities of tags"]),
        np.concatenate([EXPLANATION.probabilities, gap, EXPLANATION.probabilities]),
    )
    representation = shades(found["representation before the last layer"])
    np.testing.assert_array_equal(representation[[0, 1, 2]], EXPLANATION.representation)
    characters = shades(found["attention to characters"])
    np.testing.assert_allclose(characters[0], [1, *[np.nan] * 3])  # alike: each weighs 1 / length
    np.testing.assert_allclose(characters[6], [1, 1, 1, 1])
    assert [text.get_text() for text in found["spans found"].get_yticklabels()] == [
        *("a", "rare", "gene", ""),
        *("a", "rare", "gene"),
    ]
    assert texts(drawn[0]).count("Gene 0.75") == 2


def test_boxes_and_dots(tmp_path: Path, drawn: list[Figure]) -> None:  # noqa: F811
    explanation_plot([EXPLANATION], tmp_path / "picture.svg")
    lines = panels(drawn[0])["probabilities of tags"].get_lines()
    dots = [(int(line.get_xdata()[0]), line.get_ydata()[0]) for line in lines if line.get_marker() == "."]
    boxes = [
        (np.mean(line.get_xdata()[:4]), np.mean(line.get_ydata()[:4])) for line in lines if len(line.get_xdata()) > 1
    ]
    assert dots == [(0, 0), (0, 1), (2, 2)]  # the highest emission of each word
    assert boxes == [(0, 0), (1, 1), (2, 2)]  # the path


def test_one_word_in_all_of_its_places(tmp_path: Path, drawn: list[Figure]) -> None:  # noqa: F811
    explanation_plot([EXPLANATION, EXPLANATION], tmp_path / "picture.svg", word="RARE")
    found = panels(drawn[0])
    assert [text.get_text() for text in found["spans found"].get_yticklabels()] == ["a rare gene"] * 2
    assert shades(found["representation before the last layer"]).tolist() == [[0, 1], [0, 1]]
    with pytest.raises(ValueError, match=r"Expected a word of the text but got 'rar'\. Did you mean 'rare'\?"):
        explanation_plot([EXPLANATION], tmp_path / "other.svg", word="rar")
    assert not (tmp_path / "other.svg").exists()


def test_spans_that_overlap_lie_side_by_side(tmp_path: Path, drawn: list[Figure]) -> None:  # noqa: F811
    nested = replace(
        EXPLANATION, spans=((0, 3, "Gene", 0.5), (1, 2, "Gene", 0.25), (1, 3, "Cell", 0.125), (2, 3, "Cell", 1.0))
    )
    nested = replace(nested, tags=("O", "B-Gene", "B-Cell"))
    explanation_plot([nested], tmp_path / "picture.svg")
    axes = panels(drawn[0])["spans found"]
    bars = [collection.get_segments()[0] for collection in axes.collections]
    assert len({bar[0][0] for bar in bars}) == 3  # the last one lies below the second
    assert bars[1][0][0] == bars[3][0][0]
    assert "Gene 0.25, Cell 0.12" in texts(drawn[0])


def test_what_there_is_not_is_not_drawn(tmp_path: Path, drawn: list[Figure]) -> None:  # noqa: F811
    explanation_plot([WITHOUT], tmp_path / "picture.svg")
    assert set(panels(drawn[0])) == {"spans found", "probabilities of tags"}
    with pytest.raises(ValueError, match="Expected a tagger with character attention, a char_attention_blstm_crf"):
        attention_plot([WITHOUT], tmp_path / "attention.svg")


def test_words_are_shown_as_they_are(tmp_path: Path, drawn: list[Figure]) -> None:  # noqa: F811
    odd = replace(EXPLANATION, words=("$", "$\\fr", "_^{}"), tags=("O", "B-$x$", "I-$x$"), spans=((1, 3, "$x$", 1.0),))
    explanation_plot([odd], tmp_path / "picture.svg")
    attention_plot([odd], tmp_path / "attention.svg")
    assert {"$", "$\\fr", "B-$x$", "$x$ 1.00"} <= set(texts(drawn[0]))


def long(words: int) -> Explanation:
    return replace(
        EXPLANATION,
        words=tuple(f"w{i}" for i in range(words)),
        offsets=((0, 1),) * words,
        path=(0,) * words,
        emissions=np.zeros((words, 3)),
        probabilities=np.ones((words, 3)),
        representation=np.zeros((words, 2)),
        attention=tuple(np.full((len(f"w{i}"), 2), 1.0) for i in range(words)),
    )


@pytest.mark.parametrize("draw", [explanation_plot, attention_plot])
def test_too_many_words_and_none(tmp_path: Path, draw: object) -> None:
    for windows, count in (([long(MOST_WORDS + 1)], MOST_WORDS + 1), ([], 0)):
        with pytest.raises(ValueError, match=f"Expected 1 to {MOST_WORDS} .*words to draw but got {count}"):
            draw(windows, tmp_path / "other.svg")
    assert not (tmp_path / "other.svg").exists()


def test_attention_draws_each_word_once_and_cuts_none(tmp_path: Path, drawn: list[Figure]) -> None:  # noqa: F811
    weights = np.array([[0.5, 0.125], [0.25, 0.125], [0.125, 0.5], [0.125, 0.25]])
    one = replace(EXPLANATION, attention=(EXPLANATION.attention[0], weights, EXPLANATION.attention[2]))
    attention_plot([one, one], tmp_path / "picture.svg")
    (axes,) = [axes for axes in drawn[0].axes if axes.get_images() and axes.get_title("left")]
    letters = "".join(text.get_text() or " " for text in axes.get_xticklabels())
    assert letters.rstrip() == "a rare gene"
    np.testing.assert_allclose(shades(axes)[:, 2:6], 4 * weights.T)
    attention_plot([long(40)], tmp_path / "lines.svg")
    lines = [axes for axes in drawn[1].axes if len(axes.get_xticklabels()) > 80]  # of the words, not of the colours
    shown = " ".join("".join(text.get_text() or " " for text in axes.get_xticklabels()) for axes in lines)
    assert shown.split() == [f"w{i}" for i in range(40)]
    assert len(lines) == 2
