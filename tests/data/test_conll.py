"""CoNLL columns."""

import re
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import documents, quick, texts
from zoo.data import conll
from zoo.data.document import DataFormatError, Document, Passage, Relation, Span
from zoo.data.tags import SCHEMES, detect_scheme
from zoo.text.segment import Segmenter


def parse(text: str, **options: object) -> list[Document]:
    return list(conll.parse(text.split("\n"), "folder/dev.tsv", **options))  # type: ignore[arg-type]


def column(tags: str) -> str:
    return "\n".join(f"w{i} {tag}" for i, tag in enumerate(tags.split()))


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
    ("scheme", "tags"),
    [
        ("IOB1", "I-D I-D B-D I-G O"),
        ("IOB2", "B-D I-D B-D B-G O"),
        ("BIOES", "B-D E-D S-D S-G O"),
        ("BILOU", "B-D L-D U-D U-G O"),
        ("BMEWO-V", "B-D E-D W-D W-G O"),
    ],
)
def test_schemes_told_or_named(scheme: str, tags: str) -> None:
    for named in (None, scheme):
        (document,) = parse(column(tags), scheme=named)
        assert document.spans == (Span.of(0, 5, "D"), Span.of(6, 8, "D"), Span.of(9, 11, "G"))
        assert not document.losses


def test_overlapping_spans() -> None:
    (document,) = parse(column("B-D V-G E-D"))
    assert document.spans == (Span.of(0, 8, "D"), Span.of(3, 5, "G"))


def test_orphans_are_counted_where_the_scheme_has_none() -> None:
    first, second = parse("a\tB-X\nb\tI-Y\n\nc\tI-Y\nd\tO\ne\tI-Y\n")
    assert first.losses == {"orphan inside tag": 1}
    assert second.losses == {"orphan inside tag": 2}
    iob1 = "a\tI-X\nb\tI-Y\n\nc\tO\nd\tI-X\ne\tI-Y\n"
    assert [document.losses for document in parse(iob1)] == [{}, {}]
    not_iob1 = [{"orphan inside tag": 2}, {"orphan inside tag": 1}]
    assert [document.losses for document in parse(iob1.replace("d\tI-X", "d\tB-X"))] == not_iob1
    assert [document.losses for document in parse(iob1, scheme="IOB2")] == [not_iob1[0]] * 2
    assert [document.losses for document in parse(column("E-D M-D W-D"))] == [{"orphan inside tag": 2}]


@pytest.mark.parametrize(
    ("tags", "scheme", "line", "expected"),
    [
        ("B-D S-D", "IOB2", 2, "O or B- or I- with a label"),
        ("B-D O M-D", "BIOES", 3, "O or B-, I-, E- or S- with a label"),
        ("U-D", "IOB1", 1, "O or B- or I- with a label"),
        ("I-D", "BMEWO-V", 1, "O or B-, M-, E-, W- or V- with a label"),
        ("S-D V-D", None, 2, "O or B-, I-, E-, L-, S- or U- with a label"),  # prefixes of no one scheme
    ],
)
def test_tags_of_another_scheme(tags: str, scheme: str | None, line: int, expected: str) -> None:
    with pytest.raises(
        DataFormatError, match=f"^folder/dev.tsv:{line}: .* expected a word and a tag that is {expected}"
    ):
        parse(column(tags), scheme=scheme)


def test_a_scheme_that_shows_too_late() -> None:
    text = "a B-D\nb I-D\n\n" * 1000 + "a S-D\n\na V-D\n"
    with pytest.raises(DataFormatError, match=r"^folder/dev.tsv:3003: word 'a' with tag 'V-D'"):
        parse(text)
    *_, last = parse(text.replace("V-", "U-"))
    assert last.spans == (Span.of(0, 1, "D"),)  # the other schemes are read by one rule


