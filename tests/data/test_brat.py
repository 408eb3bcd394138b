"""Brat standoff."""

import os
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import documents, quick
from zoo.data import brat, textfile
from zoo.data.document import DataFormatError, Document, Passage, Relation, Span

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
        "R1\tIs_a Arg1:T4 Arg2:T2\t\nE1\tX:T1\nA1\tNegated T1\nM1\tNegated T1\n#1\tAnnotatorNotes T1\tsure\n"
        "*\tEquiv T1 T2\nR2\tIs_a Arg1:T1 Arg2:T9\r\nR3\tCause Agent:T1 Theme:E1\nR4\tIs_a Arg1:T1 Arg2:T2\ta remark\n"
        "T4\tDisease 7 10\tand",
    )
    (document,) = brat.read(path)
    assert document.id == "a"
    assert document.text == TEXT
    breast_cancer = ((0, 6), (20, 26))
    assert document.spans == (
        Span(breast_cancer, "Disease", concepts=("MESH:D001943", "OMIM:114480")),
        Span.of(7, 19, "Pair"),
        Span(breast_cancer, "Turned"),
        Span.of(7, 10, "Disease"),
    )
    first, second, _, last = document.spans
    assert document.relations == (
        Relation("Is_a", (("Arg1", last), ("Arg2", second))),
        Relation("Is_a", (("Arg1", first), ("Arg2", second))),
    )
    assert document.losses == {"dangling relation": 2, "event": 1, "attribute": 2, "note": 2, "equivalence": 1}


def test_notes_as_concepts(tmp_path: Path) -> None:
    path = pair(
        tmp_path,
        TEXT,
        "#1\tAnnotatorNotes T1\t <null> \nN1\tReference T1 C1\nT1\tDrug 0 6\tBreast\n#2\tAnnotatorNotes T1\t373477003\n"
        "#3\tAnnotatorNotes T9\tof none\n#4\tAnnotatorNotes R1\tof a relation\n#5\tAnnotatorNotes T1\t\n"
        "#6\tNormalized T1\tof another kind\n#7\tAnnotatorNotes T1\ttwo\tcolumns\n",
    )
    (document,) = brat.read(path, notes_are_concepts=True)
    assert document.spans[0].concepts == ("<null>", "C1", "373477003")
    assert document.losses == {"note": 5}
    (document,) = brat.read(path)
    assert document.spans[0].concepts == ("C1",)
    assert document.losses == {"note": 7}


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
    "line",
    [
        *("T1", "T1\tD", "T1\tD 0", "T1\tD 0 6", "T1 D 0 6 Breast", "T1\tD 0 -6\tx", "T1\tD 0 1234567890\tx", "N1\t"),
        *("R1", "R1\tIs_a", "R1\tIs_a Arg1:T1", "R1\tIs_a Arg1:T1 Arg2:", "R1\tIs_a T1 T2", "R1\tArg1:T1 Arg2:T2"),
    ],
)
@pytest.mark.parametrize("lenient", [False, True])
def test_cut_lines(tmp_path: Path, line: str, lenient: bool) -> None:
    with pytest.raises(DataFormatError, match="is no brat annotation"):
        list(brat.read(pair(tmp_path, TEXT, line), lenient=lenient))


def test_lenient_reading_counts_what_disagrees(tmp_path: Path) -> None:
    annotations = (
        "T1\tD 0 6\tBReast\n"
        "T2\tD 40 99\tlan.\n"
        "T3\tD 0 6;4 8\tBreast st a\n"
        "T4\tD 5 5\t\n"
        "T5\tD 6 5\t\n"
        "T6\tD 0 6;6 10\tBreast  and\n"  # fragments may touch
        "R1\tIs_a Arg1:T1 Arg2:T2\nR2\tIs_a Arg1:T3 Arg2:T1\nR3\tIs_a Arg1:T6 Arg2:T1\n"
        "N1\tReference T1 C1\tx\nN2\tReference T2 C2\tx\nN3\tReference T7 C3\tx\n#1\tAnnotatorNotes T4\tC4\n"
    )
    path = pair(tmp_path, TEXT, annotations)
    with pytest.raises(DataFormatError):
        list(brat.read(path))
    (document,) = brat.read(path, lenient=True)
    assert document.spans == (Span.of(0, 6, "D", concepts=("C1",)), Span(((0, 6), (6, 10)), "D"))
    assert document.relations == (Relation("Is_a", (("Arg1", document.spans[1]), ("Arg2", document.spans[0]))),)
    losses = {"quoted text differs": 1, "beyond the text": 1, "impossible offsets": 3, "dangling relation": 2}
    assert document.losses == losses | {"dangling concept": 2, "note": 1}
    (document,) = brat.read(path, lenient=True, notes_are_concepts=True)
    assert document.losses == losses | {"dangling concept": 3}


