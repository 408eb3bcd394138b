"""The corpora known by name: which files, which splits, which labels, whose work, under which licence.

A literal table. :mod:`zoo.data.splits` loads and checks what stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which documents of its files belong to a split.

    Args:
        listed: A file of document ids below the data root (the first word of each line): only these.
        unlisted: Such a file: all but these.
        last_digits: Only documents whose id ends in one of these digits.
    """

    listed: str | None = None
    unlisted: str | None = None
    last_digits: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitEntry:
    """One split: its files, and what is published of it.

    Args:
        paths: Files or folders below the data root; a document that an earlier path has is not repeated.
        sha256: Of the files as distributed, see :func:`zoo.data.splits.fingerprint`.
        documents: Number of documents.
        entities: Mentions by label, labels as in the files.
        part: Which documents belong to the split; all where there is none.
        sentences: Published number of sentences, where there is one.
        losses: What reading reports of the files' known quirks, by kind.
        texts: By document id, the file whose text is used in place of the one beside the annotations (brat).
    """

    paths: tuple[str, ...]
    sha256: str
    documents: int
    entities: Mapping[str, int]
    part: Part = Part()
    sentences: int | None = None
    losses: Mapping[str, int] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusEntry:
    """What is known of a corpus.

    Args:
        format: A key of :data:`zoo.data.formats.FORMATS`.
        splits: By name, ``train``, ``dev`` and ``test`` where they exist.
        labels: Labels in the files → labels of the corpus; ``None`` drops spans.
        language: ISO 639-1 code.
        licence: In words.
        citation: The paper.
        source: Where the files can be obtained.
        options: Of the format's reader.
        files: Which files of a folder the fingerprint covers, as shell wildcards.
        texts_from: Where the texts can be obtained if the corpus is distributed without them.
        note: What a user should know before comparing figures.
    """

    format: str
    splits: Mapping[str, SplitEntry]
    labels: Mapping[str, str | None]
    language: str
    licence: str
    citation: str
    source: str
    options: Mapping[str, object] = field(default_factory=dict)
    files: tuple[str, ...] = ("*.txt", "*.ann")
    texts_from: str | None = None
    note: str = ""


_SAME = {"Disease": "Disease", "Chemical": "Chemical"}
_RAREDIS = ("RAREDISEASE", "SKINRAREDISEASE", "DISEASE", "SIGN", "SYMPTOM", "ANAPHOR")
_PUBTATOR = ("Disease", "Chemical", "Gene", "Species", "Mutation", "CellLine", "Genus")
_CORD19 = (
    "en/cord19-pubtator/cord19_noncomm_abstracts_2020-04-09.pubtator",
    "en/cord19-pubtator/litcovid_abstracts_2020-04-10.pubtator",
)


def _counts(labels: tuple[str, ...], *counts: int) -> dict[str, int]:
    return {label: count for label, count in zip(labels, counts, strict=True) if count}


