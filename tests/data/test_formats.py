"""The table of formats."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zoo.data import formats, jsonl, tokens
from zoo.data.document import DataFormatError, Document, Span

READABLE = "brat, pubtator, bioc, bioc-json, conll, genetag, jsonl, tokens, dublin-core, text"
DOCUMENT = Document("1", "Fever today", (Span.of(0, 5, "Disease"),))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.ann", "", "brat"),
        ("a.PubTator", "", "pubtator"),
        ("a.iob2", "", "conll"),
        ("a.tsv", "", "conll"),
        ("a.HTML", "", "html"),
        ("a.txt", "\n\n1|t|Title\n1|a|\n", "pubtator"),
        ("a.sample", "1|t|Title\n1|a|\n", "pubtator"),
        ("a.txt", "-DOCSTART-\tO\n\nBlood\tO\ngroup\tO\n", "conll"),
        ("a.data", "Wilson NN B-D\ndisease NN I-D\n", "conll"),
        ("a.txt", "The blood group O", "text"),
        ("a.txt", "", "text"),
        ("a.txt", "# O\n", "text"),
        ("a.xml", "", "bioc"),
        ("a.xml", '<r xmlns:dc="http://purl.org/dc/elements/1.1/"/>', "dublin-core"),
        ("a.in", "", "genetag"),
        ("a.jsonl", '{"id": "1", "text": "x"}\n', "jsonl"),
        ("a.json", '{"id": "1", "text": "x"}\n', "jsonl"),
        ("a.ndjson", "", "jsonl"),
        ("a.jsonl", '{"tokens": ["x"], "ner_tags": ["O"]}\n', "tokens"),
        ("a.json", '{"tokens": ["x"], "ner_tags": [0]}\n', "tokens"),
        ("a.json", '{"source": "x", "documents": []}', "bioc-json"),
        ("a.json", '{\n"source": "x"', "bioc-json"),
        ("a.json", '{"PubTator3": [{"passages": []}]}', "bioc-json"),
        ("a.json", '{"documents": [' + '{"id": "1"},' * 200_000, "bioc-json"),
        ("a.jsonl", '{"id": "1", "text": "x", "passages": [{"start": 0, "end": 1, "kind": "title"}]}\n', "jsonl"),
        ("a.jsonl", '{"passages": [], "text": "x",\n "id": "1"}\n', "jsonl"),
        ("a.json", '\n{"id": "1", "text": "' + "x" * 2_000_000 + '"}\n', "jsonl"),
        ("a.ndjson", '{"tokens": ["' + "é" * 999_999 + '"]}', "tokens"),
        ("a.jsonl", '{"id": "1", "passages": []}\n', "bioc-json"),
        ("a.json", "[" * 100_000, "bioc-json"),
    ],
)
def test_detect(tmp_path: Path, name: str, content: str, expected: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert formats.detect(tmp_path / name) == expected


def test_detect_folders_and_pairs(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    assert formats.detect(tmp_path) == "text"
    (tmp_path / "a.ann").touch()
    (tmp_path / ".b.jsonl").touch()
    assert formats.detect(tmp_path) == formats.detect(tmp_path / "a.txt") == "brat"


def test_a_folder_of_texts_that_are_none(tmp_path: Path) -> None:
    """NCBI distributes PubTator files as ``.txt``."""
    for name in ("train.txt", "sub/test.txt"):
        formats.write([DOCUMENT], tmp_path / name, "pubtator")
    (tmp_path / "LICENSE").touch()
    assert formats.detect(tmp_path) == "pubtator"
    assert len(list(formats.read(tmp_path))) == len(list(formats.read(tmp_path, "pubtator"))) == 2
    (tmp_path / "readme.txt").write_text("Abstracts.", encoding="utf-8")
    with pytest.raises(DataFormatError, match=r"cannot tell the format: files of several \(\d .*, \d .*\) — expected"):
        formats.read(tmp_path)


@pytest.mark.parametrize("other", ["b.jsonl", "b.pubtator", "b.ann", "b.txt"])
def test_no_file_of_a_mixed_folder_is_passed_over(tmp_path: Path, other: str) -> None:
    tokens.write([DOCUMENT], tmp_path / "a.jsonl")
    jsonl.write([DOCUMENT], tmp_path / other)
    with pytest.raises(DataFormatError, match="cannot tell the format: files of several"):
        formats.read(tmp_path)
    assert len(list(formats.read(tmp_path, "tokens"))) == 1


def test_a_pipe_is_not_looked_into(tmp_path: Path) -> None:
    """What is read to tell the format would be lost to the reader."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataFormatError, match="cannot tell the format: a pipe or device, which can be read only once"):
        formats.detect(tmp_path / "pipe")


