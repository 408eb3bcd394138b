"""Batches: tensors say what the windows say; budgets hold."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from zoo.text.batch import budget_batches, collate
from zoo.text.codec import Window
from zoo.text.ngrams import Ngrams
from zoo.text.vocab import Vocabulary, WordLookup

LOOKUP = WordLookup(Vocabulary.of(["cancer", "00"]), Vocabulary.of("cancer1"), "lower-digits", longest=6)


def window(*forms: str) -> Window:
    return Window(0, list(forms), [(0, 1)] * len(forms), [1] * len(forms), 0)


def test_collate() -> None:
    batch = collate([window("Cancer", "11"), window("cancer"), window("11")], LOOKUP)
    assert batch.words.tolist() == [[2, 3], [2, 0], [3, 0]]
    assert batch.mask.tolist() == [[True, True], [True, False], [True, False]]
    assert batch.tags is not None
    assert batch.tags.tolist() == [[1, 1], [1, 0], [1, 0]]
    assert len(batch.characters) == 3  # each distinct form once
    spelled = [batch.characters[row].tolist() for row in batch.forms[:, 0]]
    assert spelled == [[1, 3, 4, 2, 5, 6], [2, 3, 4, 2, 5, 6], [7, 7, 0, 0, 0, 0]]


def test_each_form_without_a_row_is_composed_once() -> None:
    ngrams = Ngrams(np.random.default_rng(1).normal(size=(97, 5)).astype(np.float32), shortest=4)
    lookup = WordLookup(Vocabulary.of(["cancer"]), Vocabulary.of("a"), "lower", 6, ngrams)
    batch = collate([window("Lupus", "cancer", "a"), window("gout", "Lupus", "lupus")], lookup)
    assert batch.words.tolist() == [[3, 2, 1], [4, 3, 5]]  # three words of the vocabulary; "<a>" has no four characters
    assert batch.composed is not None
    np.testing.assert_array_equal(batch.composed, [ngrams.compose(word) for word in ("lupus", "gout", "lupus")])
    assert collate([window("cancer", "a")], lookup).composed is None


def test_long_words_keep_both_ends() -> None:
    assert LOOKUP.spelling("cancernnn111") == LOOKUP.spelling("can111")


@given(st.lists(st.integers(1, 40), max_size=30), st.integers(1, 60))
def test_budgets(lengths: list[int], words: int) -> None:
    batches = budget_batches(lengths, words)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= words


def test_moving_a_batch_moves_every_tensor() -> None:
    moved = collate([window("cancer")], LOOKUP).to(torch.device("meta"))
    assert {value.device.type for value in vars(moved).values() if isinstance(value, torch.Tensor)} == {"meta"}
