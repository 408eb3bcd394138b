"""Dublin Core XML."""

import gzip
import io
import sys
from pathlib import Path

import pytest

from zoo.data import dublin_core, formats
from zoo.data.document import DataFormatError, Passage

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMES = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:oai-dc="http://www.openarchives.org/OAI/2.0/oai_dc/"'


def record(*elements: str, name: str = "oai:scielo:S1") -> str:
    header = f"<header><identifier>{name}</identifier></header>" if name else ""
    return f"<record>{header}<metadata><oai-dc:dc {NAMES}>{''.join(elements)}</oai-dc:dc></metadata></record>"


@pytest.fixture
def written(tmp_path: Path):
    def write(*records: str) -> Path:
        (tmp_path / "a.xml").write_text(f"{HEAD}<all>{''.join(records)}</all>", encoding="utf-8")
        return tmp_path / "a.xml"

    return write


def test_titles_and_descriptions_are_passages(written):
    path = written(
        record(
            "<dc:creator>Ana Gota</dc:creator><dc:identifier>http://x</dc:identifier><dc:language>es</dc:language>",
            '<dc:title xml:lang="es"><![CDATA[ Gota\n y  <urato> ]]></dc:title>',
            '<dc:title xml:lang="en">Gout &amp; urate</dc:title>',
            '<dc:description xml:lang="es-ES">Uno.</dc:description>',
            '<dc:description xml:lang="es_MX">Dos.</dc:description>',
        ),
        record("<dc:title>Otra</dc:title>", name=""),
    )
    first, second = dublin_core.read(path)
    assert (first.id, second.id) == ("oai:scielo:S1", "2")
    assert first.text == "Gota y <urato>\nGout & urate\nUno.\nDos."
    assert [(part.kind, first.text[part.start : part.end]) for part in first.passages] == [
        ("title", "Gota y <urato>"),
        ("title", "Gout & urate"),
        ("description", "Uno."),
        ("description", "Dos."),
    ]
    assert (second.text, second.passages, dict(second.losses)) == ("Otra", (Passage(0, 4, "title"),), {})


def test_one_language_is_kept_and_the_others_counted(written):
    path = written(
        record(
            *(f'<dc:title xml:lang="{tag}">{tag}.</dc:title>' for tag in ("es", "ES-es", "en", "en-GB", "pt")),
            "<dc:title>without</dc:title>",
        ),
        record("<dc:language>es</dc:language><dc:title>declared</dc:title>"),
        record('<dc:title xml:lang="fr">deux</dc:title>'),
        record("<dc:language>es</dc:language><dc:language>en</dc:language><dc:title>which</dc:title>"),
    )
    documents = list(dublin_core.read(path, language="es"))
    assert [document.text for document in documents] == ["es.\nES-es.", "declared", "", ""]
    assert [dict(document.losses) for document in documents] == [
        {"text in en": 2, "text in pt": 1, "text in an unknown language": 1},
        {},
        {"text in fr": 1},
        {"text in an unknown language": 1},
    ]
    assert next(dublin_core.read(path, language="PT-br")).text == "pt."


