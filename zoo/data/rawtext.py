"""Plain text: a file is a document, or a stream of lines for training embeddings. ``.gz`` is read like the rest.

It can only be read: written as plain text, a document would lose every span.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from zoo.data import textfile
from zoo.data.document import DataFormatError, Document

ENDINGS = (".txt", ".txt.gz")


def read(path: str | Path) -> Iterator[Document]:
    """Reads documents without spans.

    Args:
        path: A file, a folder (all its ``.txt`` and ``.txt.gz`` with all subfolders) or ``-`` for standard input.

    Yields:
        Documents sorted by path; the id is the path below the folder without its ending.

    Raises:
        DataFormatError: If a file is not UTF-8, or the folder holds no text.
    """
    if str(path) == textfile.STREAM:
        yield Document("stdin", textfile.read_text(path))
        return
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    files = [path]
    if path.is_dir():
        files = sorted(Path(file) for file in textfile.files_below(path) if file.lower().endswith(ENDINGS))
    if not files:
        raise DataFormatError(path, 0, "no text file — expected .txt or .txt.gz files in this folder — check the path.")
    for file in files:
        yield Document(textfile.part_of(file, folder), textfile.read_text(file))


def read_lines(paths: Iterable[str | Path]) -> Iterator[str]:
    """The lines of many files in a row, without their ends; no file is held in memory.

    Raises:
        DataFormatError: If a line is not UTF-8, or a gzip file is damaged.
    """
    for path in paths:
        yield from textfile.read_lines(path)
