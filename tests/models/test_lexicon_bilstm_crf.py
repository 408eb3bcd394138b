"""Spellings read by a CNN and an LSTM against one form at a time; the lexicon's tags reach the word LSTM."""

from typing import Any

import torch
from torch.nn import functional

from zoo.models.lexicon_bilstm_crf import LexiconBilstmCrf
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig, Window
from zoo.text.lexicon import lexicon_vocabulary
from zoo.text.vocab import Vocabulary

FORMS = ["a", "Type", "2", "diabetes", "asthma"]


def tagger_and_batch(**model: float) -> tuple[LexiconBilstmCrf, Batch]:
    torch.manual_seed(0)
    tagger = LexiconBilstmCrf(
        codec=CodecConfig(labels=("Disease",)),
        words=Vocabulary.of(map(str.lower, FORMS)),
        characters=Vocabulary.of("abdehimsty"),
        lexicon=lexicon_vocabulary(["asthma", "type 2 diabetes"], "v1"),
        normalizer="lower",
        **{"word_size": 4, "character_hidden": 3, "lexicon_size": 2, "hidden": 5} | model,
    )
    offsets = tuple((i, i + 1) for i in range(len(FORMS)))
    return tagger, tagger.read([Window(0, FORMS, offsets, [], 0)])


def inputs_of(tagger: LexiconBilstmCrf, batch: Batch) -> torch.Tensor:
    """What the word LSTM reads: (W, H)."""
    seen: list[Any] = []
    handle = tagger.dropout.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    tagger.eval()(batch)
    handle.remove()
    return seen[0][0]


def spelled_alone(tagger: LexiconBilstmCrf, form: str) -> torch.Tensor:
    """Character by character, each between its neighbours, zeros beyond the ends; then an LSTM each way."""
    rows = torch.tensor(tagger.lookup.spelling(form))
    framed = functional.pad(tagger.character_embedding(rows), (0, 0, 1, 1))  # (C + 2, E)
    weight, bias = tagger.character_cnn.weight, tagger.character_cnn.bias
    filtered = [
        (torch.einsum("fek,ke->f", weight, framed[c : c + 3]) + bias).clamp_min(0)  # (F)
        for c in range(len(rows))
    ]
    states, _ = tagger.character_lstm(torch.stack(filtered)[None])  # (1, C, 2H)
    # Forward direction after the last character, backward direction after the first.
    return torch.cat([states[0, -1, :3], states[0, 0, 3:]])


def test_a_word_is_its_vector_its_spelling_and_its_match() -> None:
    tagger, batch = tagger_and_batch()
    found = inputs_of(tagger, batch)
    assert found.shape == (len(FORMS), 4 + 2 * 3 + 2)
    for place, (form, match) in enumerate(zip(FORMS, [1, 2, 3, 4, 5], strict=True)):
        parts = tagger.word_embedding.weight[2 + place], spelled_alone(tagger, form)
        torch.testing.assert_close(found[place], torch.cat([*parts, tagger.lexicon_embedding.weight[match]]))


def test_without_a_term_no_word_is_told_apart() -> None:
    tagger, _ = tagger_and_batch()
    window = tagger.prepare([Window(0, ["2", "diabetes"], ((0, 1), (2, 10)), [], 0)])[0]
    assert window.layers["lexicon"].tolist() == [1, 1]


def test_only_while_training_words_become_the_unknown_word() -> None:
    tagger, batch = tagger_and_batch(word_dropout=1.0)
    looked_up: list[list[int]] = []
    tagger.word_embedding.register_forward_hook(lambda _, rows, __: looked_up.append(rows[0][0].tolist()))
    tagger.train()(batch)
    tagger.eval()(batch)
    assert looked_up == [[1] * len(FORMS), [2, 3, 4, 5, 6]]
