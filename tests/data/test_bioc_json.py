"""BioC JSON."""

import gzip
import io
import json
import random
import tempfile
import types
from collections import Counter
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.data.strategies import quick
from tests.data.test_bioc_documents import assert_same, documents, peak_of
from zoo.data import bioc, bioc_json
from zoo.data.document import DataFormatError, Document, Passage, Relation, Span

# As PubTator 3 gives a document: ids as numbers, infons that are no strings, relations of concepts.
GOUT = {
    "_id": "7|None",
    "id": "7",
    "infons": {},
    "passages": [
        {
            "infons": {"journal": "J. Irrep. Res.", "type": "title"},
            "offset": 0,
            "text": "Gout & rash 💉",
            "sentences": [],
            "annotations": [
                {
                    "id": "2",
                    "infons": {"identifier": "MESH:D006073", "type": "Disease", "valid": True, "normalized": ["D6"]},
                    "text": "Gout",
                    "locations": [{"offset": 0, "length": 4}],
                },
                {
                    "id": 3,
                    "infons": {"identifier": None, "type": "Drug", "normalized": []},
                    "text": "💉",
                    "locations": [{"offset": 12, "length": 1}],
                },
            ],
            "relations": [],
        },
        {"infons": {"type": "abstract"}, "offset": 14, "text": ""},
    ],
    "annotations": [],
    "relations": [
        {
            "id": "R1",
            "infons": {
                "score": "0.99",
                "role1": {"identifier": "MESH:D006073", "type": "Disease", "name": "Gout"},
                "role2": {"identifier": "MESH:D1", "type": "Chemical"},
                "type": "Association",
            },
            "nodes": [{"refid": "0", "role": "0,1"}],
        },
        {"id": "R2", "infons": {"type": "Treats"}, "nodes": [{"refid": "3", "role": "by"}, {"refid": 2, "role": "of"}]},
    ],
    "pmid": 7,
    "accessions": ["disease@MESH:D006073"],
    "journal": None,
    "relations_display": [{"name": "associate|@DISEASE_Gout|@CHEMICAL_x"}],
}  # fmt: skip
SPANS = (Span.of(0, 4, "Disease", concepts=("MESH:D006073",)), Span.of(12, 13, "Drug"))
DOCUMENT = Document(
    "7",
    "Gout & rash 💉\n",
    SPANS,
    (Passage(0, 13, "title"), Passage(14, 14, "abstract")),
    # journal, valid, normalized, score | _id, pmid, accessions, relations_display
    {"infon": 4, "field": 4},
    relations=(
        Relation("Association", (("Disease", "MESH:D006073"), ("Chemical", "MESH:D1"))),
        Relation("Treats", (("by", SPANS[1]), ("of", SPANS[0]))),
    ),
)
NEXT = {"id": 8, "passages": []}
EIGHT = Document("8", "")


def read(value: Any, folder: Path, *, lenient: bool = False) -> list[Document]:
    path = folder / "f.json"
    raw = value if isinstance(value, str | bytes) else json.dumps(value)
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return list(bioc_json.read(path, lenient=lenient))


def lines(*values: Any) -> str:
    return "\n".join(json.dumps(value, ensure_ascii=False) for value in values)


@pytest.mark.parametrize(
    "value",
    [
        [GOUT, NEXT],
        {"source": "x", "date": "x", "key": "x", "documents": [GOUT, NEXT]},
        [{"bioctype": "BioCCollection", "documents": [GOUT, NEXT]}],  # the PMC service
        [{"documents": [GOUT]}, {"documents": []}, {"documents": [NEXT]}],
        {"PubTator3": [GOUT, NEXT | {"passages": []}]},
        lines(GOUT, NEXT),
        lines({"documents": [GOUT]}, NEXT) + "\n",
        "\ufeff" + json.dumps([GOUT, NEXT], indent=1, ensure_ascii=False).replace("\n", "\r\n"),
    ],
)
def test_every_shape(tmp_path: Path, value: Any) -> None:
    assert read(value, tmp_path) == [DOCUMENT, EIGHT]


@pytest.mark.parametrize("value", [[], {"documents": []}, {"PubTator3": []}, [{"infons": {"a": "b"}, "documents": []}]])
def test_no_documents(tmp_path: Path, value: Any) -> None:
    assert read(value, tmp_path) == []


@pytest.mark.parametrize("is_after", [False, True])
def test_what_a_collection_says_is_counted_with_its_last_document(tmp_path: Path, is_after: bool) -> None:
    around = {"source": "x", "infons": {"a": "b", "c": "d", "e": ""}, "version": "1.0"}
    parts = [around, {"documents": [NEXT, NEXT]}]
    one, two, *_ = read(
        {key: value for part in (parts[::-1] if is_after else parts) for key, value in part.items()}, tmp_path
    )
    assert (one.losses, two.losses) == ({}, {"infon": 2, "field": 1})


