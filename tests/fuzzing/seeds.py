"""Whole, hand-made files of every format, with the quirks that real corpora have: what the damaged files are made of.

A seed is a folder: file names and their bytes. The first file is the one that is damaged, and the path read is
either it or the folder, as ``path`` says.
"""

import gzip
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Seed(NamedTuple):
    """A file to damage, with those it needs beside it.

    Args:
        format: A key of ``zoo.data.formats.FORMATS``.
        path: What is read: a file's name, or ``.`` for the folder.
        files: Bytes by name; the first is damaged.
        options: Of the reader.
    """

    format: str
    path: str
    files: dict[str, bytes]
    options: Mapping[str, Any] = MappingProxyType({})


_TEXT = "Wilson disease (WD) 💉 and β-thalassaemia.\nNo gut or liver tumor was found in e\u0301tude 7."


def _offsets(quoted: str) -> tuple[int, int]:
    start = _TEXT.index(quoted)
    return start, start + len(quoted)


def _brat() -> bytes:
    (d1, d2), (w1, w2), (b1, b2) = map(_offsets, ("Wilson disease", "WD", "β-thalassaemia"))
    (g1, g2), (t1, t2) = map(_offsets, ("gut", "tumor"))
    return (
        f"T1\tDisease {d1} {d2}\tWilson disease\nT2\tDisease {w1} {w2}\tWD\nT3\tDisease {b1} {b2}\tβ-thalassaemia\n"
        f"T4\tDisease {g1} {g2};{t1} {t2}\tgut tumor\nT5\tSign {d1} {d2}\tWilson disease\n"
        "N1\tReference T1 MESH:D006527\tWilson disease\nR1\tIs_acron Arg1:T2 Arg2:T1\t\nR2\tIs_a Arg1:T9 Arg2:T1\n"
        "N2\tReference T1 OMIM:277900\tWilson\nE1\tGrowth:T4\nA1\tNegated T4\nM1\tCertain T1\n"
        "#1\tAnnotatorNotes T3\tD013789\n*\tAlias T1 T2\n"
    ).encode()


_PUBTATOR = """
100|t|Wilson disease (WD) and 💉.
100|a|No β-thalassaemia or renal and hepatic failure.
100\t0\t14\tWilson disease\tSpecificDisease\tMESH:D006527
100\t16\t18\tWD\tModifier\tD006527|OMIM:277900
100\t30\t44\tβ-thalassaemia\tDisease\t-1
100\t48\t73\trenal and hepatic failure\tDisease\tD051437|D017093\trenal failure|hepatic failure
100\tCID\tD006527\tD051437
100\tPositive_Correlation\tD006527\tD017093\tNovel

101|t|No abstract
101|a|

102|t|Gout
102|a|A second one.
102\t0\t4\tGout\tDisease

""".encode()

_CONLL = """-DOCSTART- (a)

Wilson\tNN\tB-Disease
disease\tNN\tI-Disease
#\tX\tO
💉\tX\tB-Drug

# a comment
No\tDT\tO
WD\tNN\tB-Disease
WD\tNN\tB-Disease

-DOCSTART-\tX\tO

gout\tNN\tB-Disease
""".encode()

_CONLL_OF_BLANKS = """###MEDLINE:96000001

Wilson NN B-protein
disease  NN I-protein
's X E-protein
# X O

💉 X S-DNA
gene NN O

###MEDLINE:96000002

# a comment
gout NN S-DNA
""".encode()

_OVERLAPPING = """Wilson\tB-Disease
ATP7B\tV-Gene
disease\tE-Disease
β\tW-Gene

liver\tB-Sign
failure\tV-Disease
acute\tE-Disease
""".encode()

