"""What shipping measures and refuses."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from zoo.checkpoint.folder import CheckpointError
from zoo.data.document import Document, Span
from zoo.hub import ship as shipping
from zoo.hub.index import checkpoints_folder, load, read_index
from zoo.hub.ship import official_score, ship, speed
from zoo.models.tagger import Tagger

NAME = "char_cnn_bilstm_crf.ncbi-disease"
TEXT = "Wilson disease is rare. Asthma is not."


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return load(NAME)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkpoint folder that may be spoilt."""
    return Path(shutil.copytree(checkpoints_folder() / NAME, tmp_path / "copy"))


def test_the_score_is_that_of_the_official_scorer(tagger: Tagger) -> None:
    found = tagger.tag([TEXT])[0].spans
    assert [span.slice(TEXT) for span in found] == ["Wilson disease", "Asthma"]
    alternative = Document("1", TEXT, (Span.of(0, 6, "Disease"), Span.of(24, 30, "Disease")))
    accepted = Document("1", TEXT, alternative.spans, alternatives=(Span.of(0, 14, "Disease"),))
    for document, f1 in ((alternative, 0.5), (accepted, 1.0)):
        gold = [document, Document("2", TEXT, document.spans, alternatives=document.alternatives)]
        score = official_score(tagger, gold, "bc2gm-official")
        assert score == {"scorer": "bc2gm-official", "f1": f1, "low": f1, "high": f1}


def test_unclear_mentions_are_not_handed_in(tagger: Tagger, monkeypatch: pytest.MonkeyPatch) -> None:
    gold = [Document(str(i), TEXT, (Span.of(0, 14, "Disease"),)) for i in range(2)]
    assert official_score(tagger, gold, "pharmaconer-track1")["f1"] == pytest.approx(2 / 3)  # Asthma is wrong
    found = [document.with_spans([*document.spans, Span.of(24, 30, "UNCLEAR")]) for document in gold]
    monkeypatch.setattr(tagger, "tag", lambda _: found)
    assert official_score(tagger, gold, "pharmaconer-track1")["f1"] == 1


def test_speed_is_words_by_seconds_of_the_processor(tagger: Tagger, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, tagged = (
        iter([0.0, 99.0, *(t for round in range(5) for t in (100.0 * round, 100.0 * round + 3 + round))]),
        [],
    )
    monkeypatch.setattr(shipping.time, "process_time", lambda: next(clock))
    monkeypatch.setattr(tagger, "tag", lambda texts: tagged.append((list(texts), torch.get_num_threads())))
    threads = torch.get_num_threads()
    measured = speed(tagger, [Document(str(i), TEXT) for i in range(4000)])
    assert len(tagged) == 6
    assert {number for _, number in tagged} == {1}
    assert torch.get_num_threads() == threads
    words = 9 * len(tagged[0][0])
    assert 20_000 <= words < 20_009
    assert measured["words_per_second"] == pytest.approx(words / 5, rel=0.05)  # the rounds take 3, 4, 5, 6, 7 seconds
    assert measured["device"].startswith("one thread of ")


def test_shipping_writes_the_row(
    copy: Path, tagger: Tagger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_root: Path
) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "index.json").write_text('{"zzz": {}}')
    monkeypatch.setattr(shipping, "checkpoints_folder", lambda: tmp_path / "checkpoints")
    monkeypatch.setattr(shipping, "read_index", lambda: {"zzz": {}})
    monkeypatch.setattr(shipping, "_WORDS", 500)
    monkeypatch.setattr(shipping, "OFFICIAL", {})
    row = ship(copy, f"{NAME}.variant", "CC0")
    written = json.loads((tmp_path / "checkpoints" / "index.json").read_text())
    assert written == {f"{NAME}.variant": row, "zzz": {}}
    shipped = read_index()[NAME]
    assert {key: row[key] for key in ("corpus", "language", "labels", "test", "megabytes")} == {
        key: shipped[key] for key in ("corpus", "language", "labels", "test", "megabytes")
    }
    assert list(row) == list(shipped)
    assert row["licence"] == "CC0"
    assert row["words_per_second"] > 100
    assert load(tmp_path / "checkpoints" / f"{NAME}.variant").tag([TEXT]) == tagger.tag([TEXT])


def test_what_does_not_give_its_golden_outputs_is_not_shipped(copy: Path) -> None:
    golden = json.loads((copy / "golden.json").read_text())
    golden[0]["spans"] = []
    (copy / "golden.json").write_text(json.dumps(golden))
    with pytest.raises(CheckpointError, match=r"golden\.json: expected"):
        ship(copy, NAME, "Apache-2.0")


def test_names_and_sizes(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("char_cnn_bilstm_crf.ncbi", "bilstm.ncbi-disease"):
        with pytest.raises(ValueError, match=f"begins with {NAME} but got '{name}'"):
            ship(copy, name, "Apache-2.0")
    monkeypatch.setattr(shipping, "LARGEST", 1000)
    with pytest.raises(ValueError, match=r"Expected at most 1,000 bytes but .* has 1\d,\d{3},\d{3}"):
        ship(copy, NAME, "Apache-2.0")