CORPORA = {
    "ncbi-disease": CorpusEntry(
        format="pubtator",
        splits={
            "train": SplitEntry(
                paths=("en/ncbi-disease/NCBItrainset_corpus.txt",),
                sha256="f311381b28a6d0f641f57f4a963bb83619c2bdec5cd9caabb1381f894d5db817",
                documents=593,
                entities={"SpecificDisease": 2972, "DiseaseClass": 769, "Modifier": 1289, "CompositeMention": 115},
            ),
            "dev": SplitEntry(
                paths=("en/ncbi-disease/NCBIdevelopset_corpus.txt",),
                sha256="02db559974624ae9cbe6cd95d64d953e6926bb63afb6b25b63e53bd8b41a4b55",
                documents=100,
                entities={"SpecificDisease": 412, "DiseaseClass": 126, "Modifier": 214, "CompositeMention": 35},
            ),
            "test": SplitEntry(
                paths=("en/ncbi-disease/NCBItestset_corpus.txt",),
                sha256="61c8050bf6979ef7b943ec1158dfc03b651ea3367d4c37356f9de4841e85c9a3",
                documents=100,
                entities={"SpecificDisease": 555, "DiseaseClass": 121, "Modifier": 264, "CompositeMention": 20},
            ),
        },
        labels=dict.fromkeys(("SpecificDisease", "DiseaseClass", "Modifier", "CompositeMention"), "Disease"),
        language="en",
        licence="public domain (United States Government work)",
        citation=(
            "Doğan RI, Leaman R, Lu Z (2014). NCBI disease corpus: a resource for disease name recognition and "
            "concept normalization. Journal of Biomedical Informatics 47:1-10."
        ),
        source="https://github.com/spyysalo/ncbi-disease (folder original-data)",
        note="PMID 8528200 stands twice in train; versions without the copy have 592 documents and 5,134 mentions.",
    ),
    "bc5cdr": CorpusEntry(
        format="pubtator",
        splits={
            "train": SplitEntry(
                paths=("en/bc5cdr/CDR_TrainingSet.PubTator.txt",),
                sha256="7afcec134e3d4871e74b0398d92850d3c9ac94c0bdc780003f2d60184c012bd8",
                documents=500,
                entities={"Chemical": 5203, "Disease": 4182},
                losses={"composite parts": 89},
            ),
            "dev": SplitEntry(
                paths=("en/bc5cdr/CDR_DevelopmentSet.PubTator.txt",),
                sha256="9e18d8e700168887a7919e62f67ac2ce2357e3f409a48ee992906abdd80fe3e5",
                documents=500,
                entities={"Chemical": 5347, "Disease": 4244},
                losses={"composite parts": 89},
            ),
            "test": SplitEntry(
                paths=("en/bc5cdr/CDR_TestSet.PubTator.txt",),
                sha256="a3c48d5f35bdfce20c2371778abedc9fd24d1da092207072e5181ad53c8d0e2f",
                documents=500,
                entities={"Chemical": 5385, "Disease": 4424},
                losses={"composite parts": 57},
            ),
        },
        labels=_SAME,
        language="en",
        licence="released for research by BioCreative / NCBI; the release states no licence",
        citation=(
            "Li J, Sun Y, Johnson RJ, et al. (2016). BioCreative V CDR task corpus: a resource for chemical disease "
            "relation extraction. Database 2016:baw068."
        ),
        source="https://biocreative.bioinformatics.udel.edu/tasks/biocreative-v/track-3-cdr",
    ),
    "jnlpba": CorpusEntry(
        format="conll",
        splits={
            "train": SplitEntry(
                paths=("en/jnlpba/Genia4ERtask2.reconstructed.iob2",),
                sha256="9f59f2283c038fd3fa3d6b79bd3f44855f06637f67cfb85c18ab7079667d4395",
                documents=1800,
                sentences=16807,
                entities={"protein": 27803, "DNA": 8481, "RNA": 844, "cell_type": 6192, "cell_line": 3430},
                part=Part(unlisted="en/jnlpba/devel-medline-ids.txt"),
            ),
            "dev": SplitEntry(
                paths=("en/jnlpba/Genia4ERtask2.reconstructed.iob2",),
                sha256="9f59f2283c038fd3fa3d6b79bd3f44855f06637f67cfb85c18ab7079667d4395",
                documents=200,
                sentences=1739,
                entities={"protein": 2466, "DNA": 1052, "RNA": 107, "cell_type": 526, "cell_line": 400},
                part=Part(listed="en/jnlpba/devel-medline-ids.txt"),
            ),
            "test": SplitEntry(
                paths=("en/jnlpba/Genia4EReval2.iob2",),
                sha256="4334602737eef0aa3a91c8d5b5122f23447baa85c276c27385f921cb228a1e7c",
                documents=404,
                sentences=3856,
                entities={"protein": 5067, "DNA": 1056, "RNA": 118, "cell_type": 1921, "cell_line": 500},
            ),
        },
        labels={label: label for label in ("protein", "DNA", "RNA", "cell_type", "cell_line")},
        language="en",
        licence="GENIA Project License for Annotated Corpora (annotations CC BY 3.0)",
        citation=(
            "Kim JD, Ohta T, Tsuruoka Y, Tateisi Y, Collier N (2004). Introduction to the bio-entity recognition task "
            "at JNLPBA. Proceedings of JNLPBA, 70-75."
        ),
        source="https://github.com/spyysalo/jnlpba",
        note=(
            "The task had no dev split: the last 200 abstracts of its training data, as most later work. Ten test "
            "abstracts stand in train too. The training file is a reconstruction (entities exact, tokens 0.01 % off)."
        ),
    ),
    "bc2gm": CorpusEntry(
        format="genetag",
        options={"lenient": True},
        files=("*.in", "*.eval"),
        splits={
            "train": SplitEntry(
                paths=("en/bc2gm/train",),
                sha256="a79b320698051542e696a6efdcd3dd211c78a5e7da72ed8854855927c64184ec",
                documents=12500,
                sentences=12500,
                entities={"GENE": 15204},
                losses={"quoted text differs": 4},
                part=Part(unlisted="en/bc2gm/devel-ids.txt"),
            ),
            "dev": SplitEntry(
                paths=("en/bc2gm/train",),
                sha256="a79b320698051542e696a6efdcd3dd211c78a5e7da72ed8854855927c64184ec",
                documents=2500,
                sentences=2500,
                entities={"GENE": 3061},
                part=Part(listed="en/bc2gm/devel-ids.txt"),
            ),
            "test": SplitEntry(
                paths=("en/bc2gm/test",),
                sha256="59dd8fc4908f7d316dd24872d52e771425ab6f93b571a6eff826851a07e05528",
                documents=5000,
                sentences=5000,
                entities={"GENE": 6331},
            ),
        },
        labels={"GENE": "GENE"},
        language="en",
        licence="public domain (United States Government work)",
        citation=(
            "Smith L, Tanabe LK, Ando RJ, et al. (2008). Overview of BioCreative II gene mention recognition. "
            "Genome Biology 9(Suppl 2):S2."
        ),
        source="https://github.com/spyysalo/bc2gm-corpus (folder original-data)",
        note=(
            "Each sentence is a document. The official score (scorer bc2gm-official) accepts alternatives, strict "
            "spans do not: never compare the two. The task had no dev split: 2,500 training sentences, as later work."
        ),
    ),
    "raredis": CorpusEntry(
        format="brat",
        options={"lenient": True},
        files=("*.ann",),
        splits={
            "train": SplitEntry(
                paths=("en/raredis/train",),
                sha256="7a891bd844889ec8efcc6928f8cf9a9c4e0abfbca2a35f35a7e6b17d4e331062",
                documents=729,
                entities=_counts(_RAREDIS, 3157, 451, 1647, 3744, 319, 1108),
                losses={"dangling relation": 561, "quoted text differs": 14},
            ),
            "dev": SplitEntry(
                paths=("en/raredis/dev",),
                sha256="15346cd0887437e43b4c52f33c7ba47391b2ac713d8d7477b998b82f691b0093",
                documents=104,
                entities=_counts(_RAREDIS, 480, 45, 230, 528, 24, 151),
                losses={"dangling relation": 80, "quoted text differs": 2},
            ),
            "test": SplitEntry(
                paths=("en/raredis/test",),
                sha256="f4f31484aeddc1585a3782224b5d87bd9d0ea59d96da6ca178f8720d47aa78bc",
                documents=208,
                entities=_counts(_RAREDIS, 942, 146, 471, 1061, 53, 276),
                losses={"dangling relation": 132, "quoted text differs": 6},
            ),
        },
        labels={
            "RAREDISEASE": "RAREDISEASE",
            "SKINRAREDISEASE": "RAREDISEASE",
            "DISEASE": "DISEASE",
            "SIGN": "SIGN",
            "SYMPTOM": "SYMPTOM",
            "ANAPHOR": None,
        },
        language="en",
        licence="CC BY 4.0 (annotations; the texts are not part of the release)",
        citation=(
            "Martínez-deMiguel C, Segura-Bedmar I, Chacón-Solano E, Guerrero-Aspizua S (2022). The RareDis corpus: a "
            "corpus annotated with rare diseases, their signs and symptoms. Journal of Biomedical Informatics 125."
        ),
        source="https://github.com/isegura/NLP4RARE-CM-UC3M",
        texts_from=(
            "the NORD rare disease database; the authors send them on request, see "
            "https://github.com/isegura/NLP4RARE-CM-UC3M"
        ),
        note="14 % of the test mentions overlap another or are discontinuous: no flat tagger finds them.",
    ),
    "pharmaconer": CorpusEntry(
        format="brat",
        options={"notes_are_concepts": True},
        splits={
            "train": SplitEntry(
                paths=("es/pharmaconer/train",),
                sha256="13a9f65ebd761f3aec3c668721a618ee12b67b725837250d5cad5437e4070a82",
                documents=500,
                entities={"NORMALIZABLES": 2304, "NO_NORMALIZABLES": 24, "PROTEINAS": 1405, "UNCLEAR": 89},
                texts={
                    "S0211-69952015000200015-1": "es/pharmaconer/repaired/S0211-69952015000200015-1.txt",
                },
            ),
            "dev": SplitEntry(
                paths=("es/pharmaconer/dev",),
                sha256="bebd014b0756690b061edcfdfeb7a812e7ae0a7c1fcc3db1b60036ff99ffa971",
                documents=250,
                entities={"NORMALIZABLES": 1121, "NO_NORMALIZABLES": 16, "PROTEINAS": 745, "UNCLEAR": 44},
            ),
            "test": SplitEntry(
                paths=("es/pharmaconer/test",),
                sha256="b81c443330cfb27c1826a21f05c9a2b7799328688ff4bb603e4b565346fc1a5c",
                documents=250,
                entities={"NORMALIZABLES": 973, "NO_NORMALIZABLES": 10, "PROTEINAS": 859, "UNCLEAR": 34},
            ),
        },
        labels={label: label for label in ("NORMALIZABLES", "NO_NORMALIZABLES", "PROTEINAS", "UNCLEAR")},
        language="es",
        licence="CC BY 4.0",
        citation=(
            "Gonzalez-Agirre A, Marimon M, Intxaurrondo A, Rabal O, Villegas M, Krallinger M (2019). PharmaCoNER: "
            "Pharmacological Substances, Compounds and proteins Named Entity Recognition track. BioNLP-OST, 1-10."
        ),
        source="https://github.com/TeMU-BSC/PharmaCoNER-Tagger (folder data/PharmaCoNERCorpus)",
        note="UNCLEAR is annotated but is no target of the shared task (scorer pharmaconer-track1).",
    ),
    "craft": CorpusEntry(
        format="brat",
        splits={
            "train": SplitEntry(
                paths=("en/craft/train",),
                sha256="d804646f62cfa3f09456cbbdf30856a77e7b045b813e37640a350a364aa4e2d0",
                documents=60,
                entities={"Disease": 1835, "Chemical": 4213, "GeneOrProtein": 14036},
                losses={"empty fragment": 1},
            ),
            "dev": SplitEntry(
                paths=("en/craft/dev",),
                sha256="625050dfb3d28e1afb6b336b49bf044a3cf52d990d9f4011c707b053b896808d",
                documents=7,
                entities={"Disease": 232, "Chemical": 335, "GeneOrProtein": 3002},
            ),
            "test": SplitEntry(
                paths=("en/craft/test",),
                sha256="2f129e5ce365d16e19dd70a29499a9b278239f737aadbf664170d3c2db67c34d",
                documents=30,
                entities={"Disease": 1013, "Chemical": 2200, "GeneOrProtein": 6409},
            ),
        },
        labels=_SAME | {"GeneOrProtein": "GeneOrProtein"},
        language="en",
        licence="CC BY 3.0 (annotations); articles of the PMC open access subset",
        citation=(
            "Bada M, Eckert M, Evans D, et al. (2012). Concept annotation in the CRAFT corpus. BMC Bioinformatics "
            "13:161."
        ),
        source="https://github.com/UCDenver-ccp/CRAFT (CHEBI, PR and MONDO, converted to brat)",
        note="Full articles. The test split is that of the CRAFT shared task 2019; dev are 7 of the other 67 articles.",
    ),
    "cord19": CorpusEntry(
        format="pubtator",
        splits={
            "train": SplitEntry(
                paths=_CORD19,
                sha256="7793dc4b01e892a6c3ddd805e393d7a031b201771e54032913c6f343eee39d71",
                documents=4035,
                entities=_counts(_PUBTATOR, 15752, 3158, 3255, 15146, 69, 23, 13),
                part=Part(last_digits="01234567"),
            ),
            "dev": SplitEntry(
                paths=_CORD19,
                sha256="7793dc4b01e892a6c3ddd805e393d7a031b201771e54032913c6f343eee39d71",
                documents=533,
                entities=_counts(_PUBTATOR, 1930, 506, 523, 2046, 3, 0, 3),
                part=Part(last_digits="8"),
            ),
            "test": SplitEntry(
                paths=_CORD19,
                sha256="7793dc4b01e892a6c3ddd805e393d7a031b201771e54032913c6f343eee39d71",
                documents=480,
                entities=_counts(_PUBTATOR, 1670, 341, 348, 1825, 11, 3, 0),
                part=Part(last_digits="9"),
            ),
        },
        labels=_SAME | {"Gene": "Gene", "Species": None, "Mutation": None, "CellLine": None, "Genus": None},
        language="en",
        licence="CORD-19 licence for the texts (text and data mining only), CC0 for the annotations",
        citation=(
            "Wang LL, Lo K, Chandrasekhar Y, et al. (2020). CORD-19: the COVID-19 open research dataset. Workshop on "
            "NLP for COVID-19 at ACL. Annotations: Wei CH, Allot A, Leaman R, Lu Z (2019). PubTator central. Nucleic "
            "Acids Research 47:W587-W593."
        ),
        source="https://github.com/fhircat/CORD-19-on-FHIR (folder datasets/Pubtator_RDF, as PubTator text)",
        note=(
            "Silver: annotated by PubTator Central, not by people; a score on it is agreement with those taggers. It "
            "has no official splits: by the last digit of the PMID, 0-7 train, 8 dev, 9 test."
        ),
    ),
}
