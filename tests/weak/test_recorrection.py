"""Re-correction: what a round leaves, when it ends, and that a killed run ends as one that was not."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

import zoo.weak.recorrection
from tests.weak.conftest import TINY, settings, weak_documents
from zoo.data import jsonl
from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.evaluation.spans import score
from zoo.hub.index import load
from zoo.weak.recorrection import recorrect


def test_each_set_is_what_the_correction_model_finds_in_the_last(recipe: Path) -> None:
    done = recorrect(**settings(recipe))
    run = recipe.parent / "run"
    first = [*jsonl.read(run / "round-0" / "weak" / "train.jsonl.gz")]
    assert Counter(span.label for d in first for span in d.spans) == Counter(
        span.label for d in weak_documents() for span in d.spans if span.label == "Disease"
    )
    for number in range(1, len(done.rounds)):
        found = [*jsonl.read(run / f"round-{number}" / "weak" / "train.jsonl.gz")]
        expected = load(run / f"round-{number - 1}" / "tuned").tag(first)
        assert [[span.key for span in d.spans] for d in found] == [[span.key for span in d.spans] for d in expected]
        assert all(span.score is None for d in found for span in d.spans)
    assert done.documents.read_bytes() == (run / f"round-{len(done.rounds) - 1}/weak/train.jsonl.gz").read_bytes()


def test_figures_are_those_of_the_checkpoints(recipe: Path) -> None:
    done = recorrect(**settings(recipe, "--corrections", "1"))
    run, corpus = recipe.parent / "run", load_corpus(TINY)
    rows = [*csv.DictReader((run / "rounds.csv").open())]
    assert len(rows) == 2 * 3  # learnt and tuned, then learnt; dev and test of each
    for row in rows:
        tagger = load(run / f"round-{row['corrections']}" / row["model"])
        report = score(corpus[row["split"]], tagger.tag(corpus[row["split"]]))
        assert float(row["f1"]) == pytest.approx(report.micro.f1, abs=1e-4)
    before, after = (
        {(d.id, *span.key) for d in jsonl.read(run / f"round-{n}/weak/train.jsonl.gz") for span in d.spans}
        for n in (0, 1)
    )
    assert done.rounds[1].changed == pytest.approx(len(after ^ before) / len(after | before))
    metrics = json.loads((run / "round-1" / "learnt" / "checkpoint" / "metrics.json").read_text())
    assert metrics["corpus"] == "weak"
    assert json.loads((run / "round-1" / "round.json").read_text())["mentions"] == {"Disease": len(after)}
    files = {path.name: path.read_bytes() for path in (run / "round-1" / "learnt" / "checkpoint").iterdir()}
    assert {path.name: path.read_bytes() for path in done.learnt.iterdir()} == files


def test_it_ends_when_the_correction_model_is_no_better(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([0.5, 0.7, 0.7, 0.9])
    real = zoo.weak.recorrection._round

    def told(*given: object) -> object:
        found = real(*given)  # type: ignore[arg-type]
        return found._replace(tuned={"dev": {"precision": 1.0, "recall": 1.0, "f1": next(scores)}})

    monkeypatch.setattr(zoo.weak.recorrection, "_round", told)
    monkeypatch.setattr(zoo.weak.recorrection, "_labelled", lambda documents, tagger: iter(documents))
    done = recorrect(
        **settings(recipe, "--corrections", "4", "--training.epochs", "1", "--tuning.training.epochs", "1")
    )
    assert [each.number for each in done.rounds] == [0, 1, 2]  # corrected twice: the third would gain nothing


def test_a_run_that_was_interrupted_ends_as_one_that_was_not(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = recorrect(**settings(recipe, "--corrections", "1"))
    real, calls = zoo.weak.recorrection.train, Counter[str]()

    def killed(**given: object) -> object:
        calls["train"] += 1
        if calls["train"] == 2:
            raise KeyboardInterrupt
        return real(**given)  # type: ignore[arg-type]

    other = ("--corrections", "1", "--output", str(recipe.parent / "again"))
    with monkeypatch.context() as patch:
        patch.setattr(zoo.weak.recorrection, "train", killed)
        with pytest.raises(KeyboardInterrupt):
            recorrect(**settings(recipe, *other))
    with pytest.raises(FileExistsError, match="holds a run already; go on with --resume"):
        recorrect(**settings(recipe, *other))
    resumed = recorrect(**settings(recipe, *other) | {"resume": True})
    assert resumed.documents.read_bytes() == whole.documents.read_bytes()
    assert [each._replace(minutes=0) for each in resumed.rounds] == [each._replace(minutes=0) for each in whole.rounds]
    with pytest.raises(ValueError, match="begun with other values of seed"):
        recorrect(**settings(recipe, *other, "--seed", "5") | {"resume": True})


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        (("--corrections", "0"), ValueError, "Expected at least one of corrections"),
        (("--trainer.devices", "2"), ValueError, r"Expected one device \(trainer\.devices\) but got 2"),
        (("--tuning.training.held_out", "0.1"), ValueError, "Expected held_out beside training and tuning"),
        (
            ("--weak", "nowhere.jsonl"),
            FileNotFoundError,
            "No text matches 'nowhere.jsonl', neither below the working directory nor",
        ),
    ],
)
def test_mistakes_are_told(recipe: Path, overrides: tuple[str, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        recorrect(**settings(recipe, *overrides))


def test_documents_to_be_scored_on_and_labels_unknown_are_left_out(recipe: Path) -> None:
    corpus = load_corpus(TINY)
    dev = corpus["dev"][0]
    again = [*weak_documents(), *corpus["test"], Document("12345", f"{dev.text} ", dev.spans)]
    jsonl.write(again, recipe.parent / "weak.jsonl.gz")
    recorrect(**settings(recipe, "--corrections", "1", "--training.epochs", "1", "--tuning.training.epochs", "1"))
    taken = [*jsonl.read(recipe.parent / "run" / "round-0" / "weak" / "train.jsonl.gz")]
    assert [document.text for document in taken] == [document.text for document in weak_documents()]
    assert {span.label for document in taken for span in document.spans} == {"Disease"}


def test_a_set_without_mentions_is_refused_and_one_is_never_delivered(
    recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match=r"mentions of Virus \(codec\.labels\) but got 8 documents with"):
        recorrect(**settings(recipe, "--codec.labels", "[Virus]"))
    nothing = [Document("1", "Nothing.")]
    monkeypatch.setattr(zoo.weak.recorrection, "_labelled", lambda documents, tagger: iter(nothing))
    done = recorrect(**settings(recipe, "--training.epochs", "1", "--tuning.training.epochs", "1"))
    assert [each.number for each in done.rounds] == [0]
    assert sum(len(document.spans) for document in jsonl.read(done.documents)) > 0


def test_a_mistake_in_the_recipe_leaves_a_folder_that_can_be_used(recipe: Path) -> None:
    with pytest.raises(ValueError, match="cannot be built"):
        recorrect(**settings(recipe, "--model.character_size", "0"))
    recorrect(**settings(recipe, "--corrections", "1", "--training.epochs", "1", "--tuning.training.epochs", "1"))


def test_an_architecture_that_learns_anew_learns_from_both(recipe: Path) -> None:
    given = settings(recipe, "--corrections", "1") | {"architecture": "feature_crf", "model": {}}
    done = recorrect(**given)
    run = recipe.parent / "run" / "round-0"
    both = [*jsonl.read(run / "tiny-and-weak" / "train.jsonl.gz")]
    assert len(both) == len(weak_documents()) + len(load_corpus(TINY)["train"])
    assert [each.number for each in done.rounds] == [0, 1]


def test_a_recipe_written_before_a_key_came_into_use_is_gone_on_with(recipe: Path) -> None:
    quick = ("--corrections", "1", "--training.epochs", "1", "--tuning.training.epochs", "1")
    whole = recorrect(**settings(recipe, *quick))
    path = recipe.parent / "run" / "recipe.yaml"
    written = [line for line in path.read_text().splitlines() if "window_words" not in line]
    path.write_text("\n".join(written))
    assert recorrect(**settings(recipe, *quick) | {"resume": True}).rounds == whole.rounds
