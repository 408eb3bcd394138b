"""Scores of tag sequences as seqeval and conlleval give them: a span counts if words and label are exactly right.

**Lenient**, seqeval's default and conlleval's way, reads a span off any sequence: an ``I`` that continues nothing
begins one, and a change of label ends one. Prefixes are read as they come (:func:`zoo.data.tags.tags_to_spans`);
``L`` and ``U``, which seqeval does not know, mean what ``E`` and ``S`` do. **Strict** reads only what a scheme allows:
an orphan ``I`` of IOB2, or a ``B`` of BIOES without its ``E``, is no span. A tag without a label has the label ``_``.

Documents have no tags: :func:`score` writes them, on words that a segmenter gives. Such tags are legal, so that both
modes and all schemes come to the same. What tags cannot hold is not scored but counted in ``Report.unscored``: spans
of more than one fragment (``discontinuous``), with a boundary inside or between words or over a sentence's end
(``unaligned``), and those that share a word with a longer one (``overlapping``). The figures are of what is left:
look at ``unscored`` before you compare them, or take ``strict``, which loses nothing, or :func:`score_cut`.

Source: Tjong Kim Sang & Buchholz (2000), conlleval; Nakayama (2018), seqeval 1.2.2, whose reading
of illegal IOB1 is its own (:func:`strict_spans`).
"""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from zoo.data.conll import Segment, blank_words, held_spans
from zoo.data.cut_tags import cut_tags
from zoo.data.document import Document
from zoo.data.nearest import did_you_mean
from zoo.data.tags import OUTSIDE, WordSpan, spans_to_tags, tags_to_spans
from zoo.evaluation.places import distinct
from zoo.evaluation.spans import Counts, Report, count_keys, paired

MODES = ("lenient", "strict")

Sentences = Sequence[Sequence[str]]
"""The tags of the words of each sentence."""


class _Scheme(NamedTuple):
    prefixes: str
    opens: str  # prefixes that begin a span wherever they stand
    inside: str  # prefixes that go on with a span of the same label after B or I
    closes: str  # prefixes that a span may end with


STRICT = {
    "IOB1": _Scheme(prefixes="BI", opens="I", inside="I", closes="BI"),
    "IOB2": _Scheme(prefixes="BI", opens="B", inside="I", closes="BI"),
    "BIOES": _Scheme(prefixes="BIES", opens="BS", inside="IE", closes="ES"),
    "BILOU": _Scheme(prefixes="BILU", opens="BU", inside="IL", closes="LU"),
}
"""What strict mode allows, by scheme; seqeval calls BIOES ``IOBES``."""


def split_tag(tag: str, prefixes: str = "BIELSU") -> tuple[str, str]:
    """Prefix and label of a tag.

    Args:
        tag: ``O``, or a prefix with a label.
        prefixes: Those that may be.

    Raises:
        ValueError: If it is no such tag.

    Examples:
        >>> split_tag("B-cell-line"), split_tag("O"), split_tag("I")
        (('B', 'cell-line'), ('O', ''), ('I', '_'))
    """
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, _, label = tag.partition("-")
    if len(prefix) != 1 or prefix not in prefixes:
        raise ValueError(f"Expected O or a tag that begins with {', '.join(prefixes)} but got {tag!r}.")
    return prefix, label or "_"


def strict_spans(tags: Sequence[str], scheme: str) -> list[WordSpan]:
    """Reads off a sequence the spans that are as the scheme has them.

    IOB1 is read as seqeval 1.2.2 does: a ``B`` begins a span only right after a word of the same label; where it
    begins none, an ``I`` after it does, even of the same label; and a ``B`` alone before a ``B`` of another label is
    no span.

    Args:
        tags: Of one sentence.
        scheme: A key of :data:`STRICT`.

    Raises:
        ValueError: If the scheme is unknown, or a tag is none of it.

    Examples:
        >>> strict_spans(["I-Gene", "O", "B-Gene", "I-Gene", "I-Cell"], "IOB2")
        [(2, 4, 'Gene')]
    """
    rules = _strict_named(scheme)
    words = [split_tag(tag, rules.prefixes) for tag in tags]
    spans: list[WordSpan] = []
    end = 0
    while end < len(words):
        start, end = end, end + 1
        if words[start][0] in rules.opens or (scheme == "IOB1" and _opens_iob1(words, start)):
            while end < len(words) and _goes_on(words[end - 1], words[end], rules):
                end += 1
            if words[end - 1][0] in rules.closes and not (scheme == "IOB1" and _swallowed_iob1(words, end)):
                spans.append((start, end, words[start][1]))
    return spans


