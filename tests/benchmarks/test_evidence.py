"""Printed figures beside measured ones: who stands beside whom, what is said where one side is missing, gains."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import tables
from benchmarks.evidence import VECTORS, ablation_table, architectures_table, printed_tables, raredis_table
from zoo.data.corpora import CORPORA
from zoo.evaluation.scorers import SCORERS
from zoo.models.registry import ARCHITECTURES

RUN = {
    "corpus": "c",
    "split": "test",
    "architecture": "tagger",
    "variant": "",
    "seed": "1",
    "scorer": "strict",
    "precision": "0.9",
    "recall": "0.8",
    "f1": "0.85",
    "train_minutes": "3",
    "device": "cpu",
    "command": "",
    "versions": "",
    "date": "2025-01-01",
}
PRINTED = {
    "corpus": "c",
    "split": "test",
    "architecture": "tagger",
    "variant": "",
    "system": "Tagger",
    "source": "Someone 2020",
    "scorer": "strict",
    "precision": "",
    "recall": "",
    "f1": "84.1",
    "gain": "",
    "note": "",
}
PUBLISHED = tables.ROOT / "benchmarks" / "results" / "published.csv"


def write(folder: Path, name: str, default: dict[str, str], *changes: dict[str, str]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(default))
        writer.writeheader()
        writer.writerows({**default, **change} for change in changes)


def cells(table: str) -> list[list[str]]:
    """The rows of Markdown tables, without their headers."""
    lines = [line[2:-2].split(" | ") for line in re.sub(r"\|  (?=\|)", "| . ", table).splitlines()]
    ruled = [number for number, line in enumerate(lines) if line[0].startswith("--")]
    return [line for number, line in enumerate(lines) if len(line) > 1 and number + 1 not in ruled]


def published() -> list[dict[str, str]]:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_printed_stands_beside_measured_scorer_by_scorer(tmp_path: Path) -> None:
    write(
        tmp_path,
        "accuracy",
        RUN,
        {"f1": "0.80"},
        {"f1": "0.90", "seed": "2", "train_minutes": "5"},
        {"f1": "0.88", "variant": "larger"},
        {"f1": "0.97", "scorer": "bc2gm-official"},
        {"f1": "0.99", "split": "dev"},
    )
    write(
        tmp_path,
        "published",
        PRINTED,
        {"f1": "84.1", "precision": "85", "recall": "83.2", "note": "n"},
        {"f1": "90.3", "architecture": "other"},
        {"f1": "77", "architecture": "", "system": "BERT", "source": "BERT"},
        {"f1": "95", "scorer": "bc2gm-official"},
        {"f1": "99", "scorer": "5-fold cross-validation", "note": "n"},
        {"f1": "", "gain": "2", "variant": "larger"},
    )
    strict, official, apart = re.split(r"\n\n(?=\*\*bc2gm|Not)", printed_tables(tmp_path, "c"))
    assert strict.startswith("**strict**\n")
    assert cells(strict) == [
        ["tagger", "larger", "88.00", "90.00", "80.00", "1", "3.0", "cpu", *"..."],
        [
            *("tagger", ".", "85.00 (80.00–90.00)", "90.00", "80.00", "2", "4.0", "cpu"),
            *("84.1 (85 / 83.2)", "Tagger, Someone 2020", "n"),
        ],
        ["other", ".", "not measured", *".....", "90.3", "Tagger, Someone 2020", "."],
        [".", ".", "not in the zoo", *".....", "77", "BERT", "."],
    ]  # fmt: skip
    assert [line[2] for line in cells(official)] == ["97.00"]
    assert apart == "Not comparable, 5-fold cross-validation: Tagger, Someone 2020 99 (n)."


def test_a_printed_variant_stands_for_those_that_begin_with_it(tmp_path: Path) -> None:
    changes = [{"variant": name} for name in ("CRF, general, frozen", "CRF, general, tuned", "CRF, generally")]
    write(tmp_path, "accuracy", RUN, *changes)
    write(tmp_path, "published", PRINTED, {"variant": "CRF, general"})
    assert {(line[1], line[8]) for line in cells(printed_tables(tmp_path, "c"))} == {
        ("CRF, general, frozen", "84.1"),
        ("CRF, general, tuned", "84.1"),
        ("CRF, generally", "."),
    }


def test_an_architecture_stands_by_its_recipe_or_by_the_variant_that_is_best_on_dev(tmp_path: Path) -> None:
    feature = {"architecture": "feature_crf", "corpus": "craft"}
    softmax, crf = ({"architecture": "bilstm", "corpus": "pharmaconer", "variant": name} for name in ("softmax", "CRF"))
    official = {"scorer": "pharmaconer-track1"}
    write(
        tmp_path,
        "accuracy",
        RUN,
        feature | {"f1": "0.50"},
        feature | {"f1": "0.60", "seed": "2"},
        feature | {"f1": "0.90", "variant": "larger"},
        *({**feature, "split": "dev", "variant": name, "f1": f1} for name, f1 in (("", "0.1"), ("larger", "0.2"))),
        *(softmax | official | {"split": split, "f1": f1} for split, f1 in (("dev", "0.6"), ("test", "0.9"))),
        *(crf | official | {"split": split, "f1": f1} for split, f1 in (("dev", "0.7"), ("test", "0.8"))),
        crf | {"f1": "0.99"},
    )
    printed = {"corpus": "pharmaconer", "architecture": "bilstm", "variant": "CRF"}
    write(tmp_path, "published", PRINTED, printed | official | {"f1": "81.5"}, printed | {"f1": "99"})
    lines = {line[0]: line[2:8] for line in cells(architectures_table(tmp_path))}
    assert list(lines) == [f"`{key}`" for key in ARCHITECTURES]
    assert lines["`feature_crf`"] == ["craft", "strict", ".", "55.00 (50.00–60.00)", "2", "."]
    assert lines["`bilstm`"] == ["pharmaconer", "pharmaconer-track1", "CRF", "80.00", "1", "81.5"]
    assert lines["`char_bilstm_crf`"] == ["not measured", *"....."]


def test_gains_are_of_the_same_seeds_and_have_a_sign(tmp_path: Path) -> None:
    parts = [
        {"f1": "", "gain": gain, "variant": name}
        for name, gain in (("lstm", "1.2"), ("softmax", "2"), ("x", "3"), ("IOB2", ""))
    ]
    write(tmp_path, "published", PRINTED, *parts)
    write(
        tmp_path,
        "accuracy",
        RUN,
        *({"seed": seed, "f1": f1} for seed, f1 in (("1", "0.80"), ("2", "0.82"), ("3", "0.99"))),
        *({"variant": "lstm", "seed": seed, "f1": f1} for seed, f1 in (("1", "0.79"), ("2", "0.79"), ("4", "0.1"))),
        {"variant": "softmax", "seed": "2", "f1": "0.84"},
        {"variant": "softmax", "seed": "1", "f1": "0.10", "split": "dev"},
        {"variant": "x", "seed": "7"},
        {"variant": "IOB2", "seed": "1", "f1": "0.79"},
    )
    assert [line[3:8] for line in cells(ablation_table(tmp_path))] == [
        ["lstm", "+1.20", "+2.00 (+1.00–+3.00)", "2", "yes"],
        ["softmax", "+2.00", "-2.00", "1", "no"],
        ["x", "+3.00", "not measured", ".", "."],
        ["IOB2", ".", "+1.00", "1", "."],
    ]


def test_the_experiment_has_a_row_for_every_model_and_initialisation(tmp_path: Path) -> None:
    of_experiment = {"architecture": "bilstm", "scorer": "seqeval-lenient", "variant": "CRF, biomedical vectors, tuned"}
    write(
        tmp_path,
        "accuracy",
        RUN,
        of_experiment | {"corpus": "craft", "f1": "0.6"},
        of_experiment | {"corpus": "craft", "f1": "0.7", "seed": "2"},
        of_experiment | {"corpus": "raredis", "f1": "0.5"},
    )
    printed = of_experiment | {"corpus": "raredis", "variant": "CRF, biomedical vectors", "scorer": "seqeval-cut"}
    write(tmp_path, "published", PRINTED, printed, printed | {"scorer": "token-tags-cut", "f1": "65.91"})
    lines = cells(raredis_table(tmp_path))
    models = "BiLSTM, as printed", "BiLSTM-CRF, as printed", "BiLSTM", "BiLSTM-CRF"
    assert [line[:2] for line in lines] == [
        ["feature CRF", "."],
        ["feature CRF, of train and dev", "."],
        *([model, vectors] for model in models for vectors in VECTORS),
    ]
    assert lines[-1][2:] == ["84.1 (Tagger)", *["not measured"] * 3, "65.00 (60.00–70.00), n = 2"]
    assert lines[-2][2:] == ["84.1 (Tagger)", *["not measured"] * 4]
    assert all(line[3:] == ["not measured"] * 4 for line in lines[:-1])


@pytest.mark.parametrize("table", [architectures_table, lambda folder: printed_tables(folder, "craft")])
def test_per_cent_among_fractions_is_refused(table, tmp_path: Path) -> None:
    write(tmp_path, "accuracy", RUN, {"f1": "85.0", "corpus": "craft", "architecture": "feature_crf"})
    with pytest.raises(ValueError, match="Expected fractions of 1 in column 'f1'"):
        table(tmp_path)


def test_what_is_published_names_corpora_architectures_and_protocols() -> None:
    rows = published()
    assert len(rows) > 100
    assert {row["corpus"] for row in rows} <= CORPORA.keys()
    assert {row["architecture"] for row in rows} <= ARCHITECTURES.keys() | {""}
    followed = {row["scorer"] for row in rows if row["scorer"].partition(" ")[0] in SCORERS}
    assert {row["scorer"] for row in rows} - followed == {
        *("5-fold cross-validation", "5-fold cross-validation, Disease", "5-fold cross-validation, Chemical"),
        *("exact spans on a converted corpus", "exact spans on a converted corpus, 5-fold cross-validation"),
        *("another annotation of CORD-19, a random split", "tags of word pieces"),
    }
    for row in rows:
        if not row["f1"]:  # what a system gains over a variant of it, printed or not
            assert row["architecture"]
            assert row["variant"]
        assert not (row["f1"] and row["gain"])
        assert {row["system"], row["source"], row["split"]} >= {"test"}
        assert row["system"]
        assert row["source"]


def test_printed_scores_agree_with_their_own_precision_and_recall() -> None:
    """Of a misread digit, two of three figures would tell."""
    checked = 0
    for row in published():
        if row["precision"]:
            precision, recall = float(row["precision"]), float(row["recall"])
            own = re.search(r"its own P and R give ([\d.]+)", row["note"])
            printed = float(own[1] if own else row["f1"])
            assert 2 * precision * recall / (precision + recall) == pytest.approx(printed, abs=0.011), row
            checked += 1
    assert checked > 25


def test_printed_micro_scores_of_raredis_lie_among_those_of_its_labels() -> None:
    rows = [row for row in published() if row["corpus"] == "raredis" and row["scorer"].startswith("seqeval-cut")]
    by_system: dict[str, dict[str, float]] = {}
    for row in rows:
        by_system.setdefault(row["system"], {})[row["scorer"]] = float(row["f1"])
    assert Counter(len(scores) for scores in by_system.values()) == {5: 12}
    for scores in by_system.values():
        micro = scores.pop("seqeval-cut")
        assert min(scores.values()) < micro < max(scores.values())


def test_every_corpus_with_printed_figures_has_its_table() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in tables.PAGES)
    for corpus in {row["corpus"] for row in published()}:
        assert f"<!-- table:printed:{corpus} -->" in pages
