"""Documents and spans: the only representation inside the house; every file format is an edge."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path


class DataFormatError(ValueError):
    """A file that cannot be read as what it claims to be.

    The message reads ``path:line: what was wrong — expected … — what to do``.

    Args:
        path: The file, or ``<stdin>``.
        line: Line number from 1; 0 where the whole file is meant.
        message: What was wrong, what was expected, what to do.
    """

    def __init__(self, path: str | Path, line: int, message: str) -> None:
        self.path, self.line, self.message = str(path), line, message
        super().__init__(f"{path}:{line}: {message}" if line else f"{path}: {message}")


@dataclass(frozen=True, slots=True, init=False)
class Span:
    """A labelled stretch of a document's text: one or more fragments.

    Args:
        fragments: Half-open character offsets ``(start, end)`` in Unicode code points, sorted, none empty,
            none overlapping the next.
        label: The entity type, as ``Disease``.
        score: Probability in [0, 1], ``None`` for gold spans.
        concepts: Concept identifiers, as ``("MESH:D009369",)``.

    Raises:
        ValueError: If a fragment is empty, negative, out of order or overlaps the next, or the label is empty.

    Examples:
        >>> span = Span.of(4, 10, "Disease")
        >>> span.start, span.end, span.slice("The cancer spread.")
        (4, 10, 'cancer')
    """

    fragments: tuple[tuple[int, int], ...]
    label: str
    score: float | None = None
    concepts: tuple[str, ...] = ()

    def __init__(
        self,
        fragments: tuple[tuple[int, int], ...],
        label: str,
        score: float | None = None,
        concepts: tuple[str, ...] = (),
    ) -> None:
        if not label:
            raise ValueError("Expected a span with a label but got an empty one.")
        if not fragments:
            raise ValueError("Expected a span of at least one fragment but got none.")
        previous_end = 0
        for start, end in fragments:
            if not previous_end <= start < end:
                raise ValueError(
                    f"Expected sorted, non-empty, non-overlapping fragments but got {fragments} ({label})."
                )
            previous_end = end
        _set_fragments(self, fragments)  # as a frozen dataclass does, but in less time: there are millions of spans
        _set_label(self, label)
        _set_score(self, score)
        _set_concepts(self, concepts)

    @classmethod
    def of(cls, start: int, end: int, label: str, score: float | None = None, concepts: tuple[str, ...] = ()) -> "Span":
        """A span of one fragment."""
        return cls(((start, end),), label, score, concepts)

    @property
    def start(self) -> int:
        """First character."""
        return self.fragments[0][0]

    @property
    def end(self) -> int:
        """One past the last character."""
        return self.fragments[-1][1]

    @property
    def key(self) -> tuple[tuple[tuple[int, int], ...], str]:
        """What strict scoring compares: fragments and label, without score and concepts."""
        return self.fragments, self.label

    def slice(self, text: str) -> str:
        """The span's text; fragments are joined by one blank, as brat does."""
        return " ".join(text[start:end] for start, end in self.fragments)


_set_fragments, _set_label, _set_score, _set_concepts = (
    getattr(Span, name).__set__ for name in ("fragments", "label", "score", "concepts")
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A named part of a document's text, as PubTator's ``title`` and ``abstract``: ``[start, end)`` and a kind."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A labelled tie between spans or concepts. No model here reads it: it is passed through from file to file.

    Args:
        label: As ``CID``.
        arguments: Each a role (empty where the format has none) and what fills it: a span of the same document, or a
            concept id.

    Examples:
        >>> Relation("CID", (("", "D006493"), ("", "D013921"))).spans
        ()
    """

    label: str
    arguments: tuple[tuple[str, Span | str], ...]

    @property
    def spans(self) -> tuple[Span, ...]:
        """The arguments that are spans."""
        return tuple(filler for _, filler in self.arguments if isinstance(filler, Span))


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its spans.

    Args:
        id: Unique within its corpus (a PMID, a file name without its ending).
        text: The whole text; all offsets refer to it.
        spans: In any order; they may nest and overlap.
        passages: Parts of the text that a format names; empty where it names none.
        losses: What the reader saw in the file and a document cannot hold, counted by kind
            (as ``{"event": 3}``): nothing is dropped silently.
        alternatives: Spans that the annotators accept instead of some of ``spans`` (BioCreative II GM).
        relations: Ties between ``spans`` or between concepts.

    Raises:
        ValueError: If a span or passage reaches past the end of the text, or a relation ties a span that is none of
            the document's.

    Examples:
        >>> Document("1", "A rare cancer.", (Span.of(7, 13, "Disease"),)).spans[0].label
        'Disease'
    """

    id: str
    text: str
    spans: tuple[Span, ...] = ()
    passages: tuple[Passage, ...] = ()
    losses: Mapping[str, int] = field(default_factory=dict)
    alternatives: tuple[Span, ...] = ()
    relations: tuple[Relation, ...] = ()

    def __post_init__(self) -> None:
        length = len(self.text)
        parts: tuple[Span | Passage, ...] = (*self.spans, *self.passages, *self.alternatives)
        for part in parts:
            if part.end > length:
                raise ValueError(
                    f"Expected offsets up to {length} in document {self.id!r} but got {part}: "
                    "offsets count Unicode characters of the text, end exclusive."
                )
        tied = {span for relation in self.relations for span in relation.spans}
        if tied and not tied <= set(self.spans):
            raise ValueError(f"Expected the relations of document {self.id!r} to tie its spans but one ties another.")

    def with_spans(self, spans: tuple[Span, ...] | list[Span]) -> "Document":
        """The same text with other spans; alternatives and relations, which belong to the old ones, are gone."""
        return replace(self, spans=tuple(spans), alternatives=(), relations=())

    def relabel(self, labels: Mapping[str, str | None]) -> "Document":
        """Renames labels; a label mapped to ``None`` is dropped, one not named stays.

        A relation one of whose spans is dropped goes with it.
        """

        def renamed(span: Span) -> Span | None:
            label = labels.get(span.label, span.label)
            return None if label is None else replace(span, label=label)

        def kept(spans: Iterable[Span]) -> tuple[Span, ...]:
            return tuple(new for new in map(renamed, spans) if new is not None)

        def retied(relation: Relation) -> Relation | None:
            arguments = []
            for role, filler in relation.arguments:
                new = renamed(filler) if isinstance(filler, Span) else filler
                if new is None:
                    return None
                arguments.append((role, new))
            return replace(relation, arguments=tuple(arguments))

        ties = tuple(new for new in map(retied, self.relations) if new is not None)
        return replace(self, spans=kept(self.spans), alternatives=kept(self.alternatives), relations=ties)


def losses_of(documents: Iterable[Document]) -> Counter[str]:
    """What the files of these documents held and they do not, summed by kind."""
    total: Counter[str] = Counter()
    for document in documents:
        total.update(document.losses)
    return total


@dataclass(frozen=True)
class Corpus:
    """Named documents with splits.

    Args:
        name: As ``ncbi-disease``.
        splits: ``{"train": …, "dev": …, "test": …}``, in that order where they exist.
    """

    name: str
    splits: Mapping[str, tuple[Document, ...]]

    def __getitem__(self, split: str) -> tuple[Document, ...]:
        if split not in self.splits:
            raise KeyError(f"Corpus {self.name!r} has no split {split!r}; it has {', '.join(self.splits)}.")
        return self.splits[split]

    def __iter__(self) -> Iterator[str]:
        return iter(self.splits)

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels of all splits, sorted."""
        return tuple(sorted({s.label for split in self.splits.values() for d in split for s in d.spans}))
