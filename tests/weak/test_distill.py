"""Distillation end to end on the tiny corpus: what a student learns from texts whose labels nobody gave."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning import Trainer

from tests.weak.conftest import TINY
from zoo.data import jsonl
from zoo.data.splits import load_corpus
from zoo.models.golden import check_golden
from zoo.training.recipe import read_recipe
from zoo.training.train import train
from zoo.weak.distill import distill

MODEL = "{word_size: 16, character_size: 8, filters: 8, hidden: 24, tanh_size: 16, dropout: 0.2}"
RECIPE = f"""
teachers: [{{first}}, {{second}}]
texts: {{texts}}
corpus: {{corpus}}
architecture: char_cnn_bilstm_crf
codec: {{{{labels: [Disease]}}}}
model: {{{MODEL}}}
distillation: {{{{hard: 1, soft: 1, distance: paths}}}}
optimizer: {{{{learning_rate: 0.02}}}}
training: {{{{epochs: 12, batch_words: 60}}}}
trainer: {{{{accelerator: cpu}}}}
progress: false
output: {{output}}
"""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two teachers of the tiny corpus; its training texts as those to be labelled, and three of them as gold."""
    folder = tmp_path_factory.mktemp("distillation")
    for name, seed in (("first", "1"), ("second", "2")):
        overrides = ["--corpus", str(TINY), "--output", str(folder / name), "--seed", seed, "--training.epochs", "12"]
        train(**read_recipe(TINY / "recipe.yaml", overrides) | {"progress": False})
    corpus = load_corpus(TINY)
    jsonl.write(corpus["train"], folder / "texts.jsonl.gz")
    jsonl.write(corpus["dev"][:1], folder / "corpus" / "train.jsonl.gz")
    for split in ("dev", "test"):
        jsonl.write(corpus[split], folder / "corpus" / f"{split}.jsonl.gz")
    return folder


def settings(scene: Path, output: Path, *overrides: str) -> dict[str, Any]:
    places = {name: scene / name for name in ("first", "second", "corpus")}
    (scene / "recipe.yaml").write_text(RECIPE.format(**places, texts=scene / "texts.jsonl.gz", output=output))
    return read_recipe(scene / "recipe.yaml", overrides, distill, "weak distill")


def test_a_student_learns_from_teachers_alone(scene: Path, tmp_path: Path) -> None:
    taught = distill(**settings(scene, tmp_path, "--gold", "0"))
    assert taught.metrics["dev"]["micro"]["f1"] > 0.5
    check_golden(taught.tagger, taught.folder)
    assert not [name for name in taught.tagger.state_dict() if "objective" in name]
    assert {path.name for path in tmp_path.glob("*.*")} >= {"cases.html", "similarity.csv", "similarity.png"}


def test_a_page_that_is_missing_is_made_again_without_training(scene: Path, tmp_path: Path) -> None:
    given = settings(scene, tmp_path, "--training.epochs", "1")
    distill(**given)
    before = (tmp_path / "cases.html").read_text()
    (tmp_path / "cases.html").unlink()
    distill(**given | {"resume": True})
    assert (tmp_path / "cases.html").read_text() == before


@pytest.mark.parametrize(
    "overrides",
    [
        ("--distillation.distance", "l1"),
        ("--distillation.distance", "l2", "--distillation.weighted", "true"),
        ("--distillation.distance", "cross-entropy", "--distillation.temperature", "2"),
        ("--distillation.hard", "0", "--distillation.agreed", "1", "--distillation.sure", "0.5"),
        ("--distillation.adversarial", "0.5", "--training.average", "0.9"),
        ("--architecture", "bilstm", "--model", "{word_size: 16, hidden: 24, dense_size: 16, crf: false}"),
    ],
    ids=lambda words: words[1],
)
def test_every_objective_leaves_a_checkpoint_like_any_other(
    scene: Path, tmp_path: Path, overrides: tuple[str, ...]
) -> None:
    taught = distill(**settings(scene, tmp_path, "--training.epochs", "2", *overrides))
    check_golden(taught.tagger, taught.folder)


def test_a_killed_run_goes_on_and_ends_as_one_that_was_not(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = ("--training.epochs", "3", "--training.save_minutes", "0", "--distillation.adversarial", "0.1")
    whole = distill(**settings(scene, tmp_path / "whole", *few))

    class Killed(Exception):
        pass

    real = Trainer.save_checkpoint

    def save(trainer: Trainer, *given: Any, **named: Any) -> None:
        real(trainer, *given, **named)
        if trainer.global_step == 5:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "save_checkpoint", save)
        with pytest.raises(Killed):
            distill(**settings(scene, tmp_path / "killed", *few))
    resumed = distill(**settings(scene, tmp_path / "killed", *few) | {"resume": True})
    for name, weights in whole.tagger.state_dict().items():
        torch.testing.assert_close(resumed.tagger.state_dict()[name], weights, rtol=0, atol=0)


def test_texts_are_taken_once_and_no_gold_one(scene: Path, tmp_path: Path) -> None:
    given = settings(scene, tmp_path, "--most", "2", "--training.epochs", "1", "--gold", "3")
    jsonl.write([*load_corpus(TINY)["test"], *jsonl.read(scene / "texts.jsonl.gz")] * 2, tmp_path / "all.jsonl.gz")
    taught = distill(**given | {"texts": str(tmp_path / "all.jsonl.gz")})
    similar = (tmp_path / "similarity.csv").read_text().splitlines()
    assert len(similar) == 1 + 2  # of the texts alone
    gold = load_corpus(scene / "corpus")["train"][0]
    assert taught.metrics["flattening"]["train"]["total"] == 3 * len(gold.spans)
    assert json.loads((tmp_path / "lessons" / "0" / "made-by.json").read_text()).keys() >= {
        "teacher",
        "documents",
        "tags",
    }


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        (("--gold", "-1"), ValueError, "Expected gold and most of at least 0 but got -1 and 0"),
        (("--vectors.path", "nowhere"), FileNotFoundError, "No word vectors at nowhere"),
        (("--teachers", "[]"), ValueError, "Expected at least one teacher but got none"),
        (("--trainer.devices", "2"), ValueError, r"Expected one device \(trainer\.devices\) but got 2"),
        (("--texts", "nowhere.jsonl"), FileNotFoundError, "No text matches 'nowhere.jsonl', neither below"),
        (("--texts", str(TINY / "test.pubtator")), ValueError, "Expected texts that are not in 'corpus' but got none"),
    ],
)
def test_mistakes_are_told(
    scene: Path, tmp_path: Path, overrides: tuple[str, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        distill(**settings(scene, tmp_path, *overrides))
    assert not (tmp_path / "lessons").exists()  # what takes long had not begun
