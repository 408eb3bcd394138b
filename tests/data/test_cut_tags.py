"""Tags of spans of any shape: against a slow formulation, and against what is printed of RareDis."""

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from zoo.data.cut_tags import cut_tags
from zoo.data.document import Corpus, Span
from zoo.data.splits import load_corpus
from zoo.data.tags import tags_to_spans
from zoo.text.segment import Segmenter

WORDS = [[(0, 2), (3, 5), (5, 6)], [], [(8, 12), (12, 13), (15, 16)]]
PLACES = st.lists(st.integers(0, 17), min_size=2, max_size=6, unique=True).map(sorted)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    places = draw(PLACES)
    return Span(tuple(zip(places[::2], places[1::2], strict=False)), draw(st.sampled_from("AB")))


def slow_tags(found: list[Span]) -> list[list[str]]:
    """Word by word: whose it is, then whether it is the first of that span's words."""
    order = sorted(found, key=lambda span: (span.start, -span.end, span.label))

    def touch(span: Span, word: tuple[int, int]) -> bool:
        return bool({*range(*word)} & {at for fragment in span.fragments for at in range(*fragment)})

    every = [word for sentence in WORDS for word in sentence]
    tags = []
    for word in every:
        owner = next((span for span in order if touch(span, word)), None)
        first = owner and next(other for other in every if touch(owner, other)) == word
        tags.append(f"{'B' if first else 'I'}-{owner.label}" if owner else "O")
    return [tags[:3], [], tags[3:]]


@given(st.lists(spans(), max_size=5))
def test_a_word_is_of_the_first_span_that_touches_it(found: list[Span]) -> None:
    assert cut_tags(found, WORDS) == slow_tags(found)


def test_flat_spans_of_whole_words_come_back() -> None:
    tags = cut_tags([Span.of(3, 6, "A"), Span.of(0, 2, "A"), Span.of(12, 16, "B")], WORDS)
    assert [tags_to_spans(sentence) for sentence in tags] == [[(0, 1, "A"), (1, 3, "A")], [], [(1, 3, "B")]]


def test_the_gold_standard_of_raredis_is_nearly_that_of_its_paper(data_root) -> None:
    """Printed: 2,561 spans (454, 1,095, 958, 54), of which 192 begin with an I."""
    corpus: Corpus = load_corpus("raredis", without_texts=True)
    counts: Counter[str] = Counter()
    orphans = 0
    for document in corpus["test"]:
        words = Segmenter("v1")(document.text)
        for tags, sentence in zip(cut_tags(document.spans, words), words, strict=True):
            seen = tags[:1]
            for (before, after), tag in zip(pairwise(sentence), tags[1:], strict=True):
                # A stand-in text has nothing between mentions: more than a blank is words that belong to none.
                seen += ["O", tag] if after[0] - before[1] > 1 else [tag]
            for start, _, label in tags_to_spans(seen):
                counts[label] += 1
                orphans += seen[start].startswith("I")
    assert counts == {"DISEASE": 454, "RAREDISEASE": 1094, "SIGN": 968, "SYMPTOM": 56}
    assert abs(counts.total() - 2561) < 0.005 * 2561
    assert orphans == 157
