"""The RareDis experiment, whole and in small, on a hand-made corpus in the place of RareDis."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from benchmarks import accuracy, raredis_experiment
from benchmarks.evidence import VECTORS, raredis_table
from benchmarks.raredis_experiment import jobs, main
from benchmarks.rows import read
from tests.training.raredis import RECIPES, SMALL, place
from zoo.hub.index import load
from zoo.text.vector_files import write_vectors
from zoo.text.vectors import WordVectors
from zoo.training.recipe import read_recipe

KINDS = ["", "train and dev", *(f"{output}, {vectors}" for output in ("softmax", "CRF") for vectors in VECTORS)]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The recipes with few units and one epoch, and the words of the command line for them."""
    place(monkeypatch, tmp_path / "data")
    for name, changes in SMALL.items():
        recipe = yaml.safe_load((RECIPES / f"{name}.yaml").read_text(encoding="utf-8"))
        for key, value in zip(changes[::2], changes[1::2], strict=True):
            section, _, entry = key[2:].partition(".")
            recipe[section][entry] = int(value)
        path = tmp_path / "recipes" / "raredis" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(recipe | {"output": str(tmp_path / "runs" / name)}))
    monkeypatch.setattr(raredis_experiment, "RECIPES", tmp_path / "recipes")
    monkeypatch.setattr(raredis_experiment, "HELD_OUT", "0.2")  # of six documents
    words = ["raredis", "--seeds", "1", "--out", str(tmp_path / "accuracy.csv")]
    for name, value in (("general", 1), ("biomedical", 2)):
        matrix = np.full((2, 8), value, dtype=np.float32)
        write_vectors(WordVectors(["fever", "anemia"], matrix, "lower-digits"), tmp_path / f"{name}.safetensors")
        words += [f"--{name}", str(tmp_path / f"{name}.safetensors")]
    return [*words, "--progress", "false"]


def test_the_experiment_from_its_one_command_to_its_table(
    small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(small)
    rows = read(tmp_path / "accuracy.csv")
    assert list(dict.fromkeys(row["variant"] for row in rows)) == KINDS
    assert {row["variant"] for row in rows if row["architecture"] == "feature_crf"} == set(KINDS[:2])
    assert {row["scorer"] for row in rows} == {"strict", *accuracy.PROTOCOLS["raredis"]}
    assert len(rows) == len(KINDS) * 2 * 7
    for vectors in VECTORS:
        folder = tmp_path / "runs" / "bilstm" / f"softmax, {vectors}".replace(" ", "-") / "seed-1" / "checkpoint"
        tagger = load(folder)
        row = tagger.word_embedding.weight[tagger.words["fever"]].detach()
        begun, reach = {"general": (1.0, 0.05), "biomedical": (2.0, 0.05), "random": (0.0, 0.7)}[vectors.split()[0]]
        assert bool((row == begun).all()) == vectors.endswith("frozen")
        assert float((row - begun).abs().max()) < reach
    table = raredis_table(tmp_path)
    assert table.count("not measured") == 3 * len(KINDS) + 4 * 10  # the other corpora, and as printed
    monkeypatch.setattr(accuracy, "train", None)
    main(small)
    assert read(tmp_path / "accuracy.csv") == rows


def test_missing_vectors_are_told_before_anything_is_trained(small: list[str], tmp_path: Path) -> None:
    (tmp_path / "biomedical.safetensors").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"No biomedical word vectors at .* make them with `zoo embed recipes/pre"
    ):
        main(small)
    assert not (tmp_path / "accuracy.csv").exists()


def test_every_job_is_a_recipe_and_changes_what_its_variant_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(RECIPES.parents[1])
    found = list(jobs("raredis", [1, 2], "general.bin", "biomedical.bin"))
    assert [(job.variant, job.seed) for job in found] == [
        *((variant, 1) for variant in KINDS),
        *((variant, 2) for variant in KINDS[2:]),
    ]
    for job in found:
        settings = read_recipe(job.recipe, job.overrides)
        if job.variant.startswith(("softmax", "CRF")):
            path, rate = settings["vectors"].path, settings["optimizer"].word_vector_rate
            output, kind, *_ = job.variant.replace(",", "").split()
            assert settings["model"]["crf"] == (output == "CRF")
            assert path == {"random": None, "general": "general.bin", "biomedical": "biomedical.bin"}[kind]
            assert rate == (0 if "frozen" in job.variant else 1)
        else:
            assert bool(settings["training"].held_out) == (job.variant == "train and dev")


@pytest.mark.parametrize("corpus", ["raredis", "ncbi-disease", "bc5cdr", "craft"])
def test_as_printed_the_taggers_are_those_of_the_paper(corpus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(RECIPES.parents[1])
    found = list(jobs(corpus, [1], "general.bin", "biomedical.bin", as_printed=True))
    assert [job.variant for job in found] == KINDS[:2] + [f"as printed, {kind}" for kind in KINDS[2:]]
    for job in found[2:]:
        settings = read_recipe(job.recipe, job.overrides)
        model, optimizer, training = settings["model"], settings["optimizer"], settings["training"]
        assert (model["feature_size"], model["word_dropout"], model["dropout"], model["hidden"]) == (0, 0, 0.1, 100)
        assert (optimizer.name == "rmsprop", model["dense_size"]) == (model["crf"], 100 if model["crf"] else 0)
        assert (optimizer.learning_rate, optimizer.schedule, training.average) == (0.001, "constant", 0)
        assert (training.epochs, training.patience) == (20, 4)


def test_a_corpus_without_the_recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(RECIPES.parents[1])
    with pytest.raises(
        FileNotFoundError, match=r"No recipes/cord19/feature_crf\.yaml, .*expected the recipes of the exp"
    ):
        main(["cord19"])
