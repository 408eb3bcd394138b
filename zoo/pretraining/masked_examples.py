"""What a BERT is pretrained on: sequences of sentences, some pieces of which are masked, packed into rows.

An epoch is planned anew from its number and a seed alone: which sentences make a sequence, which sequences share a row,
which pieces are masked. So no device, batch size or interruption changes what is learnt from, and every sentence is in
every epoch.

Sources:
    Devlin, Chang, Lee & Toutanova, "BERT: pre-training of deep bidirectional transformers for language understanding"
    (NAACL 2019), section 3.1 and appendix A: masked pieces and the next sentence; of a tenth of the sequences the
    length is drawn. Liu et al., "RoBERTa: a robustly optimized BERT pretraining approach" (arXiv:1907.11692, 2019):
    masks that are drawn anew, and no next sentence. Krell, Kosec, Perez & Fitzgibbon, "Efficient sequence packing
    without cross-contamination" (arXiv:2107.02027, 2021).
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from zoo.pretraining.shards import Shards
from zoo.text.pieces import PieceTokenizer

NOTHING = -100
"""What is hidden where nothing is: losses leave it out."""
_SHORT = 0.1  # share of sequences whose length is drawn
_PACKED_AT_ONCE = 4096  # sequences among which fitting ones are sought
_AS_MASK, _AS_ANY = 0.8, 0.9  # of what is masked: shown as the mask, up to the one; as any piece, up to the other


@dataclass(frozen=True)
class Masking:
    """How sequences are made and masked.

    Args:
        max_pieces: The most pieces of a sequence, those that frame it included.
        row_pieces: Pieces of a row, which holds one sequence or several.
        share: Of a sequence's pieces, how many are masked; at least one, but for whole words.
        whole_words: Whether all pieces of a word are masked, or none; then no more than ``share`` of all.
        pairs: Whether a sequence is two parts, of which the second follows the first in half of them.

    Raises:
        ValueError: If a row cannot hold a sequence, or a number is out of its range.
    """

    max_pieces: int = 128
    row_pieces: int = 128
    share: float = 0.15
    whole_words: bool = False
    pairs: bool = True

    def __post_init__(self) -> None:
        if not 8 <= self.max_pieces <= self.row_pieces:
            raise ValueError(
                f"Expected max_pieces of at least 8 and row_pieces of at least as many but got {self.max_pieces} and "
                f"{self.row_pieces}."
            )
        if not 0 < self.share < 1:
            raise ValueError(f"Expected a share of masked pieces in (0, 1) but got {self.share}.")

    @property
    def frame(self) -> int:
        """Pieces of a sequence that are not of its sentences."""
        return 3 if self.pairs else 2

    def masked(self, pieces: np.ndarray) -> np.ndarray:
        """How many pieces are masked of sequences of so many, at the most where words are masked whole."""
        return np.maximum(1, np.rint(self.share * pieces)).astype(np.int64)


class Sequences(NamedTuple):
    """The sequences of an epoch: pieces of the corpus from one number to another, and again.

    Args:
        spans: First part and second, shape (N, 2, 2); the second is empty where there are no pairs.
        follows: Whether the second part follows the first in its document, shape (N).
    """

    spans: np.ndarray
    follows: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Pieces of each, without the frame, shape (N)."""
        return (self.spans[:, :, 1] - self.spans[:, :, 0]).sum(1)


class Examples(NamedTuple):
    """Rows of sequences; B rows of L pieces hold S sequences, and M pieces are masked.

    Args:
        pieces: Shape (B, L), padded with 0.
        parts: 1 in the second part of a sequence, else 0, shape (B, L).
        places: Of each piece in its sequence, shape (B, L).
        sequences: The number of its sequence in the row, from 1 on, 0 on padding, shape (B, L).
        masked: Where masked pieces stand in the flattened rows, shape (M).
        hidden: What they were, shape (M); :data:`NOTHING` where a place only fills the shape.
        firsts: Where sequences begin in the flattened rows, shape (S).
        follows: 1 where the second part of a sequence follows the first, else 0, shape (S); likewise.
    """

    pieces: Tensor
    parts: Tensor
    places: Tensor
    sequences: Tensor
    masked: Tensor
    hidden: Tensor
    firsts: Tensor
    follows: Tensor

    @classmethod
    def blank(cls, row_pieces: int) -> "Examples":
        """A row without a sequence."""
        row, none = torch.zeros(1, row_pieces, dtype=torch.long), torch.zeros(0, dtype=torch.long)
        return cls(row, row, row, row, none, none, none, none)

    def filled(self, rows: int, masked: int, sequences: int) -> "Examples":
        """The same, filled up with what losses leave out."""
        shapes = [rows] * 4 + [masked] * 2 + [sequences] * 2
        empty = [0, 0, 0, 0, 0, NOTHING, 0, NOTHING]
        return Examples(
            *(
                torch.cat([tensor, tensor.new_full((size - len(tensor), *tensor.shape[1:]), value)])
                for tensor, size, value in zip(self, shapes, empty, strict=True)
            )
        )

    def to(self, device: torch.device) -> "Examples":
        """The same rows on another device."""
        return Examples(*(tensor.to(device, non_blocking=True) for tensor in self))


