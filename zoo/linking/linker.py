"""The linker: from a mention to ranked concepts of an index.

The stages, in the order in which they are asked, and what a candidate of theirs is worth:

1. ``written``, ``folded``, ``stemmed``, ``sorted``, ``alike``: names with the same form
   (:class:`zoo.linking.normalizers.Level`).
2. ``words``: full-text search for names with the same words.
3. ``letters``: names of like three-letter sequences (tf-idf).

What the last two find is worth less than any name of the same form, the more the likelier: three tenths Levenshtein
similarity, of the words in their order or sorted, seven tenths the cosine of three-letter sequences; less where numbers
differ. An encoder, where one is given, has its say: the cosine of its vectors of mention and name.

Names of the first stage end the search where they are enough, else all are ranked together. Of equal candidates that
comes first which was seen more often in annotated texts, then a preferred name, then the concept whose id is less. A
mention that its text introduces as an abbreviation is sought by its long form, too. Where no candidate is likely
enough, there is none: NIL.

Sources: Rivera-Zavala & Martínez (2021), section "Concept indexing": lower-casing, abbreviations, full-text search
ranked by Levenshtein distance, then fuzzy search with a threshold. Tf-idf of three letters: Neumann, King, Beltagy &
Ammar, "ScispaCy" (BioNLP 2019).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from zoo.data.document import Document, Span
from zoo.linking.index import PROBE, Calibration, LinkingIndex, Name
from zoo.linking.normalizers import Level, keys
from zoo.text.abbreviations import introductions
from zoo.text.segment import Segmenter

_INTRODUCED = 0.9  # of the score of an abbreviation, where its text says what it stands for
_EXPANDED = 0.97  # of the score of the first long form of a table, of it squared that of the second, and so on
_MEANINGS = 5  # of an abbreviation in a table, the commonest
_LONGEST_ABBREVIATION = 10  # characters
_REMEMBERED = 50_000  # mentions
_SAME_ENCODER = 0.999  # cosine of its vector of the same text
_LIKEST = 0.85  # of a name that is only like a mention: less than of any with the same form
_OTHER_NUMBERS, _MORE_NUMBERS = 0.7, 0.95
_FORM_SCORES = {Level.WRITTEN: 1.0, Level.FOLDED: 0.99, Level.STEMMED: 0.97, Level.SORTED: 0.95, Level.ALIKE: 0.88}


@dataclass(frozen=True)
class LinkerConfig:
    """How a linker seeks.

    Args:
        threshold: The least score of a concept; a mention without one is NIL.
        candidates: How many names of the fuzzy stages are compared, of each.
        fuzzy: Whether those stages are asked at all.
        types: Concepts of these types alone, by label of the mention; a label that is not here takes all.
        meaning: What an encoder's cosine counts in the score of a fuzzy candidate, where an encoder is given.
    """

    threshold: float = 0.5
    candidates: int = 50
    fuzzy: bool = True
    types: Mapping[str, tuple[str, ...]] | None = None
    meaning: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1 or self.candidates < 1:
            raise ValueError(
                f"Expected a threshold in [0, 1] and at least one candidate but got {self.threshold} and "
                f"{self.candidates}."
            )
        if not 0 <= self.meaning <= 1:
            raise ValueError(f"Expected what meaning counts in [0, 1] but got {self.meaning}.")


class Candidate(NamedTuple):
    """A concept that a mention may mean.

    Args:
        concept: Its id.
        name: The name that was found.
        score: From 0 to 1: how like the mention that is; where the index is calibrated, how often such a one is right.
        stage: Which found it.
    """

    concept: str
    name: Name
    score: float
    stage: str


class Embeds(Protocol):
    """What makes vectors of texts: a tagger with an encoder, or :class:`zoo.models.text_encoder.TextEncoder`."""

    def embed(self, texts: Sequence[str]) -> ArrayLike:
        """A vector of each text, (N, H)."""


class Linker:
    """Links mentions to the concepts of an index.

    Args:
        index: An index, or its file.
        config: How it seeks.
        abbreviations: Long forms by abbreviation, of any text: what a text introduces counts more.
        encoder: Compares what fuzzy stages find by what it means.

    Raises:
        FileNotFoundError: If there is no such file.
        LinkingIndexError: If it is no index.
    """

    def __init__(
        self,
        index: LinkingIndex | str | Path,
        config: LinkerConfig = LinkerConfig(),
        abbreviations: Mapping[str, Sequence[str]] | None = None,
        encoder: Embeds | None = None,
    ) -> None:
        self.index = index if isinstance(index, LinkingIndex) else LinkingIndex(index)
        self.config, self.abbreviations, self.encoder = config, abbreviations or {}, encoder
        self.calibration = self._calibration()
        self._vectors: dict[str, np.ndarray] = {}
        self._found: dict[tuple[str, str, int], list[Candidate]] = {}

    def candidates(self, mention: str, label: str = "", long_form: str | None = None, most: int = 1) -> list[Candidate]:
        """The concepts that a mention may mean, the likeliest first, each once.

        Args:
            mention: As written.
            label: Its label, for the types of concepts.
            long_form: What its text introduces it as an abbreviation of.
            most: How many are wanted: where so many concepts have names of the same form, no others are looked for.
        """
        found = self.raw_candidates(mention, label, long_form, most)
        return [each._replace(score=self.probability(each.score)) for each in found]

    def probability(self, score: float) -> float:
        """How often a first candidate of a score is right; the score itself where the index was not calibrated."""
        return self.calibration.probability(score) if self.calibration else score

    def _calibration(self) -> Calibration | None:
        """That of linkers with this encoder, or of those without one."""
        found = self.index.calibrations.get(self.encoder is not None)
        if found is None or self.encoder is None:
            return found
        probe, ours = np.array(found.probe), probe_of(self.encoder)
        return found if probe.shape == ours.shape and float(probe @ ours) > _SAME_ENCODER else None

    def raw_candidates(
        self, mention: str, label: str = "", long_form: str | None = None, most: int = 1
    ) -> list[Candidate]:
        """The same with scores as they are before the index's calibration."""
        if long_form is None:
            texts = [mention, *self.long_forms(mention)]
            return _ranked(
                each._replace(score=_EXPANDED**place * each.score)
                for place, text in enumerate(texts)
                for each in self._sought(text, label, most)
            )
        itself = (each._replace(score=_INTRODUCED * each.score) for each in self._sought(mention, label, most))
        return _ranked([*self._sought(long_form, label, most), *itself])

    def forms(self, mention: str) -> tuple[str, ...]:
        """What a mention is sought as, by level."""
        return keys(mention, self.index.language)

    def long_forms(self, mention: str) -> Sequence[str]:
        """What the table says of an abbreviation, or of its singular (NSAIDs), the commonest first."""
        found = self.abbreviations.get(mention)
        if found is None and mention.endswith("s") and mention[:-1] != mention[:-1].lower():
            found = self.abbreviations.get(mention[:-1])
        return (found or ())[:_MEANINGS]

    def stages(self, mention: str) -> dict[str, list[Candidate]]:
        """What each stage finds for a mention by itself, the likeliest first, whether or not it would be asked.

        Scores are as they are before calibration.
        """
        found: dict[str, list[Candidate]] = {name: [] for name in (*map(_stage, Level), "words", "letters")}
        for each in [*self._same_forms(mention, ""), *(self._alike(mention, "") if self.config.fuzzy else [])]:
            found[each.stage].append(each)
        return {stage: _ranked(candidates) for stage, candidates in found.items()}

    def link(self, documents: Iterable[Document], most: int = 1) -> list[Document]:
        """The documents with concepts at their spans, the likeliest first; a span without any is NIL and has none.

        Args:
            documents: With spans, whose concepts are replaced.
            most: How many concepts a span gets at most.
        """
        return [self._linked(document, most) for document in documents]

    def _linked(self, document: Document, most: int) -> Document:
        spans: list[Span] = []
        for span, found in self.mentions(document, most):
            likely = [each.concept for each in found if self.probability(each.score) >= self.config.threshold]
            spans.append(replace(span, concepts=tuple(likely[:most])))
        return document.with_spans(spans)

    def mentions(self, document: Document, most: int = 1) -> Iterator[tuple[Span, list[Candidate]]]:
        """The spans of a document with the concepts that each may mean, by scores before calibration."""
        introduced = long_forms(document)
        for span in document.spans:
            mention = span.slice(document.text)
            yield span, self.raw_candidates(mention, span.label, introduced.get(mention), most)

    def _sought(self, text: str, label: str, most: int) -> list[Candidate]:
        key = (text, label, most)
        known = self._found.get(key)
        if known is None:
            known = self._same_forms(text, label)
            if self.config.fuzzy and len({each.concept for each in known}) < most:
                known += self._alike(text, label)
            if len(self._found) > _REMEMBERED:
                self._found.clear()
            self._found[key] = known
        return known

    def _same_forms(self, text: str, label: str) -> list[Candidate]:
        found: list[Candidate] = []
        for level, rows in self.index.same_form(text):
            names = self._of_type(self.index.named(rows), label)
            found += [Candidate(name.concept, name, _FORM_SCORES[level], _stage(level)) for name in names]
        return found

    def _alike(self, text: str, label: str) -> list[Candidate]:
        try:
            from rapidfuzz import fuzz
            from rapidfuzz.distance import Levenshtein
        except ImportError as error:
            needs = "Names that are only like a mention are found by rapidfuzz, which is not installed"
            raise ModuleNotFoundError(f"{needs}: pip install 'bioner-zoo[link]'.") from error

        most, language = self.config.candidates, self.index.language
        forms = keys(text, language)
        ranked = self.index.same_letters(text, most, besides=self.index.same_words(text, most))
        cosines, by_letters = dict(ranked), {row for row, _ in ranked[:most]}
        names = self._of_type(self.index.named([*cosines]), label)
        found: list[Candidate] = []
        for name, meaning in zip(names, self._cosines(text, names), strict=True):
            theirs = keys(name.text, language)
            edits = Levenshtein.normalized_similarity(forms[Level.STEMMED], theirs[Level.STEMMED])
            in_order = fuzz.ratio(forms[Level.SORTED], theirs[Level.SORTED]) / 100
            alike = 0.3 * max(edits, in_order) + 0.7 * cosines[name.row]
            if self.encoder:
                alike += self.config.meaning * (meaning - alike)
            score = _LIKEST * alike * _same_numbers(forms[Level.STEMMED], theirs[Level.STEMMED])
            found.append(Candidate(name.concept, name, score, "letters" if name.row in by_letters else "words"))
        return found

    def _cosines(self, text: str, names: Sequence[Name]) -> list[float]:
        """How near an encoder finds names to a text, from 0 to 1; all 0 without one."""
        if self.encoder is None or not names:
            return [0.0] * len(names)
        texts = [text, *(name.text for name in names)]
        vectors = {each: self._vectors[each] for each in texts if each in self._vectors}
        if new := [each for each in dict.fromkeys(texts) if each not in vectors]:
            vectors.update(zip(new, _unit_vectors(self.encoder, new), strict=True))
            if len(self._vectors) > _REMEMBERED:
                self._vectors.clear()
            self._vectors.update(vectors)
        unit = np.stack([vectors[each] for each in texts])
        return [float(cosine) for cosine in (unit[1:] @ unit[0]).clip(0, 1)]

    def _of_type(self, names: Sequence[Name], label: str) -> list[Name]:
        wanted = (self.config.types or {}).get(label)
        return [name for name in names if wanted is None or not {*wanted}.isdisjoint(name.type.split("|"))]


