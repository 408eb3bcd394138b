"""Links scored by mention and by document, against counts made by hand."""

import pytest

from zoo.data.document import Document, Span
from zoo.evaluation.linking import accuracy, concepts_of, score_documents

ALIASES = {"OMIM:114480": "MESH:D001943"}


def canonical(concept: str) -> str:
    return ALIASES.get(concept, concept)


def span(start: int, *concepts: str, label: str = "Disease") -> Span:
    return Span.of(start, start + 3, label, concepts=concepts)


def test_concepts_are_what_an_index_calls_them() -> None:
    assert concepts_of(span(0, "OMIM:114480", " D009369 "), canonical) == {"MESH:D001943", "MESH:D009369"}
    assert concepts_of(span(0, "D1+D2")) == {"D1", "D2"}
    assert concepts_of(span(0, "-1")) == concepts_of(span(0, "<null>")) == concepts_of(span(0)) == frozenset()


def test_accuracy_counts_mentions_with_concepts() -> None:
    gold = [span(0, "A"), span(4, "-1"), span(8, "B", "C"), span(12, "OMIM:114480"), span(16, "D")]
    ranked = [["A", "B"], ["A"], ["X", "Y", "C"], ["MESH:D001943"], []]
    found = accuracy(gold, ranked, canonical, ks=(1, 3, 5))
    assert found == (4, {1: 2, 3: 3, 5: 3})
    assert (found.at(1), found.at(5)) == (0.5, 0.75)
    assert accuracy([], []).at(1) == 0.0
    with pytest.raises(ValueError, match="zip"):
        accuracy(gold, ranked[:2])


def test_of_a_document_each_concept_counts_once_wherever_it_is() -> None:
    text = "x" * 40
    gold = Document("1", text, (span(0, "A"), span(4, "A"), span(8, "B", "-1"), span(12, "C", label="Chemical")))
    linked = Document("1", text, (span(20, "A"), span(24, "E"), span(28), span(12, "C", label="Chemical")))
    report = score_documents([gold], [linked])
    assert (report.micro.tp, report.micro.fp, report.micro.fn) == (2, 1, 1)
    assert report.labels["Chemical"].f1 == 1.0
    assert report.scorer == "document concepts"
