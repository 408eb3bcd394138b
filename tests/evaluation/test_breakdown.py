"""Scores by group: sums, hand-made groups, and what must hold of any documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import documents, quick
from tests.evaluation.documents import random_pairs
from zoo.data.conll import blank_words
from zoo.data.document import Document, Span
from zoo.evaluation.bootstrap import bootstrap
from zoo.evaluation.breakdown import (
    GROUPINGS,
    Grouping,
    break_down,
    by_frequency,
    by_length,
    by_seen,
    by_structure,
    check_groupings,
)
from zoo.evaluation.report import to_dict
from zoo.evaluation.spans import Counts, score
from zoo.text.segment import Segmenter


def mentions(text: str, *found: str) -> Document:
    """A document with the first occurrence of each mention."""
    return Document("1", text, tuple(Span.of(text.index(m), text.index(m) + len(m), "Disease") for m in found))


@pytest.mark.parametrize("seed", range(4))
def test_groups_sum_to_the_strict_report(seed: int) -> None:
    gold, predicted = random_pairs(seed, count=12)
    strict = score(gold, predicted)
    for grouping in (by_length(), by_seen(gold[:4]), by_frequency(gold[:4]), by_structure()):
        found = break_down(gold, predicted, grouping)
        assert found.scorer == f"strict by {grouping.name}"
        assert found.micro == strict.micro
        assert [sum(d.values(), Counts()) for d in found.documents] == [
            sum(d.values(), Counts()) for d in strict.documents
        ]
        assert list(found.labels) == [group for group in grouping.groups if group in found.labels]
        assert set(bootstrap(found, resamples=50).labels) == set(to_dict(found)["labels"])


def test_by_length() -> None:
    text = "gout and rare cancer and very rare cancer of the left upper lobe"
    gold = mentions(text, "gout", "rare cancer", "very rare cancer of the left upper lobe")
    predicted = mentions(text, "gout", "cancer", "very rare cancer of the left upper lobe", "the left upper lobe")
    assert break_down([gold], [predicted], by_length()).labels == {
        "1 word": Counts(tp=1, fp=1),
        "2 words": Counts(fn=1),
        "4 words": Counts(fp=1),
        "5+ words": Counts(tp=1),
    }
    assert list(break_down([gold], [predicted], by_length(longest=3)).labels) == ["1 word", "2 words", "3+ words"]
    many = break_down([gold], [gold], by_length(Segmenter(), longest=20))
    assert list(many.labels) == ["1 word", "2 words", "8 words"]
    with pytest.raises(ValueError, match="at least 2 words but got 1"):
        by_length(longest=1)


def test_groups_keep_their_order_beyond_nine_words() -> None:
    text = " ".join("abcdefghijkl")
    gold = Document("1", text, (Span.of(0, 3, "A"), Span.of(0, 23, "A"), Span.of(0, 19, "A")))
    assert list(break_down([gold], [gold], by_length(longest=30)).labels) == ["2 words", "10 words", "12 words"]


def test_by_seen() -> None:
    training = [mentions("Gout and breast\n cancer", "Gout", "breast\n cancer")]
    gold = mentions("Gout, gout, breast cancer, fever", "Gout", "gout", "breast cancer", "fever")
    predicted = mentions("Gout, gout, breast cancer, fever", "gout", "breast cancer", "cancer", "fever")
    assert break_down([gold], [predicted], by_seen(training)).labels == {
        "seen": Counts(tp=1, fn=1),
        "seen in another case": Counts(tp=1),
        "unseen": Counts(tp=1, fp=1),
    }


def test_the_label_in_training_plays_no_part() -> None:
    gold = mentions("gout", "gout")
    training = [gold.relabel({"Disease": "Finding"})]
    assert list(break_down([gold], [gold], by_seen(training)).labels) == ["seen"]


@pytest.mark.parametrize(
    ("times", "group"),
    [
        *[(0, "never"), (1, "once"), (2, "2–4 times"), (4, "2–4 times"), (5, "5–9 times"), (9, "5–9 times")],
        *[(10, "10–49 times"), (49, "10–49 times"), (50, "50+ times"), (1000, "50+ times")],
    ],
)
def test_by_frequency(times: int, group: str) -> None:
    gout = mentions("Gout", "Gout")
    twice = gout.with_spans([*gout.spans, *gout.spans])  # the same span again is no second mention
    gold = mentions("gout", "gout")
    assert list(break_down([gold], [gold], by_frequency([twice] * times)).labels) == [group]


@given(st.lists(documents(), max_size=4), documents())
@quick
def test_never_in_training_is_unseen(training: list[Document], gold: Document) -> None:
    novelty = break_down([gold], [gold], by_seen(training)).labels
    frequency = break_down([gold], [gold], by_frequency(training)).labels
    assert novelty.get("unseen", Counts()) == frequency.get("never", Counts())


def test_by_structure() -> None:
    text = "x" * 40
    flat, discontinuous = Span.of(0, 2, "A"), Span(((3, 5), (8, 9)), "A")
    between = Span.of(5, 8, "A")  # shares no character with the fragments around it
    outer, inner, same_place = Span.of(10, 16, "A"), Span.of(12, 14, "A"), Span.of(12, 14, "B")
    left, right = Span.of(20, 25, "A"), Span.of(23, 28, "A")
    gold = Document("1", text, (flat, discontinuous, between, outer, inner, same_place, left, right))
    predicted = gold.with_spans([flat, outer, Span.of(23, 28, "B"), right])
    assert break_down([gold], [predicted], by_structure()).labels == {
        "flat": Counts(tp=1, fn=1),
        "nested": Counts(tp=1, fp=1, fn=2),  # outer is nested in gold, though not among the predicted
        "crossing": Counts(tp=1, fn=1),
        "discontinuous": Counts(fn=1),
    }


def test_groups_that_are_not_named_raise() -> None:
    gold = mentions("gout", "gout")
    initials = Grouping("initial", ("a", "b"), lambda document: lambda span: document.text[span.start])
    with pytest.raises(ValueError, match="Expected groups out of a, b but got g"):
        break_down([gold], [gold], initials)
    assert break_down([gold], [gold], Grouping("initial", ("g",), initials.of)).labels == {"g": Counts(tp=1)}


def test_other_documents_raise() -> None:
    gold, found = random_pairs(0, count=3)
    with pytest.raises(ValueError, match="Expected 3 predicted documents"):
        break_down(gold, found[:2], by_length())


def test_groupings_by_name() -> None:
    gold, predicted = random_pairs(1, count=6)
    for name, make in GROUPINGS.items():
        grouping = make(blank_words, lambda: gold[:3])
        assert grouping.name == name
        assert break_down(gold, predicted, grouping).scorer == f"strict by {name}"
    assert check_groupings(["seen", "length", "seen"]) == ["seen", "length"]
    with pytest.raises(
        ValueError, match=r"Expected a grouping out of length, .* but got 'lenght'\. Did you mean 'length'"
    ):
        check_groupings(["lenght"])
