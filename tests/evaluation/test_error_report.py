"""Errors as tables, JSON and CSV."""

import csv
import json
from pathlib import Path

from rich.console import Console

from tests.evaluation.test_errors import analysed
from zoo.evaluation.error_report import render, render_confusion, render_examples, to_dict, write_csv
from zoo.evaluation.errors import Category, analyse


def test_csv_has_a_row_per_error(tmp_path: Path) -> None:
    found = analysed('the "B", lineage genes', ['"B", lineage genes#DNA'], ["lineage genes#DNA"])
    write_csv(found.errors, tmp_path / "errors.csv")
    with open(tmp_path / "errors.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == ["false negative", "false positive"]
    assert rows[0] == {
        "document": "1",
        "kind": "false negative",
        "category": "left boundary",
        "label": "DNA",
        "start": "4",
        "end": "22",
        "words": "3",
        "gold": '"B", lineage genes [DNA]',
        "predicted": "lineage genes [DNA]",
        "context": 'the "B", lineage genes',
    }


def shown(table: object) -> str:
    console = Console(width=140)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_the_tables() -> None:
    found = analysed("IL-2 a b c", ["IL-2#[b]X", "a#Y"], ["IL-2#Y", "b c#Y"])
    text = shown(render(found))
    assert "errors (strict), documents: 1" in text
    row = next(line for line in text.splitlines() if "classification" in line)
    assert [cell.strip() for cell in row.split("│")[2:-1]] == ["1", "50.0", "1", "50.0"]
    assert "fragments" not in text
    assert "2 gold spans, 2 predicted, 0 right" in text
    alone = shown(render(found, "[b]X"))
    assert "(strict, [b]X)" in alone
    assert "spurious" not in alone
    assert "[b]X" in shown(render_confusion(found))
    examples = shown(render_examples(found.examples(category=Category.CLASSIFICATION)))
    assert "IL-2 [[b]X]" in examples
    assert "IL-2 [Y]" in examples
    assert json.loads(json.dumps(to_dict(found)))["errors"]["false negative"] == {
        "classification": {"[b]X": 1},
        "missing, one word": {"Y": 1},
    }
    cells = to_dict(found)["confusion"]
    assert cells[-1] == {"gold": None, "predicted": "Y", "spans": 1}
    assert sum(cell["spans"] for cell in cells) == 3


def test_no_errors() -> None:
    empty = analyse([], [])
    assert "0 gold spans" in shown(render(empty))
    assert to_dict(empty)["confusion"] == []
    assert shown(render_examples([]))
