"""What is found in documents made for it."""

from collections.abc import Sequence

import pytest

from zoo.data.document import Document, Span
from zoo.evaluation.corpus_check import Finding, check_documents
from zoo.evaluation.corpus_statistics import count_corpus
from zoo.text.segment import Segmenter

LONG = "Mutations of this gene cause a rare disease of liver and brain in which copper cannot be excreted at all."


def gene(text: str, start: int = 0, end: int | None = None, name: str = "1") -> Document:
    return Document(name, text, (Span.of(start, end or len(text), "Gene"),))


def check(is_known: bool = False, **splits: Sequence[Document]) -> list[Finding]:
    statistics = {split: count_corpus(documents, Segmenter()) for split, documents in splits.items()}
    return list(check_documents(splits, statistics, Segmenter().__call__, is_known))


def only(findings: list[Finding], what: str) -> Finding:
    (finding,) = (finding for finding in findings if finding.what.startswith(what))
    return finding


def test_a_sound_corpus() -> None:
    found = check(train=[gene("APC and MSH2")], test=[gene("BRCA1", name="2")])
    assert {finding.status for finding in found} == {"fine", "note"}
    assert only(found, "train").what == "train, 1 document: 1 mention of 1 label"
    assert only(found, "0.0 % of the mentions of test have a surface that train has under the same label")


@pytest.mark.parametrize(
    ("document", "what", "status", "example"),
    [
        (
            gene("The hTERT gene", 5, 9),
            "mentions that begin or end inside a word: all 1",
            "warning",
            "…The h[TERT] gene…",
        ),
        (gene("The APC\ngene", 3, 8), "mentions that begin or end with white space: all 1", "warning", "[ APC ]"),
        (gene("R", 0, 1), "mentions that are a single character: all 1", "note", "all 1, 0–1 Gene: …[R]…"),
        (Document("1", "APC", (Span.of(0, 3, "Gene"),) * 3), "mentions that repeat another", "warning", "[APC]"),
    ],
)
def test_mentions_that_may_be_mistakes(document: Document, what: str, status: str, example: str) -> None:
    finding = only(check(all=[document]), what)
    assert finding.status == status
    assert example in finding.examples[0]


def test_overlaps_are_noted() -> None:
    spans = (Span.of(0, 11, "Disease"), Span.of(5, 11, "Disease"), Span(((0, 2), (5, 11)), "Sign"))
    finding = only(check(all=[Document("1", "rare cancer", spans)]), "mentions that overlap")
    assert finding.examples == (
        "discontinuous mentions: all 1",
        "nested pairs of one label: all 1",
        "nested pairs of two labels: all 2",
    )
    assert finding.status == "note"


def test_leakage_is_wrong_in_a_corpus_of_ones_own() -> None:
    splits = {"train": [gene(LONG, 0, 9)], "test": [gene(LONG.upper(), 0, 9, name="2")]}
    what = "documents of test that stand in train too, or nearly so: 1"
    assert only(check(**splits), what).status == "wrong"
    assert only(check(is_known=True, **splits), what).status == "warning"


def test_short_texts_in_two_splits_are_noted() -> None:
    found = check(train=[gene("Case report.", 0, 4)], test=[gene("Case report", 0, 4, name="2")])
    assert only(found, "documents of test, of fewer than 12 words, that stand in train too: 1").status == "note"


def test_repetition_within_a_split() -> None:
    found = check(train=[gene(LONG, 0, 9), gene(LONG, 0, 9)], test=[gene("APC")])
    assert only(found, "documents that stand in train twice, or nearly so: 1").status == "warning"
    assert only(check(all=[gene("APC"), gene("B")]), "ids that documents of one split").examples == ("1: all, all",)
    assert only(found, "ids that documents of two splits have in common: 1").examples == ("1: train, train, test",)


def test_labels_of_some_splits() -> None:
    other = Document("3", "gout", (Span.of(0, 4, "Disease"),))
    assert only(check(train=[gene("APC")], test=[other]), "label Gene occurs only in train").advice.startswith(
        "no score"
    )
    found = check(train=[gene("APC")], dev=[gene("B", name="2"), other], test=[gene("C"), other])
    assert only(found, "label Disease occurs only in dev, test").advice.startswith("a tagger cannot learn it")
    assert not any("label Gene" in finding.what for finding in found)


def test_documents_without_words_or_mentions() -> None:
    found = check(train=[gene("APC"), Document("2", " "), Document("3", "Nothing.")], test=[Document("4", "Nothing.")])
    assert only(found, "train").what == "train, 3 documents, 2 of them without a mention: 1 mention of 1 label"
    assert only(found, "documents without a word: train 1").status == "warning"
    assert only(found, "test, 1 document without a mention").status == "wrong"


def test_losses_are_told() -> None:
    document = Document("1", "APC", (Span.of(0, 3, "Gene"),), losses={"event": 1200})
    assert only(check(all=[document]), "all, reported on reading: 1,200 × event").status == "warning"


def test_without_texts_nothing_is_said_of_words() -> None:
    found = check(train=[Document("1", " APC", (Span.of(0, 4, "Gene"),), losses={"missing text": 1})])
    assert only(found, "texts are missing").status == "warning"
    assert not any("white space" in finding.what for finding in found)
