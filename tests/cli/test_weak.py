"""``zoo weak``: what each command writes, says and refuses."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Zoo
from zoo.data import jsonl

ARTICLES = """1|t|Naloxone and hypertension
1|a|Naloxone reversed hypertension. HT was seen.
1	0	8	Naloxone	Chemical	D009270
1	13	25	hypertension	Disease	MESH:D006973
1	44	56	hypertension	Disease	MESH:D006973
1	58	60	HT	Disease	MESH:D006973

2|t|Naloxone again
2|a|
2	0	8	Naloxone	Chemical	D009270
"""
NAMES = "# Fields:\n# DiseaseName\tDiseaseID\tSynonyms\nHypertension\tMESH:D006973\thigh blood pressure\n"


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    (tmp_path / "articles.pubtator").write_text(ARTICLES)
    (tmp_path / "kb.tsv").write_text("pmid\tconcept\n1\tD009270\n")
    (tmp_path / "names.tsv").write_text(NAMES)
    return tmp_path


def mentions(path: Path) -> list[str]:
    return [span.slice(document.text) for document in jsonl.read(path) for span in document.spans]


def test_label_filters_by_knowledge_and_by_names(zoo: Zoo, articles: Path) -> None:
    out = articles / "out"
    source = articles / "articles.pubtator"
    said = zoo("weak", "label", source, "--knowledge", articles / "kb.tsv", "--out", out)
    assert (said.code, said.err) == (0, "")
    assert mentions(out / "coverage.jsonl.gz") == ["Naloxone", "hypertension", "hypertension", "HT", "Naloxone"]
    assert mentions(out / "accuracy.jsonl.gz") == ["Naloxone"]
    zoo("weak", "label", source, "--names", articles / "names.tsv", "--labels", "Disease", "--out", out)
    assert mentions(out / "coverage.jsonl.gz") == ["hypertension", "hypertension", "HT"]
    assert mentions(out / "accuracy.jsonl.gz") == ["hypertension", "hypertension"]


def test_label_by_dictionary_scored_on_gold(zoo: Zoo, articles: Path) -> None:
    source, out = articles / "articles.pubtator", articles / "out"
    said = zoo(
        "weak", "label", source, "--annotate", f"Disease={articles / 'names.tsv'}", "--gold", source, "--out", out
    )
    assert said.code == 0
    scores = json.loads((out / "report.json").read_text())["steps"]["coverage"]["scores"]["labels"]["Disease"]
    assert (scores["precision"], scores["recall"]) == (1, 2 / 3)
    assert "coverage" in said.out
    assert "100.0" in said.out


def test_label_stays_out_of_what_it_is_told(zoo: Zoo, articles: Path) -> None:
    (articles / "test.pubtator").write_text(ARTICLES.split("\n\n")[0] + "\n")
    source = articles / "articles.pubtator"
    options = ("--names", articles / "names.tsv", "--without", articles / "test.pubtator", "--gold")
    said = zoo("weak", "label", source, *options, articles / "test.pubtator", "--out", articles / "out")
    assert "zoo: left out 1 documents to stay out of" in said.err
    assert "so nothing was scored" in said.err
    assert [document.id for document in jsonl.read(articles / "out" / "coverage.jsonl.gz")] == ["2"]


def test_what_looks_like_a_mistake_is_said(zoo: Zoo, articles: Path) -> None:
    (articles / "other.tsv").write_text("pmid\tconcept\n99\tD009270\n")
    source = articles / "articles.pubtator"
    said = zoo("weak", "label", source, "--knowledge", articles / "other.tsv", "--out", articles / "out")
    assert "the knowledge bases record nothing for any of these documents" in said.err
    assert "zoo: accuracy has no mentions at all" in said.err
    (articles / "short.tsv").write_text(NAMES + "X\tMESH:D1\t\n")
    terms = ("--annotate", f"Disease={articles / 'short.tsv'}")
    said = zoo("weak", "label", source, *terms, "--out", articles / "out")
    assert "zoo: left out 1 names of the terminologies too short" in said.err
    assert json.loads((articles / "out" / "report.json").read_text())["names_left_out"] == {"too short": 1}


def test_each_source_is_counted_by_itself(zoo: Zoo, articles: Path) -> None:
    both = ("--knowledge", articles / "kb.tsv", "--names", articles / "names.tsv")
    zoo("weak", "label", articles / "articles.pubtator", *both, "--out", articles / "out")
    steps = json.loads((articles / "out" / "report.json").read_text())["steps"]
    assert {name: sum(step["mentions"].values()) for name, step in steps.items()} == {
        "in the files": 5,
        "coverage": 5,
        "recorded for the article": 1,
        "a name of its concept": 2,
        "accuracy": 3,
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Expected what tells right mentions from wrong ones: --knowledge, --names, or --annotate"),
        (("--annotate", "Disease"), "Expected --annotate LABEL=TERMINOLOGY but got 'Disease'"),
        (("--annotate", "Disease=nowhere.obo"), "No nowhere.obo, neither below the working directory nor below"),
        (("--knowledge", "nowhere.tsv"), "No nowhere.tsv, neither below the working directory nor below"),
        (("--names", "names.tsv", "--without", "bc5cdr"), "Expected a split of bc5cdr, one of bc5cdr/train, "),
    ],
)
def test_mistakes_are_told(
    zoo: Zoo, articles: Path, options: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(articles)
    said = zoo("weak", "label", articles / "articles.pubtator", *options, "--out", articles / "out")
    assert said.code == 2
    assert message in said.err
    assert not (articles / "out").exists()
