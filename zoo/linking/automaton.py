"""Names in words by an automaton: all of a terminology's in one pass over a text, however many there are.

Source: Aho & Corasick, "Efficient string matching: an aid to bibliographic search" (1975); the automaton itself is the
Rust library's behind ``ahocorasick_rs``.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate

from zoo.text.lexicon import normalized

_BETWEEN = "  "  # words; a name has a blank of its own on either side, so that it begins and ends where words do


class Automaton:
    """Finds names in words, as :class:`zoo.text.lexicon.Lexicon` does, all in one pass.

    Args:
        names: As :func:`zoo.text.lexicon.normalized` writes them.

    Raises:
        ModuleNotFoundError: If ahocorasick_rs is not installed.

    Examples:
        >>> Automaton(["acid", "folic acid", "folic acid deficiency"]).matches("No folic acid lack".split())
        [(1, 3)]
    """

    def __init__(self, names: Iterable[str]) -> None:
        try:
            from ahocorasick_rs import AhoCorasick, MatchKind
        except ImportError as error:
            needs = "Names are sought in texts by ahocorasick_rs, which is not installed"
            raise ModuleNotFoundError(f"{needs}: pip install 'bioner-zoo[link]'.") from error
        self._names = frozenset(names)
        patterns = sorted({f" {name.lower().replace(' ', _BETWEEN)} " for name in self._names})
        self._automaton = AhoCorasick(patterns, matchkind=MatchKind.LeftmostLongest) if patterns else None

    def matches(self, forms: Sequence[str]) -> list[tuple[int, int]]:
        """The names in a sequence of words: from the left the longest that begins at a word, then on from its end.

        Args:
            forms: W words as written.

        Returns:
            (first word, one past the last word) of each, in order, none overlapping.
        """
        if self._automaton is None:
            return []
        lowered = [form.lower() for form in forms]
        places = self._automaton.find_matches_as_indexes(f" {_BETWEEN.join(lowered)} ")
        if not places:
            return []
        starts = accumulate((len(form) + len(_BETWEEN) for form in lowered), initial=0)
        word_at = {start: word for word, start in enumerate(starts)}
        found = ((word_at[start], word_at[end]) for _, start, end in places)
        # One word alone may be a name only as it is written: Mg, and not mg.
        return [(first, end) for first, end in found if end - first > 1 or normalized(forms[first:end]) in self._names]
