"""BioC XML."""

import gzip
import io
import random
import re
import tempfile
import types
from collections import Counter
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given

from tests.data.strategies import quick
from tests.data.test_bioc_documents import assert_same, documents, peak_of
from zoo.data import bioc
from zoo.data.document import DataFormatError, Document, Passage, Relation, Span

FILE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE collection SYSTEM "BioC.dtd">
<collection>
  <source>Nobody</source><date>20240229</date><key>some.key</key>
  <infon key="license">none</infon>
  <document>
    <id> 1 </id>
    <infon key="journal">J. Irrep. Res.</infon>
    <passage>
      <infon key="section_type">TITLE</infon><infon key="type">title</infon><infon key="empty"/>
      <offset>100</offset>
      <text>Gout &amp; rash 💉</text>
      <annotation id="T1">
        <infon key="type">Disease</infon><infon key="MESH">D006073|-1</infon><infon key="OMIM">138900</infon>
        <infon key="score">0.25</infon><infon key="note">sure</infon>
        <location offset="100" length="4"/><text>Gout</text>
      </annotation>
      <annotation><infon key="type">Drug</infon><infon key="identifier">-</infon>
        <location offset="112" length="1"/><text>💉</text></annotation>
      <relation id="R0"><infon key="type">Treats</infon>
        <node refid="T2" role="what"/><node refid="T1" role=""/></relation>
    </passage>
    <passage>
      <infon key="section_type">ABSTRACT</infon>
      <offset>116</offset>
      <sentence><offset>116</offset><text>Liver and</text>
        <annotation id="T2"><infon key="type">Organ</infon>
          <location offset="130" length="6"/><location offset="116" length="5"/><text>kidney Liver</text></annotation>
        <relation id="R1"><infon key="type">Of</infon><node refid="T1" role="of"/><infon key="by">me</infon></relation>
      </sentence>
      <sentence><infon key="no">2</infon><offset>127</offset><text>   kidney.</text></sentence>
      <annotation id="T3"><infon key="type">Of the whole</infon><text>x</text></annotation>
    </passage>
    <passage><offset>137</offset><text/></passage>
    <annotation id="T4"><infon key="type">Disease</infon><infon key="identifier">A+B|C</infon>
      <location offset="107" length="4"/><text>rash</text></annotation>
    <annotation id="T5"><infon key="type">Disease</infon><infon key="CompositeRole">IndividualMention</infon>
      <location offset="107" length="4"/><text>rash</text></annotation>
    <relation id="R2"><infon key="relation">CID</infon>
      <infon key="Chemical">D000001</infon><infon key="Disease">D000002</infon></relation>
    <relation id="R3"><infon key="type">Association</infon><infon key="novel">Novel</infon>
      <infon key="entity1">D1</infon><infon key="entity2">D2</infon></relation>
    <relation id="R4"><infon key="type">Cause</infon><infon key="role1">Chemical|MESH:D1</infon>
      <infon key="role2">Disease|MESH:D2</infon><node refid="0" role="0,1"/></relation>
    <relation id="R5"><infon key="type">Of</infon><node refid="R0" role="relation"/></relation>
    <relation id="R6"><infon key="type">Of</infon><node refid="T3" role=""/></relation>
  </document>
  <document>
    <id>2</id>
    <passage><offset>0</offset><text>
</text></passage>
  </document>
