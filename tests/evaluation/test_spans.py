"""The strict scorer agrees with seqeval and nervaluate on what they can express."""

import math

import pytest
from nervaluate import Evaluator
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from tests.evaluation.documents import LABELS, random_pairs
from zoo.data.document import Document, Span
from zoo.data.tags import spans_to_tags
from zoo.evaluation.spans import Counts, Report, count_spans, score


def tags_of(documents: list[Document]) -> list[list[str]]:
    return [spans_to_tags([(s.start, s.end, s.label) for s in d.spans], len(d.text), "IOB2") for d in documents]


@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_seqeval_strict(seed: int) -> None:
    gold, predicted = random_pairs(seed, count=12)
    theirs = classification_report(
        tags_of(gold), tags_of(predicted), mode="strict", scheme=IOB2, output_dict=True, zero_division=0
    )
    ours = score(gold, predicted)
    assert set(ours.labels) == {name for name in theirs if name in LABELS}
    for name, counts in {**ours.labels, "micro avg": ours.micro}.items():
        assert counts.gold == theirs[name]["support"]
        assert math.isclose(counts.precision, theirs[name]["precision"])
        assert math.isclose(counts.recall, theirs[name]["recall"])
        assert math.isclose(counts.f1, theirs[name]["f1-score"])
    assert math.isclose(ours.macro_f1, theirs["macro avg"]["f1-score"])


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_nervaluate_strict(seed: int) -> None:
    gold, predicted = random_pairs(seed, count=12)

    def as_theirs(documents: list[Document]) -> list[list[dict]]:
        return [[{"label": s.label, "start": s.start, "end": s.end} for s in d.spans] for d in documents]

    theirs = Evaluator(as_theirs(gold), as_theirs(predicted), tags=list(LABELS), loader="dict").evaluate()
    strict, ours = theirs["overall"]["strict"], score(gold, predicted).micro
    assert (ours.tp, ours.predicted, ours.gold) == (strict.correct, strict.actual, strict.possible)
    assert math.isclose(ours.f1, strict.f1)


def test_same_fragments_and_label_count_once() -> None:
    span = Span.of(0, 1, "Gene")
    gold = Document("1", "xyz", (span, span))
    predicted = gold.with_spans([Span.of(0, 1, "Gene", score=0.5), Span.of(0, 1, "Gene", score=0.9)])
    assert count_spans(gold, predicted) == {"Gene": Counts(tp=1)}
    assert count_spans(gold, gold.with_spans([])) == {"Gene": Counts(fn=1)}


def test_every_fragment_matters() -> None:
    gold = Document("1", "left and right arm", (Span(((0, 4), (15, 18)), "Gene"),))
    assert count_spans(gold, gold)["Gene"] == Counts(tp=1)
    assert count_spans(gold, gold.with_spans([Span.of(0, 18, "Gene")]))["Gene"] == Counts(fp=1, fn=1)


def test_a_wrong_label_is_wrong_for_both_labels() -> None:
    gold = Document("1", "x", (Span.of(0, 1, "Gene"),))
    counts = count_spans(gold, gold.with_spans([Span.of(0, 1, "Disease")]))
    assert counts == {"Disease": Counts(fp=1), "Gene": Counts(fn=1)}


def test_undefined_scores_are_zero() -> None:
    assert (Counts().precision, Counts().recall, Counts().f1) == (0.0, 0.0, 0.0)
    assert Report("strict", ()).macro_f1 == 0.0
    assert score([], []).micro == Counts()


def test_the_report_keeps_documents_apart() -> None:
    gold, predicted = random_pairs(0, count=8)
    report = score(gold, predicted)
    assert report.scorer == "strict"
    assert [sum(c.gold for c in d.values()) for d in report.documents] == [len(d.spans) for d in gold]
    assert report.micro == sum((c for d in report.documents for c in d.values()), Counts())


@pytest.mark.parametrize(
    ("predicted", "message"),
    [
        (["a:x"], "Expected 2 predicted documents, one per gold document, but got 1."),
        (["b:y"], "Expected document 'a' at position 0 but got 'b'."),
        (["a:x", "c:y"], "Expected document 'b' at position 1 but got 'c'."),
        (
            ["a:x", "b:yz"],
            (
                "Expected the gold text in document 'b' (position 1) but the predicted document's differs from "
                "character 1 on."
            ),
        ),
    ],
)
def test_mismatched_documents_raise(predicted: list[str], message: str) -> None:
    def documents(written: list[str]) -> list[Document]:
        return [Document(*document.split(":")) for document in written]

    with pytest.raises(ValueError, match="document") as error:
        score(documents(["a:x", "b:y"]), documents(predicted))
    assert str(error.value) == message