def test_a_folder_that_cannot_be_read_is_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(folder: object, onerror: Callable[[OSError], None]) -> Iterator[tuple[str, list[str], list[str]]]:
        yield str(folder), [], ["a.jsonl"]
        onerror(PermissionError(13, "Permission denied", f"{folder}/sub"))

    monkeypatch.setattr(os, "walk", walk)
    for name in (None, "text", "jsonl"):
        with pytest.raises(PermissionError, match="sub"):
            list(formats.read(tmp_path, name))


def test_folders_of_files(tmp_path: Path) -> None:
    for name in ("a.jsonl", "sub/b.json"):
        formats.write([DOCUMENT], tmp_path / name, "jsonl")
    assert formats.detect(tmp_path) == "jsonl"
    assert [document.id for document in formats.read(tmp_path, "jsonl")] == ["1", "1"]
    with pytest.raises(DataFormatError, match="no file of format pubtator"):
        formats.read(tmp_path, "pubtator")


def test_a_folder_of_gene_mentions(tmp_path: Path) -> None:
    formats.write([DOCUMENT], tmp_path, "genetag")
    assert formats.detect(tmp_path) == "genetag"


def test_options() -> None:
    with pytest.raises(ValueError, match="option for reading pubtator but got 'scheme'; its options are lenient"):
        formats.read("x.pubtator", "pubtator", {"scheme": "BIOES"})
    with pytest.raises(ValueError, match="option for writing jsonl but got 'scheme'; it has none"):
        formats.write([], "x", "jsonl", {"scheme": "BIOES"})


def test_what_cannot_be_told_lists_the_formats(tmp_path: Path) -> None:
    path = tmp_path / "a.doc"
    path.write_text("prose", encoding="utf-8")
    with pytest.raises(DataFormatError) as caught:
        formats.detect(path)
    assert str(caught.value) == (
        f"{path}: cannot tell the format: neither the ending nor the first lines tell — expected one of {READABLE} — "
        "name the format."
    )
    (tmp_path / "sub").mkdir()
    with pytest.raises(DataFormatError, match="cannot tell the format: no file of a known ending"):
        formats.detect(tmp_path / "sub")
    with pytest.raises(FileNotFoundError):
        formats.detect(tmp_path / "none.txt")


@pytest.mark.parametrize("name", [name for name, row in formats.FORMATS.items() if row.reader and row.writer])
def test_every_format_reads_what_it_wrote(tmp_path: Path, name: str) -> None:
    path = tmp_path / "out"
    assert not formats.write([DOCUMENT], path, name)
    (document,) = formats.read(path, name, {"label": "Disease"} if name == "genetag" else {})
    assert (document.id, document.text.rstrip(), document.spans) == ("1", "Fever today", DOCUMENT.spans)


def test_unknown_names() -> None:
    with pytest.raises(ValueError, match="Expected a format") as caught:
        formats.read("x", "pubtater")
    assert str(caught.value) == (
        f"Expected a format that can be read, out of {READABLE}, but got 'pubtater'. Did you mean 'pubtator'?"
    )
    with pytest.raises(ValueError, match=r"can be written, out of brat, pubtator, .*, html, but got 'text'"):
        formats.write([], "x", "text")
    with pytest.raises(ValueError, match=r"read from standard input, out of pubtator, .*, text, but got None"):
        formats.read("-")
    with pytest.raises(ValueError, match=r"written to standard output, out of pubtator, .*, html, but got 'brat'"):
        formats.write([], "-", "brat")


def test_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1|t|Fever\n1|a|today\n1\t0\t5\tFever\tDisease\n")))
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out))
    formats.write(formats.read("-", "pubtator"), "-", "conll")
    assert out.getvalue() == b"-DOCSTART- (1)\n\nFever\tB-Disease\ntoday\tO\n\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\n")))
    with pytest.raises(DataFormatError, match=r"^<stdin>:1: "):
        list(formats.read("-", "conll"))
