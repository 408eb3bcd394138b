"""Rule v1 as it was first written, whole texts cut into parts: what every quicker formulation must give back."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_][^\W_\u0300-\u036f]*(?:[\u0300-\u036f]+[^\W_]*)*|\S")
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*(?=\s+[\"'“‘(\[]*[A-Z0-9\u00c0-\u00de\u0391-\u03a9¿¡])|\n")
_ABBREVIATIONS = frozenset(
    "al approx ca cf dr e.g eq fig figs i.e i.m i.p i.v mr mrs ms no nos prof ref refs resp s.c sp spp st subsp var "
    "viz vol vs".split()
)
_LAST_TOKEN = re.compile(r"(?:^|[\s(\[])([^\s(\[]*)$")


def slow_segment_v1(text: str, breaks: Iterable[int] = ()) -> list[list[tuple[int, int]]]:
    """Sentences of word offsets; no sentence crosses a break."""
    sentences = []
    for part_start, part_end in pairwise(sorted({0, len(text), *breaks})):
        part = text[part_start:part_end]
        for start, end in _sentences(part):
            words = [(part_start + word.start(), part_start + word.end()) for word in _WORD.finditer(part, start, end)]
            if words:
                sentences.append(words)
    return sentences


def _sentences(part: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _SENTENCE_END.finditer(part):
        if part[match.start()] == "." and _ends_abbreviation(part, match.start()):
            continue
        yield start, match.end()
        start = match.end()
    yield start, len(part)


def _ends_abbreviation(part: str, stop: int) -> bool:
    token = _LAST_TOKEN.search(part, max(0, stop - 12), stop)
    before = token.group(1) if token else ""
    return before.lower() in _ABBREVIATIONS or (len(before) == 1 and before.isupper())
