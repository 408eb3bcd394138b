"""Lines, encodings, gzip and atomic writing."""

import gzip
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import quick
from zoo.data import rawtext, textfile
from zoo.data.document import DataFormatError


def test_only_line_feeds_end_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffone\u2028\x0b\x85\x1c still\r\ntwo\r\n\nlast".encode())
    assert list(textfile.read_lines(path)) == ["one\u2028\x0b\x85\x1c still", "two", "", "last"]
    assert textfile.read_text(path) == "one\u2028\x0b\x85\x1c still\r\ntwo\r\n\nlast"


@given(st.lists(st.text(st.sampled_from("ab\r\u2028💉"), max_size=3), max_size=9), st.sampled_from(["", "\n", "\r\n"]))
@quick
def test_lines_are_the_same_whatever_comes_at_once(lines: list[str], end: str) -> None:
    text = "\n".join(lines) + end
    plain = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder, "a").write_bytes(text.encode())
        for size in (1, 2, 5, 100):
            patch.setattr(textfile, "_BATCH_BYTES", size)
            assert list(textfile.read_lines(f"{folder}/a")) == plain


@pytest.mark.parametrize("read", [textfile.read_text, lambda path: list(textfile.read_lines(path))])
def test_bytes_that_are_not_utf8_name_the_line(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"fine\nna\xefve\n")
    message = f"{path}:2: byte 0xef is not UTF-8 (invalid continuation byte) — expected UTF-8 text"
    with pytest.raises(DataFormatError) as caught:
        read(path)
    assert str(caught.value).startswith(message)


def test_gzip_is_transparent_and_damage_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbfone\ntwo\n"))
    assert list(rawtext.read_lines([path, path])) == ["one", "two"] * 2
    assert [(document.id, document.text) for document in rawtext.read(path)] == [("a", "one\ntwo\n")]
    for damaged in (path.read_bytes()[:-9], b"no gzip"):
        path.write_bytes(damaged)
        with pytest.raises(DataFormatError, match="expected a whole gzip file"):
            textfile.read_text(path)


def test_a_failed_writing_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with textfile.writing(path) as file:
        file.write("old\r\n")

    def halves() -> Iterator[str]:
        yield "half"
        raise KeyError

    with pytest.raises(KeyError), textfile.writing(path) as file:
        file.writelines(halves())
    assert path.read_bytes() == b"old\r\n"
    assert list(path.parent.iterdir()) == [path]


def test_a_link_goes_on_pointing_where_it_did(tmp_path: Path) -> None:
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with textfile.writing(tmp_path / "b") as file:
        file.write("x")
    assert (tmp_path / "b").is_symlink()
    assert (tmp_path / "a").read_text() == "x"


def test_packed_files_of_the_same_text_are_the_same(tmp_path: Path) -> None:
    for name in ("a.gz", "b.gz"):
        with textfile.writing(tmp_path / name) as file:
            file.write("naïve\r\n" * 9)
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()).decode() == "naïve\r\n" * 9
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_a_device_is_written_to_and_not_replaced() -> None:
    null = Path("/dev/null")
    if not null.is_char_device():
        pytest.skip("this system has no /dev/null")
    with textfile.writing(null) as file:
        file.write("gone")
    assert null.is_char_device()


def test_standard_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\ufeffé\n".encode()), encoding="ascii"))
    assert list(textfile.read_lines("-")) == ["é"]
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="ascii"))
    with textfile.writing("-") as file:
        file.write("é\n")
    assert out.getvalue() == "é\n".encode()


def test_folders_of_plain_text(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.1.txt").write_text("B", encoding="utf-8")
    (tmp_path / "sub" / "a.txt").write_text("", encoding="utf-8")
    assert [(document.id, document.text) for document in rawtext.read(tmp_path)] == [("b.1", "B"), ("sub/a", "")]
    (tmp_path / "C.TXT").write_text("", encoding="utf-8")
    assert len(list(rawtext.read(tmp_path))) == 3
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataFormatError, match="no text file"):
        list(rawtext.read(tmp_path / "empty"))
