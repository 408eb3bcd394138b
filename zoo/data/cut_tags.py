"""One tag per word for spans of any shape: what tags cannot hold of a span is cut off, and none is left out whole.

Spans are written in the order of their beginnings, of equal ones that with the later end first: ``B`` on the first
word, ``I`` on the others. A word that has a tag keeps it. Where an ``I`` then continues nothing, after a gap or beside
the words of another span, the lenient reader (:func:`zoo.data.tags.tags_to_spans`) takes what is left for a span of its
own.

So the gold standard of the RareDis paper seems to be made. Of its test part, 2,561 spans are printed (DISEASE 454,
RAREDISEASE 1,095, SIGN 958, SYMPTOM 54), of which 192 begin with an ``I``. Written so, on words of stand-in texts made
of the mentions alone, the annotations come to 2,572 (454, 1,094, 968, 56), 157 of them so; the texts may part words
otherwise. Were all left out that overlaps or has a gap, 2,297 would remain.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice

from zoo.data.document import Span
from zoo.data.tags import OUTSIDE


def cut_tags(spans: Iterable[Span], sentences: Sequence[Sequence[tuple[int, int]]]) -> list[list[str]]:
    """Writes spans as tags ``O``, ``B-label`` and ``I-label``.

    Args:
        spans: Of one document; a word is a span's if they share a character.
        sentences: The offsets of the words of its sentences, ascending.

    Examples:
        >>> words = [[(0, 4), (5, 9), (10, 13), (14, 18)]]  # weak arms and legs
        >>> cut_tags([Span.of(0, 9, "Sign"), Span(((0, 4), (14, 18)), "Sign")], words)
        [['B-Sign', 'I-Sign', 'O', 'I-Sign']]
    """
    words = [word for found in sentences for word in found]
    starts, ends = [start for start, _ in words], [end for _, end in words]
    tags = [OUTSIDE] * len(words)
    for span in sorted(spans, key=lambda span: (span.start, -span.end, span.label)):
        prefix = "B"
        for first, stop in span.fragments:
            for word in range(bisect_right(ends, first), bisect_left(starts, stop)):
                if tags[word] == OUTSIDE:
                    tags[word] = f"{prefix}-{span.label}"
                prefix = "I"
    rest = iter(tags)
    return [list(islice(rest, len(found))) for found in sentences]
