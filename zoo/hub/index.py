"""The checkpoints that ship: ``checkpoints/index.json`` and one folder each."""

import json
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.data.nearest import did_you_mean

if TYPE_CHECKING:
    from zoo.models.tagger import Tagger

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def checkpoints_folder() -> Path:
    """Where the checkpoints that ship lie: beside the package in a clone, inside it in an installed wheel.

    Raises:
        FileNotFoundError: If there is no index in either place.
    """
    for folder in (_PACKAGE.parent / "checkpoints", _PACKAGE / "_checkpoints"):
        if (folder / "index.json").is_file():
            return folder
    raise FileNotFoundError("This installation has no checkpoints/index.json; install bioner-zoo again.")


def read_index() -> dict[str, dict[str, Any]]:
    """Every shipped checkpoint by name, with its corpus, labels, scores, size and licence."""
    return json.loads((checkpoints_folder() / "index.json").read_text(encoding="utf-8"))


def list_checkpoints(pattern: str = "*") -> list[str]:
    """Names of the checkpoints that ship.

    Args:
        pattern: Shell wildcards, as ``*.ncbi-disease``.

    Examples:
        >>> list_checkpoints("char_cnn_bilstm_crf.ncbi*")
        ['char_cnn_bilstm_crf.ncbi-disease']
    """
    return [name for name in read_index() if fnmatchcase(name, pattern)]


def checkpoint_folder(name_or_folder: str | Path, revision: str | None = None) -> Path:
    """The folder of a checkpoint by name, by its own path, by that of the run it is the result of, or from the Hub.

    Args:
        name_or_folder: As for :func:`load`.
        revision: Of a repository of the Hub.

    Raises:
        KeyError: If it is none of these; the message lists the names and the nearest.
        zoo.checkpoint.remote.HubError: If a repository cannot be had.
    """
    index = read_index()
    if row := index.get(str(name_or_folder)):
        if "repository" not in row:
            return checkpoints_folder() / str(name_or_folder)
        from zoo.checkpoint.remote import fetch

        return fetch(row["repository"], row["revision"], sha256=row["sha256"])
    if (result := Path(name_or_folder) / "checkpoint").joinpath("config.json").is_file():
        return result
    if Path(name_or_folder).is_dir():
        return Path(name_or_folder)
    from zoo.checkpoint.remote import fetch, hub_name

    if named := hub_name(str(name_or_folder)):
        return fetch(named[0], revision or named[1])
    hint = did_you_mean(str(name_or_folder), index)
    raise KeyError(
        f"{str(name_or_folder)!r} is neither a checkpoint that ships ({', '.join(index)}), nor a folder, nor a "
        f"repository of the Hub (owner/name).{hint}"
    )


def load(name_or_folder: str | Path, revision: str | None = None) -> "Tagger":
    """Loads a tagger of any architecture, ready to tag.

    Args:
        name_or_folder: A name of :func:`list_checkpoints`, a checkpoint folder, that of a run, which holds one, or a
            repository of the Hugging Face Hub (``owner/name``, ``owner/name@revision``), where there is no such folder.
        revision: Of a repository: branch, tag or commit.

    Raises:
        KeyError: If there is no such checkpoint.
        zoo.checkpoint.folder.CheckpointError: If the folder is damaged, incomplete or not a checkpoint.
        zoo.checkpoint.remote.HubError: If a repository cannot be had.
    """
    from zoo.checkpoint.folder import CheckpointError, read_architecture
    from zoo.models.registry import architecture_named

    folder = checkpoint_folder(name_or_folder, revision)
    try:
        architecture = architecture_named(read_architecture(folder))
    except KeyError as error:
        raise CheckpointError(folder, f"{error.args[0]} Update bioner-zoo to read it.") from error
    return architecture.from_pretrained(folder)


def load_architecture(architecture: str, checkpoint: str | None = None) -> "Tagger":
    """Loads a shipped checkpoint of an architecture.

    Args:
        architecture: A key of the registry.
        checkpoint: The part of the checkpoint's name after the architecture's; by default that of the first in the
            index.

    Raises:
        ValueError: If no checkpoint of this architecture ships; the message names those that do.
        KeyError: If no checkpoint of that name does.
    """
    names = list_checkpoints(f"{architecture}.*")
    if not names:
        raise ValueError(
            f"No checkpoint of {architecture} ships, only {', '.join(list_checkpoints())}; `zoo train` makes one from "
            f"a recipe, as recipes/<corpus>/{architecture}.yaml."
        )
    return load(names[0] if checkpoint is None else f"{architecture}.{checkpoint}")
