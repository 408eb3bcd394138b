"""Character language models as taggers read them: the network, and the folder that holds a pretrained pair.

Paper: Akbik, Blythe & Vollgraf, "Contextual string embeddings for sequence labeling" (COLING 2018), section 2.1: an
LSTM over characters, trained to foretell each next one, and a second one that reads from the end. How they are trained
is in :mod:`zoo.pretraining.character_lm`.

A folder holds ``forward.safetensors`` and ``backward.safetensors`` (weights by name, in float16: what a tagger learns
with is what it ships), ``characters.txt`` (the vocabulary) and ``config.json`` (sizes and perplexities).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

from zoo.data.textfile import writing
from zoo.models.layers import initialize_embedding, initialize_lstm
from zoo.text.vocab import Vocabulary, read_vocabulary

State = tuple[Tensor, Tensor]
"""Hidden state and cell of an LSTM, each of shape (1, B, H)."""
_CONFIG, _CHARACTERS = "config.json", "characters.txt"
_DIRECTIONS = ("forward", "backward")


class CharacterLm(nn.Module):
    """Character embedding → LSTM → softmax over the next character.

    The hidden state after character t, given all before it, is ``h_t = LSTM(e(x_t), h_{t-1})``; the next character's
    probabilities are ``softmax(V h_t + b)``.

    Args:
        characters: Rows of the vocabulary (C distinct characters).
        character_size: Dimensions of a character vector.
        hidden: Units of the LSTM (H).
    """

    def __init__(self, *, characters: int, character_size: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, character_size, padding_idx=0)
        self.lstm = nn.LSTM(character_size, hidden, batch_first=True)
        self.output_layer = nn.Linear(hidden, characters)
        initialize_embedding(self.embedding)
        initialize_lstm(self.lstm)

    def read(self, text: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Reads on from a state.

        Args:
            text: Rows of N characters in each of B texts, shape (B, N).
            state: After what was read before; none begins anew.

        Returns:
            The hidden state after each character, shape (B, N, H), and the state to go on from.
        """
        return self.lstm(self.embedding(text), state)  # (B, N) -> (B, N, H)

    def forward(self, text: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Scores of every character to come next, shape (B, N, C), and the state to go on from."""
        states, state = self.read(text, state)
        return self.output_layer(states), state  # (B, N, C)


class CharacterLms(NamedTuple):
    """A pretrained pair.

    Args:
        characters: Their vocabulary.
        forward: Reads a text as it stands.
        backward: Reads it from its end.
        config: Sizes, and what training reported.
    """

    characters: Vocabulary
    forward: CharacterLm
    backward: CharacterLm
    config: Mapping[str, Any]


def write_character_lms(lms: CharacterLms, folder: Path) -> None:
    """Writes a folder of :func:`read_character_lms`; ``config.json`` comes last: where it is, all is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for direction, lm in zip(_DIRECTIONS, (lms.forward, lms.backward), strict=True):
        weights = {name: tensor.detach().cpu().half() for name, tensor in lm.state_dict().items()}
        (folder / f"{direction}.safetensors").write_bytes(safetensors.torch.save(weights))
    (folder / _CHARACTERS).write_text(lms.characters.to_text(), encoding="ascii", newline="\n")
    sizes = {"character_size": lms.forward.embedding.embedding_dim, "hidden": lms.forward.lstm.hidden_size}
    with writing(folder / _CONFIG) as file:
        file.write(json.dumps(sizes | dict(lms.config), indent=2, ensure_ascii=False) + "\n")


def read_character_lms(folder: str | Path) -> CharacterLms:
    """Reads a folder that ``zoo pretrain character-lm`` wrote.

    Raises:
        FileNotFoundError: If there is none, or a file is missing.
        ValueError: If a file is damaged, or they do not fit together.
    """
    folder = Path(folder)
    files = [_CONFIG, _CHARACTERS, *(f"{direction}.safetensors" for direction in _DIRECTIONS)]
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{folder}: no {', '.join(missing)} — expected character language models; make them with "
            "`zoo pretrain character-lm` (recipes/pretraining/)."
        )
    try:
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        characters = read_vocabulary(folder / _CHARACTERS)
        sizes = {name: int(config[name]) for name in ("character_size", "hidden")}
        pair = [CharacterLm(characters=len(characters), **sizes) for _ in _DIRECTIONS]
        for direction, lm in zip(_DIRECTIONS, pair, strict=True):
            lm.load_state_dict(safetensors.torch.load_file(folder / f"{direction}.safetensors"), strict=True)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{folder}: cannot be read as character language models ({error}); make it again.") from error
    return CharacterLms(characters, pair[0], pair[1], config)
