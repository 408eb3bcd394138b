"""``zoo convert``: from any format to any, with nothing lost unasked."""

import os
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, Zoo
from zoo.data import formats
from zoo.data.document import Document, Span

WRITABLE = [name for name, row in formats.FORMATS.items() if row.writer and row.reader]
FLAT = Document("a", "Wilson disease and gout .\nNo fever .", (Span.of(0, 14, "GENE"), Span.of(19, 23, "GENE")))


@pytest.mark.parametrize("target", WRITABLE)
@pytest.mark.parametrize("source", WRITABLE)
def test_from_any_to_any(zoo: Zoo, tmp_path: Path, source: str, target: str) -> None:
    formats.write([FLAT], tmp_path / "in" / "a", source)
    said = zoo("convert", tmp_path / "in" / "a", tmp_path / "out", "--from", source, "--to", target, "--allow-loss")
    assert said.code == 0, said.err
    documents = list(formats.read(tmp_path / "out", target))
    found = [span.slice(document.text) for document in documents for span in document.spans]
    assert sorted(found) == ["Wilson disease", "gout"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_what_would_be_lost_stops_it(zoo: Zoo, tmp_path: Path) -> None:
    document = Document("a", "gut or liver tumor", (Span(((0, 3), (13, 18)), "D"), Span.of(7, 18, "D", score=0.5)))
    formats.write([document], tmp_path / "a.jsonl", "jsonl")
    said = zoo("convert", tmp_path / "a.jsonl", tmp_path / "a.pubtator")
    assert said.code == 2
    assert "pubtator cannot hold 1 × discontinuous" in said.err
    assert "pubtator cannot hold 1 × score" in said.err
    assert "nothing was written: give --allow-loss" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
    assert zoo("convert", tmp_path / "a.jsonl", tmp_path / "a.pubtator", "--allow-loss").code == 0
    (again,) = formats.read(tmp_path / "a.pubtator")
    assert [span.start for span in again.spans] == [7]


def test_what_could_not_be_read_stops_it_too(zoo: Zoo, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("gout")
    (tmp_path / "in" / "a.ann").write_text("T1\tD 0 4\tgout\nA1\tNegated T1\n")
    said = zoo("convert", tmp_path / "in", tmp_path / "a.jsonl")
    assert said.code == 2
    assert "1 × attribute" in said.err
    assert not (tmp_path / "a.jsonl").exists()
    assert zoo("convert", tmp_path / "in", tmp_path / "a.jsonl", "--allow-loss").code == 0


def test_the_file_that_was_there_stays_when_it_fails(zoo: Zoo, tmp_path: Path) -> None:
    (tmp_path / "a.pubtator").write_text("1|t|Gout\n1|a|\n1\t0\t4\tGxut\tD\n")
    (tmp_path / "b.jsonl").write_text("precious")
    assert zoo("convert", tmp_path / "a.pubtator", tmp_path / "b.jsonl").code == 2
    assert (tmp_path / "b.jsonl").read_text() == "precious"
    said = zoo("convert", tmp_path / "a.pubtator", tmp_path / "b.jsonl", "--lenient")
    assert "1 × quoted text differs" in said.err
    assert zoo("convert", tmp_path / "a.pubtator", tmp_path / "b.jsonl", "--lenient", "--allow-loss").code == 0


def test_streams_and_schemes(zoo: Zoo, tmp_path: Path) -> None:
    said = zoo("convert", TINY, "-", "--to", "conll", "--split", "dev", "--scheme", "BILOU", "--allow-loss")
    assert said.code == 0
    assert {line.split("\t")[1][0] for line in said.out.splitlines() if "\t" in line} <= set("OBILU")
    (tmp_path / "a.conll").write_bytes(said.out.encode())
    again = zoo("convert", tmp_path / "a.conll", "-", "--to", "jsonl", "--from-scheme", "BILOU")
    assert again.code == 0
    assert again.out.count('"label"') > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{tiny}", "out.jsonl"], "Expected --split for"),
        (["{tiny}/dev.pubtator", "out"], "Expected --to, one of brat, pubtator"),
        (
            ["{tiny}/dev.pubtator", "out.jsonl", "--word-column", "1"],
            "option for reading pubtator but got 'word_column'",
        ),
        (["{tiny}/dev.pubtator", "out.jsonl", "--scheme", "BIOES"], "Expected an option for writing jsonl but got"),
        (["{tiny}/dev.pubtator", "{tiny}/dev.pubtator"], "would overwrite"),
        (["{tiny}/dev.pubtator", "out.jsonl", "--split", "dev"], "has no splits: leave --split out"),
        (["{tiny}/none.pubtator", "out.jsonl"], "No such file or folder"),
        (["ncbi-diseas", "out.jsonl"], "Did you mean 'ncbi-disease'"),
        (["{tiny}/dev.pubtator", "out.conll", "--words", "letters"], "Expected --words 'rule' or 'blanks'"),
    ],
)
def test_mistakes(
    zoo: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = zoo("convert", *(argument.format(tiny=TINY) for argument in arguments))
    assert said.code == 2
    assert message in said.err
    assert not list(tmp_path.iterdir())


def test_words_of_columns_stay_as_they_are(zoo: Zoo, tmp_path: Path) -> None:
    (tmp_path / "a.iob2").write_text("p53-like\tB-G\ngene\tI-G\n\n")
    said = zoo("convert", tmp_path / "a.iob2", "-", "--to", "conll", "--scheme", "BIOES")
    assert (said.code, said.out) == (0, "-DOCSTART- (a-1)\n\np53-like\tB-G\ngene\tE-G\n\n")
    said = zoo("convert", tmp_path / "a.iob2", "-", "--to", "conll", "--words", "rule")
    assert said.code == 2
    assert "conll cannot hold 1 × white space" in said.err


@pytest.mark.parametrize("target", ["brat", "genetag"])
def test_a_folder_with_files_is_not_added_to(zoo: Zoo, tmp_path: Path, target: str) -> None:
    formats.write([FLAT], tmp_path / "a.jsonl", "jsonl")
    assert zoo("convert", tmp_path / "a.jsonl", tmp_path / "out", "--to", target, "--allow-loss").code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    said = zoo("convert", tmp_path / "a.jsonl", tmp_path / "out", "--to", target, "--allow-loss")
    assert said.code == 2
    assert "has files, which would be read with the new ones" in said.err
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_folder_by_another_name(zoo: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands beside the folder stays where it is."""
    formats.write([FLAT], tmp_path / "a.jsonl", "jsonl")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    assert zoo("convert", "../a.jsonl", "../out/sub/..", "--to", "brat").code == 0
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.ann", "a.jsonl", "a.txt", "out"]


def test_a_pipe_is_written_to_and_not_replaced(zoo: Zoo, tmp_path: Path) -> None:
    formats.write([FLAT], tmp_path / "a.jsonl", "jsonl")
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert zoo("convert", tmp_path / "a.jsonl", tmp_path / "pipe", "--to", "jsonl").code == 0
        assert os.read(reader, 10_000) == (tmp_path / "a.jsonl").read_bytes()
    finally:
        os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def test_what_a_link_points_to_is_written(zoo: Zoo, tmp_path: Path) -> None:
    formats.write([FLAT], tmp_path / "a.jsonl", "jsonl")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "b.jsonl")
    assert zoo("convert", tmp_path / "a.jsonl", tmp_path / "link.jsonl").code == 0
    assert (tmp_path / "link.jsonl").is_symlink()
    assert (tmp_path / "b.jsonl").read_bytes() == (tmp_path / "a.jsonl").read_bytes()
