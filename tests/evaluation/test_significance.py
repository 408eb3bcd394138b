"""Significance tests against enumerations, scipy, known values and simulated equal systems."""

import json
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console
from scipy.stats import permutation_test

from tests.reference.slow_significance import slow_bootstrap, slow_randomization
from zoo.evaluation.bootstrap import Interval
from zoo.evaluation.significance import (
    METRICS,
    compare,
    paired_bootstrap,
    randomize,
    render,
)
from zoo.evaluation.spans import Counts, Report


def report(*documents: tuple[float, float, float], scorer: str = "strict") -> Report:
    """A report of one label from (tp, fp, fn) per document."""
    return Report(scorer, tuple({"Gene": Counts(*counts)} for counts in documents))


def two_systems(seed: int, documents: int, second_is_better: float = 0.0) -> tuple[Report, Report]:
    """Two systems that find a gold span with the same probability, or the second more often."""
    generator = np.random.default_rng(seed)
    gold = generator.integers(0, 8, documents)
    ease = generator.beta(6, 2, documents)  # documents differ, and are as hard for both
    reports = []
    for better in (0.0, second_is_better):
        tp = generator.binomial(gold, np.minimum(1, ease + better))
        fp = generator.poisson(gold * 0.2)
        reports.append(report(*zip(tp.tolist(), fp.tolist(), (gold - tp).tolist(), strict=True)))
    return reports[0], reports[1]


def counts_of(one: Report) -> list[Counts]:
    return [sum(document.values(), Counts()) for document in one.documents]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("seed", range(4))