def test_gzip_and_standard_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin, stdout = io.BytesIO(lines(GOUT).encode()), io.BytesIO()
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=stdin))
    monkeypatch.setattr("sys.stdout", types.SimpleNamespace(buffer=stdout))
    bioc_json.write(bioc_json.read("-"), "-")
    bioc_json.write([DOCUMENT], tmp_path / "f.json.gz")
    assert stdout.getvalue() == gzip.decompress((tmp_path / "f.json.gz").read_bytes())
    assert list(bioc_json.read(tmp_path / "f.json.gz")) == [replace(DOCUMENT, losses={})]


def changed(*place: str | int, to: object) -> dict[str, Any]:
    """GOUT with another value in one place."""
    whole: Any = json.loads(json.dumps(GOUT))
    part = whole
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = to
    return whole


MENTION = ("passages", 0, "annotations", 0)
BAD = [
    ("", "1: an empty file — expected a BioC collection or document."),
    ("1|t|Title", "1: '1' — expected '{' — correct it, or check that the file is whole."),
    ("[1]", "1: '1' — expected '{'"),
    ("{}", "1: an object that is not BioC's — expected 'documents', or a document with 'id' and 'passages'."),
    ('\n{"id": "1", "text": "x"}', "2: an object that is not BioC's"),
    ({"documents": {}}, "1: an object that is not BioC's"),
    ({"documents": [NEXT, 1]}, "1: no object in 'documents' — expected documents alone."),
    (lines(GOUT)[:-9], "1: no JSON (Unterminated string starting) at"),
    (lines(GOUT) + "\n" + lines(GOUT)[:-1], "2: the end of the file — expected ',' — correct it, or check"),
    ('{"documents": [\n' + lines(NEXT, NEXT) + "]}", "3: '{' — expected ']'"),
    ('{"documents": [\n' + lines(NEXT) + ",\n{}]}", "3: document without an id"),
    (changed("id", to=None), "1: document without an id"),
    (changed("id", to=[]), "1: id: a list — expected a string."),
    (changed("id", to=True), "1: id: True — expected a string."),
    (changed("infons", to=["x"]), "1: infons of document '7': a list — expected an object of strings."),
    (changed("passages", to={"a": 1}), "1: passages of document '7': an object — expected a list of objects."),
    (changed("passages", 0, to=[]), "1: passages of document '7': a list — expected a list of objects."),
    (changed("passages", 0, "text", to={}), "1: text at offset 0 of document '7': an object — expected a string."),
    (changed("passages", 0, "offset", to=None), "1: passage 1 of document '7' has no offset — expected a whole number"),
    (changed("passages", 0, "offset", to=0.0), "1: passage 1 of document '7' has the offset 0.0"),
    (changed("passages", 0, "offset", to=-1), "1: passage 1 of document '7' has the offset -1"),
    (changed("passages", 0, "offset", to=False), "1: passage 1 of document '7' has the offset False"),
    (changed("passages", 1, "offset", to=10**9), "1: passage 2 of document '7' has the offset 1000000000"),
    (changed("passages", 1, "offset", to=10**8), "1: passage 2 of document '7' has text at 100000000, far from 13,"),
    (json.dumps(GOUT).replace('"offset": 14', '"offset": ' + "9" * 5000), "1: Exceeds the limit (4300 digits)"),
    (json.dumps(GOUT).replace('"offset": 14', '"offset": NaN'), "1: NaN is no JSON value"),
    (changed("passages", 0, "text", to="\ud800"), "1: half a surrogate pair ('\\ud800')"),
    (changed("relations", 1, "nodes", to=[{"refid": {}}]), "1: refid of document '7': an object — expected a string."),
    (changed(*MENTION, "locations", to={"offset": 0}), "1: locations at id '2' of document '7': an object — expected"),
    (changed(*MENTION, "locations", to=[{"offset": 0}]), "1: annotation '2' of document '7' has no length"),
    (changed(*MENTION, "text", to=4), "1: text at id '2' of document '7': 4 — expected a string."),
    (changed(*MENTION, "infons", "type", to=4), "1: annotation '2' of document '7' has no type"),
    (changed(*MENTION, "infons", to={}), "1: annotation '2' of document '7' has no type"),
    (changed(*MENTION, "id", to="3"), "1: annotation id '3' of document '7' occurs twice"),
    (changed(*MENTION, "text", to="gout"), "1: annotation '2' of document '7': the text at 0 4 is 'Gout'"),
    ('{"documents": [' + "[" * 100_000, "1: lists or objects within each other, too deep to read — correct it."),
    (b'{"id": "\xff"}', "1: invalid start byte — expected UTF-8 text"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "message"), BAD, ids=[message[:60] for _, message in BAD])
