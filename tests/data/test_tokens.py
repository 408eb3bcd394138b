"""Token columns of Hugging Face datasets."""

import json
import tempfile
from array import array
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import documents, quick, texts
from zoo.data import conll, genetag, tokens
from zoo.data.document import DataFormatError, Document, Passage, Relation, Span, losses_of
from zoo.data.tags import SCHEMES
from zoo.text.segment import Segmenter

NAMES = ["O", "B-Disease", "I-Disease"]


def parse(*rows: Any, **options: Any) -> list[Document]:
    return list(tokens.from_rows(rows, **options))


def found(document: Document) -> list[tuple[str, str]]:
    return [(span.slice(document.text), span.label) for span in document.spans]


def test_strings_and_numbers_say_the_same() -> None:
    words = ["Wilson", "disease", "."]
    expected = Document("7", "Wilson disease .", (Span.of(0, 14, "Disease"),))
    assert parse({"id": "7", "tokens": words, "ner_tags": ["B-Disease", "I-Disease", "O"]}) == [expected]
    row = {"id": 7, "tokens": tuple(words), "ner_tags": array("b", [1, 2, 0])}
    assert parse(row, tag_names=NAMES) == parse(row, tag_names="O, B-Disease,I-Disease") == [expected]


def test_tokens_with_blanks_keep_their_offsets() -> None:
    (document,) = parse({"tokens": ["in vitro", " ", "\n", "💉"], "ner_tags": ["B-A b", "O", "O", "B-C"]})
    assert (document.id, document.text) == ("rows-1", "in vitro   \n 💉")
    assert found(document) == [("in vitro", "A b"), ("💉", "C")]


@pytest.mark.parametrize(
    "tags",
    ["I-D I-D B-D I-G O", "B-D I-D B-D B-G O", "B-D E-D S-D S-G O", "B-D L-D U-D U-G O", "B-D E-D W-D W-G O"],
    ids=["IOB1", "IOB2", "BIOES", "BILOU", "BMEWO-V"],
)
def test_schemes(tags: str) -> None:
    (document,) = parse({"tokens": "a b c d e".split(), "ner_tags": tags.split()})
    assert found(document) == [("a b", "D"), ("c", "D"), ("d", "G")]
    assert not document.losses


@given(st.lists(st.lists(st.sampled_from("O B-D I-D I-G B-G E-D S-D".split()), min_size=1, max_size=5), max_size=4))
@quick
def test_spans_and_orphans_are_those_of_conll(sentences: list[list[str]]) -> None:
    """The same sentences as CoNLL columns are the same documents."""
    columns = [line for tags in sentences for line in [*(f"w\t{tag}" for tag in tags), ""]]
    rows = [{"tokens": ["w"] * len(tags), "ner_tags": tags} for tags in sentences]
    assert parse(*rows, source="f") == list(conll.parse(columns, "f"))


def test_overlapping_spans_need_their_scheme() -> None:
    nested = Document("1", "a b c", (Span.of(0, 5, "D"), Span.of(2, 3, "G")))
    rows = list(tokens.to_rows([nested], scheme="BMEWO-V"))
    assert rows[0]["ner_tags"] == ["B-D", "V-G", "E-D"]
    assert parse(*rows) == parse(*rows, scheme="BMEWO-V") == [nested]
    with pytest.raises(
        DataFormatError, match="rows:1: tag 'V-G' — expected O or a label after one of B-, I- — correct"
    ):
        parse(*rows, scheme="IOB2")
    late = [{"tokens": ["a"], "ner_tags": ["B-D"]}] * 1000 + rows
    with pytest.raises(DataFormatError, match="rows:1001: tag 'V-G' — expected"):
        parse(*late)
    assert parse(*late, scheme="BMEWO-V")[-1] == nested
    with pytest.raises(ValueError, match="Expected a tag scheme out of"):
        parse(scheme="IOB3")


