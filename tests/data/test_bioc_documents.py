"""BioC records and documents: what XML and JSON share."""

import tracemalloc
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data import strategies
from tests.data.strategies import quick
from zoo.data.bioc_documents import Record, document_of
from zoo.data.bioc_infons import concepts, probability, tied_concepts
from zoo.data.bioc_records import record_of
from zoo.data.document import DataFormatError, Document, Passage, Relation, Span


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document with passages anywhere, scores, and relations of spans or of concepts."""
    document = draw(strategies.documents())
    cuts = sorted(draw(st.lists(st.integers(0, len(document.text)), max_size=8)))
    passages = tuple(Passage(start, end, "part") for start, end in zip(cuts[::2], cuts[1::2], strict=False))
    scores = st.none() | st.floats(0, 1)
    spans = tuple(replace(span, score=draw(scores)) for span in document.spans)
    roles = st.sampled_from(["", "Chemical", "a b", "\t"])
    kinds = [st.sampled_from(["D1", "MESH:D2", "a|b"])] + [st.sampled_from(spans)] * bool(spans)
    arguments = st.sampled_from(kinds).flatmap(lambda kind: st.lists(st.tuples(roles, kind), min_size=1, max_size=3))
    ties = draw(st.lists(arguments.map(lambda found: Relation("CID", tuple(found))), max_size=3))
    return replace(document, spans=spans, passages=passages, relations=tuple(ties))


def assert_same(again: Document, document: Document) -> None:
    """Spans may be in another order: those within one passage come before those across passages."""
    assert Counter(again.spans) == Counter(document.spans)
    assert replace(again, spans=document.spans) == document


def peak_of(documents: Iterable[Document]) -> tuple[int, int]:
    """How many documents there are, and the most memory that reading them took, in bytes."""
    tracemalloc.start()
    try:
        return sum(1 for _ in documents), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def mention(
    offset: Any = 0, length: Any = 4, text: str | None = "Gout", name: Any = "1", **infons: Any
) -> dict[str, Any]:
    locations = [{"offset": offset, "length": length}]
    return {"id": name, "infons": {"type": "D"} | infons, "text": text, "locations": locations}


def passage(text: str | None, offset: Any = 0, *annotations: Any, kind: str = "", **parts: Any) -> dict[str, Any]:
    infons = {"type": kind} if kind else {}
    return {"offset": offset, "infons": infons, "text": text, "annotations": [*annotations]} | parts


def read(*passages: Any, lenient: bool = False, **parts: Any) -> Document:
    return document_of(Record({"id": "1", "passages": [*passages], **parts}, 7), "f", lenient=lenient)


@given(st.lists(st.tuples(st.integers(0, 9), st.text("ab💉é", max_size=9)), min_size=1, max_size=6))
@quick
def test_texts_lie_at_their_offsets(gaps_and_texts: list[tuple[int, str]]) -> None:
    """Every passage's text is where the file says, and nothing but white space is anywhere else."""
    end, passages = 0, []
    for gap, text in gaps_and_texts:
        passages.append(passage(text, end + gap, kind="p"))
        end += gap + len(text)
    document = read(*passages)
    base = gaps_and_texts[0][0]
    rest = list(document.text)
    for part, found in zip(passages, document.passages, strict=True):
        start = part["offset"] - base
        assert (found.start, document.text[found.start : found.end]) == (start, part["text"])
        rest[start : found.end] = " " * len(part["text"])
    assert len(document.text) == end - base
    assert not "".join(rest).strip()
    assert document.text.count("\n") == sum(gap > 0 for gap, _ in gaps_and_texts[1:])


def test_sentences_are_the_text_of_a_passage_that_has_none() -> None:
    sentences = [
        {"offset": 7, "text": "Rare."},
        {"offset": 14, "text": "Rash.", "annotations": [mention(14, 4, "Rash")]},
    ]
    document = read(
        passage("Gout.", 0), passage(None, 6, mention(7, 4, "Rare", "2"), sentences=sentences, kind="abstract")
    )
    assert document.text == "Gout.\n Rare.  Rash."
    assert document.passages == (Passage(6, 19, "abstract"),)
    assert [span.slice(document.text) for span in document.spans] == ["Rare", "Rash"]


def test_sentences_may_repeat_the_text_of_their_passage() -> None:
    document = read(
        passage("Gout. Rash.", 3, sentences=[{"offset": 9, "text": "Rash.", "annotations": [mention(9, 4, "Rash")]}])
    )
    assert (document.text, document.spans) == ("Gout. Rash.", (Span.of(6, 10, "D"),))