def test_bad_files(tmp_path: Path, value: Any, message: str) -> None:
    with pytest.raises(DataFormatError) as caught:
        read(value, tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'f.json'}:{message}")


def test_lenient(tmp_path: Path) -> None:
    (document,) = read(changed(*MENTION, "text", to="gout"), tmp_path, lenient=True)
    assert document.losses == DOCUMENT.losses | {"quoted text differs": 1}


def test_written_text(tmp_path: Path) -> None:
    document = Document(
        "1", "Gout\r\x00\u2028", (Span.of(0, 4, "D", 0.5, ("C1", "C2")),), alternatives=(Span.of(0, 1, "D"),)
    )
    assert bioc_json.write([document, EIGHT], tmp_path / "f") == {"alternative": 1}
    text = (tmp_path / "f").read_bytes().decode()
    assert text.count("\n") == 4
    assert json.loads(text) == {
        "source": "bioner-zoo",
        "date": "",
        "key": "",
        "infons": {},
        "documents": [
            {
                "id": "1",
                "infons": {},
                "passages": [
                    {
                        "offset": 0,
                        "infons": {},
                        "text": "Gout\r\x00\u2028",
                        "sentences": [],
                        "annotations": [
                            {
                                "id": "1",
                                "infons": {"type": "D", "identifier": "C1|C2", "score": "0.5"},
                                "text": "Gout",
                                "locations": [{"offset": 0, "length": 4}],
                            }
                        ],
                        "relations": [],
                    }
                ],
                "annotations": [],
                "relations": [],
            },
            {
                "id": "8",
                "infons": {},
                "passages": [
                    {"offset": 0, "infons": {}, "text": "", "sentences": [], "annotations": [], "relations": []}
                ],
                "annotations": [],
                "relations": [],
            },
        ],
    }


def test_half_a_surrogate_pair_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Expected Unicode text in document '1' but got half a surrogate pair"):
        bioc_json.write([Document("1", "\ud800")], tmp_path / "f")
    assert not list(tmp_path.iterdir())


@given(documents())
@quick
def test_round_trip(document: Document) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert not bioc_json.write([document, document], f"{folder}/f")
        for again in bioc_json.read(f"{folder}/f"):
            assert_same(again, document)


def test_pubtator_central_is_the_same_in_both(data_root: Path, tmp_path: Path) -> None:
    found = [
        replace(document, losses={}) for document in bioc.read(data_root / "en/weak/pubtator-central-100.bioc.xml")
    ]
    assert not bioc_json.write(found, tmp_path / "f.json")
    assert list(bioc_json.read(tmp_path / "f.json")) == found
    whole = json.loads((tmp_path / "f.json").read_text())
    labels = Counter(a["infons"]["type"] for d in whole["documents"] for p in d["passages"] for a in p["annotations"])
    assert (labels["Disease"], labels["Chemical"], labels["Gene"], labels.total()) == (491, 508, 991, 2493)


@pytest.mark.parametrize("shape", ["collection", "PubTator3", "lines", "one line"])
def test_memory_is_constant(tmp_path: Path, shape: str) -> None:
    path = tmp_path / "f.json"
    bioc_json.write(islice(cycle([replace(DOCUMENT, text=DOCUMENT.text + "word " * 2_000)]), 400), path)
    text = path.read_text()
    if shape != "collection":
        rows = text.split("\n")[1:-2]
        wrapped = {"PubTator3": f'{{"PubTator3": [{"".join(rows)}]}}', "one line": f"[{''.join(rows)}]"}
        path.write_text(wrapped.get(shape) or "\n".join(row.rstrip(",") for row in rows))
    count, peak = peak_of(bioc_json.read(path))
    assert count == 400
    assert peak < 2_000_000 < 4_000_000 < path.stat().st_size


def test_cut_at_every_byte(tmp_path: Path) -> None:
    raw = json.dumps({"documents": [GOUT, NEXT]}, indent=1, ensure_ascii=False).encode()
    path = tmp_path / "f.json"
    for cut in range(0, len(raw), 3):
        path.write_bytes(raw[:cut])
        found: list[Document] = []
        with pytest.raises(DataFormatError):
            found.extend(bioc_json.read(path))
        assert found in ([], [DOCUMENT])


def test_damaged_files_are_errors_or_documents(tmp_path: Path) -> None:
    chance = random.Random(0)
    errors = 0
    for _ in range(400):
        raw = bytearray(lines(GOUT, NEXT).encode())
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(raw))
            raw[start : start + chance.randint(0, 3)] = chance.choice(
                [b"", b'"', b"9", b"\xff", b"[", b"}", b"null", b"\\"]
            )
        try:
            read(bytes(raw), tmp_path, lenient=chance.random() < 0.5)
        except DataFormatError:
            errors += 1
    assert 100 < errors < 400
