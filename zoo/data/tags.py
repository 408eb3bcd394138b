"""Tag schemes: spans of words ⇄ one tag per word.

This room, not ``text``, holds them because CoNLL files are made of tags. A scheme is a row of :data:`SCHEMES`;
a new one (BMEWO-V) is one more row, and, where it needs other than prefix rules, its own branch in
:func:`spans_to_tags` and :func:`tags_to_spans`.

Source: IOB2 after Tjong Kim Sang & Veenstra (1999), BIOES (start/end chunks) after Uchimoto et al. (2000).
"""

from collections.abc import Sequence
from typing import NamedTuple

OUTSIDE = "O"

WordSpan = tuple[int, int, str]
"""A span in words: first word, one past the last word, label."""


class _Scheme(NamedTuple):
    prefixes: str  # in the order of the tag set
    opens: str  # prefixes that begin a span
    continues: str  # prefixes after which the same span must go on (BIOES) or may go on (IOB2)
    inside: str  # prefixes that continue a span begun before
    must_close: bool  # whether a span is marked at its end, so that it cannot stop after a `continues` prefix


SCHEMES = {
    "IOB2": _Scheme(prefixes="BI", opens="B", continues="BI", inside="I", must_close=False),
    "BIOES": _Scheme(prefixes="BIES", opens="BS", continues="BI", inside="IE", must_close=True),
}


def scheme_named(name: str) -> _Scheme:
    """The scheme of that name.

    Raises:
        ValueError: If there is none; the message lists those that exist.
    """
    if name not in SCHEMES:
        raise ValueError(f"Expected a tag scheme out of {', '.join(SCHEMES)} but got {name!r}.")
    return SCHEMES[name]


def tag_set(labels: Sequence[str], scheme: str) -> list[str]:
    """All tags of a scheme, ``O`` first, then label by label.

    Examples:
        >>> tag_set(["Disease"], "IOB2")
        ['O', 'B-Disease', 'I-Disease']
    """
    prefixes = scheme_named(scheme).prefixes
    return [OUTSIDE, *(f"{prefix}-{label}" for label in labels for prefix in prefixes)]


def spans_to_tags(spans: Sequence[WordSpan], length: int, scheme: str) -> list[str]:
    """Writes flat, non-overlapping spans as tags.

    Args:
        spans: Word spans; none may overlap another.
        length: Number of words W.
        scheme: A key of :data:`SCHEMES`.

    Returns:
        W tags.

    Raises:
        ValueError: If two spans overlap or one reaches past the last word.

    Examples:
        >>> spans_to_tags([(1, 3, "Disease")], 4, "BIOES")
        ['O', 'B-Disease', 'E-Disease', 'O']
    """
    must_close = scheme_named(scheme).must_close
    tags = [OUTSIDE] * length
    for start, end, label in spans:
        if not 0 <= start < end <= length or any(tag != OUTSIDE for tag in tags[start:end]):
            raise ValueError(f"Expected flat spans within {length} words but got {(start, end, label)} in {spans}.")
        tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
        if must_close:
            tags[end - 1] = f"S-{label}" if end == start + 1 else f"E-{label}"
    return tags


def tags_to_spans(tags: Sequence[str]) -> list[WordSpan]:
    """Reads spans off a tag sequence of IOB1, IOB2, BIOES or BILOU, legal or not.

    The rules are conlleval's: a span begins at ``B``, ``S``, ``U``, after ``E``, ``L``, ``S`` or ``U``, or where the
    label changes; it ends before the next beginning or ``O``, and after ``E``, ``L``, ``S`` and ``U``. On legal
    sequences every scheme gives back exactly what was written.

    Examples:
        >>> tags_to_spans(["O", "B-Disease", "E-Disease", "I-Gene"])
        [(1, 3, 'Disease'), (3, 4, 'Gene')]
    """
    spans: list[WordSpan] = []
    start, label = 0, ""  # of the open span; an empty label: none is open
    for position, tag in enumerate(tags):
        prefix, _, tag_label = tag.partition("-")
        if label and (prefix in "OBSU" or tag_label != label):
            spans.append((start, position, label))
            label = ""
        if prefix != OUTSIDE and not label:
            start, label = position, tag_label
        if label and prefix in "ELSU":
            spans.append((start, position + 1, label))
            label = ""
    if label:
        spans.append((start, len(tags), label))
    return spans


class Transitions(NamedTuple):
    """Which moves between T tags a scheme allows.

    Args:
        start: T booleans: may a sequence begin with this tag.
        end: T booleans: may it end with this tag.
        pairs: T rows of T booleans: may tag j follow tag i.
    """

    start: list[bool]
    end: list[bool]
    pairs: list[list[bool]]


def legal_transitions(tags: Sequence[str], scheme: str) -> Transitions:
    """The legal moves between the tags of :func:`tag_set`.

    Examples:
        >>> legal_transitions(["O", "B-D", "I-D"], "IOB2").start
        [True, True, False]
    """
    rules = scheme_named(scheme)
    split = [(prefix, label) for prefix, _, label in (tag.partition("-") for tag in tags)]

    def follows(before: tuple[str, str], after: tuple[str, str]) -> bool:
        may_continue = before[0] in rules.continues and after[0] in rules.inside and before[1] == after[1]
        may_break = not (rules.must_close and before[0] in rules.continues) and after[0] not in rules.inside
        return may_continue or may_break

    border = (OUTSIDE, "")
    return Transitions(
        start=[follows(border, tag) for tag in split],
        end=[follows(tag, border) for tag in split],
        pairs=[[follows(before, after) for after in split] for before in split],
    )
