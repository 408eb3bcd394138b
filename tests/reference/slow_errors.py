"""Error categories from sets of characters, every span against every other."""

from collections.abc import Collection, Iterator

from zoo.data.document import Document, Span


def characters(span: Span) -> set[int]:
    """The offsets a span covers."""
    return {at for start, end in span.fragments for at in range(start, end)}


def slow_errors(gold: Document, predicted: Document, coordinators: Collection[str]) -> Iterator[tuple[str, Span, str]]:
    """Kind, span and category of each error, in no order; words are parted by blanks."""
    true, found = ({span.key: span for span in document.spans} for document in (gold, predicted))
    missed = [true[key] for key in true if key not in found]
    extra = [found[key] for key in found if key not in true]
    both = (("false negative", missed, list(found.values())), ("false positive", extra, list(true.values())))
    wholes_and_parts = [
        (whole, part)
        for _, wrong, others in both
        for whole in wrong
        for part in _parts(whole, others, gold.text, coordinators)
    ]
    for kind, wrong, others in both:
        for span in wrong:
            is_whole = any(span is whole for whole, _ in wholes_and_parts)
            is_part = any(span is part for _, part in wholes_and_parts)
            yield kind, span, _category(kind, span, others, is_whole or is_part, gold.text)


def _category(kind: str, span: Span, others: list[Span], is_coordinated: bool, text: str) -> str:
    near = [other for other in others if characters(other) & characters(span)]
    rules = (
        ("classification", any(other.fragments == span.fragments for other in near)),
        ("coordination", is_coordinated),
        ("left boundary", any(other.end == span.end and other.start != span.start for other in near)),
        ("right boundary", any(other.start == span.start and other.end != span.end for other in near)),
        ("fragments", any((other.start, other.end) == (span.start, span.end) for other in near)),
        ("both boundaries", bool(near)),
        ("spurious", kind == "false positive"),
        ("missing, one word", _words(span, text) <= 1),
        ("missing, several words", True),
    )
    return next(name for name, applies in rules if applies)


def _words(span: Span, text: str) -> int:
    number, words = 0, set()
    for at, character in enumerate(text):
        number += character == " "
        if character != " " and at in characters(span):
            words.add(number)
    return len(words)


def _parts(whole: Span, others: list[Span], text: str, coordinators: Collection[str]) -> list[Span]:
    inside = [
        other
        for other in others
        if whole.start <= other.start and other.end <= whole.end and characters(other) & characters(whole)
    ]
    parts: list[Span] = []
    for left in inside:
        after = [other.start for other in inside if other.start >= left.end]
        for right in inside:
            if after and right.start == min(after):
                gap = text[left.end : right.start].casefold().split()
                if all(word in coordinators for word in gap):
                    parts += [left, right]
    return parts
