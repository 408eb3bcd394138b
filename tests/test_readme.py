"""What the README shows works: its Python runs, its commands exist, its tables are those of the results."""

import re
from pathlib import Path

import pytest

from benchmarks import tables
from zoo.cli.main import app

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    found = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert len(found) >= 3, "the README has lost its examples"
    return found


@pytest.mark.parametrize("block", blocks("python"))
def test_python(block: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(REPOSITORY)
    exec(compile(block, "README.md", "exec"), {})
    if "print" in block:
        expected = "49 63 Disease Wilson disease 1.00" if "zoo.load" in block else "9072974"
        assert expected in capsys.readouterr().out


def test_commands_exist() -> None:
    used = set(re.findall(r"^(?:.*\| )?zoo (\w+)", "\n".join(blocks("sh")), re.MULTILINE))
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    known |= {group.name for group in app.registered_groups if group.name}
    assert used >= {"tag", "train", "evaluate", "embed", "list", "convert", "corpus"}
    assert used <= known


def test_files_named_exist() -> None:
    named = set(re.findall(r"(?:recipes|benchmarks|zoo|checkpoints)/[\w./-]+\w", README))
    assert named
    missing = [name for name in named if not (REPOSITORY / name).exists()]
    assert missing == []


def test_tables_are_those_of_the_results() -> None:
    assert tables.main(["--check"]) == 0
