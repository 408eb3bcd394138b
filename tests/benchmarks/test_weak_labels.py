"""The experiment on weak labels, small: its rows are the scores of its checkpoints, and none is there twice."""

import csv
import shutil
from pathlib import Path

import pytest

from benchmarks.weak_labels import VARIANTS, Experiment
from tests.weak.conftest import RECIPE, TINY, weak_documents
from zoo.data import jsonl
from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.evaluation.spans import score
from zoo.hub.index import load

DISTILL = """
teachers: [none]
texts: none
corpus: {tiny}
architecture: char_cnn_bilstm_crf
codec: {{labels: [Disease]}}
model: {{word_size: 16, character_size: 8, filters: 8, hidden: 24, tanh_size: 16, dropout: 0.2}}
optimizer: {{learning_rate: 0.02}}
training: {{epochs: 2, batch_words: 60}}
trainer: {{accelerator: cpu}}
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp("experiment")
    for name in ("coverage", "accuracy"):
        texts = (Document(f"weak {d.id}", f"{d.text} No more.", d.spans) for d in weak_documents())
        jsonl.write(texts, folder / "weak" / f"{name}.jsonl.gz")
    recipes = folder / "recipes"
    for place in (recipes / "weak", recipes / "tiny"):
        place.mkdir(parents=True)
    given = {"weak": "none", "tiny": TINY, "output": "none"}
    (recipes / "weak" / "recorrect-tiny.yaml").write_text(RECIPE.format(**given))
    (recipes / "weak" / "distill-tiny.yaml").write_text(DISTILL.format(tiny=TINY))
    shutil.copy(TINY / "recipe.yaml", recipes / "tiny" / "char_cnn_bilstm_crf.yaml")
    for _ in range(2):  # the second time, everything is there
        experiment = Experiment("tiny", 1, folder / "weak", folder / "out.csv", folder / "runs", (), recipes)
        experiment.gold()
        for name in ("coverage", "accuracy"):
            experiment.recorrected(name)
        both = [experiment.folder / name for name in ("coverage", "accuracy")]
        experiment.student("student of both teachers", both)
        experiment.student("student, hard labels alone", both, VARIANTS["hard labels alone"])
        experiment.union(both)
    with (folder / "out.csv").open() as file:
        return folder / "runs" / "tiny" / "seed-1", list(csv.DictReader(file))


def test_rows_are_the_scores_of_the_checkpoints(rows: tuple[Path, list[dict[str, str]]]) -> None:
    folder, found = rows
    named = {(row["step"], row["corrections"]): row for row in found}
    assert len(named) == len(found)
    places = {("gold alone", "0"): "gold", ("union of both sets, no distillation", "0"): "union"}
    places |= {("student of both teachers", "0"): "student-of-both-teachers"}
    places |= {("student, hard labels alone", "0"): "student-hard-labels-alone"}
    places |= {
        ("coverage set alone", "1"): "coverage/round-1/learnt",
        ("accuracy set alone", "0"): "accuracy/round-0/learnt",
    }
    test = load_corpus(TINY)["test"]
    for names, place in places.items():
        report = score(test, load(folder / place).tag(test))
        assert float(named[names]["f1"]) == pytest.approx(report.micro.f1, abs=1e-4)


def test_all_but_the_baseline_are_compared_with_it(rows: tuple[Path, list[dict[str, str]]]) -> None:
    for row in rows[1]:
        assert (row["p"] == "") == (row["step"] == "gold alone")
        assert row["p"] == "" or 0 < float(row["p"]) <= 1
        assert row["command"].endswith("--seed 1")
