"""The evaluations of SemEval-2013 task 9.1: those of nervaluate, but where it is said that they are not."""

import math
import random

import pytest
from nervaluate import Evaluator

from tests.evaluation.documents import LABELS, random_pairs, random_tangles
from tests.reference.slow_overlap import as_dictionaries, slow_categories
from zoo.data.document import Document, Span
from zoo.evaluation import spans
from zoo.evaluation.overlap import (
    PROTOCOLS,
    Matches,
    count_pairs,
    matches,
    matches_by_label,
    pair_spans,
    score,
)

THEIRS = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}
CATEGORIES = ("correct", "incorrect", "partial", "missed", "spurious")

every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


def nervaluate(gold: list[Document], predicted: list[Document]) -> dict:
    evaluator = Evaluator(as_dictionaries(gold), as_dictionaries(predicted), tags=list(LABELS), loader="dict")
    return evaluator.evaluate()


def check(ours: Matches, theirs: object) -> None:
    assert [getattr(ours, name) for name in (*CATEGORIES, "actual", "possible")] == [
        getattr(theirs, name) for name in (*CATEGORIES, "actual", "possible")
    ]
    for name in ("precision", "recall", "f1"):
        assert math.isclose(getattr(ours.counts, name), getattr(theirs, name), abs_tol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_nervaluate_document_by_document(seed: int) -> None:
    gold, predicted = random_tangles(seed, count=400)
    assert sum(not d.spans for d in gold) > 20
    assert sum(not d.spans for d in predicted) > 20
    for true, found in zip(gold, predicted, strict=True):
        theirs = nervaluate([true], [found])
        for protocol, name in THEIRS.items():
            check(matches([true], [found], protocol), theirs["overall"][name])
            by_label = matches_by_label([true], [found], protocol)
            assert set(by_label) == set(theirs["entities"])
            for label, ours in by_label.items():
                check(ours, theirs["entities"][label][name])


@pytest.mark.parametrize("seed", range(20))
def test_agrees_with_nervaluate_on_flat_corpora(seed: int) -> None:
    gold, predicted = random_pairs(seed, count=15)
    theirs = nervaluate(gold, predicted)
    for protocol, name in THEIRS.items():
        check(matches(gold, predicted, protocol), theirs["overall"][name])
        for label, ours in matches_by_label(gold, predicted, protocol).items():
            check(ours, theirs["entities"][label][name])
        micro = score(gold, predicted, protocol).micro
        assert math.isclose(micro.f1, theirs["overall"][name].f1)


@every_protocol
@pytest.mark.parametrize("fragments", [1, 3])
def test_agrees_with_plain_loops(protocol: str, fragments: int) -> None:
    for true, found in zip(*random_tangles(fragments, count=400, fragments=fragments), strict=True):
        assert matches([true], [found], protocol) == Matches(**slow_categories(true, found, protocol))


@every_protocol
def test_long_documents_agree_with_plain_loops(protocol: str) -> None:
    generator = random.Random(0)

    def spans_of(count: int) -> list[Span]:
        starts = [generator.randrange(900) for _ in range(count)]
        return [Span.of(start, start + generator.randint(1, 60), generator.choice(LABELS)) for start in starts]

    gold = Document("1", "x" * 1000, tuple(spans_of(120)))
    predicted = gold.with_spans(spans_of(120) + list(gold.spans[::4]))
    assert matches([gold], [predicted], protocol) == Matches(**slow_categories(gold, predicted, protocol))


@every_protocol
def test_the_order_of_spans_plays_no_part_and_repeats_count_once(protocol: str) -> None:
    gold, predicted = random_tangles(7, count=100)
    turned = [document.with_spans(document.spans[::-1] * 2) for document in gold]
    others = [document.with_spans(document.spans[::-1] * 2) for document in predicted]
    assert score(turned, others, protocol) == score(gold, predicted, protocol)


@every_protocol
@pytest.mark.parametrize("fragments", [1, 2])
def test_rows_sum_to_the_micro_row(protocol: str, fragments: int) -> None:
    gold, predicted = random_tangles(8, count=100, fragments=fragments)
    report = score(gold, predicted, protocol)
    assert report.scorer == f"semeval-{protocol}"
    assert report.micro == matches(gold, predicted, protocol).counts
    assert Matches(**report.figures) == matches(gold, predicted, protocol)
    assert report.micro.gold == sum(len({span.key for span in d.spans}) for d in gold)
    assert report.micro.predicted == sum(len({span.key for span in d.spans}) for d in predicted)


def test_strict_is_the_strict_scorer_where_predictions_do_not_overlap() -> None:
    gold, predicted = random_pairs(3, count=100)
    assert score(gold, predicted, "strict").labels == spans.score(gold, predicted).labels


def test_a_wrong_prediction_may_take_what_a_later_one_has_right() -> None:
    gold = [Document("1", "x" * 9, (Span.of(3, 6, "Gene"),))]
    predicted = [gold[0].with_spans([Span.of(0, 9, "Gene"), Span.of(3, 6, "Gene")])]
    assert spans.score(gold, predicted).micro.tp == 1
    assert matches(gold, predicted, "strict") == Matches(incorrect=1, spurious=1)


@pytest.mark.parametrize(
    ("found", "strict", "exact", "partial", "kind"),
    [
        (Span.of(4, 8, "Gene"), "correct", "correct", "correct", "correct"),
        (Span.of(4, 8, "Cell"), "incorrect", "correct", "correct", "incorrect"),
        (Span.of(6, 9, "Gene"), "incorrect", "incorrect", "partial", "correct"),
        (Span.of(6, 9, "Cell"), "incorrect", "incorrect", "partial", "incorrect"),
        (Span.of(8, 9, "Gene"), "spurious", "spurious", "spurious", "spurious"),
    ],
)
def test_the_table_of_the_task(found: Span, strict: str, exact: str, partial: str, kind: str) -> None:
    gold = Document("1", "x" * 9, (Span.of(4, 8, "Gene"),))
    predicted = gold.with_spans([found])
    wanted = {"strict": strict, "exact": exact, "partial": partial, "type": kind}
    assert {name: pair_spans(gold, predicted, name)[0].category for name in PROTOCOLS} == wanted


def test_type_takes_the_nearest_gold_span_of_the_label() -> None:
    far, near, other = Span.of(0, 3, "Gene"), Span.of(2, 7, "Gene"), Span.of(2, 6, "Cell")
    gold = Document("1", "x" * 9, (far, other, near))
    (pair, *left) = pair_spans(gold, gold.with_spans([Span.of(2, 6, "Gene")]), "type")
    assert (pair.gold, pair.category) == (near, "correct")
    assert [single.category for single in left] == ["missed", "missed"]


def test_fragments_overlap_where_they_share_a_character() -> None:
    gold = Document("1", "x" * 9, (Span(((0, 2), (6, 8)), "Gene"),))

    def category(*fragments: tuple[int, int]) -> str:
        return pair_spans(gold, gold.with_spans([Span(fragments, "Gene")]), "partial")[0].category

    assert category((0, 2), (6, 8)) == "correct"
    assert category((0, 8)) == category((1, 2)) == category((7, 9)) == category((3, 4), (5, 7)) == "partial"
    assert category((2, 6)) == category((3, 4), (8, 9)) == "spurious"  # within the gap


def test_a_pair_of_two_labels_counts_for_the_gold_label() -> None:
    gold = Document("1", "x" * 9, (Span.of(0, 4, "Gene"),))
    right, half = (gold.with_spans([Span.of(0, end, "Cell")]) for end in (4, 3))
    assert count_pairs(pair_spans(gold, right, "exact")) == {"Gene": spans.Counts(tp=1)}
    rows = count_pairs(pair_spans(gold, half, "partial"))
    assert rows == {"Cell": spans.Counts(fp=0.5), "Gene": spans.Counts(tp=0.5, fn=0.5)}


def test_neighbours_do_not_overlap() -> None:
    gold = [Document("1", "x" * 9, (Span.of(0, 4, "Gene"),))]
    predicted = [gold[0].with_spans([Span.of(4, 8, "Gene")])]
    assert matches(gold, predicted, "partial") == Matches(missed=1, spurious=1)
    given = [[{"label": "Gene", "start": s.start, "end": s.end} for s in d.spans] for d in (gold[0], predicted[0])]
    theirs = Evaluator([given[0]], [given[1]], tags=["Gene"], loader="dict").evaluate()
    assert theirs["overall"]["partial"].partial == 1  # exclusive ends, taken as inclusive


def test_one_character_is_an_overlap_however_long_the_gold_span() -> None:
    gold = [Document("1", "x" * 300, (Span.of(0, 200, "Gene"),))]
    predicted = [gold[0].with_spans([Span.of(199, 210, "Gene")])]
    assert matches(gold, predicted, "partial") == Matches(partial=1)
    assert nervaluate(gold, predicted)["overall"]["partial"].partial == 0


def test_nothing_on_either_side() -> None:
    empty = [Document("1", "x")]
    for protocol in PROTOCOLS:
        assert matches(empty, empty, protocol) == matches([], [], protocol) == Matches()
        assert score(empty, empty, protocol).micro.f1 == 0.0
        assert matches_by_label(empty, empty, protocol) == {}


def test_an_unknown_protocol() -> None:
    with pytest.raises(ValueError, match=r"a protocol out of strict, .* but got 'ent_type'"):
        score([Document("1", "")], [Document("1", "")], "ent_type")
    with pytest.raises(ValueError, match="position 0"):
        score([Document("1", "")], [Document("2", "")], "strict")
