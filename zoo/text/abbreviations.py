"""Abbreviations that a text introduces: a long form, then its short form in brackets."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

_LONGEST = 10  # characters of a short form


class Introduction(NamedTuple):
    """Where a text introduces an abbreviation.

    Args:
        first: First word of the long form.
        end: One past its last word, which is the opening bracket.
        short: The word that is the short form.
    """

    first: int
    end: int
    short: int


def introductions(forms: Sequence[str]) -> Iterator[Introduction]:
    """Abbreviations of one word in round brackets after the words they stand for.

    A short form has two to ten characters, a letter first, and a capital. Read from the right, each of its letters and
    digits must occur in the long form in this order, the first of them at the beginning of a word; the shortest such
    stretch of at most ``min(n + 5, 2n)`` words, for ``n`` characters, is the long form.

    Args:
        forms: W words as written.

    Examples:
        >>> forms = "Levels of C - reactive protein ( CRP ) fell .".split()
        >>> [" ".join(forms[first:end]) for first, end, _ in introductions(forms)]
        ['C - reactive protein']

    Source: Schwartz & Hearst (2003), the pattern "long form (short form)".
    """
    for short in range(2, len(forms) - 1) if "(" in forms else ():
        if forms[short - 1] == "(" and forms[short + 1] == ")" and _is_short_form(forms[short]):
            first = _beginning(forms, short - 1, forms[short].lower())
            if first is not None:
                yield Introduction(first, short - 1, short)


def _is_short_form(form: str) -> bool:
    return 2 <= len(form) <= _LONGEST and form[0].isalpha() and form != form.lower()


def _beginning(forms: Sequence[str], end: int, short: str) -> int | None:
    """The first word of the shortest long form that ends before a word; None where there is none."""
    earliest = max(0, end - min(len(short) + 5, 2 * len(short)))
    text = " ".join(forms[earliest:end]).lower()
    place = len(text)
    for position, letter in reversed(list(enumerate(short))):
        if letter.isalnum():
            place = text.rfind(letter, 0, place)
            while position == 0 and place > 0 and text[place - 1].isalnum():
                place = text.rfind(letter, 0, place)
        if place < 0:
            return None
    begin = text.rfind(" ", 0, place) + 1
    return earliest + text.count(" ", 0, begin) if len(text) - begin > len(short) else None
