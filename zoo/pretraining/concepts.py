"""Concept identifiers among words: text in which mentions are replaced by what they mean.

A vector is trained for an identifier as for any word, so that ``gout``, ``podagra`` and ``gouty arthritis`` share one.

Source: Rivera-Zavala & Martínez, "Analyzing transfer learning impact in biomedical cross-lingual named entity
recognition and normalization" (BMC Bioinformatics 22, 2021), section "Bi-LSTM CRF model" (SNOMED-SBC).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from zoo.data import formats
from zoo.data.document import Document, Span
from zoo.pretraining.texts import read_texts

_WITH_CONCEPTS = ("brat", "pubtator", "bioc", "bioc-json", "jsonl")
_COUNTED = ("identifiers", "replaced", "without_identifier", "overlapping", "in_fragments")


class Concepts:
    r"""What counts as an identifier, and how often mentions were replaced by one.

    ``counts`` says how many ``identifiers`` are words of the text, and of the mentions, how many were ``replaced``, are
    ``without_identifier``, ``overlapping`` one that was replaced, or ``in_fragments``; each of the last three stayed.

    Args:
        pattern: A regular expression that a whole identifier matches. Where it has groups, the identifier is what the
            one that took part matched: ``(?:MESH:)?([CD]\d{6,9})`` makes ``MESH:D006073`` and ``D006073`` one.

    Raises:
        ValueError: If it is no regular expression, or matches nothing at all.

    Examples:
        >>> concepts = Concepts(r"MESH:\w+")
        >>> concepts.words("of MESH:D006073.", [(0, 2), (3, 7), (7, 8), (8, 15), (15, 16)])
        [('of', False), ('MESH:D006073', True), ('.', False)]
    """

    def __init__(self, pattern: str) -> None:
        try:
            self._pattern = re.compile(pattern)
        except re.error as error:
            raise ValueError(f"Expected concepts to be a regular expression but got {pattern!r} ({error}).") from error
        if self._pattern.fullmatch(""):
            raise ValueError(f"Expected concepts to be what an identifier matches but {pattern!r} matches nothing.")
        self.counts = Counter(dict.fromkeys(_COUNTED, 0))

    def read(self, path: Path) -> Iterator[str]:
        """The texts of a file or folder with identifiers in the place of the mentions that have one.

        Formats without concepts, and plain text, are read as they are: they may hold identifiers already. A faulty
        annotation is left out where the format's reader can count it instead.

        Raises:
            DataFormatError: If the format cannot be told, or a file is not of it.
        """
        name = None if path.suffix == ".in" else formats.detect(path)
        if name not in _WITH_CONCEPTS:
            yield from read_texts(path)
            return
        options = {"lenient": True} if "lenient" in formats.FORMATS[name].reader_options else None
        yield from map(self.replace, formats.read(path, name, options))

    def replace(self, document: Document) -> str:
        """The text with identifiers for mentions, from left to right, of those that overlap the longest first to begin.

        A mention of several concepts becomes several words. Mentions of several fragments stay as they are.
        """
        pieces, done = [], 0
        for span in sorted(document.spans, key=lambda span: (span.start, -span.end)):
            identifiers = self._identifiers(span)
            if not identifiers:
                self.counts["without_identifier"] += 1
            elif span.start < done or len(span.fragments) > 1:
                self.counts["overlapping" if span.start < done else "in_fragments"] += 1
            else:
                pieces += [document.text[done : span.start], f" {' '.join(identifiers)} "]
                done = span.end
                self.counts["replaced"] += 1
        return "".join([*pieces, document.text[done:]])

    def _identifiers(self, span: Span) -> list[str]:
        """The identifiers of a span; none where one of its concepts is not one."""
        matches = [self._pattern.fullmatch(concept) for concept in span.concepts]
        return [match[0] for match in matches if match] if all(matches) else []

    def words(self, text: str, sentence: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
        """The words of a sentence, each with whether it is an identifier.

        Args:
            text: What the offsets refer to.
            sentence: Offsets of words; those that make up an identifier become one.
        """
        if not sentence:
            return []
        stops = {end for _, end in sentence}
        found = self._pattern.finditer(text, sentence[0][0], sentence[-1][1])
        matches = {match.start(): match for match in found if match.end() in stops}
        words, done = [], 0
        for start, end in sentence:
            if start in matches:
                match = matches[start]
                words.append((match[match.lastindex or 0], True))
                done = match.end()
            elif start >= done:
                words.append((text[start:end], False))
        self.counts["identifiers"] += sum(is_identifier for _, is_identifier in words)
        return words
