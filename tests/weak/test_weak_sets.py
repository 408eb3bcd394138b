"""The two weak sets: what each keeps, what is in neither, and how right they are."""

from pathlib import Path

import pytest

from zoo.data import jsonl
from zoo.data.document import Document, Span
from zoo.weak.weak_sets import confirmed, either, named, recorded, write_weak_sets

TEXT = "Naloxone reversed hypertension of HT patients."
NALOXONE = Span.of(0, 8, "Chemical", concepts=("D009270",))
HYPERTENSION = Span.of(18, 30, "Disease", concepts=("MESH:D006973",))
PATIENTS = Span.of(34, 36, "Disease", concepts=("MESH:D006973",))
ARTICLE = Document("6893628", TEXT, (NALOXONE, HYPERTENSION, PATIENTS))


def test_a_knowledge_base_confirms_what_it_records_for_the_article() -> None:
    knowledge = {"6893628": frozenset({"MESH:D009270"}), "1": frozenset({"MESH:D006973"})}
    assert confirmed(ARTICLE, recorded(knowledge)).spans == (NALOXONE,)


def test_a_terminology_confirms_its_names() -> None:
    names = {"MESH:D006973": frozenset({"hypertension"})}
    assert confirmed(ARTICLE, named(names)).spans == (HYPERTENSION,)
    both = either([named(names), recorded({"6893628": frozenset({"MESH:D009270"})})])
    assert confirmed(ARTICLE, both).spans == (NALOXONE, HYPERTENSION)


def test_sets_are_written_and_scored_where_gold_is_known(tmp_path: Path) -> None:
    documents = [ARTICLE, Document("2", "Nothing here.")]
    gold = [Document("6893628", TEXT, (NALOXONE, HYPERTENSION)), Document("2", "Another text of that id.")]
    keep = {
        "coverage": lambda d: d,
        "accuracy": lambda d: confirmed(d, named({"MESH:D009270": frozenset({"naloxone"})})),
    }
    done = write_weak_sets(lambda: documents, tmp_path, keep, gold)
    assert [*jsonl.read(tmp_path / "coverage.jsonl.gz")] == documents
    assert [d.spans for d in jsonl.read(tmp_path / "accuracy.jsonl.gz")] == [(NALOXONE,), ()]
    coverage, accuracy = done.sets.values()
    assert (coverage.documents, dict(coverage.mentions)) == (2, {"Chemical": 1, "Disease": 2})
    assert coverage.report
    assert accuracy.report
    assert (coverage.report.micro.precision, coverage.report.micro.recall) == (2 / 3, 1)
    assert (accuracy.report.micro.precision, accuracy.report.micro.recall) == (1, 0.5)


def test_a_document_is_taken_once_and_none_of_the_test_part(tmp_path: Path) -> None:
    documents = [
        ARTICLE,
        Document("6893628", "The same id."),
        Document("3", TEXT),
        Document("4", " "),
        Document("5", "In the test part."),
        Document("6", "Likewise."),
    ]
    held = [Document("5", "Otherwise."), Document("7", "Likewise.")]
    done = write_weak_sets(lambda: documents, tmp_path, {"coverage": lambda d: d}, without=held)
    assert [d.id for d in jsonl.read(tmp_path / "coverage.jsonl.gz")] == ["6893628"]
    assert done.left_out == {"seen before": 2, "without text": 1, "in a corpus to stay out of": 2}
    assert done.to_dict()["sets"] == {"coverage": {"documents": 1, "mentions": {"Chemical": 1, "Disease": 2}}}


def test_without_any_document_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="got none; left out: "):
        write_weak_sets(lambda: [Document("1", "")], tmp_path, {"coverage": lambda d: d})
    assert not [*tmp_path.iterdir()]
