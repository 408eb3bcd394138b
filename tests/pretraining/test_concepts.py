import pytest

from zoo.data import formats
from zoo.data.document import Document, Span
from zoo.pretraining.concepts import Concepts
from zoo.pretraining.sentences import Sentences
from zoo.text.segment import Segmenter

MESH = r"(?:MESH:)?([CD]\d{6})|(OMIM:\d+)"


def words(text: str, pattern: str = MESH) -> list[str]:
    concepts = Concepts(pattern)
    return [word for sentence in Segmenter("v1")(text) for word, _ in concepts.words(text, sentence)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("of MESH:D006073, (OMIM:12)", ["of", "D006073", ",", "(", "OMIM:12", ")"]),
        ("D006073/D006073. D006073", ["D006073", "/", "D006073", ".", "D006073"]),
        ("AD006073 D0060731 MESH:X1", ["AD006073", "D0060731", "MESH", ":", "X1"]),
        ("OMIM:1.5 then", ["OMIM", ":", "1.5", "then"]),  # 1.5 is one word: an identifier ends where a word does
        ("", []),
    ],
)
def test_identifiers_stay_one_word(text, expected):
    assert words(text) == expected


def test_without_a_group_the_whole_is_written():
    assert words("See SNOMED:73211009 now", r"SNOMED:\d+") == ["See", "SNOMED:73211009", "now"]


def test_identifiers_are_not_normalized():
    sentences = Sentences("v1", "lower-digits", concepts=Concepts(r"SNOMED:\d+"))
    assert list(sentences(["The SNOMED:12 of 37."])) == [["the", "SNOMED:12", "of", "00", "."]]


def test_mentions_are_replaced_the_longest_first():
    text = "Breast and ovarian cancer, gout, flu or renal failure"

    def span(quoted: str, *ids: str) -> Span:
        return Span.of(text.index(quoted), text.index(quoted) + len(quoted), "Disease", concepts=ids)

    fragments = Span(((0, 6), (19, 25)), "Disease", concepts=("D000001",))
    spans = (
        span("ovarian cancer", "D000002"),
        span("Breast and ovarian cancer", "D000001", "D000002"),
        span("gout", "MESH:D006073"),
        span("flu"),
        span("renal failure", "D000003", "NCBI:7"),
        fragments,
    )
    concepts = Concepts(MESH)
    replaced = concepts.replace(Document("1", text, spans))
    assert replaced.split() == ["D000001", "D000002", ",", "MESH:D006073", ",", "flu", "or", "renal", "failure"]
    counted = {"identifiers": 0, "replaced": 2, "without_identifier": 2, "overlapping": 2, "in_fragments": 0}
    assert concepts.counts == counted
    assert Concepts(MESH).replace(Document("1", text, (fragments,))) == text


@pytest.mark.parametrize("name", ["brat", "pubtator", "bioc", "bioc-json", "jsonl"])
def test_every_format_with_concepts_is_read(tmp_path, name):
    document = Document("1", "Acute gout hurts", (Span.of(6, 10, "Disease", concepts=("MESH:D006073",)),))
    path = tmp_path / ("folder" if name == "brat" else f"a{formats.FORMATS[name].endings[0]}")
    formats.write([document], path, name)
    concepts = Concepts(MESH)
    assert " ".join(concepts.read(path)).split() == ["Acute", "MESH:D006073", "hurts"]
    assert concepts.counts["replaced"] == 1


def test_text_without_annotations_is_read_as_it_is(tmp_path):
    (tmp_path / "a.txt").write_text("One.\nMESH:D006073\n")
    (tmp_path / "b.in").write_text("P00001606T0076 Comparison of p53\n")
    concepts = Concepts(MESH)
    assert [text for name in ("a.txt", "b.in") for text in concepts.read(tmp_path / name)] == [
        "One.",
        "MESH:D006073",
        "Comparison of p53",
    ]


def test_faulty_annotations_are_left_out(tmp_path):
    (tmp_path / "a.pubtator").write_text("1|t|Gout\n1|a|x\n1\t0\t4\tGout\tD\tD006073\n1\t90\t99\tfar\tD\tD006073\n")
    assert "".join(Concepts(MESH).read(tmp_path / "a.pubtator")).split() == ["D006073", "x"]
