"""Which words of a corpus have a vector, and how they come by it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from zoo.pretraining.lookup import WAYS, Lookup
from zoo.text.linguistics import load_linguistics
from zoo.text.segment import Segmenter
from zoo.text.vectors import WordVectors


@dataclass
class Coverage:
    """Words of one split by the way they are found: one of :data:`zoo.pretraining.lookup.WAYS`.

    Args:
        running: Words of the text.
        types: Distinct forms.
        uncovered: How often each word without a vector of its own occurs: those composed of n-grams, and those of none.
    """

    running: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    uncovered: dict[str, Counter[str]] = field(default_factory=lambda: {"composed": Counter(), "none": Counter()})

    def to_dict(self, most: int) -> dict[str, Any]:
        """Counts and shares as JSON values, with the most frequent uncovered words."""
        return {
            name: {"words": counts.total(), **{way: counts[way] for way in WAYS}}
            for name, counts in (("running", self.running), ("types", self.types))
        } | {"most_frequent_uncovered": {way: counts.most_common(most) for way, counts in self.uncovered.items()}}


class CoverageCounter:
    """Counts how the words of texts are found among vectors.

    Words are cut, and made senses, as for the training of the vectors.

    Args:
        vectors: Of words or senses.
        normalizer: For vectors that do not say how their words were rewritten.

    Raises:
        ModuleNotFoundError: If the vectors are of senses by a pipeline that needs what is not installed.
        ValueError: If the vectors say another normalizer, or their linguistics are not there.
    """

    def __init__(self, vectors: WordVectors, normalizer: str | None = None) -> None:
        self._lookup = Lookup(vectors, normalizer)
        self._segment = Segmenter(vectors.segmentation or "v1")
        self._linguistics = load_linguistics(vectors.senses) if vectors.senses else None

    def __call__(self, texts: Iterable[str]) -> Coverage:
        """The coverage of all texts together."""
        counts = Counter(word for sentence in self._sentences(texts) for word in sentence)
        coverage = Coverage()
        for word, count in counts.items():
            way = self._lookup.way(word)
            coverage.running[way] += count
            coverage.types[way] += 1
            if way in coverage.uncovered:
                coverage.uncovered[way][word] += count
        return coverage

    def _sentences(self, texts: Iterable[str]) -> Iterator[list[str]]:
        forms = ([text[start:end] for start, end in sentence] for text in texts for sentence in self._segment(text))
        if not self._linguistics:
            return forms
        kept = list(forms)
        readings = self._linguistics(kept)
        return (
            [f"{form}|{reading.pos}" for form, reading in zip(sentence, read, strict=True)]
            for sentence, read in zip(kept, readings, strict=True)
        )
