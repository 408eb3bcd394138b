"""Publishing to a Hub on the loopback, by the real client: what arrives, what is refused, what happens on the way."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Zoo, zoo  # noqa: F401  # the fixture
from tests.hub.hub_server import OWNER, READER, Fault, Hub
from zoo.checkpoint.folder import CheckpointError
from zoo.checkpoint.remote import HubError
from zoo.hub.index import checkpoints_folder, load
from zoo.hub.publish import Published, publish

NAME, SHIPPED = "owner/diseases", "feature_crf.ncbi-disease"
TEXT = "Ataxia telangiectasia and breast cancer."


@pytest.fixture(autouse=True)
def token(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who publishes."""
    monkeypatch.setenv("HF_TOKEN", OWNER)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # the client waits before it tries again


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoints_folder() / SHIPPED, tmp_path / "checkpoint"))


def written(hub: Hub) -> list[str]:
    return [request for request in hub.requests if not request.startswith(("GET", "HEAD"))]


def test_what_was_published_tags_as_what_was_trained(hub: Hub, folder: Path) -> None:
    (folder / "notes.bin").write_bytes(b"private")
    done = publish(folder, NAME, private=True)
    repository = hub.repositories[NAME]
    assert repository.private
    assert [commit.message for commit in repository.commits] == ["initial commit", "Publish diseases by bioner-zoo"]
    assert repository.tags == {"v1": repository.commits[-1].id} == {done.tag: done.commit}
    held = repository.commits[-1].files
    assert set(done.files) == set(held) - {".gitattributes"}
    assert "notes.bin" not in held
    assert held["model.safetensors"] == (folder / "model.safetensors").read_bytes()
    assert held["README.md"].decode() == done.card
    spans = [span.key for span in load(NAME).tag([TEXT])[0].spans]
    assert spans == [span.key for span in load(SHIPPED).tag([TEXT])[0].spans]


def test_a_new_version_takes_older_weights_away(hub: Hub, folder: Path) -> None:
    publish(folder, NAME)
    first = hub.repositories[NAME].commits[-1]
    old = {"model-00001-of-00002.safetensors": b"old", "pytorch_model.bin": b"old", "picture.png": b"stays"}
    hub.repositories[NAME].add("by hand", first.files | old)
    assert publish(folder, NAME).tag == "v2"
    held = hub.repositories[NAME].commits[-1].files
    assert set(held) == set(first.files) | {"picture.png"}
    assert hub.repositories[NAME].at("v1") == first
    with pytest.raises(HubError, match=r"owner/diseases: has a version 'v2' already"):
        publish(folder, NAME, tag="v2")
    assert publish(folder, NAME, tag="2026-11").tag == "2026-11"


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(hub: Hub, folder: Path) -> None:
    shown = publish(folder, NAME, dry_run=True)
    assert not hub.requests
    assert shown.commit is None
    sent = publish(folder, NAME)
    assert (shown.files, shown.card) == (sent.files, sent.card)


def test_a_checkpoint_that_changed_its_mind_is_not_published(hub: Hub, folder: Path) -> None:
    golden = json.loads((folder / "golden.json").read_text())
    golden[0]["spans"] = [[0, 1, "Disease", 0.9]]
    (folder / "golden.json").write_text(json.dumps(golden))
    with pytest.raises(CheckpointError, match=r"golden\.json: expected .* but the tagger now gives"):
        publish(folder, NAME)
    shutil.copy(checkpoints_folder() / SHIPPED / "golden.json", folder)
    (folder / "metrics.json").unlink()
    with pytest.raises(CheckpointError, match=r"has no metrics\.json"):
        publish(folder, NAME)
    with pytest.raises(ValueError, match="Expected a repository as owner/name but got 'diseases'"):
        publish(folder, "diseases")
    assert not hub.requests


@pytest.mark.parametrize(
    ("who", "message"),
    [
        ("", r"owner/diseases: the Hub answered 401 .* — log in \(`hf auth login`\), or pass a token"),
        (READER, r"owner/diseases: the Hub answered 403 .* — use a token that may do this"),
    ],
)
def test_who_may_not_publish_is_told(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch, who: str, message: str
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubError, match=message):
        publish(folder, NAME, token=who or False)
    assert not hub.repositories


