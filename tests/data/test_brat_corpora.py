"""Brat corpora as published, against the counts that are published of them."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pytest

from zoo.data import brat
from zoo.data.document import DataFormatError, Span, losses_of


def _pairs(spans: Sequence[Span]) -> Counter[str]:
    """How pairs of spans that share characters lie to each other, a set of characters each."""
    counts: Counter[str] = Counter()
    characters = [{at for start, end in span.fragments for at in range(start, end)} for span in spans]
    for one, other in combinations(characters, 2):
        if one & other:
            counts["same" if one == other else "nested" if one <= other or other <= one else "crossing"] += 1
    return counts


@pytest.mark.parametrize(
    ("split", "files", "mentions", "fragments", "pairs", "relations", "dangling"),
    [
        ("train", 729, (3157, 451, 1647, 3744, 319, 1108), (599, 57, 7, 1), (444, 129, 451), 6347, 561),
        ("dev", 104, (480, 45, 230, 528, 24, 151), (91, 10, 2, 0), (56, 40, 67), 867, 80),
        ("test", 208, (942, 146, 471, 1061, 53, 276), (158, 20, 0, 0), (128, 83, 116), 1741, 132),
    ],
)
def test_raredis(
    data_root: Path,
    split: str,
    files: int,
    mentions: tuple[int, ...],
    fragments: tuple[int, ...],
    pairs: tuple[int, ...],
    relations: int,
    dangling: int,
) -> None:
    """The corpus is published without its texts, which belong to others."""
    folder = data_root / "en" / "raredis" / split
    found = list(brat.read(folder, lenient=True, missing_text="blank"))
    assert len(found) == files
    labels = ("RAREDISEASE", "SKINRAREDISEASE", "DISEASE", "SIGN", "SYMPTOM", "ANAPHOR")
    counts = Counter(span.label for document in found for span in document.spans)
    assert tuple(counts.pop(label) for label in labels) == mentions
    assert not counts
    sizes = Counter(len(span.fragments) for document in found for span in document.spans)
    assert tuple(sizes[size] for size in range(2, 6)) == fragments
    together = sum((_pairs(document.spans) for document in found), Counter())
    assert (together["same"], together["nested"], together["crossing"]) == pairs
    assert sum(len(document.relations) for document in found) == relations - dangling
    losses = losses_of(found)
    assert (losses.pop("missing text"), losses.pop("dangling relation")) == (files, dangling)
    assert set(losses) == {"quoted text differs"}  # quotation marks, doubled as in a CSV file
    with pytest.raises(DataFormatError, match="the text of these annotations is missing"):
        next(brat.read(folder))


@pytest.mark.parametrize(
    ("split", "files", "mentions", "discontinuous"),
    [
        ("train", 60, {"Disease": 1835, "Chemical": 4213, "GeneOrProtein": 14036}, 142),
        ("dev", 7, {"Disease": 232, "Chemical": 335, "GeneOrProtein": 3002}, 6),
        ("test", 30, {"Disease": 1013, "Chemical": 2200, "GeneOrProtein": 6409}, 80),
    ],
)
def test_craft(data_root: Path, split: str, files: int, mentions: dict[str, int], discontinuous: int) -> None:
    """A further discontinuous mention of the training part has a fragment without a character, which is counted."""
    found = list(brat.read(data_root / "en" / "craft" / split))
    assert len(found) == files
    spans = [span for document in found for span in document.spans]
    assert Counter(span.label for span in spans) == mentions
    assert sum(len(span.fragments) > 1 for span in spans) == discontinuous
    assert all(len(span.concepts) == 1 for span in spans)
    assert losses_of(found) == ({"empty fragment": 1} if split == "train" else {})


def test_pharmaconer(data_root: Path) -> None:
    folder = data_root / "es" / "pharmaconer"
    concepts: Counter[str] = Counter()
    mentions: Counter[str] = Counter()
    for split, files in (("train", 500), ("dev", 250), ("test", 250)):
        found = list(brat.read(folder / split, lenient=True, notes_are_concepts=True))
        assert len(found) == files
        assert losses_of(found) == ({"quoted text differs": 5} if split == "train" else {})
        codes = [(document.id, concept) for document in found for span in document.spans for concept in span.concepts]
        rows = (folder / "indexing" / f"{split}.tsv").read_text(encoding="utf-8").splitlines()
        assert Counter(codes) == Counter(tuple(row.split("\t")) for row in rows)
        concepts.update(code for _, code in codes)
        mentions.update(span.label for document in found for span in document.spans)
        mentions["none"] += sum(not span.concepts for document in found for span in document.spans)
    assert mentions == {"NORMALIZABLES": 4398, "NO_NORMALIZABLES": 50, "PROTEINAS": 3009, "UNCLEAR": 167, "none": 68}
    assert concepts["<null>"] == 259
    assert sum(count for code, count in concepts.items() if code.isdecimal()) == 7267
    assert sum(count for code, count in concepts.items() if code.lower().startswith("chebi:")) == 30
    name = "S0211-69952015000200015-1"  # five of its mentions lie a character or two off
    with pytest.raises(DataFormatError, match=rf"{name}\.ann:\d+: the text at "):
        list(brat.read(folder / "train"))
    lines = (folder / "train" / f"{name}.ann").read_text(encoding="utf-8").splitlines()
    repaired = (folder / "repaired" / f"{name}.txt").read_text(encoding="utf-8")
    assert len(brat.parse(lines, name, repaired, name).spans) == 12
