"""A report as a table and as JSON."""

import json

from rich.console import Console

from tests.evaluation.documents import random_pairs
from zoo.evaluation.bootstrap import bootstrap
from zoo.evaluation.report import render, to_dict
from zoo.evaluation.spans import Counts, Report, score


def shown(report: Report, resamples: int = 0) -> str:
    console = Console(width=160)
    with console.capture() as capture:
        console.print(render(report, bootstrap(report, resamples) if resamples else None))
    return capture.get()


def test_the_table_names_scorer_counts_and_scores() -> None:
    text = shown(Report("strict", ({"[b]Gene": Counts(tp=3, fp=1)}, {"[b]Gene": Counts(fn=3)})))
    assert "strict, documents: 2" in text
    label, micro, macro = (
        next(line for line in text.splitlines() if name in line) for name in ("[b]", "micro", "macro")
    )
    assert label.split("│")[2:-1] == micro.split("│")[2:-1]
    assert [cell.strip() for cell in micro.split("│")[2:-1]] == ["6", "4", "75.00", "50.00", "60.00"]
    assert "60.00" in macro


def test_intervals_stand_beside_the_scores() -> None:
    report = score(*random_pairs(0, count=10))
    low, high = bootstrap(report, 200).micro.f1
    text = shown(report, 200)
    assert f"{100 * report.micro.f1:.2f} [{100 * low:.2f}–{100 * high:.2f}]" in text
    assert "95 % bootstrap intervals over documents, 200 resamples" in text
    undefined = " ".join(shown(score(*random_pairs(0, count=1)), 200).split())  # the caption is wrapped
    assert "No intervals. At least 2 documents are needed to resample, got 1." in undefined


def test_json_holds_what_the_table_shows() -> None:
    report = score(*random_pairs(0, count=10))
    intervals = bootstrap(report, 200)
    values = json.loads(json.dumps(to_dict(report, intervals)))
    assert values["scorer"] == "strict"
    assert values["documents"] == 10
    assert values["micro"]["f1"] == report.micro.f1
    assert values["micro"]["intervals"]["recall"] == list(intervals.micro.recall)
    assert list(values["labels"]) == list(report.labels)
    assert values["bootstrap"] == {"level": 0.95, "resamples": 200, "seed": 0, "undefined": None}


def test_json_without_intervals() -> None:
    one = score(*random_pairs(0, count=1))
    assert to_dict(one)["micro"]["intervals"] is None
    assert to_dict(one)["bootstrap"] is None
    undefined = to_dict(one, bootstrap(one))
    assert undefined["micro"]["intervals"] is None
    assert undefined["bootstrap"]["undefined"].startswith("At least 2 documents")