def test_other_columns_are_counted() -> None:
    row = {"id": "1", "words": ["a"], "labels": ["O"], "tokens": ["x", "y"], "pos_tags": [3], "empty": None}
    (document,) = parse(row, tokens="words", tags="labels")
    assert document.losses == {"key tokens": 1, "key pos_tags": 1}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([], "Expected a mapping of columns but got a list."),
        ({"words": [], "ner_tags": []}, "Expected a column 'tokens' but got 'words', 'ner_tags': name the right one."),
        ({"tokens": [], "ner_tags": None}, "Expected a column 'ner_tags' but got 'tokens', 'ner_tags'"),
        ({"tokens": "ab", "ner_tags": []}, "Expected a list in column 'tokens' but got a str."),
        ({"tokens": {}, "ner_tags": []}, "Expected a list in column 'tokens' but got a dict."),
        ({"tokens": 7, "ner_tags": []}, "Expected a list in column 'tokens' but got a int."),
        ({"tokens": ["a"], "ner_tags": []}, "Expected a tag for each of 1 tokens but got 0."),
        (
            {"tokens": [""], "ner_tags": ["O"]},
            "Expected tokens that are strings of at least one character but got an e",
        ),
        ({"tokens": [None], "ner_tags": ["O"]}, "Expected tokens that are strings of at least one character but got a"),
        ({"tokens": ["a"], "ner_tags": ["o"]}, "Expected a tag that is O or a prefix with a label, as B-Disease, but "),
        (
            {"tokens": ["a"], "ner_tags": ["B-"]},
            "Expected a tag that is O or a prefix with a label, as B-Disease, but ",
        ),
        (
            {"tokens": ["a"], "ner_tags": ["X-D"]},
            "tag 'X-D' — expected O or a label after one of B-, I-, E-, S-, L-, U- — correct the row, or name a",
        ),
        ({"tokens": ["a"], "ner_tags": [0.0]}, "Expected tags that are strings or integers but got a float."),
        ({"tokens": ["a"], "ner_tags": [3]}, "Expected numbers from 0 to 2, as there are tag names, but got 3."),
        ({"tokens": ["a"], "ner_tags": [-100]}, "Expected numbers from 0 to 2, as there are tag names, but got -100."),
        ({"tokens": ["a"], "ner_tags": [True]}, "Expected numbers from 0 to 2, as there are tag names, but got True."),
        ({"id": 1.5, "tokens": [], "ner_tags": []}, "Expected an id that is a string or an integer but got a float."),
        ({"id": True, "tokens": [], "ner_tags": []}, "Expected an id that is a string or an integer but got a bool."),
    ],
)
def test_bad_rows(row: Any, message: str) -> None:
    with pytest.raises(DataFormatError) as caught:
        parse({"tokens": [], "ner_tags": []}, row, tag_names=NAMES)
    assert str(caught.value).startswith(f"rows:2: {message}")


