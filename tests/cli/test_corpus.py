"""``zoo corpus`` as a person calls it."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from zoo.cli.corpus import corpus
from zoo.data.corpora import CORPORA

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"

TRAIN = """1|t|Wilson disease is rare.
1|a|It is caused by mutations of a gene which codes for a copper transporter of liver cells.
1	0	14	Wilson disease	Disease	D006527
1	8	13	iseas	Sign	
"""
TEST = TRAIN.replace("1|", "2|").replace("1\t0", "2\t0").rpartition("1\t8")[0]
BROKEN = "3|t|Gout\n3|a|\n3\t0\t5\tGouty\tDisease\t-\n"


def zoo(*arguments: object, columns: int = 200) -> Result:
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(corpus, list(map(str, arguments)))


def folder(place: Path, **splits: str) -> Path:
    place.mkdir(exist_ok=True)
    for split, text in splits.items():
        (place / f"{split}.pubtator").write_text(text)
    return place


def row(output: str, name: str) -> list[str]:
    (line,) = (line for line in output.splitlines() if line.strip().startswith(name + "  "))
    return line.strip().removeprefix(name).split()


@pytest.mark.parametrize("command", ["list", "stats", "check"])
def test_help_teaches(command: str) -> None:
    assert f"zoo corpus {command}" in zoo(command, "--help").output


def test_list_names_every_corpus(data_root: Path) -> None:
    said = zoo("list")
    assert said.exit_code == 0
    for name, entry in CORPORA.items():
        assert name in said.stdout
        assert f"{entry.splits['train'].documents:,}" in said.stdout
    assert str(data_root) in said.stdout


@pytest.mark.parametrize("columns", [80, 200])
def test_list_without_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, columns: int) -> None:
    monkeypatch.setenv("ZOO_DATA", str(tmp_path / "nothing"))
    said = zoo("list", columns=columns)
    assert said.exit_code == 0
    assert "ZOO_DATA" in said.stdout
    monkeypatch.setenv("ZOO_DATA", str(tmp_path))
    assert zoo("list", columns=columns).stdout.count("not here") == len(CORPORA)


def test_stats(tmp_path: Path) -> None:
    mine = folder(tmp_path / "mine", train=TRAIN, test=TEST)
    said = zoo("stats", mine, "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv", "--plot", tmp_path / "a.png")
    assert said.exit_code == 0, said.output
    assert row(said.stdout, "documents") == ["1", "1", "2"]
    assert row(said.stdout, "mentions") == ["2", "1", "3"]
    assert row(said.stdout, "nested pairs of two labels") == ["1", "–", "1"]
    assert row(said.stdout, "recall ceiling of BIOES") == "50.00 % 100.00 % 66.67 %".split()
    assert row(said.stdout, "mentions seen in train") == ["100.0", "%"]
    found = json.loads((tmp_path / "a.json").read_text())
    assert list(found["splits"]) == ["train", "test"]
    train, test = found["splits"]["train"], found["splits"]["test"]
    assert (train["documents"], train["sentences"], train["spans"]) == (1, 2, 2)
    assert train["flattening"]["BMEWO-V"]["unaligned"] == 1
    assert test["seen_in_train"] == {"Disease": {"mentions": 1, "same_label": 1, "other_label": 0}}
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    values = {(each["split"], each["measure"], each["key"]): float(each["value"]) for each in rows}
    assert len(values) == len(rows)
    assert values["train", "entities", "Sign"] == 1
    assert values["train", "nested", "Sign Disease"] == 1
    assert values["test", "flattening", "BIOES recall_ceiling"] == 1
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_stats_of_one_split_and_of_one_file() -> None:
    assert row(zoo("stats", TINY, "--split", "dev").stdout, "documents") == ["3"]
    assert row(zoo("stats", TINY / "dev.pubtator", "--scheme", "IOB2").stdout, "recall ceiling of IOB2")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stats", TINY, "--split", "tset"], "Expected --split to be one of train, dev, test but got 'tset'."),
        (["stats", TINY, "--scheme", "BIEO"], "Expected a tag scheme out of"),
        (["stats", TINY, "--plot", "a.jpeg"], "Expected a picture that ends in .png, .svg, .pdf but got 'a.jpeg'."),
        (["stats", "ncbi-diseases"], "Did you mean 'ncbi-disease'?"),
        (["check", "ncbi-diseases"], "Did you mean 'ncbi-disease'?"),
        (["stats", TINY, "--format", "pubtator"], "--format and --lenient are for files without splits"),
        (["check", TINY, "--lenient"], "--format and --lenient are for files without splits"),
    ],
)
def test_mistakes(arguments: list[object], message: str) -> None:
    said = zoo(*arguments)
    assert isinstance(said.exception, ValueError)
    assert message in str(said.exception)


def test_stats_of_texts_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("No fever.")
    said = zoo("stats", tmp_path / "a.txt", "--plot", tmp_path / "a.svg")
    assert said.exit_code == 0, said.output
    assert row(said.stdout, "words") == ["3"]


def test_check_of_a_leaking_folder(tmp_path: Path) -> None:
    mine = folder(tmp_path / "mine", train=TRAIN, test=TEST)
    said = zoo("check", mine, "--json", tmp_path / "a.json")
    assert said.exit_code == 1
    lines = said.stdout.splitlines()
    assert "✗ documents of test that stand in train too, or nearly so: 1" in lines
    assert "    train 1 ~ test 2 (Jaccard 1.00, containment 1.00)" in lines
    assert "! mentions that begin or end inside a word: train 1" in lines
    assert "! label Sign occurs only in train" in lines
    assert lines[-1] == "1 wrong, 2 that may be a mistake"
    found = json.loads((tmp_path / "a.json").read_text())["findings"]
    assert [each["status"] for each in found].count("wrong") == 1


def test_check_of_a_sound_folder() -> None:
    said = zoo("check", TINY)
    assert said.exit_code == 0, said.output
    assert "✓ no document stands in two splits, nor nearly so" in said.stdout
    assert "✗" not in said.stdout


def test_check_of_what_cannot_be_read(tmp_path: Path) -> None:
    said = zoo("check", folder(tmp_path / "mine", train=TRAIN, test=BROKEN))
    assert said.exit_code == 1
    assert "✗ cannot be read: " in said.stdout
    assert "test.pubtator:3: " in said.stdout


def test_check_that_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.pubtator").write_text(TRAIN + "\n" + BROKEN)
    assert zoo("check", tmp_path / "a.pubtator").exit_code == 1
    said = zoo("check", tmp_path / "a.pubtator", "--lenient")
    assert said.exit_code == 0, said.output
    assert "! all, reported on reading: 1 × " in said.stdout


def test_check_of_files_that_are_missing_or_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZOO_DATA", str(tmp_path))
    said = zoo("check", "ncbi-disease")
    assert said.exit_code == 1
    assert "✗ No en/ncbi-disease/NCBItrainset_corpus.txt" in said.stdout
    for split in CORPORA["ncbi-disease"].splits.values():
        (tmp_path / split.paths[0]).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / split.paths[0]).write_text(TEST)
    said = zoo("check", "ncbi-disease")
    assert said.exit_code == 1
    assert "✗ train, documents: 1 found, 593 published" in said.stdout
    assert "✗ train, sha256: " in said.stdout


def test_check_of_a_known_corpus(data_root: Path) -> None:
    said = zoo("check", "ncbi-disease")
    assert said.exit_code == 0, said.output
    assert "    8528200: train, train" in said.stdout
    assert "✓ test is as published: sha256, documents 100" in said.stdout


def test_check_breaks_lines_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from zoo.cli.corpus import _broken

    monkeypatch.setenv("COLUMNS", "40")
    assert _broken("one two three four five six seven eight nine", 4).count("\n") == 0
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert _broken("one two three four five six seven eight nine", 4).count("\n    ") == 1
