"""JSON Lines."""

import gzip
import io
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import quick
from zoo.data import genetag, jsonl
from zoo.data.document import DataFormatError, Document, Passage, Relation, Span, losses_of

LINE = (
    '{"id": "1", "text": "gut and tumor 💉\\r\\n", "spans": [{"start": 0, "end": 13, "label": "Größe", '
    '"fragments": [[0, 3], [8, 13]], "score": 0.25, "concepts": ["D1+D2", ""]}, {"start": 14, "end": 15, "label": "D"}]'
    ', "passages": [{"start": 0, "end": 0, "kind": "title"}], "alternatives": [{"start": 0, "end": 3, "label": "D"}], '
    '"relations": [{"label": "CID", "arguments": [{"role": "Arg1", "span": 1}, {"concept": "D3"}]}]}'
)
DOCUMENT = Document(
    "1",
    "gut and tumor 💉\r\n",
    (Span(((0, 3), (8, 13)), "Größe", 0.25, ("D1+D2", "")), Span.of(14, 15, "D")),
    (Passage(0, 0, "title"),),
    alternatives=(Span.of(0, 3, "D"),),
    relations=(Relation("CID", (("Arg1", Span.of(14, 15, "D")), ("", "D3"))),),
)
EMPTY = Document("", "")


def parse(*lines: str) -> list[Document]:
    return list(jsonl.parse(lines, "f"))


def test_a_line_with_everything(tmp_path: Path) -> None:
    assert jsonl.write([DOCUMENT, EMPTY], tmp_path / "f") == {}
    assert (tmp_path / "f").read_bytes().decode() == f'{LINE}\n{{"id": "", "text": ""}}\n'
    assert list(jsonl.read(tmp_path / "f")) == [DOCUMENT, EMPTY]


@pytest.mark.parametrize("raw", [f"{LINE}\r\n", f"\ufeff{LINE}", f"\n \t\n{LINE}\n\n"])
def test_line_ends_and_byte_order_marks(tmp_path: Path, raw: str) -> None:
    (tmp_path / "f.jsonl.gz").write_bytes(gzip.compress(raw.encode()))
    assert list(jsonl.read(tmp_path / "f.jsonl.gz")) == [DOCUMENT]


def test_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=output))
    jsonl.write([DOCUMENT, EMPTY], "-")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(output.getvalue())))
    assert list(jsonl.read("-")) == [DOCUMENT, EMPTY]


def test_what_others_write() -> None:
    """Numbers as ids, escapes instead of characters, nulls, whole scores, keys of their own."""
    first, second = parse(
        '{"text": "\\ud83d\\udc89", "id": 10021369, "title": "x", "meta": {"a": NaN}, "spans": null}'.replace(
            "NaN", "1"
        ),
        '{"id": "2", "text": "ab", "spans": [{"start": 0, "end": 1, "label": "D", "score": 1, "color": "red", '
        '"concepts": null, "fragments": []}, {"start": 1, "end": 2, "label": "D", "color": 2}], "meta": null}',
    )
    assert first == Document("10021369", "💉", losses={"key title": 1, "key meta": 1})
    assert second == Document("2", "ab", (Span.of(0, 1, "D", 1.0), Span.of(1, 2, "D")), losses={"key spans.color": 2})


def line(**changes: object) -> str:
    return json.dumps({"id": "1", "text": "abc"} | changes)