def test_missing_texts_and_folders(tmp_path: Path) -> None:
    (tmp_path / "Wilson's, [x].ann").touch()
    with pytest.raises(DataFormatError) as caught:
        list(brat.read(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path}/Wilson's, [x].ann: the text of these annotations is missing — expected Wilson's, [x].txt beside "
        f"them — place the texts in {tmp_path}; some corpora leave them to be obtained from their owners. "
        "To count annotations without their texts, read with missing_text=blank."
    )
    (tmp_path / "Wilson's, [x].conf").touch()
    for path in (tmp_path / "nothing", tmp_path / "nothing.ann", *tmp_path.glob("*.conf")):
        with pytest.raises(DataFormatError, match="no brat document"):
            list(brat.read(path, missing_text="blank"))
    with pytest.raises(ValueError, match="Expected missing_text to be error or blank but got 'none'"):
        list(brat.read(tmp_path, missing_text="none"))


def test_a_stand_in_for_a_missing_text(tmp_path: Path) -> None:
    (tmp_path / "a.ann").write_text(
        "T1\tSign 4 12\tred 💉yes\n"
        "T2\tSign 8 9;4 7\t💉 red\n"
        "T3\tSign 10 17\tes-like\n"
        'T4\tSign 20 26\t"""low"""\n'  # quoted as in a CSV file, hence longer
        "T5\tSign 22 25\tlow\n"
        "R1\tIs_a Arg1:T1 Arg2:T2\n",
        encoding="utf-8",
    )
    pair(tmp_path, "real", "T1\tSign 0 4\treal\n", "b")
    stand_in, real = brat.read(tmp_path, missing_text="blank")
    assert stand_in.text == '    red 💉yes-like   """low'
    assert [span.fragments for span in stand_in.spans][1:3] == [((4, 7), (8, 9)), ((10, 17),)]
    assert len(stand_in.relations) == 1
    assert stand_in.losses == {"missing text": 1, "quoted text differs": 2}
    assert (real.text, real.losses) == ("real", {})
    (tmp_path / "a.ann").write_text("", encoding="utf-8")
    assert next(brat.read(tmp_path, missing_text="blank")) == Document("a", "", losses={"missing text": 1})
    for offsets in ("0 999999999", "0 1;10000000 10000001"):
        (tmp_path / "a.ann").write_text(f"T1\tSign {offsets}\tx\n", encoding="utf-8")
        with pytest.raises(DataFormatError, match="is beyond any document — expected at most 10,000,000 where"):
            list(brat.read(tmp_path, missing_text="blank"))
    for offsets in ("9 4", "9 4;1 3", "0 6;4 8"):
        (tmp_path / "a.ann").write_text(f"T1\tSign {offsets}\tfever and more\n", encoding="utf-8")
        assert next(brat.read(tmp_path, missing_text="blank")).losses == {"missing text": 1, "impossible offsets": 1}


def test_texts_that_are_given(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    pair(tmp_path, "damaged", "T1\tSign 0 5\tfever\n")
    (tmp_path / "sub" / "b.ann").write_text("T1\tSign 4 6\tup\n", encoding="utf-8")
    pair(tmp_path, "as it is", "", "c")
    texts = {"a": "fever", "sub/b": "was up", "of": "no annotations"}
    found = [(document.id, document.text, document.losses) for document in brat.read(tmp_path, texts=texts)]
    assert found == [("a", "fever", {}), ("c", "as it is", {}), ("sub/b", "was up", {})]
    with pytest.raises(DataFormatError, match="the text at 0 5 is"):
        list(brat.read(tmp_path, texts={"a": "Fever"}))
    with pytest.raises(DataFormatError, match="the text of these annotations is missing"):
        list(brat.read(tmp_path, texts={"a": "fever"}))


def test_links_and_folders_with_odd_names(tmp_path: Path) -> None:
    pair(tmp_path, "x", "T1\tD 0 1\tx\n")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "folder.ann").mkdir()
    assert [document.id for document in brat.read(tmp_path)] == ["a"]
    (tmp_path / "b.txt").symlink_to(tmp_path / "b.txt")
    with pytest.raises(OSError, match=r"b\.txt"):
        list(brat.read(tmp_path))


def test_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    pair(tmp_path, "x", "")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    try:
        if os.access(closed, os.R_OK):
            pytest.skip("this user may read every folder")
        with pytest.raises(PermissionError, match="closed"):
            list(brat.read(tmp_path))
    finally:
        closed.chmod(0o700)


def test_an_empty_fragment_is_left_out_and_counted(tmp_path: Path) -> None:
    (document,) = brat.read(pair(tmp_path, TEXT, "T1\tD 0 6;5 5\tBreast \n"))
    assert document.spans == (Span.of(0, 6, "D"),)
    assert document.losses == {"empty fragment": 1}


