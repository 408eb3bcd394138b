"""The codec: decode(encode(document)) loses only what the flattening report counted."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo.data import brat
from zoo.data.document import Document, Passage, Span
from zoo.data.tags import SCHEMES, holdable, spans_to_tags, tags_to_spans
from zoo.text.codec import Codec, CodecConfig, Window

LABELS = ("Disease", "Gene")
ANY_SCHEME = st.sampled_from(list(SCHEMES))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any text with any spans: nested, crossing, discontinuous, cutting words."""
    text = draw(st.text(st.sampled_from("ab1 .-\n\u00a0é́🧬"), min_size=1, max_size=60))
    spans = []
    for _ in range(draw(st.integers(0, 6))):
        cuts = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=4)))
        fragments = tuple(zip(cuts[::2], cuts[1::2], strict=False))
        spans.append(Span(fragments, draw(st.sampled_from(LABELS))))
    return Document("d", text, tuple(spans))


def round_trip(codec: Codec, document: Document) -> tuple[Document, int]:
    windows, report = codec.encode([document], gold=True)
    found = [
        (index, *span, 1.0)
        for index, window in enumerate(windows)
        for _, *span in codec.word_spans(np.array([window.tags]), np.array([len(window.tags)]))
    ]
    return codec.decode([document], windows, found)[0], report.lost


@given(documents(), ANY_SCHEME, st.sampled_from(["sentence", "document"]), st.integers(1, 6))
def test_round_trip_loses_what_was_counted(document: Document, scheme: str, window: str, limit: int) -> None:
    codec = Codec(CodecConfig(labels=LABELS, scheme=scheme, window=window, window_words=limit))
    back, lost = round_trip(codec, document)
    kept, gold = {span.key for span in back.spans}, {span.key for span in document.spans}
    assert kept <= gold
    assert len(gold) - len(kept) == lost
    windows, report = codec.encode([document], gold=True)
    assert lost == sum(window.lost for window in windows) or not windows  # a text without words has no window
    assert report.total == len(gold)
    assert report.recall_ceiling == pytest.approx(len(kept) / len(gold) if gold else 1.0)


@given(documents())
def test_what_is_lost_is_lost_for_the_reason_given(document: Document) -> None:
    reports = {s: Codec(CodecConfig(labels=LABELS, scheme=s)).encode([document], gold=True)[1] for s in SCHEMES}
    spans = {span.key for span in document.spans}
    flat, nested = reports["BIOES"], reports["BMEWO-V"]
    assert all(reports[scheme] == flat for scheme in ("IOB1", "IOB2", "BILOU"))
    assert nested.discontinuous == flat.discontinuous == sum(len(fragments) > 1 for fragments, _ in spans)
    assert (nested.unaligned, nested.crossing) == (flat.unaligned, flat.crossing)
    assert flat.overlapping < flat.total or not spans  # of spans that overlap one is kept


def test_nested_and_crossing_spans_come_back_only_in_bmewo_v() -> None:
    text = "Breast and ovarian cancer gene"
    spans = (Span.of(0, 25, "Disease"), Span.of(11, 25, "Disease"), Span.of(19, 30, "Gene"), Span.of(0, 6, "Gene"))
    documents = [Document("1", text, spans[:2]), Document("2", text, (spans[0], spans[2])), Document("3", text, spans)]
    kept = {}
    for scheme in ("BIOES", "BMEWO-V"):
        codec = Codec(CodecConfig(labels=LABELS, scheme=scheme))
        kept[scheme] = [{span.key for span in round_trip(codec, document)[0].spans} for document in documents]
    assert kept["BIOES"] == [{spans[0].key}] * 3
    # In the third document, cancer gene would begin within the overlap that ovarian cancer is.
    assert kept["BMEWO-V"] == [
        {span.key for span in spans[:2]},
        {span.key for span in (spans[0], spans[2])},
        {span.key for span in (spans[0], spans[1], spans[3])},
    ]


