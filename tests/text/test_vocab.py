"""Vocabularies survive being written, whatever their entries hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.text.vocab import Vocabulary, WordLookup


@given(st.lists(st.text(max_size=5), max_size=20))
def test_text_round_trip(entries: list[str]) -> None:
    vocabulary = Vocabulary.of(entries)
    assert Vocabulary.from_text(vocabulary.to_text()).entries == vocabulary.entries


def test_unknown_entries_are_row_one() -> None:
    vocabulary = Vocabulary.of(["cancer"])
    assert [vocabulary[word] for word in ("cancer", "unseen", "<pad>")] == [2, 1, 0]


@pytest.mark.parametrize("entries", [["cancer"], ["<pad>", "<unk>", "a", "a"]])
def test_not_a_vocabulary(entries: list[str]) -> None:
    with pytest.raises(ValueError, match=r"Expected (a vocabulary that begins with <pad>, <unk>|distinct entries)"):
        Vocabulary(entries)


def test_unknown_normalizer() -> None:
    with pytest.raises(ValueError, match=r"Expected a normalizer out of none, lower, .* but got 'upper'"):
        WordLookup(Vocabulary.of([]), Vocabulary.of([]), "upper", 10)