def test_xml_lang_is_inherited(written):
    path = written(f'<record {NAMES} xml:lang="en"><dc:title>a</dc:title><dc:title xml:lang="es">b</dc:title></record>')
    assert [document.text for document in dublin_core.read(path, language="en")] == ["a"]


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<![CDATA[pH &#8805; 7 &#x3B2; &amp; &notaname; R&D &lt5]]>", "pH ≥ 7 β & &notaname; R&D &lt5"),
        ("&amp;#8805; &#8805;", "≥ ≥"),
        ("<![CDATA[&#150; &#0;]]>", "– \ufffd"),  # as HTML has it
        ("H<sub>2</sub>O<br/>2", "H2O2"),
        ("a\u00a0b", "a\u00a0b"),
        ("\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "😀"),
    ],
)
def test_characters(written, inside, expected):
    (document,) = dublin_core.read(written(record(f"<dc:title>{inside}</dc:title>")))
    assert document.text == expected


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
@pytest.mark.parametrize("text", ["González", "“niño” – 5 µg €", "β-talasemia", "ÁÉÍÓÚ", "💉"])
def test_mojibake_is_repaired_and_counted(written, encoding, text):
    try:
        broken = text.encode().decode(encoding)
    except UnicodeDecodeError:
        broken = text.encode().decode("latin-1")
    (document,) = dublin_core.read(written(record(f"<dc:title>{broken} &amp;#8805;</dc:title>")))
    assert document.text == f"{text} ≥"
    assert dict(document.losses) == {"mojibake repaired": 1}


@pytest.mark.parametrize("text", ["González", "MANHÃ À NOITE", "Âge", "10 °C ± 2", "São Paulo – Ñuñoa", "β", "Ã¡ é"])
def test_sound_text_is_left_alone(text):
    assert dublin_core.repair(text) == text


def test_markup_that_is_no_child_of_the_first_holder_is_read(written):
    path = written(f"<record {NAMES}><dc:creator>x</dc:creator><group><dc:title>kept</dc:title></group></record>")
    assert [document.text for document in dublin_core.read(path)] == ["kept"]


def test_gzip_stream_and_detection(tmp_path, monkeypatch):
    whole = f"{HEAD}<all>{record('<dc:title>Gota</dc:title>')}</all>".encode()
    (tmp_path / "a.xml.gz").write_bytes(gzip.compress(whole))
    assert formats.detect(tmp_path / "a.xml.gz") == formats.detect(tmp_path) == "dublin-core"
    assert [document.text for document in formats.read(tmp_path, options={"language": "es"})] == [""]
    assert [document.text for document in formats.read(tmp_path)] == ["Gota"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(whole)))
    assert [document.text for document in formats.read("-", "dublin-core")] == ["Gota"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<a></b>", r"a.xml:1: mismatched tag at column 6 — expected well-formed XML"),
        ("<all/>", "a.xml: no Dublin Core record — expected elements of http://purl.org/dc/elements/1.1/"),
        ("", "a.xml:1: no element found"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a/>', "a.xml:1: entity 'x' — expected none"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a/>', "entity 'x' — expected none"),
        ('<!DOCTYPE a SYSTEM "a.dtd"><a>&eacute;</a>', "entity 'eacute' — expected none"),
        ("<a>" * 200, "elements within each other too deep"),
        ("<a><!--" + "x" * (1 << 23), "too long to be Dublin Core"),
        ('<?xml version="1.0" encoding="martian"?><a/>', "encoding"),
    ],
)
def test_what_is_none_is_refused(tmp_path, content, message):
    (tmp_path / "a.xml").write_text(content)
    with pytest.raises(DataFormatError, match=message):
        list(dublin_core.read(tmp_path / "a.xml"))


def test_records_are_read_one_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(dublin_core, "_BYTES", 1000)
    many = "".join(record(f"<dc:title>t{number}</dc:title>", name=str(number)) for number in range(50))
    (tmp_path / "a.xml").write_text(f"{HEAD}<all>{many}<cut", encoding="utf-8")
    documents = dublin_core.read(tmp_path / "a.xml")
    assert [next(documents).text for _ in range(40)] == [f"t{number}" for number in range(40)]
    with pytest.raises(DataFormatError):
        list(documents)


def test_real_records(data_root):
    paths = sorted((data_root / "es" / "raw" / "dublin-core").glob("*.xml"))
    assert len(paths) == 2
    for path in paths:
        (both,) = formats.read(path)
        (spanish,) = formats.read(path, options={"language": "es"})
        assert len(both.passages) == 4
        assert [part.kind for part in spanish.passages] == ["title", "description"]
        assert dict(spanish.losses) == {"text in en": 2}
        assert both.id == f"oai:scielo:{path.stem}"
        assert "&#" not in both.text