def test_numbers_need_names(tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    path.write_text('\n{"tokens": ["a"], "ner_tags": [1]}\n{"tokens": [7], "ner_tags": [1]}')
    with pytest.raises(DataFormatError) as caught:
        list(tokens.read(path))
    assert str(caught.value) == (
        f"{path}:2: Expected tags by name but got the number 1: name them all in order with tag_names, as in "
        "dataset.features['ner_tags'].feature.names. Correct the row."
    )
    with pytest.raises(DataFormatError, match=r"dev\.jsonl:3: Expected tokens that are strings .* but got a int\."):
        list(tokens.read(path, tag_names="O,B-D"))
    path.write_text('\n{"tokens": ["a"], "ner_tags": [1]}')
    assert list(tokens.read(path, tag_names="O,B-D")) == [Document("dev-1", "a", (Span.of(0, 1, "D"),))]
    for names in ("", "O,Disease", ["O", "B-"], [0, 1]):
        with pytest.raises(ValueError, match="Expected a tag that is O or"):
            tokens.read(path, tag_names=names)


@pytest.mark.parametrize(
    "raw", ["[1]", '{"tokens": [', '{"tokens": [], "tokens": []}', r'{"a": "\ud800"}', "[" * 100_000]
)
def test_lines_that_are_no_rows(tmp_path: Path, raw: str) -> None:
    (tmp_path / "f").write_text(raw)
    with pytest.raises(DataFormatError, match=r"f:1: .* — expected one JSON object a line"):
        list(tokens.read(tmp_path / "f"))


def test_written_rows_and_what_is_lost(tmp_path: Path) -> None:
    text = "Breast and ovarian cancer.\nNo pain"
    pain = Span.of(30, 34, "P x", score=0.5, concepts=("C",))
    spans = (
        Span.of(0, 25, "D"),
        Span.of(11, 25, "D"),  # within the longer one
        Span(((0, 6), (19, 25)), "D"),
        Span.of(1, 3, "D"),  # within a word
        Span.of(19, 29, "D"),  # over two sentences
        pain,
    )
    document = Document(
        *("a", text, spans, (Passage(0, 26, "t"),)), alternatives=spans[:2], relations=(Relation("R", (("", pain),)),)
    )
    path = tmp_path / "f.jsonl"
    losses = tokens.write(
        [document, Document("b", "¿Ça?"), Document("c", " ")], path, scheme="BIOES", segment=Segmenter()
    )
    assert losses == {
        **{"overlapping": 1, "discontinuous": 1, "unaligned": 2, "score": 1, "concept": 1},
        **{"passage": 1, "alternative": 2, "relation": 1, "white space": 3, "document in parts": 1},
    }
    assert path.read_text(encoding="utf-8") == (
        '{"id": "a-1", "tokens": ["Breast", "and", "ovarian", "cancer", "."], '
        '"ner_tags": ["B-D", "I-D", "I-D", "E-D", "O"]}\n'
        '{"id": "a-2", "tokens": ["No", "pain"], "ner_tags": ["O", "S-P x"]}\n'
        '{"id": "b", "tokens": ["¿", "Ça", "?"], "ner_tags": ["O", "O", "O"]}\n'
        '{"id": "c", "tokens": [], "ner_tags": []}\n'
    )
    first, second, third, fourth = tokens.read(path)
    assert (first.id, found(first)) == ("a-1", [("Breast and ovarian cancer", "D")])
    assert found(second) == [("pain", "P x")]
    assert third == Document("b", "¿ Ça ?")
    assert fourth == Document("c", "")


def test_rows_come_one_by_one() -> None:
    rows = tokens.to_rows(Document(str(number), "x") for number in iter(int, 1))
    assert next(rows) == {"id": "0", "tokens": ["x"], "ner_tags": ["O"]}


def test_refusals_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected a tag scheme"):
        tokens.write([], tmp_path / "f", scheme="IOB3")
    with pytest.raises(ValueError, match="Expected a tag scheme"):
        tokens.to_rows([], scheme="IOB3")
    with pytest.raises(ValueError, match="surrogates not allowed"):
        tokens.write([Document("1", "\ud800")], tmp_path / "f")
    assert not list(tmp_path.iterdir())


@given(texts, st.data(), st.sampled_from(list(SCHEMES)))
@quick
def test_round_trip(text: str, data: st.DataObject, scheme: str) -> None:
    sentences = conll.blank_words(text)
    spans = []
    for words in sentences:
        first = data.draw(st.integers(0, len(words) - 1))
        last = data.draw(st.integers(first, len(words) - 1))
        spans.append(Span.of(words[first][0], words[last][1], data.draw(st.sampled_from(["D", "cell line", "-"]))))
    with tempfile.TemporaryDirectory() as folder:
        losses = tokens.write([Document("1", text, tuple(spans))], f"{folder}/f", scheme=scheme)
        again = list(tokens.read(f"{folder}/f", scheme=scheme))
        assert not tokens.write(again, f"{folder}/g", scheme=scheme)
        assert list(tokens.read(f"{folder}/g", scheme=scheme)) == again
    joined = "\n".join(document.text for document in again)
    assert losses == Counter({"white space": int(joined != text), "document in parts": int(len(again) > 1)})
    assert [document.text for document in again] == [
        " ".join(text[start:end] for start, end in words) for words in sentences or [[]]
    ]
    assert [pair for document in again for pair in found(document)] == [
        (" ".join(span.slice(text).split()), span.label) for span in spans
    ]


@given(documents())
@quick
def test_every_span_is_written_or_counted(document: Document) -> None:
    losses = Counter[str]()
    rows = list(tokens.to_rows([document], losses=losses))
    written = sum(tag.startswith("B-") for row in rows for tag in row["ner_tags"])
    assert written + losses["discontinuous"] + losses["unaligned"] + losses["overlapping"] == len(document.spans)
    assert json.loads(json.dumps(rows)) == rows


def test_a_published_corpus_as_rows(data_root: Path, tmp_path: Path) -> None:
    """The IOB2 version of BC2GM: the counts of its README, whether through columns or rows."""
    source = data_root / "en/iob/BC2GM-IOB/devel.tsv"
    columns = list(conll.read(source))
    assert not tokens.write(columns, tmp_path / "devel.jsonl")
    again = list(tokens.read(tmp_path / "devel.jsonl"))
    assert again == columns
    assert (len(again), sum(len(document.spans) for document in again)) == (2_519, 3_061)
    assert not losses_of(again)


def test_mentions_that_blanks_do_not_bound(data_root: Path) -> None:
    """The README of the data counts 2,587 of 6,331."""
    losses = Counter[str]()
    rows = list(tokens.to_rows(genetag.read(data_root / "en/bc2gm/test"), losses=losses))
    assert (len(rows), losses["unaligned"], losses["alternative"]) == (5_000, 2_587, 5_068)


def test_a_dataset_of_the_library_itself(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    document = Document("1", "Wilson disease\nNo\u200b pain", (Span.of(0, 14, "Disease"),))
    tokens.write([document, Document("2", "")], tmp_path / "f.jsonl")
    loaded = datasets.load_dataset("json", data_files=str(tmp_path / "f.jsonl"), split="train", cache_dir=str(tmp_path))
    expected = list(tokens.read(tmp_path / "f.jsonl"))
    assert list(tokens.from_rows(loaded)) == expected
    classes = datasets.Sequence(datasets.ClassLabel(names=NAMES))
    numbered = loaded.map(lambda row: {"ner_tags": [NAMES.index(tag) for tag in row["ner_tags"]]})
    numbered = numbered.cast_column("ner_tags", classes)
    names = numbered.features["ner_tags"].feature.names
    assert list(tokens.from_rows(numbered, tag_names=names)) == expected
