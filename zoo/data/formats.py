"""The file formats by name: one way to read and one to write any of them."""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from zoo.data import (
    bioc,
    bioc_json,
    brat,
    conll,
    dublin_core,
    genetag,
    html,
    jsonl,
    pubtator,
    rawtext,
    textfile,
    tokens,
    track2,
)
from zoo.data.document import DataFormatError, Document
from zoo.data.json_stream import JsonStream
from zoo.data.nearest import did_you_mean


class Format(NamedTuple):
    """A file format.

    Args:
        about: One line for people.
        reader: ``path → documents``; ``None`` where it can only be written.
        writer: ``documents, path → losses``; ``None`` where it can only be read.
        endings: File endings that name it, in lower case.
        is_folder: Whether what it reads and writes is a folder; else it is one file, and ``-`` stands for standard
            input and output.
    """

    about: str
    reader: Callable[..., Iterator[Document]] | None
    writer: Callable[..., Counter[str]] | None
    endings: tuple[str, ...]
    is_folder: bool = False

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
    "brat": Format("brat standoff: .txt with .ann", brat.read, brat.write, (".ann",), is_folder=True),
    "pubtator": Format("PubTator abstracts", pubtator.read, pubtator.write, (".pubtator",)),
    "bioc": Format("BioC XML", bioc.read, bioc.write, (".xml", ".bioc")),
    "bioc-json": Format("BioC JSON", bioc_json.read, bioc_json.write, (".json",)),
    "conll": Format(
        "CoNLL columns: a word and its tag a line",
        conll.read,
        conll.write,
        (".conll", ".tsv", ".iob", ".iob2", ".bio"),
    ),
    "genetag": Format("BioCreative II GM: .in with GENE.eval", genetag.read, genetag.write, (".in",), is_folder=True),
    "jsonl": Format("JSON Lines: a document a line, nothing lost", jsonl.read, jsonl.write, (".jsonl", ".ndjson")),
    "tokens": Format("JSON Lines of tokens and ner_tags (Hugging Face datasets)", tokens.read, tokens.write, ()),
    "dublin-core": Format("Dublin Core XML: titles and descriptions, read only", dublin_core.read, None, (".xml",)),
    "text": Format("plain text, read only", rawtext.read, None, ()),  # `.txt` says little: see `detect`
    "track2": Format("codes of each document (PharmaCoNER's second track), written only", None, track2.write, ()),
    "html": Format("a page to look at, written only", None, html.write, (".html", ".htm")),
}

_SAMPLE_LINES = 20
_SAMPLE_BYTES = 1 << 20


def detect(path: str | Path) -> str:
    """The format of a file or folder, from its ending or, where that says too little, its first lines.

    A folder is of the format that its files' endings name, if they name one; where they name none, of that of its
    ``.txt`` files. A ``.txt`` beside an ``.ann`` of the same name is ``brat``.

    Raises:
        DataFormatError: If it cannot be told, or files of a folder are of more than one; the message lists the formats.
        FileNotFoundError: If there is no such file.
    """
    path = Path(path)
    if path.is_dir():
        return _detect_folder(path)
    if not path.exists():
        raise FileNotFoundError(f"No such file or folder: {path}.")
    told = told_by_ending(path)
    if told == "bioc" and path.is_file() and dublin_core.is_dublin_core(path):
        return "dublin-core"
    if told and told not in ("jsonl", "bioc-json"):
        return told
    if not path.is_file():
        raise _undetected(path, "a pipe or device, which can be read only once")
    if told:
        return _detect_json(path, told)
    sample = [line for line in islice(textfile.read_lines(path), _SAMPLE_LINES) if line.strip()]
    if sample and re.match(r"[^|\t]+\|t\|", sample[0]):
        return "pubtator"
    if _looks_like_columns(sample):
        return "conll"
    if path.name.lower().endswith(rawtext.ENDINGS):
        return "brat" if path.with_suffix(".ann").exists() else "text"
    raise _undetected(path, "neither the ending nor the first lines tell")


def told_by_ending(path: str | Path) -> str | None:
    """The format that a file's ending names, ``.gz`` aside; ``None`` where it names none."""
    name = Path(path).name.lower().removesuffix(".gz")
    return next((key for key, row in FORMATS.items() if row.endings and name.endswith(row.endings)), None)


def _detect_json(path: Path, told: str) -> str:
    """Tells the JSON formats by the keys of the file's first object, as far as they stand in the first megabyte."""
    keys: set[str] = set()
    with textfile.opened(path) as file:
        stream = JsonStream([file.read(_SAMPLE_BYTES)], str(path))
    try:
        for key in stream.members():
            keys.add(key)
            stream.value()
    except DataFormatError:  # cut off, or none; what is wrong with the file is the reader's to say
        pass
    if "tokens" in keys:
        return "tokens"
    if {"id", "text"} <= keys:
        return "jsonl"
    return "bioc-json" if keys & {"passages", "documents"} else told


