"""The texts of this room: found by pattern, each taken once, and none that is to be scored on."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from zoo.data import formats, textfile
from zoo.data.document import Document
from zoo.pretraining.texts import find_texts

_PMID = re.compile(r"\d{5,8}")


def read_documents(patterns: Sequence[str] | str, *, lenient: bool = False) -> Iterator[Document]:
    """The documents of files, folders and patterns, below the working directory or else the data folder.

    In a file of plain text blank lines part documents: ``name:1``, ``name:2`` …

    Args:
        patterns: As for :func:`zoo.pretraining.texts.find_texts`.
        lenient: Whether mentions that disagree with their text are counted in ``losses``, not raised.

    Raises:
        DataFormatError: If the format of a file cannot be told, or it is not of it.
        FileNotFoundError: If a pattern finds nothing.
    """
    for path in find_texts([patterns] if isinstance(patterns, str) else patterns):
        name = formats.detect(path)
        if name == "text" and not path.is_dir():
            yield from _blocks(path)
        else:
            options = {"lenient": True} if lenient and "lenient" in formats.FORMATS[name].reader_options else None
            yield from formats.read(path, name, options)


def _blocks(path: Path) -> Iterator[Document]:
    """Plain text as documents, each as many lines as come before a blank one."""
    lines: list[str] = []
    number = 0
    for line in chain(textfile.read_lines(path), [""]):
        if line.strip():
            lines.append(line)
        elif lines:
            number += 1
            yield Document(f"{path.name}:{number}", "\n".join(lines))
            lines = []


class Taken:
    """Which documents were taken: two are one if their texts are, white space apart, or their PMIDs.

    Ids that are no PMIDs (five digits or more) tell nothing: those of two sources may be alike by chance.

    Args:
        documents: Taken already.

    Examples:
        >>> taken = Taken([Document("6893628", "A text.")])
        >>> Document("1", "A  text. ") in taken, Document("6893628", "Another.") in taken, Document("1", "B") in taken
        (True, True, False)
    """

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self._texts: set[bytes] = set()
        self._pmids: set[str] = set()
        for document in documents:
            self.add(document)

    def __contains__(self, document: Document) -> bool:
        return document.id in self._pmids or _key(document) in self._texts

    def add(self, document: Document) -> None:
        """Takes a document."""
        self._texts.add(_key(document))
        if _PMID.fullmatch(document.id):
            self._pmids.add(document.id)


def _key(document: Document) -> bytes:
    return hashlib.blake2b("".join(document.text.split()).encode(), digest_size=16).digest()


def distinct(documents: Iterable[Document], without: Taken, left_out: Counter[str]) -> Iterator[Document]:
    """Documents with a text, each once, but for some.

    Args:
        documents: Any.
        without: Those to stay out of.
        left_out: Counts what is left out, by reason.
    """
    taken = Taken()
    for document in documents:
        if not document.text.strip():
            left_out["without text"] += 1
        elif document in without:
            left_out["to stay out of"] += 1
        elif document in taken:
            left_out["seen before"] += 1
        else:
            taken.add(document)
            yield document
