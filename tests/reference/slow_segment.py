"""Rules as first written, character by character or part by part: what every quicker formulation must give back."""

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


def slow_segment_v2(text: str, breaks: Iterable[int] = ()) -> list[list[tuple[int, int]]]:
    """Sentences of word offsets, read from left to right.

    A word ends with its sentence; what stands before a sentence tells of its first word all the same.
    """
    sentences = []
    for part_start, part_end in pairwise(sorted({0, len(text), *breaks})):
        for start, end in _sentences(text[part_start:part_end]):
            if words := _words_v2(text, part_start + start, part_start + end):
                sentences.append(words)
    return sentences


def _words_v2(text: str, at: int, stop: int) -> list[tuple[int, int]]:
    words, before = [], text[at - 1 : at] if at else ""
    while at < stop:
        end = _end_v2(text[:stop], at, before)
        if not text[at].isspace():
            words.append((at, end))
        at, before = end, text[end - 1]
    return words


def _end_v2(text: str, at: int, before: str) -> int:
    """One past the word that begins at a place; one past the place where none does."""
    first, after = text[at], text[at + 1 : at + 2]
    opens = first in "-/+" and (not before or before.isspace())
    opens |= first == "'" and after == "s" and not _is_word(text[at + 2 : at + 3])
    opens |= first == "." and after.isdecimal()
    end = at + 1 if opens and _is_letter(after) else at
    if not _is_letter(text[end : end + 1]):
        return at + 1
    end += 1
    while end < len(text):
        if not (_is_letter(text[end]) or "\u0300" <= text[end] <= "\u036f"):
            joined = next((n for n in (1, 2) if _is_letter(text[end + n : end + n + 1])), 0)
            if not joined or not all(map(_joins, text[end : end + joined])):
                break
            end += joined
        else:
            end += 1
    return end + (text[end : end + 1] == "+")


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _is_letter(character: str) -> bool:
    """A letter or digit."""
    return character.isalnum()


def _joins(character: str) -> bool:
    return bool(character) and not _is_word(character) and not character.isspace() and character not in '()[]{}<>"“”;'


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
