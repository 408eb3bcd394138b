"""The file formats by name: one way to read and one to write any of them."""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from zoo.data import brat, conll, html, pubtator, rawtext, textfile
from zoo.data.document import DataFormatError, Document
from zoo.data.nearest import did_you_mean


class Format(NamedTuple):
    """A file format.

    Args:
        reader: ``path → documents``; ``None`` where it can only be written.
        writer: ``documents, path → losses``; ``None`` where it can only be read.
        endings: File endings that name it, in lower case.
        streams: Whether ``-`` (standard input and output) stands for its file.
    """

    reader: Callable[..., Iterator[Document]] | None
    writer: Callable[..., Counter[str]] | None
    endings: tuple[str, ...]
    streams: bool

    @property
    def reader_options(self) -> list[str]:
        """The names of the reader's options: its keyword-only arguments."""
        return _options(self.reader) if self.reader else []

    @property
    def writer_options(self) -> list[str]:
        """The names of the writer's options: its keyword-only arguments."""
        return _options(self.writer) if self.writer else []


def _options(function: Callable[..., object]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]


FORMATS = {
    "brat": Format(brat.read, brat.write, (".ann",), streams=False),
    "pubtator": Format(pubtator.read, pubtator.write, (".pubtator",), streams=True),
    "conll": Format(conll.read, conll.write, (".conll", ".tsv", ".iob", ".iob2", ".bio"), streams=True),
    "text": Format(rawtext.read, None, (), streams=True),  # `.txt` says little: see `detect`
    "html": Format(None, html.write, (".html", ".htm"), streams=True),
}

_SAMPLE_LINES = 20


def detect(path: str | Path) -> str:
    """The format of a file or folder, from its ending or, where that says nothing, its first lines.

    A folder with ``.ann`` files is ``brat``, one with only ``.txt`` files ``text``. A ``.txt`` beside an ``.ann`` of
    the same name is ``brat``.

    Raises:
        DataFormatError: If it cannot be told; the message lists the formats.
        FileNotFoundError: If there is no such file.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"No such file or folder: {path}.")
    if path.is_dir():
        return _detect_folder(path)
    name = path.name.lower().removesuffix(".gz")
    for format_name, row in FORMATS.items():
        if name.endswith(row.endings):
            return format_name
    sample = [line for line in islice(textfile.read_lines(path), _SAMPLE_LINES) if line.strip()]
    if sample and re.match(r"[^|\t]+\|t\|", sample[0]):
        return "pubtator"
    if _looks_like_columns(sample):
        return "conll"
    if name.endswith(".txt"):
        return "brat" if path.with_suffix(".ann").exists() else "text"
    raise _undetected(path)


def _looks_like_columns(sample: list[str]) -> bool:
    """Whether lines are CoNLL's. One line is too little to tell: prose may end in ``blood group O``."""
    rows = [line.split() for line in sample if not line.startswith(("-DOCSTART-", "###MEDLINE:", "# "))]
    is_tagged = all(re.fullmatch(r"O|[BIELSU]-\S+", row[-1]) for row in rows)
    return len(rows) > 1 and len({len(row) for row in rows}) == 1 and len(rows[0]) > 1 and is_tagged


def _detect_folder(path: Path) -> str:
    for format_name, ending in (("brat", ".ann"), ("text", ".txt"), ("text", ".txt.gz")):
        if any(path.rglob(f"*{ending}")):
            return format_name
    raise _undetected(path)


def _undetected(path: Path) -> DataFormatError:
    readable = ", ".join(name for name, row in FORMATS.items() if row.reader)
    return DataFormatError(path, 0, f"cannot tell the format — expected one of {readable} — name the format.")


def _unknown(name: str | None, valid: list[str], what: str) -> ValueError:
    hint = did_you_mean(name or "", valid)
    return ValueError(f"Expected a format that can be {what}, out of {', '.join(valid)}, but got {name!r}.{hint}")


def read(
    path: str | Path, format: str | None = None, options: Mapping[str, object] | None = None
) -> Iterator[Document]:
    """Reads documents of any format.

    Args:
        path: A file or folder; ``-`` for standard input, where ``format`` must be given.
        format: A key of :data:`FORMATS`; by default, what :func:`detect` finds.
        options: Keyword arguments of the format's reader, as ``{"lenient": True}``.

    Raises:
        DataFormatError: If the format cannot be told, or the file is not of it.
        ValueError: If the format is unknown, cannot be read, or not from standard input, or has no such option.
    """
    is_stream = str(path) == textfile.STREAM
    name = detect(path) if format is None and not is_stream else format
    readers = {key: row.reader for key, row in FORMATS.items() if row.reader and (row.streams or not is_stream)}
    if name not in readers:
        raise _unknown(name, list(readers), "read from standard input" if is_stream else "read")
    _check_options(name, FORMATS[name].reader_options, options, "read")
    return readers[name](path, **(options or {}))


def _check_options(name: str, known: list[str], options: Mapping[str, object] | None, what: str) -> None:
    for option in options or ():
        if option not in known:
            have = f"its options are {', '.join(known)}" if known else "it has none"
            raise ValueError(f"Expected an option for {what}ing {name} but got {option!r}; {have}.")


def write(
    documents: Iterable[Document], path: str | Path, format: str, options: Mapping[str, object] | None = None
) -> Counter[str]:
    """Writes documents in a format.

    Args:
        documents: What to write.
        path: A file, for brat a folder, or ``-`` for standard output.
        format: A key of :data:`FORMATS`.
        options: Keyword arguments of the format's writer, as ``{"scheme": "BIOES"}``.

    Returns:
        What the format cannot hold, counted by kind.

    Raises:
        ValueError: If the format is unknown, cannot be written, or not to standard output, or has no such option.
    """
    is_stream = str(path) == textfile.STREAM
    writers = {key: row.writer for key, row in FORMATS.items() if row.writer and (row.streams or not is_stream)}
    if format not in writers:
        raise _unknown(format, list(writers), "written to standard output" if is_stream else "written")
    _check_options(format, FORMATS[format].writer_options, options, "writ")
    return writers[format](documents, path, **(options or {}))