def test_who_published_meanwhile_is_not_overwritten(hub: Hub, folder: Path) -> None:
    publish(folder, NAME)
    repository = hub.repositories[NAME]
    hub.before_commit = lambda: repository.add("meanwhile", {"theirs.txt": b"theirs"})
    with pytest.raises(HubError, match=r"the Hub answered 412 \(A commit has happened since"):
        publish(folder, NAME)
    assert repository.commits[-1].message == "meanwhile"
    assert list(repository.tags) == ["v1"]


@pytest.mark.parametrize("address", ["PUT /lfs/", "POST .*/batch", "POST .*/preupload/"])
@pytest.mark.parametrize("status", [0, 503])
def test_what_fails_once_is_tried_again(hub: Hub, folder: Path, address: str, status: int) -> None:
    hub.faults.append(Fault(address, status, times=1))
    assert publish(folder, NAME).tag == "v1"
    assert hub.faults[0].times == 0
    assert load(NAME).tag([TEXT])[0].spans


@pytest.mark.parametrize(
    ("address", "status", "message"),
    [
        ("PUT /lfs/", 500, "the Hub answered 500 .* the Hub is in trouble; try again later"),
        ("POST .*/commit/", 429, r"the Hub answered 429 .* asks you to wait; try again in some minutes"),
        ("POST .*/commit/", 0, "the Hub was not reached"),
        ("POST .*/preupload/", 404, "the Hub answered 404|is not on the Hub"),
    ],
)
def test_what_fails_for_good_leaves_nothing_half_published(
    hub: Hub, folder: Path, address: str, status: int, message: str
) -> None:
    hub.faults.append(Fault(address, status))
    with pytest.raises(HubError, match=message):
        publish(folder, NAME)
    assert len(hub.repositories[NAME].commits) == 1
    assert not hub.repositories[NAME].tags
    hub.faults.clear()
    assert publish(folder, NAME).tag == "v1"  # and goes on where it was


@pytest.fixture
def published(hub: Hub) -> Published:
    return publish("char_cnn_bilstm_crf.bc5cdr", NAME)


def test_the_code_of_a_card_runs(published: Published, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", published.card, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(block, {})  # the card is ours
    assert re.search(r"^23 35 Disease 0\.\d+$", capsys.readouterr().out, re.MULTILINE)


def test_figures_of_a_card_are_those_of_the_folder(published: Published) -> None:
    metrics = json.loads((checkpoints_folder() / "char_cnn_bilstm_crf.bc5cdr" / "metrics.json").read_text())
    told = yaml.safe_load(published.card.split("---\n")[1])
    assert (told["license"], told["language"], told["library_name"]) == ("apache-2.0", "en", "bioner-zoo")
    results = told["model-index"][0]["results"]
    f1 = {each["dataset"]["split"]: each["metrics"][-1] for each in results}
    assert f1["test"]["value"] == pytest.approx(metrics["test"]["micro"]["f1"], abs=1e-4)
    assert f1["test"]["name"] == "f1 (strict)"
    for label, counts in metrics["test"]["labels"].items():
        assert f"| test | strict | {label} | {100 * counts['precision']:.2f} |" in published.card
    assert "Zhou, Liu, Lang" in published.card
    assert "BioCreative V" in published.card


def test_the_command_shows_and_sends(zoo: Zoo, hub: Hub, folder: Path, tmp_path: Path) -> None:  # noqa: F811
    said = zoo("publish", folder, "--repo", NAME, "--dry-run", "--card", tmp_path / "card.md")
    assert said.code == 0
    assert "Would be sent to owner/diseases" in said.out
    assert not written(hub)
    assert (tmp_path / "card.md").read_text().startswith("---\nlanguage: en\n")
    said = zoo("publish", folder, "--repo", NAME)
    assert said.code == 0
    assert f"{hub.address}/{NAME} — commit {hub.repositories[NAME].commits[-1].id}, version v1" in said.out
    hub.faults.append(Fault("POST", 403))
    said = zoo("publish", folder, "--repo", NAME)
    assert said.code == 2
    assert said.err.startswith("zoo: owner/diseases: the Hub answered 403")