def test_byte_order_mark_and_crlf(tmp_path: Path) -> None:
    (document,) = brat.read(pair(tmp_path, "\ufeffA\r\nfever", "\ufeffT1\tD 3 8\tfever\r\n"))
    assert document.text == "A\r\nfever"
    assert document.spans[0].start == 3
    annotations = "T1\tD 3 8\tfever\r\nR1\tX A:T1 B:T1\r\nN1\tReference T1 C1\r"
    (document,) = brat.read(pair(tmp_path, "A\r\nfever", annotations))
    assert document.spans == (Span.of(3, 8, "D", concepts=("C1",)),)
    assert len(document.relations) == 1
    assert brat.parse(annotations.split("\n"), "a.ann", "A\r\nfever", "a") == document


def test_written_files(tmp_path: Path) -> None:
    one, other = spans = (Span.of(20, 26, "D", score=0.5, concepts=("C1", "C2")), Span.of(7, 19, "D"))
    relations = (
        Relation("Is_a", (("", one), ("Theme", other))),
        Relation("Is_a", (("Arg1", other), ("", other))),
        Relation("CID", (("", "D1"), ("", "D2"))),
        Relation("CID", (("", one), ("", "D2"))),
        Relation("Is_a", (("", one),)),
        Relation("Is_a", (("", one), ("", one), ("", one))),
        Relation("Is a", (("", one), ("", other))),
        Relation("", (("", one), ("", other))),
        Relation("Is_a", (("a:b", one), ("", other))),
    )
    passages = (Passage(0, 10, "title"), Passage(12, 20, "section"))
    first = Document("sub/x.y", TEXT, spans, passages, {}, (Span.of(0, 6, "D"),), relations)
    losses = brat.write([first, Document("z", ""), Document("z", "again")], tmp_path)
    assert losses == {"score": 1, "repeated id": 1, "passage": 2, "alternative": 1, "relation": 7}
    assert (tmp_path / "sub" / "x.y.ann").read_bytes().decode() == (
        "T1\tD 7 19\tand  ovarian\nT2\tD 20 26\tcancer\nN1\tReference T2 C1\tcancer\nN2\tReference T2 C2\tcancer\n"
        "R1\tIs_a Arg1:T2 Theme:T1\nR2\tIs_a Arg1:T1 Arg2:T1\n"
    )
    assert [document.id for document in brat.read(tmp_path)] == ["sub/x.y", "z", "z-2"]
    files = [name for _, _, names in os.walk(tmp_path) for name in names]
    assert sorted(files) == ["x.y.ann", "x.y.txt", "z-2.ann", "z-2.txt", "z.ann", "z.txt"]


@pytest.mark.parametrize("name", ["", "..", "../x", "a/../../x", "/etc/x", "a//b", "a\\b", "C:x", "a\0", "."])
def test_ids_that_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a file name"):
        brat.write([Document(name, "x")], tmp_path / "inside")
    assert not list(tmp_path.iterdir())


def test_a_text_never_stands_without_its_annotations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be read as one without spans; what is left by a writing that is cut short is refused."""
    monkeypatch.setattr(brat, "writing", Mock(side_effect=[textfile.writing(tmp_path / "a.ann"), OSError("full")]))
    with pytest.raises(OSError, match="full"):
        brat.write([Document("a", "gout", (Span.of(0, 4, "D"),))], tmp_path)
    with pytest.raises(DataFormatError, match="the text of these annotations is missing"):
        list(brat.read(tmp_path))


def test_labels_that_brat_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="label 'Cell line' in document '1' cannot be written"):
        brat.write([Document("1", "x", (Span.of(0, 1, "Cell line"),))], tmp_path)


@st.composite
def tied_documents(draw: st.DrawFn) -> Document:
    """Documents with relations between their spans."""
    document = draw(documents())
    if not document.spans:
        return document
    argument = st.tuples(st.sampled_from(["", "Arg2", "Größe"]), st.sampled_from(document.spans))
    ties = st.builds(Relation, st.sampled_from(["Is_a", "Cause:of"]), st.tuples(argument, argument))
    return replace(document, relations=tuple(draw(st.lists(ties, max_size=4))))


@given(tied_documents())
@quick
def test_round_trip(document: Document) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert brat.write([document], folder) == +Counter(passage=len(document.passages))
        (again,) = brat.read(folder)
        (Path(folder) / "1.txt").unlink()
        (stand_in,) = brat.read(folder, missing_text="blank")
    assert again.text == document.text
    assert again.spans == document.spans
    for relation, expected in zip(again.relations, document.relations, strict=True):
        roles = [role or f"Arg{number}" for number, (role, _) in enumerate(expected.arguments, start=1)]
        assert relation.arguments == tuple(zip(roles, expected.spans, strict=True))
        assert relation.label == expected.label
    assert not again.losses
    # Without its text: the same annotations, the same characters under them.
    assert (stand_in.spans, stand_in.relations) == (again.spans, again.relations)
    assert stand_in.losses == {"missing text": 1}
    under = {at for span in again.spans for start, end in span.fragments for at in range(start, end)}
    assert len(stand_in.text) == max((span.end for span in again.spans), default=0)
    for at, character in enumerate(stand_in.text):
        assert character == (again.text[at] if at in under and again.text[at] not in "\t\r\n" else " ")
