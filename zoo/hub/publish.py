"""Publishing a checkpoint to the Hugging Face Hub: proved, described, sent in one commit, and tagged.

What is sent lies in a folder of its own first, so that a dry run shows exactly that. A file that the repository has and
the checkpoint has not (older weights in more parts) is taken out by the same commit: nobody sees a mixture of two.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zoo.checkpoint.remote import HubError, told
from zoo.hub.card import write_card
from zoo.hub.index import checkpoint_folder, load
from zoo.models.golden import check_golden

_SENT = ("*.json", "*.safetensors", "*.txt", "recipe.yaml", "README.md")
_VERSION = re.compile(r"v(\d+)")


@dataclass(frozen=True)
class Published:
    """What was sent, or would be.

    Args:
        repository: ``owner/name``.
        files: Bytes by name.
        card: The text of its ``README.md``.
        commit: Its id; ``None`` of a dry run.
        tag: The version's.
        url: Where it is.
    """

    repository: str
    files: dict[str, int]
    card: str
    commit: str | None = None
    tag: str | None = None
    url: str | None = None


def publish(
    checkpoint: str | Path,
    repository: str,
    *,
    private: bool = False,
    dry_run: bool = False,
    tag: str | None = None,
    licence: str = "Apache-2.0",
    token: str | bool | None = None,
) -> Published:
    """Sends a checkpoint to the Hub.

    Args:
        checkpoint: A checkpoint's name or folder, or a run's.
        repository: ``owner/name``; made if there is none.
        private: Whether a repository that is made is private.
        dry_run: Sends nothing.
        tag: Of this version; by default ``v1``, ``v2``, … whichever comes next.
        licence: Of the weights, by its SPDX name.
        token: Of an account that may write there; by default the one that is logged in.

    Raises:
        CheckpointError: If the folder is damaged, has no scores, or does not give its golden outputs any more.
        HubError: If the Hub refuses, or is not reached.
        KeyError: If there is no such checkpoint.
        ValueError: If the repository's name is none.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise ValueError(f"Expected a repository as owner/name but got {repository!r}.")
    folder = checkpoint_folder(checkpoint)
    check_golden(load(folder), folder)
    with _staged(folder, repository, licence) as staged:
        files = {path.name: path.stat().st_size for path in sorted(staged.iterdir())}
        card = (staged / "README.md").read_text(encoding="utf-8")
        if dry_run:
            return Published(repository, files, card)
        with told(repository):
            return _send(staged, Published(repository, files, card), private, tag, token)


@contextmanager
def _staged(folder: Path, repository: str, licence: str) -> Iterator[Path]:
    """A folder with what is to be sent, and nothing else."""
    with tempfile.TemporaryDirectory() as temporary:
        staged = Path(temporary)
        for path in sorted(folder.iterdir()):
            if path.is_file() and any(path.match(pattern) for pattern in _SENT):
                shutil.copyfile(path, staged / path.name)
        (staged / "README.md").write_text(write_card(folder, repository, licence), encoding="utf-8")
        yield staged


def _send(folder: Path, planned: Published, private: bool, tag: str | None, token: str | bool | None) -> Published:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    api, name = HfApi(token=token, library_name="bioner-zoo"), planned.repository
    api.create_repo(name, private=private, exist_ok=True)
    before = api.model_info(name)
    versions = {each.name for each in api.list_repo_refs(name).tags}
    if tag in versions:
        raise HubError(name, f"has a version {tag!r} already — expected a new one — name another, or none.")
    there = {file.rfilename for file in before.siblings or []}
    stale = sorted(file for file in there - set(planned.files) if file.endswith((".safetensors", ".bin", ".txt")))
    made = api.create_commit(
        name,
        [
            *(CommitOperationAdd(file, folder / file) for file in planned.files),
            *(CommitOperationDelete(file) for file in stale),
        ],
        commit_message=f"Publish {name.rpartition('/')[2]} by bioner-zoo",
        parent_commit=before.sha,  # who published meanwhile is not overwritten
    )
    tag = tag or _next(versions)
    api.create_tag(name, tag=tag, revision=made.oid)
    return Published(name, planned.files, planned.card, made.oid, tag, f"{api.endpoint}/{name}")


def _next(versions: set[str]) -> str:
    """The version after those that are there."""
    numbers = [int(found[1]) for version in versions if (found := _VERSION.fullmatch(version))]
    return f"v{max(numbers, default=0) + 1}"
