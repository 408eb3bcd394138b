"""The feature CRF against CRFsuite itself, which is given the attributes as strings."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from zoo.crf import CRF
from zoo.data.document import Document, Span
from zoo.data.splits import load_corpus
from zoo.hub.index import load
from zoo.models.features import attributes
from zoo.models.tagger import Tagger
from zoo.text.codec import CodecConfig, Window
from zoo.text.linguistics import Reading, load_linguistics
from zoo.training.build import build_tagger

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"


@pytest.fixture(scope="module")
def corpus() -> dict[str, list[Document]]:
    loaded = load_corpus(TINY)
    return {split: list(loaded[split]) for split in ("train", "dev", "test")}


def learnt(documents: list[Document], scheme: str = "IOB2", **model: Any) -> Tagger:
    tagger = build_tagger("feature_crf", CodecConfig(labels=("Disease",), scheme=scheme), model, documents)
    tagger.learn(tagger.prepare(tagger.codec.encode(documents, gold=True)[0]), (), seed=1)
    return tagger.eval()


@pytest.fixture(scope="module")
def tagger(corpus: dict[str, list[Document]]) -> Tagger:
    return learnt(corpus["train"])


def words_as_strings(forms: Sequence[str], reach: int = 2) -> list[list[str]]:
    """What CRFsuite is told, written down anew: every attribute with its distance."""
    read: list[Reading] = next(load_linguistics("rules-en")([forms]))
    told = []
    for place in range(len(forms)):
        names = ["bias"]
        for distance in range(-reach, reach + 1):
            at = place + distance
            if at < 0 or at >= len(forms):
                names.append(f"{distance}:{'before' if at < 0 else 'after'}")
            else:
                names += [f"{distance}:{name}" for name in attributes(forms[at], read[at]) if name]
        told.append(names)
    return told


@pytest.fixture(scope="module")
def crfsuite(corpus: dict[str, list[Document]], tagger: Tagger, tmp_path_factory: pytest.TempPathFactory) -> Any:
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.select("lbfgs")
    trainer.set_params({"c1": 0.1, "c2": 0.1, "max_iterations": 100, "feature.possible_transitions": True})
    for window in tagger.codec.encode(corpus["train"], gold=True)[0]:
        trainer.append(words_as_strings(window.forms), [tagger.codec.tags[tag] for tag in window.tags])
    path = str(tmp_path_factory.mktemp("crfsuite") / "model")
    trainer.train(path)
    peer = pycrfsuite.Tagger()
    peer.open(path)
    return peer


def held_out(tagger: Tagger, corpus: dict[str, list[Document]]) -> list[Window]:
    strange = Document("x", "Cancer: of \\n the lung=1 --> B:2 İ ß 🧬 in 50%\u00a0of DMD/BMD.\nRare")
    return tagger.codec.encode([*corpus["dev"], *corpus["test"], strange], gold=False)[0]


def test_tags_and_probabilities_are_those_of_crfsuite(
    tagger: Tagger, crfsuite: Any, corpus: dict[str, list[Document]]
) -> None:
    free = CRF(len(tagger.codec.tags), batch_first=True)  # as CRFsuite, which forbids no move
    free.load_state_dict(tagger.crf.state_dict())
    windows = held_out(tagger, corpus)
    batch = tagger.read(windows)
    with torch.no_grad():
        emissions = tagger(batch)
        paths, marginals = free.viterbi(emissions, batch.mask), free.marginals(emissions, batch.mask)
        likelihoods = free(emissions, paths, batch.mask, reduction="none").exp()
    assert len(windows) > 15
    for row, window in enumerate(windows):
        tags = crfsuite.tag(words_as_strings(window.forms))
        assert [tagger.codec.tags[tag] for tag in paths[row, : len(window.forms)]] == tags
        assert float(likelihoods[row]) == pytest.approx(crfsuite.probability(tags), abs=1e-4)
        for word in range(len(window.forms)):
            of_tags = [crfsuite.marginal(tag, word) for tag in tagger.codec.tags]
            assert marginals[row, word].tolist() == pytest.approx(of_tags, abs=1e-4)


def test_constraints_condition_on_legal_tags(tagger: Tagger, crfsuite: Any, corpus: dict[str, list[Document]]) -> None:
    """The scores of spans are CRFsuite's probabilities of paths, summed over the legal ones alone."""
    from itertools import product

    text = "Lung cancer ."
    (span,) = tagger.tag([text])[0].spans
    assert (span.start, span.end) == (0, 11)
    crfsuite.set(words_as_strings(text.split()))
    paths = {path: crfsuite.probability(path) for path in product(tagger.codec.tags, repeat=3)}
    assert sum(paths.values()) == pytest.approx(1)
    legal = {path: p for path, p in paths.items() if not re.search("(^|O )I", " ".join(tag[0] for tag in path))}
    assert len(legal) == 13
    of_span = sum(p for path, p in legal.items() if [tag[0] for tag in path[:2]] == ["B", "I"] and path[2][0] != "I")
    assert span.score == pytest.approx(of_span / sum(legal.values()), abs=1e-4)


def test_learnt_attributes_alone_are_kept(tagger: Tagger, corpus: dict[str, list[Document]], crfsuite: Any) -> None:
    fresh = build_tagger("feature_crf", tagger.codec.config, {}, corpus["train"])
    weighted = {name.split(":", 1)[1] for name, _ in crfsuite.info().state_features if name != "bias"}
    assert set(tagger.vocabularies["features"].entries[2:]) == weighted
    assert len(weighted) < 0.6 * len(fresh.vocabularies["features"])
    assert len(tagger.words) == len(tagger.characters) == 2  # neither is read


def test_saved_and_loaded_it_tags_alike_without_crfsuite(
    tagger: Tagger, corpus: dict[str, list[Document]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagger.save_pretrained(tmp_path)
    monkeypatch.setitem(sys.modules, "pycrfsuite", None)
    loaded = load(tmp_path)
    assert loaded.tag(corpus["test"]) == tagger.tag(corpus["test"])
    assert any(document.spans for document in loaded.tag(corpus["test"]))
    assert {path.name for path in tmp_path.iterdir()} == {
        *("config.json", "model.safetensors", "words.txt", "characters.txt", "features.txt")
    }
    assert loaded.hparams["trained_with"] == "rules-en"


def test_a_tag_that_training_never_saw_is_not_given(corpus: dict[str, list[Document]]) -> None:
    texts = {"Asthma was rare.": 0, "The asthma of children.": 4}
    single = [Document(str(at), text, (Span.of(at, at + 6, "Disease"),)) for text, at in texts.items()]
    tagger = learnt(single, "BIOES")
    batch = tagger.read(held_out(tagger, corpus))
    given = tagger.crf.viterbi(tagger(batch), batch.mask)[batch.mask]
    assert {tagger.codec.tags[tag] for tag in given} == {"O", "S-Disease"}


def test_another_version_of_the_linguistics_is_warned_of(
    tagger: Tagger, corpus: dict[str, list[Document]], tmp_path: Path
) -> None:
    tagger.save_pretrained(tmp_path)
    config = tmp_path / "config.json"
    config.write_text(config.read_text().replace('"trained_with": "rules-en"', '"trained_with": "en_ud_sm 0.0"'))
    with pytest.warns(UserWarning, match=r"was trained with lemmas and parts of speech of en_ud_sm 0\.0 but reads"):
        load(tmp_path).tag(corpus["test"])