SPAN = {"start": 0, "end": 1, "label": "D"}
NOT_ONE_OBJECT = "— expected one JSON object a line — correct it, or check that it is not cut off."


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("[]", f"a list where an object should be {NOT_ONE_OBJECT}"),
        ("7", f"7 where an object should be {NOT_ONE_OBJECT}"),
        ('{"id": "1",', "no JSON: Expecting property name enclosed in double quotes at column 12 — expected one"),
        ('{"id": "1", "text": "a"} {}', "no JSON: Extra data at column 26"),
        ('{"id": "1", "text": "a\tb"}', "no JSON: Invalid control character at at column 23"),
        ('{"id": "1", "text": "a", "score": NaN}', f"NaN is no JSON value {NOT_ONE_OBJECT}"),
        ('{"id": "1", "text": "a", "x": -Infinity}', "-Infinity is no JSON value"),
        ('{"id": "1", "text": "a", "id": "2"}', f"key 'id' occurs twice in an object {NOT_ONE_OBJECT}"),
        ('{"id": "1", "text": "a", "x": [{"y": 1, "z": 1, "y": 2}]}', "key 'y' occurs twice"),
        ('{"x": ' + "[" * 100_000, "lists or objects within each other, too deep to read — expected"),
        ('{"x": ' + '{"a":' * 100_000, "lists or objects within each other, too deep to read — expected"),
        ('{"id": ' + "9" * 5000 + "}", "Exceeds the limit (4300 digits)"),
        ('{"id": "1"}', "Expected a string as text but there is none. Correct the line."),
        ('{"text": "1"}', "Expected a string or an integer as id but there is none."),
        (line(id=None), "Expected a string or an integer as id but there is none."),
        (line(id=True), "Expected a string or an integer as id but got True."),
        (line(id=1.0), "Expected a string or an integer as id but got 1.0."),
        (line(text=["a"]), "Expected a string as text but got a list."),
        (line(text="a\ud800b"), "half a surrogate pair ('\\ud800') in a string — expected one JSON"),
        (line(id="\udc00\ud800"), "half a surrogate pair"),
        (line(**{"k\ud800": 1}), "half a surrogate pair"),
        (line(spans={}), "Expected a list as spans but got an object."),
        (line(spans="D"), "Expected a list as spans but got 'D'."),
        (line(spans=[SPAN, 7]), "spans[1]: Expected an object but got 7."),
        (line(spans=[{**SPAN, "start": 0.0}]), "spans[0]: Expected an integer as start but got 0.0."),
        (line(spans=[{**SPAN, "start": False}]), "spans[0]: Expected an integer as start but got False."),
        (line(spans=[{**SPAN, "end": "1"}]), "spans[0]: Expected an integer as end but got '1'."),
        (line(spans=[{"start": 0, "end": 1}]), "spans[0]: Expected a string as label but there is none."),
        (line(spans=[{**SPAN, "label": ""}]), "spans[0]: Expected a span with a label but got an empty one."),
        (
            line(spans=[{**SPAN, "start": 1}]),
            "spans[0]: Expected sorted, non-empty, non-overlapping fragments but got ",
        ),
        (line(spans=[{**SPAN, "start": -1}]), "spans[0]: Expected sorted, non-empty"),
        (line(spans=[{**SPAN, "end": 4}]), "Expected offsets up to 3 in document '1' but got Span("),
        (line(spans=[{**SPAN, "end": 10**4000}]), "Expected offsets up to 3 in document '1' but got Span("),
        (line(alternatives=[{**SPAN, "end": 4}]), "Expected offsets up to 3 in document '1' but got Span("),
        (line(spans=[{**SPAN, "score": "1"}]), "spans[0]: Expected a number as score but got '1'."),
        (line(spans=[{**SPAN, "score": True}]), "spans[0]: Expected a number as score but got True."),
        (line(spans=[{**SPAN, "score": 1.01}]), "spans[0]: Expected a probability in [0, 1] as score but got 1.01."),
        (line(spans=[{**SPAN, "score": -1}]), "spans[0]: Expected a probability in [0, 1] as score but got -1."),
        (line(spans=[{**SPAN, "score": 0}])[:-4] + "1e999}]}", "spans[0]: Expected a probability in [0, 1] as score"),
        (line(spans=[{**SPAN, "concepts": "D1"}]), "spans[0]: Expected a list of strings as concepts but got 'D1'."),
        (line(spans=[{**SPAN, "concepts": [1]}]), "spans[0]: Expected strings in concepts but got 1."),
        (line(spans=[{**SPAN, "fragments": [0, 1]}]), "spans[0]: Expected pairs of integers in fragments but got 0."),
        (
            line(spans=[{**SPAN, "fragments": [[0, 1, 2]]}]),
            "spans[0]: Expected pairs of integers in fragments but got a list.",
        ),
        (
            line(spans=[{**SPAN, "fragments": [[0, True]]}]),
            "spans[0]: Expected pairs of integers in fragments but got a list.",
        ),
        (
            line(spans=[{**SPAN, "fragments": [[0, 1], [2, 3]]}]),
            "spans[0]: Expected fragments to begin at 0 and end at 1 but got ((0, 1), (2, 3)).",
        ),
        (
            line(spans=[{**SPAN, "fragments": [[0, 2], [1, 1]]}]),
            "spans[0]: Expected sorted, non-empty, non-overlapping",
        ),
        (
            line(passages=[{"start": 2, "end": 1, "kind": "t"}]),
            "passages[0]: Expected 0 <= start <= end but got Passage(",
        ),
        (
            line(passages=[{"start": -1, "end": 1, "kind": "t"}]),
            "passages[0]: Expected 0 <= start <= end but got Passage(",
        ),
        (line(passages=[{"start": 0, "end": 4, "kind": "t"}]), "Expected offsets up to 3"),
        (line(passages=[{"start": 0, "end": 1}]), "passages[0]: Expected a string as kind but there is none."),
        (line(relations=[{"label": "R"}, {}]), "relations[1]: Expected a string as label but there is none."),
        (
            line(spans=[SPAN], relations=[{"label": "R", "arguments": [{"span": 0}, {"span": 1}]}]),
            "relations[0]: arguments[1]: Expected span to be a place in 1 spans but got 1.",
        ),
        (
            line(spans=[SPAN], relations=[{"label": "R", "arguments": [{"span": -1}]}]),
            "relations[0]: arguments[0]: Expected span to be a place in 1 spans but got -1.",
        ),
        (
            line(spans=[SPAN], relations=[{"label": "R", "arguments": [{"span": False}]}]),
            "relations[0]: arguments[0]: Expected an integer as span but got False.",
        ),
        (
            line(spans=[SPAN], relations=[{"label": "R", "arguments": [{"span": 0, "concept": "D"}]}]),
            "relations[0]: arguments[0]: Expected either span or concept.",
        ),
        (
            line(relations=[{"label": "R", "arguments": [{"role": "a"}]}]),
            "relations[0]: arguments[0]: Expected either span or concept.",
        ),
    ],
)
def test_bad_lines(bad: str, message: str) -> None:
    with pytest.raises(DataFormatError) as caught:
        parse("", LINE, bad)
    assert str(caught.value).startswith(f"f:3: {message}")


