"""Training an architecture that learns without gradients: the same folder, the same rules for resuming."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytorch_lightning import Trainer
from typer.testing import CliRunner

from zoo.cli.main import app
from zoo.data.splits import load_corpus
from zoo.evaluation.spans import score
from zoo.hub.index import load
from zoo.models.feature_crf import FeatureCrf
from zoo.models.golden import check_golden
from zoo.training.fit import Trained
from zoo.training.recipe import read_recipe
from zoo.training.train import train

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    lines = (f"corpus: {TINY}", "architecture: feature_crf", "codec: {labels: [Disease], scheme: IOB2}")
    path.write_text("\n".join([*lines, "trainer: {accelerator: cpu}", f"output: {tmp_path / 'run'}", ""]))
    return path


def run(recipe: Path, *overrides: str) -> Trained:
    settings: dict[str, Any] = read_recipe(recipe, overrides)
    return train(**settings | {"progress": False})


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_the_run_leaves_a_checkpoint_with_the_scores_a_user_gets(recipe: Path, tmp_path: Path) -> None:
    trained = run(recipe)
    written = json.loads((trained.folder / "metrics.json").read_text())
    assert written == trained.metrics
    corpus, loaded = load_corpus(TINY), load(trained.folder)
    for split in ("dev", "test"):
        assert written[split]["micro"]["f1"] == score(corpus[split], loaded.tag(corpus[split])).micro.f1
    assert written["dev"]["micro"]["f1"] > 0.5  # it learnt something
    assert written["epochs"] == 0
    assert {"device", "versions", "date", "train_minutes", "flattening"} <= written.keys()
    check_golden(loaded, trained.folder)
    names = {path.name for path in trained.folder.iterdir()}
    assert {"config.json", "golden.json", "recipe.yaml", "features.txt"} <= names
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"checkpoint", "recipe.yaml"}


def test_no_gradient_descent_is_begun(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trainer, "fit", lambda *arguments, **more: pytest.fail("it descended"))
    run(recipe)


def test_the_seed_changes_nothing_and_a_setting_does(recipe: Path, tmp_path: Path) -> None:
    first = run(recipe)
    assert weights(run(recipe, "--seed", "2", "--output", str(tmp_path / "b")).folder) == weights(first.folder)
    other = run(recipe, "--model.c1", "1", "--output", str(tmp_path / "c"))
    assert len(weights(other.folder)) < len(weights(first.folder))  # more weights are zero


def test_a_complete_run_is_not_learnt_again(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(recipe)
    with pytest.raises(FileExistsError, match="holds a run already; go on with --resume"):
        run(recipe)
    monkeypatch.setattr(FeatureCrf, "learn", lambda *arguments: pytest.fail("it learnt again"))
    again = run(recipe, "--resume", "true")
    assert again.metrics == first.metrics
    with pytest.raises(ValueError, match="begun with other values of model; resume it with the same"):
        run(recipe, "--resume", "true", "--model.c1", "1")


@pytest.mark.parametrize("where", ["zoo.models.feature_crf.train_crf", "zoo.training.fit.write_golden"])
def test_an_interrupted_run_is_resumed_from_its_beginning(
    where: str, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    whole = run(recipe, "--output", str(tmp_path / "whole"))
    with monkeypatch.context() as patch:
        patch.setattr(where, interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(recipe)
    assert not (tmp_path / "run" / "checkpoint" / "metrics.json").exists()
    with pytest.raises(FileExistsError, match="holds a run already"):
        run(recipe)
    with pytest.raises(ValueError, match="begun with other values of model"):
        run(recipe, "--resume", "true", "--model.c1", "1")
    resumed = run(recipe, "--resume", "true")
    assert weights(resumed.folder) == weights(whole.folder)


def test_held_out_documents_and_full_precision(recipe: Path, tmp_path: Path) -> None:
    whole = run(recipe, "--training.half", "false", "--output", str(tmp_path / "a"))
    more = run(recipe, "--training.held_out", "0.1")
    assert more.metrics["held_out"] == 0.1
    assert more.metrics["flattening"]["train"]["total"] > whole.metrics["flattening"]["train"]["total"]
    assert len(weights(whole.folder)) > 1.5 * len(weights(run(recipe, "--output", str(tmp_path / "b")).folder))


def test_unknown_keys_of_the_model_are_named_and_vocabularies_are_none(recipe: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown key 'model\.window'; valid here: .*linguistics, .*iterations$"):
        run(recipe, "--model.window", "1")
    with pytest.raises(ValueError, match=r"unknown key 'model\.features'"):
        run(recipe, "--model.features", "1")


def test_the_command_line_trains_and_tags(recipe: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["train", str(recipe)])
    assert done.exit_code == 0, done.output
    assert "test: strict F1" in done.output
    told = CliRunner().invoke(
        app, ["tag", "-c", str(tmp_path / "run" / "checkpoint")], input="Patients with lung cancer."
    )
    assert told.exit_code == 0, told.output
    assert "lung cancer" in told.output
