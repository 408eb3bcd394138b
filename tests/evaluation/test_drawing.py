"""What pictures have in common: endings, files that appear whole, names on one line."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from zoo.evaluation.drawing import check_matplotlib, check_picture, drawing, on_one_line


def test_another_ending_raises(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match=r"ends in \.png, \.svg, \.pdf but got .*picture\.jpg"),
        drawing(tmp_path / "picture.jpg", 1, 1),
    ):
        pass
    assert not list(tmp_path.iterdir())
    check_picture("PICTURE.PNG")


def test_the_old_picture_stays_when_the_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"old")

    def fail(self: Figure, *arguments: object, **options: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"), drawing(path, 1, 1):
        pass
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_written_when_what_is_drawn_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), drawing(tmp_path / "picture.png", 1, 1):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ValueError, match=r"pip install 'bioner-zoo\[plot\]'"):
        check_matplotlib()


def test_names_on_one_line() -> None:
    assert on_one_line("regulation of transcription from RNA polymerase II") == "regulation of t… polymerase II"
    assert on_one_line("a\nb") == "a b"
    assert len(on_one_line("x" * 99)) == 30
