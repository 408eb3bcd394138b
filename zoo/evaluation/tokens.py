"""Scores of single words: how many got the right tag, by class and over all classes but ``O``.

Two ways to say what a word's class is: ``token`` takes the label and ignores the prefix (a boundary that is off by
one word costs one word), ``token-tags`` takes the whole tag, so that ``B-Disease`` and ``I-Disease`` are two classes.
Precision, recall and F1 of a class, and their micro, macro and weighted averages, are those of scikit-learn's
``precision_recall_fscore_support`` with ``labels`` set to all classes but ``O``. The figure ``accuracy`` is the share
of right words, ``O`` included. These figures are higher than those of whole spans, and not comparable with them.
"""

from collections.abc import Sequence
from dataclasses import replace

from zoo.data.conll import Segment, blank_words
from zoo.data.document import Document
from zoo.data.tags import OUTSIDE
from zoo.evaluation.sequences import Sentences, TaggedPair, cut_tag_pairs, paired_tags, split_tag, tag_pairs
from zoo.evaluation.spans import Counts, Report, count_keys


def score_tags(
    gold: Sentences, predicted: Sentences, prefixes: bool = False, documents: Sequence[int] | None = None
) -> Report:
    """Scores tag sequences word by word.

    Args:
        gold: The true tags of each sequence.
        predicted: As many sequences of as many tags.
        prefixes: Whether ``B-Disease`` and ``I-Disease`` are two classes.
        documents: How many sequences each document has; by default, each is a document of the report.

    Returns:
        A report of scorer ``token``, or ``token-tags`` with prefixes.

    Raises:
        ValueError: As for :func:`zoo.evaluation.sequences.paired_tags`, or if something is no tag.

    Examples:
        >>> report = score_tags([["B-Gene", "I-Gene", "O"]], [["O", "I-Gene", "O"]])
        >>> report.labels, round(report.figures["accuracy"], 3)
        ({'Gene': Counts(tp=1, fp=0, fn=1)}, 0.667)
    """
    return _report(paired_tags(gold, predicted, documents), prefixes, {})


def score(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    prefixes: bool = False,
    scheme: str = "IOB2",
    segment: Segment = blank_words,
) -> Report:
    """Scores documents by the tags of their words.

    Args:
        gold: Documents with their true spans.
        predicted: The same documents, in the same order, with predicted spans.
        prefixes: Whether ``B-Disease`` and ``I-Disease`` are two classes.
        scheme: A key of :data:`zoo.evaluation.sequences.STRICT`; it matters with prefixes alone.
        segment: Gives a text's sentences as offsets of their words.

    Returns:
        As for :func:`score_tags`, with the spans that tags cannot hold in ``unscored``
        (:mod:`zoo.evaluation.sequences` says which).

    Raises:
        ValueError: As for :func:`zoo.evaluation.spans.paired`, or if the scheme is unknown.
    """
    tagged, unscored = tag_pairs(gold, predicted, scheme, segment)
    return _report(tagged, prefixes, unscored)


def score_cut(gold: Sequence[Document], predicted: Sequence[Document], segment: Segment = blank_words) -> Report:
    """Scores documents by the whole tags of their words, and leaves no span out (:mod:`zoo.data.cut_tags`).

    Args:
        gold: Documents with their true spans.
        predicted: The same documents, in the same order, with predicted spans.
        segment: Gives a text's sentences as offsets of their words.

    Returns:
        A report of scorer ``token-tags-cut``.

    Raises:
        ValueError: As for :func:`zoo.evaluation.spans.paired`.
    """
    return replace(_report(cut_tag_pairs(gold, predicted, segment), True, {}), scorer="token-tags-cut")


def _report(tagged: Sequence[TaggedPair], prefixes: bool, unscored: dict[str, int]) -> Report:
    documents: list[dict[str, Counts]] = []
    right = total = 0
    for pair in tagged:
        true, found = (_classes(sentences, prefixes) for sentences in pair)
        right += sum(found[word] == name for word, name in true.items())
        total += len(true)
        documents.append(count_keys(_inside(true), _inside(found)))
    name = "token-tags" if prefixes else "token"
    return Report(name, tuple(documents), unscored, {"accuracy": right / total if total else 0.0})


def _classes(sentences: Sentences, prefixes: bool) -> dict[tuple[int, int], str]:
    """The class of each word, by the numbers of sentence and word; that of ``O`` is empty."""
    classes = {}
    for number, tags in enumerate(sentences):
        for at, tag in enumerate(tags):
            prefix, label = split_tag(tag)
            classes[number, at] = f"{prefix}-{label}" if prefixes and prefix != OUTSIDE else label
    return classes


def _inside(classes: dict[tuple[int, int], str]) -> set[tuple[tuple[int, int], str]]:
    return {(word, name) for word, name in classes.items() if name}
