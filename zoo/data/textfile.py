"""UTF-8 text files: lines with their numbers, gzip, and writing that is never half done.

Three rules hold for every format. A byte order mark at the beginning is no part of the text, so offsets count from
after it. A line ends at a line feed, with one carriage return before it taken off; no other character ends a line
(``str.splitlines`` would also break at U+2028, U+0085 and others, which occur in abstracts). Bytes that are not UTF-8
are an error that names the line.
"""

import codecs
import contextlib
import gzip
import io
import os
import secrets
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from zoo.data.document import DataFormatError

STREAM = "-"
"""The path that means standard input where one reads and standard output where one writes."""

_BATCH_BYTES = 1 << 16


def source_name(path: str | Path) -> str:
    """What error messages call a path."""
    return "<stdin>" if str(path) == STREAM else str(path)


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[io.BufferedReader]:
    """A file's bytes, unpacked where its name ends in ``.gz``; ``-`` is standard input.

    Raises:
        DataFormatError: If the gzip file is damaged.
    """
    if str(path) == STREAM:
        yield cast(io.BufferedReader, sys.stdin.buffer)
        return
    is_gzip = str(path).endswith(".gz")
    with cast(io.BufferedReader, gzip.open(path, "rb")) if is_gzip else open(path, "rb") as file:
        try:
            yield file
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataFormatError(path, 0, f"{error} — expected a whole gzip file — fetch the file again.") from error


def _decoded(raw: bytes, source: str, line: int) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line += raw.count(b"\n", 0, error.start)
        raise DataFormatError(
            source,
            line,
            f"byte 0x{raw[error.start]:02x} is not UTF-8 ({error.reason}) — expected UTF-8 text — "
            "convert the file (iconv -t UTF-8).",
        ) from error


def read_text(path: str | Path) -> str:
    """A whole file as written, line breaks included.

    Raises:
        DataFormatError: If it is not UTF-8, or a damaged gzip file.
    """
    with opened(path) as file:
        return _decoded(file.read().removeprefix(codecs.BOM_UTF8), source_name(path), 1)


def read_lines(path: str | Path) -> Iterator[str]:
    """The lines of a file without their ends, one at a time, whatever the file's size.

    Raises:
        DataFormatError: If a line is not UTF-8, or the gzip file is damaged.
    """
    source, number = source_name(path), 1
    with opened(path) as file:
        # Many whole lines at a time, as they come: to decode them together costs a fraction of one by one.
        while batch := file.read1(_BATCH_BYTES):
            batch += file.readline()
            text = _decoded(batch, source, number)
            if number == 1:
                text = text.removeprefix("\ufeff")
            if "\r" in text:
                text = text.replace("\r\n", "\n")
            yield from (text[:-1] if text.endswith(("\n", "\r")) else text).split("\n")
            number += batch.count(b"\n")


def files_below(folder: str | Path) -> Iterator[str]:
    """All files of a folder and of all its subfolders, in no order; links to folders are not followed.

    Raises:
        OSError: If a folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise error

    for place, _, names in os.walk(folder, onerror=refuse):
        yield from (os.path.join(place, name) for name in names)


def _without_end(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    r"""Lines with their numbers from 1, with or without their ends in the iterable.

    Examples:
        >>> list(numbered(["one\r\n", "two"]))
        [(1, 'one'), (2, 'two')]
    """
    return ((number, _without_end(line)) for number, line in enumerate(lines, start=1))


def part_of(path: str | Path, folder: Path) -> str:
    """A file's document id: its path below a folder, with ``/`` and without its ending (``.gz`` counts not as one)."""
    relative = Path(str(path).removesuffix(".gz")).relative_to(folder)
    return relative.with_suffix("").as_posix()


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[TextIO]:
    """A file to write text to, which appears under its name only when all of it is written.

    The text goes to a temporary file in the same folder, which then replaces the one of that name; an error on the
    way leaves what was there before. ``-`` is standard output; a device or pipe is written to directly. A name that
    ends in ``.gz`` is compressed. Folders are made as needed.
    """
    if str(path) == STREAM:
        with _as_text(cast(BinaryIO, sys.stdout.buffer)) as stream:
            yield stream
        return
    target = Path(path)
    if target.exists() and not target.is_file() and not target.is_dir():
        with open(target, "w", encoding="utf-8", newline="") as device:
            yield device
        return
    with replacing(path) as partial, open(partial, "wb") as raw:
        # The header has neither name nor time: the same documents are the same bytes.
        packed = gzip.GzipFile("", "wb", fileobj=raw, mtime=0) if str(path).endswith(".gz") else raw
        with io.TextIOWrapper(cast(BinaryIO, packed), encoding="utf-8", newline="") as file:
            yield file


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A name to write a file under, which becomes its own when all of it is written.

    An error on the way leaves what was there before. Folders are made as needed.
    """
    target = Path(os.path.realpath(path))  # what a link points to, not the link, is replaced
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f".{secrets.token_hex(4)}.part"
    try:
        yield partial
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def _as_text(binary: BinaryIO) -> Iterator[TextIO]:
    """UTF-8 with untouched line ends over a binary stream that stays open."""
    stream = io.TextIOWrapper(binary, encoding="utf-8", newline="", write_through=True)
    try:
        yield stream
    finally:
        stream.detach()


def unused_id(document_id: str, counts: dict[str, int]) -> str:
    """The id, or the first of ``id-2``, ``id-3`` … that is free, for formats whose ids name files.

    Args:
        document_id: The document's id.
        counts: What was given out so far, kept up to date: by id, how far the numbers have come.

    Examples:
        >>> counts: dict[str, int] = {}
        >>> [unused_id(name, counts) for name in ("a", "a", "b", "a")]
        ['a', 'a-2', 'b', 'a-3']
    """
    name = document_id
    while name in counts:
        counts[document_id] += 1
        name = f"{document_id}-{counts[document_id]}"
    counts[name] = 1
    return name


def one_column(value: str, kind: str, document_id: str, forbidden: str) -> str:
    r"""A value that a format can hold in one column, checked.

    Args:
        value: What is to be written.
        kind: What it is, for the message (``label``).
        document_id: Where it is, for the message.
        forbidden: Characters the format has another use for.

    Raises:
        ValueError: If the value is empty or holds one of them.

    Examples:
        >>> one_column("cell_type", "label", "1", " \t\r\n")
        'cell_type'
    """
    if not value or any(character in forbidden for character in value):
        raise ValueError(
            f"{kind} {value!r} in document {document_id!r} cannot be written — "
            f"expected a value without any of {forbidden!r} — rename it, or write another format."
        )
    return value