def probe_of(encoder: Embeds) -> np.ndarray:
    """The vector by which an encoder is known again, (H)."""
    return _unit_vectors(encoder, [PROBE])[0]


def _unit_vectors(encoder: Embeds, texts: Sequence[str]) -> np.ndarray:
    """Vectors of length one (N, H); of a text without any words, zeros."""
    vectors = np.asarray(encoder.embed(texts), dtype=np.float32)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def _same_numbers(mention: str, name: str) -> float:
    """What the likeness of two stemmed forms is worth: type 1 is not type 2, however alike both are written.

    Examples:
        >>> [_same_numbers("c 2 deficiency", name) for name in ("deficiency c 2", "c 7 deficiency")]
        [1.0, 0.7]
        >>> _same_numbers("c deficiency", "c 7 deficiency")
        0.95
    """
    ours, theirs = ({word for word in form.split() if word.isdigit()} for form in (mention, name))
    if ours == theirs:
        return 1.0
    return _OTHER_NUMBERS if ours else _MORE_NUMBERS


def _stage(level: Level) -> str:
    return level.name.lower()


def _ranked(found: Iterable[Candidate]) -> list[Candidate]:
    """Each concept once, by its best name; ties by the rules of this file."""
    order = sorted(
        found, key=lambda each: (-each.score, -each.name.seen, not each.name.preferred, each.concept, each.name.row)
    )
    best: dict[str, Candidate] = {}
    for each in order:
        best.setdefault(each.concept, each)
    return [*best.values()]


def long_forms(document: Document) -> dict[str, str]:
    """What a text introduces each of its abbreviations for.

    By their letters, ``long form (LF)``, or because both are mentions of one label: ``carboplatin (CBDCA)``.
    """
    found: dict[str, str] = {}
    for words in Segmenter()(document.text, (passage.end for passage in document.passages)):
        forms = [document.text[start:end] for start, end in words]
        for first, end, place in introductions(forms):
            found.setdefault(forms[place], document.text[words[first][0] : words[end - 1][1]])
    spans = sorted(document.spans, key=lambda span: span.key)
    for before, after in pairwise(spans):
        between, short = document.text[before.end : after.start], after.slice(document.text)
        closed = document.text[after.end : after.end + 1] in (")", "]", ",", ";")
        if before.label == after.label and between.strip() in ("(", "[") and closed and _is_short(short):
            found.setdefault(short, before.slice(document.text))
    return found


def _is_short(text: str) -> bool:
    return len(text) <= _LONGEST_ABBREVIATION and " " not in text and text != text.lower()