def _looks_like_columns(sample: list[str]) -> bool:
    """Whether lines are CoNLL's. One line is too little to tell: prose may end in ``blood group O``."""
    rows = [line.split() for line in sample if not line.startswith(("-DOCSTART-", "###MEDLINE:", "# "))]
    is_tagged = all(re.fullmatch(r"O|[BIELSUMWV]-\S+", row[-1]) for row in rows)
    return len(rows) > 1 and len({len(row) for row in rows}) == 1 and len(rows[0]) > 1 and is_tagged


def _detect_folder(path: Path) -> str:
    told, texts = _parts(path)
    is_brat = any(told_by_ending(file) == "brat" for file in told)  # whose texts are those .txt
    found = Counter(map(detect, told if is_brat else told + texts))
    if not found:
        raise _undetected(path, "no file of a known ending")
    if len(found) > 1:
        kinds = ", ".join(f"{count} {name}" for name, count in found.items())
        raise _undetected(path, f"files of several ({kinds})", "name the format, or the files of one by a pattern")
    return next(iter(found))


def _parts(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files of a folder whose endings name a format that can be read, and its ``.txt``, each sorted."""
    files = sorted(path for path in map(Path, textfile.files_below(folder)) if not path.name.startswith("."))
    told = [file for file in files if (name := told_by_ending(file)) and FORMATS[name].reader]
    return told, [file for file in files if file.name.lower().endswith(rawtext.ENDINGS)]


def _undetected(path: Path, why: str, remedy: str = "name the format") -> DataFormatError:
    readable = ", ".join(name for name, row in FORMATS.items() if row.reader)
    return DataFormatError(path, 0, f"cannot tell the format: {why} — expected one of {readable} — {remedy}.")


def _unknown(name: str | None, valid: list[str], what: str) -> ValueError:
    hint = did_you_mean(name or "", valid)
    return ValueError(f"Expected a format that can be {what}, out of {', '.join(valid)}, but got {name!r}.{hint}")


def read(
    path: str | Path, format: str | None = None, options: Mapping[str, object] | None = None
) -> Iterator[Document]:
    """Reads documents of any format.

    Args:
        path: A file or folder; of a format that is one file, a folder is all its files of that format, with all
            subfolders, sorted (all ``.txt`` where no file's ending names a format). ``-`` is standard input, where
            ``format`` must be given.
        format: A key of :data:`FORMATS`; by default, what :func:`detect` finds.
        options: Keyword arguments of the format's reader, as ``{"lenient": True}``.

    Raises:
        DataFormatError: If the format cannot be told, or the file is not of it.
        ValueError: If the format is unknown, cannot be read, or not from standard input, or has no such option.
    """
    is_stream = str(path) == textfile.STREAM
    name = detect(path) if format is None and not is_stream else format
    readers = {key: row.reader for key, row in FORMATS.items() if row.reader and not (row.is_folder and is_stream)}
    if name not in readers:
        raise _unknown(name, list(readers), "read from standard input" if is_stream else "read")
    row, options = FORMATS[name], options or {}
    _check_options(name, row.reader_options, options, "reading")
    if row.is_folder or name == "text" or is_stream or not Path(path).is_dir():
        return readers[name](path, **options)
    told, texts = _parts(Path(path))
    files = [file for file in told if detect(file) == name] if told else texts
    if not files:
        expected = " or ".join(row.endings) or ".txt"
        raise DataFormatError(path, 0, f"no file of format {name} — expected one that ends in {expected} — name it.")
    return (document for file in files for document in readers[name](file, **options))


def _check_options(name: str, known: list[str], options: Mapping[str, object], what: str) -> None:
    for option in options:
        if option not in known:
            have = f"its options are {', '.join(known)}" if known else "it has none"
            raise ValueError(f"Expected an option for {what} {name} but got {option!r}; {have}.")


def write(
    documents: Iterable[Document], path: str | Path, format: str, options: Mapping[str, object] | None = None
) -> Counter[str]:
    """Writes documents in a format.

    Args:
        documents: What to write.
        path: A file, a folder (brat, genetag), or ``-`` for standard output.
        format: A key of :data:`FORMATS`.
        options: Keyword arguments of the format's writer, as ``{"scheme": "BIOES"}``.

    Returns:
        What the format cannot hold, counted by kind.

    Raises:
        ValueError: If the format is unknown, cannot be written, or not to standard output, or has no such option.
    """
    is_stream = str(path) == textfile.STREAM
    writers = {key: row.writer for key, row in FORMATS.items() if row.writer and not (row.is_folder and is_stream)}
    if format not in writers:
        raise _unknown(format, list(writers), "written to standard output" if is_stream else "written")
    options = options or {}
    _check_options(format, FORMATS[format].writer_options, options, "writing")
    return writers[format](documents, path, **options)
