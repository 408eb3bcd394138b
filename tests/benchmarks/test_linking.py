"""The benchmark of links: what it misspells, and that its systems are what they are called."""

import random
from pathlib import Path

import pytest
from rapidfuzz.distance import OSA

from benchmarks.linking import row, systems
from benchmarks.misspelling import misspelt
from zoo.data.terminology import Concept
from zoo.linking.build import build_index
from zoo.linking.index import LinkingIndex


@pytest.mark.parametrize("errors", [1, 2])
def test_a_misspelt_name_has_so_many_errors_and_maybe_its_words_turned(errors: int) -> None:
    draw = random.Random(0)
    for _ in range(200):
        found = misspelt("Déficit de Ornitina", draw, errors)
        words = found.split()
        turned = [" ".join(words[turn:] + words[:turn]) for turn in range(len(words))]
        nearest = min(OSA.distance(each.replace(" ", ""), "deficitdeornitina") for each in turned)
        assert nearest <= 2 * errors  # a letter that changes places at a blank counts twice
        assert found == found.lower()
    assert {misspelt("tremor", random.Random(seed), 0) for seed in range(5)} == {"tremor"}


def test_systems_are_the_stages_alone_and_all_of_them(tmp_path: Path) -> None:
    concepts = [Concept("D:1", "Breast Cancer"), Concept("D:2", "Breast Pain"), Concept("D:3", "Ovarian Cancer")]
    build_index(concepts, tmp_path / "i.sqlite", seen={("breast cancer", "D:3"): 2})
    found = systems(LinkingIndex(tmp_path / "i.sqlite"))
    assert found["exact"]("BREAST CANCER", "", None) == ["D:3", "D:1"]  # what was seen first
    assert found["exact"]("brest cancer", "", None) == []
    assert found["tf-idf"]("brest pain", "", None)[0] == "D:2"
    assert found["zoo"]("cancer of the breast", "", None)[0] == "D:3"
    assert found["zoo"]("BC", "", "breast pain")[0] == "D:2"


def test_a_row_says_how_it_was_made() -> None:
    assert row("hpo", "labels", "en", "zoo", "@1", 0.5, 10)["command"] == "python -m benchmarks.linking hpo"
    assert row("bc5cdr", "dev", "all", "zoo", "@1", 0.5, 10)["command"].endswith("bc5cdr --split dev")