_BIOC = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE collection SYSTEM "BioC.dtd">
<collection><source>hand-made</source><date/><key>k</key>
<document><id>100</id>
<passage><infon key="type">title</infon><offset>0</offset><text>Wilson disease &amp; 💉</text>
<annotation id="1"><infon key="type">Disease</infon><infon key="identifier">MESH:D006527</infon>
<location offset="0" length="14"/><text>Wilson disease</text></annotation></passage>
<passage><infon key="type">abstract</infon><offset>19</offset><text>gut or liver tumor, β</text>
<annotation id="2"><infon key="type">Disease</infon><location offset="19" length="3"/>
<location offset="32" length="5"/><text>gut tumor</text></annotation>
<relation id="R1"><infon key="type">with</infon><node refid="1" role="a"/><node refid="2" role="b"/></relation>
</passage></document>
<document><id>101</id><passage><offset>0</offset><text/></passage></document>
</collection>
""".encode()


_BIOC_OF_SENTENCES = """<document><id>7</id><infon key="license">CC0</infon>
<passage><infon key="section_type">ABSTRACT</infon><offset>5</offset>
<sentence><offset>5</offset><text>No gout 💉.</text>
<annotation id="T1"><infon key="type">Disease</infon><infon key="score">0.5</infon>
<location offset="8" length="4"/><text>gout</text></annotation></sentence>
<sentence><offset>16</offset><text>Aspirin helps.</text><annotation id="T2"><infon key="type">Chemical</infon>
<infon key="MESH">D001241|-1</infon><location offset="16" length="7"/><text>Aspirin</text></annotation></sentence>
</passage>
<annotation id="T3"><infon key="type">Sentence</infon><location offset="5" length="11"/></annotation>
<annotation id="T4"><infon key="type">Topic</infon></annotation>
<relation id="R1"><infon key="relation">CID</infon><infon key="Chemical">D001241</infon>
<infon key="Disease">D006073</infon></relation>
<relation id="R2"><infon key="type">no</infon><node refid="T9" role=""/></relation></document>
""".encode()


def _pubtator3() -> bytes:
    place = {"offset": 0, "length": 4}
    gout = {"id": 1, "infons": {"type": "Disease", "identifier": "D1"}, "text": "gout", "locations": [place]}
    roles = {"type": "Association", "role1": "Disease|D1", "role2": "Gene|7"}
    document = {
        "_id": "7|None",
        "id": "7",
        "infons": {},
        "passages": [{"offset": 0, "infons": {"type": "title"}, "text": "gout", "annotations": [gout]}],
        "relations": [{"id": "R1", "infons": roles, "nodes": [{"refid": "0", "role": "0,1"}]}],
    }
    return json.dumps({"PubTator3": [document]}).encode()


def _bioc_json() -> bytes:
    def annotation(name: str, quoted: str, *locations: tuple[int, int]) -> dict:
        places = [{"offset": start, "length": end - start} for start, end in locations]
        return {"id": name, "infons": {"type": "Disease"}, "text": quoted, "locations": places}

    title = {
        "offset": 0,
        "infons": {"type": "title"},
        "text": "Wilson disease & 💉",
        "sentences": [],
        "annotations": [annotation("1", "Wilson disease", (0, 14))],
        "relations": [],
    }
    abstract = {
        "offset": 19,
        "infons": {"type": "abstract"},
        "text": "gut or liver tumor, β",
        "annotations": [annotation("2", "gut tumor", (19, 22), (32, 37))],
        "relations": [],
    }
    documents = [{"id": "100", "infons": {}, "passages": [title, abstract], "relations": []}]
    documents.append({"id": "101", "infons": {}, "passages": [{"offset": 0, "infons": {}, "text": "x"}]})
    collection = {"source": "hand-made", "date": "", "key": "k", "infons": {}, "documents": documents}
    return json.dumps(collection, ensure_ascii=False, indent=1).encode()


def _jsonl() -> bytes:
    spans = [
        {"start": 0, "end": 14, "label": "Disease", "concepts": ["MESH:D006527"], "score": 0.5},
        {"start": 16, "end": 18, "label": "Disease"},
    ]
    ties = [{"label": "acronym", "arguments": [{"role": "a", "span": 1}, {"role": "b", "concept": "D006527"}]}]
    passages = [{"start": 0, "end": 41, "kind": "title"}]
    rows = [
        {"id": "a", "text": _TEXT, "spans": spans, "passages": passages, "relations": ties},
        {"id": "b", "text": ""},
        {"id": 3, "text": "gout", "spans": [{"start": 0, "end": 4, "label": "Disease"}]},
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _tokens() -> bytes:
    rows = [
        {"id": "0", "tokens": ["Wilson", "disease", "💉"], "ner_tags": ["B-Disease", "I-Disease", "O"]},
        {"id": "1", "tokens": ["gout"], "ner_tags": ["B-Disease"]},
        {"id": "2", "tokens": [], "ner_tags": []},
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _numbered_tokens() -> bytes:
    rows = [{"tokens": ["Wilson", "disease", "💉"], "ner_tags": [1, 2, 0]}, {"tokens": ["gout"], "ner_tags": [1]}]
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows).encode()


_SENTENCES = "P1A1 Wilson's ATP7B gene  and p53-like β.\nP2 No gene.\nP3T0 IL-2 (IL2) receptor\n".encode()
_GENES = b"P1A1|8 16|ATP7B gene\nP1A1|8 12|ATP7B\nP3T0|0 3|IL-2\n"
_ALTERNATIVES = b"P3T0|0 16|IL-2 (IL2) receptor\nP1A1|20 22|p53\n"

_DUBLIN_CORE = """<?xml version="1.0" encoding="UTF-8"?>
<records><record><header><identifier>oai:S1</identifier></header><metadata>
<oai-dc:dc xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:oai-dc="http://www.openarchives.org/OAI/2.0/oai_dc/">
<dc:creator><![CDATA[González, Ana]]></dc:creator><dc:subject>gota</dc:subject><dc:language>es</dc:language>
<dc:title xml:lang="es-ES"><![CDATA[Gota: urato &#8805; 7 💉]]></dc:title>
<dc:title xml:lang="en">Gout &amp; urate</dc:title>
<dc:description xml:lang="es">El ácido <sup>1</sup>úrico.
Otra línea.</dc:description></oai-dc:dc></metadata></record>
<record xmlns:d="http://purl.org/dc/elements/1.1/"><d:identifier>2</d:identifier><d:title>Second</d:title></record></records>
""".encode()

SEEDS = (
    Seed("brat", ".", {"a.ann": _brat(), "a.txt": _TEXT.encode()}),
    Seed("brat", ".", {"a.txt": _TEXT.encode(), "a.ann": _brat()}),
    Seed("pubtator", "a.pubtator", {"a.pubtator": _PUBTATOR}),
    Seed("conll", "a.conll", {"a.conll": _CONLL}),
    Seed("conll", "a.iob2", {"a.iob2": _CONLL_OF_BLANKS}),
    Seed("conll", "a.bio", {"a.bio": _OVERLAPPING}, {"scheme": "BMEWO-V"}),
    Seed("bioc", "a.xml", {"a.xml": _BIOC}),
    Seed("bioc", "a.bioc", {"a.bioc": _BIOC_OF_SENTENCES}),
    Seed("bioc-json", "a.json", {"a.json": _bioc_json()}),
    Seed("bioc-json", "b.json", {"b.json": _pubtator3()}),
    Seed("jsonl", "a.jsonl", {"a.jsonl": _jsonl()}),
    Seed("tokens", "a.jsonl", {"a.jsonl": _tokens()}),
    Seed("tokens", "a.json", {"a.json": _numbered_tokens()}, {"tag_names": "O,B-Disease,I-Disease"}),
    Seed("genetag", ".", {"GENE.eval": _GENES, "text.in": _SENTENCES, "ALTGENE.eval": _ALTERNATIVES}),
    Seed("genetag", ".", {"text.in": _SENTENCES, "GENE.eval": _GENES, "ALTGENE.eval": _ALTERNATIVES}),
    Seed("genetag", ".", {"ALTGENE.eval": _ALTERNATIVES, "text.in": _SENTENCES, "GENE.eval": _GENES}),
    Seed("dublin-core", "a.xml", {"a.xml": _DUBLIN_CORE}),
    Seed("text", "a.txt", {"a.txt": _TEXT.encode()}),
    Seed("text", "a.txt.gz", {"a.txt.gz": gzip.compress(_TEXT.encode() * 9, mtime=0)}),
)
