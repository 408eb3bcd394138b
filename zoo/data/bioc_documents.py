"""What a BioC record says as a document: the part of reading that BioC XML and BioC JSON share.

A record is an object of BioC JSON, which has the same parts as the XML; :mod:`zoo.data.bioc` makes such objects of
elements. Offsets of passages, sentences and annotations all count characters from the beginning of the article.

- The text is every passage's, or its sentences', at its own offset, counted from the first passage's. What lies
  between two passages is not in the file: it becomes a line break and blanks (passages are lines of their own, and a
  title without a full stop must not run into the abstract), between sentences blanks.
- A passage's kind is its infon ``type``, which every BioC file has; where there is none, ``section_type``.
- What infons mean is in :mod:`zoo.data.bioc_infons`. An individual mention out of a composite one (``CompositeRole``
  in BioCreative V CDR) is left out and counted as ``composite parts``, as where that corpus is in PubTator's format.
- A relation ties spans (nodes), or concepts (infons).

Counted as losses are all other infons (``infon``), parts of no meaning here (``field``), annotations of a whole
document (``annotation without location``) and relations that tie anything else (``relation``).

Source: Comeau et al. 2013, BioC: a minimalist approach to interoperability for biomedical text processing.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from zoo.data.bioc_infons import WHITE_SPACE, concepts, is_text, probability, tied_concepts, white_space
from zoo.data.document import DataFormatError, Document, Passage, Relation, Span
from zoo.data.json_stream import shown
from zoo.data.offsets import checked_span

_PARTS = {
    "document": {"id", "infons", "passages", "annotations", "relations"},
    "passage": {"offset", "infons", "text", "sentences", "annotations", "relations"},
    "sentence": {"offset", "infons", "text", "annotations", "relations"},
    "annotation": {"id", "infons", "text", "locations"},
    "relation": {"id", "infons", "nodes"},
}
_NUMBER = re.compile(r"[0-9]{1,9}")
_TOO_LARGE = 10**9
_MOST_GAPS = 1_000_000  # characters of a document that are in no passage: a wrong offset must not fill the memory
_MOST_BLANKS = 100  # between two sentences of a passage that is laid elsewhere
_OTHER_UNITS = (("UTF-8 bytes", "utf-8", 1), ("UTF-16 code units", "utf-16-le", 2))


class Record(dict[str, Any]):
    """An object of BioC, with the line where it is in its file.

    Of a document's record, ``around`` is what is lost of the collection around it.
    """

    around: Mapping[str, int] = MappingProxyType({})

    def __init__(self, values: Mapping[str, Any], line: int) -> None:
        super().__init__(values)
        self.line = line


def document_of(record: Record, source: str, *, lenient: bool = False) -> Document:
    r"""Reads one document.

    Args:
        record: The document.
        source: Its file, for messages.
        lenient: Counts instead of raising. Left out are an ``annotation without type``, and those ``beyond the text``
            or with ``impossible offsets``; where the ``quoted text differs``, the offsets are trusted; of a ``repeated
            id`` the first is meant. Where offsets say that passages overlap or lie very far apart (``misplaced
            passages``), they are laid one after another with their annotations; those of the document itself, which
            are then anywhere, are left out (``annotation outside passages``).

    Raises:
        DataFormatError: If a part is missing or of another type, or, unless ``lenient``, offsets and text disagree.

    Examples:
        >>> passages = [{"offset": 0, "text": "Gout."}, {"offset": 6, "infons": {"type": "abstract"}, "text": "Rare."}]
        >>> document = document_of(Record({"id": "1", "passages": passages}, 1), "example")
        >>> document.text, document.passages
        ('Gout.\nRare.', (Passage(start=6, end=11, kind='abstract'),))
    """
    return _Reading(record, source, lenient).document()


@dataclass(eq=False)
class _Block:
    """A passage's or sentence's own text.

    Args:
        offset: Where it begins, as the file counts.
        text: As in the file; empty for a passage whose text is its sentences'.
        passage: The number of its passage, from 1.
        kind: A passage's kind.
        white: What a passage says of the white space before it.
        start: Where it begins in the document's text.
    """

    offset: int
    text: str
    passage: int
    kind: str = ""
    white: str = ""
    start: int = 0

    @property
    def end(self) -> int:
        """One past its last character, as the file counts."""
        return self.offset + len(self.text)


class _Reading:
    """One document while it is put together."""

    def __init__(self, record: Record, source: str, lenient: bool) -> None:
        self.record, self.source, self.line = record, source, record.line
        self.losses: Counter[str] = Counter(record.around)
        self.lenient = self.losses if lenient else None
        self.id = ""
        self.text = ""
        self.is_relaid = False
        self.spans: list[Span] = []
        self.named: dict[str, Span | None] = {}
        self.relations: list[Relation] = []

    def document(self) -> Document:
        self.id = self._name(self.record, "id")
        if not self.id:
            raise self._error(self.record, "document without an id — expected one that is unique in its collection.")
        self._count(self.record, "document")
        self._count_infons(self._infons(self.record))
        places = [*self._places()]
        blocks = [*dict.fromkeys(block for _, block in places)]
        self.text = self._lay(blocks)
        anywhere = None if self.is_relaid else (blocks or [_Block(0, "", 0)])[0]
        holders: list[tuple[Mapping[str, Any], _Block | None]] = [*places, (self.record, anywhere)]
        for holder, block in holders:
            for annotation in self._list(holder, "annotations"):
                self._annotate(annotation, block)
        for holder, _ in holders:
            for relation in self._list(holder, "relations"):
                self._relate(relation)
        ties = tuple(self.relations)
        return Document(self.id, self.text, tuple(self.spans), _passages(blocks), +self.losses, relations=ties)

    def _error(self, record: Mapping[str, Any], message: str) -> DataFormatError:
        return DataFormatError(self.source, getattr(record, "line", self.line), message)

    def _of(self, what: str) -> str:
        return f"{what} of document {self.id[:40]!r}" if self.id else what

    def _part(self, key: str, record: Mapping[str, Any]) -> str:
        name = next((f"{name} {shown(record[name])}" for name in ("id", "offset") if name in record), "")
        return self._of(key if record is self.record or not name else f"{key} at {name}")

    def _list(self, record: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
        value = record.get(key) or []
        for part in value if isinstance(value, list) else (None,):
            if not isinstance(part, (dict, Mapping)):  # a dict is told at once, another mapping is not
                raise self._error(record, f"{self._part(key, record)}: {shown(value)} — expected a list of objects.")
        return value

    def _infons(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        value = record.get("infons") or {}
        if not isinstance(value, (dict, Mapping)):
            raise self._error(
                record, f"{self._part('infons', record)}: {shown(value)} — expected an object of strings."
            )
        return value

    def _string(self, record: Mapping[str, Any], key: str) -> str:
        value = record.get(key)
        if not isinstance(value, str | None):
            raise self._error(record, f"{self._part(key, record)}: {shown(value)} — expected a string.")
        return value or ""

    def _name(self, record: Mapping[str, Any], key: str) -> str:
        """An id, which JSON may have as a number."""
        value = record.get(key)
        return str(value) if type(value) is int else self._string(record, key).strip()

    def _integer(self, record: Mapping[str, Any], key: str, what: str, owner: Mapping[str, Any] | None = None) -> int:
        value = record.get(key)
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            value = int(value)
        if type(value) is int and 0 <= value < _TOO_LARGE:
            return value
        has = f"no {key}" if value is None else f"the {key} {shown(value)}"
        at = record if owner is None else owner
        raise self._error(at, f"{self._of(what)} has {has} — expected a whole number of at most nine digits.")

    def _count(self, record: Mapping[str, Any], kind: str) -> None:
        if unknown := record.keys() - _PARTS[kind]:
            self.losses["field"] += sum(bool(record[key]) for key in unknown if key != "bioctype")

    def _count_infons(self, infons: Mapping[str, Any], *known: str) -> None:
        for key in infons.keys() - known:
            self.losses["infon"] += infons[key] not in (None, "", [], {})

    def _places(self) -> Iterator[tuple[Mapping[str, Any], _Block]]:
        """Passages and sentences, each with the text that its annotations are in."""
        for number, passage in enumerate(self._list(self.record, "passages"), start=1):
            self._count(passage, "passage")
            whole = self._passage(passage, number)
            yield passage, whole
            for sentence in self._list(passage, "sentences"):
                self._count(sentence, "sentence")
                self._count_infons(self._infons(sentence))
                if whole.text:  # the sentences repeat it
                    yield sentence, whole
                else:
                    offset = self._integer(sentence, "offset", f"a sentence of passage {number}")
                    yield sentence, _Block(offset, self._string(sentence, "text"), number)

    def _passage(self, record: Mapping[str, Any], number: int) -> _Block:
        infons = self._infons(record)
        kind_infon = next((key for key in ("type", "section_type") if is_text(infons.get(key))), "")
        kind = infons[kind_infon].strip() if kind_infon else ""
        self._count_infons(infons, kind_infon, WHITE_SPACE)
        offset = self._integer(record, "offset", f"passage {number}")
        white = infons.get(WHITE_SPACE)
        text = self._string(record, "text")
        return _Block(offset, text, number, kind, white if isinstance(white, str) and white.isspace() else "")

    def _lay(self, blocks: Sequence[_Block]) -> str:
        """Gives each block its place and returns the whole text."""
        gaps = [later.offset - earlier.end for earlier, later in pairwise(blocks)]
        if any(gap < 0 for gap in gaps) or sum(gaps) > _MOST_GAPS:
            if self.lenient is None:
                raise self._misplaced(blocks, gaps)
            self.losses["misplaced passages"] += 1
            self.is_relaid = True
            gaps = [
                gap if one.passage == two.passage and 0 <= gap <= _MOST_BLANKS else 1
                for gap, one, two in _between(gaps, blocks)
            ]
        pieces = [block.text for block in blocks[:1]]
        position = len("".join(pieces))
        for gap, earlier, later in _between(gaps, blocks):
            white = " " * gap if earlier.passage == later.passage else later.white
            white = white if len(white) == gap else white_space(gap)
            later.start = position + gap
            position = later.start + len(later.text)
            pieces += white, later.text
        return "".join(pieces)

    def _misplaced(self, blocks: Sequence[_Block], gaps: Sequence[int]) -> DataFormatError:
        gap, one, two = next((place for place in _between(gaps, blocks) if place[0] < 0), None) or max(
            _between(gaps, blocks), key=lambda place: place[0]
        )
        wrong = "before" if gap < 0 else "far from"
        return self._error(
            self._list(self.record, "passages")[two.passage - 1],
            f"{self._of(f'passage {two.passage}')} has text at {two.offset}, {wrong} {one.end}, where the text before "
            "it ends — expected passages and sentences in the order of their offsets, which count characters from the "
            "beginning of the article — correct the offsets, or read the file with lenient, which lays passages one "
            "after another.",
        )

    def _annotate(self, record: Mapping[str, Any], block: _Block | None) -> None:
        self._count(record, "annotation")
        infons = self._infons(record)
        name = self._name(record, "id")
        span = None
        if infons.get("CompositeRole") == "IndividualMention":
            self.losses["composite parts"] += 1
        elif not self._list(record, "locations"):
            self.losses["annotation without location"] += 1
        elif block is None:  # only its passage could say where it has gone
            self.losses["annotation outside passages"] += 1
        else:
            span = self._span(record, infons, f"annotation {name[:40]!r}", block)
        if span is not None:
            self.spans.append(span)
        if name in self.named:
            if self.lenient is None:
                what = self._of(f"annotation id {name[:40]!r}")
                raise self._error(record, f"{what} occurs twice — expected each once — rename one.")
            self.losses["repeated id"] += 1
        elif name:
            self.named[name] = span

    def _span(self, record: Mapping[str, Any], infons: Mapping[str, Any], what: str, block: _Block) -> Span | None:
        label = infons.get("type")
        if not isinstance(label, str) or not label.strip():
            if self.lenient is None:
                raise self._error(record, f"{self._of(what)} has no type — expected an infon 'type', as Disease.")
            self.losses["annotation without type"] += 1
            return None
        locations = [
            (self._integer(place, "offset", what, record), self._integer(place, "length", what, record))
            for place in self._list(record, "locations")
        ]
        shift = block.start - block.offset
        fragments = tuple((offset + shift, offset + shift + length) for offset, length in locations)
        quoted = self._string(record, "text")
        if record.get("text") is None:  # nothing to compare with
            quoted = " ".join(self.text[max(0, start) : max(0, end)] for start, end in fragments)
        used, names = concepts(infons)
        line = getattr(record, "line", self.line)
        try:
            span = checked_span(self.text, fragments, label.strip(), quoted, self.source, line, self.lenient, names)
        except DataFormatError as error:
            why = str(error).removeprefix(f"{self.source}:{line}: ")
            raise self._error(record, f"{self._of(what)}: {why}{_hint(block, locations, quoted)}") from error
        if span is None:
            return None
        score = probability(infons)
        self._count_infons(infons, "type", *used, *["score"] * (score is not None))
        return span if score is None else replace(span, score=score)

    def _relate(self, record: Mapping[str, Any]) -> None:
        self._count(record, "relation")
        infons, nodes = self._infons(record), self._list(record, "nodes")
        key = "type" if is_text(infons.get("type")) else "relation"
        used, ties = tied_concepts(infons, "" if nodes else key)
        arguments: list[tuple[str, Span | str | None]] = [*ties]
        if not used:  # PubTator 3 has nodes of no meaning beside its roles
            for node in nodes:
                arguments.append((self._string(node, "role"), self.named.get(self._name(node, "refid"))))
        held = tuple((role, filler) for role, filler in arguments if filler is not None)
        if not is_text(infons.get(key)) or not held or len(held) < len(arguments):
            self.losses["relation"] += 1
            return
        self._count_infons(infons, key, *used)
        self.relations.append(Relation(infons[key].strip(), held))


def _between(gaps: Iterable[int], blocks: Iterable[_Block]) -> Iterator[tuple[int, _Block, _Block]]:
    return ((gap, one, two) for gap, (one, two) in zip(gaps, pairwise(blocks), strict=True))


def _passages(blocks: Iterable[_Block]) -> tuple[Passage, ...]:
    """The passages that have a kind; the others only say where text is."""
    places: dict[int, Passage] = {}
    for block in blocks:
        passage = places.setdefault(block.passage, Passage(block.start, block.start, block.kind))
        places[block.passage] = replace(passage, end=block.start + len(block.text))
    return tuple(passage for passage in places.values() if passage.kind)


def _hint(block: _Block, locations: Sequence[tuple[int, int]], quoted: str) -> str:
    """In what units the offsets would fit, if any: some tools count others than characters."""

    def fits(pieces: Iterable[str]) -> bool:
        return bool(quoted.strip()) and " ".join(pieces).split() == quoted.split()

    for unit, encoding, width in _OTHER_UNITS:
        raw = block.text.encode(encoding)
        starts = [((offset - block.offset) * width, length * width) for offset, length in locations]
        pieces = (raw[start : start + length].decode(encoding, "replace") for start, length in starts)
        if all(start >= 0 for start, _ in starts) and fits(pieces):
            return f" The offsets would fit if they counted {unit}: convert them to characters."
    if fits(block.text[offset : offset + length] for offset, length in locations):
        return " The offsets would fit if they counted from the beginning of the passage: add its offset to them."
    return ""
