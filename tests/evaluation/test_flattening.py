"""Flattening keeps a flat, maximal set, the same for any order, and counts all the rest."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.data.document import Document, Span
from zoo.evaluation.flattening import Flattening, flatten
from zoo.evaluation.spans import score

FRAGMENTS = st.lists(st.integers(0, 20), min_size=2, max_size=6, unique=True).map(
    lambda offsets: tuple(zip(*[iter(sorted(offsets))] * 2, strict=False))
)
SCORES = st.none() | st.sampled_from([0.0, 0.5, 1.0])
SPANS = st.lists(st.builds(Span, FRAGMENTS, st.sampled_from(["A", "B"]), SCORES), max_size=12)


@given(SPANS)
def test_kept_spans_are_flat_and_from_the_input(spans: list[Span]) -> None:
    kept, _ = flatten(spans)
    assert all(span in spans and len(span.fragments) == 1 for span in kept)
    assert all(left.end <= right.start for left, right in pairwise(kept))


@given(SPANS)
def test_counts_add_up(spans: list[Span]) -> None:
    kept, report = flatten(spans)
    distinct = {span.key for span in spans}
    assert report.total == len(distinct) == len(kept) + report.lost
    assert report.discontinuous == sum(len(fragments) > 1 for fragments, _ in distinct)
    assert (report.unaligned, report.crossing) == (0, 0)


@given(SPANS)
def test_no_dropped_continuous_span_would_fit(spans: list[Span]) -> None:
    kept, _ = flatten(spans)
    for span in spans:
        if len(span.fragments) == 1:
            assert any(span.start < other.end and other.start < span.end for other in kept)


@given(SPANS, st.randoms(use_true_random=False))
def test_the_order_plays_no_part(spans: list[Span], generator: random.Random) -> None:
    shuffled = generator.sample(spans, len(spans))
    assert flatten(shuffled) == flatten(spans)


@given(SPANS)
def test_flattening_twice_loses_nothing_more(spans: list[Span]) -> None:
    kept, _ = flatten(spans)
    assert flatten(kept) == (kept, Flattening(total=len(kept)))


@given(SPANS)
def test_the_ceiling_is_the_strict_recall_of_what_is_kept(spans: list[Span]) -> None:
    kept, report = flatten(spans)
    gold = Document("1", "x" * 21, tuple(spans))
    recall = score([gold], [gold.with_spans(kept)]).micro.recall
    assert report.recall_ceiling == (pytest.approx(recall) if spans else 1.0)


@pytest.mark.parametrize(
    ("spans", "kept"),
    [
        ([Span.of(0, 4, "A"), Span.of(2, 7, "A")], [Span.of(2, 7, "A")]),  # the longest
        ([Span.of(2, 6, "A"), Span.of(0, 4, "B")], [Span.of(0, 4, "B")]),  # as long: the leftmost
        ([Span.of(0, 4, "B"), Span.of(0, 4, "A")], [Span.of(0, 4, "A")]),  # at the same place: by label
        ([Span(((0, 2), (6, 9)), "A"), Span.of(1, 3, "A")], [Span.of(1, 3, "A")]),  # discontinuous ones take no room
        ([Span.of(0, 2, "A"), Span.of(2, 4, "A")], [Span.of(0, 2, "A"), Span.of(2, 4, "A")]),  # touching ones fit
        ([Span.of(0, 2, "A", score=0.2), Span.of(0, 2, "A", score=0.9)], [Span.of(0, 2, "A", score=0.9)]),  # the surest
    ],
)
def test_the_rule(spans: list[Span], kept: list[Span]) -> None:
    assert flatten(spans)[0] == kept


def test_reports_add_and_return_from_json() -> None:
    one = Flattening(total=10, discontinuous=1, overlapping=2, unaligned=3, crossing=4)
    assert one + Flattening(total=5, crossing=1) == Flattening(15, 1, 2, 3, 5)
    assert one.lost == 10
    assert one.recall_ceiling == 0.0
    assert Flattening().recall_ceiling == 1.0
    assert Flattening.from_dict(one.to_dict()) == one
    with pytest.raises(TypeError, match="nested"):
        Flattening.from_dict({"nested": 1})
