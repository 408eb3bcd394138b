"""The two weak sets: what each keeps, what is in neither, and how right they are."""

from collections import Counter
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


def keeps(document: Document) -> Document:
    return document


def test_sets_are_written_and_scored_where_gold_is_known(tmp_path: Path) -> None:
    documents = [ARTICLE, Document("2", "Nothing here.", losses=Counter(overlap=1))]
    gold = [Document("6893628", TEXT, (NALOXONE, HYPERTENSION)), Document("2", "Another text of that id.")]
    naloxone = named({"MESH:D009270": frozenset({"naloxone"})})
    steps = {"coverage": keeps, "none": lambda d: d.with_spans([]), "accuracy": lambda d: confirmed(d, naloxone)}
    done = write_weak_sets(lambda: documents, tmp_path, steps, gold)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accuracy.jsonl.gz", "coverage.jsonl.gz"]
    assert [d.spans for d in jsonl.read(tmp_path / "coverage.jsonl.gz")] == [d.spans for d in documents]
    assert [d.spans for d in jsonl.read(tmp_path / "accuracy.jsonl.gz")] == [(NALOXONE,), ()]
    coverage, none, accuracy = done.steps.values()
    assert (coverage.documents, dict(coverage.mentions)) == (2, {"Chemical": 1, "Disease": 2})
    assert done.lost == {"overlap": 1}
    assert coverage.report
    assert accuracy.report
    assert (coverage.report.micro.precision, coverage.report.micro.recall) == (2 / 3, 1)
    assert (accuracy.report.micro.precision, accuracy.report.micro.recall) == (1, 0.5)
    assert none.to_dict()["mentions"] == {}


def test_a_document_is_taken_once_and_none_of_the_test_part(tmp_path: Path) -> None:
    documents = [
        ARTICLE,
        Document("6893628", "The same PMID."),
        Document("3", f" {TEXT.replace(' ', '  ')}"),
        Document("4", " "),
        Document("50005", "Of the test part."),
        Document("6", "Likewise."),
        Document("7", "An id that is no PMID tells nothing."),
        Document("7", "So this one is taken, too."),
    ]
    held = [Document("50005", "Otherwise."), Document("7", "Like wise.")]
    done = write_weak_sets(lambda: documents, tmp_path, {"coverage": keeps}, without=held)
    found = [*jsonl.read(tmp_path / "coverage.jsonl.gz")]
    assert [(d.id, d.text[:2]) for d in found] == [("6893628", "Na"), ("7", "An"), ("7", "So")]
    assert done.left_out == {"seen before": 2, "without text": 1, "to stay out of": 2}


def test_without_any_document_nothing_is_written(tmp_path: Path) -> None:
    before = [ARTICLE]
    write_weak_sets(lambda: before, tmp_path, {"coverage": keeps, "accuracy": keeps})
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match="got none; left out: "):
        write_weak_sets(lambda: [Document("1", "")], tmp_path, {"coverage": keeps, "accuracy": keeps})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files
