"""Checkpoints from the Hub: cached, resumed, pinned, and every refusal told; the client is the real one."""

import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants

import zoo
from tests.hub.hub_server import OWNER, READER, Fault, Hub, Repository
from zoo.checkpoint.folder import CheckpointError, sha256_of
from zoo.checkpoint.remote import HubError, fetch
from zoo.hub.index import checkpoints_folder
from zoo.models.feature_crf import FeatureCrf

NAME, SHIPPED = "lab/diseases", "feature_crf.ncbi-disease"
TEXT = "Ataxia telangiectasia and breast cancer."


@pytest.fixture
def repository(hub: Hub) -> Repository:
    made = hub.repositories[NAME] = Repository()
    files = {path.name: path.read_bytes() for path in (checkpoints_folder() / SHIPPED).iterdir()}
    made.add("first", files | {"pickled.bin": b"never fetched"})
    return made


def downloads(hub: Hub) -> list[str]:
    return [request for request in hub.requests if request.startswith("GET") and "/resolve/" in request]


def test_a_repository_tags_as_the_folder_that_it_was_made_of(hub: Hub, repository: Repository) -> None:
    expected = [span.key for span in zoo.load(SHIPPED).tag([TEXT])[0].spans]
    assert expected
    for tagger in (zoo.load(NAME), zoo.load(f"{NAME}@main"), FeatureCrf.from_pretrained(NAME, revision="main")):
        assert [span.key for span in tagger.tag([TEXT])[0].spans] == expected
    assert not any("pickled.bin" in request for request in hub.requests)


def test_what_is_cached_needs_no_network(
    hub: Hub, repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = fetch(NAME)
    count = len(downloads(hub))
    assert fetch(NAME) == folder
    assert len(downloads(hub)) == count
    assert fetch(NAME, local_files_only=True) == folder
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert fetch(NAME) == folder
    with pytest.raises(HubError, match=r"lab/other: is not in the cache, .* unset HF_HUB_OFFLINE"):
        fetch("lab/other")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    assert fetch(NAME, cache_dir=tmp_path / "another") != folder


def test_a_revision_stays_what_it_was(hub: Hub, repository: Repository) -> None:
    first = repository.commits[-1]
    repository.tags["v1"] = first.id
    repository.add("second", first.files | {"README.md": b"new"})
    assert (fetch(NAME) / "README.md").read_bytes() == b"new"
    for revision in ("v1", first.id):
        assert not (fetch(NAME, revision) / "README.md").exists()
    with pytest.raises(HubError, match=r"lab/diseases: has no revision 'v7' — expected a branch, tag or commit"):
        fetch(NAME, "v7")


def test_a_download_that_is_cut_goes_on(hub: Hub, repository: Repository) -> None:
    hub.faults.append(Fault(r"GET .*/resolve/.*model\.safetensors", times=1))
    folder = fetch(NAME)
    assert zoo.load(folder).tag([TEXT])[0].spans


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (500, "lab/diseases: .* the Hub was not asked or not reached"),
        (503, "lab/diseases: .* the Hub was not asked or not reached"),
        (401, r"lab/diseases: the Hub answered 401 \(made to fail with 401\) — log in \(`hf auth login`\)"),
    ],
)
def test_a_hub_that_fails_is_told(
    hub: Hub, repository: Repository, status: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    hub.faults.append(Fault(r"GET /api/models/lab/diseases", status))
    with pytest.raises(HubError, match=message):
        fetch(NAME)


def test_who_may_not_read_is_told_what_to_do(hub: Hub, repository: Repository) -> None:
    repository.private = True
    for name in (NAME, "lab/none"):
        with pytest.raises(HubError, match=rf"{name}: is not on the Hub, or is private — check the name, or log in"):
            fetch(name)
    assert fetch(NAME, token=READER)
    hub.repositories["lab/gated"] = Repository(gated=True, commits=repository.commits)
    with pytest.raises(HubError, match=r"lab/gated: is gated — ask for access at https://huggingface.co/lab/gated"):
        fetch("lab/gated", token=READER)
    assert fetch("lab/gated", token=OWNER)


def test_pickled_weights_are_refused(hub: Hub, repository: Repository) -> None:
    files = {path: content for path, content in repository.commits[-1].files.items() if "safetensors" not in path}
    repository.add("weights as a pickle", files | {"pytorch_model.bin": b"\x80\x04N."})
    with pytest.raises(HubError, match=r"has weights as .*pytorch_model\.bin alone — expected safetensors"):
        fetch(NAME)
    repository.add("no weights", {"README.md": b""})
    with pytest.raises(HubError, match="has no weights — expected a checkpoint of this zoo"):
        fetch(NAME)


def test_an_index_pins_what_a_repository_holds(hub: Hub, repository: Repository) -> None:
    pinned = sha256_of(checkpoints_folder() / SHIPPED / "config.json")
    assert fetch(NAME, sha256=pinned)
    other = repository.commits[-1].files | {"config.json": b"{}"}
    repository.add("somebody else's", other)
    with pytest.raises(CheckpointError, match=r"config\.json: is not the one that the index vouches for"):
        fetch(NAME, sha256=pinned)


def test_a_name_of_the_index_may_lie_on_the_hub(
    hub: Hub, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = sha256_of(checkpoints_folder() / SHIPPED / "config.json")
    row = {"repository": NAME, "revision": repository.commits[-1].id, "sha256": pinned}
    monkeypatch.setattr("zoo.hub.index.read_index", lambda: {"feature_crf.far": row})
    repository.add("later", {"config.json": b"{}"})  # the revision is pinned
    assert zoo.load("feature_crf.far").tag([TEXT])[0].spans


def test_a_damaged_copy_is_told(hub: Hub, repository: Repository) -> None:
    folder = fetch(NAME)
    weights = (folder / "model.safetensors").resolve()
    damaged = bytearray(weights.read_bytes())
    damaged[-1] ^= 1
    weights.write_bytes(damaged)
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        zoo.load(NAME)
    assert fetch(NAME, force_download=True)
    assert zoo.load(NAME)


def test_a_folder_comes_before_a_repository_of_its_name(
    hub: Hub, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(checkpoints_folder() / SHIPPED, tmp_path / NAME)
    monkeypatch.chdir(tmp_path)
    zoo.load(NAME)
    assert not hub.requests