</collection>
"""
GOUT = Span.of(0, 4, "Disease", 0.25, ("D006073", "OMIM:138900"))
ORGANS = Span(((16, 21), (30, 36)), "Organ")
FIRST = Document(
    "1",
    "Gout & rash 💉\n  Liver and     kidney.\n"[:-1],
    (GOUT, Span.of(12, 13, "Drug"), ORGANS, Span.of(7, 11, "Disease", concepts=("A+B", "C"))),
    (Passage(0, 13, "title"), Passage(16, 37, "ABSTRACT")),
    # journal, section_type of the title, note, no, by, novel | R5, R6 | T3 | T5
    {"infon": 6, "relation": 2, "annotation without location": 1, "composite parts": 1},
    relations=(
        Relation("Treats", (("what", ORGANS), ("", GOUT))),
        Relation("Of", (("of", GOUT),)),
        Relation("CID", (("Chemical", "D000001"), ("Disease", "D000002"))),
        Relation("Association", (("", "D1"), ("", "D2"))),
        Relation("Cause", (("Chemical", "MESH:D1"), ("Disease", "MESH:D2"))),
    ),
)
SECOND = Document("2", "\n", losses={"infon": 1})  # the collection's license

# What the DTD of BioC says of the order of elements.
CONTENTS = {
    "collection": "source date key (infon )*(document )+",
    "document": "id (infon )*(passage )+(annotation )*(relation )*",
    "passage": "(infon )*offset (text |(sentence )*)(annotation )*(relation )*",
    "annotation": "(infon )*(location )*text ",
    "relation": "(infon )*(node )*",
}


def read(text: str | bytes, folder: Path | str, *, lenient: bool = False) -> list[Document]:
    path = Path(folder) / "f.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(bioc.read(path, lenient=lenient))


def passage(text: str = "Gout is rare", offset: object = 0, within: str = "", kind: str = "") -> str:
    infon = f'<infon key="type">{kind}</infon>' if kind else ""
    return f"<passage>{infon}<offset>{offset}</offset><text>{text}</text>{within}</passage>"


def mention(offset: object = 0, length: object = 4, text: str = "Gout", name: str = "1") -> str:
    place = f'<location offset="{offset}" length="{length}"/>'
    return f'<annotation id="{name}"><infon key="type">D</infon>{place}<text>{text}</text></annotation>'


def collection(*parts: str) -> str:
    return f"<collection>\n<document>\n<id>1</id>\n{''.join(parts)}\n</document>\n</collection>"


def test_a_file_with_every_quirk(tmp_path: Path) -> None:
    assert read(FILE, tmp_path) == [FIRST, SECOND]


@pytest.mark.parametrize(
    "raw",
    [
        FILE.encode("utf-8-sig"),
        FILE.replace("UTF-8", "UTF-16").encode("utf-16"),
        re.sub("<[?!].*>\n", "", FILE).encode("utf-16"),
        re.sub("<[?!].*>\n", "", FILE).encode(),
        FILE.replace("UTF-8", "US-ASCII").encode("ascii", "xmlcharrefreplace"),
        FILE.replace("SYSTEM", "[<!ELEMENT text (#PCDATA)>]>\n<!--").replace('BioC.dtd">', "-->").encode(),
        FILE.replace("\n", "\r\n").encode(),
    ],
)
def test_encodings_and_declarations(tmp_path: Path, raw: bytes) -> None:
    assert read(raw, tmp_path) == [FIRST, SECOND]


def test_legacy_encoding(tmp_path: Path) -> None:
    (document,) = read(
        f'<?xml version="1.0" encoding="windows-1252"?>{collection(passage("5 µg “x”"))}'.encode("cp1252"), tmp_path
    )
    assert document.text == "5 µg “x”"


def test_gzip_and_standard_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin, stdout = io.BytesIO(FILE.encode()), io.BytesIO()
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=stdin))
    monkeypatch.setattr("sys.stdout", types.SimpleNamespace(buffer=stdout))
    bioc.write(bioc.read("-"), "-")
    bioc.write([FIRST, SECOND], tmp_path / "f.xml.gz")
    assert stdout.getvalue() == gzip.decompress((tmp_path / "f.xml.gz").read_bytes())
    assert [document.text for document in bioc.read(tmp_path / "f.xml.gz")] == [FIRST.text, "\n"]
    whole = (tmp_path / "f.xml.gz").read_bytes()
    (tmp_path / "f.xml.gz").write_bytes(whole[:-20])
    with pytest.raises(DataFormatError, match="expected a whole gzip file"):
        list(bioc.read(tmp_path / "f.xml.gz"))


def test_a_document_is_a_file_too(tmp_path: Path) -> None:
    assert read("<document><id>1</id></document>", tmp_path) == [Document("1", "")]
    newer = '<document id="1"><passage offset="3"><text>x</text></passage></document>'  # as version 2 has them
    assert read(newer, tmp_path) == [Document("1", "x")]


def test_parts_of_no_meaning_are_counted(tmp_path: Path) -> None:
    parts = [passage("x", within="<meta><a/></meta><meta/>stray"), '<infon key="k">1</infon><infon key="k">2</infon>']
    text = collection(*parts).replace("<collection>", '<collection><version>1</version><infon key="e"/>')
    (document,) = read(text, tmp_path)
    assert document.losses == {"field": 4, "infon": 2}


BAD = [
    ("", "1: no element found at column 1 — expected well-formed BioC XML — check that the file is whole and of this "),
    ("1|t|Title", "1: syntax error at column 1"),
    ("<html/>", "1: <html> — expected <collection>, with which BioC begins."),
    (collection(passage())[:-5], "6: unclosed token at column 1"),
    ("<collection>\n<source>\xff", "2: not well-formed (invalid token) at column 9"),
    ("<collection/>\n<collection/>", "2: junk after document element"),
    ("<collection><passage/></collection>", "1: <passage> within <collection> — expected it within <document>."),
    ("<collection><document><id><b/>", "1: <b> within <id> — expected text alone."),
    ("<collection><collection>", "1: <collection> within <collection> — expected it within no other element."),
    ("<collection><x>" + "<a>" * 100_000, "1: elements within each other too deep to be BioC."),
    ('<?xml version="1.0" encoding="klingon"?><collection/>', "1: the encoding that the file declares cannot be read"),
    ('<?xml version="1.0" encoding="utf-7"?><collection/>', "1: the encoding that the file declares cannot be read"),
    ("<collection><!--" + "x" * 5_000_000, "1: a tag or comment too long to be BioC."),
    ("<collection>\n<document><passage/></document></collection>", "2: document without an id"),
    ("<collection>\n<document><id/></document></collection>", "2: document without an id"),
    (collection("<id>2</id>"), "4: a second <id> — expected one."),
    (collection("\n<passage><text>x</text></passage>"), "5: passage 1 of document '1' has no offset — expected"),
    (collection(passage(offset="x")), "4: passage 1 of document '1' has the offset 'x' — expected a whole number"),
    (collection(passage(offset="9" * 5000)), "4: passage 1 of document '1' has the offset '9999"),
    (collection(passage(offset="-1")), "4: passage 1 of document '1' has the offset '-1'"),
    (collection(passage(offset="٣")), "4: passage 1 of document '1' has the offset '٣'"),
    (collection("<passage><offset>0</offset><sentence/></passage>"), "4: a sentence of passage 1 of document '1' has"),
    (collection(passage(), "\n", passage(offset=999_999_999)), "5: passage 2 of document '1' has text at 999999999,"),
    (collection(passage(), "\n", passage(offset=11)), "5: passage 2 of document '1' has text at 11, before 12,"),
    (collection(passage(within="\n" + mention(9))), "5: annotation '1' of document '1': offsets 9 13 of 'Gout' reach"),
    (collection(passage(within="\n" + mention(5))), "5: annotation '1' of document '1': the text at 5 9 is 'is r'"),
    (collection(passage(within=mention(0, 0))), "4: annotation '1' of document '1': Expected a span of at least one"),
    (collection(passage(within=mention("", 4))), "4: annotation '1' of document '1' has the offset '' — expected"),
    (collection(passage(within=mention(0, "4.0"))), "4: annotation '1' of document '1' has the length '4.0'"),
    (collection(passage(within=mention().replace("type", "typ"))), "4: annotation '1' of document '1' has no type —"),
    (collection(passage(within=mention() + "\n" + mention())), "5: annotation id '1' of document '1' occurs twice"),
    (collection(mention()), "4: annotation '1' of document '1': offsets 0 4 of 'Gout' reach past"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD, ids=[message[:50] for _, message in BAD])
def test_bad_files(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataFormatError) as caught:
        read(text.encode("latin-1" if "\xff" in text else "utf-8"), tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'f.xml'}:{message}")


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "raw",
    [
        f'<!DOCTYPE collection [<!ENTITY e0 "ha">{BOMB}]>{collection(passage("&e9;"))}',
        f'<!DOCTYPE collection [<!ENTITY e SYSTEM "file:///etc/hostname">]>{collection(passage("&e;"))}',
        f'<!DOCTYPE collection [<!ENTITY % e SYSTEM "http://localhost/x.dtd"> %e;]>{collection(passage())}',
        f'<!DOCTYPE collection SYSTEM "BioC.dtd">{collection(passage("5&nbsp;mg"))}',  # else dropped without a word
    ],
)
def test_entities_are_refused(tmp_path: Path, raw: str) -> None:
    with pytest.raises(DataFormatError, match=r"f.xml:[14]: entity '(e|e0|nbsp)' — expected none but XML's own"):
        read(raw, tmp_path)


def test_pubtator_central(data_root: Path) -> None:
    """The counts that the data's own description gives, and every mention against another XML parser."""
    path = data_root / "en/weak/pubtator-central-100.bioc.xml"
    documents = list(bioc.read(path))
    labels = Counter(span.label for document in documents for span in document.spans)
    assert (len(documents), sum(len(document.passages) for document in documents)) == (100, 597)
    assert (labels["Disease"], labels["Chemical"], labels["Gene"], labels.total() - 1990) == (491, 508, 991, 503)
    for document, element in zip(documents, ElementTree.parse(path).iter("document"), strict=True):
        assert document.id == element.findtext("id")
        mentions = [(a.findtext("text"), a.find("infon[@key='type']").text) for a in element.iter("annotation")]
        assert [(span.slice(document.text), span.label) for span in document.spans] == mentions
        infons = list(element.iter("infon"))
        kept = [infon.get("key") for infon in infons if infon.get("key") in ("type", "identifier")]
        assert document.losses["infon"] == len(infons) - len(kept)
    assert sum(document.losses.total() - document.losses["infon"] for document in documents) == 0


