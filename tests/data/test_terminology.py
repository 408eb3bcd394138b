"""Terminologies: every format by hand, what the published files are said to hold, and what is refused."""

import gzip
import json
from pathlib import Path

import pytest

from zoo.data.document import DataFormatError
from zoo.data.terminology import Concept, read_concepts, read_terms

MEDIC = (
    "# The Comparative Toxicogenomics Database (CTD)\n#\n# Fields:\n"
    "# DiseaseName\tDiseaseID\tAltDiseaseIDs\tDefinition\tParentIDs\tTreeNumbers\tParentTreeNumbers\tSynonyms"
    "\tSlimMappings\n"
    "#\n"
    "Anemia, Sickle Cell\tMESH:D000755\tOMIM:603903\tdef\tp\tt\tpt\tHbS Disease|Sickle Cell Anemia|HbS Disease\tBlood\n"
    "Ataxia\tMESH:D001259\t\t\t\t\t\t\t\n"
)
OBO = r"""format-version: 1.2
synonymtypedef: layperson "layperson term" EXACT

[Term]
id: HP:1
name: A \"loud\" snap ! the comment
synonym: "snap, \\ crackle\, pop" RELATED layperson [x:1, "no"]
synonym: "Snap\nping" EXACT []
def: "name: not this" []

[Term]
id: HP:2
name: gone
is_obsolete: true

[Term]
id: HP:3 {source="x"}
name: Stretchy skin {xref="PMID:1"}
synonym: "Stretchy skin" EXACT []

[Typedef]
id: part_of
name: part of
"""
DECS = "#DeCS_code\tTerm_Spanish\tSynonyms\n2\ttemefós\tTemefós|Abate\n3\tmataderos\t\n"
ORPHANET = (
    "orpha_code\tlabel\ttype\tsynonyms\txrefs\tdefinition\n"
    "5\tLCHAD lack\tDisease\tLCHADD;;LCHAD; deficiency\tOMIM:1|E\ttext\n"
)
DOID_ES = (
    "doid\tpredicate\tsource_text_en\ttranslation_text_es\tstatus\tsource_file\n"
    "DOID:1\toboInOwl:hasExactSynonym\tcancer\tcáncer\tfinal\tf\n"
    "DOID:2\toboInOwl:hasBroadSynonym\tgout\tgota\tfinal\tf\n"
    "DOID:1\tIAO:0000115\ta definition\tuna definición\tfinal\tf\n"
    "DOID:1\trdfs:label\tneoplasm\tneoplasia\tfinal\tf\n"
)
HPO_ES = (
    "source_language\ttranslation_language\tsubject_id\tsource_value\tpredicate_id\ttranslation_value\ttranslation_status\n"
    "en\tes\tHP:0000001\tAll\trdfs:label\tTodos\tOFFICIAL\n"
)
GENES = "GeneID\ttype\tsymbol\n1\tsymbol\tA1BG\n1\tsynonym\tABG\n2\tsymbol\tA2M\n"
MESH = "mesh_id\tmesh_name\tmesh_tree_number\nD2\tTemefos\tD02.7\nD2\tTemefos\tD02.8\n"

