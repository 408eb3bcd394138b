"""Pictures of a corpus: that they are drawn, whatever the labels and lengths, and what they say."""

import re
from collections import Counter
from pathlib import Path

import pytest

from zoo.evaluation.corpus_plot import corpus_plot
from zoo.evaluation.corpus_statistics import CorpusStatistics

SMALL = CorpusStatistics(
    document_words=Counter({5: 2, 300: 1}),
    entities=Counter({"Disease": 1234, "Gene": 7}),
    mention_words=Counter({1: 9}),
)


@pytest.fixture(autouse=True)
def _matplotlib() -> None:
    pytest.importorskip("matplotlib")


def words_of(svg: Path) -> str:
    """The comments in which matplotlib says what it draws as shapes."""
    return "\n".join(re.findall(r"<!-- (.*?) -->", svg.read_text(encoding="utf-8"), re.DOTALL))


@pytest.mark.parametrize(("ending", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".PDF", b"%PDF")])
def test_endings(tmp_path: Path, ending: str, magic: bytes) -> None:
    corpus_plot({"train": SMALL, "test": SMALL}, tmp_path / f"new/a{ending}")
    assert (tmp_path / f"new/a{ending}").read_bytes().startswith(magic)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"a{ending}"]


def test_what_it_says(tmp_path: Path) -> None:
    corpus_plot({"train": SMALL, "test": SMALL}, tmp_path / "a.svg")
    said = words_of(tmp_path / "a.svg")
    for text in (
        "train",
        "test",
        "Disease",
        "1,234",
        "3 documents, 1,241 mentions",
        "words: median 5, longest 300",
        "10+",
    ):
        assert text in said


@pytest.mark.parametrize(
    "statistics",
    [
        {"all": CorpusStatistics()},
        {"all": CorpusStatistics(document_words=Counter({0: 3}))},
        {"all": CorpusStatistics(document_words=Counter({1: 1, 10**6: 1}), mention_words=Counter({0: 1, 99: 1}))},
        {f"split {number}": SMALL for number in range(9)},
        {"$x^2$": CorpusStatistics(entities=Counter({"$\\frac{a": 1, "a$b$c": 2, "Größe\u0301": 3}))},
    ],
)
def test_whatever_the_corpus(tmp_path: Path, statistics: dict[str, CorpusStatistics]) -> None:
    corpus_plot(statistics, tmp_path / "a.png")


def test_many_long_labels(tmp_path: Path) -> None:
    entities = Counter(
        {f"https://example.org/a-rather-long-namespace/type-{number:03}": 99 - number for number in range(50)}
    )
    corpus_plot({"all": CorpusStatistics(entities=entities)}, tmp_path / "a.svg")
    said = words_of(tmp_path / "a.svg")
    assert "Mentions by label, the 20 most frequent of 50" in said
    assert "type-000" in said
    assert "type-019" in said
    assert "type-020" not in said


def test_no_split(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected statistics of one split or more"):
        corpus_plot({}, tmp_path / "a.png")
