"""Corpora with their splits: those of the table, checked against it, and folders of one's own."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from zoo.data import formats, genetag, textfile
from zoo.data.corpora import CORPORA, CorpusEntry, Part, SplitEntry
from zoo.data.document import Corpus, DataFormatError, Document, losses_of
from zoo.data.nearest import did_you_mean

DATA_VARIABLE = "ZOO_DATA"

_Whole = dict[tuple[str, ...], list[Document]]
"""The documents of files that were read, by their paths: several splits may be parts of the same files."""
_SPLIT_NAMES = {"train": ("train",), "dev": ("dev", "devel"), "test": ("test",)}


def data_root() -> Path:
    """The folder the corpora lie in: the environment variable ``ZOO_DATA``, else ``shared/data`` beside the project.

    Raises:
        FileNotFoundError: If there is no such folder; the message says what to set.
    """
    named = os.environ.get(DATA_VARIABLE)
    root = Path(named) if named else Path(__file__).resolve().parents[2].parent / "shared" / "data"
    if not root.is_dir():
        where = f"named by {DATA_VARIABLE}" if named else "looked for beside the project"
        raise FileNotFoundError(
            f"No data folder at {root} ({where}) — expected the folder that holds the corpora, as "
            f"en/ncbi-disease — set {DATA_VARIABLE} to it. Sources: {_sources()}"
        )
    return root


def _sources() -> str:
    return "; ".join(f"{name}: {entry.source}" for name, entry in CORPORA.items())


def load_corpus(name_or_folder: str | Path, *, without_texts: bool = False) -> Corpus:
    """Loads a corpus of the table, or a folder of one's own.

    Args:
        name_or_folder: A key of :data:`zoo.data.corpora.CORPORA`, or a folder with ``train``, ``dev`` (or ``devel``)
            and ``test`` as subfolders or as files of any ending, in any format that can be read.
        without_texts: For a corpus distributed without its texts: put stand-in texts in their place, rebuilt from the
            mentions alone. Good for counting, useless for training.

    Raises:
        DataFormatError: If a file is not as distributed, cannot be read, or the folder has no splits.
        FileNotFoundError: If files or texts are not there; the message says where they can be obtained.
        ValueError: If the name is unknown; the message lists the known ones and the nearest.

    Examples:
        >>> load_corpus("ncbi")
        Traceback (most recent call last):
        ValueError: Expected a corpus out of ncbi-disease, bc5cdr, jnlpba, bc2gm, raredis, pharmaconer, craft, cord19,
        or a folder, but got 'ncbi'.
    """
    name = str(name_or_folder)
    if name in CORPORA:
        return _known_corpus(name, CORPORA[name], without_texts)
    if Path(name).is_dir():
        return _folder_corpus(Path(name))
    hint = did_you_mean(name, CORPORA)
    raise ValueError(f"Expected a corpus out of {', '.join(CORPORA)}, or a folder, but got {name!r}.{hint}")


def _known_corpus(name: str, entry: CorpusEntry, without_texts: bool) -> Corpus:
    splits = {}
    whole: _Whole = {}
    for split, files in entry.splits.items():
        _check_files(name, entry, files)
        documents = _read(name, entry, files, without_texts, whole)
        splits[split] = tuple(document.relabel(entry.labels) for document in documents)
    return Corpus(name, splits)


def _check_files(name: str, entry: CorpusEntry, split: SplitEntry) -> None:
    for path in split.paths:
        if not (data_root() / path).exists():
            raise FileNotFoundError(
                f"No {path} of corpus {name} in {data_root()} — expected it as distributed — obtain it from "
                f"{entry.source}, or set {DATA_VARIABLE} to the folder that holds {path}."
            )
    digest = fingerprint(entry, split)
    if digest != split.sha256:
        raise DataFormatError(
            data_root() / split.paths[0],
            0,
            f"the sha256 of corpus {name} is {digest} — expected {split.sha256}, the files as distributed — obtain "
            f"them again from {entry.source}, or load your version as a folder of its own.",
        )


def fingerprint(entry: CorpusEntry, split: SplitEntry) -> str:
    """The sha256 of a split's files: of the one file; where there are more, of all their names and sha256s.

    Raises:
        OSError: If a file cannot be read.
    """
    digests = []
    for path in (data_root() / path for path in split.paths):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and (file == path or any(fnmatch(file.name, pattern) for pattern in entry.files)):
                digests.append(
                    (file.relative_to(path.parent).as_posix(), hashlib.sha256(file.read_bytes()).hexdigest())
                )
    if len(digests) == 1:
        return digests[0][1]
    listing = "".join(f"{digest}  {file}\n" for file, digest in digests)
    return hashlib.sha256(listing.encode()).hexdigest()


def _read(name: str, entry: CorpusEntry, split: SplitEntry, without_texts: bool, whole: _Whole) -> Iterator[Document]:
    """The documents of one split, labels as in the files; files that splits share are read once, into ``whole``."""
    if entry.texts_from and not without_texts:
        _check_texts(name, entry, split)
    if split.paths not in whole:
        whole[split.paths] = _read_files(entry, split)
    belongs = _belonging(split.part)
    return (document for document in whole[split.paths] if belongs(document.id))


def _read_files(entry: CorpusEntry, split: SplitEntry) -> list[Document]:
    """The documents of a split's files, those of other splits included."""
    options = dict(entry.options)
    if entry.texts_from:
        options["missing_text"] = "blank"  # where texts are wanted, they were found to be there
    if split.texts:
        options["texts"] = {document: textfile.read_text(data_root() / path) for document, path in split.texts.items()}
    documents: list[Document] = []
    for path in split.paths:
        seen = {document.id for document in documents}
        documents += (d for d in formats.read(data_root() / path, entry.format, options) if d.id not in seen)
    return documents


