"""Checkpoint folders from the Hugging Face Hub: fetched once, then read from the cache.

Downloading, resuming, the cache and its settings (``HF_HOME``, ``HF_HUB_OFFLINE``, ``HF_ENDPOINT``, ``HF_TOKEN``) are
huggingface_hub's. A checkpoint's ``config.json`` vouches for every other file (:mod:`zoo.checkpoint.folder`), so that
the sha256 of that one file, where it is known, pins all.
"""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zoo.checkpoint.folder import CONFIG, CheckpointError, sha256_of

_NAME = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?:@(?P<revision>\S+))?")
_TAKEN = ("*.json", "*.safetensors", "*.txt", "*.yaml", "*.md")  # and so nothing that could be run
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".h5", ".msgpack")


class HubError(OSError):
    """A repository that no checkpoint can be had from; the message reads ``where: what — expected — what to do``."""

    def __init__(self, repository: str, message: str) -> None:
        self.repository = repository
        super().__init__(f"{repository}: {message}")


def hub_name(name: str) -> tuple[str, str | None] | None:
    """Repository and revision of a name like ``owner/name`` or ``owner/name@revision``; ``None`` if it is none.

    Examples:
        >>> hub_name("bioner-zoo/bert.ncbi-disease@v2"), hub_name("owner/name"), hub_name("no/folder/this")
        (('bioner-zoo/bert.ncbi-disease', 'v2'), ('owner/name', None), None)
    """
    found = _NAME.fullmatch(name)
    return (found["repository"], found["revision"]) if found else None


def fetch(
    repository: str,
    revision: str | None = None,
    *,
    sha256: str | None = None,
    token: str | bool | None = None,
    cache_dir: str | Path | None = None,
    local_files_only: bool = False,
    force_download: bool = False,
) -> Path:
    """The folder of a repository's checkpoint in the cache; what is there is not downloaded again.

    Args:
        repository: ``owner/name``.
        revision: A branch, tag or commit; by default the main branch.
        sha256: What that of ``config.json`` has to be, where it is known.
        token: Of an account that may read it; by default the one that is logged in.
        cache_dir: Instead of huggingface_hub's.
        local_files_only: Asks the cache alone.
        force_download: Asks the Hub for every file anew.

    Raises:
        CheckpointError: If ``config.json`` is not the one that is expected.
        HubError: If the repository cannot be had, or has pickled weights alone.
    """
    from huggingface_hub import snapshot_download

    with told(repository, revision):
        folder = Path(
            snapshot_download(
                repository,
                revision=revision,
                allow_patterns=[*_TAKEN],
                token=token,
                cache_dir=cache_dir,
                local_files_only=local_files_only,
                force_download=force_download,
                library_name="bioner-zoo",
            )
        )
    if not [*folder.glob("*.safetensors")]:
        _refuse(repository, revision, token)
    if sha256 and sha256_of(folder / CONFIG) != sha256:
        raise CheckpointError(
            folder / CONFIG,
            f"is not the one that the index vouches for (sha256 {sha256}) — somebody changed {repository} or the copy "
            "is damaged — take it anew with force_download=True, or name a revision that you trust.",
        )
    return folder


def _refuse(repository: str, revision: str | None, token: str | bool | None) -> None:
    """Says why a repository has no weights to read."""
    from huggingface_hub import HfApi

    with told(repository, revision):
        files = HfApi(token=token).list_repo_files(repository, revision=revision)
    if pickles := [file for file in files if file.endswith(_PICKLES)]:
        raise HubError(
            repository,
            f"has weights as {', '.join(pickles[:3])} alone — expected safetensors: a pickle can run anything, and is "
            "not read here — ask its owner for safetensors.",
        )
    raise HubError(repository, "has no weights — expected a checkpoint of this zoo — check the name.")


@contextmanager
def told(repository: str, revision: str | None = None) -> Iterator[None]:
    """What huggingface_hub says, as one line that tells what to do.

    Raises:
        HubError: For each of its errors.
    """
    from huggingface_hub import errors

    unreached: type[Exception] = errors.HfHubHTTPError.__mro__[1]  # of httpx or httpx2, whichever it is made with
    at = f" at {revision!r}" if revision else ""
    try:
        yield
    except errors.GatedRepoError as error:
        wrong = f"is gated — ask for access at https://huggingface.co/{repository}, then log in (`hf auth login`)."
        raise HubError(repository, wrong) from error
    except errors.RevisionNotFoundError as error:
        wrong = f"has no revision {revision!r} — expected a branch, tag or commit — look at its history on the Hub."
        raise HubError(repository, wrong) from error
    except errors.RepositoryNotFoundError as error:
        wrong = "is not on the Hub, or is private — check the name, or log in (`hf auth login`) as one who may read it."
        raise HubError(repository, wrong) from error
    except errors.LocalEntryNotFoundError as error:
        wrong = (
            f"is not in the cache{at}, and the Hub was not asked or not reached — go online once, unset HF_HUB_OFFLINE"
        )
        raise HubError(repository, f"{wrong}, or name a folder.") from error
    except errors.HFValidationError as error:
        raise HubError(
            repository, f"is no name of a repository ({error}) — expected owner/name — correct it."
        ) from error
    except errors.HfHubHTTPError as error:
        raise HubError(repository, _answered(error.response.status_code, error.server_message or str(error))) from error
    except RuntimeError as error:  # an upload that failed, and in it the reason
        if not isinstance(error.__cause__, errors.HfHubHTTPError):
            raise
        cause = error.__cause__
        raise HubError(repository, _answered(cause.response.status_code, cause.server_message or str(cause))) from error
    except (unreached, errors.OfflineModeIsEnabled) as error:
        wrong = f"the Hub was not reached ({type(error).__name__}: {error}) — try again: what has arrived is kept."
        raise HubError(repository, wrong) from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EFBIG):
            raise
        wrong = f"cannot be kept ({error}) — free space, or name another cache by HF_HOME — then try again."
        raise HubError(repository, wrong) from error


def _answered(status: int, message: str) -> str:
    """What the Hub's answer means."""
    what = " ".join(message.split())
    advice = {
        401: "log in (`hf auth login`), or pass a token",
        403: "use a token that may do this",
        409: "somebody else changed it meanwhile; try again",
        413: "leave large files out",
        429: "the Hub asks you to wait; try again in some minutes",
    }.get(status, "the Hub is in trouble; try again later" if status >= 500 else "see what it says")
    return f"the Hub answered {status} ({what}) — {advice}."
