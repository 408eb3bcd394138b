"""Where spans lie: words and spans found by offset, against sets of characters."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import documents, quick
from tests.data.strategies import spans as any_span
from tests.reference.slow_errors import characters
from zoo.data.conll import blank_words
from zoo.data.document import Document, Span
from zoo.evaluation.places import SpanIndex, WordIndex, distinct, surface


@given(documents())
@quick
def test_words_are_those_that_share_a_character(document: Document) -> None:
    sentences = blank_words(document.text)
    index = WordIndex(sentences)
    for span in document.spans:
        touched = [w for s in sentences for w in s if set(range(*w)) & characters(span)]
        assert index.count(span) == len(touched)
        edges = {at for fragment in span.fragments for at in fragment}
        assert index.cuts(span) == any(start < at < end for s in sentences for start, end in s for at in edges)
    for number, sentence in enumerate(sentences):
        before = sum(map(len, sentences[:number]))
        for at in range(len(sentence)):
            low, high = index.around(before + at, before + at + 1, 2)
            assert (low, high) == (before + max(0, at - 2), before + min(len(sentence), at + 3))


@given(st.data())
@quick
def test_the_index_finds_all_that_overlap(data: st.DataObject) -> None:
    spans, wanted = data.draw(st.lists(any_span(25), max_size=10)), data.draw(any_span(25))
    shared = {span.key: len(characters(span) & characters(wanted)) for span in spans}
    found = Counter({span.key: count for span, count in SpanIndex(spans).sharing(wanted)})
    assert found == Counter({key: count for key, count in shared.items() if count})
    assert len(SpanIndex(spans).sharing(wanted)) == len(found)
    starts = [span.start for span, _ in SpanIndex(spans).sharing(wanted)]
    assert starts == sorted(starts)


def test_distinct_spans_are_those_of_the_strict_scorer() -> None:
    again = Span.of(3, 5, "A", 0.5)
    assert distinct([Span.of(3, 5, "A"), again, Span.of(3, 5, "B"), Span.of(0, 9, "A")]) == [
        Span.of(0, 9, "A"),
        again,
        Span.of(3, 5, "B"),
    ]


def test_surfaces_have_single_blanks() -> None:
    assert surface(Document("1", "GRÖSSE\t\u00a0größe"), Span(((0, 7), (8, 13)), "A")) == "GRÖSSE größe"
