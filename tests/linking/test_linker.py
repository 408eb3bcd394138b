"""The linker: which stage finds what, how ties are broken, and what is NIL."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from zoo.data.document import Document, Span
from zoo.data.terminology import Concept
from zoo.linking.build import build_index
from zoo.linking.linker import Linker, LinkerConfig

CONCEPTS = [
    Concept("D:2", "Diabetes Mellitus, Type 2", ("Type II Diabetes", "NIDDM"), type="disease"),
    Concept("D:1", "Diabetes Mellitus, Type 1", ("Type I Diabetes",), type="disease"),
    Concept("D:3", "Muscular Dystrophy, Duchenne", ("Duchenne Muscular Dystrophy",), type="disease|finding"),
    Concept("D:4", "Cold", type="finding"),
    Concept("D:5", "Common cold", ("cold",), type="disease"),
    Concept("D:0", "Chill", ("Cold",), type="disease"),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("index") / "i.sqlite"
    build_index(CONCEPTS, path, seen={("a cold", "D:5"): 2, ("a cold", "D:4"): 1})
    return path


@pytest.mark.parametrize(
    ("mention", "concept", "stage"),
    [
        ("niddm", "D:2", "written"),
        ("Diabetes mellitus type 2", "D:2", "folded"),
        ("type 2 diabetes", "D:2", "stemmed"),
        ("mellitus diabetes of type 1", "D:1", "sorted"),
        ("Duchene muscular distrophy", "D:3", "letters"),
    ],
)
def test_each_stage_finds_what_those_before_it_do_not(index: Path, mention: str, concept: str, stage: str) -> None:
    best = Linker(index).candidates(mention)[0]
    assert (best.concept, best.stage) == (concept, stage)


def test_ties_are_broken_by_what_was_seen_then_preferred_names_then_ids(index: Path) -> None:
    linker = Linker(index)
    assert [each.concept for each in linker.candidates("a cold")] == ["D:5", "D:4"]
    assert [each.concept for each in linker.candidates("cold")] == ["D:4", "D:0", "D:5"]


def test_scores_fall_and_each_concept_comes_once(index: Path) -> None:
    found = Linker(index).candidates("diabetes melitus")
    assert {each.concept for each in found} >= {"D:1", "D:2"}
    assert len({each.concept for each in found}) == len(found)
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 0.88 for score in scores)


def test_types_and_fuzziness_can_be_limited(index: Path) -> None:
    linker = Linker(index, LinkerConfig(types={"Finding": ("finding",)}))
    assert [each.concept for each in linker.candidates("cold", "Finding")] == ["D:4"]
    assert [each.concept for each in linker.candidates("cold", "Other")] == ["D:4", "D:0", "D:5"]
    assert Linker(index, LinkerConfig(fuzzy=False)).candidates("Duchene distrophy") == []


def test_spans_get_concepts_and_what_is_like_none_gets_none(index: Path) -> None:
    text = "Duchenne muscular dystrophy (DMD) and xyz; DMD is no cold."
    places = [("Duchenne muscular dystrophy", 0), ("DMD", 29), ("xyz", 38), ("DMD", 43), ("cold", 53)]
    spans = tuple(Span.of(start, start + len(name), "Disease", concepts=("old",)) for name, start in places)
    linked = Linker(index).link([Document("1", text, spans)], most=2)[0]
    assert [span.slice(text) for span in linked.spans] == [name for name, _ in places]
    assert [span.concepts for span in linked.spans] == [("D:3",), ("D:3",), (), ("D:3",), ("D:4", "D:0")]


def test_abbreviations_of_a_table_count_where_the_text_introduces_none(index: Path) -> None:
    linker = Linker(index, abbreviations={"DM2": ["diabetes mellitus type 2", "diabetes mellitus type 1"]})
    assert [each.concept for each in linker.candidates("DM2")][:2] == ["D:2", "D:1"]
    linker = Linker(index, abbreviations={"DM2": ["diabetes mellitus type 1", "diabetes mellitus type 2"]})
    assert linker.candidates("DM2")[0].concept == "D:1"  # the first long form of a table is the commonest
    assert linker.candidates("DM2", long_form="common cold")[0].concept == "D:5"


class OnlyCold:
    """An encoder to which only colds and shivers mean the same; it counts how often it is asked."""

    asked = 0

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked += len(texts)
        return [[0.0, 3.0] if text in ("Common cold", "comon chill") else [1.0, 0.0] for text in texts]


def test_an_encoder_has_its_say_on_what_is_only_like_a_mention(index: Path) -> None:
    without, encoder = Linker(index), OnlyCold()
    linker = Linker(index, LinkerConfig(meaning=0.8), encoder=encoder)
    plain = {each.concept: each.score for each in without.candidates("comon chill")}
    found = linker.candidates("comon chill")
    assert plain["D:0"] > plain["D:5"]
    assert found[0].concept == "D:5"
    alike = plain["D:5"] / 0.85
    assert found[0].score == pytest.approx(0.85 * (0.2 * alike + 0.8 * 1.0))
    assert {each.concept: each.score for each in found}["D:0"] == pytest.approx(0.2 * plain["D:0"])
    asked = encoder.asked
    linker.candidates("comon chill", most=2)
    assert encoder.asked == asked  # vectors are kept
    assert [each.score for each in linker.candidates("niddm")] == [1.0]  # a form that is found needs none
    assert encoder.asked == asked


@pytest.mark.parametrize("given", [{"threshold": 1.5}, {"candidates": 0}])
def test_what_seeks_nothing_is_refused(given: dict) -> None:
    with pytest.raises(ValueError, match=r"Expected a threshold in \[0, 1\] and at least one candidate"):
        LinkerConfig(**given)
    with pytest.raises(ValueError, match=r"Expected what meaning counts in \[0, 1\] but got 2"):
        LinkerConfig(meaning=2)


def test_several_of_an_abbreviation_are_meant_as_one(index: Path) -> None:
    linker = Linker(index, abbreviations={"DMD": ["Duchenne muscular dystrophy"]})
    assert linker.candidates("DMDs")[0].concept == "D:3"
    assert not [each for each in linker.candidates("dmds") if each.score > 0.9]
