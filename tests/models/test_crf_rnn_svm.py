"""The fusion of CRF and RNN, against loops and against scikit-learn's own machine."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.hub.index import load
from zoo.models.crf_rnn_svm import CrfRnnSvm, fit_svm
from zoo.text.codec import CodecConfig
from zoo.training.build import build_tagger
from zoo.training.recipe import read_recipe
from zoo.training.train import train

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"
SIZES = {"word_size": 12, "hidden": 8}


@pytest.fixture(scope="module")
def corpus() -> dict[str, list[Document]]:
    loaded = load_corpus(TINY)
    return {split: list(loaded[split]) for split in ("train", "dev", "test")}


def fresh(corpus: dict[str, list[Document]], **model: Any) -> CrfRnnSvm:
    torch.manual_seed(0)
    codec = CodecConfig(labels=("Disease",), scheme="IOB2")
    tagger = build_tagger("crf_rnn_svm", codec, SIZES | model, corpus["train"])
    assert isinstance(tagger, CrfRnnSvm)
    return tagger.eval()


def teach(tagger: CrfRnnSvm, corpus: dict[str, list[Document]]) -> CrfRnnSvm:
    train, dev = (tagger.prepare(tagger.codec.encode(corpus[split], gold=True)[0]) for split in ("train", "dev"))
    tagger.learn(train, dev, seed=1)
    return tagger


@pytest.fixture(scope="module")
def learnt(corpus: dict[str, list[Document]]) -> CrfRnnSvm:
    return teach(fresh(corpus), corpus)


def test_gradients_change_the_rnn_alone(corpus: dict[str, list[Document]]) -> None:
    tagger = fresh(corpus)
    parts = {name.partition(".")[0] for name, _ in tagger.named_parameters()}
    assert parts == {"word_embedding", "rnn", "output_layer"}
    batch = tagger.read(tagger.codec.encode(corpus["train"], gold=True)[0])
    torch.manual_seed(3)
    loss = tagger.train().loss(batch)
    torch.manual_seed(3)
    expected = functional.cross_entropy(
        tagger._recur(batch).flatten(0, 1)[batch.mask.flatten()], batch.tags[batch.mask]
    )
    torch.testing.assert_close(loss, expected)


def test_before_it_has_learnt_it_is_the_rnn(corpus: dict[str, list[Document]]) -> None:
    tagger = fresh(corpus)
    batch = tagger.read(tagger.codec.encode(corpus["test"], gold=False)[0])
    with torch.no_grad():
        fused, own = tagger(batch), tagger._recur(batch)
    torch.testing.assert_close(fused[batch.mask], 10 * own.softmax(2)[batch.mask])


@pytest.mark.parametrize("neighbours", [0, 1, 2])
def test_fused_emissions_are_sums_over_both_systems_and_words(
    corpus: dict[str, list[Document]], neighbours: int
) -> None:
    tagger = teach(fresh(corpus, neighbours=neighbours), corpus)
    windows = tagger.codec.encode(corpus["test"], gold=False)[0]
    count = len(tagger.codec.tags)
    with torch.no_grad():
        together = tagger(tagger.read(windows))
        for row, window in enumerate(windows[:6]):
            batch = tagger.read([window])
            by_crf = tagger.feature_crf.marginals(tagger.scores(batch), batch.mask)[0].tolist()
            by_rnn = tagger._recur(batch).softmax(2)[0].tolist()
            for word in range(len(window.forms)):
                for tag in range(count):
                    value, column = float(tagger.fusion_bias[tag]), 0
                    for near in range(word - neighbours, word + neighbours + 1):
                        for system in (by_crf, by_rnn):
                            for judged in range(count):
                                if 0 <= near < len(window.forms):
                                    value += float(tagger.fusion_weight[tag, column]) * system[near][judged]
                                column += 1
                    assert column == tagger.fusion_weight.shape[1]
                    assert float(together[row, word, tag]) == pytest.approx(value, abs=1e-4, rel=1e-4)


def test_the_svm_learns_from_dev_documents_and_decides_as_scikit_learn(
    learnt: CrfRnnSvm, corpus: dict[str, list[Document]]
) -> None:
    from sklearn.svm import LinearSVC

    dev = learnt.prepare(learnt.codec.encode(corpus["dev"], gold=True)[0])
    opinions, tags = learnt._judged(dev)
    machine = LinearSVC(C=1.0, dual=False, random_state=1).fit(opinions.numpy(), tags.numpy())
    ours = functional.linear(opinions, learnt.fusion_weight, learnt.fusion_bias)
    scale = ours[0, 0] / machine.decision_function(opinions.numpy())[0, 0]
    assert scale > 0
    np.testing.assert_allclose(ours / scale, machine.decision_function(opinions.numpy()), atol=2e-2)
    assert (ours.argmax(1).numpy() == machine.predict(opinions.numpy())).mean() > 0.99


def noisy(tags: list[int], width: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    labels = torch.tensor(tags * 50)
    return torch.randn(len(labels), width, generator=draw) + labels[:, None] * torch.linspace(0.2, 1, width), labels


def test_the_slope_makes_the_likelihood_greatest() -> None:
    opinions, tags = noisy([0, 1, 2])
    weight, bias = fit_svm(opinions, tags, 3, 1.0, 1)
    values = functional.linear(opinions, weight, bias)
    best = functional.cross_entropy(values, tags)
    assert all(
        best <= functional.cross_entropy(values * slope, tags) + 1e-6 for slope in (0.5, 0.9, 0.99, 1.01, 1.1, 2)
    )


def test_tags_that_are_missing() -> None:
    opinions, tags = noisy([0, 2])
    weight, bias = fit_svm(opinions, tags, 4, 1.0, 1)
    values = functional.linear(opinions, weight, bias)
    assert values.argmax(1).eq(tags).float().mean() > 0.8
    assert bias[[1, 3]].tolist() == [-100, -100]
    torch.testing.assert_close(values[:, 0], -values[:, 2])
    with pytest.raises(ValueError, match="Expected dev documents with entities"):
        fit_svm(opinions, torch.zeros_like(tags), 4, 1.0, 1)


def test_saved_and_loaded_it_tags_alike_without_what_trained_it(
    learnt: CrfRnnSvm, corpus: dict[str, list[Document]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt.save_pretrained(tmp_path)
    for name in ("pycrfsuite", "sklearn", "sklearn.svm"):
        monkeypatch.setitem(sys.modules, name, None)
    loaded = load(tmp_path)
    assert loaded.tag(corpus["test"]) == learnt.tag(corpus["test"])
    assert any(document.spans for document in loaded.tag(corpus["test"]))
    assert loaded.hparams["trained_with"] == "rules-en"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    lines = (f"corpus: {TINY}", "architecture: crf_rnn_svm", "codec: {labels: [Disease], scheme: IOB2}")
    rest = ("trainer: {accelerator: cpu}", "training: {epochs: 3, batch_words: 100, save_minutes: 0, half: false}")
    path.write_text("\n".join([*lines, *rest, f"model: {SIZES}".replace("'", ""), f"output: {tmp_path / 'run'}", ""]))
    return path


def test_without_scikit_learn_no_training_is_begun(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ModuleNotFoundError, match=r"needs scikit-learn to be trained; pip install 'bioner-zoo\[svm\]'"):
        train(**read_recipe(recipe) | {"progress": False})
    assert not (tmp_path / "run").exists()


def test_a_run_interrupted_after_its_epochs_ends_as_another(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(**read_recipe(recipe, ["--output", str(tmp_path / "whole")]) | {"progress": False})
    assert whole.metrics["epochs"] == 3
    assert whole.tagger.fusion_weight.count_nonzero() > 3  # more than the RNN's own probabilities

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("zoo.models.crf_rnn_svm.fit_svm", interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(**read_recipe(recipe) | {"progress": False})
    resumed = train(**read_recipe(recipe, ["--resume", "true"]) | {"progress": False})
    assert (resumed.folder / "model.safetensors").read_bytes() == (whole.folder / "model.safetensors").read_bytes()