def test_cut_at_every_character() -> None:
    """A line cut off is no object any more, wherever it is cut."""
    for cut in range(1, len(LINE)):
        with pytest.raises(DataFormatError, match="f:1: no JSON"):
            parse(LINE[:cut])


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists), st.data())
@quick
def test_any_value_anywhere(value: object, data: st.DataObject) -> None:
    """Whatever stands at a key, it is read, or refused with the line it stands in."""
    row = json.loads(LINE)
    objects = [row, row["spans"][0], row["spans"][1], row["passages"][0], row["relations"][0]]
    objects += row["relations"][0]["arguments"]
    target = data.draw(st.sampled_from(objects))
    target[data.draw(st.sampled_from([*target, "other"]))] = value
    try:
        (document,) = parse(json.dumps(row))
    except DataFormatError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert parse(json.dumps(jsonl.to_row(document))) == [replace(document, losses={})]
    assert not refusal or refusal.startswith("f:1: ")


@pytest.mark.parametrize("score", [float("nan"), float("inf"), 1.5, -0.1])
def test_scores_that_are_no_probabilities(tmp_path: Path, score: float) -> None:
    with pytest.raises(ValueError, match=r"Expected a probability in \[0, 1\]"):
        jsonl.write([Document("1", "a", (Span.of(0, 1, "D", score),))], tmp_path / "f")
    assert not list(tmp_path.iterdir())


def test_half_a_surrogate_pair_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        jsonl.write([Document("1", "a\ud800")], tmp_path / "f")
    assert not list(tmp_path.iterdir())


strings = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    st.sampled_from('ab\\"/\x00\x1f\x7f\t\r\n\x0b\x85\u00a0\u2028\u2029\ufeff\u0301\U0001f489\U0010ffff')
)


@st.composite
def full_documents(draw: st.DrawFn) -> Document:
    """A document that holds all that a document can."""
    text = draw(strings)
    cuts = st.lists(st.integers(0, len(text)), min_size=2, max_size=6, unique=True).map(sorted)
    span = st.builds(
        lambda cuts, label, score, concepts: Span(
            tuple(zip(cuts[::2], cuts[1::2], strict=False)), label, score, tuple(concepts)
        ),
        cuts,
        strings.filter(bool),
        st.none() | st.floats(0, 1),
        st.lists(strings, max_size=2),
    )
    spans = st.lists(span, max_size=4).map(tuple) if text else st.just(())
    found = draw(spans)
    passage = cuts.map(lambda cuts: (cuts[0], cuts[-1])) if text else st.just((0, 0))
    fillers = strings | st.sampled_from(found) if found else strings
    relation = st.builds(Relation, strings, st.lists(st.tuples(strings, fillers), max_size=3).map(tuple))
    return Document(
        draw(strings),
        text,
        found,
        tuple(draw(st.lists(st.builds(lambda pair, kind: Passage(*pair, kind), passage, strings), max_size=2))),
        alternatives=draw(spans),
        relations=tuple(draw(st.lists(relation, max_size=2))),
    )


@given(st.lists(full_documents(), max_size=3))
@quick
def test_round_trip(documents: list[Document]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert jsonl.write(documents, f"{folder}/f.jsonl") == {}
        assert list(jsonl.read(f"{folder}/f.jsonl")) == documents
        raw = Path(f"{folder}/f.jsonl").read_bytes()
    rows = [json.loads(raw_line) for raw_line in raw.split(b"\n")[:-1]]  # each line is JSON by itself
    assert [row["text"] for row in rows] == [document.text for document in documents]
    assert [jsonl.from_row(row) for row in rows] == documents


def test_a_corpus_with_alternatives(data_root: Path, tmp_path: Path) -> None:
    documents = list(genetag.read(data_root / "en/bc2gm/test"))
    jsonl.write(documents, tmp_path / "f.jsonl")
    again = list(jsonl.read(tmp_path / "f.jsonl"))
    assert again == documents
    assert not losses_of(again)
