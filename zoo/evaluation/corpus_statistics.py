"""What a corpus holds: its size, its mentions, and how their spans lie to one another.

Two spans are compared as sets of characters (:mod:`zoo.evaluation.places`): they *nest*, *cross*, or are the *same
span* where the sets are equal. Fragments that interleave without sharing a character do none of these.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from zoo.data.document import Document, Span
from zoo.evaluation.places import SpanIndex, WordIndex, characters, surface

Segment = Callable[[str, Iterable[int]], Sequence[Sequence[tuple[int, int]]]]
"""A text's sentences, each the character offsets of its words; no sentence crosses one of the offsets given."""

LONG_MENTION = 10
"""Mentions of this many words or more are shown together."""

_Pairs = Counter[tuple[str, str]]


@dataclass
class CorpusStatistics:
    """Counts over documents; those of two splits add up.

    Args:
        document_words: Documents by number of words.
        sentence_words: Sentences by number of words.
        characters: Unicode characters of all texts.
        empty: Documents without a word.
        without_entities: Documents without a span, the empty ones included.
        entities: Spans by label.
        mentions: Spans by label and surface, casefolded and with single blanks.
        concepts: Spans by concept id; a span of two ids counts for both.
        mention_words: Spans by the number of words they touch.
        fragments: Spans by number of fragments.
        nested: Pairs of nested spans, by the labels of the inner and the outer.
        crossing: Pairs of crossing spans, by their labels in alphabetical order.
        same_span: Pairs of spans of the same characters, by their labels in alphabetical order.
        duplicates: Spans that repeat the fragments and the label of another of the same document.
        unaligned: Spans one of whose fragments begins or ends inside a word.
        padded: Spans one of whose fragments begins or ends with white space.
        one_character: Spans of a single character.
        alternatives: Spans accepted instead of others (BioCreative II GM).
        relations: Relations by label.
        losses: What the files held and documents do not, by kind.
    """

    document_words: Counter[int] = field(default_factory=Counter)
    sentence_words: Counter[int] = field(default_factory=Counter)
    characters: int = 0
    empty: int = 0
    without_entities: int = 0
    entities: Counter[str] = field(default_factory=Counter)
    mentions: _Pairs = field(default_factory=Counter)
    concepts: Counter[str] = field(default_factory=Counter)
    mention_words: Counter[int] = field(default_factory=Counter)
    fragments: Counter[int] = field(default_factory=Counter)
    nested: _Pairs = field(default_factory=Counter)
    crossing: _Pairs = field(default_factory=Counter)
    same_span: _Pairs = field(default_factory=Counter)
    duplicates: int = 0
    unaligned: int = 0
    padded: int = 0
    one_character: int = 0
    alternatives: int = 0
    relations: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "CorpusStatistics") -> "CorpusStatistics":
        return CorpusStatistics(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def documents(self) -> int:
        """Number of documents."""
        return self.document_words.total()

    @property
    def sentences(self) -> int:
        """Number of sentences that hold a word."""
        return self.sentence_words.total()

    @property
    def words(self) -> int:
        """Number of words."""
        return sum(words * sentences for words, sentences in self.sentence_words.items())

    @property
    def spans(self) -> int:
        """Number of spans."""
        return self.entities.total()

    @property
    def discontinuous(self) -> int:
        """Spans of more than one fragment."""
        return self.fragments.total() - self.fragments[1]

    @property
    def nested_within(self) -> int:
        """Nested pairs of one label."""
        return sum(pairs for (inner, outer), pairs in self.nested.items() if inner == outer)

    @property
    def nested_across(self) -> int:
        """Nested pairs of two labels."""
        return self.nested.total() - self.nested_within

    @property
    def mention_lengths(self) -> list[int]:
        """Spans of 1, 2, 3 … words; the last number is of those of :data:`LONG_MENTION` words or more."""
        long = sum(spans for words, spans in self.mention_words.items() if words >= LONG_MENTION)
        return [*(self.mention_words[words] for words in range(1, LONG_MENTION)), long]

    @property
    def distinct_mentions(self) -> Counter[str]:
        """Different surfaces by label."""
        return Counter(label for label, _ in self.mentions)

    def to_dict(self) -> dict[str, Any]:
        """JSON values: sums and different ones in place of mentions and concepts, histograms with their keys sorted."""
        sums = ("documents", "sentences", "words", "spans", "discontinuous", "nested_within", "nested_across")
        lists = {name: _pair_list(getattr(self, name)) for name in ("nested", "crossing", "same_span")}
        distinct = {"mentions": _sorted(self.distinct_mentions), "concepts": len(self.concepts)}
        counts = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in {*lists, *distinct}}
        return {
            **{name: getattr(self, name) for name in sums},
            **{name: _sorted(value) if isinstance(value, Counter) else value for name, value in counts.items()},
            **{f"distinct_{name}": value for name, value in distinct.items()},
            **lists,
        }


