"""The input layer against the paper's equations, one word and one dimension at a time in float64."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from zoo.crf import CRF
from zoo.crf.softmax import Softmax
from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.models.char_attention_blstm_crf import CharacterAttention, CharAttentionBlstmCrf, word_windows
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig
from zoo.text.vocab import NORMALIZERS
from zoo.training.build import VectorsConfig, build_tagger

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"
SMALL = {"normalizer": "lower-num", "word_size": 7, "character_size": 4, "hidden": 5, "tanh_size": 6}


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return list(load_corpus(TINY)["train"])


def small(documents: list[Document], **more: object) -> tuple[CharAttentionBlstmCrf, Batch]:
    torch.manual_seed(0)
    codec = CodecConfig(labels=("Disease",), scheme="BIOES")
    tagger = build_tagger(CharAttentionBlstmCrf.key, codec, SMALL | more, documents, VectorsConfig())
    assert isinstance(tagger, CharAttentionBlstmCrf)
    return tagger, tagger.read(tagger.codec.encode(documents, gold=True)[0])


def attended(layer: CharacterAttention, row: list[int], word: Tensor) -> list[float]:
    """The paper's R_c of one form, with the U_t and b_t that it prints and the layer leaves out."""
    size = layer.embedding.embedding_dim
    generator = torch.Generator().manual_seed(1)
    in_exponent = torch.randn(size, len(word), generator=generator, dtype=torch.float64)  # U_t
    bias = torch.randn(size, generator=generator, dtype=torch.float64)  # b_t
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
        scores = [
            sum(float(layer.weight_layer.weight[d, e]) * hidden[e] for e in range(size))
            + float(in_exponent[d] @ word + bias[d])
            for d in range(size)
        ]
        exponentials.append([math.exp(score) for score in scores])
    sums = [sum(t[d] for t in exponentials) for d in range(size)]
    return [sum(t[d] / sums[d] * vectors[j + 2][d] for j, t in enumerate(exponentials)) for d in range(size)]


@pytest.mark.parametrize("conditioned", [False, True])
@torch.no_grad()
def test_the_input_layer_is_that_of_the_paper(documents: list[Document], conditioned: bool) -> None:
    tagger, batch = small(documents[:2], conditioned=conditioned)
    tagger.double()
    assert tagger.attention is not None
    read = {}
    for b, w in batch.mask.nonzero().tolist():
        row = [c for c in batch.characters[batch.forms[b, w]].tolist() if c]
        word = tagger.word_embedding.weight[batch.words[b, w]]
        read[b, w] = attended(tagger.attention, row, word) + word.tolist()
    border = [0.0] * 11
    found = word_windows(tagger._read_forms(batch), batch.forms, batch.mask)
    assert found.shape == (*batch.words.shape, 55)
    for b, w in read:
        expected = [value for place in range(w - 2, w + 3) for value in read.get((b, place), border)]
        torch.testing.assert_close(found[b, w].tolist(), expected, rtol=1e-10, atol=1e-12)


def test_only_when_conditioned_does_the_word_weigh_its_characters() -> None:
    characters = torch.tensor([[2, 3, 4]])
    for size, moved in ((0, False), (5, True)):
        layer = CharacterAttention(9, 4, size)
        words = torch.randn(1, 5, requires_grad=True)
        (gradient,) = torch.autograd.grad(layer(characters, words).sum(), words, allow_unused=True)
        assert (gradient is not None and bool(gradient.any())) == moved


def test_begins_as_the_paper_says(documents: list[Document]) -> None:
    tagger, _ = small(documents, word_size=20, hidden=30)
    assert tagger.attention is not None
    embedding = tagger.attention.embedding.weight
    assert not embedding[0].any()
    assert 0 <= embedding[1:].min() < 0.1 < 0.9 < embedding[1:].max() <= 1
    bounds = {
        "lstm.weight_ih_l0": math.sqrt(6 / (30 + 5 * 24)),
        "lstm.bias_ih_l0_reverse": math.sqrt(6 / (30 + 5 * 24)),
        "lstm.weight_hh_l0_reverse": math.sqrt(6 / (30 + 30)),
        "tanh_layer.weight": math.sqrt(6 / (6 + 60)),
        "attention.window_layer.weight": math.sqrt(6 / (4 + 5 * 4)),
    }
    for name, bound in bounds.items():
        assert 0.9 * bound < tagger.get_parameter(name).abs().max() <= bound


def test_switches_of_the_paper(documents: list[Document]) -> None:
    everything, batch = small(documents)
    assert everything.lstm.input_size == 5 * (7 + 4)
    assert everything.lstm.bidirectional
    assert isinstance(everything.crf, CRF)
    words, _ = small(documents, character_attention=False, bidirectional=False, crf=False)
    assert words.attention is None
    assert words.lstm.input_size == 5 * 7
    assert words.tanh_layer.in_features == 5
    assert isinstance(words.crf, Softmax)
    words.loss(batch).backward()
    assert all(parameter.grad is not None for parameter in words.parameters())
    assert len(words.eval().tag(documents)) == len(documents)


def test_one_direction_reads_no_further_than_two_words_ahead(documents: list[Document]) -> None:
    text = "Patients with asthma or with breast cancer were seen"
    for bidirectional, same in ((False, 5), (True, 0)):
        tagger, _ = small(documents, bidirectional=bidirectional)
        first, second = (
            tagger(tagger.read(tagger.codec.encode([Document("x", t)], gold=False)[0]))[0]
            for t in (text, text.replace("were", "cancer"))
        )
        assert [bool((a == b).all()) for a, b in zip(first, second, strict=True)].index(False) == same


def test_unknown_words_stand_for_whole_forms(documents: list[Document]) -> None:
    tagger, batch = small(documents, word_dropout=1.0)
    unknown = tagger.word_embedding.weight[1]
    assert (tagger.train()._read_forms(batch)[:, 4:] == unknown).all()
    assert not (tagger.eval()._read_forms(batch)[:, 4:] == unknown).all()


def test_numbers_are_one_word() -> None:
    normalize = NORMALIZERS["lower-num"]
    words = ["12", "1,000", "0.05", "NUM", "num", "IL-2", "P53", "5'", "Cell"]
    assert [normalize(word) for word in words] == ["NUM"] * 4 + ["num", "il-2", "p53", "5'", "cell"]
    assert all(normalize(normalize(word)) == normalize(word) for word in words)
