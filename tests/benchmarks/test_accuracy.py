"""Recording runs: which rows, by which scorers, and that complete runs are only scored."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from benchmarks import accuracy
from benchmarks.accuracy import PROTOCOLS, _report, main
from zoo.data.corpora import CORPORA
from zoo.data.document import Document, Span
from zoo.data.splits import load_corpus
from zoo.evaluation.scorers import SCORERS, score_with
from zoo.hub.index import load
from zoo.training.hold_out import hold_out

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def record(output: Path, *more: str) -> list[dict[str, str]]:
    """Runs the command line on the tiny corpus with one seed, and reads what it recorded."""
    words = [str(TINY / "recipe.yaml"), "--seeds", "1", "--out", str(output / "rows.csv"), *more]
    main([*words, "--corpus", str(TINY), "--output", str(output), "--progress", "false"])
    return rows(output / "rows.csv")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp("recorded")
    return folder, record(folder, "--training.epochs", "12")


def test_a_row_for_each_split_and_scorer(recorded: tuple[Path, list[dict[str, str]]]) -> None:
    folder, found = recorded
    assert [(row["split"], row["scorer"]) for row in found] == [
        *(("dev", "strict"), ("test", "strict")),
        *(("dev", "seqeval-lenient"), ("test", "seqeval-lenient")),
    ]
    assert {(row["corpus"], row["architecture"], row["variant"], row["seed"]) for row in found} == {
        ("tiny", "char_cnn_bilstm_crf", "", "1")
    }
    metrics = json.loads((folder / "seed-1" / "checkpoint" / "metrics.json").read_text())
    for row in found[:2]:
        assert float(row["f1"]) == pytest.approx(metrics[row["split"]]["micro"]["f1"], abs=5e-5)
    assert 0.5 < float(found[3]["f1"]) == float(found[1]["f1"])  # no span of this corpus is lost to tags
    assert found[0]["command"].startswith(f"zoo train {TINY / 'recipe.yaml'} --seed 1 --training.epochs 12")


def test_a_complete_run_is_only_scored_and_adds_no_row_twice(
    recorded: tuple[Path, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, found = recorded
    monkeypatch.setattr(accuracy, "train", None)
    assert record(folder, "--training.epochs", "12") == found
    monkeypatch.setitem(PROTOCOLS, "tiny", ("strict Disease", "strict Gene", "token-tags"))
    added = record(folder, "--training.epochs", "12")[4:]
    assert [row["scorer"] for row in added] == ["strict Disease", "strict Gene", "token-tags"] * 2
    assert [row["f1"] for row in added[:2]] == [found[0]["f1"], "0.0000"]
    assert {row["date"] for row in added} == {found[0]["date"]}


def test_a_run_whose_rows_are_there_is_not_run_again_when_its_folder_is_gone(
    recorded: tuple[Path, list[dict[str, str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_alone = (recorded[0] / "rows.csv").read_bytes()
    (tmp_path / "rows.csv").write_bytes(rows_alone)
    monkeypatch.setattr(accuracy, "train", None)
    record(tmp_path, "--training.epochs", "12")
    assert (tmp_path / "rows.csv").read_bytes() == rows_alone


def test_a_run_of_another_recipe_is_refused(recorded: tuple[Path, list[dict[str, str]]]) -> None:
    with pytest.raises(ValueError, match="got one with other values of training; name another --variant"):
        record(recorded[0], "--training.epochs", "13", "--out", str(recorded[0] / "none.csv"))


def test_another_recipe_needs_another_variant(recorded: tuple[Path, list[dict[str, str]]]) -> None:
    folder, found = recorded
    of_other = found[0] | {"command": "zoo train recipes/tiny/other.yaml --seed 4", "seed": "4"}
    with (folder / "others.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(of_other))
        writer.writeheader()
        writer.writerow(of_other)
    with pytest.raises(
        ValueError, match=r"variant '', is recorded with another command already.*tiny/other\.yaml.*give a --variant"
    ):
        record(folder, "--out", str(folder / "others.csv"))


def test_another_setting_of_a_key_needs_another_variant(recorded: tuple[Path, list[dict[str, str]]]) -> None:
    with pytest.raises(ValueError, match=r"another command already \(--model\.hidden 9, --training\.epochs 12\)"):
        record(recorded[0], "--seeds", "2", "--model.hidden", "9")


def test_keys_that_a_run_did_not_know_count_as_their_defaults(
    recorded: tuple[Path, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = recorded
    path = folder / "seed-1" / "checkpoint" / "recipe.yaml"
    recipe = yaml.safe_load(path.read_text())
    del recipe["resources"], recipe["training"]["half"]
    path.write_text(yaml.safe_dump(recipe))
    monkeypatch.setattr(accuracy, "train", None)
    before = rows(folder / "rows.csv")
    assert record(folder, "--training.epochs", "12") == before


def test_held_out_documents_are_those_of_training(tmp_path: Path) -> None:
    strict, _, lenient, _ = record(tmp_path, "--training.epochs", "12", "--training.held_out", "0.4")
    assert strict["split"] == lenient["split"] == "held out"
    dev = hold_out(load_corpus(TINY), 0.4)["dev"]
    assert dev != load_corpus(TINY)["dev"]
    expected = score_with("strict", dev, load(tmp_path / "seed-1" / "checkpoint").tag(dev)).micro
    assert 0 < float(lenient["f1"]) == float(strict["f1"]) == pytest.approx(expected.f1, abs=5e-5)


def test_every_corpus_has_protocols_and_each_is_a_scorer() -> None:
    assert PROTOCOLS.keys() == CORPORA.keys()
    for corpus, protocols in PROTOCOLS.items():
        for name, _, label in (protocol.partition(" ") for protocol in protocols):
            assert name in SCORERS
            assert not label or label in CORPORA[corpus].labels.values()


def test_what_is_no_target_of_pharmaconer_is_left_out_on_both_sides() -> None:
    tagger = SimpleNamespace(codec=SimpleNamespace(config=SimpleNamespace(segmentation="v1")))
    text = "Calcio y hierro con suero"
    calcio, hierro, suero = Span.of(0, 6, "NORMALIZABLES"), Span.of(9, 15, "NORMALIZABLES"), Span.of(20, 25, "UNCLEAR")
    gold = [Document("1", text, (calcio, hierro, suero))]
    predicted = [Document("1", text, (calcio, Span.of(9, 15, "UNCLEAR"), suero))]
    counts = _report("pharmaconer-track1", gold, predicted, tagger).micro
    assert (counts.tp, counts.fp, counts.fn) == (1, 0, 1)
    assert score_with("pharmaconer-track1", gold, predicted).micro.fp == 2  # where they are handed in
