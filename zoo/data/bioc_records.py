"""A document as a BioC record: the part of writing that BioC XML and BioC JSON share.

Passages are those of the document. Text between them that is more than white space, and what stands before the first
and after the last, becomes a passage without a kind, so no text is lost; a document without passages is one passage
without a kind. White space between two passages is not text of its own in BioC: a reader sees it from the offsets,
and an infon (:data:`zoo.data.bioc_infons.WHITE_SPACE`) says what it is where it is not a line break and blanks.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from zoo.data.bioc_infons import WHITE_SPACE, checked, relation_infons, span_infons, white_space
from zoo.data.document import Document, Passage, Span

SOURCE = "bioner-zoo"
"""What a collection says of where it comes from."""


def record_of(document: Document, losses: Counter[str]) -> dict[str, Any]:
    """What is written of a document: an object of BioC JSON.

    A span is an annotation of the passage it lies in, of the document where it lies in none.

    Args:
        document: The document.
        losses: Where what BioC cannot hold is counted: ``passage`` (without a kind, or overlapping one before),
            ``alternative``, ``relation`` (without arguments, or of spans and concepts together).

    Raises:
        ValueError: If an id, label, kind or concept would read back as another.

    Examples:
        >>> record = record_of(Document("1", "Rare gout", (Span.of(5, 9, "Disease"),)), Counter())
        >>> record["passages"][0]["annotations"][0]["locations"]
        [{'offset': 5, 'length': 4}]
    """
    losses["alternative"] += len(document.alternatives)
    records, end = [], 0
    passages = _covering(document, losses)
    for passage in passages:
        records.append(_passage_record(passage, document, end))
        end = passage.end
    loose: list[dict[str, Any]] = []
    ids: dict[Span, str] = {}
    homes = _homes(document.spans, passages)
    for number, span in enumerate(document.spans, start=1):
        ids[span] = str(number)
        home = homes.get(span)
        owner = loose if home is None else records[home]["annotations"]
        owner.append(_annotation_record(span, ids[span], document))
    return {
        "id": checked(document.id, "id", document.id),
        "infons": {},
        "passages": records,
        "annotations": loose,
        "relations": _relation_records(document, ids, losses),
    }


def _covering(document: Document, losses: Counter[str]) -> list[Passage]:
    """Passages in order that together hold the whole text but white space between them."""
    found: list[Passage] = []
    end = 0
    for passage in sorted(document.passages, key=lambda passage: (passage.start, passage.end)):
        if passage.start < end or not passage.kind:
            losses["passage"] += 1
            continue
        between = document.text[end : passage.start]
        if between.strip() or (between and not found):
            found.append(Passage(end, passage.start, ""))
        found.append(passage)
        end = passage.end
    if end < len(document.text) or not found:
        found.append(Passage(end, len(document.text), ""))
    return found


def _homes(spans: Iterable[Span], passages: list[Passage]) -> dict[Span, int]:
    """The passage that each span lies in, if any; both are gone through once, from left to right."""
    homes: dict[Span, int] = {}
    place = 0
    for span in sorted(set(spans), key=lambda span: span.start):
        while passages[place].end <= span.start:
            place += 1
        if passages[place].start <= span.start and span.end <= passages[place].end:
            homes[span] = place
    return homes


def _passage_record(passage: Passage, document: Document, end: int) -> dict[str, Any]:
    infons = {"type": checked(passage.kind, "passage kind", document.id)} if passage.kind else {}
    between = document.text[end : passage.start]
    if between != white_space(len(between)):
        infons[WHITE_SPACE] = between
    text = document.text[passage.start : passage.end]
    return {
        "offset": passage.start,
        "infons": infons,
        "text": text,
        "sentences": [],
        "annotations": [],
        "relations": [],
    }


def _annotation_record(span: Span, name: str, document: Document) -> dict[str, Any]:
    return {
        "id": name,
        "infons": span_infons(span, document.id),
        "text": span.slice(document.text),
        "locations": [{"offset": start, "length": end - start} for start, end in span.fragments],
    }


def _relation_records(document: Document, ids: dict[Span, str], losses: Counter[str]) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for relation in document.relations:
        infons = relation_infons(relation)
        if infons is None:
            losses["relation"] += 1
            continue
        nodes = [
            {"refid": ids[filler], "role": role} for role, filler in relation.arguments if isinstance(filler, Span)
        ]
        records.append({"id": f"R{len(records) + 1}", "infons": infons, "nodes": nodes})
    return records
