"""Pretraining from raw text to an encoder: what it writes, and that neither killing nor moving a run changes it."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoModel, AutoTokenizer, BertForPreTraining

from zoo.data.splits import load_corpus
from zoo.models.encoder import EncoderConfig
from zoo.pretraining import pretrain_bert as module
from zoo.pretraining.bert import BertPretraining, MaskedBert
from zoo.pretraining.piece_vocabulary import to_tokenizer
from zoo.pretraining.pretrain_bert import pretrain_bert
from zoo.pretraining.shards import read_shards
from zoo.pretraining.steps import PretrainingData
from zoo.text.codec import CodecConfig
from zoo.training.build import ResourcesConfig, build_tagger
from zoo.training.recipe import read_recipe

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes" / "pretraining").glob("*bert*.yaml"))
WORDS = (
    "paciente fiebre tos cefalea náuseas hierro paracetamol ibuprofeno dolor agudo crónico tratamiento hospital mg kg "
    "dosis clínico mejoría alta seguimiento"
).split()


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pretraining")
    draw = random.Random(0)
    documents = [
        "\n".join(" ".join(draw.choices(WORDS, k=draw.randint(4, 14))) + "." for _ in range(draw.randint(2, 5)))
        for _ in range(60)
    ]
    (folder / "text.txt").write_text("\n\n".join([*documents, documents[0]]), encoding="utf-8")
    settings = {
        "corpus": {"texts": [str(folder / "text.txt")], "held_out": 10},
        "vocabulary": {"size": 320},
        "examples": {"max_pieces": 32, "row_pieces": 64},
        "encoder": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32},
        "steps": {"total": 14, "rows": 6, "rows_at_once": 4, "validate": 4, "learning_rate": 0.01, "save_minutes": 0},
        "trainer": {"accelerator": "cpu", "threads": 1},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return folder / "recipe.yaml"


def run(recipe: Path, output: Path, *overrides: str, resume: bool = False) -> Path:
    words = ["--output", str(output), *overrides]
    settings = read_recipe(recipe, words, pretrain_bert, "pretrain")
    return pretrain_bert(**(settings | {"resume": resume, "progress": False}))


def weights(checkpoint: Path) -> dict[str, Tensor]:
    return load_file(checkpoint / "model.safetensors")


@pytest.fixture(scope="module")
def whole(recipe: Path) -> Path:
    return run(recipe, recipe.parent / "whole")


def test_the_checkpoint_is_one_of_transformers_and_an_encoder_for_taggers(whole: Path) -> None:
    encoder, tokenizer = AutoModel.from_pretrained(whole), AutoTokenizer.from_pretrained(whole)
    found = encoder(**tokenizer("El paciente con fiebre", return_tensors="pt"))
    assert found.last_hidden_state.shape[-1] == 16
    _, told = BertForPreTraining.from_pretrained(whole, output_loading_info=True)
    assert not any(told.values())
    documents = list(load_corpus(ROOT / "tests" / "fixtures" / "tiny")["train"])
    sizes = {"max_pieces": 32, "overlap": 8}
    resources = ResourcesConfig(encoder=str(whole))
    tagger = build_tagger("bert", CodecConfig(labels=("Disease",)), sizes, documents, resources=resources)
    name = "bert.encoder.layer.0.attention.self.query.weight"
    assert torch.equal(tagger.state_dict()[f"network.{name}"], weights(whole)[name])


def test_the_report_tells_what_was_learnt(whole: Path) -> None:
    report = json.loads((whole / "pretraining.json").read_text(encoding="utf-8"))
    assert report["steps"] == 14
    assert report["pieces_a_second"] > 10
    assert 0 < report["mfu"] < 1
    counts = json.loads((whole.parent / "corpus" / "counts.json").read_text(encoding="utf-8"))
    assert counts["left_out"] == {"document that was there before": 1}
    assert counts["documents"] == 60
    texts = {
        part: (whole.parent / "corpus" / f"{part}.txt").read_text().strip().split("\n\n")
        for part in ("train", "held-out")
    }
    assert (len(texts["train"]), len(texts["held-out"])) == (54, 6)
    assert not {*texts["train"]} & {*texts["held-out"]}
    assert (whole / "learning-curve.png").stat().st_size > 10_000
    assert 0 < report["held_out"]["nats"] < 6
    assert report["held_out"]["perplexity"] == pytest.approx(
        torch.tensor(report["held_out"]["nats"]).exp().item(), rel=1e-3
    )


def test_the_report_is_of_the_weights_that_are_written(recipe: Path, whole: Path) -> None:
    tokenizer = to_tokenizer((whole / "pieces.model").read_bytes())
    held_out = read_shards(whole.parent / "shards" / "held-out", 1)
    settings = read_recipe(recipe, (), pretrain_bert, "pretrain")
    data = PretrainingData(held_out, held_out, tokenizer, settings["examples"], seed=1, total=1, rows=1, rows_at_once=9)
    model = MaskedBert(EncoderConfig({}), pairs=True)
    model.network = BertForPreTraining.from_pretrained(whole).eval()
    with torch.no_grad():
        sums = [
            (*model.losses(part), len(part.masked), len(part.firsts))
            for step in data.val_dataloader()
            for part in step.parts
        ]
    nats, relations, told, masked, sequences = (
        sum(float(value) for value in values) for values in zip(*sums, strict=True)
    )
    report = json.loads((whole / "pretraining.json").read_text(encoding="utf-8"))["held_out"]
    expected = {"nats": nats / masked, "told": told / masked, "relation": relations / sequences}
    assert {name: report[name] for name in expected} == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("step", [1, 6, 13])
def test_an_interrupted_run_ends_where_an_uninterrupted_one_ends(
    step: int, recipe: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = BertPretraining.training_step

    def crash(learner: BertPretraining, *rest: Any) -> None:
        if learner.global_step == step:
            raise RuntimeError("crash")
        learn(learner, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(BertPretraining, "training_step", crash)
        with pytest.raises(RuntimeError, match="crash"):
            run(recipe, tmp_path)
    assert [path.name for path in (tmp_path / "state").iterdir()] == [f"step={step}.ckpt"]
    taken: list[int] = []

    def count(learner: BertPretraining, *rest: Any) -> None:
        taken.append(learner.global_step)
        learn(learner, *rest)

    monkeypatch.setattr(BertPretraining, "training_step", count)
    resumed = weights(run(recipe, tmp_path, resume=True))
    assert taken == list(range(step, 14))
    for name, weight in weights(whole).items():
        assert torch.equal(resumed[name], weight), name


_CRASH = """
import sys
from zoo.pretraining.bert import BertPretraining
learn = BertPretraining.training_step
def crash(learner, *rest):
    if learner.global_step == 5:
        raise SystemExit(3)
    learn(learner, *rest)
