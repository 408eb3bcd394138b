"""Offsets checked against the text that an annotation file quotes beside them."""

from collections import Counter
from collections.abc import Sequence

from zoo.data.document import DataFormatError, Span


def checked_span(
    text: str,
    fragments: Sequence[tuple[int, int]],
    label: str,
    quoted: str,
    source: str,
    line: int,
    lenient: Counter[str] | None = None,
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
        lenient: Where given, what disagrees is counted in it instead of raised: ``beyond the text`` (the span is left
            out) and ``quoted text differs`` (the offsets are trusted).

    Returns:
        The span; ``None`` where it is left out, which only ``lenient`` does.

    Raises:
        DataFormatError: If the fragments are no span, or, unless ``lenient``, reach past the end of the text or hold
            other text.

    Examples:
        >>> checked_span("A rare cancer.", [(7, 13)], "Disease", "cancer", "1.ann", 1).start
        7
    """
    try:
        span = Span(tuple(sorted((start, end) for start, end in fragments if start != end)), label)
    except ValueError as error:
        raise DataFormatError(source, line, f"{error} Correct the line.") from error
    where = ";".join(f"{start} {end}" for start, end in fragments)
    if span.end > len(text):
        if lenient is not None:
            lenient["beyond the text"] += 1
            return None
        raise DataFormatError(
            source,
            line,
            f"offsets {where} of {quoted!r} reach past the end of the text — expected at most {len(text)}, counted "
            "in Unicode characters — check that text and annotations belong together, or remove the line.",
        )
    found = " ".join(text[start:end] for start, end in fragments)
    if found.split() != quoted.split():
        if lenient is not None:
            lenient["quoted text differs"] += 1
            return span
        raise DataFormatError(
            source,
            line,
            f"the text at {where} is {found!r} — expected {quoted!r} as the line quotes it — "
            "check that offsets count Unicode characters of this very text, or correct the line.",
        )
    return span
