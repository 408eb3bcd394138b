"""Introduced abbreviations: by hand, and against trying every stretch and every way to place the letters."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.text.abbreviations import introductions


def found(text: str) -> list[tuple[str, str]]:
    forms = text.split()
    return [(" ".join(forms[first:end]), forms[short]) for first, end, short in introductions(forms)]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("la proteína C reactiva ( PCR ) era", [("proteína C reactiva", "PCR")]),
        ("reacción en cadena de la polimerasa ( PCR )", []),  # no r after the c: another language's letters
        ("hormona estimulante del tiroides ( TSH )", []),
        ("adenomatous polyposis coli ( APC ) gene", [("adenomatous polyposis coli", "APC")]),
        ("treated heat shock protein ( HSP )", [("heat shock protein", "HSP")]),
        ("a ( mg ) b ( mg", []),  # no capital; no closing bracket
        ("aspirin ( ASPIRIN )", []),  # no shorter than the long form
        (
            "heat shock protein ( HSP ) or interleukin 6 ( IL6 )",
            [("heat shock protein", "HSP"), ("interleukin 6", "IL6")],
        ),
        ("( TNF )", []),
        ("TNF )", []),
    ],
)
def test_by_hand(text: str, pairs: list[tuple[str, str]]) -> None:
    assert found(text) == pairs


def by_trying(words: list[str], short: str) -> int | None:
    """The first word of the shortest stretch before the bracket in which the letters can be placed somehow."""
    letters = [letter for letter in short.lower() if letter.isalnum()]
    for size in range(1, min(len(words), len(short) + 5, 2 * len(short)) + 1):
        text = " ".join(words[-size:]).lower()
        for places in combinations(range(len(text)), len(letters)):
            placed = all(text[place] == letter for place, letter in zip(places, letters, strict=True))
            if placed and places[0] == 0 and len(text) > len(short):
                return len(words) - size
    return None


@given(st.lists(st.text("abC", min_size=1, max_size=3), min_size=1, max_size=5), st.text("aBc", min_size=2, max_size=3))
def test_the_shortest_stretch_that_holds_the_letters(words: list[str], short: str) -> None:
    got = [first for first, _, _ in introductions([*words, "(", short, ")"])]
    wanted = by_trying(words, short) if short != short.lower() else None
    assert got == ([] if wanted is None else [wanted])