@pytest.mark.parametrize("option", [{"word_column": "0"}, {"tag_column": "-1"}, {"tag_column": True}])
def test_columns_are_whole_numbers(option: dict, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected a column's number, 0 for the first or -1 for the last, but got"):
        conll.read(tmp_path / "none", **option)
    with pytest.raises(ValueError, match="Expected a tag scheme out of"):
        conll.read(tmp_path / "none", scheme="IOB")


def test_columns_comments_and_hashes() -> None:
    (document,) = parse("# id = 1\n# O x B-D\n#  O y O\n\n", word_column=0)
    assert found(document) == [("#", "D")]
    assert document.text == "# #"
    (document,) = parse("1 fever B-D NN\n2 and O CC", word_column=1, tag_column=2)
    assert found(document) == [("fever", "D")]
    (document,) = parse("# B-D NN\nand O CC\n# of words", tag_column=1)
    assert found(document) == [("#", "D")]
    assert document.text == "# and"
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
            "as B-Disease — correct the line, or name other columns or another scheme.",
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
    lost_spans = {"overlapping": 1, "discontinuous": 1, "unaligned": 2}
    assert losses == lost_spans | {"score": 1, "concept": 1, "white space": 1}  # none stands before the full stop
    assert path.read_text(encoding="utf-8") == (
        "-DOCSTART- (a (1))\n\nBreast\tB-D\nand\tI-D\novarian\tI-D\ncancer\tE-D\n.\tO\n\nNo\tO\npain\tS-P\n\n"
    )
    (document,) = conll.read(path)
    assert document.id == "a (1)"
    assert found(document) == [("Breast and ovarian cancer", "D"), ("pain", "P")]


def test_every_loss_of_a_document_is_counted(tmp_path: Path) -> None:
    spans = (Span.of(0, 5, "D"), Span.of(6, 11, "D"), Span.of(6, 11, "D", score=0.5), Span.of(0, 11, "G"))
    document = Document(
        "1",
        "fever cough",
        spans,
        (Passage(0, 11, "title"),),
        {},
        (Span.of(0, 4, "D"), Span.of(0, 3, "D")),
        (Relation("CID", (("", spans[0]), ("", "D1"))),),
    )
    losses = Counter(overlapping=3, passage=1, alternative=2, relation=1)
    assert conll.write([document], tmp_path / "f") == losses
    assert conll.write([document], tmp_path / "f", scheme="BMEWO-V") == losses - Counter(overlapping=1)
    (again,) = conll.read(tmp_path / "f")
    assert again.spans == (spans[0], spans[3])


def words_of_one_line(text: str) -> list[list[tuple[int, int]]]:
    """Words parted at vertical bars, one sentence a line."""
    lines = re.finditer(r"[^\n]+", text)
    return [[word.span() for word in re.compile(r"[^|\n]+").finditer(text, *line.span())] for line in lines]


def test_words_that_look_like_something_else(tmp_path: Path) -> None:
    words = ["#", "# a", "###MEDLINE:7", "-DOCSTART", "\u00a0", "a\u2028b", "\ufeff", "O", "B-D", "\x85", " "]
    document = Document("1", "|".join(words), (Span.of(0, 1, "D"),))
    for scheme in SCHEMES:
        losses = conll.write([document], tmp_path / "f", scheme=scheme, segment=words_of_one_line)
        assert losses == {"white space": 1}  # the bars
        (again,) = conll.read(tmp_path / "f")
        assert again.text == " ".join(words)
        assert again.spans == document.spans
        assert [[word for word, _ in sentence] for sentence in conll.read_tags(tmp_path / "f")] == [words]


def test_words_that_columns_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Word '-DOCSTART-' in document '1' cannot be written"):
        conll.write([Document("1", "a -DOCSTART- b")], tmp_path / "f")
    assert not list(tmp_path.iterdir())
    losses = conll.write([Document("1", "a\tb|c\rd")], tmp_path / "f", segment=words_of_one_line)
    assert losses == {"white space in a word": 2, "white space": 1}
    assert [document.text for document in conll.read(tmp_path / "f")] == ["a b c d"]


def test_tags_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "predicted.tsv"
    path.write_text("-DOCSTART- (1)\n\na I-D O\nb E-G V-D\n\n# of words\n\n# O B-D\n", encoding="utf-8")
    assert list(conll.read_tags(path)) == [[("a", "O"), ("b", "V-D")], [("#", "B-D")]]
    assert list(conll.read_tags(path, tag_column=1)) == [[("a", "I-D"), ("b", "E-G")], [("#", "O")]]
    with pytest.raises(DataFormatError, match="3: word 'O' with tag 'a'"):
        list(conll.read_tags(path, word_column=2, tag_column=0))


def test_refusals_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected a tag scheme"):
        conll.write([], tmp_path / "f", scheme="IOB3")
    with pytest.raises(ValueError, match="label 'a b'"):
        conll.write([Document("1", "x", (Span.of(0, 1, "a b"),))], tmp_path / "f")
    assert not list(tmp_path.iterdir())


@given(texts, st.data(), st.sampled_from(list(SCHEMES)))
@quick
def test_round_trip(text: str, data: st.DataObject, scheme: str) -> None:
    sentences = conll.blank_words(text)
    spans = []
    for words in sentences:
        first = data.draw(st.integers(0, len(words) - 1))
        last = data.draw(st.integers(first, len(words) - 1))
        spans.append(Span.of(words[first][0], words[last][1], data.draw(st.sampled_from(["D", "cell-line"]))))
    with tempfile.TemporaryDirectory() as folder:
        losses = conll.write([Document("1", text, tuple(spans))], f"{folder}/f", scheme=scheme)
        (again,) = conll.read(f"{folder}/f", scheme=scheme)
        assert losses == ({"white space": 1} if again.text != text else {})
        assert not conll.write([again], f"{folder}/g", scheme=scheme)
        assert Path(f"{folder}/f").read_bytes() == Path(f"{folder}/g").read_bytes()
    assert again.text == "\n".join(" ".join(text[start:end] for start, end in words) for words in sentences)
    assert [span.label for span in again.spans] == [span.label for span in spans]
    assert [span.slice(again.text).split() for span in again.spans] == [span.slice(text).split() for span in spans]


@given(documents(), st.sampled_from(list(SCHEMES)))
@quick
def test_what_is_not_counted_as_lost_comes_back(document: Document, scheme: str) -> None:
    kinds = ("discontinuous", "unaligned", "overlapping")
    with tempfile.TemporaryDirectory() as folder:
        losses = conll.write([document], f"{folder}/f", scheme=scheme)
        (again,) = conll.read(f"{folder}/f", scheme=scheme)
    assert len(again.spans) == len(document.spans) - sum(losses[kind] for kind in kinds)
    written = Counter((span.label, *span.slice(document.text).split()) for span in document.spans)
    assert not Counter((span.label, *span.slice(again.text).split()) for span in again.spans) - written


SHARED_TASK_FILES = {
    "iob/NCBI-disease-IOB/train.tsv": (5424, 135701, {"Disease": 5134}),
    "iob/NCBI-disease-IOB/devel.tsv": (923, 23969, {"Disease": 787}),
    "iob/NCBI-disease-IOB/test.tsv": (940, 24497, {"Disease": 960}),
    "iob/BC5CDR-IOB/train.tsv": (4560, 118170, {"Chemical": 5203, "Disease": 4182}),
    "iob/BC5CDR-IOB/devel.tsv": (4581, 117453, {"Chemical": 5347, "Disease": 4246}),
    "iob/BC5CDR-IOB/test.tsv": (4797, 124750, {"Chemical": 5385, "Disease": 4424}),
    "iob/BC2GM-IOB/devel.tsv": (2519, 71042, {"GENE": 3061}),
    "iob/BC2GM-IOB/test.tsv": (5038, 143465, {"GENE": 6325}),
    "iob/JNLPBA/devel.tsv": (
        1739,
        47461,
        {"protein": 2466, "DNA": 1052, "RNA": 107, "cell_type": 526, "cell_line": 400},
    ),
    "iob/JNLPBA/test.tsv": (
        3856,
        101039,
        {"protein": 5067, "DNA": 1056, "RNA": 118, "cell_type": 1921, "cell_line": 500},
    ),
    "jnlpba/Genia4EReval2.iob2": (
        *(3856, 101039),
        {"protein": 5067, "DNA": 1056, "RNA": 118, "cell_type": 1921, "cell_line": 500},
    ),
}


@pytest.mark.parametrize("name", list(SHARED_TASK_FILES))
def test_published_counts(name: str, data_root: Path) -> None:
    path = data_root / "en" / name
    sentences, tokens, entities = SHARED_TASK_FILES[name]
    rows = list(conll.read_tags(path))
    assert (len(rows), sum(map(len, rows))) == (sentences, tokens)
    assert detect_scheme([tag for _, tag in row] for row in rows) == "IOB2"
    documents = list(conll.read(path))
    assert Counter(span.label for document in documents for span in document.spans) == entities
    assert not any(document.losses for document in documents)
    assert sum(len(document.text.split("\n")) for document in documents if document.text) == sentences
