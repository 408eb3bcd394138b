"""BMEWO-V: what it holds, it holds exactly; what it does not hold is known."""

from itertools import combinations, groupby, pairwise, product

import pytest

from tests.data.test_tags import LABELS, is_legal, legal_sequences
from zoo.data.tags import WordSpan, holdable, spans_to_tags, tag_set, tags_to_spans


def all_spans(words: int) -> list[WordSpan]:
    return [(start, end, label) for start in range(words) for end in range(start + 1, words + 1) for label in LABELS]


@pytest.mark.parametrize(
    ("spans", "tags"),
    [
        ([(0, 3, "N"), (0, 1, "N")], "V-N M-N E-N"),  # the paper's figure 1: calcio within calcio iónico corregido
        ([(0, 3, "D"), (2, 3, "G")], "B-D M-D V-G"),
        ([(0, 4, "D"), (1, 2, "G")], "B-D V-G M-D E-D"),
        ([(0, 4, "D"), (1, 3, "D")], "B-D V-D V-D E-D"),
        ([(0, 5, "D"), (1, 2, "G"), (3, 4, "D")], "B-D V-G M-D V-D E-D"),
        ([(0, 2, "D"), (0, 2, "G")], "V-D V-G"),
        ([(0, 3, "D"), (0, 3, "G")], "V-D V-G V-G"),
        ([(0, 3, "D"), (0, 3, "G"), (0, 3, "C")], "V-C V-D V-G"),
        ([(0, 4, "C"), (1, 3, "D"), (1, 3, "G")], "B-C V-D V-G E-C"),
        ([(0, 3, "D"), (1, 4, "G")], "B-D V-G V-G E-G"),  # crossing
        ([(0, 3, "D"), (2, 5, "G"), (4, 6, "D")], "B-D M-D V-G M-G V-D E-D"),
        ([(0, 3, "D"), (1, 4, "G"), (1, 3, "C")], "B-D V-C V-C E-G"),
        ([(0, 1, "D"), (1, 3, "D"), (1, 2, "D")], "W-D V-D E-D"),
    ],
)
def test_written_by_hand(spans: list[WordSpan], tags: str) -> None:
    length = len(tags.split())
    assert spans_to_tags(spans, length, "BMEWO-V") == tags.split()
    assert tags_to_spans(tags.split(), "BMEWO-V") == sorted(spans)


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("V-D", [(0, 1, "D")]),
        ("V-D V-D O V-G", [(0, 2, "D"), (3, 4, "G")]),
        ("B-D V-D E-G", [(0, 2, "D"), (1, 3, "G")]),
        ("B-D V-D V-G E-G", [(0, 3, "D"), (1, 4, "G")]),
        ("M-D", [(0, 1, "D")]),
        ("B-D O E-D", [(0, 1, "D"), (2, 3, "D")]),
        ("B-D M-G W-G", [(0, 1, "D"), (1, 2, "G"), (2, 3, "G")]),
        ("E-D E-D", [(0, 1, "D"), (1, 2, "D")]),
        ("B-D V-G B-D", [(0, 2, "D"), (1, 2, "G"), (2, 3, "D")]),
    ],
)
def test_sequences_that_are_not_written_are_read(tags: str, spans: list[WordSpan]) -> None:
    assert tags_to_spans(tags.split(), "BMEWO-V") == spans


def test_two_spans_are_lost_together_only_as_documented() -> None:
    for pair in combinations(all_spans(6), 2):
        (start, end, label), (other_start, other_end, other_label) = sorted(pair)
        one_word = start + 1 == end == other_end and start == other_start
        crosses_its_own = start < other_start < end < other_end and label == other_label
        assert (holdable(pair, "BMEWO-V") == sorted(pair)) == (not one_word and not crosses_its_own)


def test_every_set_of_spans_over_three_words() -> None:
    held = 0
    for size in range(13):
        for spans in combinations(all_spans(3), size):
            kept = holdable(spans, "BMEWO-V")
            assert set(kept) <= set(spans)
            tags = spans_to_tags(kept, 3, "BMEWO-V")
            assert tags_to_spans(tags, "BMEWO-V") == kept
            assert is_legal(tags, "BMEWO-V")
            held += len(kept) == size
    readings = {tuple(tags_to_spans(tags, "BMEWO-V")) for tags in product(tag_set(LABELS, "BMEWO-V"), repeat=3)}
    assert held == len(readings) == 130  # all that can be read can be written


def test_what_is_kept_leaves_no_room() -> None:
    for spans in combinations(all_spans(3), 4):
        kept = holdable(spans, "BMEWO-V")
        for span in set(spans) - set(kept):
            assert holdable([*kept, span], "BMEWO-V") != sorted([*kept, span])


def test_every_sequence_over_four_words_is_read_as_what_can_be_written() -> None:
    for tags in product(tag_set(LABELS, "BMEWO-V"), repeat=4):
        spans = tags_to_spans(tags, "BMEWO-V")
        assert holdable(spans, "BMEWO-V") == spans


def is_documented_exception(tags: list[str]) -> bool:
    """Whether a legal sequence holds a run of V that :func:`may_follow` names as one that is not written."""
    border = ["O", *tags, "O"]
    for is_overlap, group in groupby(range(len(border)), key=lambda at: border[at][0] == "V"):
        if not is_overlap:
            continue
        at = list(group)
        named = [border[word][2:] for word in at]
        before, after = border[at[0] - 1], border[at[-1] + 1]
        entered = before[2:] if before[0] in "BM" else ""
        left = after[2:] if after[0] in "ME" else ""
        if not entered and not left and len(set(named)) == 1:
            return True
        if any(one == other != named[-1] for one, other in pairwise(named)):
            return True
        crossing = entered and left and entered != left
        if crossing and set(named) & {entered, left} and set(named) != {left}:
            return True
    return False


def test_legal_sequences_are_the_writing_of_their_spans_with_the_documented_exceptions() -> None:
    written = 0
    for words in range(1, 6):
        for tags in legal_sequences(words, "BMEWO-V"):
            is_written = spans_to_tags(tags_to_spans(tags, "BMEWO-V"), words, "BMEWO-V") == tags
            assert is_written != is_documented_exception(tags)
            written += is_written
    assert written > 5000


def test_spans_that_cannot_be_held_are_refused() -> None:
    with pytest.raises(ValueError, match="Expected spans that BMEWO-V can hold within 1 words but got"):
        spans_to_tags([(0, 1, "D"), (0, 1, "G")], 1, "BMEWO-V")
