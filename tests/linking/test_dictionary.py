"""The dictionary's mentions, against sentences whose mentions were read off by eye, and a plain search."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.data.document import Document
from zoo.data.terminology import Concept
from zoo.linking.dictionary import Dictionary, names_of

TERMS = {
    "Disease": [
        Concept("D003920", "diabetes mellitus", ("diabetes", "DM")),
        Concept("D012345", "Rett syndrome", ("RTT", "cerebroatrophic hyperammonemia")),
        Concept("D000001", "cold"),
        Concept("OMIM:1", "gait disorder", ("diabetes",)),
    ],
    "Chemical": [Concept("C000002", "myotonic acid", ("cold", "MA", "Li")), Concept("D008687", "metformin")],
}


def found(text: str, strict: bool = False) -> list[tuple[str, str, tuple[str, ...]]]:
    spans = Dictionary(TERMS, strict=strict).label(Document("1", text)).spans
    return [(span.slice(text), span.label, span.concepts) for span in spans]


def test_the_longest_name_is_taken_with_all_its_concepts() -> None:
    assert found("Diabetes mellitus, then diabetes and METFORMIN.") == [
        ("Diabetes mellitus", "Disease", ("MESH:D003920",)),
        ("diabetes", "Disease", ("MESH:D003920", "OMIM:1")),
        ("METFORMIN", "Chemical", ("MESH:D008687",)),
    ]


def test_a_name_of_two_labels_is_nobodys_and_a_short_one_not_sought() -> None:
    dictionary = Dictionary(TERMS)
    assert dictionary.left_out == {"of two labels": 1, "too short": 3}  # cold; DM, MA, Li
    assert found("A cold, Li and MA.") == []


def test_an_abbreviation_is_what_the_text_says_it_is() -> None:
    disease = ("Disease", ("MESH:D012345",))
    assert found("Rett syndrome (RS) is rare; RS was seen.") == [
        ("Rett syndrome", *disease),
        ("RS", *disease),
        ("RS", *disease),
    ]
    assert found("RTT was seen.") == [("RTT", *disease)]
    assert found("Real time tracking (RTT) was used; RTT is quick.") == []


def test_strictly_only_names_that_mean_nothing_else_count() -> None:
    assert found("RTT, diabetes and metformin.", strict=True) == [("metformin", "Chemical", ("MESH:D008687",))]
    assert [mention for mention, *_ in found("Rett syndrome (RTT), then RTT.", strict=True)] == [
        "Rett syndrome",
        "RTT",
        "RTT",
    ]
    assert Dictionary(TERMS, strict=True).left_out["of several concepts"] == 1


def test_no_mention_crosses_a_sentence() -> None:
    assert found("This is diabetes. Mellitus was a name.") == [("diabetes", "Disease", ("MESH:D003920", "OMIM:1"))]


@given(st.lists(st.sampled_from(["metformin", "rett", "syndrome", "and", ",", "gait", "disorder"]), max_size=12))
def test_finds_what_a_regular_expression_finds(words: list[str]) -> None:
    text = " ".join(words)
    expected = [match.span() for match in re.finditer(r"metformin|rett syndrome|gait disorder", text)]
    assert [(span.start, span.end) for span in Dictionary(TERMS).label(Document("1", text)).spans] == expected


def test_names_by_concept_are_written_as_they_are_sought() -> None:
    assert names_of(TERMS["Disease"])["MESH:D012345"] == {"rett syndrome", "RTT", "cerebroatrophic hyperammonemia"}


def test_an_unknown_segmentation_is_told() -> None:
    with pytest.raises(ValueError, match="Expected a segmentation rule out of v1, v2"):
        Dictionary(TERMS, "v9")