BY_HAND = {
    "medic": (
        MEDIC,
        [
            Concept(
                "MESH:D000755", "Anemia, Sickle Cell", ("HbS Disease", "Sickle Cell Anemia"), ("OMIM:603903",), ("p",)
            ),
            Concept("MESH:D001259", "Ataxia"),
        ],
    ),
    "obo": (
        OBO,
        [Concept("HP:1", 'A "loud" snap', ("snap, \\ crackle, pop", "Snap\nping")), Concept("HP:3", "Stretchy skin")],
    ),
    "decs": (DECS, [Concept("2", "temefós", ("Temefós", "Abate")), Concept("3", "mataderos")]),
    "orphanet": (ORPHANET, [Concept("5", "LCHAD lack", ("LCHADD", "LCHAD; deficiency"))]),
    "doid-es": (DOID_ES, [Concept("DOID:1", "neoplasia", ("cáncer",)), Concept("DOID:2", "gota")]),
    "hpo-es": (HPO_ES, [Concept("HP:0000001", "Todos")]),
    "genes": (GENES, [Concept("1", "A1BG", ("ABG",)), Concept("2", "A2M")]),
    "mesh": (MESH, [Concept("D2", "Temefos")]),
    "json": (json.dumps({"DB1": ["Leuplin", "Lupron", "Leuplin"]}), [Concept("DB1", "Leuplin", ("Lupron",))]),
    "plain": (
        "# not a comment\n\n aspirin \nácido fólico\n",
        [Concept("", "# not a comment"), Concept("", "aspirin"), Concept("", "ácido fólico")],
    ),
    "empty": ("", []),
}


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_concepts_told_by_content(name: str, ends: str, tmp_path: Path) -> None:
    text, expected = BY_HAND[name]
    path = tmp_path / "terms.gz"
    path.write_bytes(gzip.compress(("\ufeff" + text.replace("\n", ends)).encode()))
    assert list(read_concepts(path)) == expected
    assert list(read_terms(path)) == [term for concept in expected for term in (concept.name, *concept.synonyms)]


@pytest.mark.parametrize("opening", ["! a comment", "data-version: 2016-09-01", "ontology: hp", "default-namespace: x"])
def test_obo_that_begins_otherwise(opening: str, tmp_path: Path) -> None:
    path = tmp_path / "terms"
    path.write_text(f"{opening}\n{OBO}")
    assert list(read_concepts(path)) == BY_HAND["obo"][1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (DECS + "4\tx\n", ":4: 2 columns — expected 3"),
        (DECS + "4\t\tx\n", ":4: no DeCS_code or no Term_Spanish"),
        (DOID_ES.replace("rdfs:label", "rdfs:lable"), ":5: predicate 'rdfs:lable' — expected one of rdfs:label"),
        (OBO.replace('"Snap', "Snap"), r":8: synonym .* — expected synonym:"),
        (OBO.replace("name: Stretchy", "nam: Stretchy"), r":16: a \[Term\] without id or name"),
        ("one\ntwo\tcolumns\n", ":2: a tab in plain text — expected one term a line, or the header"),
        ('{"DB1":\n ["a",]}', ":2: .*expected JSON of the form"),
        ('{"DB1": "a"}', "'DB1' has 'a' — expected a list of names"),
        ('{"DB1": []}', "expected a list of names, at least one"),
        ('["gout", "asthma"]', ":1: a list — expected JSON of the form"),
        ('{"DB1": ["a"], "DB1": ["b"]}', "'DB1' stands twice — expected each id once"),
        ("id,name\n1,gout\n", ":1: columns parted by commas — expected them parted by tabs"),
        ("! of today\n[Term]\nid: X:1\n", r":2: a \[Term\] without id or name"),
    ],
)
def test_malformed_files_name_the_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "terms"
    path.write_text(text)
    with pytest.raises(DataFormatError, match=message):
        list(read_concepts(path))


@pytest.mark.parametrize(
    ("file", "concepts"),
    [  # as the publishers' files are described: terms less those that are obsolete
        ("terminologies/hpo/hp-2017-04-13.obo.gz", 12_358 - 132),
        ("terminologies/doid/doid-2016-09-01.obo.gz", 9_344 - 2_373),
        ("terminologies/hpo/hp-es.babelon.tsv.gz", 19_932),
        ("terminologies/decs/DeCS_2019_es.tsv.gz", 33_702),
        ("terminologies/ctd/CTD_diseases-2017-06.tsv.gz", 11_865),
        ("terminologies/orphanet/orphapacket-en-2025-12.tsv.gz", 9_960),
        ("en/kb/mesh2015-descriptor-names.tsv", 27_455),
        ("en/kb/drugbank-aliases.json", 7_759),
        ("es/lexicons/drug-gazetteer-es.txt", 1_058),
    ],
)
def test_published_files_hold_what_is_said_of_them(file: str, concepts: int, data_root: Path) -> None:
    if not (data_root / file).exists():
        pytest.skip(f"No {file} in {data_root}.")
    found = list(read_concepts(data_root / file))
    assert len(found) == concepts
    assert all(text == text.strip() and text for concept in found for text in (concept.name, *concept.synonyms))
