"""What commands read: a named corpus, a folder with splits, or files of any format; and what they say of losses."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from zoo.data.document import Document


def documents_of(
    name: str, split: str | None, format: str | None = None, options: Mapping[str, object] | None = None
) -> Iterator["Document"]:
    """The documents of a split of a named corpus or of a folder that has splits, else all that lies there.

    Args:
        name: A corpus of the table, a folder, a file, or ``-``.
        split: Which split, where there are some.
        format: Format of files without splits, where they do not tell.
        options: Of the format's reader.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a split is needed and not given, or a format is given where there are splits; as for reading.
    """
    from zoo.data.formats import read
    from zoo.data.splits import load_corpus

    path = Path(name)
    if has_splits(name):
        if format or options:
            wrong = "the format" if format else f"options of reading ({', '.join(options or ())})"
            raise ValueError(f"{name} has splits: how they are read is told from their files; leave {wrong} out.")
        corpus = load_corpus(name)
        if split is None:
            raise ValueError(f"Expected --split for {name}, one of {', '.join(corpus)}.")
        return iter(corpus[split])
    if name != "-" and not path.exists():
        if path.suffix or len(path.parts) > 1:
            raise FileNotFoundError(f"No such file or folder: {name}.")
        load_corpus(name)  # raises, naming the nearest corpus
    return read(name, format, options)


def documents_anywhere(name: str, lenient: bool = False) -> Iterator["Document"]:
    """Documents of files, below the working directory or the data folder, or of a split named as ``bc5cdr/train``.

    Raises:
        FileNotFoundError: If there are none of that name.
        ValueError: If a corpus is named without a split; as for reading.
    """
    from zoo.data.corpora import CORPORA
    from zoo.weak.reading import read_documents

    corpus, _, split = name.rpartition("/")
    if corpus in CORPORA and not Path(name).exists():
        yield from documents_of(corpus, split)
    elif name in CORPORA and not Path(name).exists():
        splits = ", ".join(f"{name}/{each}" for each in CORPORA[name].splits)
        raise ValueError(f"Expected a split of {name}, one of {splits}, but got the whole corpus.")
    else:
        yield from read_documents(name, lenient=lenient)


def file_anywhere(path: str | Path) -> Path:
    """A file or folder below the working directory, else below the data folder.

    Raises:
        FileNotFoundError: If it is in neither.
    """
    from zoo.data.splits import data_root

    found = Path(path) if Path(path).exists() else data_root() / path
    if not found.exists():
        raise FileNotFoundError(f"No {path}, neither below the working directory nor below {data_root()}.")
    return found


def check_output(output: str | Path, inputs: Iterable[str | Path]) -> None:
    """Looks whether what is written would take the place of what is read, or lie in it.

    Raises:
        ValueError: If it would.
    """
    target = Path(output).resolve()
    for name in inputs:
        source = Path(name).resolve()
        if "-" not in (str(name), str(output)) and (
            source == target or target in source.parents or source in target.parents
        ):
            raise ValueError(f"--output {output} would overwrite the input {name}; choose another.")


def has_splits(name: str) -> bool:
    """Whether this is a corpus of the table, or a folder with files or folders named after splits."""
    from zoo.data import splits
    from zoo.data.corpora import CORPORA

    path = Path(name)
    return name in CORPORA or (path.is_dir() and splits.has_splits(path))


def given(**options: Any) -> dict[str, object]:
    """The options that were given: those that are neither ``None`` nor ``False``."""
    return {name: value for name, value in options.items() if value is not None and value is not False}


def say_losses(what: str, losses: Mapping[str, int]) -> None:
    """One line on standard error for each kind, as ``zoo: brat cannot hold 3 × score``."""
    for kind, count in sorted(losses.items()):
        typer.secho(f"zoo: {what} {count} × {kind}", fg="yellow", err=True)


def counted(documents: Iterable["Document"], losses: "dict[str, int]") -> Iterator["Document"]:
    """Hands documents on and sums what their readers could not hold."""
    for document in documents:
        for kind, count in document.losses.items():
            losses[kind] = losses.get(kind, 0) + count
        yield document
