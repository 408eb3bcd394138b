"""Offsets checked against the text that an annotation file quotes beside them."""

from collections import Counter
from collections.abc import Sequence

from zoo.data.document import DataFormatError, Span


def checked_span(
    text: str,
    fragments: tuple[tuple[int, int], ...],
    label: str,
    quoted: str,
    source: str,
    line: int,
    lenient: Counter[str] | None = None,
    concepts: tuple[str, ...] = (),
) -> Span | None:
    """A span whose offsets point at the text quoted in the file.

    White space may differ (files write a line break within a span as a blank, and leave stray blanks at the end);
    anything else means that offsets and text do not belong together. Fragments are quoted in the file's order, which
    annotators choose as it makes sense (``intracranial … hypertension``); the span has them sorted, without empty ones.

    Args:
        text: The document's text.
        fragments: Offsets as in the file.
        label: The span's label.
        quoted: The span's text as in the file.
        source: The file, for the message.
        line: The line, for the message.
        lenient: Where given, what disagrees is counted in it instead of raised: ``beyond the text`` and ``impossible
            offsets`` (without a character, an end before its beginning, or overlapping each other), both left out;
            ``quoted text differs`` (the offsets are trusted).
        concepts: The span's concept ids.

    Returns:
        The span; ``None`` where it is left out, which only ``lenient`` does.

    Raises:
        DataFormatError: If the label is empty; unless ``lenient``, if the fragments are no span, reach past the end
            of the text or hold other text.

    Examples:
        >>> checked_span("A rare cancer.", ((7, 13),), "Disease", "cancer", "1.ann", 1).start
        7
        >>> losses = Counter()
        >>> checked_span("A rare cancer.", ((70, 76),), "Disease", "cancer", "1.ann", 1, losses), losses
        (None, Counter({'beyond the text': 1}))
    """
    try:
        span = Span(fragments, label, None, concepts)
    except ValueError:  # fragments may come in another order, and some empty
        try:
            span = Span(tuple(sorted((start, end) for start, end in fragments if start != end)), label, None, concepts)
        except ValueError as error:
            if lenient is not None and label:
                lenient["impossible offsets"] += 1
                return None
            raise DataFormatError(source, line, f"{error} Correct the line.") from error
    start, end = fragments[0]
    found = text[start:end] if len(fragments) == 1 else " ".join(text[start:end] for start, end in fragments)
    if found == quoted and span.fragments[-1][1] <= len(text):
        return span
    if span.end > len(text):
        if lenient is not None:
            lenient["beyond the text"] += 1
            return None
        raise DataFormatError(
            source,
            line,
            f"offsets {_in_words(fragments)} of {quoted!r} reach past the end of the text — expected at most "
            f"{len(text)}, counted in Unicode characters — check that text and annotations belong together, or remove "
            "the line.",
        )
    if found.split() != quoted.split():
        if lenient is not None:
            lenient["quoted text differs"] += 1
            return span
        raise DataFormatError(
            source,
            line,
            f"the text at {_in_words(fragments)} is {found!r} — expected {quoted!r} as the line quotes it — "
            "check that offsets count Unicode characters of this very text, or correct the line.",
        )
    return span


def _in_words(fragments: Sequence[tuple[int, int]]) -> str:
    return ";".join(f"{start} {end}" for start, end in fragments)