def _strict_named(scheme: str) -> _Scheme:
    if scheme not in STRICT:
        hint = did_you_mean(scheme, STRICT)
        raise ValueError(f"Expected a scheme out of {', '.join(STRICT)} but got {scheme!r}.{hint}")
    return STRICT[scheme]


_Word = tuple[str, str]  # prefix and label


def _goes_on(before: _Word, word: _Word, rules: _Scheme) -> bool:
    return before[0] in "BI" and word[0] in rules.inside and before[1] == word[1]


def _opens_iob1(words: Sequence[_Word], start: int) -> bool:
    return start > 0 and words[start][0] == "B" and words[start - 1][1] == words[start][1]


def _swallowed_iob1(words: Sequence[_Word], end: int) -> bool:
    return end < len(words) and words[end - 1][0] == words[end][0] == "B" and words[end - 1][1] != words[end][1]


def lenient_spans(tags: Sequence[str]) -> list[WordSpan]:
    """Reads spans off a sequence of any scheme, legal or not.

    Args:
        tags: Of one sentence.

    Raises:
        ValueError: If something is no tag.

    Examples:
        >>> lenient_spans(["I-Gene", "O", "B-Gene", "I-Gene", "I-Cell"])
        [(0, 1, 'Gene'), (2, 4, 'Gene'), (4, 5, 'Cell')]
    """
    return tags_to_spans([OUTSIDE if tag == OUTSIDE else "-".join(split_tag(tag)) for tag in tags])


def _count_tags(gold: Sentences, predicted: Sentences, mode: str, scheme: str) -> dict[str, Counts]:
    """Counts spans by label over the sentences of one document."""

    def spans(sentences: Sentences) -> set[tuple[tuple[int, int, int], str]]:
        read = (strict_spans(tags, scheme) if mode == "strict" else lenient_spans(tags) for tags in sentences)
        return {((number, start, end), label) for number, found in enumerate(read) for start, end, label in found}

    return count_keys(spans(gold), spans(predicted))


def _name(mode: str, scheme: str) -> str:
    """The scorer's name.

    Raises:
        ValueError: If there is no such mode or, in strict mode, scheme.
    """
    if mode not in MODES:
        raise ValueError(f"Expected a mode out of {', '.join(MODES)} but got {mode!r}.{did_you_mean(mode, MODES)}")
    if mode == "strict":
        _strict_named(scheme)
        return f"seqeval-strict-{scheme}"
    return "seqeval-lenient"


def score_tags(
    gold: Sentences,
    predicted: Sentences,
    mode: str = "lenient",
    scheme: str = "IOB2",
    documents: Sequence[int] | None = None,
) -> Report:
    """Scores tag sequences.

    Args:
        gold: The true tags of each sequence.
        predicted: As many sequences of as many tags.
        mode: ``lenient`` or ``strict``.
        scheme: A key of :data:`STRICT`; lenient mode reads all schemes alike.
        documents: How many sequences each document has; by default, each is a document of the report.

    Returns:
        A report of scorer ``seqeval-lenient``, or ``seqeval-strict-IOB2`` and the like.

    Raises:
        ValueError: If mode or scheme is unknown, something is no tag (in strict mode, none of the scheme), or there
            are not as many predicted tags as gold tags, or as many sequences as the documents have.

    Examples:
        >>> gold, predicted = [["B-Gene", "I-Gene", "O"]], [["I-Gene", "I-Gene", "O"]]
        >>> score_tags(gold, predicted).micro.f1, score_tags(gold, predicted, "strict").micro.f1
        (1.0, 0.0)
    """
    counts = (_count_tags(*pair, mode, scheme) for pair in paired_tags(gold, predicted, documents))
    return Report(_name(mode, scheme), tuple(counts))


def score_cut(gold: Sequence[Document], predicted: Sequence[Document], segment: Segment = blank_words) -> Report:
    """Scores documents by the tags of their words, as :func:`score` in lenient mode, but leaves no span out.

    What tags cannot hold of a span is cut off (:mod:`zoo.data.cut_tags`), on both sides, and what remains is scored.

    Args:
        gold: Documents with their true spans.
        predicted: The same documents, in the same order, with predicted spans.
        segment: Gives a text's sentences as offsets of their words.

    Returns:
        A report of scorer ``seqeval-cut``.

    Raises:
        ValueError: As for :func:`zoo.evaluation.spans.paired`.
    """
    tagged = cut_tag_pairs(gold, predicted, segment)
    return Report("seqeval-cut", tuple(_count_tags(*pair, "lenient", "IOB2") for pair in tagged))