if {crash}:
    BertPretraining.training_step = crash
from zoo.pretraining.pretrain_bert import pretrain_bert
from zoo.training.recipe import read_recipe
if __name__ == "__main__":
    settings = read_recipe({recipe!r}, sys.argv[1:], pretrain_bert, "pretrain")
    pretrain_bert(**settings, )
"""


@pytest.mark.parametrize("devices", [2, 3])
def test_devices_and_parts_change_nothing(devices: int, recipe: Path, tmp_path: Path) -> None:
    same = ("--encoder.hidden_dropout_prob", "0", "--encoder.attention_probs_dropout_prob", "0", "--steps.total", "8")
    alone = weights(run(recipe, tmp_path / "alone", *same, "--steps.rows_at_once", "6"))
    spread = ["--trainer.devices", str(devices), "--trainer.strategy", "ddp", "--progress", "false"]
    out = tmp_path / "together"
    for crash in (True, False) if devices == 2 else (False,):
        script = tmp_path / f"run{crash}.py"
        script.write_text(_CRASH.format(crash=crash, recipe=str(recipe)), encoding="utf-8")
        command = [
            sys.executable,
            str(script),
            *same,
            *spread,
            "--output",
            str(out),
            "--resume",
            str(not crash).lower(),
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
        assert (done.returncode == 0) != crash, done.stderr[-2000:]
        if crash:  # and goes on on one device
            assert [path.name for path in (out / "state").iterdir()] == ["step=5.ckpt"]
            moved = weights(run(recipe, out, *same, resume=True))
            assert _far(moved, alone) < 1e-5
            out = tmp_path / "again"
    assert _far(weights(out / "checkpoint"), alone) < 1e-5


def _far(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return max((one[name] - other[name]).abs().max().item() for name in other)


def test_other_settings_are_refused_and_nothing_is_overwritten(recipe: Path, whole: Path) -> None:
    with pytest.raises(FileExistsError, match="holds a run already"):
        run(recipe, whole.parent)
    with pytest.raises(ValueError, match="begun with other values of seed"):
        run(recipe, whole.parent, "--seed", "2", resume=True)
    assert run(recipe, whole.parent, "--trainer.threads", "2", resume=True) == whole


def test_wrong_settings_are_told_at_once(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"got 'hidden'\. Did you mean"):
        run(recipe, tmp_path / "out", "--encoder", "{hidden: 4}")
    with pytest.raises(ValueError, match=r"steps\.rows of at least 1"):
        run(recipe, tmp_path / "out", "--steps.rows", "0")
    for wrong in (("hidden_size", "17"), ("hidden_size", "abc"), ("hidden_act", "foo")):
        with pytest.raises(ValueError, match="Expected an encoder that BERT can be but got"):
            run(recipe, tmp_path / "out", f"--encoder.{wrong[0]}", wrong[1])
    with pytest.raises(ValueError, match="Expected a trainer that this machine can be"):
        run(recipe, tmp_path / "out", "--trainer.accelerator", "abacus")
    for override in ("--corpus.held_out=0", "--corpus.texts=[]", "--steps.warmup=5"):
        with pytest.raises(ValueError, match=r"Expected corpus\.texts|Expected steps\.warmup"):
            run(recipe, tmp_path / "out", override)
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match=r"Expected at least 100 documents"):
        run(recipe, tmp_path / "out", "--corpus.held_out", "100")


def test_what_was_prepared_otherwise_is_not_taken_for_this(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected text for a vocabulary"):  # the corpus is there then
        run(recipe, tmp_path, "--vocabulary.size", "5000")
    with pytest.raises(ValueError, match="tokenizer: was made by another vocabulary than this recipe says"):
        run(recipe, tmp_path)
    with pytest.raises(ValueError, match="corpus: was made by another corpus than this recipe says"):
        run(recipe, tmp_path, "--corpus.deduplicate", "false")


def test_recipes_are_complete_and_read_no_test_text() -> None:
    assert len(RECIPES) >= 3
    for path in RECIPES:
        settings = read_recipe(path, (), pretrain_bert, "pretrain")
        module._encoder_config(settings["encoder"], settings["vocabulary"], settings["examples"])
        assert not [text for text in settings["corpus"].texts if "test" in text.lower()]
        assert f"zoo pretrain recipes/pretraining/{path.name}" in path.read_text(encoding="utf-8")
