"""Lexicons: which stretches of words are terms of a terminology."""

from collections.abc import Iterable, Iterator, Sequence

from zoo.text.segment import Segmenter
from zoo.text.vocab import Vocabulary

_SYMBOL, _ABBREVIATION = 3, 6  # characters: a word up to the one is matched as written, up to the other if so spelt


def normalized(forms: Sequence[str]) -> str:
    """Words as a lexicon holds and seeks them: lower-cased and joined by one space.

    One word alone is left as written where its case tells it from an ordinary word: if it has at most three
    characters (``Mg`` is no ``mg``), or at most six with a capital beyond the first (``ARM``, ``CREST``). So a short
    word that begins a sentence is not found by a term in small letters, nor a word of up to six in a line of capitals.

    Args:
        forms: Words as written, at least one.

    Examples:
        >>> normalized(["Ácido", "fólico"]), normalized(["Aspirin"]), normalized(["ARM"]), normalized(["ASPIRIN"])
        ('ácido fólico', 'aspirin', 'ARM', 'aspirin')
    """
    word = forms[0]
    told_by_case = len(word) <= _SYMBOL or (len(word) <= _ABBREVIATION and word[1:] != word[1:].lower())
    return word if len(forms) == 1 and told_by_case else " ".join(forms).lower()


def lexicon_vocabulary(terms: Iterable[str], segmentation: str) -> Vocabulary:
    """The terms as :class:`Lexicon` takes them: cut into words by a segmentation rule, then normalized, each once.

    Terms without any letter are left out.

    Args:
        terms: Names as written in terminologies.
        segmentation: The rule that the texts are cut by, a key of :data:`zoo.text.segment.RULES`.

    Raises:
        ValueError: If the rule is unknown.

    Examples:
        >>> lexicon_vocabulary(["5-FU", "Folic acid", "folic  acid", "1.5"], "v1").entries[2:]
        ('5 - fu', 'folic acid')
    """
    return Vocabulary.of(map(normalized, terms_in_words(terms, segmentation)))


def terms_in_words(terms: Iterable[str], segmentation: str) -> Iterator[list[str]]:
    """The words of each term, as written; terms without any letter are left out.

    Args:
        terms: Names as written in terminologies.
        segmentation: A key of :data:`zoo.text.segment.RULES`.

    Raises:
        ValueError: If the rule is unknown.
    """
    segment = Segmenter(segmentation)
    for term in terms:
        if any(map(str.isalpha, term)):
            yield [term[start:end] for sentence in segment(term) for start, end in sentence]


class Lexicon:
    """Finds terms in words.

    A text's stretch is a term if both are the same once normalized (:func:`normalized`). The search holds every
    beginning of a term of several words in a set, so that a word that begins none costs one look-up.

    Args:
        vocabulary: Normalized terms, as :func:`lexicon_vocabulary` makes them.

    Examples:
        >>> lexicon = Lexicon(lexicon_vocabulary(["acid", "folic acid", "Folic acid deficiency"], "v1"))
        >>> lexicon.matches("No folic acid lack".split())
        [(1, 3)]
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        terms = vocabulary.entries[2:]
        self._words = frozenset(term for term in terms if " " not in term)
        self._phrases = frozenset(term for term in terms if " " in term)
        self._beginnings = frozenset(
            term[:end] for term in self._phrases for end, character in enumerate(term) if character == " "
        )

    def matches(self, forms: Sequence[str]) -> list[tuple[int, int]]:
        """The terms in a sequence of words: from the left the longest that begins at a word, then on from its end.

        Args:
            forms: W words as written.

        Returns:
            (first word, one past the last word) of each, in order, none overlapping.
        """
        lowered = [form.lower() for form in forms]
        found, start = [], 0
        while start < len(forms):
            end = self._longest(forms, lowered, start)
            if end > start:
                found.append((start, end))
            start = max(end, start + 1)
        return found

    def _longest(self, forms: Sequence[str], lowered: list[str], start: int) -> int:
        """One past the last word of the longest term that begins at a word; the word itself where none does."""
        longest = start + 1 if normalized(forms[start : start + 1]) in self._words else start
        beginning = lowered[start]
        for end in range(start + 1, len(forms)):
            if beginning not in self._beginnings:
                break
            beginning = f"{beginning} {lowered[end]}"
            if beginning in self._phrases:
                longest = end + 1
        return longest