def cut_tag_pairs(gold: Sequence[Document], predicted: Sequence[Document], segment: Segment) -> list["TaggedPair"]:
    """Writes paired documents as tags, on the same words, and cuts off what these cannot hold."""
    pairs = []
    for true, found in paired(gold, predicted):
        words = segment(true.text)
        pairs.append(TaggedPair(cut_tags(true.spans, words), cut_tags(found.spans, words)))
    return pairs


def score(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    mode: str = "lenient",
    scheme: str = "IOB2",
    segment: Segment = blank_words,
) -> Report:
    """Scores documents by the tags of their words.

    Args:
        gold: Documents with their true spans.
        predicted: The same documents, in the same order, with predicted spans.
        mode: ``lenient`` or ``strict``.
        scheme: A key of :data:`STRICT`.
        segment: Gives a text's sentences as offsets of their words; where a word holds more than a span does, as a
            full stop after it, the span is lost.

    Returns:
        As for :func:`score_tags`, with the spans that tags cannot hold in ``unscored``.

    Raises:
        ValueError: As for :func:`zoo.evaluation.spans.paired`, or if mode or scheme is unknown.
    """
    tagged, unscored = tag_pairs(gold, predicted, scheme, segment)
    return Report(_name(mode, scheme), tuple(_count_tags(*pair, mode, scheme) for pair in tagged), unscored)


class TaggedPair(NamedTuple):
    """The tags of one document, gold and predicted."""

    gold: Sentences
    predicted: Sentences


def paired_tags(gold: Sentences, predicted: Sentences, documents: Sequence[int] | None = None) -> list[TaggedPair]:
    """Pairs the tags of each document.

    Args:
        gold: The true tags of each sequence.
        predicted: As many sequences of as many tags.
        documents: How many sequences each document has; by default one.

    Raises:
        ValueError: If there are not as many predicted sequences as gold ones, not as many tags in one of them, or not
            as many sequences as the documents have.
    """
    if len(gold) != len(predicted):
        raise ValueError(f"Expected {len(gold)} predicted sequences, one per gold sequence, but got {len(predicted)}.")
    for number, (true, found) in enumerate(zip(gold, predicted, strict=True)):
        if len(true) != len(found):
            raise ValueError(f"Expected {len(true)} predicted tags in sequence {number} but got {len(found)}.")
    sizes = [1] * len(gold) if documents is None else documents
    if sum(sizes) != len(gold):
        raise ValueError(f"Expected {sum(sizes)} sequences, as the documents have, but got {len(gold)}.")
    ends = list(accumulate(sizes))
    return [
        TaggedPair(gold[end - size : end], predicted[end - size : end]) for end, size in zip(ends, sizes, strict=True)
    ]


def tag_pairs(
    gold: Sequence[Document], predicted: Sequence[Document], scheme: str, segment: Segment
) -> tuple[list[TaggedPair], dict[str, int]]:
    """Writes paired documents as tags, on the same words.

    Returns:
        The tags of each document, and what they do not hold, as ``{"gold overlapping": 1}``.

    Raises:
        ValueError: As for :func:`zoo.evaluation.spans.paired`, or if the scheme is unknown.
    """
    _strict_named(scheme)  # others hold more than one flat tag per word
    lost: Counter[str] = Counter()
    tagged = []
    for true, found in paired(gold, predicted):
        sentences = segment(true.text)
        sides = []
        for side, document in (("gold", true), ("predicted", found)):
            tags, unheld = _word_tags(document, sentences, scheme)
            lost.update({f"{side} {kind}": count for kind, count in unheld.items()})
            sides.append(tags)
        tagged.append(TaggedPair(*sides))
    return tagged, dict(sorted((+lost).items()))


def _word_tags(
    document: Document, sentences: Sequence[Sequence[tuple[int, int]]], scheme: str
) -> tuple[list[list[str]], dict[str, int]]:
    """The tags of each sentence, and the spans that they do not hold by kind."""
    lost: Counter[str] = Counter()
    held = held_spans(document.with_spans(distinct(document.spans)), sentences, scheme, lost)
    tags = [spans_to_tags(found, len(words), scheme) for found, words in zip(held, sentences, strict=True)]
    return tags, {kind: lost[kind] for kind in ("discontinuous", "overlapping", "unaligned")}
