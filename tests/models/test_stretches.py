"""Stretches against a plain search for the one that sees most around a piece."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from zoo.models.stretches import Stretches


def plain(pieces: int, size: int, overlap: int) -> list[tuple[int, int]]:
    """The stretches of a row, half-open."""
    found = [(0, min(pieces, size))]
    while found[-1][1] < pieces:
        start = min(found[-1][0] + size - overlap, pieces - size)
        found.append((start, start + size))
    return found


def seen(piece: int, stretch: tuple[int, int], pieces: int) -> float:
    """How many pieces stand on the poorer side; an end of the row is no loss."""
    start, end = stretch
    if not start <= piece < end:
        return -1
    left = piece - start if start else float("inf")
    return min(left, end - 1 - piece if end < pieces else float("inf"))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=5), st.integers(1, 20), st.data())
def test_each_piece_is_read_where_most_is_seen_around_it(lengths: list[int], size: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, size - 1))
    stretches = Stretches.over(torch.tensor(lengths), size, overlap)
    rows = [(row, stretch) for row, pieces in enumerate(lengths) for stretch in plain(pieces, size, overlap)]
    assert stretches.rows.tolist() == [row for row, _ in rows]
    assert stretches.starts.tolist() == [start for _, (start, _) in rows]
    assert stretches.lengths.tolist() == [end - start for _, (start, end) in rows]
    every = torch.arange(max(lengths)).expand(len(lengths), -1).contiguous()
    chosen, places = stretches.holding(every)
    for row, pieces in enumerate(lengths):
        for piece in range(pieces):
            owner, stretch = rows[chosen[row, piece]]
            assert owner == row
            assert places[row, piece] == piece - stretch[0]
            best = max(seen(piece, each, pieces) for each in plain(pieces, size, overlap))
            assert seen(piece, stretch, pieces) == best >= min(overlap // 2, size - 1)


def test_a_row_is_read_alike_beside_any_other() -> None:
    alone = Stretches.over(torch.tensor([50]), 10, 4)
    beside = Stretches.over(torch.tensor([7, 50, 90]), 10, 4)
    there = beside.rows == 1
    assert torch.equal(alone.starts, beside.starts[there])
    pieces = torch.arange(50)[None]
    stretch, place = beside.holding(pieces.expand(3, -1).contiguous())
    assert torch.equal(alone.holding(pieces)[0][0], stretch[1] - beside.first[1])
    assert torch.equal(alone.holding(pieces)[1][0], place[1])