def _check_texts(name: str, entry: CorpusEntry, split: SplitEntry) -> None:
    for path in split.paths:
        annotated = list((data_root() / path).rglob("*.ann"))
        missing = [file for file in annotated if not Path(f"{str(file)[:-4]}.txt").exists()]
        if missing:
            raise FileNotFoundError(
                f"{len(missing)} of {len(annotated)} texts of corpus {name} are missing in {data_root() / path} — "
                f"expected a .txt beside each .ann — obtain them from {entry.texts_from}."
            )


def _belonging(part: Part) -> Callable[[str], bool]:
    if part.listed or part.unlisted:
        path = data_root() / (part.listed or part.unlisted or "")
        ids = {line.split()[0] for line in textfile.read_lines(path) if line.strip()}
        return ids.__contains__ if part.listed else lambda document_id: document_id not in ids
    if part.last_digits:
        digits = part.last_digits
        return lambda document_id: document_id[-1] in digits
    return lambda document_id: True


class Check(NamedTuple):
    """One thing that is published of a split, beside what was found.

    Args:
        split: As ``train``.
        what: As ``documents`` or ``entities SpecificDisease``.
        expected: As published.
        found: In the files.
    """

    split: str
    what: str
    expected: int | str
    found: int | str

    @property
    def passed(self) -> bool:
        """Whether both are the same."""
        return self.expected == self.found


def check_corpus(name: str) -> Iterator[Check]:
    """Compares the files of a known corpus with what is published: checksums, documents, entities, known quirks.

    A corpus distributed without its texts is counted without them where they are missing.

    Yields:
        Checks, split by split; nothing is raised for one that fails.

    Raises:
        KeyError: If the corpus is none of the table.
        FileNotFoundError: If its files are not there.
    """
    entry = CORPORA[name]
    whole: _Whole = {}
    for split, files in entry.splits.items():
        for path in files.paths:
            if not (data_root() / path).exists():
                raise FileNotFoundError(f"No {path} in {data_root()} — obtain it from {entry.source}.")
        yield Check(split, "sha256", files.sha256, fingerprint(entry, files))
        documents = list(_read(name, entry, files, without_texts=True, whole=whole))
        yield Check(split, "documents", files.documents, len(documents))
        found = Counter(span.label for document in documents for span in document.spans)
        for label in sorted({*files.entities, *found}):
            yield Check(split, f"entities {label}", files.entities.get(label, 0), found[label])
        losses = losses_of(documents)
        # Stand-in texts are made of what the mentions quote.
        unknown = {"missing text", "quoted text differs"} if losses.pop("missing text", 0) else set()
        for kind in sorted({*files.losses, *losses} - unknown):
            yield Check(split, f"reported: {kind}", files.losses.get(kind, 0), losses[kind])


def has_splits(folder: Path) -> bool:
    """Whether a folder holds a corpus of one's own: files or subfolders named after splits.

    A folder of GENETAG is one split, though its sentences may be ``test.in``.
    """
    if (folder / genetag.GENE).exists():
        return False
    stems = {stem for names in _SPLIT_NAMES.values() for stem in names}
    return any(path.name.partition(".")[0] in stems for path in folder.iterdir())


def _folder_corpus(folder: Path) -> Corpus:
    splits: dict[str, tuple[Document, ...]] = {}
    for split, stems in _SPLIT_NAMES.items():
        found = sorted(path for path in folder.iterdir() if path.name.partition(".")[0] in stems)
        if len(found) > 1:
            raise DataFormatError(
                folder,
                0,
                f"more than one {split} split ({', '.join(path.name for path in found)}) — expected one — "
                "leave one of them.",
            )
        if found:
            splits[split] = tuple(formats.read(found[0]))
    if not splits:
        raise DataFormatError(
            folder, 0, "no splits — expected files or subfolders named train, dev (or devel) and test — rename them."
        )
    return Corpus(folder.resolve().name, splits)
