"""Mentions by dictionary: names of terminologies in texts, the longest from the left, with their concepts.

What a name is told by, beside its words (:class:`zoo.linking.automaton.Automaton`):

* A name that terminologies of two labels have is nobody's, and one of fewer than three letters too short to tell.
* What a text introduces as an abbreviation, "long form (SF)", is there what its long form is: of the same concepts
  wherever the text has it again, and nothing where the long form is no name, whatever else goes by these letters.
* Strictly, for precision: a name must have several words or five letters, be of one concept, and no abbreviation that
  the text does not introduce.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from zoo.data.concept_ids import concept_id
from zoo.data.document import Document, Span
from zoo.data.terminology import Concept
from zoo.linking.automaton import Automaton
from zoo.text.abbreviations import introductions
from zoo.text.lexicon import normalized, terms_in_words
from zoo.text.segment import Segmenter

_FEWEST_LETTERS = 3
_FEWEST_OF_STRICT = 5


class Meaning(NamedTuple):
    """What a name stands for.

    Args:
        label: Of the terminology.
        concepts: Its concepts' ids, sorted; none where the terminology has no ids.
    """

    label: str
    concepts: tuple[str, ...]


class Dictionary:
    """Labels texts by the names of terminologies.

    Args:
        terms: Concepts by label.
        segmentation: What a word is, a key of :data:`zoo.text.segment.RULES`.
        strict: Whether only names that hardly mean anything else count.

    Examples:
        >>> names = {"Disease": [Concept("D1", "essential tremor", ("ET",))], "Chemical": [Concept("D2", "ethanol")]}
        >>> document = Document("1", "Essential tremor (ET) yields to ethanol; ET is common.")
        >>> [(span.slice(document.text), span.label) for span in Dictionary(names).label(document).spans]
        [('Essential tremor', 'Disease'), ('ET', 'Disease'), ('ethanol', 'Chemical'), ('ET', 'Disease')]
    """

    left_out: Counter[str]
    """How many names are not sought: ``of two labels``, ``too short``, and, strictly, ``of several concepts``."""

    def __init__(
        self, terms: Mapping[str, Iterable[Concept]], segmentation: str = "v1", *, strict: bool = False
    ) -> None:
        self.strict, self.left_out = strict, Counter()
        self._segment = Segmenter(segmentation)
        claimed: dict[str, dict[str, set[str]]] = {}
        for label, concepts in terms.items():
            for concept in concepts:
                names = terms_in_words((concept.name, *concept.synonyms), segmentation)
                for key in {normalized(words) for words in names if words}:
                    claimed.setdefault(key, {}).setdefault(label, set()).update({concept_id(concept.id)} - {""})
        self._meanings = {
            key: Meaning(*next((label, tuple(sorted(ids))) for label, ids in labels.items()))
            for key, labels in claimed.items()
            if self._sought(key, labels)
        }
        self._automaton = Automaton(self._meanings)

    def _sought(self, key: str, labels: Mapping[str, set[str]]) -> bool:
        letters = sum(map(str.isalpha, key))
        several = any(len(concepts) > 1 for concepts in labels.values())
        short = letters < _FEWEST_LETTERS or (self.strict and " " not in key and letters < _FEWEST_OF_STRICT)
        reason = "of two labels" if len(labels) > 1 else "too short" if short else ""
        reason = reason or ("of several concepts" if self.strict and several else "")
        self.left_out.update([reason] if reason else [])
        return not reason

    def label(self, document: Document) -> Document:
        """The document with the spans found instead of its own."""
        sentences = self._segment(document.text, (passage.end for passage in document.passages))
        forms = [[document.text[start:end] for start, end in words] for words in sentences]
        introduced = self._introduced(forms)
        spans = [
            Span.of(words[first][0], words[end - 1][1], meaning.label, concepts=meaning.concepts)
            for words, written in zip(sentences, forms, strict=True)
            for first, end, meaning in self._found(written, introduced)
        ]
        return document.with_spans(spans)

    def _introduced(self, sentences: Iterable[Sequence[str]]) -> dict[str, Meaning | None]:
        """What each abbreviation of a text stands for; ``None`` for what is no name."""
        found: dict[str, Meaning | None] = {}
        for forms in sentences:
            for first, end, short in introductions(forms):
                found.setdefault(forms[short], self._meanings.get(normalized(forms[first:end])))
        return found

    def _found(
        self, forms: Sequence[str], introduced: Mapping[str, Meaning | None]
    ) -> Iterable[tuple[int, int, Meaning]]:
        taken = dict(self._automaton.matches(forms))
        known = [word for word, form in enumerate(forms) if form in introduced] if introduced else []
        within = {word for first, end in taken.items() for word in range(first, end) if end - first > 1}
        for word in sorted({*taken, *known}.difference(within.difference(taken))) if known else taken:
            if word not in within and forms[word] in introduced:
                meaning = introduced[forms[word]]
                if meaning:
                    yield word, word + 1, meaning
            elif word in taken:
                end = taken[word]
                meaning = self._meanings[normalized(forms[word:end])]
                if end - word > 1 or not (self.strict and _is_abbreviation(forms[word])):
                    yield word, end, meaning


def names_of(concepts: Iterable[Concept], segmentation: str = "v1") -> dict[str, frozenset[str]]:
    """The names of each concept, as :func:`zoo.text.lexicon.normalized` writes them, by its id."""
    found: dict[str, set[str]] = {}
    for concept in concepts:
        words = terms_in_words((concept.name, *concept.synonyms), segmentation)
        found.setdefault(concept_id(concept.id), set()).update(map(normalized, filter(None, words)))
    return {concept: frozenset(names) for concept, names in found.items()}


def _is_abbreviation(form: str) -> bool:
    return form[1:] != form[1:].lower()
