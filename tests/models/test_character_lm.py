"""The network against the equations of an LSTM, character by character; the folder of a pretrained pair."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch

from zoo.crf.buffers import as_buffers
from zoo.models.character_lm import CharacterLm, CharacterLms, read_character_lms, write_character_lms
from zoo.text.vocab import Vocabulary

FIXTURE = Path(__file__).parent.parent / "fixtures" / "character_lm"
TEXT = [3, 1, 4, 1, 5, 2, 2, 6]


def language_model(seed: int = 0) -> CharacterLm:
    torch.manual_seed(seed)
    return CharacterLm(characters=7, character_size=3, hidden=5)


def slow_probabilities(lm: CharacterLm, text: list[int]) -> np.ndarray:
    """p(next character | all before) after each character, in float64, by the equations."""
    weights = {name: tensor.double().numpy() for name, tensor in lm.state_dict().items()}
    hidden, cell, found = np.zeros(5), np.zeros(5), []
    for character in text:
        gates = weights["lstm.weight_ih_l0"] @ weights["embedding.weight"][character] + weights["lstm.bias_ih_l0"]
        gates = gates + weights["lstm.weight_hh_l0"] @ hidden + weights["lstm.bias_hh_l0"]
        enter, forget, new, out = gates.reshape(4, 5)
        enter, forget, out = (1 / (1 + np.exp(-gate)) for gate in (enter, forget, out))
        cell = forget * cell + enter * np.tanh(new)
        hidden = out * np.tanh(cell)
        scores = np.exp(weights["output_layer.weight"] @ hidden + weights["output_layer.bias"])
        found.append(scores / scores.sum())
    return np.array(found)


def test_probabilities_of_the_next_character() -> None:
    lm = language_model()
    with torch.no_grad():
        scores, _ = lm(torch.tensor([TEXT, TEXT[::-1]]))
    for row, text in enumerate((TEXT, TEXT[::-1])):
        np.testing.assert_allclose(scores[row].softmax(-1).numpy(), slow_probabilities(lm, text), atol=1e-6)


def test_reading_goes_on_from_a_state() -> None:
    lm = language_model()
    whole, _ = lm.read(torch.tensor([TEXT]))
    before, state = lm.read(torch.tensor([TEXT[:3]]))
    after, _ = lm.read(torch.tensor([TEXT[3:]]), state)
    torch.testing.assert_close(torch.cat([before, after], 1), whole)


def test_as_buffers_nothing_is_learnt_and_all_is_kept() -> None:
    lm, other = language_model(), language_model(seed=1)
    expected, kept = lm.read(torch.tensor([TEXT]))[0].detach(), lm.state_dict()
    as_buffers(lm)
    as_buffers(other)
    assert not list(lm.parameters())
    assert lm.state_dict().keys() == kept.keys()
    read, _ = copy.deepcopy(lm).to(torch.float64).read(torch.tensor([TEXT]))
    assert not read.requires_grad
    torch.testing.assert_close(read.float(), expected)
    other.load_state_dict(kept)
    torch.testing.assert_close(other.read(torch.tensor([TEXT]))[0], expected)


def test_a_pair_is_written_and_read(tmp_path: Path) -> None:
    characters = Vocabulary.of(["\n", " ", "a", "ß", "🧬"])
    pair = CharacterLms(characters, language_model(), language_model(1), {"held_out_perplexity": {"forward": 2.5}})
    write_character_lms(pair, tmp_path)
    read = read_character_lms(tmp_path)
    assert read.characters.entries == characters.entries
    assert read.config == {"character_size": 3, "hidden": 5, "held_out_perplexity": {"forward": 2.5}}
    for before, after in ((pair.forward, read.forward), (pair.backward, read.backward)):
        for name, weight in after.state_dict().items():
            assert torch.equal(weight, before.state_dict()[name].half().float())


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no config.json, characters.txt.*make them with `zoo pretrain"):
        read_character_lms(tmp_path / "nowhere")
    for path in FIXTURE.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert read_character_lms(tmp_path).forward.lstm.hidden_size == 8
    (tmp_path / "backward.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r": no backward.safetensors — expected character language models"):
        read_character_lms(tmp_path)
    (tmp_path / "backward.safetensors").write_bytes((FIXTURE / "backward.safetensors").read_bytes()[:-9])
    with pytest.raises(ValueError, match="cannot be read as character language models"):
        read_character_lms(tmp_path)
    (tmp_path / "backward.safetensors").write_bytes((FIXTURE / "backward.safetensors").read_bytes())
    (tmp_path / "config.json").write_text('{"character_size": 4, "hidden": 9}')
    with pytest.raises(ValueError, match=r"size mismatch.*make it again"):
        read_character_lms(tmp_path)
