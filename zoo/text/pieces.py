"""Words → pieces: what a tokenizer of the ``tokenizers`` library makes of a window, and where its words begin.

A window is tokenized as running text, as the encoder met it in pretraining and as any other program would give it, and
pieces are matched with words by their offsets: a word is read at its first piece. So neither a marker of the beginning
of a word is put where no blank is, nor do words that a text spells together lose what tells so.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from tokenizers import Tokenizer

from zoo.text.codec import Window
from zoo.text.segment import Words

_SURROGATE = re.compile("[\ud800-\udfff]")  # halves of characters, which no UTF-8 has


class Pieces(NamedTuple):
    """A window in pieces, without those that frame it.

    Args:
        rows: Rows of the embedding table, shape (P).
        first: Each word's first piece, shape (W); ascending.
        begins: The same, or the blank before it where that is a piece by itself, shape (W).
    """

    rows: np.ndarray
    first: np.ndarray
    begins: np.ndarray


class PieceTokenizer:
    """A tokenizer as encoders come with: its definition, and what other programs want to know of it.

    What a text spells like a special piece, as ``[SEP]``, is text.

    Args:
        definition: The content of a ``tokenizer.json``.
        settings: The content of a ``tokenizer_config.json``; only kept for others.

    Raises:
        ValueError: If the definition cannot be read, or the tokenizer has no piece for what it does not know.

    Attributes:
        before: Rows of the pieces that begin what an encoder reads, as ``[CLS]``.
        after: Rows of those that end it, as ``[SEP]``.
    """

    def __init__(self, definition: str, settings: Mapping[str, Any]) -> None:
        self.definition, self.settings = definition, dict(settings)
        try:
            self._tokenizer = Tokenizer.from_str(definition)
        except Exception as error:  # the library raises nothing narrower
            raise ValueError(f"Expected a tokenizer.json but got what tokenizers cannot read ({error}).") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.before, self.after = self._frame()
        self._unknown = self._unknown_row()
        self._blank = self._tokenizer.token_to_id("▁")
        self._tokenizer.encode_special_tokens = True

    def _frame(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        for probe in ("a", "A", "1", "的", "."):
            framed = self._tokenizer.encode(probe)
            inner = [place for place, special in enumerate(framed.special_tokens_mask) if not special]
            if inner:
                return tuple(framed.ids[: inner[0]]), tuple(framed.ids[inner[-1] + 1 :])
        raise ValueError("Expected a tokenizer that cuts letters or figures into pieces but it makes none of them.")

    def _unknown_row(self) -> int:
        """The row of what is no piece; a tokenizer of bytes, which knows all, reads a blank instead."""
        model = json.loads(self.definition)["model"]
        name = model.get("unk_token")
        if name is None and isinstance(number := model.get("unk_id"), int):
            return number
        if name is None:
            name = self.settings.get("unk_token")
            name = name["content"] if isinstance(name, dict) else name
        row = self._tokenizer.token_to_id(name) if name else None
        if row is not None:
            return row
        blank = self._tokenizer.encode(" ", add_special_tokens=False).ids
        if not blank:
            raise ValueError(
                "Expected a tokenizer with a piece for what it does not know (unk_token) but it has none; name it in "
                "its tokenizer_config.json."
            )
        return int(blank[0])

    def __len__(self) -> int:
        return self._tokenizer.get_vocab_size()

    def row(self, piece: str) -> int:
        """The row of a piece.

        Raises:
            KeyError: If there is no such piece.
        """
        row = self._tokenizer.token_to_id(piece)
        if row is None:
            raise KeyError(f"Expected a tokenizer with the piece {piece!r} but it has none.")
        return int(row)

    @property
    def special(self) -> list[int]:
        """Rows of pieces that no text is cut into."""
        return sorted(row for row, token in self._tokenizer.get_added_tokens_decoder().items() if token.special)

    def names(self, rows: Sequence[int]) -> list[str]:
        """The pieces of rows, as the tokenizer writes them."""
        return [self._tokenizer.id_to_token(row) or "" for row in rows]

    def framed(self, texts: Sequence[str]) -> list[list[int]]:
        """The rows of the pieces of whole texts, with those that frame what an encoder reads."""
        clean = [_SURROGATE.sub("\ufffd", text) for text in texts]
        found = self._tokenizer.encode_batch(clean, add_special_tokens=False)
        return [[*self.before, *each.ids, *self.after] for each in found]

    def read(self, windows: Sequence[Window]) -> list[Pieces]:
        """Cuts windows into pieces.

        A word of which nothing is left, as one of control characters, gets the unknown piece.

        Args:
            windows: None of them empty.
        """
        texts = [(_SURROGATE.sub("\ufffd", text), places) for text, places in map(Window.text, windows)]
        encodings = self._tokenizer.encode_batch([text for text, _ in texts], add_special_tokens=False)
        return [
            self._aligned(np.array(encoding.ids, dtype=np.int64), encoding.offsets, places)
            for encoding, (_, places) in zip(encodings, texts, strict=True)
        ]

    def _aligned(self, rows: np.ndarray, offsets: Sequence[tuple[int, int]], places: Words) -> Pieces:
        """Pieces with the first of each word: the first that ends beyond where the word begins."""
        pieces = np.array(offsets, dtype=np.int64).reshape(-1, 2)  # (P, 2)
        words = np.array(places, dtype=np.int64)  # (W, 2)
        # Pieces of one character (bytes of it) may have the same offsets, but none ends before one on its left.
        first = np.searchsorted(pieces[:, 1], words[:, 0], side="right")  # (W)
        begins = np.append(pieces[:, 0], words[-1, 1])[first]
        if (missing := np.flatnonzero(begins >= words[:, 1])).size:
            rows = np.insert(rows, first[missing], self._unknown)
            first = first + np.searchsorted(missing, np.arange(len(words)))
        # Some tokenizers put a blank before all: it is no part of the first word.
        if len(rows) > 1 and rows[0] == self._blank and first[0] == 0 and pieces[1, 0] < words[0, 1]:
            first[0] = 1
        blank = (
            (first > 0) & (rows[first - 1] == self._blank) if self._blank is not None else np.zeros(len(first), bool)
        )
        return Pieces(rows, first, first - blank)
