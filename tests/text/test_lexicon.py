"""Lexicons: found by a set of beginnings as by trying every stretch; which spellings are the same; speed."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.text.lexicon import Lexicon, lexicon_vocabulary, normalized
from zoo.text.segment import Segmenter
from zoo.text.vocab import Vocabulary

WORDS = st.sampled_from(["a", "A", "b", "Mg", "mg", "ARM", "arm", "Folic", "folic", "FOLIC", "-", "ácido", "İ"])
FORMS = st.lists(WORDS, max_size=12)


def every_stretch(terms: set[str], forms: list[str]) -> list[tuple[int, int]]:
    """From the left, the longest of all stretches that are terms: nothing but the definition."""
    found, start = [], 0
    while start < len(forms):
        ends = [end for end in range(start + 1, len(forms) + 1) if normalized(forms[start:end]) in terms]
        if ends:
            found.append((start, max(ends)))
        start = max(ends, default=start + 1)
    return found


@given(st.lists(st.lists(WORDS, min_size=1, max_size=4), max_size=8), FORMS)
def test_matches_are_those_of_trying_every_stretch(terms: list[list[str]], forms: list[str]) -> None:
    entries = {normalized(term) for term in terms}
    assert Lexicon(Vocabulary.of(sorted(entries))).matches(forms) == every_stretch(entries, forms)


@pytest.mark.parametrize(
    ("term", "found", "not_found"),
    [
        ("aspirin", ["aspirin", "Aspirin", "ASPIRIN"], ["aspirina"]),
        ("Mg", ["Mg"], ["mg", "MG"]),
        ("ARM", ["ARM"], ["arm", "Arm"]),
        ("arm", ["arm"], ["ARM", "Arm"]),
        ("CREST", ["CREST"], ["crest", "Crest"]),
        ("colon", ["colon", "Colon"], ["COLON"]),
        ("Cold agglutinin", ["cold agglutinin", "COLD AGGLUTININ"], ["cold", "cold-agglutinin"]),
        ("BRCA1-associated", ["BRCA1-associated", "brca1 - Associated"], ["BRCA1"]),
    ],
)
def test_what_is_the_same_term(term: str, found: list[str], not_found: list[str]) -> None:
    lexicon = Lexicon(lexicon_vocabulary([term], "v1"))
    segment = Segmenter("v1")
    for text in [*found, *not_found]:
        forms = [text[start:end] for sentence in segment(text) for start, end in sentence]
        assert (lexicon.matches(forms) == [(0, len(forms))]) == (text in found), text


def test_the_vocabulary_survives_its_file_and_holds_whole_terms() -> None:
    vocabulary = lexicon_vocabulary(["Type 2. Diabetes mellitus", "12.5", "---", "", "gota"], "v1")
    assert vocabulary.entries[2:] == ("type 2 . diabetes mellitus", "gota")  # a sentence's end is no term's
    assert Vocabulary.from_text(vocabulary.to_text()).entries == vocabulary.entries


def test_nothing_in_nothing() -> None:
    assert Lexicon(Vocabulary.of([])).matches(["a", "b"]) == []
    assert Lexicon(lexicon_vocabulary(["a"], "v1")).matches([]) == []


def test_linear_in_the_text_whatever_the_terms() -> None:
    lexicon = Lexicon(lexicon_vocabulary(["acid", *(f"acid number {n}" for n in range(10_000))], "v1"))
    forms = ["the", "acid", "Number", "of", "patients", "with"] * 5_000
    begun = time.perf_counter()
    assert len(lexicon.matches(forms)) == 5_000
    assert time.perf_counter() - begun < 1  # 30,000 words a second, a tenth of what an idle machine does
