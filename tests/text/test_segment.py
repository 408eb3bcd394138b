"""Segmentation: every visible character in exactly one word, offsets exact, sentences where people see them."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.reference.slow_segment import slow_segment_v1, slow_segment_v2
from zoo.data.splits import load_corpus
from zoo.text.segment import RULES, Segmenter

# What the rule tells apart: letters, digits and marks within and beyond ASCII, all that ends or begins a sentence.
_TELLING = st.text(
    st.sampled_from("aZé9٣\u00b2_\u0301\u0391中.,!?\"'”)(]¿-/ \n\r\t\u00a0\u200b\x85\U0001f489"), max_size=60
)
_PHRASES = st.lists(st.sampled_from(["al", "e.g", "E", "Fig", "(i.v", "p53", "0.5", "β", "cafe\u0301", *" .\n(A?"]))


def words(text: str, rule: str = "v1") -> list[list[str]]:
    return [[text[start:end] for start, end in sentence] for sentence in Segmenter(rule)(text)]


@pytest.mark.parametrize("rule", RULES)
@given(st.text(max_size=80) | _TELLING)
def test_every_visible_character_is_in_exactly_one_word_in_order(rule: str, text: str) -> None:
    covered = [at for sentence in Segmenter(rule)(text) for start, end in sentence for at in range(start, end)]
    assert covered == sorted(set(covered))
    assert [at for at, character in enumerate(text) if not character.isspace()] == covered


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BRCA1-associated.", [["BRCA1", "-", "associated", "."]]),
        ("DMD/BMD (n=3)", [["DMD", "/", "BMD", "(", "n", "=", "3", ")"]]),
        ("a dose of 0.5 mg", [["a", "dose", "of", "0.5", "mg"]]),
        ("Alzheimer's disease", [["Alzheimer", "'", "s", "disease"]]),
        ("First. Second.", [["First", "."], ["Second", "."]]),
        ("In E. Coli, i.e. there. Next", [["In", "E", ".", "Coli", ",", "i", ".", "e", ".", "there", "."], ["Next"]]),
        ("Smith et al. Report", [["Smith", "et", "al", ".", "Report"]]),
        ("line one\nline two", [["line", "one"], ["line", "two"]]),
        ("cafe\u0301 au lait", [["cafe\u0301", "au", "lait"]]),  # a combining accent stays with its letter
        ("🧬 gene", [["🧬", "gene"]]),
        ("¿Dolor? ¡Sí!", [["¿", "Dolor", "?"], ["¡", "Sí", "!"]]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_rule_v1(text: str, expected: list[list[str]]) -> None:
    assert words(text) == expected


@given(st.text(max_size=60) | _TELLING | _PHRASES.map("".join), st.lists(st.integers(0, 80), max_size=3))
def test_rule_v1_is_frozen(text: str, breaks: list[int]) -> None:
    assert Segmenter("v1")(text, breaks) == slow_segment_v1(text, breaks)


def test_rule_v1_is_frozen_on_real_texts(data_root: Path) -> None:
    paths = [
        *sorted((data_root / "es/pharmaconer/dev").glob("*.txt")),
        *sorted((data_root / "en/craft/dev").glob("*.txt")),
    ]
    assert len(paths) == 257
    for path in paths:
        text = path.read_text(encoding="utf-8")
        breaks = [len(text) // 3, len(text) // 2]  # within a word or not
        assert Segmenter("v1")(text, breaks) == slow_segment_v1(text, breaks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BRCA1-associated and BRCA1 -associated.", ["BRCA1-associated", "and", "BRCA1", "-associated", "."]),
        ("DMD/BMD (n=3)", ["DMD/BMD", "(", "n=3", ")"]),
        ("CD4+ T cells, 1,25-dihydroxyvitamin", ["CD4+", "T", "cells", ",", "1,25-dihydroxyvitamin"]),
        ("5'-TTG of p50/p65", ["5'-TTG", "of", "p50/p65"]),
        ("IL-2(alpha); TNF- and +/-", ["IL-2", "(", "alpha", ")", ";", "TNF", "-", "and", "+", "/", "-"]),
        ("Alzheimer 's, Alzheimer's, 'so'", ["Alzheimer", "'s", ",", "Alzheimer's", ",", "'", "so", "'"]),
        ("cafe\u0301 P < .05.", ["cafe\u0301", "P", "<", ".05", "."]),
    ],
)
def test_rule_v2(text: str, expected: list[str]) -> None:
    assert [word for sentence in words(text, "v2") for word in sentence] == expected


@given(st.text(max_size=60) | _TELLING | _PHRASES.map("".join), st.lists(st.integers(0, 80), max_size=3))
@example("a中-a", [2])
def test_rule_v2_is_frozen(text: str, breaks: list[int]) -> None:
    assert Segmenter("v2")(text, breaks) == slow_segment_v2(text, breaks)


def test_rule_v2_finds_the_words_of_jnlpba(data_root: Path) -> None:
    texts = [document.text for document in load_corpus("jnlpba")["test"]]
    found = [word for text in texts for sentence in words(text, "v2") for word in sentence]
    theirs = [word for text in texts for word in text.split()]
    assert sum((Counter(found) & Counter(theirs)).values()) > 0.995 * len(theirs)


def test_no_sentence_crosses_a_break() -> None:
    text = "Title without a stop Abstract begins"
    assert [len(sentence) for sentence in Segmenter()(text, breaks=[20])] == [4, 2]


def test_unknown_rule() -> None:
    with pytest.raises(ValueError, match="Expected a segmentation rule out of v1, v2 but got 'v0'"):
        Segmenter("v0")("text")


def test_a_line_of_ten_thousand_characters_and_a_megabyte() -> None:
    assert len(words("ab" * 5_000)) == 1
    assert sum(len(sentence) for sentence in Segmenter()("a cancer. " * 100_000)) == 300_000
