"""Bootstrap intervals against plain loops, and what must hold of any of them."""

import subprocess
import sys

import pytest

from tests.evaluation.documents import random_pairs
from tests.reference.slow_bootstrap import slow_intervals
from zoo.evaluation.bootstrap import Interval, ScoreIntervals, bootstrap
from zoo.evaluation.spans import Counts, Report, score


def test_close_to_the_plain_loops() -> None:
    report = score(*random_pairs(1, count=40))
    slow = slow_intervals(
        [sum(document.values(), Counts()) for document in report.documents], resamples=2000, level=0.95, seed=7
    )
    fast = bootstrap(report).micro
    for name, ends in slow.items():
        assert getattr(fast, name) == pytest.approx(ends, abs=0.015), name


def test_label_rows_are_those_of_the_label_alone() -> None:
    report = score(*random_pairs(2, count=30))
    intervals = bootstrap(report, resamples=300)
    for label in report.labels:
        alone = Report("strict", tuple({label: document.get(label, Counts())} for document in report.documents))
        assert intervals.labels[label] == bootstrap(alone, resamples=300).micro


def test_the_seed_decides() -> None:
    report = score(*random_pairs(3, count=20))
    assert bootstrap(report, seed=1) == bootstrap(report, seed=1)
    assert bootstrap(report, seed=1) != bootstrap(report, seed=2)


@pytest.mark.parametrize("seed", range(5))
def test_intervals_contain_the_score(seed: int) -> None:
    report = score(*random_pairs(seed, count=25))
    intervals = bootstrap(report, resamples=500)
    rows = [
        (report.micro, intervals.micro),
        *((report.labels[label], intervals.labels[label]) for label in report.labels),
    ]
    for counts, of_row in rows:
        for name, (low, high) in of_row._asdict().items():
            assert 0 <= low <= getattr(counts, name) <= high <= 1


def test_a_narrower_level_lies_within() -> None:
    report = score(*random_pairs(4, count=25))
    wide, narrow = (bootstrap(report, level=level).micro.f1 for level in (0.95, 0.5))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_a_perfect_prediction_is_certain() -> None:
    gold, _ = random_pairs(5, count=30)
    one = Interval(1.0, 1.0)
    assert bootstrap(score(gold, gold)).micro == ScoreIntervals(one, one, one)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_documents_have_no_interval(count: int) -> None:
    intervals = bootstrap(score(*random_pairs(6, count=count)))
    assert intervals.micro is None
    assert intervals.labels == {}
    assert intervals.undefined == f"At least 2 documents are needed to resample, got {count}."


def test_documents_without_spans() -> None:
    zero = Interval(0.0, 0.0)
    assert bootstrap(Report("strict", ({}, {}))).micro == ScoreIntervals(zero, zero, zero)
    mixed = bootstrap(Report("strict", ({}, *[{"Gene": Counts(tp=1)}] * 30)))
    assert mixed.micro.f1 == mixed.labels["Gene"].f1 == Interval(1.0, 1.0)


def test_importing_loads_no_heavy_library() -> None:
    modules = "sys, zoo.evaluation.bootstrap, zoo.evaluation.report"
    code = f"import {modules}; print({{'scipy', 'numpy', 'rich'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
