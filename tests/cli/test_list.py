"""``zoo list`` as a person calls it."""

import json

import pytest
from typer.testing import CliRunner

from zoo.cli.main import app
from zoo.hub import index

NAME = "char_cnn_bilstm_crf.ncbi-disease"
MANY = {
    "contextual_string_bilstm_crf.ncbi-disease": {
        "corpus": "ncbi-disease",
        "language": "en",
        "labels": ["Disease"],
        "test": {"scorer": "strict", "f1": 0.5, "low": 0.25, "high": 0.75},
        "megabytes": 12.34,
        "words_per_second": 123456,
        "device": "one thread of a clock",
        "licence": "Apache-2.0",
    },
    "feature_crf.pharmaconer": {
        "corpus": "pharmaconer",
        "language": "es",
        "labels": ["NORMALIZABLES", "NO_NORMALIZABLES", "PROTEINAS", "UNCLEAR"],
        "test": {"scorer": "pharmaconer-track1", "f1": 0.98765, "low": 0.9, "high": 1.0},
        "megabytes": 0.5,
        "words_per_second": 900,
        "device": "one thread of an abacus",
        "licence": "CC-BY-4.0",
    },
}


def listed(*arguments: str, columns: int = 80) -> str:
    said = CliRunner(env={"COLUMNS": str(columns)}).invoke(app, ["list", *arguments])
    assert said.exit_code == 0, said.output
    return said.stdout


def test_what_ships_is_shown() -> None:
    row = index.read_index()[NAME]
    said = " ".join(listed().split())
    for shown in (NAME, "ncbi-disease (en): Disease", f"{100 * row['test']['f1']:.2f}", row["test"]["scorer"]):
        assert shown in said
    assert f"{row['words_per_second']:,} words/s" in said
    assert row["device"] in said


@pytest.mark.parametrize("columns", [80, 200])
def test_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr(index, "read_index", lambda: MANY)
    said = listed(columns=columns)
    assert max(map(len, said.splitlines())) <= columns
    assert "…" not in said
    text = " ".join(said.split())
    for shown in ("contextual_string_bilstm_crf.ncbi-disease", "50.00", "25.0–75.0", "12.3 MB", "123,456 words/s"):
        assert shown in text
    for shown in ("pharmaconer (es): NORMALIZABLES,", "UNCLEAR", "98.77", "90.0–100.0", "pharmaconer-track1"):
        assert shown in text
    assert "on one thread of a clock; one thread of an abacus." in text


def test_rows_as_json() -> None:
    assert json.loads(listed("--json", "-")) == index.read_index()
    assert list(json.loads(listed("*.ncbi-disease", "--json", "-"))) == index.list_checkpoints("*.ncbi-disease")
