"""The character BiLSTM against one form at a time, and words that become the unknown word."""

import torch
from torch import Tensor

from zoo.models.char_bilstm_crf import CharBiLstmCrf
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig, Window
from zoo.text.vocab import Vocabulary

FORMS = ["a", "cab", "bac", "abcabc", "ab"]


def tagger_and_batch(**model: float) -> tuple[CharBiLstmCrf, Batch]:
    torch.manual_seed(0)
    tagger = CharBiLstmCrf(
        codec=CodecConfig(labels=("Disease",)),
        words=Vocabulary.of(FORMS),
        characters=Vocabulary.of("abc"),
        word_size=4,
        hidden=5,
        **model,
    )
    offsets = tuple((i, i + 1) for i in range(len(FORMS)))
    return tagger, tagger.read([Window(0, FORMS, offsets, [], 0)])


def test_a_form_is_spelled_as_it_would_be_alone() -> None:
    tagger, batch = tagger_and_batch()
    spelled = tagger._spell(batch.characters)
    assert spelled.shape == (len(FORMS), 2 * 25)
    for form, features in zip(FORMS, spelled, strict=True):
        states, _ = tagger.character_lstm(tagger.character_embedding(torch.tensor([tagger.lookup.spelling(form)])))
        # Forward direction after the last character, backward direction after the first.
        torch.testing.assert_close(features, torch.cat([states[0, -1, :25], states[0, 0, 25:]]))
    assert not torch.allclose(spelled[1], spelled[2])  # the same letters in another order


def test_only_while_training_words_become_the_unknown_word() -> None:
    tagger, batch = tagger_and_batch(word_dropout=1.0)
    looked_up: list[Tensor] = []
    tagger.word_embedding.register_forward_hook(lambda _, rows, __: looked_up.append(rows[0]))
    tagger.train()(batch)
    tagger.eval()(batch)
    assert [rows.tolist() for rows in looked_up] == [[[1] * len(FORMS)], [[2, 3, 4, 5, 6]]]
