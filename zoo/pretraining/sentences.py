"""From texts to sentences of words as vectors are trained on: normalized words, senses, or words and concepts.

A sense is a word with its part of speech, ``normalizedword|POS``, so that ``cold|NOUN`` and ``cold|ADJ`` have a vector
each.

Source: Trask, Michalak & Liu, "sense2vec: a fast and accurate method for word sense disambiguation in neural word
embeddings" (arXiv:1511.06388, 2015), section 3.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import tee
from typing import TYPE_CHECKING, Any, TypeVar

from zoo.pretraining.concepts import Concepts
from zoo.text.segment import Segmenter
from zoo.text.vocab import NORMALIZERS

if TYPE_CHECKING:
    from zoo.text.linguistics import Linguistics

Words = list[str]
_Sentence = TypeVar("_Sentence", bound=list[Any])


class Sentences:
    """Cuts texts into sentences and writes their words as they are to be trained.

    Args:
        segmentation: A key of the segmentation rules.
        normalizer: A key of ``NORMALIZERS``.
        linguistics: Makes senses of words.
        concepts: What is an identifier: it stays as it is.
    """

    def __init__(
        self,
        segmentation: str,
        normalizer: str,
        linguistics: "Linguistics | None" = None,
        concepts: Concepts | None = None,
    ) -> None:
        self._segment = Segmenter(segmentation)
        self._normalize = NORMALIZERS[normalizer]
        self._linguistics = linguistics
        self._concepts = concepts

    def __call__(self, texts: Iterable[str], most: int | None = None) -> Iterator[Words]:
        """The sentences of texts, one after the other.

        Args:
            texts: Parts that no sentence crosses.
            most: Stop after the sentence that reaches so many words.
        """
        if self._concepts:
            return self._with_concepts(texts, self._concepts, most)
        forms = _limited(self._forms(texts), most)
        if self._linguistics:
            return self._senses(forms, self._linguistics)
        return ([*map(self._normalize, sentence)] for sentence in forms)

    def _forms(self, texts: Iterable[str]) -> Iterator[Words]:
        for text in texts:
            for sentence in self._segment(text):
                yield [text[start:end] for start, end in sentence]

    def _senses(self, forms: Iterator[Words], read: "Linguistics") -> Iterator[Words]:
        sentences, given = tee(forms)  # linguistics takes many sentences at a time and gives them back one by one
        for sentence, readings in zip(sentences, read(given), strict=True):
            pairs = zip(sentence, readings, strict=True)
            yield [f"{self._normalize(form)}|{reading.pos}" for form, reading in pairs]

    def _with_concepts(self, texts: Iterable[str], concepts: Concepts, most: int | None) -> Iterator[Words]:
        sentences = (concepts.words(text, sentence) for text in texts for sentence in self._segment(text))
        for sentence in _limited(sentences, most):
            yield [word if is_identifier else self._normalize(word) for word, is_identifier in sentence]


def _limited(sentences: Iterator[_Sentence], most: int | None) -> Iterator[_Sentence]:
    words = 0
    for sentence in sentences:
        yield sentence
        words += len(sentence)
        if most is not None and words >= most:
            return


def counted(sentences: Iterable[Words], tell: Callable[[int], None], every: int) -> Iterator[Words]:
    """Hands sentences on and tells the words so far, about every so many words."""
    words = told = 0
    for sentence in sentences:
        yield sentence
        words += len(sentence)
        if words >= told + every:
            tell(words)
            told = words
