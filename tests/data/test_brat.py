"""Brat standoff."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given

from tests.data.strategies import documents, quick
from zoo.data import brat
from zoo.data.document import DataFormatError, Document, Span

TEXT = "Breast and\r\novarian cancer 💉 in naïve e\u0301lan."


def pair(folder: Path, text: str, annotations: str, name: str = "a") -> Path:
    (folder / f"{name}.txt").write_bytes(text.encode())
    (folder / f"{name}.ann").write_bytes(annotations.encode())
    return folder / f"{name}.ann"


def test_spans_fragments_concepts_and_losses(tmp_path: Path) -> None:
    path = pair(
        tmp_path,
        TEXT,
        "N1\tReference T1 MESH:D001943\tbreast neoplasms\n"
        "T1\tDisease 0 6;20 26\tBreast cancer\r\n"
        "T2\tPair 7 19\tand  ovarian\n"  # brat writes the line break within as blanks
        "N2\tReference T1 OMIM:114480\tBREAST CANCER\n"
        "\n"
        "T3\tTurned 20 26;0 6\tcancer Breast\n"
        "R1\tIs_a Arg1:T1 Arg2:T2\t\nE1\tX:T1\nA1\tNegated T1\nM1\tNegated T1\n#1\tAnnotatorNotes T1\tsure\n"
        "*\tEquiv T1 T2\n",
    )
    (document,) = brat.read(path)
    assert document.id == "a"
    assert document.text == TEXT
    breast_cancer = ((0, 6), (20, 26))
    assert document.spans == (
        Span(breast_cancer, "Disease", concepts=("MESH:D001943", "OMIM:114480")),
        Span.of(7, 19, "Pair"),
        Span(breast_cancer, "Turned"),
    )
    assert document.losses == {"relation": 1, "event": 1, "attribute": 2, "note": 1, "equivalence": 1}


def test_folders_in_order_and_texts_without_annotations(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    pair(tmp_path, "x", "", "b, [1]. c")
    pair(tmp_path / "sub", "x", "T1\tD 0 1\tx\n")
    (tmp_path / "a.txt").write_text("", encoding="utf-8")
    (tmp_path / "annotation.conf").touch()
    assert [(d.id, d.text, len(d.spans)) for d in brat.read(tmp_path)] == [
        ("a", "", 0),
        ("b, [1]. c", "x", 0),
        ("sub/a", "x", 1),
    ]


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        (
            "T1\tD 0 6\tBreast\nT2\tD 20 26\tcancre",
            "2: the text at 20 26 is 'cancer' — expected 'cancre' as the line quotes it — "
            "check that offsets count Unicode characters of this very text, or correct the line.",
        ),
        (
            "T1\tD 40 99\tlan.",
            "1: offsets 40 99 of 'lan.' reach past the end of the text — expected at most 44, counted in Unicode "
            "characters — check that text and annotations belong together, or remove the line.",
        ),
        (
            "\nX1\twhat",
            "2: 'X1\\twhat' is no brat annotation — expected a line such as 'T1<tab>Disease 0 5<tab>fever' "
            "or one beginning with N, R, E, A, M, # or * — correct or remove it.",
        ),
        (
            "T1\tD 0 6;4 8\tBreast st a",
            "1: Expected sorted, non-empty, non-overlapping fragments but got ((0, 6), (4, 8)) (D). Correct the line.",
        ),
        ("T1\tD 5 5\t", "1: Expected a span of at least one fragment but got none. Correct the line."),
        ("T1\tD 0 1\tB\nT1\tD 0 1\tB", "2: T1 occurs twice — expected each id once — rename one."),
        ("N1\tReference T7 D1\tx", "1: concept 'D1' is given to T7 — expected the id of a T line — correct it."),
    ],
)
def test_bad_lines(tmp_path: Path, annotations: str, message: str) -> None:
    path = pair(tmp_path, TEXT, annotations)
    with pytest.raises(DataFormatError) as caught:
        list(brat.read(path))
    assert str(caught.value) == f"{path}:{message}"


@pytest.mark.parametrize(
    "line", ["T1", "T1\tD", "T1\tD 0", "T1\tD 0 6", "T1 D 0 6 Breast", "T1\tD 0 -6\tx", "R1", "N1\t"]
)
def test_cut_lines(tmp_path: Path, line: str) -> None:
    with pytest.raises(DataFormatError, match="is no brat annotation"):
        list(brat.read(pair(tmp_path, TEXT, line)))


def test_missing_texts_and_folders(tmp_path: Path) -> None:
    (tmp_path / "Wilson's, [x].ann").touch()
    with pytest.raises(DataFormatError) as caught:
        list(brat.read(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path}/Wilson's, [x].ann: the text of these annotations is missing — expected Wilson's, [x].txt beside "
        f"them — place the texts in {tmp_path}; some corpora leave them to be obtained from their owners."
    )
    with pytest.raises(DataFormatError, match="no brat document"):
        list(brat.read(tmp_path / "nothing"))


def test_an_empty_fragment_is_left_out_and_counted(tmp_path: Path) -> None:
    (document,) = brat.read(pair(tmp_path, TEXT, "T1\tD 0 6;5 5\tBreast \n"))
    assert document.spans == (Span.of(0, 6, "D"),)
    assert document.losses == {"empty fragment": 1}


def test_byte_order_mark_and_crlf(tmp_path: Path) -> None:
    (document,) = brat.read(pair(tmp_path, "\ufeffA\r\nfever", "\ufeffT1\tD 3 8\tfever\r\n"))
    assert document.text == "A\r\nfever"
    assert document.spans[0].start == 3


def test_written_files(tmp_path: Path) -> None:
    spans = (Span.of(20, 26, "D", score=0.5, concepts=("C1", "C2")), Span.of(7, 19, "D"))
    losses = brat.write([Document("sub/x.y", TEXT, spans), Document("z", ""), Document("z", "again")], tmp_path)
    assert losses == {"score": 1, "repeated id": 1}
    assert (tmp_path / "sub" / "x.y.ann").read_bytes().decode() == (
        "T1\tD 7 19\tand  ovarian\nT2\tD 20 26\tcancer\nN1\tReference T2 C1\tcancer\nN2\tReference T2 C2\tcancer\n"
    )
    assert [document.id for document in brat.read(tmp_path)] == ["sub/x.y", "z", "z-2"]
    files = [name for _, _, names in os.walk(tmp_path) for name in names]
    assert sorted(files) == ["x.y.ann", "x.y.txt", "z-2.ann", "z-2.txt", "z.ann", "z.txt"]


@pytest.mark.parametrize("name", ["", "..", "../x", "a/../../x", "/etc/x", "a//b", "a\\b", "C:x", "a\0", "."])
def test_ids_that_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a file name"):
        brat.write([Document(name, "x")], tmp_path / "inside")
    assert not list(tmp_path.iterdir())


def test_labels_that_brat_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="label 'Cell line' in document '1' cannot be written"):
        brat.write([Document("1", "x", (Span.of(0, 1, "Cell line"),))], tmp_path)


@given(documents())
@quick
def test_round_trip(document: Document) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert not brat.write([document], folder)
        (again,) = brat.read(folder)
    assert again.text == document.text
    assert again.spans == document.spans
