"""Tag schemes: spans of words ⇄ one tag per word.

This room, not ``text``, holds them because CoNLL files are made of tags. A scheme is a row of :data:`SCHEMES`. Of the
five, BMEWO-V alone holds spans that overlap: see :mod:`zoo.data.overlap_tags`. The others hold flat ones, exactly:
there are as many legal tag sequences as sets of flat spans, one for each.

Source: IOB1 after Ramshaw & Marcus (1995), IOB2 after Tjong Kim Sang & Veenstra (1999), BIOES (start/end chunks) after
Uchimoto et al. (2000), BILOU after Ratinov & Roth (2009), BMEWO-V after Rivera-Zavala & Martínez (2021).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from zoo.data.overlap_tags import (
    OUTSIDE,
    OVERLAP,
    WordSpan,
    holdable_overlaps,
    may_follow,
    overlapping_spans_to_tags,
    tags_to_overlapping_spans,
)


class _Scheme(NamedTuple):
    prefixes: str  # in the order of the tag set
    begin: str  # first word of a span of several
    inside: str  # words between the first and the last
    end: str  # last word of a span of several
    single: str  # only word of a span

    @property
    def overlaps(self) -> bool:
        """Whether it holds overlapping spans."""
        return OVERLAP in self.prefixes

    @property
    def may_begin_inside(self) -> bool:
        """Whether a span begins with an inside tag wherever that cannot be read as the span before going on: IOB1."""
        return self.begin == self.inside

    @property
    def must_close(self) -> bool:
        """Whether a span is marked at its end, so that it cannot stop after its first or an inside tag."""
        return self.end != self.inside

    @property
    def continuing(self) -> str:
        """Prefixes that continue a span begun before."""
        return self.inside + self.end if self.must_close else self.inside


SCHEMES = {
    "IOB1": _Scheme("BI", begin="I", inside="I", end="I", single="I"),
    "IOB2": _Scheme("BI", begin="B", inside="I", end="I", single="B"),
    "BIOES": _Scheme("BIES", begin="B", inside="I", end="E", single="S"),
    "BILOU": _Scheme("BILU", begin="B", inside="I", end="L", single="U"),
    "BMEWO-V": _Scheme("BMEWV", begin="B", inside="M", end="E", single="W"),
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


def holdable(spans: Sequence[WordSpan], scheme: str) -> list[WordSpan]:
    """The spans that one tag per word can hold, so that ``tags_to_spans(spans_to_tags(…))`` gives back just these.

    Of spans that no tags hold together the longest is kept, of such the leftmost, of such the first by label; spans
    that overlap no other are always kept.

    Args:
        spans: In any order; repeated ones count once.
        scheme: A key of :data:`SCHEMES`.

    Returns:
        The spans kept, sorted.

    Examples:
        >>> nested = [(0, 3, "Disease"), (1, 2, "Gene")]
        >>> holdable(nested, "BIOES")
        [(0, 3, 'Disease')]
        >>> holdable(nested, "BMEWO-V") == nested
        True
    """
    if scheme_named(scheme).overlaps:
        return holdable_overlaps(spans)
    kept: list[WordSpan] = []
    taken: set[int] = set()
    for start, end, label in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        words = range(start, end)
        if taken.isdisjoint(words):
            kept.append((start, end, label))
            taken.update(words)
    return sorted(kept)


def spans_to_tags(spans: Sequence[WordSpan], length: int, scheme: str) -> list[str]:
    """Writes spans as tags.

    Args:
        spans: Word spans that the scheme can hold; :func:`holdable` chooses such.
        length: Number of words W.
        scheme: A key of :data:`SCHEMES`.

    Returns:
        W tags.

    Raises:
        ValueError: If the tags could not be read back as these spans, or one reaches past the last word.

    Examples:
        >>> spans_to_tags([(1, 3, "Disease")], 4, "BIOES")
        ['O', 'B-Disease', 'E-Disease', 'O']
    """
    rules = scheme_named(scheme)
    within = all(0 <= start < end <= length for start, end, _ in spans)
    if not within or len(holdable(spans, scheme)) < len(spans):
        kind = "spans that BMEWO-V can hold" if rules.overlaps else "flat spans"
        raise ValueError(f"Expected {kind} within {length} words but got {list(spans)}; see zoo.data.tags.holdable.")
    if rules.overlaps:
        return overlapping_spans_to_tags(spans, length)
    tags = [OUTSIDE] * length
    for start, end, label in spans:
        long = [rules.begin, *rules.inside * (end - start - 2), rules.end]
        tags[start:end] = [f"{prefix}-{label}" for prefix in (long if end > start + 1 else rules.single)]
    if rules.may_begin_inside:
        for start, _, label in spans:
            if start and tags[start - 1][2:] == label:
                tags[start] = f"B-{label}"
    return tags


def tags_to_spans(tags: Sequence[str], scheme: str | None = None) -> list[WordSpan]:
    """Reads spans off a tag sequence, legal or not.

    For all schemes but BMEWO-V the rules are conlleval's: a span begins at ``B``, ``S``, ``U``, after ``E``, ``L``,
    ``S`` or ``U``, or where the label changes; it ends before the next beginning or ``O``, and after ``E``, ``L``,
    ``S`` and ``U``. On legal sequences every scheme gives back exactly what was written.

    Args:
        tags: W tags.
        scheme: A key of :data:`SCHEMES`; None stands for any but BMEWO-V.

    Returns:
        Spans in the order of their words.

    Examples:
        >>> tags_to_spans(["O", "B-Disease", "E-Disease", "I-Gene"])
        [(1, 3, 'Disease'), (3, 4, 'Gene')]
        >>> tags_to_spans(["V-Disease", "E-Gene"], "BMEWO-V")
        [(0, 1, 'Disease'), (0, 2, 'Gene')]
    """
    if scheme and scheme_named(scheme).overlaps:
        return tags_to_overlapping_spans(tags)
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


def detect_scheme(sequences: Iterable[Sequence[str]]) -> str | None:
    """The scheme that tag sequences are written in.

    The prefixes tell, but for IOB1 and IOB2, which share theirs: a ``B`` that does not follow its own label is never
    IOB1's. One ``I`` too many, on the other hand, is a usual fault of IOB2, so that all other ``B`` and ``I`` are
    IOB2's, as is a file of ``O`` alone; IOB1 takes an ``I``. Where only ``B``, ``I`` and ``E`` occur, it is BIOES.

    Returns:
        A key of :data:`SCHEMES`; None if the prefixes are of no one scheme.

    Examples:
        >>> detect_scheme([["I-D", "B-D", "O"]]), detect_scheme([["B-D", "I-D", "O"]]), detect_scheme([["U-D", "S-D"]])
        ('IOB1', 'IOB2', None)
    """
    prefixes: set[str] = set()
    may_be_iob1 = True
    for tags in sequences:
        prefixes.update(tag[0] for tag in set(tags))
        if may_be_iob1 and "B" in prefixes:
            pairs = zip([OUTSIDE, *tags], tags, strict=False)
            may_be_iob1 = all(tag[0] != "B" or before[2:] == tag[2:] for before, tag in pairs)
    if may_be_iob1 and "I" in prefixes and prefixes <= {*OUTSIDE, *"BI"}:
        return "IOB1"
    fitting = (name for name, rules in SCHEMES.items() if prefixes <= {*OUTSIDE, *rules.prefixes} and name != "IOB1")
    return next(fitting, None)


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
    split = [(tag[0], tag[2:]) for tag in tags]

    def follows(before: tuple[str, str], after: tuple[str, str]) -> bool:
        if rules.overlaps:
            return may_follow(before, after)
        if rules.may_begin_inside:
            return after[0] != "B" or before[1] == after[1]
        goes_on = before[0] in (rules.begin, rules.inside)
        if after[0] in rules.continuing:
            return goes_on and before[1] == after[1]
        return not (rules.must_close and goes_on)

    border = (OUTSIDE, "")
    return Transitions(
        start=[follows(border, tag) for tag in split],
        end=[follows(tag, border) for tag in split],
        pairs=[[follows(before, after) for after in split] for before in split],
    )
