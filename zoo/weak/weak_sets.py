"""Two weakly labelled sets of the same texts: one for coverage, with all that was found, one for accuracy.

The first misses little and errs often, the second has what a second source confirms: that a knowledge base records the
mention's concept for this very article, or that the mention is a name of its concept.

Source: Zhou et al. (2021), section "Weakly labeled dataset construction": the sets CDWC and CDWA.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from zoo.data import jsonl
from zoo.data.concept_ids import concept_id
from zoo.data.document import Document, Span
from zoo.evaluation.report import to_dict
from zoo.evaluation.spans import Report, score
from zoo.text.lexicon import normalized
from zoo.text.segment import Segmenter

COVERAGE, ACCURACY = "coverage", "accuracy"

Confirms = Callable[[Document, Span], bool]
"""Whether a second source agrees with a mention."""


class WeakSet(NamedTuple):
    """What is in one of the sets.

    Args:
        documents: How many.
        mentions: By label.
        report: How right they are on documents that gold ones are known of; ``None`` where there are none.
    """

    documents: int
    mentions: Counter[str]
    report: Report | None


class WeakSets(NamedTuple):
    """What was written.

    Args:
        left_out: Documents that are in no set, by reason.
        sets: By name, coverage first.
    """

    left_out: Counter[str]
    sets: dict[str, WeakSet]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        sets = {
            name: {"documents": found.documents, "mentions": dict(sorted(found.mentions.items()))}
            | ({"scores": to_dict(found.report)} if found.report else {})
            for name, found in self.sets.items()
        }
        return {"left_out": dict(self.left_out), "sets": sets}


def recorded(knowledge: Mapping[str, frozenset[str]]) -> Confirms:
    """Confirms mentions of concepts that are recorded for their article.

    Args:
        knowledge: Concepts by article (:func:`zoo.weak.knowledge.knowledge_of`).
    """

    def confirms(document: Document, span: Span) -> bool:
        known = knowledge.get(document.id, frozenset())
        return any(concept_id(concept) in known for concept in span.concepts)

    return confirms


def named(names: Mapping[str, frozenset[str]], segmentation: str = "v1") -> Confirms:
    """Confirms mentions that are a name of their concept.

    Args:
        names: By concept (:func:`zoo.weak.dictionary.names_of`).
        segmentation: What the names were cut by.
    """
    segment = Segmenter(segmentation)

    def confirms(document: Document, span: Span) -> bool:
        text = span.slice(document.text)
        words = [text[start:end] for sentence in segment(text) for start, end in sentence]
        key = normalized(words) if words else ""
        return any(key in names.get(concept_id(concept), ()) for concept in span.concepts)

    return confirms


def either(checks: Sequence[Confirms]) -> Confirms:
    """Confirms what any of several sources confirms."""
    return lambda document, span: any(confirms(document, span) for confirms in checks)


def confirmed(document: Document, confirms: Confirms) -> Document:
    """The document with the mentions alone that a second source confirms."""
    return document.with_spans([span for span in document.spans if confirms(document, span)])


def write_weak_sets(
    documents: Callable[[], Iterable[Document]],
    folder: Path,
    sets: Mapping[str, Callable[[Document], Document]],
    gold: Sequence[Document] = (),
    without: Sequence[Document] = (),
) -> WeakSets:
    """Writes each set as ``coverage.jsonl.gz``, ``accuracy.jsonl.gz``, in memory that does not grow with their texts.

    A document that is there twice, by id or by text, is taken once.

    Args:
        documents: Reads them, as they were found; called once a set.
        folder: Made if it is not there.
        sets: What each makes of a document.
        gold: Documents whose mentions are known: those of the same id and text tell how right each set is.
        without: Documents that are to be in neither set, as those of a test part.

    Raises:
        ValueError: If no document is left.
    """
    by_id = {document.id: document for document in gold}
    written: dict[str, WeakSet] = {}
    left_out: Counter[str] = Counter()
    for name, making in sets.items():
        left_out = Counter()
        found = _Found(by_id)
        made = map(making, _distinct(documents(), without, left_out))
        jsonl.write(found.passing(made, left_out), folder / f"{name}.jsonl.gz")
        written[name] = WeakSet(found.documents, found.mentions, found.report())
    return WeakSets(left_out, written)


class _Found:
    """Counts what passes."""

    def __init__(self, gold: Mapping[str, Document]) -> None:
        self._gold = gold
        self._pairs: list[tuple[Document, Document]] = []
        self.documents, self.mentions = 0, Counter[str]()

    def passing(self, documents: Iterable[Document], left_out: Mapping[str, int]) -> Iterator[Document]:
        for document in documents:
            self.documents += 1
            self.mentions.update(span.label for span in document.spans)
            if (true := self._gold.get(document.id)) and true.text == document.text:
                self._pairs.append((true, document))
            yield document
        if not self.documents:
            raise ValueError(f"Expected documents for weak sets but got none; left out: {dict(left_out)}.")

    def report(self) -> Report | None:
        return score(*zip(*self._pairs, strict=True)) if self._pairs else None


def _distinct(documents: Iterable[Document], without: Sequence[Document], left_out: Counter[str]) -> Iterator[Document]:
    ids, texts = {document.id for document in without}, {hash(document.text) for document in without}
    seen_ids: set[str] = set()
    seen_texts: set[int] = set()
    for document in documents:
        text = hash(document.text)
        if document.id in ids or text in texts:
            left_out["in a corpus to stay out of"] += 1
        elif not document.text.strip():
            left_out["without text"] += 1
        elif document.id in seen_ids or text in seen_texts:
            left_out["seen before"] += 1
        else:
            yield document
        seen_ids.add(document.id)
        seen_texts.add(text)