OVERLAPS: dict[str, Callable[[CorpusStatistics], int]] = {
    "discontinuous mentions": lambda counts: counts.discontinuous,
    "nested pairs of one label": lambda counts: counts.nested_within,
    "nested pairs of two labels": lambda counts: counts.nested_across,
    "crossing pairs": lambda counts: counts.crossing.total(),
    "one place with two labels": lambda counts: counts.same_span.total(),
}
"""What one tag per word holds badly or not at all, as it is shown."""


def _sorted(counts: Counter[Any]) -> dict[str, int]:
    return {str(key): counts[key] for key in sorted(counts)}


def _pair_list(pairs: _Pairs) -> list[dict[str, Any]]:
    return [{"labels": list(labels), "pairs": count} for labels, count in sorted(pairs.items())]


def count_corpus(documents: Iterable[Document], segment: Segment) -> CorpusStatistics:
    """Counts documents in one pass, holding one at a time.

    Spans that repeat another (:attr:`CorpusStatistics.duplicates`) count everywhere but among pairs.

    Args:
        documents: Of one split.
        segment: Called with a text and the ends of its passages, as ``zoo.text.segment.Segmenter()``.

    Examples:
        >>> document = Document("1", "rare cancer", (Span.of(5, 11, "Disease"), Span.of(0, 11, "Disease")))
        >>> found = count_corpus([document], lambda text, breaks: [[(0, 4), (5, 11)]])
        >>> found.words, found.nested_within, found.mention_words
        (2, 1, Counter({1: 1, 2: 1}))
    """
    total = CorpusStatistics()
    for document in documents:
        sentences = segment(document.text, [passage.end for passage in document.passages])
        _count_text(total, document, sentences)
        _count_spans(total, document, WordIndex(sentences))
        _count_pairs(total, document.spans)
    return total


def _count_text(total: CorpusStatistics, document: Document, sentences: Sequence[Sequence[tuple[int, int]]]) -> None:
    lengths = [len(sentence) for sentence in sentences if sentence]
    total.sentence_words.update(lengths)
    total.document_words[sum(lengths)] += 1
    total.characters += len(document.text)
    total.empty += not lengths
    total.without_entities += not document.spans
    total.alternatives += len(document.alternatives)
    total.relations.update(relation.label for relation in document.relations)
    total.losses.update(document.losses)


def _count_spans(total: CorpusStatistics, document: Document, words: WordIndex) -> None:
    for span in document.spans:
        total.mention_words[words.count(span)] += 1
        total.entities[span.label] += 1
        total.mentions[span.label, surface(document, span).casefold()] += 1
        total.fragments[len(span.fragments)] += 1
        total.concepts.update(set(span.concepts))
    odd = Counter(kind for kind, _ in odd_spans(document, words))
    total.duplicates += odd["duplicate"]
    total.unaligned += odd["unaligned"]
    total.padded += odd["padded"]
    total.one_character += odd["one character"]


def odd_spans(document: Document, words: WordIndex) -> Iterator[tuple[str, Span]]:
    """The spans that may be a mistake, each under every kind that it is.

    Args:
        document: Any.
        words: Of its text.

    Yields:
        ``duplicate``, ``unaligned``, ``padded`` or ``one character``, as in :class:`CorpusStatistics`, and the span.

    Examples:
        >>> document = Document("1", "hTERT acts", (Span.of(1, 6, "Gene"),))
        >>> [kind for kind, _ in odd_spans(document, WordIndex([[(0, 5), (6, 10)]]))]
        ['unaligned', 'padded']
    """
    seen = set()
    for span in document.spans:
        pieces = [document.text[start:end] for start, end in span.fragments]
        if span.key in seen:
            yield "duplicate", span
        if words.cuts(span):
            yield "unaligned", span
        if any(piece != piece.strip() for piece in pieces):
            yield "padded", span
        if characters(span) == 1:
            yield "one character", span
        seen.add(span.key)


def _count_pairs(total: CorpusStatistics, spans: Iterable[Span]) -> None:
    index = SpanIndex(spans)
    for span in index.spans:
        for other, shared in index.sharing(span):
            if other.key < span.key:  # each pair once
                _count_pair(total, other, span, shared)


def _count_pair(total: CorpusStatistics, one: Span, other: Span, shared: int) -> None:
    low, high = sorted((one.label, other.label))
    if shared == characters(one) == characters(other):
        total.same_span[low, high] += 1
    elif shared == characters(one):
        total.nested[one.label, other.label] += 1
    elif shared == characters(other):
        total.nested[other.label, one.label] += 1
    else:
        total.crossing[low, high] += 1
