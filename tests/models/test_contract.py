"""One contract for every registered architecture."""

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from zoo.crf import CRF
from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.data.tags import SCHEMES
from zoo.evaluation.spans import score
from zoo.models.layers import WordEmbedding
from zoo.models.registry import ARCHITECTURES, architecture_named
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig
from zoo.text.ngrams import Ngrams
from zoo.text.vocab import Vocabulary
from zoo.training.build import ResourcesConfig, VectorsConfig, build_tagger

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"
CNN_MLS: dict[str, object] = {
    "word_size": 12,
    "character_size": 6,
    "character_filters": 6,
    "lexicon_size": 4,
    "filters": 24,
    "depth": 2,
    "word_dropout": 0.1,
}
BERT: dict[str, object] = {"max_pieces": 16, "overlap": 4}  # so that longer sentences are read in stretches
SMALL: dict[
    str, dict[str, object]
] = {  # an architecture by its key, or with what comes after a slash in another form that its paper has
    "bert": BERT,
    "bert/softmax": BERT | {"crf": False},
    "bilstm": {"word_size": 12, "hidden": 24, "dense_size": 12},
    "bilstm/features": {"word_size": 12, "feature_size": 12, "hidden": 24, "dense_size": 12, "word_dropout": 0.3},
    "bilstm/softmax": {"crf": False, "word_size": 12, "hidden": 24, "dense_size": 0},
    "char_bilstm_crf": {"word_size": 12, "character_hidden": 6, "hidden": 24, "tanh_size": 12, "word_dropout": 0.1},
    "char_attention_blstm_crf": {
        "normalizer": "lower-num",
        "word_size": 12,
        "character_size": 6,
        "hidden": 24,
        "tanh_size": 12,
        "conditioned": True,
    },
    "char_cnn_bilstm_crf": {"word_size": 12, "character_size": 6, "filters": 6, "hidden": 24, "tanh_size": 12},
    "cnn_mls": CNN_MLS | {"legal": True},
    "cnn_mls/softmax": CNN_MLS,
    "contextual_string_bilstm_crf": {
        "word_size": 12,
        "lm_character_size": 4,
        "lm_hidden": 8,
        "memory_size": 6,
        "projection_size": 24,
        "hidden": 24,
    },
    "crf_rnn_svm": {"word_size": 12, "hidden": 24},
    "dictionary_regex": {"patterns": [{"pattern": r"(?:gene |in |\()(?P<mention>APC|DMD)\b"}]},
    "extended_neuroner": {
        "linguistics": "rules-en",
        "word_size": 12,
        "sense_size": 8,
        "character_hidden": 6,
        "hidden": 24,
        "tanh_size": 12,
        "word_dropout": 0.1,
    },
    "feature_crf": {},
    "lexicon_bilstm_crf": {
        "word_size": 12,
        "character_filters": 6,
        "character_hidden": 6,
        "lexicon_size": 4,
        "hidden": 24,
        "word_dropout": 0.1,
    },
}
RESOURCES: dict[str, Any] = {  # what some are built from besides documents
    "lexicon": (str(TINY / "diseases.txt"),),
    "language_model": str(TINY.parent / "character_lm"),
    "encoder": str(TINY.parent / "encoder"),
}

every_architecture = pytest.mark.parametrize("key", list(SMALL))


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return list(load_corpus(TINY)["train"])


def named(key: str) -> str:
    return key.partition("/")[0]


def fresh(key: str, documents: list[Document], scheme: str = "BIOES", **more: object) -> Tagger:
    torch.manual_seed(0)
    codec = CodecConfig(labels=("Disease",), scheme=scheme)
    kind = ARCHITECTURES[named(key)]
    needed = {name: RESOURCES[name] for name in kind.resources if name not in kind.optional}
    return build_tagger(kind.key, codec, SMALL[key] | more, documents, VectorsConfig(), ResourcesConfig(**needed))


def batch_of(tagger: Tagger, documents: list[Document]) -> Batch:
    return tagger.read(tagger.codec.encode(documents, gold=True)[0])


def test_the_registry_is_keyed_by_the_classes_own_keys() -> None:
    assert {key: architecture.key for key, architecture in ARCHITECTURES.items()} == {key: key for key in ARCHITECTURES}
    assert {named(key) for key in SMALL} == set(ARCHITECTURES)


