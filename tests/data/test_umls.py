"""UMLS's names, of rows made by hand."""

from pathlib import Path

import pytest

from zoo.data.document import DataFormatError
from zoo.data.terminology import Concept
from zoo.data.umls import is_names, read_names


def row(
    cui: str,
    name: str,
    language: str = "ENG",
    status: str = "S",
    form: str = "VO",
    best: str = "N",
    suppress: str = "N",
) -> str:
    cells = [cui, language, status, "L", form, "S", best, "A", "", "", "", "MSH", "PT", "D1", name, "0", suppress, ""]
    return "|".join([*cells, ""])


ROWS = [
    row("C0000001", "Cancers"),
    row("C0000001", "Neoplasms", status="P", form="PF", best="Y"),
    row("C0000001", "Cancers"),
    row("C0000001", "Tumores", "SPA"),
    row("C0000001", "an odd name", suppress="O"),
    row("C0000002", "Gota", "SPA"),
]


def file(folder: Path, rows: list[str]) -> Path:
    path = folder / "MRCONSO.RRF"
    path.write_text("".join(f"{each}\n" for each in rows))
    return path


def test_names_of_a_language_with_types(tmp_path: Path) -> None:
    path = file(tmp_path, ROWS)
    assert is_names(path)
    assert [*read_names(path)] == [Concept("C0000001", "Neoplasms", ("Cancers",))]
    (tmp_path / "MRSTY.RRF").write_text(
        "C0000001|T191|B2|Neoplastic Process|AT1|256|\nC0000001|T047|B2|Disease|AT2|256|\n"
    )
    assert [*read_names(path, "es")] == [
        Concept("C0000001", "Tumores", (), (), (), "Neoplastic Process|Disease"),
        Concept("C0000002", "Gota"),
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["C1|ENG"], r"MRCONSO\.RRF:1: 1 columns — expected 18, each ended by"),
        ([ROWS[0], ROWS[5], ROWS[1]], r"MRCONSO\.RRF:3: C0000001 again — expected its rows one after the other"),
    ],
)
def test_what_is_none_is_told(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(DataFormatError, match=message):
        [*read_names(file(tmp_path, rows))]
