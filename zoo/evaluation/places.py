"""Where spans lie: in the words of their text, and to one another.

Two spans are compared as sets of characters, so that discontinuous ones need no rule of their own: they *nest* where
one set lies within the other, *cross* where they share characters and neither lies within the other.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from zoo.data.document import Document, Span


def distinct(spans: Iterable[Span]) -> list[Span]:
    """One of the spans with the same fragments and label, from left to right: what the strict scorer counts."""
    return sorted({span.key: span for span in spans}.values(), key=lambda span: span.key)


def surface(document: Document, span: Span) -> str:
    """A mention as it is written, white space as single blanks."""
    return " ".join(span.slice(document.text).split())


class WordIndex:
    """Finds the words of a text by character offset.

    Args:
        sentences: Each the character offsets of its words, from left to right.

    Examples:
        >>> words = WordIndex([[(0, 4), (5, 12), (13, 19)]])  # rare ovarian cancer
        >>> words.touched(7, 19), words.count(Span(((0, 4), (13, 19)), "Disease"))
        ((1, 3), 2)
    """

    def __init__(self, sentences: Sequence[Sequence[tuple[int, int]]]) -> None:
        words = [word for sentence in sentences for word in sentence]
        self.starts, self.ends = [start for start, _ in words], [end for _, end in words]
        self._sentence_ends = list(accumulate(map(len, sentences)))

    def touched(self, start: int, end: int) -> tuple[int, int]:
        """The words ``[first, last)`` that share a character with ``[start, end)``; empty where there are none."""
        first = bisect_right(self.ends, start)
        return first, max(first, bisect_left(self.starts, end))

    def around(self, first: int, last: int, words: int) -> tuple[int, int]:
        """The words ``[first, last)``, at least one, and up to as many before and after in the same sentences."""
        begin = bisect_right(self._sentence_ends, first)
        sentence_start = self._sentence_ends[begin - 1] if begin else 0
        sentence_end = self._sentence_ends[bisect_left(self._sentence_ends, last)]
        return max(first - words, sentence_start), min(last + words, sentence_end)

    def count(self, span: Span) -> int:
        """How many words a span touches; none, if it holds nothing but white space."""
        touched = beyond = 0
        for fragment in span.fragments:
            first, last = self.touched(*fragment)
            touched += max(0, last - max(first, beyond))  # two fragments may touch the same word
            beyond = max(beyond, last)
        return touched

    def cuts(self, span: Span) -> bool:
        """Whether one of the span's fragments begins or ends inside a word."""
        return any(self._is_inside(offset) for fragment in span.fragments for offset in fragment)

    def _is_inside(self, offset: int) -> bool:
        at = bisect_left(self.starts, offset) - 1
        return at >= 0 and offset < self.ends[at]


class SpanIndex:
    """Finds the spans of a document that share characters with a given one.

    Args:
        spans: In any order; :func:`distinct` ones are kept.

    Examples:
        >>> index = SpanIndex([Span.of(0, 11, "Disease"), Span.of(13, 17, "Disease")])
        >>> [(span.start, shared) for span, shared in index.sharing(Span.of(5, 14, "Disease"))]
        [(0, 6), (13, 1)]
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = distinct(spans)
        self._starts = [span.start for span in self.spans]
        self._reach = list(accumulate((span.end for span in self.spans), max))  # the furthest end so far

    def sharing(self, span: Span) -> list[tuple[Span, int]]:
        """The spans that share a character with this one, from left to right, each with how many it shares."""
        # Outside this window all end before the span begins, or begin after it ends.
        window = self.spans[bisect_right(self._reach, span.start) : bisect_left(self._starts, span.end)]
        return [(other, shared) for other in window if (shared := shared_characters(span, other))]


def shared_characters(one: Span, other: Span) -> int:
    """How many characters are in both spans."""
    return sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in one.fragments for b in other.fragments)


def characters(span: Span) -> int:
    """How many characters a span has."""
    return sum(end - start for start, end in span.fragments)