RICH = Document(
    "x<&>",
    "Title\n A]]>b\r\nc \u2028\ttail",
    (
        Span.of(0, 5, "A & B", 0.5, ("C1", "C2+C3")),
        Span(((0, 2), (7, 8)), "X"),
        Span.of(7, 11, '"'),
        Span.of(7, 11, '"'),
    ),
    (Passage(0, 5, "title"), Passage(7, 14, "abstract"), Passage(8, 9, "inner"), Passage(15, 15, "<end>")),
    alternatives=(Span.of(0, 1, "A"),),
)
TIES = (
    Relation("r", (("a\t\n'\"<", RICH.spans[2]), ("", RICH.spans[1]))),
    Relation("c", (("", "D1"), ("", "D2"), ("", "D|3"))),
    Relation("d", (("x", "D1"), ("x", "D2"), ("", "D|3"))),
    Relation("lost", (("", "D1"), ("", RICH.spans[0]))),
    Relation("lost", ()),
    Relation("lost", (("", "-"),)),
)


def test_what_is_written(tmp_path: Path) -> None:
    rich = replace(RICH, relations=TIES)
    losses = bioc.write([rich, Document("2", "")], tmp_path / "f.xml")
    assert losses == {"alternative": 1, "relation": 3, "passage": 1}
    again, empty = bioc.read(tmp_path / "f.xml")
    outer = (*rich.passages[:2], rich.passages[3])
    assert again.spans == (rich.spans[0], *rich.spans[2:], rich.spans[1])  # the one across passages comes last
    assert replace(again, spans=rich.spans) == replace(
        rich, passages=outer, alternatives=(), relations=TIES[:3], losses={}
    )
    assert empty == Document("2", "")