def test_spans_are_cut_to_what_flat_tags_hold_where_that_is_wanted() -> None:
    text = "Breast and ovarian cancer gene"
    gap = Span(((0, 6), (19, 25)), "Disease")
    document = Document("1", text, (gap, Span.of(11, 25, "Disease"), Span.of(19, 30, "Gene")))
    codec = Codec(CodecConfig(labels=LABELS, scheme="IOB2", cut=True))
    windows, report = codec.encode([document], gold=True)
    assert [codec.tags[tag] for tag in windows[0].tags] == ["B-Disease", "O", "B-Disease", "I-Disease", "B-Gene"]
    assert (report.total, report.discontinuous, report.overlapping) == (3, 1, 1)  # what is whole is not lost
    assert windows[0].lost == 0  # while it learns, it looks for what is left of them
    whole = Codec(CodecConfig(labels=LABELS, scheme="IOB2")).encode([document], gold=True)[0]
    assert (whole[0].lost, len({*whole[0].tags})) == (2, 3)


def test_ceilings_of_craft(data_root: Path) -> None:
    """Ours; the number of spans is the published one."""
    articles = list(brat.read(data_root / "en" / "craft" / "dev"))
    labels = ("Disease", "Chemical", "GeneOrProtein")
    flat, nested = (Codec(CodecConfig(labels, s)).encode(articles, gold=True)[1] for s in ("BIOES", "BMEWO-V"))
    assert flat.total == nested.total == 232 + 335 + 3002
    assert flat.discontinuous == nested.discontinuous == 6
    assert (flat.overlapping, nested.overlapping) == (17, 8)


@given(documents(), st.integers(1, 6))
def test_windows_hold_all_words_in_order_and_fit(document: Document, limit: int) -> None:
    sentences, joined = (
        Codec(CodecConfig(labels=LABELS, window=window, window_words=limit)).segment(document)
        for window in ("sentence", "document")
    )
    assert [word for words in sentences for word in words] == [word for words in joined for word in words]
    assert all(1 <= len(words) <= limit for words in [*sentences, *joined])


@st.composite
def held_spans(draw: st.DrawFn, scheme: str) -> tuple[list[tuple[int, int, str]], int]:
    """Any spans that a scheme holds, and the number of words."""
    length = draw(st.integers(1, 12))
    borders = (
        st.tuples(st.integers(0, length), st.integers(0, length)).map(sorted).filter(lambda cuts: cuts[0] < cuts[1])
    )
    drawn = draw(st.lists(st.tuples(borders, st.sampled_from(LABELS)), max_size=8))
    return holdable([(start, end, label) for (start, end), label in drawn], scheme), length


@given(ANY_SCHEME, st.data())
def test_word_spans_without_loops_are_those_of_the_plain_reader(scheme: str, data: st.DataObject) -> None:
    rows = data.draw(st.lists(held_spans(scheme), min_size=1, max_size=4))
    codec = Codec(CodecConfig(labels=LABELS, scheme=scheme))
    tags = [spans_to_tags(spans, length, scheme) for spans, length in rows]
    lengths = np.array([len(row) for row in tags])
    padded = np.full((len(tags), lengths.max()), 1)  # padding that looks like the beginning of a span
    for row, row_tags in zip(padded, tags, strict=True):
        row[: len(row_tags)] = [codec.tags.index(tag) for tag in row_tags]
    expected = [(row, *span) for row, (spans, _) in enumerate(rows) for span in spans]
    assert expected == [(row, *span) for row, row_tags in enumerate(tags) for span in tags_to_spans(row_tags, scheme)]
    assert codec.word_spans(padded, lengths) == expected