def as_rows(numbers: Sequence[int]) -> Tensor:
    """Numbers as a tensor, of whole numbers also where there are none."""
    return torch.tensor(numbers, dtype=torch.long)


class Epoch:
    """All rows of an epoch, each made when it is asked for.

    Args:
        shards: The corpus.
        tokenizer: By which it was cut.
        masking: How sequences are made and masked.
        seed: Of all that is drawn.
        number: Of the epoch.
    """

    def __init__(self, shards: Shards, tokenizer: PieceTokenizer, masking: Masking, seed: int, number: int) -> None:
        self.shards, self.masking, self.seed, self.number = shards, masking, seed, number
        self.begin, self.end = tokenizer.before[0], tokenizer.after[0]
        self.mask = tokenizer.row("[MASK]")
        self.plain = np.setdiff1d(np.arange(len(tokenizer)), tokenizer.special)  # what a piece may be shown as
        draw = np.random.default_rng([seed, number])
        self.sequences = plan(shards, masking, draw)
        self.rows = pack(self.sequences.lengths + masking.frame, masking.row_pieces, draw)
        to_mask = masking.masked(self.sequences.lengths)
        self.most_masked = max(int(to_mask[row].sum()) for row in self.rows)
        self.most_sequences = max(map(len, self.rows))

    def __len__(self) -> int:
        return len(self.rows)

    def to_mask(self, rows: Sequence[int]) -> tuple[int, int]:
        """How many pieces are masked in rows, and how many sequences they hold, without making them.

        Where words are masked whole, fewer may be masked than this.
        """
        held = np.concatenate([self.rows[row] for row in rows])
        return int(self.masking.masked(self.sequences.lengths[held]).sum()), len(held)

    def examples(self, rows: Sequence[int], size: int = 0) -> Examples:
        """Makes rows.

        Args:
            rows: Their numbers.
            size: Fills all tensors up to the shapes of so many rows, whichever they are: what is compiled for a shape
                is then compiled once. 0 fills nothing.
        """
        shape = len(rows), self.masking.row_pieces
        filled = {name: np.zeros(shape, dtype=np.int64) for name in ("pieces", "parts", "places", "sequences")}
        begins = np.zeros(shape, dtype=bool)
        firsts: list[int] = []
        follows: list[int] = []
        for line, row in enumerate(rows):
            reached = 0
            for count, number in enumerate(self.rows[row].tolist(), start=1):
                pieces, begin, parts = self._sequence(number)
                place = (line, slice(reached, reached + len(pieces)))
                filled["pieces"][place], begins[place], filled["parts"][place] = pieces, begin, parts
                filled["places"][place], filled["sequences"][place] = np.arange(len(pieces)), count
                firsts.append(line * shape[1] + reached)
                follows.append(int(self.sequences.follows[number]))
                reached += len(pieces)
        masked, hidden = self._masked(rows, filled["pieces"], filled["sequences"], begins)
        tensors = {name: torch.from_numpy(array) for name, array in filled.items()}
        made = Examples(**tensors, masked=masked, hidden=hidden, firsts=as_rows(firsts), follows=as_rows(follows))
        return made if not size else made.filled(size, size * self.most_masked, size * self.most_sequences)

    def _sequence(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Framed pieces of a sequence, whether a word begins at each, and its part; the frame is no word's."""
        pieces, begins, parts = [np.array([self.begin])], [np.array([False])], [np.array([0])]
        for part, (start, end) in enumerate(self.sequences.spans[number, : 1 + self.masking.pairs].tolist()):
            rows, begin = self.shards.read(start, end)
            pieces += [rows.astype(np.int64), np.array([self.end])]
            begins += [np.concatenate([[True], begin[1:]]), np.array([False])]  # a word may have been cut
            parts.append(np.full(len(rows) + 1, part))
        return np.concatenate(pieces), np.concatenate(begins), np.concatenate(parts)

    def _masked(
        self, rows: Sequence[int], pieces: np.ndarray, sequences: np.ndarray, begins: np.ndarray
    ) -> tuple[Tensor, Tensor]:
        """Masks pieces in place; tells where, and what they were."""
        draws = [np.random.default_rng([self.seed, self.number, row]) for row in rows]
        keys = np.stack([draw.random(pieces.shape[1]) for draw in draws])
        flat = np.flatnonzero((sequences > 0) & (pieces != self.begin) & (pieces != self.end))
        # Sequences of all rows, numbered; units are what is masked as a whole.
        owner = (sequences + np.arange(len(rows))[:, None] * (1 + pieces.shape[1])).ravel()[flat]
        starts = begins.ravel()[flat] if self.masking.whole_words else np.ones(len(flat), dtype=bool)
        starts = starts | (np.diff(owner, prepend=-1) != 0)
        unit = np.cumsum(starts) - 1  # of each place
        sizes, owners = np.bincount(unit), owner[starts]
        order = np.lexsort((keys.ravel()[flat][starts], owners))
        before = np.cumsum(sizes[order]) - sizes[order]
        _, place, lengths = np.unique(owners[order], return_index=True, return_inverse=False, return_counts=True)
        total = np.add.reduceat(sizes[order], place)  # pieces of each sequence
        after = before + sizes[order] - np.repeat(before[place], lengths)
        chosen = np.zeros(len(sizes), dtype=bool)
        chosen[order] = after <= np.repeat(self.masking.masked(total), lengths)
        masked = flat[chosen[unit]]
        hidden = pieces.ravel()[masked]
        line = masked // pieces.shape[1]
        kind, other = (np.stack([draw.random(pieces.shape[1]) for draw in draws]) for _ in range(2))
        kinds, others = kind.ravel()[masked], other.ravel()[masked]
        any_piece = self.plain[(others * len(self.plain)).astype(np.int64)]
        shown = np.where(kinds < _AS_MASK, self.mask, np.where(kinds < _AS_ANY, any_piece, hidden))
        pieces[line, masked % pieces.shape[1]] = shown
        return torch.from_numpy(masked), torch.from_numpy(hidden)


def plan(shards: Shards, masking: Masking, draw: np.random.Generator) -> Sequences:
    """Makes sequences of all sentences of a corpus, in its order.

    A sequence is as many whole sentences of one document as fit; of pairs, the first of these are followed by the rest,
    or, in half of them and where there is but one sentence, by sentences of another document, and the rest begins the
    next sequence. A sentence that is too long is cut.
    """
    room = masking.max_pieces - masking.frame
    starts, ends, first = _units(shards, room * 3 // 4 if masking.pairs else room)  # so that a second part has room
    found: list[tuple[int, int, int, int, bool]] = []
    documents = len(first) - 1
    for document in range(documents):
        unit, last = int(first[document]), int(first[document + 1])
        while unit < last:
            target = int(draw.integers(2, room + 1)) if draw.random() < _SHORT else room
            stop = max(unit + 1, int(np.searchsorted(ends[unit:last], starts[unit] + target, side="right")) + unit)
            if not masking.pairs:
                found.append((starts[unit], ends[stop - 1], 0, 0, True))
                unit = stop
            elif stop - unit > 1 and draw.random() < 0.5:
                cut = unit + int(draw.integers(1, stop - unit))
                found.append((starts[unit], ends[cut - 1], starts[cut], ends[stop - 1], True))
                unit = stop
            else:
                cut = unit + (int(draw.integers(1, stop - unit)) if stop - unit > 1 else 1)
                other = _another(document, documents, draw)
                begin = int(draw.integers(first[other], first[other + 1]))
                free = max(1, target - int(ends[cut - 1] - starts[unit]))
                end = min(int(ends[first[other + 1] - 1]), int(starts[begin]) + free)
                found.append((starts[unit], ends[cut - 1], starts[begin], end, False))
                unit = cut
    table = np.array([row[:4] for row in found], dtype=np.int64).reshape(-1, 2, 2)
    return Sequences(table, np.array([row[4] for row in found]))


def _another(document: int, documents: int, draw: np.random.Generator) -> int:
    """Another document than this one, where there is one."""
    other = int(draw.integers(0, max(1, documents - 1)))
    return other + (other >= document and documents > 1)


def _units(shards: Shards, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sentences, longer ones cut: where they begin and end, and each document's first one."""
    starts, ends = shards.sentences[:-1], shards.sentences[1:]
    cuts = -(-(ends - starts) // most)
    sentence = np.repeat(np.arange(len(starts)), cuts)
    first = np.cumsum(cuts) - cuts
    begin = starts[sentence] + (np.arange(len(sentence)) - first[sentence]) * most
    return begin, np.minimum(begin + most, ends[sentence]), np.append(first, len(sentence))[shards.documents]


def pack(lengths: np.ndarray, row_pieces: int, draw: np.random.Generator) -> list[np.ndarray]:
    """Lays sequences into rows, in random order: each into the fullest row that has room (best fit, longest first).

    Args:
        lengths: Pieces of each sequence, at most ``row_pieces``.
        row_pieces: Pieces of a row.
        draw: Of the order.

    Returns:
        The sequences of each row.
    """
    order = draw.permutation(len(lengths))
    rows = [
        np.array(row)
        for begin in range(0, len(order), _PACKED_AT_ONCE)
        for row in _fitted(order[begin : begin + _PACKED_AT_ONCE], lengths, row_pieces)
    ]
    return [rows[place] for place in draw.permutation(len(rows))]


def _fitted(sequences: np.ndarray, lengths: np.ndarray, row_pieces: int) -> Iterator[list[int]]:
    rows: list[list[int]] = []
    free: list[tuple[int, int]] = []  # pieces that are left, and the row; ascending
    for number in sequences[np.argsort(-lengths[sequences], kind="stable")].tolist():
        length = int(lengths[number])
        place = bisect_left(free, (length, -1))
        if place == len(free):
            rows.append([])
            left, row = row_pieces, len(rows) - 1
        else:
            left, row = free.pop(place)
        rows[row].append(number)
        insort(free, (left - length, row))
    yield from rows
