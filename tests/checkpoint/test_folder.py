"""Checkpoint folders: what was written is read; anything else is an error that names the file."""

import json
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from zoo.checkpoint.folder import Checkpoint, CheckpointError, read_checkpoint, write_checkpoint
from zoo.text.ngrams import Ngrams
from zoo.text.vocab import Vocabulary


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    weights = {"a": torch.arange(6.0).reshape(2, 3), "embedding": torch.ones(4, dtype=torch.float16)}
    words = Vocabulary.of(["a", "é\n\\", "\u2028", "🧬"])
    write_checkpoint(tmp_path / "c", Checkpoint("key", {"size": 3}, {"labels": ["D"]}, weights, {"words": words}))
    return tmp_path / "c"


def test_round_trip(folder: Path) -> None:
    checkpoint = read_checkpoint(folder)
    assert checkpoint.architecture == "key"
    assert checkpoint.model == {"size": 3}
    assert checkpoint.codec == {"labels": ["D"]}
    assert checkpoint.vocabularies["words"].entries[2:] == ("a", "é\n\\", "\u2028", "🧬")
    assert checkpoint.weights["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert checkpoint.weights["embedding"].dtype == torch.float32
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors", "words.txt"]


def test_weights_in_several_files(folder: Path) -> None:
    before = read_checkpoint(folder)
    write_checkpoint(folder, before, most_bytes=24)
    names = {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"}
    assert {path.name for path in folder.iterdir()} == {"config.json", "words.txt", *names}
    after = read_checkpoint(folder)
    assert {name: t.tolist() for name, t in after.weights.items()} == {
        name: t.tolist() for name, t in before.weights.items()
    }
    for name in names:
        shutil.copytree(folder, folder.parent / "copy", dirs_exist_ok=True)
        (folder.parent / "copy" / name).unlink()
        with pytest.raises(CheckpointError, match=name):
            read_checkpoint(folder.parent / "copy")
    config = json.loads((folder / "config.json").read_text())
    del config["sha256"]["model-00002-of-00002.safetensors"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="vouches for"):
        read_checkpoint(folder)
    write_checkpoint(folder, before)
    assert {path.name for path in folder.iterdir()} == {"config.json", "words.txt", "model.safetensors"}


def test_ngrams_come_back_as_they_were_stored(folder: Path) -> None:
    table = np.random.default_rng(1).normal(size=(7, 4)).astype(np.float16)
    write_checkpoint(folder, replace(read_checkpoint(folder), ngrams=Ngrams(table, 2, 5)))
    checkpoint = read_checkpoint(folder)
    assert checkpoint.ngrams is not None
    assert (checkpoint.ngrams.shortest, checkpoint.ngrams.longest) == (2, 5)
    assert checkpoint.ngrams.matrix.dtype == np.float16  # a table of hundreds of thousands of rows, rarely looked up
    np.testing.assert_array_equal(checkpoint.ngrams.matrix, table)
    assert set(checkpoint.weights) == {"a", "embedding"}


def test_writing_again_replaces_and_keeps_other_files(folder: Path) -> None:
    (folder / "README.md").write_text("card")
    write_checkpoint(folder, read_checkpoint(folder))
    assert read_checkpoint(folder).architecture == "key"
    assert (folder / "README.md").read_text() == "card"


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "words.txt"])
def test_a_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        read_checkpoint(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "words.txt"])
def test_every_damage_is_noticed(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    for position in range(len(whole)):
        (folder / name).write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(CheckpointError, match=f"{name}: is damaged or cut short"):
            read_checkpoint(folder)
        (folder / name).write_bytes(whole[:position])
        with pytest.raises(CheckpointError, match=f"{name}: is damaged or cut short"):
            read_checkpoint(folder)


def test_a_cut_configuration(folder: Path) -> None:
    whole = (folder / "config.json").read_bytes()
    for position in range(len(whole) - 1):  # without its last line break it is still whole
        (folder / "config.json").write_bytes(whole[:position])
        if position < len(whole.rstrip()):
            with pytest.raises(CheckpointError, match=r"config\.json: is not JSON"):
                read_checkpoint(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "has format 99, expected 1; update bioner-zoo"),
        ({"vocabularies": "words"}, "expected 'vocabularies' to be a list"),
        ({"vocabularies": ["../words"]}, "vouches for"),
        ({"sha256": {}}, "vouches for"),
        ({"model": None}, "expected 'model' to be a dict"),
        ({"ngrams": [3, 6]}, r"cannot be read \('ngrams'\); take a fresh copy"),
    ],
)
def test_a_wrong_configuration(folder: Path, change: dict, message: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(CheckpointError, match=message):
        read_checkpoint(folder)


def test_foreign_folders(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is not a folder"):
        read_checkpoint(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match=r"has no config\.json \(found nothing\)"):
        read_checkpoint(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(CheckpointError, match="written by another program"):
        read_checkpoint(tmp_path)
    (tmp_path / "config.json").write_text("[" * 100_000)
    with pytest.raises(CheckpointError, match="is not JSON"):
        read_checkpoint(tmp_path)


class _Bomb:
    def __reduce__(self) -> tuple:
        return (shutil.rmtree, ("/nonexistent-and-never-unpickled",))


def test_a_pickle_in_place_of_weights_is_never_opened(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps(_Bomb()))
    with pytest.raises(CheckpointError, match="damaged"):
        read_checkpoint(folder)
