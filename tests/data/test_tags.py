"""Tag schemes, counted out: for flat spans every scheme is a bijection."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval import scheme as seqeval_schemes
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import Tokens

from tests.data.strategies import quick
from zoo.data.tags import (
    SCHEMES,
    WordSpan,
    detect_scheme,
    holdable,
    legal_transitions,
    spans_to_tags,
    tag_set,
    tags_to_spans,
)

LABELS = ("D", "G")
FLAT_SCHEMES = [name for name in SCHEMES if name != "BMEWO-V"]
SETS_OF_FLAT_SPANS = [1, 3, 11, 41, 153, 571]  # with two labels: f(n) = f(n-1) + 2 (f(0) + … + f(n-1))
WORD_SPANS = st.tuples(st.integers(0, 9), st.integers(1, 5), st.sampled_from(LABELS)).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1], drawn[2])
)

every_scheme = pytest.mark.parametrize("scheme", list(SCHEMES))
every_flat_scheme = pytest.mark.parametrize("scheme", FLAT_SCHEMES)


@cache
def flat_sets(words: int, first: int = 0) -> list[list[WordSpan]]:
    """All sets of flat spans over words from ``first`` on, each sorted."""
    if first >= words:
        return [[]]
    begun = [
        [(first, end, label), *rest]
        for end in range(first + 1, words + 1)
        for label in LABELS
        for rest in flat_sets(words, end)
    ]
    return flat_sets(words, first + 1) + begun


def is_legal(tags: list[str], scheme: str) -> bool:
    names = tag_set(LABELS, scheme)
    moves, rows = legal_transitions(names, scheme), [names.index(tag) for tag in tags]
    return moves.start[rows[0]] and moves.end[rows[-1]] and all(moves.pairs[i][j] for i, j in pairwise(rows))


def legal_sequences(words: int, scheme: str) -> Iterator[list[str]]:
    """All legal tag sequences, grown move by move."""
    names = tag_set(LABELS, scheme)
    moves, everything = legal_transitions(names, scheme), range(len(names))
    grown = [(row,) for row in everything if moves.start[row]]
    for _ in range(words - 1):
        grown = [(*rows, row) for rows in grown for row in everything if moves.pairs[rows[-1]][row]]
    return ([names[row] for row in rows] for rows in grown if moves.end[rows[-1]])


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("IOB1", "I-D B-D I-D I-G O I-G I-G I-G"),
        ("IOB2", "B-D B-D I-D B-G O B-G I-G I-G"),
        ("BIOES", "S-D B-D E-D S-G O B-G I-G E-G"),
        ("BILOU", "U-D B-D L-D U-G O B-G I-G L-G"),
        ("BMEWO-V", "W-D B-D E-D W-G O B-G M-G E-G"),
    ],
)
def test_written_by_hand(scheme: str, tags: str) -> None:
    spans = [(0, 1, "D"), (1, 3, "D"), (3, 4, "G"), (5, 8, "G")]
    assert spans_to_tags(spans, 8, scheme) == tags.split()
    assert spans_to_tags(spans[::-1], 8, scheme) == tags.split()
    assert tags_to_spans(tags.split(), scheme) == spans
    assert is_legal(tags.split(), scheme)


def test_the_order_of_tags_that_checkpoints_store() -> None:
    assert tag_set(LABELS, "IOB2") == ["O", "B-D", "I-D", "B-G", "I-G"]
    assert tag_set(LABELS, "BIOES") == ["O", "B-D", "I-D", "E-D", "S-D", "B-G", "I-G", "E-G", "S-G"]
    assert len(tag_set(["NORMALIZABLES", "NO_NORMALIZABLES", "PROTEINAS", "UNCLEAR"], "BMEWO-V")) == 21


@every_scheme
def test_every_set_of_flat_spans_is_held_exactly(scheme: str) -> None:
    for words, expected in enumerate(SETS_OF_FLAT_SPANS):
        sets = flat_sets(words)
        assert len(sets) == expected
        for spans in sets:
            tags = spans_to_tags(spans, words, scheme)
            assert holdable(spans, scheme) == spans
            assert tags_to_spans(tags, scheme) == spans
            assert not tags or is_legal(tags, scheme)


@every_flat_scheme
def test_every_legal_sequence_is_the_writing_of_its_spans(scheme: str) -> None:
    for words in range(1, len(SETS_OF_FLAT_SPANS)):
        sequences = list(legal_sequences(words, scheme))
        assert len(sequences) == SETS_OF_FLAT_SPANS[words]
        for tags in sequences:
            spans = tags_to_spans(tags)
            assert spans == tags_to_spans(tags, scheme)
            assert spans_to_tags(spans, words, scheme) == tags


@every_flat_scheme
def test_the_mask_is_all_that_can_be_written(scheme: str) -> None:
    names = tag_set(LABELS, scheme)
    written = [["O", *spans_to_tags(spans, 5, scheme), "O"] for spans in flat_sets(5)]
    moves = {pair for tags in written for pair in pairwise(tags)}
    legal = legal_transitions(names, scheme)
    assert legal.pairs == [[(before, after) in moves for after in names] for before in names]
    assert legal.start == [("O", tag) in moves for tag in names]
    assert legal.end == [(tag, "O") in moves for tag in names]


@every_flat_scheme
def test_seqeval_reads_the_same(scheme: str) -> None:
    theirs = getattr(seqeval_schemes, {"BIOES": "IOBES"}.get(scheme, scheme))
    for spans in flat_sets(4):
        entities = Tokens(spans_to_tags(spans, 4, scheme), theirs).entities
        assert [(entity.start, entity.end, entity.tag) for entity in entities] == spans


def test_seqeval_reads_illegal_sequences_the_same() -> None:
    names = ["O", *(f"{prefix}-{label}" for prefix in "BIES" for label in LABELS)]
    for tags in product(names, repeat=4):
        assert tags_to_spans(tags) == [(first, last + 1, label) for label, first, last in get_entities(list(tags))]


@given(st.lists(WORD_SPANS, max_size=8), st.sampled_from(FLAT_SCHEMES))
@quick
def test_what_flat_schemes_hold(spans: list[WordSpan], scheme: str) -> None:
    kept = holdable(spans, scheme)
    assert kept == holdable(spans[::-1], scheme) == tags_to_spans(spans_to_tags(kept, 15, scheme))
    assert set(kept) <= set(spans)
    for start, end, _ in set(spans) - set(kept):
        shared = [other for other in kept if other[0] < end and start < other[1]]
        assert any(other[1] - other[0] >= end - start for other in shared)  # none was dropped for a shorter one


@pytest.mark.parametrize(
    ("spans", "kept"),
    [
        ([(0, 4, "D"), (2, 7, "D")], (2, 7, "D")),  # the longest
        ([(2, 6, "D"), (0, 4, "G")], (0, 4, "G")),  # as long: the leftmost
        ([(0, 4, "G"), (0, 4, "D")], (0, 4, "D")),  # at the same place: by label
    ],
)
def test_which_span_is_kept(spans: list[WordSpan], kept: WordSpan) -> None:
    assert holdable(spans, "BIOES") == [kept]


@every_scheme
@pytest.mark.parametrize("spans", [[(0, 2, "D")], [(-1, 1, "D")], [(1, 1, "D")], [(0, 1, "D"), (0, 1, "D")]])
def test_refused(scheme: str, spans: list[WordSpan]) -> None:
    with pytest.raises(ValueError, match=r"Expected .* within 1 words but got"):
        spans_to_tags(spans, 1, scheme)
    with pytest.raises(
        ValueError, match="Expected a tag scheme out of IOB1, IOB2, BIOES, BILOU, BMEWO-V but got 'BIO'"
    ):
        spans_to_tags(spans, 1, "BIO")


@given(st.lists(st.sampled_from([tag for name in SCHEMES for tag in tag_set(LABELS, name)]), max_size=8))
@quick
def test_any_tags_can_be_read(tags: list[str]) -> None:
    for scheme in [None, *SCHEMES]:
        spans = tags_to_spans(tags, scheme)
        assert spans == sorted(spans)
        assert all(0 <= start < end <= len(tags) for start, end, _ in spans)


@every_scheme
def test_each_scheme_is_told_from_what_it_writes(scheme: str) -> None:
    spans = [[(0, 3, "D")], [(0, 1, "D"), (1, 2, "D")], [(2, 3, "G")], []]
    assert detect_scheme(spans_to_tags(each, 3, scheme) for each in spans) == scheme


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ("", "IOB2"),
        ("O O", "IOB2"),
        ("I-D O", "IOB1"),
        ("I-D B-D", "IOB1"),
        ("I-D B-G", "IOB2"),  # IOB1 would not write this B
        ("B-D O I-D", "IOB2"),  # an orphan
        ("B-D E-D", "BIOES"),  # or BMEWO-V, of the same meaning
        ("E-D S-D I-D", "BIOES"),
        ("B-D L-D", "BILOU"),
        ("B-D V-D", "BMEWO-V"),
        ("B-D M-D I-D", None),
        ("S-D U-D", None),
    ],
)
def test_detection_where_little_speaks(tags: str, scheme: str | None) -> None:
    assert detect_scheme([tags.split()]) == scheme


def test_iob1_and_iob2_are_told_apart_by_every_sequence_with_a_span() -> None:
    for words, scheme in product(range(1, 5), ("IOB1", "IOB2")):
        for spans in flat_sets(words):
            assert detect_scheme([spans_to_tags(spans, words, scheme)]) == (scheme if spans else "IOB2")
