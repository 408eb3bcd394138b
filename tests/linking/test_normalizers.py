"""Normalizers: what each brings together, what it must keep apart, and that it may be applied twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.linking.normalizers import (
    Level,
    american,
    greek_in_words,
    keys,
    numerals,
    singular,
    spaced,
    without_accents,
    without_possessive,
    words_alone,
)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Breast  Cancer", "breast cancer", Level.WRITTEN),
        ("Sjögren's syndrome", "Sjogren syndrome", Level.FOLDED),
        ("non-Hodgkin lymphoma", "non Hodgkin lymphoma", Level.FOLDED),
        ("TNF-α deficiency", "TNF alpha deficiency", Level.FOLDED),
        ("β2-microglobulin", "beta 2 microglobulin", Level.FOLDED),
        ("CD4", "CD 4", Level.FOLDED),
        ("mucopolysaccharidosis type III", "mucopolysaccharidosis type 3", Level.STEMMED),
        ("metastases", "metastasis", Level.STEMMED),
        ("haemophilias", "hemophilia", Level.STEMMED),
        ("tumours", "tumor", Level.STEMMED),
        ("cancer of the breast", "breast cancer", Level.SORTED),
        ("Deficiency, factor XII", "factor 12 deficiency", Level.SORTED),
        ("renal carcinoma", "kidney cancer", Level.ALIKE),
    ],
)
def test_what_means_the_same_is_written_the_same_from_a_level_on(one: str, other: str, level: Level) -> None:
    same = [a == b for a, b in zip(keys(one), keys(other), strict=True)]
    assert same == [each >= level for each in Level]


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("ácido fólico", "acido folico", Level.FOLDED),
        ("interferón alfa", "interferón α", Level.FOLDED),
        ("células gigantes", "célula gigante", Level.STEMMED),
        ("tumores", "tumor", Level.STEMMED),
        ("cáncer de la mama", "mama cáncer", Level.SORTED),
    ],
)
def test_spanish(one: str, other: str, level: Level) -> None:
    same = [a == b for a, b in zip(keys(one, "es"), keys(other, "es"), strict=True)]
    assert same == [each >= level for each in Level]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hepatitis A", "hepatitis B"),
        ("type 1 diabetes", "type 2 diabetes"),
        ("factor V", "factor X"),
        ("TNF-α", "TNF-β"),
        ("vitamin A deficiency", "vitamin deficiency"),
        ("hepatitis A", "hepatitis"),
    ],
)
def test_what_differs_in_one_sign_stays_apart(one: str, other: str) -> None:
    assert not {*keys(one)} & {*keys(other)}


def test_a_letter_is_not_a_little_word_in_spanish_either() -> None:
    assert not {*keys("vitamina A", "es")} & {*keys("vitamina E", "es")}
    assert not {*keys("déficit de vitamina A", "es")} & {*keys("déficit de vitamina E", "es")}


def test_a_single_i_or_x_is_a_number_where_one_is_to_be_expected() -> None:
    assert keys("mucopolysaccharidosis type I")[Level.STEMMED] == keys("mucopolysaccharidosis type 1")[Level.STEMMED]
    assert keys("factor X deficiency")[Level.STEMMED] == keys("factor 10 deficiency")[Level.STEMMED]
    assert keys("fragile X syndrome")[Level.STEMMED] == "fragile x syndrome"


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        *(("kinases", "kinase"), ("viruses", "virus"), ("sinuses", "sinus"), ("thromboses", "thrombosis")),
        *(("overdoses", "overdose"), ("databases", "database"), ("causes", "cause"), ("metastases", "metastasis")),
    ],
)
def test_plurals_of_english(plural: str, one: str) -> None:
    assert singular(plural) == one


@given(st.text(max_size=30))
def test_a_form_is_its_own_form(text: str) -> None:
    for normalizer in (spaced, without_accents, words_alone):
        assert normalizer(normalizer(text)) == normalizer(text)
    for language in ("en", "es"):
        written, folded, stemmed, in_order, alike = keys(text, language)
        assert keys(folded, language)[Level.FOLDED] == folded
        assert set(in_order.split()) <= set(stemmed.split())
        assert all(character.isalnum() or character == " " for character in folded)
        assert len(alike.split()) <= len(in_order.split())
        assert bool(folded) == bool(stemmed) == bool(in_order)
        assert written == spaced(text).lower()


@pytest.mark.parametrize(
    ("roman", "arabic"), [("ii", "2"), ("iv", "4"), ("v", "5"), ("viii", "8"), ("ix", "9"), ("xix", "19")]
)
def test_roman_numerals(roman: str, arabic: str) -> None:
    assert numerals(f"type {roman} x") == f"type {arabic} x"


def test_what_only_looks_like_a_numeral_or_plural_stays() -> None:
    assert numerals("iv vix ivx i x l c d m civil") == "4 vix ivx i x l c d m civil"
    assert [singular(word) for word in ("gas", "lens", "pus", "paralysis", "pancreas")] == [
        "gas",
        "lens",
        "pus",
        "paralysis",
        "pancreas",
    ]
    assert american("hour") == "hour"
    assert without_possessive("patients' and it's 'so'") == "patients and it 'so'"
    assert greek_in_words("alfalfa") == "alfalfa"


def test_an_unknown_language_is_told() -> None:
    with pytest.raises(ValueError, match="Expected a language out of en, es but got 'fr'"):
        keys("cancer", "fr")
