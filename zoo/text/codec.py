"""The codec: documents ⇄ windows of words with tags. The only place where text, spans and tags meet."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np

from zoo.data.cut_tags import cut_tags
from zoo.data.document import Document, Span
from zoo.data.tags import (
    SCHEMES,
    Transitions,
    WordSpan,
    holdable,
    legal_transitions,
    scheme_named,
    spans_to_tags,
    tag_set,
    tags_to_spans,
)
from zoo.evaluation.flattening import Flattening
from zoo.text.segment import Segmenter, Words


class Window(NamedTuple):
    """What a model reads at once.

    Args:
        document: Index of its document in the sequence that was encoded.
        forms: Its W words as written.
        offsets: Their character offsets in the document.
        tags: W tag ids, empty where nothing is known of the spans.
        lost: Gold spans that begin here and no tag sequence of this codec holds.
        layers: What an architecture reads besides words and characters, by name (``Tagger.prepare`` adds it): arrays
            with one row a word, or whatever else the architecture counts by.
    """

    document: int
    forms: list[str]
    offsets: Words
    tags: list[int]
    lost: int
    layers: Mapping[str, np.ndarray] = MappingProxyType({})

    def text(self) -> tuple[str, Words]:
        """Its words in one line, with one space wherever they are apart, and where they stand in it.

        Examples:
            >>> Window(0, ["IL", "2", "gene"], [(9, 11), (11, 12), (15, 19)], [], 0).text()
            ('IL2 gene', [(0, 2), (2, 3), (4, 8)])
        """
        parts: list[str] = []
        places: Words = []
        before = self.offsets[0][0]
        reached = 0
        for form, (start, end) in zip(self.forms, self.offsets, strict=True):
            if start > before:
                parts.append(" ")
                reached += 1
            parts.append(form)
            places.append((reached, reached + len(form)))
            reached, before = reached + len(form), end
        return "".join(parts), places


@dataclass(frozen=True)
class CodecConfig:
    """How documents become windows of tagged words; part of every recipe and checkpoint.

    Args:
        labels: Entity types, in the order of the tag set.
        scheme: Tag scheme, a key of ``zoo.data.tags.SCHEMES``; spans that overlap need BMEWO-V.
        segmentation: Version of the segmentation rule, a key of ``zoo.text.segment.RULES``.
        window: ``sentence``: a model reads one sentence at once; ``document``: as many whole sentences as fit.
        window_words: The most words in a window; longer sentences are cut there.
        cut: Whether a tagger learns what flat tags hold of spans that overlap or have gaps
            (:mod:`zoo.data.cut_tags`); else what the scheme does not hold is left out.

    Raises:
        ValueError: If labels are missing, empty or repeated.
    """

    labels: tuple[str, ...]
    scheme: str = "BIOES"
    segmentation: str = "v1"
    window: Literal["sentence", "document"] = "sentence"
    window_words: int = 1000
    cut: bool = False

    def __post_init__(self) -> None:
        given: Any = self.labels  # from JSON or YAML it may be anything
        named = isinstance(given, list | tuple) and all(isinstance(label, str) and label for label in given)
        if not named or not given or len(set(given)) != len(given):
            raise ValueError(f"Expected a list of distinct labels, at least one, but got {given!r}.")
        object.__setattr__(self, "labels", tuple(given))
        if self.cut and self.scheme in SCHEMES and SCHEMES[self.scheme].overlaps:
            raise ValueError(f"Expected a scheme of flat spans for cut but got {self.scheme}, which holds overlaps.")

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self) | {"labels": list(self.labels)}


@dataclass(frozen=True)
class Codec:
    """Encodes documents as windows, decodes tags as scored spans.

    Round trip: ``decode(encode(document))`` loses only what the :class:`Flattening` report of ``encode`` counted. So
    the ``recall_ceiling`` of that report is the scheme's, with these words and windows, on those documents.

    Args:
        config: What checkpoints store.

    Raises:
        ValueError: If the scheme or rule is unknown, or a window holds no word.
    """

    config: CodecConfig
    tags: list[str] = field(init=False)

    def __post_init__(self) -> None:
        config = self.config
        if config.window not in ("sentence", "document") or config.window_words < 1:
            raise ValueError(
                f"Expected window 'sentence' or 'document' of at least one word but got {config.window!r} of "
                f"{config.window_words}."
            )
        Segmenter(config.segmentation)("")  # fails now, not at the first document
        object.__setattr__(self, "tags", tag_set(config.labels, config.scheme))

    @cached_property
    def _joins(self) -> np.ndarray:
        """Whether two tags beside each other are of one span, shape (T, T): what the plain reader says of each pair.

        Nowhere in BMEWO-V, where that depends on the tags beside them.
        """
        if scheme_named(self.config.scheme).overlaps:
            return np.zeros((len(self.tags), len(self.tags)), dtype=bool)
        return np.array([[(0, 2, tag[2:]) in tags_to_spans([tag, after]) for after in self.tags] for tag in self.tags])

    def continuations(self, tag: int) -> tuple[int, ...]:
        """The ids of the tags that make a span longer which this tag would otherwise end.

        None in BMEWO-V, where what continues a span depends on the tags beside it.
        """
        return tuple(np.flatnonzero(self._joins[tag]).tolist())

    @property
    def transitions(self) -> Transitions:
        """The moves between tags that the scheme allows."""
        return legal_transitions(self.tags, self.config.scheme)

    def segment(self, document: Document) -> list[Words]:
        """Windows of word offsets: sentences, cut or joined to the size of a window; no sentence crosses a passage."""
        limit = self.config.window_words
        sentences = Segmenter(self.config.segmentation)(document.text, (p.end for p in document.passages))
        pieces = (s[i : i + limit] for s in sentences for i in range(0, len(s), limit))
        if self.config.window == "sentence":
            return list(pieces)
        windows: list[Words] = []
        for piece in pieces:
            if windows and len(windows[-1]) + len(piece) <= limit:
                windows[-1] = windows[-1] + piece
            else:
                windows.append(piece)
        return windows

    def encode(self, documents: Iterable[Document], gold: bool) -> tuple[list[Window], Flattening]:
        """Cuts documents into windows.

        Args:
            documents: The documents.
            gold: Whether their spans are to be written as tags.

        Returns:
            The windows in reading order, and what they cannot hold of the spans (all zeros unless ``gold``).

        Raises:
            ValueError: If ``gold`` and a span has a label that the codec does not have.
        """
        windows: list[Window] = []
        total = Flattening()
        for index, document in enumerate(documents):
            offsets = self.segment(document)
            tags, lost, report = self._encode_spans(document, offsets) if gold else ([], [], Flattening())
            for position, words in enumerate(offsets):
                forms = [document.text[start:end] for start, end in words]
                windows.append(
                    Window(index, forms, words, tags[position] if gold else [], lost[position] if gold else 0)
                )
            total += report
        return windows, total

    def _encode_spans(self, document: Document, windows: list[Words]) -> tuple[list[list[int]], list[int], Flattening]:
        """Tag ids of every window, spans lost in it, and the report."""
        word_starting = {start: (w, i) for w, words in enumerate(windows) for i, (start, _) in enumerate(words)}
        word_ending = {end: (w, i) for w, words in enumerate(windows) for i, (_, end) in enumerate(words)}
        aligned: list[list[WordSpan]] = [[] for _ in windows]
        lost: Counter[str] = Counter()
        distinct = dict.fromkeys(span.key for span in document.spans)
        for fragments, label in distinct:
            start, end = fragments[0][0], fragments[-1][1]
            if label not in self.config.labels:
                raise ValueError(
                    f"Document {document.id!r}: span {start}-{end} has the label {label!r} but the labels are "
                    f"{', '.join(self.config.labels)}; add it to the codec's labels or map it in the corpus."
                )
            first, last = word_starting.get(start), word_ending.get(end)
            if len(fragments) > 1:
                lost["discontinuous"] += 1
            elif first is None or last is None:
                lost["unaligned"] += 1
            elif first[0] != last[0]:
                lost["crossing"] += 1
            else:
                aligned[first[0]].append((first[1], last[1] + 1, label))
        if self.config.cut:
            held = [tags_to_spans(tags) for tags in cut_tags(document.spans, windows)]
        else:
            held = [holdable(spans, self.config.scheme) for spans in aligned]
        lost["overlapping"] = sum(len({*spans} - {*kept}) for spans, kept in zip(aligned, held, strict=True))
        ids = {tag: row for row, tag in enumerate(self.tags)}
        tags = [
            [ids[tag] for tag in spans_to_tags(spans, len(words), self.config.scheme)]
            for spans, words in zip(held, windows, strict=True)
        ]
        # What is cut is learnt, and looked for, as it is.
        missed = [0] * len(windows) if self.config.cut else _lost_per_window(document.spans, held, windows)
        return tags, missed, Flattening(total=len(distinct), **lost)

    def decode(
        self,
        documents: Sequence[Document],
        windows: Sequence[Window],
        found: Iterable[tuple[int, int, int, str, float | None]],
    ) -> list[Document]:
        """Puts word spans back into their documents.

        Args:
            documents: Those that were encoded.
            windows: Their windows.
            found: Spans as (window, first word, one past the last word, label, score).

        Returns:
            The documents with these spans instead of their own, sorted by offset, then by label; their offsets slice
            the original text.
        """
        spans: list[list[Span]] = [[] for _ in documents]
        for window, first, end, label, score in found:
            offsets = windows[window].offsets
            spans[windows[window].document].append(Span.of(offsets[first][0], offsets[end - 1][1], label, score))
        return [
            document.with_spans(sorted(found_here, key=lambda span: span.key))
            for document, found_here in zip(documents, spans, strict=True)
        ]

    def word_spans(self, tags: np.ndarray, lengths: np.ndarray) -> list[tuple[int, int, int, str]]:
        """Reads the spans of tag sequences, legal or not, as :func:`zoo.data.tags.tags_to_spans` does.

        Without a loop over words, but for BMEWO-V.

        Args:
            tags: Tag ids of B windows, shape (B, W); padding is ignored.
            lengths: Words of each window, shape (B).

        Returns:
            (row, first word, one past the last word, label), ordered by row and word.
        """
        scheme = self.config.scheme
        if scheme_named(scheme).overlaps:
            named = [[self.tags[tag] for tag in row[:length]] for row, length in zip(tags, lengths, strict=True)]
            return [(row, *span) for row, names in enumerate(named) for span in tags_to_spans(names, scheme)]
        real = np.arange(tags.shape[1]) < lengths[:, None]  # (B, W)
        tagged = (tags != self.tags.index("O")) & real
        joined = np.zeros((tags.shape[0], tags.shape[1] + 1), dtype=bool)  # each word with the one before it
        joined[:, 1:-1] = self._joins[tags[:, :-1], tags[:, 1:]] & real[:, 1:]
        rows, firsts = np.nonzero(tagged & ~joined[:, :-1])
        _, lasts = np.nonzero(tagged & ~joined[:, 1:])
        return [
            (int(row), int(first), int(last) + 1, self.tags[tags[row, first]][2:])
            for row, first, last in zip(rows, firsts, lasts, strict=True)
        ]


def _lost_per_window(spans: Sequence[Span], inside: list[list[WordSpan]], windows: list[Words]) -> list[int]:
    """How many distinct gold spans that begin in each window its tags do not hold (a text without words has none)."""
    if not windows:
        return []
    first_characters = np.array([words[0][0] for words in windows])
    begun = np.zeros(len(windows), dtype=int)
    for start in [fragments[0][0] for fragments, _ in {span.key for span in spans}]:
        begun[max(0, int(np.searchsorted(first_characters, start, side="right")) - 1)] += 1
    return [int(b) - len(held) for b, held in zip(begun, inside, strict=True)]
