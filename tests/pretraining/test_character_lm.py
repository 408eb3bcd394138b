"""Streams against slices of the text, losses against one long reading, a killed run against an uninterrupted one."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from zoo.models.character_lm import CharacterLms
from zoo.pretraining import character_lm
from zoo.pretraining.character_lm import CharacterLmPair, train_character_lm
from zoo.pretraining.character_streams import Streams, read_characters
from zoo.text.vocab import Vocabulary

SMALL: dict[str, Any] = {"character_size": 6, "hidden": 16, "min_count": 1, "held_out": 10, "streams": 4, "stretch": 15}


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("".join(f"case {number % 3}: no fever, no cough.\n" for number in range(60)), encoding="utf-8")
    return path


def train(text: Path, out: Path, **more: Any) -> CharacterLms:
    return train_character_lm([text], out, **{**SMALL, "progress": False, **more})


def characters_of(rows: np.ndarray, characters: Vocabulary) -> str:
    return "".join(characters.entries[row] if row > 1 else "?" for row in rows)


def test_characters_are_read_as_a_tagger_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one\t two\u00a0 three \n\n  \nfour\nfive 🧬\nsix\n", encoding="utf-8")
    text = read_characters([path], held_out=3, min_count=2, most=None)
    assert characters_of(text.train, text.characters) == "o?e t?o t?ree\n?o?r\n???\n"
    assert characters_of(text.held_out, text.characters) == "???e ?\n"
    counts = np.bincount(text.train)[2:]
    assert (np.diff(counts[1:]) <= 0).all()  # after the line feed, the most frequent come first
    cut = read_characters([path], held_out=2, min_count=1, most=15)
    assert characters_of(cut.train, cut.characters) == "one two three\n"
    assert len(cut.held_out) == len("four\n")
    with pytest.raises(
        ValueError, match="Expected texts of at least 9 parts, of which each 9th is held out, but got 4"
    ):
        read_characters([path], held_out=9, min_count=1, most=None)


@pytest.mark.parametrize(("characters", "streams", "stretch"), [(23, 3, 4), (22, 3, 7), (10, 1, 100), (9, 4, 1)])
def test_streams_are_slices_of_the_text(characters: int, streams: int, stretch: int) -> None:
    text = np.arange(characters, dtype=np.uint16)
    stretches = list(Streams(text, streams, stretch))
    assert [stretch.first for stretch in stretches] == [True] + [False] * (len(stretches) - 1)
    assert len(stretches) == len(Streams(text, streams, stretch))
    length = (characters - 1) // streams
    for direction, whole in enumerate((text, text[::-1])):
        for stream in range(streams):
            read = np.concatenate([each.text[direction, stream, :-1] for each in stretches])
            foretold = np.concatenate([each.text[direction, stream, 1:] for each in stretches])
            np.testing.assert_array_equal(read, whole[stream * length : (stream + 1) * length])
            np.testing.assert_array_equal(foretold, whole[stream * length + 1 : (stream + 1) * length + 1])
    assert characters - 1 - streams * length < streams  # what is left out


def test_streams_go_on_where_they_were() -> None:
    whole = [each.text.tolist() for each in Streams(np.arange(50), 3, 4)]
    cut = Streams(np.arange(50), 3, 4)
    handed_out = iter(cut)
    first = [next(handed_out).text.tolist() for _ in range(2)]
    resumed = Streams(np.arange(50), 3, 4)
    resumed.load_state_dict(cut.state_dict())
    rest = list(resumed)
    assert [*first, *(each.text.tolist() for each in rest)] == whole
    assert not rest[0].first
    assert resumed.state_dict() == {"stretches": 0}
    assert [each.text.tolist() for each in resumed] == whole  # the next pass begins at the beginning


def test_a_text_too_short_for_its_streams() -> None:
    with pytest.raises(ValueError, match="Expected a text of more than 5 characters, the streams, but got 5"):
        Streams(np.arange(5), 5, 4)


def pair_of(seed: int = 0) -> CharacterLmPair:
    torch.manual_seed(seed)
    return CharacterLmPair(characters=9, character_size=3, hidden=5, learning_rate=0.1, steps=10)


def test_carried_states_make_stretches_one_long_reading() -> None:
    pair, text = pair_of(), np.random.default_rng(1).integers(0, 9, 31)
    losses = [[], []]
    for stretch in Streams(text, 1, 7):
        for direction, loss in enumerate(pair.losses(stretch, "train")):
            losses[direction].append(loss.item() * (stretch.text.shape[2] - 1))
        assert not any(tensor.requires_grad for state in pair.carried["train"] for tensor in state)  # truncation
    for lm, found, whole in zip(pair.lms, losses, (text, text[::-1].copy()), strict=True):
        read = torch.from_numpy(whole)
        scores, _ = lm(read[None, :-1])
        assert sum(found) == pytest.approx(cross_entropy(scores[0], read[1:], reduction="sum").item(), rel=1e-5)


def test_backward_is_forward_on_the_text_from_its_end() -> None:
    pair, other, text = pair_of(), pair_of(seed=1), np.random.default_rng(1).integers(0, 9, 40)
    other.forward_lm.load_state_dict(pair.backward_lm.state_dict())
    other.backward_lm.load_state_dict(pair.forward_lm.state_dict())
    turned = Streams(text[::-1], 3, 5)
    for stretch, stretch_turned in zip(Streams(text, 3, 5), turned, strict=True):
        assert pair.losses(stretch, "train") == other.losses(stretch_turned, "train")[::-1]


def test_each_direction_is_clipped_by_itself() -> None:
    pair = pair_of()
    for scale, lm in zip((1e3, 1e-3), pair.lms, strict=True):
        for parameter in lm.parameters():
            parameter.grad = torch.full_like(parameter, scale)
    pair.configure_gradient_clipping(torch.optim.SGD(pair.parameters(), lr=1.0), gradient_clip_val=1.0)
    norms = [torch.cat([p.grad.flatten() for p in lm.parameters() if p.grad is not None]).norm() for lm in pair.lms]
    assert norms[0] == pytest.approx(1.0, abs=1e-4)
    assert norms[1] == pytest.approx(1e-3 * math.sqrt(sum(p.numel() for p in pair.backward_lm.parameters())), rel=1e-4)


def test_training_learns_the_text_and_reports_its_perplexity(text: Path, tmp_path: Path) -> None:
    lms = train(text, tmp_path / "out", epochs=12, learning_rate=0.02)
    written = json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))
    assert written == lms.config
    assert written["characters"] == {"vocabulary": len(lms.characters), "train": 54 * 28, "held_out": 6 * 28}
    held_out = read_characters([text], 10, 1, None).held_out
    for direction, lm, whole in (
        ("forward", lms.forward, held_out),
        ("backward", lms.backward, held_out[::-1]),
    ):
        read = torch.from_numpy(whole.astype(np.int64))
        with torch.no_grad():
            perplexity = cross_entropy(lm(read[None, :-1])[0][0], read[1:]).exp().item()
        assert written["held_out_perplexity"][direction] == pytest.approx(perplexity, rel=5e-3)  # weights are float16
        assert perplexity < 2  # of 19 characters, nearly every one can be foretold


@pytest.mark.parametrize("step", [1, 25, 26, 30])  # 26 steps a pass: beginning, middle, border, the next pass
def test_an_interrupted_run_ends_where_an_uninterrupted_one_ends(
    step: int, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(character_lm, "_SAVE_MINUTES", 0.0)
    whole = train(text, tmp_path / "whole", epochs=2)
    learn = CharacterLmPair.training_step

    def crash(pair: CharacterLmPair, *rest: Any) -> torch.Tensor:
        if pair.global_step == step:
            raise RuntimeError("crash")
        return learn(pair, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(CharacterLmPair, "training_step", crash)
        with pytest.raises(RuntimeError, match="crash"):
            train(text, tmp_path / "cut", epochs=2)
    resumed = train(text, tmp_path / "cut", epochs=2, resume=True)
    assert resumed.config["held_out_perplexity"] == whole.config["held_out_perplexity"]
    for before, after in ((whole.forward, resumed.forward), (whole.backward, resumed.backward)):
        for name, weight in before.state_dict().items():
            assert torch.equal(after.state_dict()[name], weight)


def test_a_run_is_not_overwritten_nor_resumed_with_other_settings(text: Path, tmp_path: Path) -> None:
    done = train(text, tmp_path / "out")
    with pytest.raises(FileExistsError, match="holds a run already"):
        train(text, tmp_path / "out")
    with pytest.raises(ValueError, match="begun with other values of hidden, seed"):
        train(text, tmp_path / "out", resume=True, hidden=8, seed=2)
    assert train(text, tmp_path / "out", resume=True).config == done.config


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"hidden": 0}, "Expected hidden of at least 1 but got 0"),
        ({"held_out": 1}, "Expected held_out of at least 2 but got 1"),
        ({"max_characters": 0}, "Expected max_characters of at least 1, or none, but got 0"),
        ({"learning_rate": 0.0}, r"Expected learning_rate and clip above 0 but got 0.0 and 1.0"),
    ],
)
def test_wrong_settings_are_found_at_once(setting: dict[str, Any], message: str, text: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        train(text, tmp_path / "out", **setting)
    assert not (tmp_path / "out").exists()
