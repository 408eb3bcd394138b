"""Any terminology, told by what lies there."""

import json
from pathlib import Path

import pytest

from tests.data.test_rf2 import FOUND, release
from tests.data.test_umls import ROWS, file
from zoo.data.document import DataFormatError
from zoo.data.terminology import Concept
from zoo.linking.terminologies import read_terminology

URL = "http://purl.obolibrary.org/obo/"
GRAPH = {
    "graphs": [
        {
            "id": "http://example.org/hp.json",
            "nodes": [
                {"id": f"{URL}HP_0000001", "lbl": "All", "type": "CLASS"},
                {
                    "id": f"{URL}HP_0000002",
                    "lbl": "Tall stature",
                    "type": "CLASS",
                    "meta": {"synonyms": [{"pred": "hasExactSynonym", "val": "Increased height"}]},
                },
                {"id": f"{URL}HP_0000003", "lbl": "old", "type": "CLASS", "meta": {"deprecated": True}},
            ],
            "edges": [{"sub": f"{URL}HP_0000002", "pred": "is_a", "obj": f"{URL}HP_0000001"}],
        }
    ]
}


def test_every_kind_is_told(tmp_path: Path) -> None:
    assert [*read_terminology(release(tmp_path / "rf2"), "es")] == FOUND
    assert [concept.id for concept in read_terminology(file(tmp_path, ROWS), "es")] == ["C0000001", "C0000002"]
    (tmp_path / "hp.json").write_text(json.dumps(GRAPH))
    assert [*read_terminology(tmp_path / "hp.json")] == [
        Concept("HP:0000001", "All"),
        Concept("HP:0000002", "Tall stature", ("Increased height",), (), ("HP:0000001",)),
    ]
    (tmp_path / "names.json").write_text(json.dumps({"DB1": ["Leuplin"]}))
    assert [*read_terminology(tmp_path / "names.json")] == [Concept("DB1", "Leuplin")]
    (tmp_path / "hp.obo").write_text(
        "format-version: 1.2\n\n[Term]\nid: HP:2\nname: b\nalt_id: HP:9\nis_a: HP:1 ! a\nnamespace: phenotype\n"
    )
    assert [*read_terminology(tmp_path / "hp.obo")] == [Concept("HP:2", "b", (), ("HP:9",), ("HP:1",), "phenotype")]


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").write_text("id\tname\tsynonyms\ttype\nX:1\tgout\tpodagra|gouty arthritis\tdisease\n")
    assert [*read_terminology(tmp_path / "mine.tsv")] == [
        Concept("X:1", "gout", ("podagra", "gouty arthritis"), (), (), "disease")
    ]
    (tmp_path / "short.tsv").write_text("id\tname\nX:1\tgout\n")
    assert [*read_terminology(tmp_path / "short.tsv")] == [Concept("X:1", "gout")]


def test_what_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="No terminology at"):
        read_terminology(tmp_path / "none")
    with pytest.raises(DataFormatError, match=r"a folder without sct2_Concept_\*\.txt — expected RF2, or a file"):
        read_terminology(tmp_path)
    (tmp_path / "broken.json").write_text('{"graphs": [{"nodes": 5')
    with pytest.raises(DataFormatError, match=r"broken\.json: cannot be read .* expected OWL or OBO Graphs JSON"):
        [*read_terminology(tmp_path / "broken.json")]
