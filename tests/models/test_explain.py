"""Explanations against the network taken apart by hand, and attention against the paper's equations in float64."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.models.test_contract import SMALL, fresh
from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.models.bilstm import BiLstm
from zoo.models.char_attention_blstm_crf import CharacterAttention, CharAttentionBlstmCrf
from zoo.models.explain import explain
from zoo.text.batch import Batch

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"
TEXT = "Patients with Wilson disease were seen. Asthma (J45) is another one."


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return list(load_corpus(TINY)["train"])


@torch.no_grad()
def test_the_representation_is_what_the_last_layer_reads(documents: list[Document]) -> None:
    tagger = fresh("bilstm", documents).eval()
    assert isinstance(tagger, BiLstm)
    first, second = explain(tagger, [TEXT])
    assert second.words == ("Asthma", "(", "J45", ")", "is", "another", "one", ".")
    rows = torch.tensor([[tagger.lookup.row(form) for form in second.words]])
    states, _ = torch.nn.LSTM.forward(tagger.lstm, tagger.word_embedding(rows))  # one sentence: nothing is padded
    dense = tagger.dense_layer[0]
    read = torch.tanh(states[0] @ dense.weight.T + dense.bias)
    torch.testing.assert_close(torch.from_numpy(second.representation), read)
    emissions = read @ tagger.output_layer.weight.T + tagger.output_layer.bias
    torch.testing.assert_close(torch.from_numpy(second.emissions), emissions)
    assert first.representation.shape == (7, 12)
    assert not second.attention


@pytest.mark.parametrize("key", SMALL)
def test_every_architecture_can_be_explained(key: str, documents: list[Document]) -> None:
    tagger = fresh(key, documents).train()
    texts = [document.text for document in documents[:3]]
    found = explain(tagger, texts)
    assert tagger.training
    assert not any(module._forward_pre_hooks for module in tagger.modules())
    tagged = [span for document in tagger.tag(texts) for span in document.spans]
    assert sum(len(one.spans) for one in found) == len(tagged)
    for one in found:
        words, tags = len(one.words), len(tagger.codec.tags)
        assert one.emissions.shape == one.probabilities.shape == (words, tags)
        assert one.probabilities.sum(1) == pytest.approx(1, abs=1e-5)
        assert len(one.representation) == len(one.path) == words
        assert bool(one.representation.size) == hasattr(tagger, "output_layer")


def test_spans_are_those_of_tagging(documents: list[Document]) -> None:
    tagger = fresh("char_bilstm_crf", documents)
    found = explain(tagger, [TEXT])
    shown = [
        (one.offsets[first][0], one.offsets[end - 1][1], label, score)
        for one in found
        for first, end, label, score in one.spans
    ]
    assert shown == [(s.start, s.end, s.label, pytest.approx(s.score)) for s in tagger.tag([TEXT])[0].spans]
    assert shown
    for one in found:
        inside = {word for first, end, _, _ in one.spans for word in range(first, end)}
        assert inside == {word for word, tag in enumerate(one.path) if one.tags[tag] != "O"}


def slow_weights(layer: CharacterAttention, row: list[int], word: Tensor) -> list[list[float]]:
    """The weight of each character in each dimension: exp(W_t h_j) over its sum, one number at a time."""
    size = layer.embedding.embedding_dim
    zeros = [0.0] * size
    vectors = [zeros, zeros, *(layer.embedding.weight[c].tolist() for c in row), zeros, zeros]
    exponentials = []
    for j in range(len(row)):
        hidden = []
        for d in range(size):
            total = float(layer.window_layer.bias[d])
            for place in range(5):
                total += sum(float(layer.window_layer.weight[d, e, place]) * vectors[j + place][e] for e in range(size))
            if layer.word_layer is not None:
                total += float(layer.word_layer.weight[d] @ word)
            hidden.append(math.tanh(total))
        weights = layer.weight_layer.weight.tolist()
        exponentials.append([math.exp(sum(w * h for w, h in zip(line, hidden, strict=True))) for line in weights])
    sums = [sum(t[d] for t in exponentials) for d in range(size)]
    return [[t[d] / sums[d] for d in range(size)] for t in exponentials]


@pytest.mark.parametrize("conditioned", [False, True])
@torch.no_grad()
def test_attention_weights_are_those_of_the_paper(documents: list[Document], conditioned: bool) -> None:
    tagger = fresh("char_attention_blstm_crf", documents, conditioned=conditioned)
    assert isinstance(tagger, CharAttentionBlstmCrf)
    assert tagger.attention is not None
    tagger.attention.weight_layer.weight *= 20  # or all weights are nearly alike
    (one,) = explain(tagger, ["Asthma (J45) is seen."])
    assert one.words[2] == "J45"
    for form, weights in zip(one.words, one.attention, strict=True):
        assert weights.shape == (len(form), 6)
        assert weights.sum(0) == pytest.approx(1, abs=1e-5)
        word = tagger.word_embedding.weight[tagger.lookup.row(form)]
        expected = slow_weights(tagger.attention, list(tagger.lookup.spelling(form)), word)
        torch.testing.assert_close(torch.from_numpy(weights), torch.tensor(expected), atol=1e-5, rtol=1e-3)
    assert one.attention[0].max() > 0.5


def test_of_a_very_long_word_the_ends_are_shown(documents: list[Document]) -> None:
    tagger = fresh("char_attention_blstm_crf", documents)
    form = "".join(chr(ord("a") + i % 26) for i in range(90))
    (one,) = explain(tagger, [form])
    assert one.spelled(0) == form[:25] + form[-25:]
    assert len(one.attention[0]) == 50


class LayerOfAnotherName(BiLstm):
    """A last layer that is not named as the convention wants it."""

    def encode(self, batch: Batch) -> Tensor:
        return super().encode(batch) if hasattr(self, "output_layer") else self.last(self.word_embedding(batch.words))


def test_without_an_output_layer_there_is_no_representation(documents: list[Document]) -> None:
    tagger = fresh("bilstm", documents)
    tagger.__class__ = LayerOfAnotherName
    tagger.last = torch.nn.Linear(12, len(tagger.codec.tags))
    del tagger.output_layer
    (one, _) = explain(tagger, [TEXT])
    assert one.representation.shape == (7, 0)
    assert one.emissions.any()


def test_no_words_and_one_string(documents: list[Document]) -> None:
    tagger = fresh("bilstm", documents)
    assert explain(tagger, ["", " \n"]) == []
    with pytest.raises(TypeError, match="Expected a list of texts but got one string"):
        explain(tagger, TEXT)
