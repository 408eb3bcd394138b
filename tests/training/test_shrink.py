"""A smaller checkpoint says the same of texts whose words it kept, and its figures are its own."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from zoo.data.splits import load_corpus
from zoo.evaluation.spans import score
from zoo.hub.index import checkpoints_folder, load
from zoo.models.char_cnn_bilstm_crf import CharCnnBiLstmCrf
from zoo.models.golden import check_golden
from zoo.text.codec import CodecConfig
from zoo.training.fit import TrainingConfig
from zoo.training.optimizers import OptimizerConfig
from zoo.training.shrink import shrink
from zoo.training.train import train

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "run"
    done = train(
        corpus=str(TINY),
        architecture="char_cnn_bilstm_crf",
        codec=CodecConfig(labels=("Disease",)),
        model={"word_size": 8, "character_size": 4, "filters": 4, "hidden": 8, "tanh_size": 8, "dropout": 0.0},
        optimizer=OptimizerConfig(learning_rate=0.03),
        training=TrainingConfig(epochs=4, batch_words=100),
        output=str(folder),
        progress=False,
    )
    return done.folder


def test_words_that_are_kept_are_read_as_before_and_others_are_unknown(trained: Path, tmp_path: Path) -> None:
    before = CharCnnBiLstmCrf.from_pretrained(trained)
    kept = len(before.words) // 2
    metrics = shrink(trained, tmp_path / "small", kept)
    after = CharCnnBiLstmCrf.from_pretrained(tmp_path / "small")
    assert after.words.entries == before.words.entries[:kept]
    assert metrics["words_kept"] == kept
    known, lost = before.words.entries[kept - 1], before.words.entries[-1]
    assert (after.lookup.row(known), after.lookup.row(lost)) == (kept - 1, 1)
    assert before.lookup.row(lost) == len(before.words) - 1
    for text in (known, f"{known} , {known}"):
        emissions = [
            tagger(tagger.read(tagger.codec.encode([document], gold=False)[0]))
            for tagger in (before, after)
            for document in [tagger.tag([text])[0]]
        ]
        torch.testing.assert_close(*emissions, atol=1e-5, rtol=1e-5)


def test_it_is_complete_and_measured_anew(trained: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    shrink(trained, small, 3)
    metrics = json.loads((small / "metrics.json").read_text(encoding="utf-8"))
    tagger = CharCnnBiLstmCrf.from_pretrained(small)
    check_golden(tagger, small)
    dev = load_corpus(TINY)["dev"]
    assert metrics["dev"]["micro"]["f1"] == pytest.approx(score(dev, tagger.tag(dev)).micro.f1)
    assert metrics["corpus"] == json.loads((trained / "metrics.json").read_text(encoding="utf-8"))["corpus"]
    assert (small / "recipe.yaml").read_bytes() == (trained / "recipe.yaml").read_bytes()


def test_nothing_is_overwritten(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError, match="remove it"):
        shrink(trained, tmp_path, 10)


def test_what_cannot_be_shrunk_leaves_nothing_behind(trained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy)
    recipe = (copy / "recipe.yaml").read_text().replace(str(TINY), str(tmp_path / "gone"))
    (copy / "recipe.yaml").write_text(recipe)
    with pytest.raises(ValueError, match="Expected a corpus out of"):
        shrink(copy, tmp_path / "small", 20)
    with pytest.raises(ValueError, match="Expected a tagger with word vectors but got a dictionary_regex"):
        load(checkpoints_folder() / "dictionary_regex.pharmaconer").keep_words(20)
    assert not (tmp_path / "small").exists()
