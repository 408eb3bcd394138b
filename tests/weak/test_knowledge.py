"""Knowledge bases in their published formats, against records read off by eye."""

import gzip
from pathlib import Path

import pytest

from zoo.data.document import DataFormatError
from zoo.weak.knowledge import Record, knowledge_of, read_records

CTD = (
    "# These data are subject to the terms below.\n#\n# Fields:\n"
    "# ChemicalName\tChemicalID\tCasRN\tDiseaseName\tDiseaseID\tDirectEvidence\tInferenceGeneSymbol\t"
    "InferenceScore\tOmimIDs\tPubMedIDs\n#\n"
    "Naloxone\tD009270\t465-65-6\tHypertension\tMESH:D006973\tmarker/mechanism\t\t\t\t6893628|7000001\n"
    "Naloxone\tD009270\t465-65-6\tNeoplasms\tMESH:D009369\t\tTP53\t4.2\t\t6893628\n"
)
RGD = (
    "# RGD-PIPELINE: ftp-file-extracts\n"
    "RGD_ID\tTERM_ACC_ID\tQUALIFIER\tREFERENCES\tMESH_OMIM_ID\tORIGINAL_REFERENCE\n"
    "2004\tDOID:10763\t\tRGD:1598407|PMID:6893628\tMESH:D006973\t\n"
    "2005\tDOID:1\t\tRGD:1598408\t\t\n"
    "2006\tDOID:2\tno_association\tPMID:6893628\t\t\n"
    "2007\tDOID:3\tsusceptibility\tRGD:1\t\tPMID:7\n"
)
PUBMED = """<?xml version="1.0"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" "https://dtd.example/pubmed.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">6893628</PMID>
<Article><ArticleTitle>On <PMID>9</PMID></ArticleTitle></Article>
<ChemicalList><Chemical><NameOfSubstance UI="D009270">Naloxone</NameOfSubstance></Chemical></ChemicalList>
<SupplMeshList><SupplMeshName Type="Disease" UI="C536857">Spastic paraplegia</SupplMeshName></SupplMeshList>
<CommentsCorrectionsList><CommentsCorrections><PMID Version="1">77</PMID></CommentsCorrections>
</CommentsCorrectionsList>
<MeshHeadingList><MeshHeading><DescriptorName UI="D006973">Hypertension</DescriptorName>
<QualifierName UI="Q000188">drug therapy</QualifierName></MeshHeading></MeshHeadingList>
</MedlineCitation></PubmedArticle></PubmedArticleSet>"""


def file(folder: Path, text: str, name: str = "kb.tsv") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["kb.tsv", "kb.tsv.gz"])
def test_ctd_ties_articles_to_pairs_that_were_curated_and_to_none_that_were_inferred(tmp_path: Path, name: str) -> None:
    assert [*read_records(file(tmp_path, CTD, name))] == [
        Record(pmid, concept) for pmid in ("6893628", "7000001") for concept in ("MESH:D009270", "MESH:D006973")
    ]


def test_rgd_gives_terms_and_what_they_are_elsewhere(tmp_path: Path) -> None:
    assert [*read_records(file(tmp_path, RGD))] == [
        Record("6893628", "DOID:10763"),
        Record("6893628", "MESH:D006973"),
        Record("7", "DOID:3"),
    ]


def test_mesh_headings_are_those_of_the_article_itself(tmp_path: Path) -> None:
    assert [*read_records(file(tmp_path, PUBMED, "pubmed.xml.gz"))] == [
        Record("6893628", concept) for concept in ("MESH:D009270", "MESH:C536857", "MESH:D006973")
    ]


def test_a_plain_table_will_do(tmp_path: Path) -> None:
    assert [*read_records(file(tmp_path, "pmid\tconcept\n 1 \tD009270\n2\tOMIM:114480\n"))] == [
        Record("1", "MESH:D009270"),
        Record("2", "OMIM:114480"),
    ]


def test_of_other_articles_nothing_is_kept(tmp_path: Path) -> None:
    files = [file(tmp_path, CTD, "a.tsv"), file(tmp_path, PUBMED, "b.xml")]
    assert knowledge_of(files, {"6893628", "5"}) == {
        "6893628": frozenset({"MESH:D009270", "MESH:D006973", "MESH:C536857"})
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\n1\t2\n", r"kb:1: no knowledge base that is known — expected columns by name, .*pmid and concept"),
        ("", r"kb: no knowledge base that is known"),
        ("pmid\tconcept\n1\tD1\n5;6\tD1\n", r"kb:3: '5;6' in pmid — expected PMIDs, parted by \|"),
        ("pmid\tconcept\nPMC1\tD1\n", r"kb:2: 'PMC1' in pmid — expected PMIDs"),
        ("pmid\tconcept\n1\tD1;D2\n", r"kb:2: 'D1;D2' for a concept — expected one id, or some parted by \|"),
        ("pmid\tconcept\n1\n", r"kb:2: 1 columns — expected 2, as the header has"),
        ("<a><b></a>", r"kb:1: mismatched tag — expected well-formed XML"),
        ("<a/>", r"kb: no MedlineCitation — expected PubMed's XML"),
        ('<!DOCTYPE a [\n<!ENTITY b "c">]><a>&b;</a>', r"kb:2: declares entities — expected none"),
    ],
)
def test_what_is_no_knowledge_base_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataFormatError, match=message):
        [*read_records(file(tmp_path, text, "kb"))]