@given(ANY_SCHEME, st.integers(1, 3), st.data())
def test_illegal_tags_are_read_as_the_plain_reader_does(scheme: str, rows: int, data: st.DataObject) -> None:
    codec = Codec(CodecConfig(labels=LABELS, scheme=scheme))
    lengths = data.draw(st.lists(st.integers(0, 8), min_size=rows, max_size=rows))
    some = st.lists(st.integers(0, len(codec.tags) - 1), min_size=8, max_size=8)
    tags = np.array(data.draw(st.lists(some, min_size=rows, max_size=rows)))
    named = [[codec.tags[tag] for tag in row[:length]] for row, length in zip(tags, lengths, strict=True)]
    expected = [(row, *span) for row, names in enumerate(named) for span in tags_to_spans(names, scheme)]
    assert codec.word_spans(tags, np.array(lengths)) == expected


@pytest.mark.parametrize(
    ("scheme", "tag", "longer"),
    [
        ("IOB1", "I-Gene", ["I-Gene"]),
        ("IOB2", "B-Gene", ["I-Gene"]),
        ("IOB2", "O", []),
        ("BIOES", "B-Gene", ["I-Gene", "E-Gene"]),
        ("BIOES", "I-Gene", ["I-Gene", "E-Gene"]),
        ("BIOES", "E-Gene", []),
        ("BIOES", "S-Gene", []),
        ("BILOU", "B-Gene", ["I-Gene", "L-Gene"]),
        ("BMEWO-V", "B-Gene", []),
    ],
)
def test_tags_that_would_make_a_span_longer(scheme: str, tag: str, longer: list[str]) -> None:
    codec = Codec(CodecConfig(labels=LABELS, scheme=scheme))
    assert [codec.tags[after] for after in codec.continuations(codec.tags.index(tag))] == longer


def test_a_passage_is_never_crossed() -> None:
    document = Document("1", "A cancer Abstract", (), (Passage(0, 8, "title"), Passage(9, 17, "abstract")))
    windows, _ = Codec(CodecConfig(labels=("Disease",))).encode([document], gold=False)
    assert [window.forms for window in windows] == [["A", "cancer"], ["Abstract"]]


def test_a_label_not_in_the_recipe() -> None:
    document = Document("17", "BRCA1 gene", (Span.of(0, 5, "Gene"),))
    with pytest.raises(ValueError, match=r"Document '17': span 0-5 has the label 'Gene' but the labels are Disease"):
        Codec(CodecConfig(labels=("Disease",))).encode([document], gold=True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"labels": []}, "Expected a list of distinct labels, at least one, but got"),
        ({"labels": ["A", "A"]}, "Expected a list of distinct labels, at least one, but got"),
        ({"labels": [None]}, "Expected a list of distinct labels, at least one, but got"),
        ({"labels": "Disease"}, "Expected a list of distinct labels, at least one, but got 'Disease'"),
        (
            {"labels": ["A"], "scheme": "BIO"},
            "Expected a tag scheme out of IOB1, IOB2, BIOES, BILOU, BMEWO-V but got 'BIO'",
        ),
        ({"labels": ["A"], "window": "page"}, "Expected window 'sentence' or 'document'"),
        (
            {"labels": ["A"], "scheme": "BMEWO-V", "cut": True},
            "Expected a scheme of flat spans for cut but got BMEWO-V",
        ),
        ({"labels": ["A"], "segmentation": "v9"}, "Expected a segmentation rule out of v1, v2"),
    ],
)
def test_bad_settings(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Codec(CodecConfig(**settings))


def test_empty_documents_have_no_window() -> None:
    codec = Codec(CodecConfig(labels=("Disease",)))
    windows, report = codec.encode([Document("1", ""), Document("2", " \n")], gold=True)
    assert windows == []
    assert report.total == 0
    assert codec.decode([Document("1", "")], windows, []) == [Document("1", "")]


def test_window_is_a_plain_tuple_of_what_it_shows() -> None:
    windows, _ = Codec(CodecConfig(labels=("Disease",))).encode(
        [Document("1", "A cancer.", (Span.of(2, 8, "Disease"),))], gold=True
    )
    assert windows == [Window(0, ["A", "cancer", "."], [(0, 1), (2, 8), (8, 9)], [0, 4, 0], 0)]
