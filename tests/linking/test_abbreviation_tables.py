"""Tables of abbreviations, with and without a header."""

from pathlib import Path

import pytest

from zoo.data.document import DataFormatError
from zoo.data.splits import data_root
from zoo.linking.abbreviation_tables import introduced, read_abbreviations, write_abbreviations


def table(folder: Path, text: str) -> Path:
    (folder / "pairs.tsv").write_text(text, encoding="utf-8")
    return folder / "pairs.tsv"


def test_columns_are_told_by_their_names(tmp_path: Path) -> None:
    rows = "pair_id\tfrequency\tabbreviation\tdefinition\n1\t2\tRM\tresonancia\n2\t9\tRM\trango medio\n3\t1\tTC\ttomo\n"
    assert read_abbreviations(table(tmp_path, rows)) == {"RM": ["rango medio", "resonancia"]}
    assert read_abbreviations(tmp_path / "pairs.tsv", least=1)["TC"] == ["tomo"]
    spanish = "Abreviatura\tSignificado\nRM\tresonancia magnética\n"
    assert read_abbreviations(table(tmp_path, spanish)) == {"RM": ["resonancia magnética"]}


def test_two_columns_need_no_header(tmp_path: Path) -> None:
    assert read_abbreviations(table(tmp_path, "\nRM\tresonancia\n\nTC\ttomografía\n")) == {
        "RM": ["resonancia"],
        "TC": ["tomografía"],
    }
    with pytest.raises(DataFormatError, match=r"pairs\.tsv:2: 1 columns — expected 2, parted by tabs"):
        read_abbreviations(table(tmp_path, "RM\tresonancia\nTC\n"))


def test_the_pairs_at_hand() -> None:
    path = data_root() / "es" / "abbreviations" / "pairs.tsv"
    if not path.exists():
        pytest.skip(f"no {path}")
    found = read_abbreviations(path)
    assert found["TC"][0] == "tomografía computarizada"
    assert len(read_abbreviations(path, least=1)) > len(found)


def test_what_texts_introduce_is_counted_and_read_again(tmp_path: Path) -> None:
    texts = ["The overactive bladder (OAB) of\nmen.", "Overactive\tbladder (OAB), and open access books (OAB).", "OAB"]
    pairs = introduced(texts)
    assert pairs == {("OAB", "overactive bladder"): 2, ("OAB", "open access books"): 1}
    write_abbreviations(pairs, tmp_path / "pairs.tsv")
    assert read_abbreviations(tmp_path / "pairs.tsv") == {"OAB": ["overactive bladder"]}
    assert read_abbreviations(tmp_path / "pairs.tsv", least=1) == {"OAB": ["overactive bladder", "open access books"]}
