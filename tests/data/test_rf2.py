"""SNOMED CT's RF2: hand-made releases, and the fixture that others wrote."""

from pathlib import Path

import pytest

from zoo.data.document import DataFormatError
from zoo.data.rf2 import is_release, read_release
from zoo.data.splits import data_root
from zoo.data.terminology import Concept

FULL, SYNONYM, PREFERRED, IS_A = "900000000000003001", "900000000000013009", "900000000000548007", "116680003"
HEADS = {
    "Terminology/sct2_Concept_Snapshot_INT_20240101.txt": "id effectiveTime active moduleId definitionStatusId",
    "Terminology/sct2_Description_SpanishExtensionSnapshot-es_INT_20240101.txt": (
        "id effectiveTime active moduleId conceptId languageCode typeId term caseSignificanceId"
    ),
    "Terminology/sct2_Relationship_Snapshot_INT_20240101.txt": (
        "id effectiveTime active moduleId sourceId destinationId relationshipGroup typeId characteristicTypeId "
        "modifierId"
    ),
    "Refset/Language/der2_cRefset_LanguageSpanishExtensionSnapshot-es_INT_20240101.txt": (
        "id effectiveTime active moduleId refsetId referencedComponentId acceptabilityId"
    ),
}
CONCEPTS, DESCRIPTIONS, RELATIONSHIPS, LANGUAGE = HEADS
ROWS = {
    CONCEPTS: ["1|20200101|1|m|d", "2|20200101|1|m|d", "3|20200101|0|m|d", "4|20200101|1|m|d", "5|20200101|1|m|d"],
    DESCRIPTIONS: [
        f'11|20200101|1|m|1|es|{FULL}|aspirina "Bayer" (producto)|c',
        f"12|20200101|1|m|1|es|{SYNONYM}|AAS|c",
        f"13|20200101|1|m|1|es|{SYNONYM}|ácido acetilsalicílico|c",
        f"13|20190101|1|m|1|es|{SYNONYM}|an older name|c",
        f"14|20200101|0|m|1|es|{SYNONYM}|a withdrawn name|c",
        f"21|20200101|1|m|2|es|{FULL}|sustancia (sustancia)|c",
        f"31|20200101|1|m|3|es|{FULL}|retirado (sustancia)|c",
        f"51|20200101|1|m|5|es|{SYNONYM}|sin nombre completo|c",
    ],
    RELATIONSHIPS: [
        f"91|20200101|1|m|1|2|0|{IS_A}|c|m",
        "92|20200101|1|m|1|5|0|99|c|m",
        f"93|20200101|0|m|1|5|0|{IS_A}|c|m",
    ],
    LANGUAGE: [f"a|20200101|1|m|r|13|{PREFERRED}", "b|20200101|1|m|r|12|900000000000549004"],
}
FOUND = [
    Concept("1", "ácido acetilsalicílico", ('aspirina "Bayer"', "AAS"), (), ("2",), "producto"),
    Concept("2", "sustancia", (), (), (), "sustancia"),
    Concept("5", "sin nombre completo"),
]


def release(folder: Path, changes: dict[str, list[str]] | None = None) -> Path:
    for name, head in HEADS.items():
        path = folder / "Snapshot" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [head.replace(" ", "\t"), *(row.replace("|", "\t") for row in {**ROWS, **(changes or {})}[name])]
        path.write_bytes("".join(f"{row}\r\n" for row in rows).encode())
    return folder


def test_active_names_of_active_concepts(tmp_path: Path) -> None:
    assert is_release(release(tmp_path))
    assert [*read_release(tmp_path, "es")] == FOUND


def test_an_extension_is_read_with_what_it_extends(tmp_path: Path) -> None:
    release(tmp_path / "international")
    extension = tmp_path / "extension" / "Snapshot" / "Terminology"
    extension.mkdir(parents=True)
    (extension / "sct2_Concept_Snapshot_ES_20240601.txt").write_text(
        HEADS[CONCEPTS].replace(" ", "\t") + "\n6\t20240601\t1\tm\td\n2\t20240601\t0\tm\td\n"
    )
    (extension / "sct2_Description_Snapshot-es_ES_20240601.txt").write_text(
        HEADS[DESCRIPTIONS].replace(" ", "\t") + f"\n61\t\t1\tm\t6\tes\t{FULL}\tnueva (sustancia)\tc\n"
    )
    found = {concept.id: concept for concept in read_release(tmp_path, "es")}
    assert found.keys() == {"1", "5", "6"}  # 2 was withdrawn meanwhile
    assert found["6"] == Concept("6", "nueva", (), (), (), "sustancia")


def test_the_fixture_of_others() -> None:
    folder = data_root() / "terminologies" / "rf2-fixture" / "Delta"
    if not folder.exists():
        pytest.skip(f"no {folder}")
    assert [*read_release(folder)] == [
        Concept("12715021000154104", "Test PT", ("Test FSN",), (), ("138875005",), "qualifier")
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({CONCEPTS: ["1|20200101|1|m"]}, r"sct2_Concept_.*:2: 4 columns — expected 5, as the header has"),
        (
            {CONCEPTS: ["1|20200101|yes|m|d"]},
            r"sct2_Concept_.*:2: id '1' and active 'yes' — expected an id",
        ),
        ({CONCEPTS: ["|20200101|1|m|d"]}, r"sct2_Concept_.*:2: id '' and active '1'"),
        (
            {CONCEPTS: ["1|20200101|1|m|d", "1|20190101|0|m|d", "1|20200101|0|m|d"]},
            r"sct2_Concept_.*:4: id 1 a second time of 20200101, with active '0' for '1' — expected one row",
        ),
        (
            {DESCRIPTIONS: [f"12|20200101|1|m|1|es|{SYNONYM}|{name}|c" for name in ("AAS", "AAS", "ASA")]},
            r"sct2_Description_.*:4: id 12 a second time of 20200101, with term 'ASA' for 'AAS'",
        ),
    ],
)
def test_a_row_that_is_none_is_told(tmp_path: Path, changes: dict[str, list[str]], message: str) -> None:
    release(tmp_path, changes)
    with pytest.raises(DataFormatError, match=message):
        [*read_release(tmp_path, "es")]


def test_files_that_are_missing_or_no_rf2_are_told(tmp_path: Path) -> None:
    release(tmp_path)
    with pytest.raises(DataFormatError, match=r"no sct2_Description_\*Snapshot-en\*\.txt .*has descriptions of es"):
        [*read_release(tmp_path, "en")]
    path = tmp_path / "Snapshot" / CONCEPTS
    path.write_text("number\tactive\n")
    with pytest.raises(DataFormatError, match="no column id, effectiveTime — expected id, effectiveTime, active"):
        [*read_release(tmp_path, "es")]
    path.write_bytes("id\teffectiveTime\tactive\n1\t\t1\xed\n".encode("latin-1"))
    with pytest.raises(DataFormatError, match="byte 0xed is not UTF-8"):
        [*read_release(tmp_path, "es")]