def test_randomization_is_the_enumeration(metric: str, seed: int) -> None:
    first, second = two_systems(seed, documents=7)
    found = randomize(first, second, metric)
    assert found.exact
    assert found.p == pytest.approx(slow_randomization(counts_of(first), counts_of(second), metric), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_randomization_agrees_with_scipy(seed: int) -> None:
    first, second = two_systems(seed, documents=9)
    ours, theirs = (np.array([(c.tp, c.fp, c.fn) for c in counts_of(one)]) for one in (first, second))

    def statistic(a: np.ndarray, b: np.ndarray) -> float:
        scores = []
        for places in (a, b):  # both rows hold places in one table, so that whole documents are swapped
            tp, fp, fn = table[places.astype(int)].sum(axis=0)
            scores.append(2 * tp / (2 * tp + fp + fn))
        return abs(scores[0] - scores[1])

    table = np.concatenate([ours, theirs])
    places = np.arange(9), np.arange(9, 18)
    peer = permutation_test(places, statistic, permutation_type="samples", alternative="greater", n_resamples=np.inf)
    assert randomize(first, second).p == pytest.approx(peer.pvalue, abs=1e-12)


def test_random_swaps_come_close_to_all() -> None:
    first, second = two_systems(1, documents=14)
    exact = randomize(first, second)
    assert (exact.exact, exact.swaps) == (True, 2**11)  # three documents do not differ
    drawn = randomize(first, second, resamples=2000)
    assert (drawn.exact, drawn.swaps) == (False, 2000)
    assert drawn.p == pytest.approx(exact.p, abs=0.03)


def test_documents_that_do_not_differ_change_nothing() -> None:
    first, second = two_systems(2, documents=8)
    same = report(*[(3, 0, 0)] * 500)
    longer = [Report("strict", one.documents + same.documents) for one in (first, second)]
    assert randomize(*longer, "recall").p == pytest.approx(randomize(first, second, "recall").p)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("seed", range(2))
def test_the_bootstrap_comes_close_to_all_resamples(metric: str, seed: int) -> None:
    first, second = two_systems(seed, documents=5)
    shifted, by_sign, drawn = slow_bootstrap(counts_of(first), counts_of(second), metric)
    found = paired_bootstrap(first, second, metric, resamples=20_000, level=0.8)
    assert found.p == pytest.approx(shifted, abs=0.02)
    assert found.p_sign == pytest.approx(by_sign, abs=0.02)
    low, high = np.quantile(drawn, [0.1, 0.9])
    assert found.interval == pytest.approx((low, high), abs=0.02)


def test_known_values() -> None:
    first, second = report((9, 0, 1), (8, 0, 2), (7, 0, 3)), report((5, 0, 5), (6, 0, 4), (6, 0, 4))
    found = compare(first, second, "recall")
    assert (found.first, found.second) == (0.8, pytest.approx(17 / 30))
    assert found.difference == pytest.approx(7 / 30)
    assert found.randomization == (0.25, 8, True)  # no swap and all swaps, of 8
    assert found.bootstrap.interval.low >= 1 / 30 - 1e-9  # the smallest difference of a document
    assert found.bootstrap.p_sign == pytest.approx(2 / 10_001)  # no resample turns the sign
    one_sided = slow_bootstrap(counts_of(first), counts_of(second), "recall")[0]
    assert found.bootstrap.p == pytest.approx(one_sided, abs=0.01)


def test_equal_systems() -> None:
    first, _ = two_systems(0, documents=20)
    found = compare(first, first)
    assert found.randomization == (1.0, 1, True)
    assert found.bootstrap == (Interval(0.0, 0.0), 1.0, 1.0)
    silent = compare(Report("strict", ({}, {})), Report("strict", ({}, {})))
    assert (silent.first, silent.randomization.p, silent.bootstrap.p) == (0.0, 1.0, 1.0)


def test_fractions_of_a_point() -> None:
    first, second = report((1.5, 0.5, 0.5), (0.25, 0, 0.75), (2, 0, 0)), report((1, 0, 1), (1, 0, 0), (0.5, 1, 1.5))
    exact = slow_randomization(counts_of(first), counts_of(second), "f1")
    assert randomize(first, second).p == pytest.approx(exact)


@pytest.mark.parametrize("metric", METRICS)
def test_the_other_way_round(metric: str) -> None:
    first, second = two_systems(3, documents=12, second_is_better=0.1)
    there, back = compare(first, second, metric), compare(second, first, metric)
    assert back.randomization == there.randomization
    assert back.difference == -there.difference
    assert back.bootstrap.interval == pytest.approx((-there.bootstrap.interval.high, -there.bootstrap.interval.low))
    assert back.bootstrap.p == pytest.approx(there.bootstrap.p)


def test_the_interval_and_the_sign_say_the_same() -> None:
    first, second = two_systems(5, documents=60, second_is_better=0.03)
    p = paired_bootstrap(first, second).p_sign
    assert 0.01 < p < 0.9
    low, high = paired_bootstrap(first, second, level=1 - p).interval
    assert min(abs(low), abs(high)) < 0.001


def test_equal_systems_are_called_different_as_often_as_the_level_says() -> None:
    rejected = np.zeros(3)
    simulations = 500
    for seed in range(simulations):
        first, second = two_systems(1000 + seed, documents=50)
        bootstrap = paired_bootstrap(first, second, resamples=400, seed=seed)
        swapped = randomize(first, second, resamples=400, seed=seed)
        rejected += np.array([bootstrap.p, bootstrap.p_sign, swapped.p]) < 0.05
    # Of 500, about 25; a test at the level lies within these with a probability of 0.999. Both forms of the bootstrap
    # reject a little more often than they say, as is known of percentile intervals.
    assert all(11 <= count <= 46 for count in rejected), rejected
    assert rejected[2] <= 41


def test_a_better_system_is_found() -> None:
    found = compare(*two_systems(7, documents=150, second_is_better=0.15))
    assert found.bootstrap.interval.high < 0
    assert found.bootstrap.p == found.randomization.p == pytest.approx(1 / 10_001)


def test_the_seed_decides() -> None:
    pair = two_systems(8, documents=60)
    assert compare(*pair, seed=1) == compare(*pair, seed=1)
    assert compare(*pair, seed=1).bootstrap != compare(*pair, seed=2).bootstrap


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (report((1, 0, 0), (1, 0, 0), scorer="exact"), report((1, 0, 0), (1, 0, 0)), "one scorer but got 'exact' and"),
        (report((1, 0, 0), (1, 0, 0)), report((1, 0, 0)), "at least 2, but got 2 and 1"),
        (report((1, 0, 0)), report((1, 0, 0)), "at least 2, but got 1 and 1"),
        (
            report((1, 0, 0), (1, 0, 2)),
            report((1, 0, 0), (1, 0, 1)),
            "at position 1 one document has 3 and the other 2",
        ),
    ],
)
def test_other_documents_raise(first: Report, second: Report, message: str) -> None:
    for test in (paired_bootstrap, randomize, compare):
        with pytest.raises(ValueError, match=message):
            test(first, second)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"metric": "f2"}, "precision, recall, f1 but got 'f2'"), ({"resamples": 0}, "at least 1"), ({"level": 1}, "1")],
)
def test_arguments_out_of_range_raise(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare(*two_systems(0, documents=3), **arguments)


def test_the_table_and_json() -> None:
    found = [compare(*two_systems(9, documents=30), metric, resamples=200) for metric in METRICS]
    console = Console(width=160)
    with console.capture() as capture:
        console.print(render(found, "[b]ours", "theirs"))
    text = capture.get()
    assert "[b]ours against theirs, strict" in text
    assert "200 random swaps" in text
    assert all(one.metric in text and f"{100 * one.first:.2f}" in text for one in found)
    values = json.loads(json.dumps(found[0].to_dict()))
    assert values["bootstrap"]["interval"] == list(found[0].bootstrap.interval)
    assert values["randomization"] == {"p": found[0].randomization.p, "swaps": 200, "exact": False}
    assert (values["metric"], values["documents"], values["difference"]) == ("precision", 30, found[0].difference)


def test_importing_loads_no_heavy_library() -> None:
    modules = ", ".join(
        f"zoo.evaluation.{name}"
        for name in ("significance", "agreement", "errors", "breakdown", "calibration", "plots", "predictions")
    )
    code = f"import sys, {modules}; print({{'scipy', 'numpy', 'rich', 'matplotlib'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
