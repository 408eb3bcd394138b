"""A report as a table and as JSON."""

import csv
import io
import json

from rich.console import Console

from tests.evaluation.documents import random_pairs
from zoo.data.document import Document, Span
from zoo.evaluation.bootstrap import bootstrap
from zoo.evaluation.breakdown import break_down, by_length
from zoo.evaluation.report import render, to_dict, to_rows
from zoo.evaluation.spans import Counts, Report, score


def shown(report: Report, resamples: int = 0) -> str:
    console = Console(width=160)
    with console.capture() as capture:
        console.print(render(report, bootstrap(report, resamples) if resamples else None))
    return capture.get()


def test_the_table_names_scorer_counts_and_scores() -> None:
    text = shown(Report("strict", ({"[b]Gene": Counts(tp=3, fp=1)}, {"[b]Gene": Counts(fn=3)})))
    assert "strict, documents: 2" in text
    label, micro, macro, weighted = (
        next(line for line in text.splitlines() if name in line) for name in ("[b]", "micro", "macro", "weighted")
    )
    assert label.split("│")[2:-1] == micro.split("│")[2:-1]
    assert [cell.strip() for cell in micro.split("│")[2:-1]] == ["6", "4", "75.00", "50.00", "60.00"]
    for average in (macro, weighted):
        assert [cell.strip() for cell in average.split("│")[2:-1]] == ["", "", "75.00", "50.00", "60.00"]


def test_fractions_of_points_are_shown() -> None:
    text = shown(Report("semeval-partial", ({"Gene": Counts(tp=1.5, fp=0.5, fn=2.5)},)))
    assert [cell.strip() for cell in text.splitlines()[4].split("│")[2:-1]] == ["4", "2", "75.00", "37.50", "50.00"]


def test_what_is_not_scored_and_further_figures_stand_below() -> None:
    counts = ({"Gene": Counts(tp=1)}, {})
    text = shown(Report("token", counts, {"gold unaligned": 2, "predicted overlapping": 1}, {"accuracy": 0.98765432}))
    assert "not scored: 2 gold unaligned, 1 predicted overlapping" in text
    assert "accuracy 0.987654" in text
    assert "not scored" not in shown(Report("token", counts), 100)


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
    assert values["macro"]["f1"] == values["macro_f1"] == report.macro.f1
    assert list(values["weighted"].values()) == list(report.weighted)
    assert values["unscored"] == values["figures"] == {}
    assert values["bootstrap"] == {"level": 0.95, "resamples": 200, "seed": 0, "undefined": None}


def test_json_without_intervals() -> None:
    one = score(*random_pairs(0, count=1))
    assert to_dict(one)["micro"]["intervals"] is None
    assert to_dict(one)["bootstrap"] is None
    undefined = to_dict(one, bootstrap(one))
    assert undefined["micro"]["intervals"] is None
    assert undefined["bootstrap"]["undefined"].startswith("At least 2 documents")


def test_json_holds_what_is_not_scored() -> None:
    values = to_dict(Report("token", ({},), {"gold unaligned": 2}, {"accuracy": 0.5}))
    assert values["unscored"] == {"gold unaligned": 2}
    assert values["figures"] == {"accuracy": 0.5}


def test_rows_hold_what_the_table_shows() -> None:
    report = score(*random_pairs(0, count=10))
    intervals = bootstrap(report, 200)
    rows = to_rows(report, intervals)
    assert [row["label"] or row["average"] for row in rows] == [*report.labels, "micro", "macro", "weighted"]
    micro, macro = rows[-3], rows[-2]
    assert (micro["gold"], micro["predicted"], micro["tp"]) == (
        report.micro.gold,
        report.micro.predicted,
        report.micro.tp,
    )
    assert (micro["f1_low"], micro["f1_high"]) == intervals.micro.f1
    assert (rows[0]["recall_low"], rows[0]["recall_high"]) == intervals.labels[rows[0]["label"]].recall
    assert (macro["precision"], macro["recall"], macro["f1"]) == report.macro
    assert macro["tp"] is macro["f1_low"] is None
    assert all(row["scorer"] == "strict" and row["documents"] == 10 for row in rows)


def test_rows_can_be_written_and_read_again() -> None:
    report = Report("strict", ({'micro "x", y': Counts(tp=1, fn=1)},))
    rows = to_rows(report)
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    read = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert [(row["label"], row["average"], row["recall"]) for row in read] == [
        ('micro "x", y', "", "0.5"),
        ("", "micro", "0.5"),
        ("", "macro", "0.5"),
        ("", "weighted", "0.5"),
    ]
    assert read[0]["f1_low"] == ""


def test_rows_without_labels_or_intervals() -> None:
    assert [row["average"] for row in to_rows(Report("strict", ()))] == ["micro", "macro", "weighted"]
    one = score(*random_pairs(0, count=1))
    assert to_rows(one, bootstrap(one)) == to_rows(one)


def test_groups_have_no_averages() -> None:
    gold = Document("1", "rare cancer, gout", (Span.of(5, 11, "D"), Span.of(13, 17, "D")))
    text = shown(break_down([gold], [gold], by_length()))
    assert "group" in text
    assert "1 word" in text
    assert "micro" in text
    assert "macro" not in text
    assert "label" not in text
