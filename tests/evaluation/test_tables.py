"""The README's tables come from the result files."""

import csv
from pathlib import Path

import pytest

from benchmarks.tables import fill, main

ACCURACY = {
    "corpus": "c",
    "split": "test",
    "architecture": "tagger",
    "variant": "",
    "seed": "1",
    "scorer": "strict",
    "precision": "0.9",
    "recall": "0.8",
    "f1": "0.85",
    "train_minutes": "3",
    "device": "cpu",
    "command": "zoo train",
    "versions": "",
    "date": "2025-01-01",
}
SPEED = {
    "what": "viterbi",
    "ours": "2.0",
    "peer": "torchcrf",
    "peer_version": "1.1",
    "unit": "ms",
    "ratio": "3.0",
    "ratio_min": "2.5",
    "ratio_max": "3.5",
    "runs": "5",
    "device": "cpu",
    "command": "OMP_NUM_THREADS=1 python -m benchmarks.crf --rounds 5",
    "versions": "",
    "date": "2025-01-01",
}
MEMORY = {
    "format": "brat",
    "megabytes": "200",
    "peak_mb": "21.5",
    "baseline_mb": "20.1",
    "seconds": "9.0",
    "device": "cpu",
    "command": "",
    "versions": "",
    "date": "2025-01-01",
}
WEAK = {
    "corpus": "c",
    "step": "gold alone",
    "corrections": "0",
    "seed": "1",
    "precision": "0.9",
    "recall": "0.8",
    "f1": "0.85",
    "p": "",
    "train_minutes": "10",
    "device": "cpu",
    "command": "",
    "versions": "",
    "date": "2025-01-01",
}
CORPUS = {
    "corpus": "c",
    "split": "test",
    "texts": "real",
    "documents": "100",
    "documents_published": "101",
    "sentences": "1200",
    "sentences_published": "",
    "words": "30000",
    "entities": "1500",
    "entities_published": "1500",
    "mapped": "1400",
    "mapped_published": "1400",
    "differs": "documents",
    "scheme": "IOB2",
    "spans": "1399",
    "discontinuous": "1",
    "overlapping": "0",
    "unaligned": "0",
    "crossing": "0",
    "recall_ceiling": "0.99929",
    "command": "",
    "versions": "",
    "date": "2025-01-01",
}


