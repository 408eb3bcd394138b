"""The corpora known by name: which files, which labels, whose work, under which licence."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zoo.data import formats
from zoo.data.document import Corpus, DataFormatError, Document
from zoo.data.nearest import did_you_mean

DATA_VARIABLE = "ZOO_DATA"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitFile:
    """One split's file.

    Args:
        path: Below the data root.
        sha256: Of the file as distributed.
        documents: Published number of documents.
        mentions: Published number of mentions.
    """

    path: str
    sha256: str
    documents: int
    mentions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusEntry:
    """What is known of a corpus.

    Args:
        format: A key of :data:`zoo.data.formats.FORMATS`.
        files: By split.
        labels: Labels in the files → labels of the corpus; ``None`` drops spans.
        language: ISO 639-1 code.
        licence: In words.
        citation: The paper.
        source: Where the files can be obtained.
    """

    format: str
    files: Mapping[str, SplitFile]
    labels: Mapping[str, str | None]
    language: str
    licence: str
    citation: str
    source: str


CORPORA = {
    "ncbi-disease": CorpusEntry(
        format="pubtator",
        files={
            "train": SplitFile(
                path="en/ncbi-disease/NCBItrainset_corpus.txt",
                sha256="f311381b28a6d0f641f57f4a963bb83619c2bdec5cd9caabb1381f894d5db817",
                documents=593,
                mentions=5145,
            ),
            "dev": SplitFile(
                path="en/ncbi-disease/NCBIdevelopset_corpus.txt",
                sha256="02db559974624ae9cbe6cd95d64d953e6926bb63afb6b25b63e53bd8b41a4b55",
                documents=100,
                mentions=787,
            ),
            "test": SplitFile(
                path="en/ncbi-disease/NCBItestset_corpus.txt",
                sha256="61c8050bf6979ef7b943ec1158dfc03b651ea3367d4c37356f9de4841e85c9a3",
                documents=100,
                mentions=960,
            ),
        },
        labels={
            "SpecificDisease": "Disease",
            "DiseaseClass": "Disease",
            "Modifier": "Disease",
            "CompositeMention": "Disease",
        },
        language="en",
        licence="public domain (United States Government work)",
        citation=(
            "Doğan RI, Leaman R, Lu Z (2014). NCBI disease corpus: a resource for disease name recognition and "
            "concept normalization. Journal of Biomedical Informatics 47:1-10."
        ),
        source="https://github.com/spyysalo/ncbi-disease (folder original-data)",
    ),
}

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


def load_corpus(name_or_folder: str | Path) -> Corpus:
    """Loads a corpus of the table, or a folder of one's own.

    Args:
        name_or_folder: A key of :data:`CORPORA`, or a folder with ``train``, ``dev`` (or ``devel``) and ``test`` as
            subfolders or as files of any ending, in any format that can be read.

    Raises:
        DataFormatError: If a file is not as distributed, cannot be read, or the folder has no splits.
        FileNotFoundError: If the data are not there; the message says where they can be obtained.
        ValueError: If the name is unknown; the message lists the known ones and the nearest.

    Examples:
        >>> load_corpus("ncbi")
        Traceback (most recent call last):
        ValueError: Expected a corpus out of ncbi-disease, or a folder, but got 'ncbi'.
    """
    name = str(name_or_folder)
    if name in CORPORA:
        entry = CORPORA[name]
        return Corpus(name, {split: _known_split(name, entry, file) for split, file in entry.files.items()})
    if Path(name).is_dir():
        return _folder_corpus(Path(name))
    hint = did_you_mean(name, CORPORA)
    raise ValueError(f"Expected a corpus out of {', '.join(CORPORA)}, or a folder, but got {name!r}.{hint}")


def _known_split(name: str, entry: CorpusEntry, file: SplitFile) -> tuple[Document, ...]:
    path = data_root() / file.path
    if not path.exists():
        raise FileNotFoundError(
            f"No file {path} of corpus {name} — expected it as distributed — obtain it from {entry.source}, "
            f"or set {DATA_VARIABLE} to the folder that holds {file.path}."
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != file.sha256:
        raise DataFormatError(
            path,
            0,
            f"sha256 is {digest} — expected {file.sha256}, the file as distributed — obtain it again from "
            f"{entry.source}, or load your version as a folder of its own.",
        )
    return tuple(document.relabel(entry.labels) for document in formats.read(path, entry.format))


def has_splits(folder: Path) -> bool:
    """Whether a folder holds a corpus of one's own: files or subfolders named after splits."""
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
