"""Sentences and words with exact character offsets.

A rule is versioned: a checkpoint names the rule it was trained with and keeps it for ever, so a better rule is a new
entry in :data:`RULES`, never an edit of an old one.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import NamedTuple

Words = list[tuple[int, int]]
"""Half-open character offsets of the words of one sentence."""

# A word is a decimal number, a run of letters and digits (with their combining marks), or any other single visible
# character. Hyphens and slashes part words, so that `BRCA1-associated` and `DMD/BMD` can be tagged within.
_WORD_V1 = re.compile(
    r"[A-Za-z][A-Za-z0-9]*+(?![^\x00-\x7f])"  # most words, found sooner: a run that nothing beyond ASCII can go on
    r"|(?=\S)(?:\d+(?:[.,]\d+)+|[^\W_][^\W_\u0300-\u036f]*(?:[\u0300-\u036f]+[^\W_]*)*|\S)"
)

# As the Penn Treebank parts the words of JNLPBA, near enough: what stands between letters or digits, but for brackets,
# quotes and semicolons, is inside the word, so that `NF-kappaB`, `5'-TTG` and `BRCA1-associated` are one each. What a
# corpus of such words writes apart, `BRCA1 -associated`, stays two. A dash or a full stop that running text sets
# between two words without blanks is inside, too, which the Treebank would part: rule v1 is for running text.
_WORD_V2 = re.compile(
    r"(?=\S)(?:(?:(?<!\S)[-/+]|'(?=s\b)|\.(?=\d))?[^\W_](?:[^\W_]|[\u0300-\u036f]"
    r"|[^\w\s()\[\]{}<>\"“”;]{1,2}(?=[^\W_]))*+\+?|\S)"
)

# A sentence ends at a line feed. It may end after . ! or ? (and closing quotes or brackets) before white space and what
# can begin one. One set of characters at the front lets the search skip all others.
_SENTENCE_END_V1 = re.compile(r"[.!?\n](?:(?<=\n)|[\"'”’)\]]*(?=\s+[\"'“‘(\[]*[A-Z0-9\u00c0-\u00de\u0391-\u03a9¿¡]))")
_ABBREVIATIONS_V1 = frozenset(
    "al approx ca cf dr e.g eq fig figs i.e i.m i.p i.v mr mrs ms no nos prof ref refs resp s.c sp spp st subsp var "
    "viz vol vs".split()
)
_LAST_TOKEN_V1 = re.compile(r"(?:^|[\s(\[])([^\s(\[]*)$")


def _ends_abbreviation(text: str, stop: int) -> bool:
    """Whether the full stop at ``stop`` belongs to an abbreviation or an initial (``E. Coli``, ``J. Smith``)."""
    token = _LAST_TOKEN_V1.search(text, max(0, stop - 12), stop)
    before = token.group(1) if token else ""
    return before.lower() in _ABBREVIATIONS_V1 or (len(before) == 1 and before.isupper())


def _sentences_v1(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _SENTENCE_END_V1.finditer(text):
        if text[match.start()] == "." and _ends_abbreviation(text, match.start()):
            continue
        yield start, match.end()
        start = match.end()
    yield start, len(text)


def _segment(word: re.Pattern[str], text: str, breaks: Iterable[int]) -> list[Words]:
    cuts = sorted({0, len(text), *breaks})
    sentences: list[Words] = []
    for part_start, part_end in pairwise(cuts):
        for start, end in _sentences_v1(text[part_start:part_end]):
            found = word.finditer(text, part_start + start, part_start + end)
            if words := [*map(re.Match.span, found)]:
                sentences.append(words)
    return sentences


RULES: dict[str, Callable[[str, Iterable[int]], list[Words]]] = {
    "v1": partial(_segment, _WORD_V1),
    "v2": partial(_segment, _WORD_V2),
}
"""``v1`` parts words at every hyphen and slash, so that a part of a compound can be tagged; ``v2`` leaves compounds
whole, as JNLPBA does, which comes in words of the Penn Treebank; in running text it also joins what dashes part."""


class Segmenter(NamedTuple):
    """Cuts text into sentences of words by a versioned rule.

    Args:
        rule: A key of :data:`RULES`.

    Examples:
        >>> text = "Type 2 diabetes. No cancer, i.e. none."
        >>> [[text[start:end] for start, end in words] for words in Segmenter("v1")(text)]
        [['Type', '2', 'diabetes', '.'], ['No', 'cancer', ',', 'i', '.', 'e', '.', 'none', '.']]
    """

    rule: str = "v1"

    def __call__(self, text: str, breaks: Iterable[int] = ()) -> list[Words]:
        """Segments a text.

        Args:
            text: Any string; every visible character falls into exactly one word.
            breaks: Offsets no sentence may cross (as the end of a title).

        Returns:
            For each sentence that has any, the offsets of its words.

        Raises:
            ValueError: If the rule is unknown.
        """
        if self.rule not in RULES:
            raise ValueError(f"Expected a segmentation rule out of {', '.join(RULES)} but got {self.rule!r}.")
        return RULES[self.rule](text, breaks)
