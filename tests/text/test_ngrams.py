import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.text.ngrams import Ngrams, fnv1a

TABLE = np.random.default_rng(1).normal(size=(97, 5)).astype(np.float32)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.binary(max_size=40))
def test_the_hash_is_fasttexts(letters):
    from gensim.models.fasttext_inner import ft_hash_bytes

    assert fnv1a(letters) == ft_hash_bytes(letters)


@given(WORDS, st.integers(1, 4), st.integers(0, 3))
def test_ngrams_are_fasttexts(word, shortest, more):
    from gensim.models.fasttext_inner import compute_ngrams

    ngrams = Ngrams(TABLE, shortest, shortest + more)
    # gensim's count for Python holds a mark alone to be an n-gram; its training, as fastText itself, does not.
    expected = [each for each in compute_ngrams(word, shortest, shortest + more) if not _is_end(each, word)]
    assert sorted(ngrams.of(word)) == sorted(expected)


def _is_end(ngram, word):
    return ngram in ("<", ">") and ngram not in word


@given(WORDS, st.integers(1, 4), st.integers(0, 3))
def test_a_word_is_composed_as_gensim_does(word, shortest, more):
    from gensim.models.fasttext import FastTextKeyedVectors

    keyed = FastTextKeyedVectors(5, shortest, shortest + more, bucket=len(TABLE))
    keyed.vectors_ngrams = TABLE
    composed = Ngrams(TABLE, shortest, shortest + more).compose(word)
    expected = keyed.get_vector(word)
    if composed is None:
        assert not expected.any()
    else:
        np.testing.assert_allclose(composed, expected, rtol=1e-5, atol=1e-6)


def test_the_n_grams_of_a_word_by_hand():
    assert sorted(Ngrams(TABLE, 3, 6).of("ab")) == sorted(["<ab", "<ab>", "ab>"])
    assert Ngrams(TABLE, 4, 6).compose("a") is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((0, 3)),), r"Expected rows of n-gram vectors but got shape \(0, 3\)"),
        ((TABLE, 0, 3), "Expected n-grams of 1 character or more but got 0 to 3"),
        ((TABLE, 4, 3), "Expected n-grams of 1 character or more but got 4 to 3"),
    ],
)
def test_impossible_tables_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Ngrams(*arguments)