def write(path: Path, default: dict[str, str], *changes: dict[str, str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(default))
        writer.writeheader()
        writer.writerows({**default, **change} for change in changes)


def filled(name: str, results: Path) -> list[str]:
    lines = fill(f"before\n<!-- table:{name} -->\nold\n<!-- /table -->\nafter\n", results).splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    assert "old" not in lines
    return lines[2:-2]


def test_of_a_seed_run_twice_the_latest_run_counts(tmp_path: Path) -> None:
    write(
        tmp_path / "accuracy.csv",
        ACCURACY,
        {"f1": "0.80"},
        {"seed": "2", "f1": "0.90", "train_minutes": "5"},
        {"seed": "1", "f1": "0.86", "date": "2025-02-01"},
        {"architecture": "better", "f1": "0.95"},
        {"corpus": "other", "f1": "0.1"},
    )
    rows = [line for line in filled("printed:c", tmp_path) if line.startswith("|")][2:]
    assert rows == [
        "| better |  | 95.00 | 90.00 | 80.00 | 1 | 3.0 | cpu |  |  |  |",
        "| tagger |  | 88.00 (86.00–90.00) | 90.00 | 80.00 | 2 | 4.0 | cpu |  |  |  |",
    ]


def test_speed_shows_the_latest_row_per_peer(tmp_path: Path) -> None:
    write(
        tmp_path / "speed.csv",
        SPEED,
        {"ratio": "4.0", "date": "2025-03-01"},
        {"ratio": "1.0"},
        {"peer": "other|crf", "peer_version": ""},
        {"what": "reading", "command": "python -m benchmarks.reading"},
    )
    assert filled("speed:crf", tmp_path)[3:-1] == [
        r"| viterbi | 2.0 | other\|crf | ms | 3.0 (2.5–3.5) | 5 | cpu |",
        "| viterbi | 2.0 | torchcrf 1.1 | ms | 4.0 (2.5–3.5) | 5 | cpu |",
    ]


def test_limits_and_taggers_show_the_latest_rows(tmp_path: Path) -> None:
    limit = {"what": "LSTM", "measured": "185", "limit": "203", "unit": "GFLOP/s", "share": "0.91", "device": "cpu"}
    write(tmp_path / "limits.csv", limit | {"date": "2025-01-01"}, {"share": "0.92", "date": "2025-02-01"}, {})
    assert filled("limits", tmp_path)[3:-1] == ["| LSTM | 185 | 203 | GFLOP/s | 0.92 | cpu |"]
    tagger = {"contestant": "ours", "version": "1", "beside": "theirs", "documents": "593", "memory_mb": "680"}
    scored = {"epochs": "9", "f1": "0.8123", "device": "cpu", "date": "2025-01-01"}
    write(tmp_path / "taggers.csv", tagger | scored, {}, {"contestant": "theirs", "epochs": "", "f1": ""})
    assert filled("taggers", tmp_path)[3:-1] == [
        "| theirs | ours | 1 | 593 | 680 | 9 | 81.23 | cpu |",
        "| theirs | theirs | 1 | 593 | 680 |  |  | cpu |",
    ]


def test_memory_shows_the_latest_row_per_format(tmp_path: Path) -> None:
    write(tmp_path / "memory.csv", MEMORY, {"peak_mb": "22.0", "date": "2025-02-01"}, {}, {"format": "bioc"})
    assert filled("memory", tmp_path)[3:-1] == [
        "| bioc | 200 | 21.5 | 20.1 | 9.0 | cpu |",
        "| brat | 200 | 22.0 | 20.1 | 9.0 | cpu |",
    ]


def test_weak_labels_show_each_step_over_its_seeds_in_the_order_of_the_file(tmp_path: Path) -> None:
    write(
        tmp_path / "weak.csv",
        WEAK,
        {"f1": "0.99"},
        {"step": "a set alone", "p": "0.5"},
        {"step": "a set alone", "corrections": "1", "p": "0.01", "recall": "0.9"},
        {"step": "a set alone", "seed": "2", "p": "0.02", "f1": "0.86", "recall": "0.82"},
        {"f1": "0.84"},
    )
    assert filled("weak", tmp_path)[3:-1] == [
        "| c | gold alone | 0 | 84.00 | 90.00 | 80.00 |  | 1 | 10 |",
        "| c | a set alone | 0 | 85.50 (85.00–86.00) | 90.00 | 81.00 | 0.5, 0.02 | 2 | 10 |",
        "| c | a set alone | 1 | 85.00 | 90.00 | 90.00 | 0.01 | 1 | 10 |",
    ]


def test_corpora_show_found_and_published_and_a_ceiling_for_schemes_that_hold_the_same(tmp_path: Path) -> None:
    stand_in = {"corpus": "b", "texts": "stand-in", "recall_ceiling": "0.85"}
    write(
        tmp_path / "corpora.csv",
        CORPUS,
        *({"scheme": scheme} for scheme in ("IOB2", "BIOES")),
        {"scheme": "BMEWO-V", "recall_ceiling": "0.5"},
        {"scheme": "BMEWO-V", "recall_ceiling": "1.00000", "date": "2025-02-01"},
        *({"split": "train", "scheme": scheme, "sentences_published": "1199"} for scheme in ("IOB2", "BIOES")),
        *(stand_in | {"scheme": scheme} for scheme in ("IOB2", "BIOES", "BMEWO-V")),
    )
    header, _, *rows, _, note = filled("corpora", tmp_path)[1:-1]
    assert header.endswith("| in the corpus's labels | ceiling of BIOES, IOB2 | ceiling of BMEWO-V |")
    assert rows == [
        r"| b | test | 100 / 101 |  |  | 1,500 / 1,500 | 1,400 / 1,400 | 85.00 \* | 85.00 \* |",
        "| c | train | 100 / 101 | 1,200 / 1,199 | 30,000 | 1,500 / 1,500 | 1,400 / 1,400 | 99.93 |  |",
        "| c | test | 100 / 101 | 1,200 | 30,000 | 1,500 / 1,500 | 1,400 / 1,400 | 99.93 | 100 |",
    ]
    assert note.startswith(r"\* Distributed without its texts")


@pytest.mark.parametrize("name", ["speed:crf", "limits", "taggers", "memory", "corpora", "ablations", "printed:c"])
def test_a_table_without_rows_says_so(name: str, tmp_path: Path) -> None:
    assert any(" yet." in line for line in filled(name, tmp_path))


def test_check_tells_whether_the_readme_is_up_to_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(
        "# Title\n<!-- table:speed:crf -->\n<!-- /table -->\n<!-- table:printed:c -->\n<!-- /table -->\nend\n"
    )
    options = ["--pages", str(readme), "--results", str(tmp_path)]
    assert main([*options, "--check"]) == 1
    assert "is not up to date" in capsys.readouterr().err
    assert main(options) == 0
    written = readme.read_text()
    assert main([*options, "--check"]) == 0
    assert main(options) == 0
    assert readme.read_text() == written
    assert "No comparison is recorded yet." in written
    assert "No run is recorded, and no figure known, yet." in written
    write(tmp_path / "speed.csv", SPEED, {})
    assert main([*options, "--check"]) == 1
    assert readme.read_text() == written


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- table:speed:crf -->\n", "closed by"),
        ("<!-- table:speed:crf -->\n<!-- table:speed:crf -->\n<!-- /table -->", "closed by"),
        ("<!-- table:sped -->\n<!-- /table -->", "but got 'table:sped'"),
        ("<!-- table:printed: -->\n<!-- /table -->", "but got 'table:printed:'"),
        ("<!-- table:memory:c -->\n<!-- /table -->", "out of table:limits, .*table:speed:<benchmark> but got"),
    ],
)
def test_wrong_markers_raise(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        fill(text, tmp_path)
