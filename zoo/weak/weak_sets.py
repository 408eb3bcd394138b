"""Two weakly labelled sets of the same texts: one for coverage, with all that was found, one for accuracy.

The first misses little and errs often, the second has what a second source confirms: that a knowledge base records the
mention's concept for this very article, or that the mention is a name of its concept.

Source: Zhou et al. (2021), section "Weakly labeled dataset construction": the sets CDWC and CDWA.
"""

import os
import tempfile
from collections import Counter, deque
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
from zoo.weak.reading import Taken, distinct

COVERAGE, ACCURACY = "coverage", "accuracy"

Confirms = Callable[[Document, Span], bool]
"""Whether a second source agrees with a mention."""
Makes = Callable[[Document], Document]
"""What a step makes of a document."""


class Step(NamedTuple):
    """What a step kept.

    Args:
        documents: How many.
        mentions: By label.
        report: How right they are on documents that gold ones are known of; ``None`` where there are none.
    """

    documents: int
    mentions: Counter[str]
    report: Report | None

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        found = {"documents": self.documents, "mentions": dict(sorted(self.mentions.items()))}
        return found | ({"scores": to_dict(self.report)} if self.report else {})


class WeakSets(NamedTuple):
    """What was done.

    Args:
        left_out: Documents that are in no set, by reason.
        lost: What documents could not hold of their files.
        steps: By name, in order; of these ``coverage`` and ``accuracy`` were written.
    """

    left_out: Counter[str]
    lost: Counter[str]
    steps: dict[str, Step]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        steps = {name: step.to_dict() for name, step in self.steps.items()}
        return {"left_out": dict(self.left_out), "lost": dict(self.lost), "steps": steps}


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
        names: By concept (:func:`zoo.linking.dictionary.names_of`).
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
    steps: Mapping[str, Makes],
    gold: Sequence[Document] = (),
    without: Iterable[Document] = (),
) -> WeakSets:
    """Writes ``coverage.jsonl.gz`` and ``accuracy.jsonl.gz``, in memory that does not grow with their texts.

    A document that is there twice is taken once (:class:`zoo.weak.reading.Taken`). Both files appear when both are
    whole.

    Args:
        documents: Reads them, as they were found; called once a step.
        folder: Made if it is not there.
        steps: What each makes of a document, among them ``coverage`` and ``accuracy``; others are only counted.
        gold: Documents whose mentions are known: those of the same id and text tell how right each step is.
        without: Documents that are to be in neither set, as those of a test part.

    Raises:
        ValueError: If no document is left.
    """
    by_id = {document.id: document for document in gold}
    outside = Taken(without)
    done: dict[str, Step] = {}
    left_out, lost = Counter[str](), Counter[str]()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".weak-") as stage:
        for name, makes in steps.items():
            left_out, found = Counter(), _Found(by_id)
            passing = found.passing(map(makes, distinct(documents(), outside, left_out)))
            if name in (COVERAGE, ACCURACY):
                jsonl.write(passing, Path(stage) / f"{name}.jsonl.gz")
            else:
                deque(passing, maxlen=0)
            if not found.documents:
                raise ValueError(f"Expected documents for weak sets but got none; left out: {dict(left_out)}.")
            done[name], lost = found.step(), found.lost
        for file in Path(stage).iterdir():
            os.replace(file, folder / file.name)
    return WeakSets(left_out, lost, done)


class _Found:
    """Counts what passes."""

    def __init__(self, gold: Mapping[str, Document]) -> None:
        self._gold = gold
        self._pairs: list[tuple[Document, Document]] = []
        self._mentions = Counter[str]()
        self.documents, self.lost = 0, Counter[str]()

    def passing(self, documents: Iterable[Document]) -> Iterator[Document]:
        for document in documents:
            self.documents += 1
            self.lost.update(document.losses)
            self._mentions.update(span.label for span in document.spans)
            if (true := self._gold.get(document.id)) and true.text == document.text:
                self._pairs.append((true, document))
            yield document

    def step(self) -> Step:
        report = score(*zip(*self._pairs, strict=True)) if self._pairs else None
        return Step(self.documents, self._mentions, report)
