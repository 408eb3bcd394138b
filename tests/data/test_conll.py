"""CoNLL columns."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import quick, texts
from zoo.data import conll
from zoo.data.document import DataFormatError, Document, Span
from zoo.text.segment import Segmenter


def parse(text: str, **columns: int) -> list[Document]:
    return list(conll.parse(text.split("\n"), "folder/dev.tsv", **columns))


def found(document: Document) -> list[tuple[str, str]]:
    return [(span.slice(document.text), span.label) for span in document.spans]


def test_sentences_are_documents_without_separators() -> None:
    first, second = parse("Wilson\tB-D\ndisease\tI-D\n.\tO\n\n\nNo\tO\n\u00a0\tO")
    assert (first.id, first.text, first.spans) == ("dev-1", "Wilson disease .", (Span.of(0, 14, "D"),))
    assert (second.id, second.text, second.spans) == ("dev-2", "No \u00a0", ())


@pytest.mark.parametrize("begin", ["###MEDLINE:7", "-DOCSTART- (7)"])
def test_documents_that_begin_with_a_line(begin: str) -> None:
    first, empty, last = parse(f"\n{begin}\n\nA\tO\n\nB\tB-D\n{begin}\n-DOCSTART-\tO\n\nC\tB-D\n")
    assert (first.id, first.text, first.spans) == ("7", "A\nB", (Span.of(2, 3, "D"),))
    assert (empty.id, empty.text) == ("7", "")
    assert (last.id, last.text, last.spans) == ("dev-1", "C", (Span.of(0, 1, "D"),))


@pytest.mark.parametrize(
    "tags",
    ["I-D I-D B-D I-G O", "B-D I-D B-D B-G O", "B-D E-D S-D S-G O", "B-D L-D U-D U-G O"],
    ids=["IOB1", "IOB2", "BIOES", "BILOU"],
)
def test_schemes(tags: str) -> None:
    (document,) = parse("\n".join(f"w{i} {tag}" for i, tag in enumerate(tags.split())))
    assert document.spans == (Span.of(0, 5, "D"), Span.of(6, 8, "D"), Span.of(9, 11, "G"))
    assert not document.losses


def test_orphans_are_counted_where_the_scheme_has_none() -> None:
    first, second = parse("a\tB-X\nb\tI-Y\n\nc\tI-Y\nd\tO\ne\tI-Y\n")
    assert first.losses == {"orphan inside tag": 1}
    assert second.losses == {"orphan inside tag": 2}
    iob1, not_iob1 = parse("a\tI-X\nb\tI-Y\n\nc\tO\nd\tB-X\ne\tI-Y\n")
    assert not iob1.losses
    assert not_iob1.losses == {"orphan inside tag": 1}


def test_columns_comments_and_hashes() -> None:
    (document,) = parse("# id = 1\n# O x B-D\n#  O y O\n\n", word_column=0)
    assert found(document) == [("#", "D")]
    assert document.text == "# #"
    (document,) = parse("1 fever B-D NN\n2 and O CC", word_column=1, tag_column=2)
    assert found(document) == [("fever", "D")]
    (document,) = parse("#\tB-D\nin vitro\tI-D")
    assert found(document) == [("# in vitro", "D")]


def test_crlf_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "x.conll"
    path.write_bytes("\ufeffa\tB-D\r\nb\tI-D\r\n\r\nc\tO\r\n".encode())
    assert [(document.id, document.text) for document in conll.read(path)] == [("x-1", "a b"), ("x-2", "c")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a\tO\nb",
            "2: 1 columns in ['b'] — expected 2, a word and its tag among them, as in the lines before — "
            "add or remove columns, or check that the file is not cut off here.",
        ),
        ("a\tx\tO\nb\tO", "2: 2 columns in ['b', 'O'] — expected 3, a word and its tag"),
        ("a", "1: 1 columns in ['a'] — expected 2, a word"),
        (
            "a\tO\nb\tB-",
            "2: word 'b' with tag 'B-' — expected a word and a tag that is O or B-, I-, E-, L-, S- or U- with a label, "
            "as B-Disease — correct the line, or name other columns.",
        ),
        ("\tO", "1: word '' with tag 'O' — expected a word"),
        ("a\tDisease", "1: word 'a' with tag 'Disease'"),
    ],
)
def test_bad_lines(text: str, message: str) -> None:
    with pytest.raises(DataFormatError) as caught:
        parse(text)
    assert str(caught.value).startswith(f"folder/dev.tsv:{message}")


def test_written_lines_and_what_is_lost(tmp_path: Path) -> None:
    text = "Breast and ovarian cancer.\nNo pain"
    spans = (
        Span.of(0, 25, "D", score=0.5, concepts=("C",)),
        Span.of(11, 25, "D"),  # within the longer one
        Span(((0, 6), (19, 25)), "D"),
        Span.of(1, 3, "D"),  # within a word
        Span.of(19, 29, "D"),  # over two sentences
        Span.of(30, 34, "P"),
    )
    path = tmp_path / "f.conll"
    losses = conll.write([Document("a (1)", text, spans)], path, scheme="BIOES", segment=Segmenter())
    assert losses == {"overlapping": 1, "discontinuous": 1, "unaligned": 2, "score": 1, "concept": 1}
    assert path.read_text(encoding="utf-8") == (
        "-DOCSTART- (a (1))\n\nBreast\tB-D\nand\tI-D\novarian\tI-D\ncancer\tE-D\n.\tO\n\nNo\tO\npain\tS-P\n\n"
    )
    (document,) = conll.read(path)
    assert document.id == "a (1)"
    assert found(document) == [("Breast and ovarian cancer", "D"), ("pain", "P")]


def test_refusals_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected a tag scheme"):
        conll.write([], tmp_path / "f", scheme="IOB3")
    with pytest.raises(ValueError, match="label 'a b'"):
        conll.write([Document("1", "x", (Span.of(0, 1, "a b"),))], tmp_path / "f")
    assert not list(tmp_path.iterdir())


@given(texts, st.data(), st.sampled_from(["IOB2", "BIOES"]))
@quick
def test_round_trip(text: str, data: st.DataObject, scheme: str) -> None:
    sentences = conll.blank_words(text)
    spans = []
    for words in sentences:
        first = data.draw(st.integers(0, len(words) - 1))
        last = data.draw(st.integers(first, len(words) - 1))
        spans.append(Span.of(words[first][0], words[last][1], data.draw(st.sampled_from(["D", "cell-line"]))))
    with tempfile.TemporaryDirectory() as folder:
        assert not conll.write([Document("1", text, tuple(spans))], f"{folder}/f", scheme=scheme)
        (again,) = conll.read(f"{folder}/f")
        conll.write([again], f"{folder}/g", scheme=scheme)
        assert Path(f"{folder}/f").read_bytes() == Path(f"{folder}/g").read_bytes()
    assert again.text == "\n".join(" ".join(text[start:end] for start, end in words) for words in sentences)
    assert [span.label for span in again.spans] == [span.label for span in spans]
    assert [span.slice(again.text).split() for span in again.spans] == [span.slice(text).split() for span in spans]