def test_written_text(tmp_path: Path) -> None:
    spans = (Span.of(0, 4, "D", 0.5, ("C1", "C2")), Span.of(3, 6, "D"))
    bioc.write([Document("1", "Gout x", spans, (Passage(0, 4, "title"), Passage(5, 6, "abstract")))], tmp_path / "f")
    body = (tmp_path / "f").read_text().split("<key/>\n")[1]
    assert (
        body
        == """  <document>
    <id>1</id>
    <passage>
      <infon key="type">title</infon>
      <offset>0</offset>
      <text>Gout</text>
      <annotation id="1">
        <infon key="type">D</infon>
        <infon key="identifier">C1|C2</infon>
        <infon key="score">0.5</infon>
        <location offset="0" length="4"/>
        <text>Gout</text>
      </annotation>
    </passage>
    <passage>
      <infon key="type">abstract</infon>
      <infon key="white space before"> </infon>
      <offset>5</offset>
      <text>x</text>
    </passage>
    <annotation id="2">
      <infon key="type">D</infon>
      <location offset="3" length="3"/>
      <text>t x</text>
    </annotation>
  </document>
</collection>
"""
    )


NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@given(documents())
@quick
def test_round_trip(document: Document) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/f.xml"
        if NO_XML.search(document.text):
            with pytest.raises(ValueError, match=r"Character U\+.* in document '1' cannot be written .* write JSON"):
                bioc.write([document], path)
            return
        assert not bioc.write([document, document], path)
        for again in bioc.read(path):
            assert_same(again, document)
        for element in ElementTree.parse(path).iter():
            children = "".join(f"{child.tag} " for child in element)
            assert re.fullmatch(CONTENTS.get(element.tag, ""), children)


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\ud800", "\uffff"])
@pytest.mark.parametrize("value", ["text", "id"])
def test_characters_that_xml_cannot_hold(tmp_path: Path, character: str, value: str) -> None:
    document = replace(Document("1", "x"), **{value: f"a{character}b"})
    with pytest.raises(ValueError, match=rf"Character U\+{ord(character):04X} in document .* cannot be written"):
        bioc.write([document], tmp_path / "f.xml")
    assert not list(tmp_path.iterdir())


