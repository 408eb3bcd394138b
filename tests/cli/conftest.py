"""The command line in this process, and a small tagger to call it with."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from zoo.cli.main import run

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"


class Said(NamedTuple):
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


Zoo = Callable[..., Said]


@pytest.fixture
def zoo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Zoo:
    """Calls ``zoo`` with arguments; errors are one line, not a traceback."""

    def call(*arguments: object, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "argv", ["zoo", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        monkeypatch.setenv("COLUMNS", "200")
        code = 0
        try:
            run()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0
        return Said(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tagger trained for seconds."""
    from zoo.training.recipe import read_recipe
    from zoo.training.train import train

    folder = tmp_path_factory.mktemp("run")
    overrides = ["--corpus", str(TINY), "--output", str(folder), "--training.epochs", "15"]
    return train(**read_recipe(TINY / "recipe.yaml", overrides) | {"progress": False}).folder
