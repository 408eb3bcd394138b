"""The multiple-label strategy against loops over words and their neighbours; what the lexicon's tags are."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from zoo.data.tags import spans_to_tags, tags_to_spans
from zoo.models.cnn_mls import CnnMls
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig, Window
from zoo.text.lexicon import lexicon_vocabulary
from zoo.text.vocab import Vocabulary

WINDOWS = [["no", "type", "2", "diabetes", "nor", "asthma"], ["asthma"], ["colon", "cancer", "?"]]
GOLD = [[0, 1, 2, 3, 0, 4], [4], [1, 3, 0]]  # rows of O, B, I, E, S


def fresh(**model: float) -> CnnMls:
    torch.manual_seed(0)
    return CnnMls(
        codec=CodecConfig(labels=("Disease",)),
        words=Vocabulary.of(form for forms in WINDOWS for form in forms),
        characters=Vocabulary.of("abcdefghijklmnopqrstuvwxyz"),
        lexicon=lexicon_vocabulary(["asthma", "colon cancer", "type 2 diabetes"], "v1"),
        **{"word_size": 5, "filters": 7, "depth": 2} | model,
    )


def batch_of(tagger: CnnMls) -> Batch:
    offsets = tuple((i, i + 1) for i in range(9))
    windows = [Window(0, f, offsets[: len(f)], tags, 0) for f, tags in zip(WINDOWS, GOLD, strict=True)]
    return tagger.read(windows)


def spoken(tagger: CnnMls, batch: Batch) -> Tensor:
    """Probabilities of the tags that each word predicts, itself and its neighbours from left to right: (B, W, K, T)."""
    return tagger.output_layer(tagger._convolve(batch)).unflatten(2, (2 * tagger.reach + 1, -1)).softmax(3)


@pytest.mark.parametrize("reach", [0, 1, 2])
def test_a_tags_probability_is_the_mean_of_what_the_word_and_its_neighbours_say(reach: int) -> None:
    tagger = fresh(reach=reach).eval().double()
    batch = batch_of(tagger)
    said, found = spoken(tagger, batch).tolist(), tagger(batch).exp()
    torch.testing.assert_close(found.sum(2), torch.ones_like(found[..., 0]))
    for row, forms in enumerate(WINDOWS):
        for j in range(len(forms)):
            heard = [said[row][i][j - i + reach] for i in range(len(forms)) if abs(j - i) <= reach]
            mean = [sum(tag) / len(heard) for tag in zip(*heard, strict=True)]
            assert found[row, j].tolist() == pytest.approx(mean)


@pytest.mark.parametrize("reach", [0, 1, 2])
def test_the_loss_is_the_cross_entropy_of_every_tag_a_word_predicts(reach: int) -> None:
    tagger = fresh(reach=reach).eval().double()
    batch = batch_of(tagger)
    said, entropy = spoken(tagger, batch).tolist(), 0.0
    for row, gold in enumerate(GOLD):
        for i in range(len(gold)):
            for k in range(-reach, reach + 1):
                if 0 <= i + k < len(gold):
                    entropy -= math.log(said[row][i][k + reach][gold[i + k]])
    assert tagger.loss(batch).item() == pytest.approx(entropy / 10)
    if reach == 0:
        softmax = -tagger.crf(tagger(batch), batch.tags, mask=batch.mask, reduction="token_mean")
        torch.testing.assert_close(tagger.loss(batch), softmax)


def test_a_word_sees_as_far_as_the_convolutions_and_the_strategy_reach() -> None:
    tagger = fresh(depth=2, width=3, reach=1).eval()
    seen = []
    for changed in range(9):
        forms = ["no"] * 9
        forms[changed] = "asthma"
        offsets = tuple((i, i + 1) for i in range(9))
        middle = tagger(tagger.read([Window(0, forms, offsets, [], 0)]))[0, 4]
        seen.append(middle)
    same = [torch.equal(seen[0], one) for one in seen]
    assert same == [distance > 3 for distance in (4, 3, 2, 1, 0, 1, 2, 3, 4)]  # one a convolution, one more a neighbour


def test_the_legal_tags_are_the_likeliest_of_those_that_keep_to_the_scheme() -> None:
    tagger = fresh(legal=True).eval()
    batch, codec = batch_of(tagger), tagger.codec
    emissions = 3 * torch.randn(3, 6, 5)
    found = tagger.crf.viterbi(emissions, batch.mask)
    for row, words in enumerate(WINDOWS):
        legal, best = [], (-math.inf, ())
        for tags in itertools.product(range(5), repeat=len(words)):
            named = [codec.tags[tag] for tag in tags]
            if spans_to_tags(tags_to_spans(named, "BIOES"), len(words), "BIOES") == named:
                legal.append(sum(emissions[row, word, tag].item() for word, tag in enumerate(tags)))
                best = max(best, (legal[-1], tags))
        assert found[row, : len(words)].tolist() == list(best[1])
        log_z = math.log(sum(map(math.exp, legal)))
        assert tagger.crf.log_partition(emissions, batch.mask)[row].item() == pytest.approx(log_z, abs=1e-4)
    assert not [name for name in tagger.state_dict() if name.startswith("crf")]


def test_match_tags_are_read() -> None:
    tagger = fresh().eval()
    batch = batch_of(tagger)
    assert batch.layers["lexicon"].tolist() == [[1, 2, 3, 4, 1, 5], [5, 0, 0, 0, 0, 0], [2, 4, 1, 0, 0, 0]]
    before = tagger(batch)
    batch.layers["lexicon"][2] = torch.tensor([1, 1, 1, 0, 0, 0])
    after = tagger(batch)
    assert not torch.allclose(before[2], after[2])
    torch.testing.assert_close(before[:2], after[:2])


@pytest.mark.parametrize("wrong", [{"width": 4}, {"depth": 0}])
def test_a_convolution_without_a_middle_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="Expected at least one convolution of odd width"):
        fresh(**wrong)


def test_only_while_training_words_become_the_unknown_word() -> None:
    tagger = fresh(word_dropout=1.0)
    batch, looked_up = batch_of(tagger), []
    tagger.word_embedding.register_forward_hook(lambda _, rows, __: looked_up.append(rows[0]))
    tagger.train()(batch)
    tagger.eval()(batch)
    assert torch.equal(looked_up[0], batch.mask.long())
    assert torch.equal(looked_up[1], batch.words)
