"""Raw text as streams of characters, read side by side in both directions."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from pytorch_lightning import LightningDataModule
from torch import Tensor

from zoo.pretraining.texts import read_texts
from zoo.text.vocab import Vocabulary

_HELD_OUT_STREAM = 2000  # fewest characters of a held-out stream: the first few are read without context


class Text(NamedTuple):
    """Raw text as rows of a vocabulary.

    Args:
        characters: Its characters, most frequent first.
        train: What is learnt from, shape (N).
        held_out: What is not, shape (N').
    """

    characters: Vocabulary
    train: np.ndarray
    held_out: np.ndarray


def read_characters(paths: Sequence[Path], held_out: int, min_count: int, most: int | None) -> Text:
    r"""Reads texts as characters: a line feed after each line, one space for other white space, no empty lines.

    Args:
        paths: Files and folders of :func:`zoo.pretraining.texts.read_texts`.
        held_out: Each so-many-th part of the texts is held out.
        min_count: Characters that occur less often are the unknown one.
        most: Stop reading after the part that reaches so many characters.

    Raises:
        ValueError: If nothing is left to learn from, or nothing is held out.
    """
    splits: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    read = 0
    for number, part in enumerate(_parts(paths), start=1):
        splits[number % held_out == 0].append(np.frombuffer(part.encode("utf-32-le"), dtype=np.uint32))
        read += len(part)
        if most is not None and read >= most:
            break
    if not all(splits):
        raise ValueError(
            f"Expected texts of at least {held_out} parts, of which each {held_out}th is held out, but got "
            f"{sum(map(len, splits))}; add texts or lower held_out."
        )
    train, kept = (np.concatenate(parts) for parts in splits)
    counts = np.bincount(train)
    frequent = np.flatnonzero(counts >= min_count)
    frequent = frequent[np.argsort(-counts[frequent], kind="stable")]
    characters = Vocabulary.of(["\n", *map(chr, frequent)])
    row_of = np.ones(0x110000, dtype=np.uint16)
    row_of[[ord(character) for character in characters.entries[2:]]] = np.arange(2, len(characters))
    return Text(characters, row_of[train], row_of[kept])


def _parts(paths: Sequence[Path]) -> Iterator[str]:
    """Parts that have any words, each line's white space as a tagger writes it between words."""
    for path in paths:
        for part in read_texts(path):
            lines = [" ".join(line.split()) for line in part.splitlines()]
            if text := "".join(f"{line}\n" for line in lines if line):
                yield text


class Stretch(NamedTuple):
    """What is learnt from in one step.

    Args:
        text: Rows of characters, forward and backward, shape (2, B, N + 1): all but the last are read, all but the
            first foretold.
        first: Whether the streams begin here.
    """

    text: Tensor
    first: bool


class Streams:
    """A text as B streams of equal length, side by side, N characters at a time, forward and from its end.

    Its fewer than B last characters are left out. It goes on in the middle where it is told to: Lightning stores its
    state in every checkpoint.

    Args:
        text: Rows of characters, shape (≥ 2).
        streams: How many streams (B).
        stretch: Characters of a stretch (N); the last one may be shorter.
    """

    def __init__(self, text: np.ndarray, streams: int, stretch: int) -> None:
        self.length = (len(text) - 1) // streams
        if self.length < 1:
            raise ValueError(f"Expected a text of more than {streams} characters, the streams, but got {len(text)}.")
        self.texts = (text, text[::-1])
        self.starts = np.arange(streams)[:, None] * self.length  # (B, 1)
        self.stretch, self._done, self._resumed = stretch, 0, 0

    def __len__(self) -> int:
        return -(-self.length // self.stretch)

    def __iter__(self) -> Iterator[Stretch]:
        first, self._resumed = self._resumed, 0
        for step in range(first, len(self)):
            begin = step * self.stretch
            places = self.starts + np.arange(begin, min(begin + self.stretch, self.length) + 1)  # (B, N + 1)
            text = np.stack([text[places] for text in self.texts]).astype(np.int64)  # (2, B, N + 1)
            self._done = step + 1
            yield Stretch(torch.from_numpy(text), step == 0)

    def state_dict(self) -> dict[str, int]:
        """How many stretches were handed out; 0 where all were."""
        return {"stretches": self._done % len(self)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Makes the next pass begin after so many stretches."""
        self._resumed = self._done = state["stretches"]


class TextStreams(LightningDataModule):
    """A text to learn from, and the held-out one, as streams.

    Args:
        text: Both.
        streams: Streams of the text to learn from.
        stretch: Characters of a stretch.
    """

    def __init__(self, text: Text, streams: int, stretch: int) -> None:
        super().__init__()
        self.train = Streams(text.train, streams, stretch)
        self.held_out = Streams(text.held_out, max(1, min(streams, len(text.held_out) // _HELD_OUT_STREAM)), stretch)

    def train_dataloader(self) -> Streams:
        """What is learnt from."""
        return self.train

    def val_dataloader(self) -> Streams:
        """What is not."""
        return self.held_out
