"""Is a corpus sound: what is as published, what a user should know, and what is wrong, each with what to do."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Literal

from zoo.data.document import DataFormatError, Document, Span
from zoo.data.splits import check_corpus
from zoo.evaluation.corpus_statistics import OVERLAPS, CorpusStatistics, Segment, odd_spans
from zoo.evaluation.leakage import SHINGLE, SHORT, SimilarPair, repeated_ids, share_seen, similar_pairs
from zoo.evaluation.places import WordIndex

_EXAMPLES = 3  # of spans that may be a mistake
_CONTEXT = 20  # characters on either side of one
_ODD: dict[str, tuple[Callable[[CorpusStatistics], int], str, str]] = {
    "unaligned": (
        lambda counts: counts.unaligned,
        "begin or end inside a word",
        "a tagger of whole words never finds them; check their offsets",
    ),
    "padded": (
        lambda counts: counts.padded,
        "begin or end with white space",
        "a tagger never finds them; trim their offsets",
    ),
    "duplicate": (
        lambda counts: counts.duplicates,
        "repeat another of the same document",
        "scores count them once; remove one of each two",
    ),
    "one character": (
        lambda counts: counts.one_character,
        "are a single character",
        "see whether they are meant",
    ),
}
Documents = Mapping[str, Sequence[Document]]
Statistics = Mapping[str, CorpusStatistics]


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Args:
        status: ``fine``; ``note``, what a user should know; ``warning``, what may be a mistake; ``wrong``.
        what: With its figures.
        advice: What to do.
        examples: Where.
    """

    status: Literal["fine", "note", "warning", "wrong"]
    what: str
    advice: str = ""
    examples: tuple[str, ...] = ()


def check_files(name: str) -> Iterator[Finding]:
    """Compares the files of a known corpus with what is published of them.

    Args:
        name: A key of ``zoo.data.corpora.CORPORA``.
    """
    try:
        for split, several in groupby(check_corpus(name), key=lambda check: check.split):
            checks = list(several)
            failed = [check for check in checks if not check.passed]
            for check in failed:
                yield Finding(
                    "wrong",
                    f"{split}, {check.what}: {check.found} found, {check.expected} published",
                    "obtain the files again, or load your version as a folder of its own",
                )
            if not failed:
                parts = (f"{check.what} {check.found:,}" for check in checks if isinstance(check.found, int))
                yield Finding("fine", f"{split} is as published: {', '.join(['sha256', *parts])}")
    except (FileNotFoundError, DataFormatError) as error:
        yield Finding("wrong", str(error))


def check_documents(splits: Documents, statistics: Statistics, segment: Segment, is_known: bool) -> Iterator[Finding]:
    """Looks for what may be a mistake in the documents of a corpus, and for leakage between its splits.

    Args:
        splits: Documents by split.
        statistics: Of each split.
        segment: What the statistics were counted with.
        is_known: Whether the corpus is one of the table: what it is like is then no mistake of the user's.
    """
    yield from _check_sizes(statistics)
    if not is_known:  # those of known corpora are compared with what is published
        yield from _check_losses(statistics)
    yield from _check_labels(statistics)
    yield from _check_ids(splits)
    if any(counts.losses["missing text"] for counts in statistics.values()):
        yield Finding("warning", "texts are missing: neither words nor leakage could be checked", "obtain the texts")
        return
    yield from _check_spans(splits, statistics, segment)
    yield from _check_leakage(splits, is_known)
    yield from _check_seen(statistics)


def _check_sizes(statistics: Statistics) -> Iterator[Finding]:
    for split, counts in statistics.items():
        size = f"{split}, {_many(counts.documents, 'document')}"
        if not counts.spans:
            yield Finding("wrong", f"{size} without a mention", "check that this is the annotated file, and its format")
            continue
        mentions = _many(counts.spans, "mention")
        bare = f", {counts.without_entities:,} of them without a mention" if counts.without_entities else ""
        yield Finding("fine", f"{size}{bare}: {mentions} of {_many(len(counts.entities), 'label')}")
    if empty := _by_split(statistics, lambda counts: counts.empty):
        yield Finding("warning", f"documents without a word: {empty}", "remove them, or find their texts")


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _by_split(statistics: Statistics, count: Callable[[CorpusStatistics], int]) -> str:
    """A count by split, of those where it is not zero."""
    counts = {split: count(each) for split, each in statistics.items()}
    return ", ".join(f"{split} {number:,}" for split, number in counts.items() if number)


def _check_losses(statistics: Statistics) -> Iterator[Finding]:
    for split, counts in statistics.items():
        for kind, count in sorted(counts.losses.items()):
            yield Finding(
                "warning", f"{split}, reported on reading: {count:,} × {kind}", "see that nothing you need is lost"
            )


def _check_labels(statistics: Statistics) -> Iterator[Finding]:
    if len(statistics) < 2:
        return
    for label in sorted({label for counts in statistics.values() for label in counts.entities}):
        having = [split for split, counts in statistics.items() if counts.entities[label]]
        if having != list(statistics) and (len(having) == 1 or "train" not in having):
            learned = "train" in having or "train" not in statistics
            advice = "no score tells how well it is found" if learned else "a tagger cannot learn it: map or drop it"
            yield Finding("warning", f"label {label} occurs only in {', '.join(having)}", advice)


def _check_ids(splits: Documents) -> Iterator[Finding]:
    repeated = repeated_ids(splits)
    for what, wanted in (("documents of one split", False), ("documents of two splits", True)):
        found = {name: where for name, where in repeated.items() if (len(set(where)) > 1) == wanted}
        if found:
            examples = tuple(f"{name}: {', '.join(where)}" for name, where in found.items())
            message = f"ids that {what} have in common: {len(found):,}"
            yield Finding("warning", message, "see whether they are the same document", examples)


def _check_spans(splits: Documents, statistics: Statistics, segment: Segment) -> Iterator[Finding]:
    for kind, (count, what, advice) in _ODD.items():
        if counts := _by_split(statistics, count):
            status: Literal["note", "warning"] = "note" if kind == "one character" else "warning"
            examples = tuple(islice(_examples(splits, segment, kind), _EXAMPLES))
            yield Finding(status, f"mentions that {what}: {counts}", advice, examples)
    overlaps = [f"{what}: {counts}" for what, count in OVERLAPS.items() if (counts := _by_split(statistics, count))]
    if overlaps:
        what, advice = (
            "mentions that overlap others or are discontinuous",
            "`zoo corpus stats` says what each scheme loses",
        )
        yield Finding("note", what, advice, tuple(overlaps))


def _examples(splits: Documents, segment: Segment, kind: str) -> Iterator[str]:
    for split, documents in splits.items():
        for document in documents:
            sentences = segment(document.text, [passage.end for passage in document.passages])
            for found, span in odd_spans(document, WordIndex(sentences)):
                if found == kind:
                    yield f"{split} {document.id}, {span.start}–{span.end} {span.label}: {_in_context(document, span)}"


def _in_context(document: Document, span: Span) -> str:
    """A mention in square brackets between what stands before and after it, on one line."""
    text, end = document.text, min(span.end, span.start + 3 * _CONTEXT)
    before, after = text[max(0, span.start - _CONTEXT) : span.start], text[end : end + _CONTEXT]
    return re.sub(r"\s", " ", f"…{before}[{text[span.start : end]}]{after}…")


def _check_leakage(splits: Documents, is_known: bool) -> Iterator[Finding]:
    pairs = similar_pairs(splits)
    for (split, other), several in groupby(pairs, key=lambda pair: (pair.split, pair.other_split)):
        found = list(several)
        long = [pair for pair in found if pair.shingles >= SHORT]
        short = [pair for pair in found if pair.shingles < SHORT]
        if long and split == other:
            what = f"documents that stand in {split} twice, or nearly so: {_others(long)}"
            yield Finding("warning", what, "see whether both are wanted", _listed(long))
        elif long:
            what = f"documents of {other} that stand in {split} too, or nearly so: {_others(long)}"
            advice = "scores on them say little" if is_known else f"take them out of {split}, or out of {other}"
            yield Finding("warning" if is_known else "wrong", what, advice, _listed(long))
        if short and split != other:
            words = SHORT + SHINGLE - 1
            what = f"documents of {other}, of fewer than {words} words, that stand in {split} too: {_others(short)}"
            yield Finding("note", what, examples=_listed(short))
    if len(splits) > 1 and all(pair.split == pair.other_split for pair in pairs):
        yield Finding("fine", "no document stands in two splits, nor nearly so")


def _others(pairs: Sequence[SimilarPair]) -> str:
    return f"{len({pair.other_id for pair in pairs}):,}"


def _listed(pairs: Sequence[SimilarPair]) -> tuple[str, ...]:
    return tuple(
        f"{pair.split} {pair.id} ~ {pair.other_split} {pair.other_id} "
        f"(Jaccard {pair.jaccard:.2f}, containment {pair.containment:.2f})"
        for pair in pairs
    )


def _check_seen(statistics: Statistics) -> Iterator[Finding]:
    if "train" not in statistics:
        return
    for split, counts in statistics.items():
        if split != "train" and counts.spans:
            share = 100 * share_seen(statistics["train"].mentions, counts.mentions)
            what = f"{share:.1f} % of the mentions of {split} have a surface that train has under the same label"
            yield Finding("note", what)
