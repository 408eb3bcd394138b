"""The automaton's names against those that a plain lexicon finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.linking.automaton import Automaton
from zoo.text.lexicon import Lexicon, normalized
from zoo.text.vocab import Vocabulary

WORDS = st.sampled_from("acid Acid ACID folic of mg Mg İ ΟΔΟΣ ς - ( deficiency aci id lack".split())


@given(st.lists(st.lists(WORDS, min_size=1, max_size=3), max_size=8), st.lists(WORDS, max_size=12))
def test_it_finds_what_a_lexicon_finds(names: list[list[str]], forms: list[str]) -> None:
    terms = [*dict.fromkeys(map(normalized, names))]
    assert Automaton(terms).matches(forms) == Lexicon(Vocabulary.of(terms)).matches(forms)


@pytest.mark.parametrize(
    ("forms", "found"),
    [
        ("coldness is no cold", [(3, 4)]),
        ("cold cold sore cold", [(0, 1), (1, 3), (3, 4)]),
        ("a mg of Mg", [(3, 4)]),
        ("", []),
    ],
)
def test_names_are_whole_words_the_longest_first(forms: str, found: list[tuple[int, int]]) -> None:
    assert Automaton(["cold", "cold sore", "Mg"]).matches(forms.split()) == found


def test_without_names_there_is_nothing_to_find() -> None:
    assert Automaton([]).matches(["cold"]) == []