def test_memory_is_constant(tmp_path: Path) -> None:
    document = replace(FIRST, text=FIRST.text + "word " * 2_000, losses={})
    bioc.write(islice(cycle([document]), 400), tmp_path / "f.xml")
    size = (tmp_path / "f.xml").stat().st_size
    count, peak = peak_of(bioc.read(tmp_path / "f.xml"))
    assert count == 400
    assert peak < 1_000_000 < 4_000_000 < size


def test_cut_at_every_byte(tmp_path: Path) -> None:
    raw = FILE.encode()
    path = tmp_path / "f.xml"
    for cut in range(0, len(raw) - 1, 3):
        path.write_bytes(raw[:cut])
        found: list[Document] = []
        with pytest.raises(DataFormatError):
            found.extend(bioc.read(path))
        assert found in ([], [FIRST])


def test_damaged_files_are_errors_or_documents(tmp_path: Path) -> None:
    chance = random.Random(0)
    path = tmp_path / "f.xml"
    errors = 0
    for _ in range(400):
        raw = bytearray(FILE.encode())
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(raw))
            raw[start : start + chance.randint(0, 3)] = chance.choice(
                [b"", b"<", b"9", b"\xff", b"&", b"-", b"</text>"]
            )
        path.write_bytes(raw)
        try:
            list(bioc.read(path, lenient=chance.random() < 0.5))
        except DataFormatError:
            errors += 1
    assert 100 < errors < 400
