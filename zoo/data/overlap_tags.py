"""BMEWO-V: one tag per word for spans that nest and cross.

``B``, ``M``, ``E`` and ``W`` mark the first, a middle, the last and the only word of a span, ``V`` a word that lies in
two spans or more, and each carries a label: five tags a label, and ``O``. The paper says no more; how ``V`` is read
back is defined here.

**Reading.** A run of ``V`` is one overlap. A span open before it (``B`` or ``M``) and one open after it (``M`` or
``E``) are one span if they have one label: the run lies within. Otherwise the span before ends with the run, and the
span after begins with it: they cross where there are both. Each label that the run's words carry is a span of exactly
these words; only where two spans cross, their own two labels are none.

**Writing.** The words of an overlap carry, in sorted order, the labels of the spans that are exactly it; the last
label goes to all the words that remain. Where there is none (two spans cross), they carry the label of the later one.

So every sequence can be read, and a nested span, one that shares a border with another, the same words with two labels
(where there are two words to carry them) and two crossing spans of different labels are held exactly. Not held:
one word with two labels, two crossing spans of one label (read as nested, which BC2GM and RareDis have more often),
and spans that begin or end within an overlap. :func:`holdable_overlaps` tells.

Examples:
    >>> tags_to_overlapping_spans(["B-Gene", "V-Disease", "E-Gene", "V-Disease", "V-Gene"])
    [(0, 3, 'Gene'), (1, 2, 'Disease'), (3, 5, 'Disease'), (3, 5, 'Gene')]

Source: Rivera-Zavala & Martínez (2021), "Analyzing transfer learning impact in biomedical cross-lingual named entity
recognition and normalization", BMC Bioinformatics 22, section "Named entity recognition".
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

OUTSIDE = "O"
OVERLAP = "V"

WordSpan = tuple[int, int, str]
"""A span in words: first word, one past the last word, label."""


def overlapping_spans_to_tags(spans: Sequence[WordSpan], length: int) -> list[str]:
    """Writes spans as W tags; exact only for those that :func:`holdable_overlaps` gives back."""
    tags, depth = [OUTSIDE] * length, [0] * length
    for start, end, label in spans:
        prefixes = "W" if end == start + 1 else f"B{'M' * (end - start - 2)}E"
        tags[start:end] = [f"{prefix}-{label}" for prefix in prefixes]
        for word in range(start, end):
            depth[word] += 1
    for start, end in _runs([count > 1 for count in depth]):
        labels = sorted(label for *words, label in spans if words == [start, end])
        if not labels:
            labels = [max((span for span in spans if span[0] <= start < span[1]), key=lambda span: span[0])[2]]
        for word in range(start, end):
            tags[word] = f"{OVERLAP}-{labels[min(word - start, len(labels) - 1)]}"
    return tags


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where flags are on: first, and one past the last, of each run."""
    for is_on, run in groupby(range(len(flags)), key=flags.__getitem__):
        if is_on:
            first, *rest = run
            yield first, first + len(rest) + 1


def tags_to_overlapping_spans(tags: Sequence[str]) -> list[WordSpan]:
    """Reads spans off any sequence of tags, sorted.

    Illegal sequences are read as those of other schemes: a span begins at ``M`` or ``E`` where none of its label is
    open, and an open one ends before whatever does not continue it.
    """
    prefixes, labels = [tag[0] for tag in tags], [tag[2:] for tag in tags]
    overlap_ends = dict(_runs([prefix == OVERLAP for prefix in prefixes]))
    spans: set[WordSpan] = set()
    start, label = 0, ""  # of the open span; an empty label: none is open
    position = 0
    while position < len(tags):
        if end := overlap_ends.get(position):
            after = labels[end] if end < len(tags) and prefixes[end] in "ME" else ""
            named = set(labels[position:end])
            if label != after:
                if label:
                    spans.add((start, end, label))
                    named -= {label, after} if after else set()
                start, label = position, after
            spans.update((position, end, inner) for inner in named)
            position = end
            continue
        prefix = prefixes[position]
        if label and (prefix in "OBW" or labels[position] != label):
            spans.add((start, position, label))
            label = ""
        if prefix != OUTSIDE and not label:
            start, label = position, labels[position]
        position += 1
        if label and prefix in "EW":
            spans.add((start, position, label))
            label = ""
    if label:
        spans.add((start, len(tags), label))
    return sorted(spans)


def holdable_overlaps(spans: Sequence[WordSpan]) -> list[WordSpan]:
    """A subset of the spans, sorted, that comes back exactly from its tags.

    Each is tried, the longest first, then the leftmost, then by label, and kept iff it and all those kept before
    survive writing and reading. Spans that overlap no other are always kept.

    Examples:
        >>> holdable_overlaps([(0, 3, "Gene"), (2, 3, "Disease"), (2, 3, "Chemical")])
        [(0, 3, 'Gene'), (2, 3, 'Chemical')]
    """
    return sorted(span for cluster in _clusters(spans) for span in _holdable_of_cluster(cluster))


def _clusters(spans: Sequence[WordSpan]) -> Iterator[list[WordSpan]]:
    """Distinct spans in groups that neither overlap nor touch each other, so that no run of ``V`` joins two."""
    cluster: list[WordSpan] = []
    reach = 0
    for span in sorted(set(spans)):
        if cluster and span[0] > reach:
            yield cluster
            cluster = []
        cluster.append(span)
        reach = max(reach, span[1])
    if cluster:
        yield cluster


def _holdable_of_cluster(cluster: list[WordSpan]) -> list[WordSpan]:
    if all(left[1] <= right[0] for left, right in pairwise(cluster)):
        return cluster
    offset, length = cluster[0][0], max(end for _, end, _ in cluster) - cluster[0][0]
    kept: list[WordSpan] = []
    for start, end, label in sorted(cluster, key=lambda span: (span[0] - span[1], span)):
        tried = sorted([*kept, (start - offset, end - offset, label)])
        if tags_to_overlapping_spans(overlapping_spans_to_tags(tried, length)) == tried:
            kept = tried
    return [(start + offset, end + offset, label) for start, end, label in kept]


def may_follow(before: tuple[str, str], after: tuple[str, str]) -> bool:
    """Whether a tag, as (prefix, label), may follow another; ``("O", "")`` stands for the border of the sequence.

    Whatever :func:`overlapping_spans_to_tags` writes of holdable spans is legal. A legal sequence is the writing of the
    spans it is read as, unless it has a run of ``V`` with one label that no span enters or leaves (read as the plain
    span it is), a run with two labels of which the first has several words, or a run between crossing spans that has
    a label of theirs beside others, or that of the earlier one.
    """
    if OVERLAP in (before[0], after[0]):
        return before[0] != after[0] or before[1] <= after[1]
    if before[0] in "BM":
        return after[0] in "ME" and before[1] == after[1]
    return after[0] in "OBW"
