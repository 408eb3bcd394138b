"""Vectors of short texts, as names are, by an encoder of the transformers library that is no tagger.

Source: Reimers & Gurevych, "Sentence-BERT" (EMNLP 2019), section 3: the mean of the last states.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from zoo.models.encoder import build_network, read_encoder
from zoo.text.batch import budget_batches

_AT_ONCE = 512  # pieces that go through the encoder together: more fall out of a processor's caches


class TextEncoder:
    """Reads texts by an encoder.

    Args:
        name: A folder, that of a run of ``zoo pretrain``, or a repository of the Hugging Face Hub, after an ``@`` its
            revision.

    Raises:
        FileNotFoundError: If there is neither such a folder nor such a repository within reach.
        ValueError: If it is no encoder's, or its weights are incomplete or no safetensors.
    """

    def __init__(self, name: str) -> None:
        encoder = read_encoder(name)
        network = build_network(encoder.config, ["O"]).eval()
        network.load_state_dict(
            encoder.weights(), strict=False
        )  # all of the encoder's are there, none of the last layer
        self._tokenizer = encoder.tokenizer
        self._network: Any = network.base_model
        self._padding = int(encoder.config.get("pad_token_id") or 0)
        self._longest = self._most_pieces(int(encoder.config.get("max_position_embeddings", 512)))

    def _most_pieces(self, positions: int) -> int:
        """How many pieces the network reads: those of some families begin to count positions above zero."""
        embeddings = getattr(self._network, "embeddings", None)
        first = getattr(getattr(embeddings, "position_embeddings", None), "padding_idx", None)
        return positions if first is None else positions - first - 1

    @torch.inference_mode()
    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """The mean of the last states over the pieces of each text.

        Args:
            texts: Short ones: of a text with more pieces than the encoder reads, the first are read.

        Returns:
            Float32, of shape (N, H).
        """
        rows = [torch.tensor(pieces[: self._longest]) for pieces in self._tokenizer.framed(texts)]
        found: list[np.ndarray] = [np.empty(0)] * len(rows)
        for group in budget_batches([len(pieces) for pieces in rows], _AT_ONCE):
            batch = pad_sequence(
                [rows[place] for place in group], batch_first=True, padding_value=self._padding
            )  # (N, L)
            lengths = torch.tensor([len(rows[place]) for place in group])
            mask = torch.arange(batch.shape[1]) < lengths[:, None]  # (N, L)
            states = self._network(input_ids=batch, attention_mask=mask.long()).last_hidden_state  # (N, L, H)
            means = (states * mask[..., None]).sum(1) / lengths[:, None]  # (N, H)
            for place, mean in zip(group, means.float().numpy(), strict=True):
                found[place] = mean
        return np.stack(found) if found else np.empty((0, 0), dtype=np.float32)
