"""Windows → named tensors. The first place where torch is needed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from zoo.text.codec import Window
from zoo.text.vocab import WordLookup


@dataclass
class Batch:
    """B windows, right-padded to W words; C characters of U distinct forms.

    Args:
        words: Vocabulary rows, shape (B, W), 0 on padding.
        forms: Row of ``characters`` that spells each word, shape (B, W), 0 on padding.
        characters: Character rows of every distinct form once, shape (U, C), 0 on padding.
        mask: True on real words, a prefix of every row, shape (B, W).
        tags: Gold tag ids, shape (B, W), 0 on padding; ``None`` where nothing is known.
        lost: Gold spans of these windows that no tag sequence holds.
        layers: What the architecture reads besides, by name: the windows' layers, padded with zeros to (B, W, …).
        composed: Vectors of forms that are not in a vocabulary of V words, from n-grams, shape (N, D): rows V to
            V + N - 1 of ``words``; ``None`` where there are none.
    """

    words: Tensor
    forms: Tensor
    characters: Tensor
    mask: Tensor
    tags: Tensor | None
    lost: int
    layers: dict[str, Tensor] = field(default_factory=dict)
    composed: Tensor | None = None

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device."""
        moved: dict[str, Any] = {
            name: value.to(device, non_blocking=True) for name, value in vars(self).items() if isinstance(value, Tensor)
        }
        layers = {name: layer.to(device, non_blocking=True) for name, layer in self.layers.items()}
        return replace(self, **moved, layers=layers)


def collate(windows: Sequence[Window], lookup: WordLookup) -> Batch:
    """Builds the tensors of a batch; each distinct form is spelled once.

    Args:
        windows: At least one window; none empty.
        lookup: Vocabulary rows of words and characters.
    """
    form_rows: dict[str, int] = {}
    forms, mask = _rectangle([[form_rows.setdefault(form, len(form_rows)) for form in w.forms] for w in windows])
    word_of_form, composed = lookup.rows(list(form_rows))  # (U)
    return Batch(
        words=torch.tensor(word_of_form)[forms] * mask,
        forms=forms,
        characters=_rectangle([lookup.spelling(form) for form in form_rows])[0],
        mask=mask,
        tags=_rectangle([window.tags for window in windows])[0] if windows[0].tags else None,
        lost=sum(window.lost for window in windows),
        layers={name: _padded([window.layers[name] for window in windows]) for name in windows[0].layers},
        composed=torch.from_numpy(np.stack(composed)) if composed else None,
    )


def _rectangle(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Rows of numbers, each padded with zeros to the longest, and where they are: two tensors (N, longest)."""
    # All numbers at once: a tensor for each of the hundreds of spellings takes longer than a small tagger's layers.
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    filled = np.arange(lengths.max()) < lengths[:, None]
    rectangle = np.zeros(filled.shape, np.int64)
    rectangle[filled] = np.fromiter(chain.from_iterable(rows), np.int64, lengths.sum())
    return torch.from_numpy(rectangle), torch.from_numpy(filled)


def _padded(layers: Sequence[np.ndarray]) -> Tensor:
    """Arrays of one layer as (B, longest, …)."""
    return pad_sequence([torch.from_numpy(layer) for layer in layers], batch_first=True)


def budget_batches(lengths: Sequence[int], words: int) -> list[list[int]]:
    """Groups windows of like length so that no batch, padding included, exceeds a number of words.

    Args:
        lengths: Words of each window.
        words: The most positions B · W of a batch; a longer window is a batch of its own.

    Returns:
        Batches of indices, shortest windows first; each index occurs once.

    Examples:
        >>> budget_batches([5, 2, 3, 9], words=8)
        [[1, 2], [0], [3]]
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        # Sorted ascending, so the newcomer is the longest and sets the padded width.
        if batches and (len(batches[-1]) + 1) * lengths[index] <= words:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches
