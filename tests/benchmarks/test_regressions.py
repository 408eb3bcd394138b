"""The job that finds what became slower."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from benchmarks import regressions
from benchmarks.record import append, device
from benchmarks.rows import Row


def row(what: str, ratio: float, lowest: float, where: str | None = None, module: str = "crf") -> Row:
    command = f"OMP_NUM_THREADS=1 python -m benchmarks.{module} --rounds 3"
    ratios = {"ratio": f"{ratio:.2f}", "ratio_min": f"{lowest:.2f}", "ratio_max": "9.99", "runs": "3"}
    common = {"ours": "1", "peer": "peer", "peer_version": "1", "unit": "ms", "versions": "torch", "date": "2026-11-22"}
    return {"what": what, **common, **ratios, "device": where or device(), "command": command}


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Three comparisons of this machine, one of another."""
    path = tmp_path / "speed.csv"
    for found in (
        row("steady", 4.0, 3.0),
        row("narrow", 4.0, 3.9),
        row("peer", 2.0, 1.9, module="taggers"),
        row("elsewhere", 4.0, 3.9, "a GPU"),
    ):
        append(path, found)
    return path


@pytest.mark.parametrize(
    ("steady", "narrow", "worse"), [(3.1, 3.5, False), (2.9, 4.0, True), (4.0, 3.3, True), (9.0, None, True)]
)
def test_what_is_worse(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recorded: Path,
    steady: float,
    narrow: float | None,
    worse: bool,
) -> None:
    """Below both the tolerance and the lowest round, or missing; other machines and other environments are left out."""
    commands: list[str] = []

    def measure(given: Iterable[str], results: Path) -> list[Row]:
        commands.extend(given)
        return [row("steady", steady, 0), *([row("narrow", narrow, 0)] if narrow else [])]

    monkeypatch.setattr(regressions, "measure", measure)
    assert regressions.main(["--recorded", str(recorded)]) == int(worse)
    assert commands == ["OMP_NUM_THREADS=1 python -m benchmarks.crf --rounds 3"]
    said = capsys.readouterr().out
    assert "steady" in said
    assert "elsewhere" not in said


def test_commands_are_run_as_they_were_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    module = tmp_path / "measured.py"
    module.write_text("import os, sys; print(os.environ['OMP_NUM_THREADS'], *sys.argv[1:])")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert regressions.measure(["OMP_NUM_THREADS=7 python -m measured --rounds 3"], tmp_path / "speed.csv") == []
    assert f"7 --rounds 3 --results {tmp_path / 'speed.csv'}" in capfd.readouterr().out


def test_a_benchmark_that_was_not_recorded(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        regressions.main(["tagger", "--recorded", str(recorded)])
    assert "only of crf, taggers" in capsys.readouterr().err
