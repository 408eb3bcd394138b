"""Long rows of pieces as overlapping stretches that an encoder can read, each word taken from where it sees most."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Stretches:
    """Where an encoder reads B rows of pieces: N stretches, each of at most ``size`` pieces of one row.

    A row that fits is one stretch. A longer one is read in stretches that begin every ``size - overlap`` pieces, the
    last as far left as makes it a whole one, so that every piece is read with ``overlap / 2`` pieces on either side at
    the least, or with all there are. Of a row this depends on its length alone.

    Args:
        rows: Which row each is of, ascending, shape (N).
        starts: Its first piece, shape (N).
        lengths: Its pieces, shape (N).
        first: The first stretch of each row, shape (B).
    """

    rows: Tensor
    starts: Tensor
    lengths: Tensor
    first: Tensor

    @classmethod
    def over(cls, pieces: Tensor, size: int, overlap: int) -> "Stretches":
        """Lays stretches over rows.

        Args:
            pieces: Pieces of each row, at least one, shape (B).
            size: The most pieces of a stretch.
            overlap: Pieces that a stretch has in common with the next, fewer than ``size``.

        Examples:
            >>> stretches = Stretches.over(torch.tensor([10, 4]), size=6, overlap=2)
            >>> stretches.starts.tolist(), stretches.lengths.tolist(), stretches.rows.tolist()
            ([0, 4, 0], [6, 6, 4], [0, 0, 1])
        """
        step = size - overlap
        counts = 1 + ((pieces - size).clamp(min=0) + step - 1) // step  # (B)
        first = counts.cumsum(0) - counts  # (B)
        rows = torch.repeat_interleave(torch.arange(len(pieces), device=pieces.device), counts)  # (N)
        number = torch.arange(len(rows), device=pieces.device) - first[rows]  # (N): of the stretch in its row
        last = (pieces - size).clamp(min=0)  # (B): where the last stretch of a row begins
        starts = torch.minimum(number * step, last[rows])
        return cls(rows, starts, (pieces[rows] - starts).clamp(max=size), first)

    def holding(self, pieces: Tensor) -> tuple[Tensor, Tensor]:
        """The stretch that sees most around a piece, on the side where it sees less.

        Args:
            pieces: Pieces of each row, shape (B, W).

        Returns:
            Stretches and the pieces' places in them, both of shape (B, W).
        """
        ends = self.starts + self.lengths
        # From here on a piece is better seen by a stretch than by the one before it in its row: the middle of what
        # both have in common. The first of a row has no stretch before it.
        middles = torch.cat([self.starts[:1], (self.starts[1:] + ends[:-1]) // 2])  # (N)
        middles[self.first] = 0
        longest = int(torch.bincount(self.rows).max())
        table = middles.new_full((len(self.first), longest), torch.iinfo(torch.int64).max)  # (B, K)
        table[self.rows, torch.arange(len(self.rows), device=self.rows.device) - self.first[self.rows]] = middles
        number = torch.searchsorted(table, pieces, right=True) - 1  # (B, W)
        stretch = self.first[:, None] + number
        return stretch, pieces - self.starts[stretch]
