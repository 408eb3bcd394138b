"""The strict scorer agrees with seqeval and nervaluate on what they can express."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from nervaluate import Evaluator
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from tests.evaluation.documents import LABELS, random_pairs
from zoo.data.document import Document, Span
from zoo.data.tags import spans_to_tags
from zoo.evaluation.spans import Averages, Counts, Report, align, count_keys, count_spans, score


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
    for averages, name in ((ours.macro, "macro avg"), (ours.weighted, "weighted avg")):
        assert math.isclose(averages.precision, theirs[name]["precision"])
        assert math.isclose(averages.recall, theirs[name]["recall"])
        assert math.isclose(averages.f1, theirs[name]["f1-score"])
    assert ours.macro_f1 == ours.macro.f1


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
    assert Report("strict", ()).macro == Report("strict", ()).weighted == Averages(0.0, 0.0, 0.0)
    assert Report("strict", ({"Gene": Counts(fp=1)},)).weighted == Averages(0.0, 0.0, 0.0)  # nothing is gold
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


def test_averages_weigh_labels() -> None:
    report = Report("strict", ({"Gene": Counts(tp=3), "Cell": Counts(fn=1)},))
    assert report.macro == Averages(0.5, 0.5, 0.5)
    assert report.weighted == Averages(0.75, 0.75, 0.75)
    assert report.macro_f1 == 0.5


def test_keys_are_counted_by_label() -> None:
    assert count_keys({(1, "b"), (2, "a")}, {(1, "b"), (1, "a")}) == {"a": Counts(fp=1, fn=1), "b": Counts(tp=1)}


def named(ids: str, text: str = "x") -> list[Document]:
    return [Document(name, text) for name in ids]


@pytest.mark.parametrize("order", ["abc", "cab", "bca"])
def test_predictions_in_another_order(order: str) -> None:
    gold, predicted = random_pairs(0, count=3)
    gold, predicted = ([replace(d, id="abc"[int(d.id)]) for d in documents] for documents in (gold, predicted))
    by_id = {document.id: document for document in predicted}
    assert align(gold, [by_id[name] for name in order]) == predicted
    assert score(gold, align(gold, [by_id[name] for name in order])) == score(gold, predicted)


def test_repeated_ids_keep_their_order() -> None:
    first, second = (Document("a", "xx", (Span.of(0, end, "Gene"),)) for end in (1, 2))
    gold = named("aba")
    assert align(gold, [first, second, Document("b", "")]) == [first, Document("b", ""), second]
    assert align(gold, [second, Document("b", ""), first]) == [second, Document("b", ""), first]


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ("abc", "ab", "Expected the 3 gold documents among the 2 predicted ones, by their ids, but got 1 missing: c."),
        (
            "ab",
            "bac",
            "Expected the 2 gold documents among the 3 predicted ones, by their ids, but got 1 not in gold: c.",
        ),
        ("ab", "bb", "but got 1 missing: a; 1 not as often as in gold: b (2 for 1)."),
        ("abcdefgh", "", "but got 8 missing: a, b, c, d, e, …."),
        ("aab", "abb", "but got 2 not as often as in gold: a (1 for 2), b (2 for 1)."),
    ],
)
def test_documents_that_cannot_be_aligned(gold: str, predicted: str, message: str) -> None:
    with pytest.raises(ValueError, match="Expected the") as error:
        align(named(gold), named(predicted))
    assert str(error.value).endswith(message)


def test_texts_are_compared_when_scoring() -> None:
    gold, predicted = named("ab"), named("ba", text="y")
    with pytest.raises(ValueError, match="Expected the gold text in document 'a'"):
        score(gold, align(gold, predicted))


def test_a_corpus_with_a_repeated_document(data_root: Path) -> None:
    from zoo.data.pubtator import read

    gold = list(read(data_root / "en" / "ncbi-disease" / "NCBItrainset_corpus.txt"))
    predicted = sorted(gold, key=lambda document: document.id)
    assert len({document.id for document in gold}) == len(gold) - 1
    micro = score(gold, align(gold, predicted)).micro
    assert (micro.f1, micro.tp) == (1.0, 5145)
