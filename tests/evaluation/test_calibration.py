"""Calibration against plain loops and scikit-learn."""

import json

import numpy as np
import pytest
from rich.console import Console
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss

from tests.reference.slow_calibration import slow_errors, slow_nll
from zoo.data.document import Document, Span
from zoo.evaluation.calibration import (
    BINNINGS,
    CLIP,
    TEMPERATURES,
    calibration,
    fit_temperature,
    render,
    rescale,
    rescale_documents,
    scored_spans,
)
from zoo.evaluation.spans import score


def sample(seed: int, spans: int = 300, temperature: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Scores, some of them equal, which are right as often as they say at that temperature."""
    generator = np.random.default_rng(seed)
    scores = np.round(generator.beta(5, 1.5, spans), 3).clip(0.002, 0.998)
    logits = np.log(scores / (1 - scores)) / temperature
    return scores, generator.random(spans) < 1 / (1 + np.exp(-logits))


@pytest.mark.parametrize("bins", [1, 2, 10, 37])
@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_plain_loops(bins: int, seed: int) -> None:
    scores, correct = sample(seed)
    shares = np.linspace(0, 1, bins + 1)
    for binning, edges in zip(BINNINGS, (shares, np.quantile(scores, shares)), strict=True):
        found = calibration(scores, correct, bins, binning)
        assert (found.ece, found.mce) == pytest.approx(slow_errors(scores, correct, edges))
        assert found.nll == pytest.approx(slow_nll(scores, correct))
        assert found.spans == 300
        assert found.accuracy == pytest.approx(correct.mean())
        assert found.confidence == pytest.approx(scores.mean())


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scikit_learn(seed: int) -> None:
    scores, correct = sample(seed)
    for binning, strategy in zip(BINNINGS, ("uniform", "quantile"), strict=True):
        found = calibration(scores, correct, 10, binning)
        accuracies, confidences = calibration_curve(correct, scores, n_bins=10, strategy=strategy)
        assert [each.accuracy for each in found.bins] == pytest.approx(accuracies)
        assert [each.confidence for each in found.bins] == pytest.approx(confidences)
        assert found.brier == pytest.approx(brier_score_loss(correct, scores))
        assert found.nll == pytest.approx(log_loss(correct, scores))


def test_bins_by_hand() -> None:
    found = calibration([0.0, 0.1, 0.2, 0.95, 1.0], [False, False, True, True, True])
    assert [(each.low, each.high, each.spans) for each in found.bins] == [
        (0.0, 0.1, 2),  # an edge belongs to the bin below it
        (0.1, 0.2, 1),
        (0.9, 1.0, 2),
    ]
    assert found.mce == pytest.approx(0.8)
    assert found.ece == pytest.approx((2 * 0.05 + 0.8 + 2 * 0.025) / 5)


def test_equal_mass_keeps_equal_scores_together() -> None:
    found = calibration([0.9] * 10, [True] * 9 + [False], binning="equal mass")
    assert [(each.spans, each.accuracy) for each in found.bins] == [(10, 0.9)]
    assert found.ece == pytest.approx(0)
    scores, correct = sample(0)
    sizes = [each.spans for each in calibration(scores, correct, binning="equal mass").bins]
    assert max(sizes) - min(sizes) <= 5


def test_perfectly_calibrated_scores_have_little_error() -> None:
    scores, correct = sample(1, spans=20_000)
    assert calibration(scores, correct).ece < 0.02
    assert fit_temperature(scores, correct) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5, 8.0])
def test_the_temperature_is_found_again(temperature: float) -> None:
    scores, correct = sample(2, spans=50_000, temperature=temperature)
    assert 1 / fit_temperature(scores, correct) == pytest.approx(1 / temperature, abs=0.02)


@pytest.mark.parametrize("seed", range(4))
def test_the_temperature_is_the_slope_of_a_logistic_regression(seed: int) -> None:
    scores, correct = sample(seed, temperature=1.7)
    logits = np.log(scores / (1 - scores))[:, None]
    slope = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10).fit(logits, correct).coef_[0, 0]
    assert fit_temperature(scores, correct) == pytest.approx(1 / slope, rel=1e-4)


def test_no_other_temperature_is_likelier() -> None:
    scores, correct = sample(5, temperature=3)
    found = fit_temperature(scores, correct)
    best = slow_nll(scores, correct, found)
    assert best == pytest.approx(calibration(rescale(scores, found), correct).nll)
    assert all(best <= slow_nll(scores, correct, found * factor) for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2))


def test_the_ends_are_reached_where_nothing_else_fits() -> None:
    low, high = TEMPERATURES
    assert fit_temperature([0.7, 0.9], [True, True]) == pytest.approx(low, rel=0.01)
    assert fit_temperature([0.7, 0.9], [False, False]) == pytest.approx(high, rel=0.01)
    assert fit_temperature([0.5, 0.5], [True, False]) <= high  # no temperature is better than another


def test_rescaling() -> None:
    scores = np.linspace(0.001, 0.999, 50)
    assert rescale(scores, 1.0) == pytest.approx(scores)
    assert (np.diff(rescale(scores, 3.0)) > 0).all()
    assert rescale([0.5], 7.0) == pytest.approx([0.5])
    assert rescale([0.9], 2.0) == pytest.approx([0.75])  # odds of 9 become odds of 3
    assert rescale([0.0, 1.0], 1.0) == pytest.approx([CLIP, 1 - CLIP])
    with pytest.raises(ValueError, match="positive temperature but got 0"):
        rescale([0.5], 0)


def test_sure_and_wrong_costs_much_and_not_infinitely() -> None:
    found = calibration([1.0, 0.0], [False, True])
    assert found.nll == pytest.approx(-np.log(CLIP), rel=1e-4)
    assert (found.brier, found.ece) == (1.0, 1.0)


def test_scored_spans_are_the_strict_ones() -> None:
    gold = [Document("1", "abcdef", (Span.of(0, 1, "A"), Span.of(2, 3, "B"))), Document("2", "x")]
    found = [
        Span.of(0, 1, "A", score=0.9),
        Span.of(2, 3, "A", score=0.4),
        Span.of(2, 3, "B", score=0.2),
        Span.of(2, 3, "B", score=0.6),  # again, and surer
        Span.of(2, 3, "B", score=0.3),
        Span.of(4, 6, "A", score=0.0),
    ]
    predicted = [gold[0].with_spans(found), gold[1]]
    scores, correct = scored_spans(gold, predicted)
    assert scores.tolist() == [0.9, 0.4, 0.6, 0.0]
    assert correct.tolist() == [True, False, True, False]
    assert calibration(scores, correct).accuracy == score(gold, predicted).micro.precision


def test_documents_are_rescaled() -> None:
    document = Document("1", "abc", (Span.of(0, 1, "A", score=0.9, concepts=("D1",)), Span.of(1, 2, "A")))
    (found,) = rescale_documents([document], 2.0)
    assert found.spans[0].score == pytest.approx(0.75)
    assert found.spans[0].concepts == ("D1",)
    assert found.spans[1] == document.spans[1]


@pytest.mark.parametrize(
    ("scores", "correct", "message"),
    [
        ([], [], r"at least one, but got shapes \(0,\) and \(0,\)"),
        ([0.5], [True, False], r"shapes \(1,\) and \(2,\)"),
        ([[0.5]], [[True]], r"shapes \(1, 1\)"),
        ([1.5], [True], "between 0 and 1 but got 1.5"),
        ([float("nan")], [True], "between 0 and 1 but got nan"),
    ],
)
def test_what_is_no_probability_raises(scores: list, correct: list, message: str) -> None:
    for function in (calibration, fit_temperature):
        with pytest.raises(ValueError, match=message):
            function(scores, correct)


def test_mistakes_raise() -> None:
    document = Document("7", "abc", (Span.of(0, 1, "A"),))
    with pytest.raises(ValueError, match=r"scores but A at 0–1 of document '7' has none"):
        scored_spans([document], [document])
    with pytest.raises(ValueError, match="at least 1 bin"):
        calibration([0.5], [True], bins=0)
    with pytest.raises(ValueError, match="equal width, equal mass but got 'even'"):
        calibration([0.5], [True], binning="even")  # type: ignore[arg-type]


def test_the_table_and_json() -> None:
    found = calibration(*sample(0))
    console = Console(width=140)
    with console.capture() as capture:
        console.print(render({"[b]before": found}))
    assert f"{100 * found.ece:.2f}" in capture.get()
    assert "[b]before" in capture.get()
    assert f"{len(found.bins)} of equal width" in capture.get()
    values = json.loads(json.dumps(found.to_dict()))
    assert (values["ece"], values["spans"], len(values["bins"])) == (found.ece, 300, len(found.bins))