def test_white_space_between_passages() -> None:
    def text(white: object, gap: int) -> str:
        return read(passage("a"), passage("b", 1 + gap, infons={"white space before": white})).text

    assert text(" \t", 2) == "a \tb"
    assert [text(white, 2) for white in (" ", "xx", None, 5, "", "   ")] == ["a\n b"] * 6


def test_kinds() -> None:
    both = {"type": "front", "section_type": "TITLE"}
    document = read(
        passage("a", infons=both), passage("b", 2, infons={"section_type": "INTRO", "type": " "}), passage("c", 4)
    )
    assert document.passages == (Passage(0, 1, "front"), Passage(2, 3, "INTRO"))
    assert document.losses == {"infon": 2}


@pytest.mark.parametrize(
    ("infons", "expected"),
    [
        ({"identifier": "MESH:D1|OMIM:2"}, ("MESH:D1", "OMIM:2")),
        ({"Identifier": " D1+D2 | - |-1||C "}, ("D1+D2", "C")),
        ({"MESH": "D1", "OMIM": "1|OMIM:2", "NCBI Gene": 672, "pmid": "3"}, ("D1", "OMIM:1", "OMIM:2", "672")),
        ({"identifier": None, "mesh": ["D1"]}, ()),
    ],
)
def test_concepts(infons: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert concepts(infons)[1] == expected
    assert read(passage("Gout", 0, mention(**infons))).spans[0].concepts == expected


@pytest.mark.parametrize("score", ["0.25", 0.25, " 25e-2 "])
def test_scores(score: object) -> None:
    assert probability({"score": score}) == 0.25


@pytest.mark.parametrize("score", ["high", "nan", "1.5", -1, "9" * 5000, None, [0.25], "1e999"])
def test_infons_that_are_no_scores(score: object) -> None:
    assert probability({"score": score}) is None
    document = read(passage("Gout", 0, mention(score=score)))
    assert (document.spans[0].score, document.losses) == (None, {"infon": 1} if score else {})


@pytest.mark.parametrize(
    ("infons", "expected"),
    [
        ({"relation": "CID", "Chemical": "D1", "Disease": "D2"}, [("Chemical", "D1"), ("Disease", "D2")]),
        ({"type": "A", "entity1": "D1", "entity2": 672, "novel": "No"}, [("", "D1"), ("", "672")]),
        ({"type": "A", "role1": {"identifier": "D1", "type": "X"}, "role2": {"type": "Y"}}, [("X", "D1"), ("Y", None)]),
        ({"type": "A", "role1": "X|D1", "role2": "D2", "role3": "|a|b"}, [("X", "D1"), ("", "D2"), ("", "a|b")]),
        ({"type": "A", "Chemical": "D1"}, []),
    ],
)
def test_relations_of_concepts(infons: dict[str, Any], expected: list[tuple[str, str | None]]) -> None:
    assert tied_concepts(infons, next(iter(infons)))[1] == expected


@pytest.mark.parametrize(
    "relation",
    [
        {"infons": {"type": "A"}},
        {"infons": {}, "nodes": [{"refid": "1", "role": ""}]},
        {"infons": {"type": "A"}, "nodes": [{"refid": "1"}, {"refid": "R1"}]},
        {"infons": {"type": "A"}, "nodes": [{}]},
        {"infons": {"relation": "CID", "Chemical": "D1", "Disease": "-1"}},
        {"infons": {"type": "A", "role1": {"identifier": None}, "role2": "D1"}},
    ],
)
def test_relations_that_tie_anything_else_are_counted(relation: dict[str, Any]) -> None:
    document = read(passage("Gout", 0, mention()), relations=[relation])
    assert (document.relations, document.losses) == ((), {"relation": 1})


@pytest.mark.parametrize(
    ("annotation", "hint"),
    [
        (mention(14, 5, "µfoo"), "The offsets would fit if they counted UTF-8 bytes: convert them to characters."),
        (mention(11, 4, "µfoo"), "The offsets would fit if they counted UTF-16 code units: convert them"),
        (mention(3, 4, "µfoo"), "The offsets would fit if they counted from the beginning of the passage: add its"),
        (mention(9, 4, "µfoo"), "check that offsets count Unicode characters of this very text, or correct the line.$"),
    ],
)
def test_offsets_in_other_units(annotation: dict[str, Any], hint: str) -> None:
    with pytest.raises(DataFormatError, match=hint):
        read(passage("x"), passage("💉é µfoo µ", 7, annotation))


def test_lenient() -> None:
    wrong = [mention(50), mention(5, name="3"), mention(0, 0, "", "4"), mention(name="3"), mention(type="", name="5")]
    document = read(passage("Gout is rare", 0, *wrong), lenient=True)
    assert document.spans == (Span.of(5, 9, "D"), Span.of(0, 4, "D"))
    assert document.losses == {
        "beyond the text": 1,
        "quoted text differs": 1,
        "impossible offsets": 1,
        "repeated id": 1,
        "annotation without type": 1,
    }


def test_misplaced_passages_are_laid_one_after_another() -> None:
    sentences = [
        {"offset": 6, "text": "Rare"},
        {"offset": 12, "text": "rash", "annotations": [mention(12, 4, "rash", 3)]},
    ]
    passages = [
        passage("Gout", 0, mention(), kind="title"),
        passage("Rash", 0, mention(0, 4, "Rash", 2), kind="abstract"),
        passage("", 6, sentences=sentences),
        passage("Far", 500_000_000, mention(500_000_000, 3, "Far", 4)),
    ]
    document = read(*passages, annotations=[mention(name=5)], lenient=True)
    assert document.text == "Gout\nRash\nRare  rash\nFar"
    assert [span.slice(document.text) for span in document.spans] == ["Gout", "Rash", "rash", "Far"]
    assert document.passages == (Passage(0, 4, "title"), Passage(5, 9, "abstract"))
    assert document.losses == {"misplaced passages": 1, "annotation outside passages": 1}


def test_annotations_without_a_text_of_their_own_are_taken_at_their_offsets() -> None:
    assert read(passage("Gout", 0, mention(text=None))).spans == (Span.of(0, 4, "D"),)
    with pytest.raises(DataFormatError, match="reach past the end"):
        read(passage("Gout", 0, mention(1, text=None)))


A = Span.of(0, 1, "D")


@pytest.mark.parametrize(
    ("document", "losses"),
    [
        (Document("1", "a b", passages=(Passage(0, 2, "x"), Passage(1, 3, "y"), Passage(2, 3, ""))), {"passage": 2}),
        (Document("1", "ab", (Span.of(0, 1, "D"),), alternatives=(Span.of(0, 2, "D"),)), {"alternative": 1}),
        (Document("1", "", relations=(Relation("r", ()), Relation("r", (("", "-"),)))), {"relation": 2}),
        (Document("1", "", relations=(Relation("", (("", "D1"),)), Relation("r", (("a|b", "D1"),)))), {"relation": 2}),
        (Document("1", "a", (A,), relations=(Relation("r", (("", "D1"), ("", A))),)), {"relation": 1}),
    ],
)
def test_what_bioc_cannot_hold_is_counted(document: Document, losses: dict[str, int]) -> None:
    found: Counter[str] = Counter()
    again = document_of(Record(record_of(document, found), 1), "f")
    assert +found == losses
    assert (again.text, again.spans) == (document.text, document.spans)


def test_passages_cover_all_text() -> None:
    document = Document("1", " ab \t c. d\n e", passages=(Passage(6, 7, "y"), Passage(1, 3, "x"), Passage(12, 13, "z")))
    written = [(part["offset"], part["text"], part["infons"]) for part in record_of(document, Counter())["passages"]]
    assert written == [
        (0, " ", {}),
        (1, "ab", {"type": "x"}),
        (6, "c", {"type": "y", "white space before": " \t "}),
        (7, ". d\n ", {}),
        (12, "e", {"type": "z"}),
    ]


@pytest.mark.parametrize(
    "document",
    [
        Document("", "x"),
        Document(" 1", "x"),
        Document("1", "x", (Span.of(0, 1, "D "),)),
        Document("1", "x", (Span.of(0, 1, "D", concepts=("a|b",)),)),
        Document("1", "x", (Span.of(0, 1, "D", concepts=("-",)),)),
        Document("1", "x", (Span.of(0, 1, "D", concepts=("a\n",)),)),
        Document("1", "x", (Span.of(0, 1, "D", float("nan")),)),
        Document("1", "x", (Span.of(0, 1, "D", 1.5),)),
        Document("1", "x", passages=(Passage(0, 1, " title"),)),
    ],
)
def test_values_that_would_read_back_as_others(document: Document) -> None:
    with pytest.raises(ValueError, match=r"in document '1?| 1' cannot be written|Expected a probability"):
        record_of(document, Counter())


@given(documents())
@quick
def test_round_trip(document: Document) -> None:
    losses: Counter[str] = Counter()
    assert_same(document_of(Record(record_of(document, losses), 1), "f"), document)
    assert not +losses
