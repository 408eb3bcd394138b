"""Raw text for pretraining: finding files and reading nothing but their text."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from zoo.data import formats, rawtext, textfile
from zoo.data.splits import data_root

_PUBTATOR_TEXT = re.compile(r"[^|\t]+\|[ta]\|(.*)")
_GENE_MENTION_LINE = re.compile(r"P\d{8}[A-Z]\d{4}[a-z]? (.*)")


def find_texts(patterns: Sequence[str | Path]) -> list[Path]:
    """Resolves files, folders and patterns (``*``, ``**``, ``?``).

    A relative pattern is looked up below the working directory and, only where nothing is found there, below the data
    folder (:func:`zoo.data.splits.data_root`).

    Returns:
        Paths in the order of the patterns, each once.

    Raises:
        FileNotFoundError: If a pattern finds nothing; the message says where it was looked for.
    """
    found = [path for pattern in patterns for path in _matches(str(pattern))]
    return list(dict.fromkeys(found))


def _matches(pattern: str) -> list[Path]:
    absolute = Path(pattern).is_absolute()
    relative = str(Path(pattern).relative_to("/")) if absolute else pattern
    found = _below(Path("/") if absolute else Path(), relative)
    if not found and not absolute:
        found = _below(data_root(), relative)
    if not found:
        places = "" if absolute else f", neither below the working directory nor below {data_root()}"
        raise FileNotFoundError(f"No text matches {pattern!r}{places}; check the path or set ZOO_DATA.")
    return found


def _below(folder: Path, pattern: str) -> list[Path]:
    # A name may hold characters that mean something in a pattern: what exists is taken as it is.
    return [folder / pattern] if (folder / pattern).exists() else sorted(folder.glob(pattern))


def read_texts(path: str | Path) -> Iterator[str]:
    """The text of a file or folder, in parts that no sentence crosses, whatever the annotations.

    Read are plain text (a part is a line), PubTator (titles and abstracts alone, so that a faulty annotation is no
    obstacle), BioCreative II GM sentence files (``.in``: the id is taken off), folders of ``.txt`` (annotations beside
    them are not looked at) and every other format of :data:`zoo.data.formats.FORMATS`; ``.gz`` as well. Dublin Core XML
    is read in all its languages: :mod:`zoo.pretraining.prepare` takes one.

    Raises:
        DataFormatError: If the format cannot be told, or a file is not UTF-8 or damaged.
    """
    path = Path(path)
    format_name = "genetag" if path.suffix == ".in" else formats.detect(path)
    if path.is_dir() and format_name in ("text", "brat"):
        yield from (document.text for document in rawtext.read(path))
    elif path.suffix == ".in":
        yield from _captured(_GENE_MENTION_LINE, path)
    elif format_name == "pubtator" and path.is_file():
        yield from _captured(_PUBTATOR_TEXT, path)
    elif path.name.endswith(rawtext.ENDINGS) and format_name in ("text", "brat"):
        yield from textfile.read_lines(path)
    else:
        options = {"lenient": True} if "lenient" in formats.FORMATS[format_name].reader_options else None
        yield from (document.text for document in formats.read(path, format_name, options))


def _captured(pattern: re.Pattern[str], path: Path) -> Iterator[str]:
    return (match[1] for line in textfile.read_lines(path) if (match := pattern.fullmatch(line)))