def test_unknown_architecture_names_the_nearest() -> None:
    with pytest.raises(KeyError, match="Did you mean 'char_cnn_bilstm_crf'"):
        architecture_named("char_cnn_bilstm_cfr")


def overfitted(key: str, documents: list[Document]) -> Tagger:
    droppable = "dropout" in inspect.signature(ARCHITECTURES[named(key)]).parameters
    tagger = fresh(key, documents, **({"dropout": 0.0} if droppable else {})).train()
    if not tagger.descends:
        windows = tagger.prepare(tagger.codec.encode(documents, gold=True)[0])
        tagger.learn(windows, windows, seed=0)
        return tagger
    batch = batch_of(tagger, documents)
    optimizer = torch.optim.Adam(tagger.parameters(), lr=0.003 if named(key) == "bert" else 0.03)
    for _ in range(100 if named(key) == "bert" else 60):
        optimizer.zero_grad()
        tagger.loss(batch).backward()
        optimizer.step()
    return tagger


def test_one_string_is_refused(documents: list[Document]) -> None:
    with pytest.raises(TypeError, match="Expected a list of texts but got one string; write"):
        fresh("char_cnn_bilstm_crf", documents).tag("Asthma and cancer.")


@every_architecture
def test_shapes_finite_loss_and_a_gradient_for_every_parameter(key: str, documents: list[Document]) -> None:
    tagger = fresh(key, documents)
    batch = batch_of(tagger, documents)
    emissions = tagger(batch)
    assert emissions.shape == (*batch.words.shape, len(tagger.codec.tags))
    loss = tagger.loss(batch)
    assert loss.shape == ()
    assert loss.isfinite()
    loss.backward()
    without = [name for name, p in tagger.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert without == []
    dead = [name for name, p in tagger.named_parameters() if p.grad is not None and not p.grad.any()]
    assert dead == []


@every_architecture
def test_independent_of_padding_and_of_batch_order(key: str, documents: list[Document]) -> None:
    tagger = overfitted(key, documents).eval()
    windows, _ = tagger.codec.encode(documents, gold=False)
    together = tagger(tagger.read(windows))
    reversed_batch = tagger(tagger.read(windows[::-1])).flip(0)
    for row, window in enumerate(windows):
        alone = tagger(tagger.read([window]))[0]
        torch.testing.assert_close(together[row, : len(window.forms)], alone, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(together[row], reversed_batch[row], atol=1e-5, rtol=1e-5)


@every_architecture
@pytest.mark.parametrize("scheme", SCHEMES)
def test_tags_of_an_untrained_tagger_are_legal(key: str, scheme: str, documents: list[Document]) -> None:
    tagger = fresh(key, documents, scheme).eval()
    batch = batch_of(tagger, documents)
    with torch.no_grad():
        emissions = tagger(batch)
        # An untrained encoder makes all words alike.
        noise = torch.randn(emissions.shape) if named(key) == "bert" else torch.zeros(())
        tags = tagger.crf.viterbi(emissions + noise, batch.mask)
    of_the_scheme = CRF(len(tagger.codec.tags), batch_first=True, constraints=tagger.codec.transitions)
    # A softmax knows no scheme: to it every sequence is legal, and some of these are not legal in the scheme.
    assert of_the_scheme.permits(tags, batch.mask).all() == (not key.endswith("/softmax"))
    assert tagger.crf.permits(tags, batch.mask).all()


@every_architecture
def test_overfits_eight_documents_and_tags_offsets_of_the_original_text(key: str, documents: list[Document]) -> None:
    tagger = overfitted(key, documents)
    tagged = tagger.tag(documents)
    assert score(documents, tagged).micro.f1 == 1.0
    assert tagger.training  # tagging leaves the mode as it was
    texts = tagger.tag([document.text for document in documents])
    assert [span.slice(d.text) for d in texts for span in d.spans] == [
        span.slice(d.text) for d in tagged for span in d.spans
    ]
    assert all(0.5 < span.score <= 1 for document in tagged for span in document.spans)


@every_architecture
def test_saved_and_loaded_it_gives_the_same_output(key: str, documents: list[Document], tmp_path: Path) -> None:
    tagger = overfitted(key, documents).eval()
    tagger.save_pretrained(tmp_path)
    loaded = ARCHITECTURES[named(key)].from_pretrained(tmp_path)
    assert loaded.tag(documents) == tagger.tag(documents)
    assert json.loads((tmp_path / "config.json").read_text())["architecture"] == named(key)
    batch = batch_of(tagger, documents)
    torch.testing.assert_close(loaded(batch), tagger(batch), atol=0, rtol=0)


@every_architecture
def test_hard_texts(key: str, documents: list[Document]) -> None:
    tagger = overfitted(key, documents)
    line = "The cancer spread to the liver in 12 of 40 patients."
    megabyte = f"{line}\n" * 20_000
    texts = ["", " ", "\u200b", f"🧬🧬 {line}", f"e\u0301\u0301\u00a0\r\n{line}", f"{'x' * 10_000}\n{line}", megabyte]
    tagged = tagger.tag(texts)
    assert [document.text for document in tagged] == texts
    found = [[(span.start, span.end) for span in document.spans] for document in tagged]
    assert found[:3] == [[], [], []]
    assert found[3] == [(7, 13)]  # an astral character counts as one
    assert found[4] == [(10, 16)]  # combining marks and both characters of a line's end count
    assert found[5][-1] == (10_005, 10_011)
    assert found[6] == [(start + 4, start + 10) for start in range(0, len(megabyte), len(line) + 1)]


@every_architecture
def test_results_do_not_depend_on_batch_size(key: str, documents: list[Document]) -> None:
    tagger = overfitted(key, documents).eval()
    one, many = tagger.tag(documents, batch_words=1), tagger.tag(documents, batch_words=10_000)
    assert any(document.spans for document in one)
    assert [[span.key for span in d.spans] for d in one] == [[span.key for span in d.spans] for d in many]
    scores = [[span.score for d in tagged for span in d.spans] for tagged in (one, many)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)
    half = tagger.tag(documents, half=True)
    assert [[span.key for span in d.spans] for d in one] == [[span.key for span in d.spans] for d in half]
    assert scores[0] == pytest.approx([span.score for d in half for span in d.spans], abs=0.1)


@pytest.mark.parametrize("key", [key for key in SMALL if "word_size" in SMALL[key]])
def test_words_of_no_vocabulary_are_read_by_the_vectors_of_their_ngrams(
    key: str, documents: list[Document], tmp_path: Path
) -> None:
    unseen = [Document("1", "Osteopetroses and hepatoblastomas; cancer."), Document("2", "A 7q11 hepatoblastomas case")]
    strange = ("osteopetroses", "hepatoblastomas", ";", "0q00", "case")
    tagger = fresh(key, documents, normalizer="lower-digits").eval()
    assert not any(word in tagger.words for word in strange)
    without = tagger(batch_of(tagger, unseen))

    ngrams = Ngrams(np.random.default_rng(1).normal(size=(97, 12)).astype(np.float32))
    tagger.compose_with(ngrams)
    emissions = tagger(batch_of(tagger, unseen))
    tagger.save_pretrained(tmp_path)
    loaded = architecture_named(tagger.key).from_pretrained(tmp_path)
    torch.testing.assert_close(loaded(batch_of(loaded, unseen)), emissions, atol=0, rtol=0)

    composed = [torch.from_numpy(ngrams.compose(word)) for word in strange]
    tagger.words = Vocabulary([*tagger.words.entries, *strange])  # as if they had been known, with these vectors
    table = torch.cat([tagger.word_embedding.weight.detach(), torch.stack(composed)])
    tagger.word_embedding = WordEmbedding.from_pretrained(table, padding_idx=0)
    tagger.compose_with(None)
    torch.testing.assert_close(tagger(batch_of(tagger, unseen)), emissions, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(without, emissions, atol=1e-3)

    loaded.keep_words(len(loaded.words))
    torch.testing.assert_close(loaded(batch_of(loaded, unseen)), without, atol=1e-5, rtol=1e-5)


def test_dev_score_while_training_is_the_strict_score_of_documents(documents: list[Document]) -> None:
    from zoo.data.document import Span

    crossing = Document("x", "A lung. Cancer here.", (Span.of(2, 14, "Disease"), Span.of(3, 6, "Disease")))
    gold = [*documents, crossing]
    tagger = fresh("char_cnn_bilstm_crf", documents).eval()
    tagger.log = lambda *arguments, **more: None  # type: ignore[method-assign]
    with torch.no_grad():
        tagger.validation_step(batch_of(tagger, gold), 0)
    assert float(tagger.dev_f1.compute()) == pytest.approx(score(gold, tagger.tag(gold)).micro.f1)
