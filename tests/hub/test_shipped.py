"""Every checkpoint that ships: by three ways the same spans, its golden outputs, its size, and the score it claims."""

import json
from pathlib import Path

import pytest
import torch

import zoo
from zoo.checkpoint.folder import CheckpointError
from zoo.hub.index import checkpoints_folder, list_checkpoints, load, read_index
from zoo.hub.ship import LARGEST, OFFICIAL, official_score
from zoo.models.golden import check_golden
from zoo.models.registry import ARCHITECTURES

REPOSITORY = Path(__file__).resolve().parents[2]
TEXTS = {
    "ncbi-disease": "Patients with Duchenne muscular dystrophy (DMD), and 🧬 carriers of ataxia-telangiectasia.",
    "bc5cdr": "Lithium-induced 🧬 diabetes insipidus after cisplatin.",
    "bc2gm": "Binding of p53 and of the 🧬 BRCA1 protein to NF-kappa B.",
    "jnlpba": "Binding of NF-kappa B to the 🧬 IL-2 promoter in T cells.",
    "pharmaconer": "Se pautó 🧬 ibuprofeno; la proteína C reactiva y la creatinina eran normales.",
}

every_checkpoint = pytest.mark.parametrize("name", list_checkpoints())


def test_some_ship() -> None:
    assert "char_cnn_bilstm_crf.ncbi-disease" in list_checkpoints("*.ncbi-disease")
    folders = sorted(path.name for path in checkpoints_folder().iterdir() if path.is_dir())
    assert folders == sorted(list_checkpoints())


@every_checkpoint
def test_three_ways_of_loading_give_the_same_spans(name: str) -> None:
    architecture, _, checkpoint = name.partition(".")
    taggers = [
        zoo.load(name),
        ARCHITECTURES[architecture].from_pretrained(checkpoints_folder() / name),
        torch.hub.load(str(REPOSITORY), architecture, checkpoint=checkpoint, source="local"),
    ]
    text = TEXTS[checkpoint.partition(".")[0]]
    by_name, by_folder, by_hub = (tagger.tag([text]) for tagger in taggers)
    assert by_name == by_folder == by_hub
    assert by_name[0].spans
    for span in by_name[0].spans:
        assert text[span.start : span.end] == span.slice(text)
        assert 0 <= span.score <= 1


@every_checkpoint
def test_golden_outputs(name: str) -> None:
    check_golden(load(name), checkpoints_folder() / name)


@every_checkpoint
def test_the_index_says_what_the_folder_says(name: str) -> None:
    row = read_index()[name]
    folder = checkpoints_folder() / name
    metrics = json.loads((folder / "metrics.json").read_text())
    tagger = load(name)
    assert name.startswith(f"{tagger.key}.{metrics['corpus']}")
    assert (row["corpus"], tuple(row["labels"])) == (metrics["corpus"], tagger.codec.config.labels)
    assert row["test"]["scorer"] == OFFICIAL.get(row["corpus"], "strict")
    if row["test"]["scorer"] == "strict":
        assert row["test"]["f1"] == metrics["test"]["micro"]["f1"]
    assert sum(path.stat().st_size for path in folder.iterdir()) <= LARGEST
    assert row["words_per_second"] > 0
    assert row["device"]


@every_checkpoint
def test_the_claimed_score_is_what_the_checkpoint_reaches(name: str, data_root: Path) -> None:
    from zoo.data.splits import load_corpus

    row = read_index()[name]
    score = official_score(load(name), load_corpus(row["corpus"])["test"], row["test"]["scorer"])
    assert score["f1"] == pytest.approx(row["test"]["f1"], abs=2e-3)  # other processors round otherwise
    assert score["low"] < row["test"]["f1"] < score["high"]


def test_unknown_names() -> None:
    with pytest.raises(KeyError, match=r"Did you mean 'char_cnn_bilstm_crf\.ncbi-disease'"):
        zoo.load("char_cnn_bilstm_crf.ncbi-diseases")
    with pytest.raises(AttributeError, match="module 'zoo' has no attribute 'laod'"):
        zoo.laod  # noqa: B018


def test_an_architecture_this_version_does_not_know(tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "copy"
    shutil.copytree(checkpoints_folder() / "char_cnn_bilstm_crf.ncbi-disease", folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"architecture": "char_cnn_bilstm_crf2"}))
    with pytest.raises(CheckpointError, match="Update bioner-zoo to read it"):
        zoo.load(folder)
    with pytest.raises(CheckpointError, match="holds a 'char_cnn_bilstm_crf2', expected 'char_cnn_bilstm_crf'"):
        ARCHITECTURES["char_cnn_bilstm_crf"].from_pretrained(folder)


def test_weights_that_do_not_fit_their_configuration(tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "copy"
    shutil.copytree(checkpoints_folder() / "char_cnn_bilstm_crf.ncbi-disease", folder)
    config = json.loads((folder / "config.json").read_text())
    config["model"]["hidden"] += 1
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="its parts do not fit together"):
        zoo.load(folder)
    config["model"] = {"hidden_size": 7}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="its parts do not fit together"):
        zoo.load(folder)
