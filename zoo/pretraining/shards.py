"""A corpus in pieces on disk: made once, in parallel, and from then on mapped into memory.

A corpus is a text file as :mod:`zoo.pretraining.prepare` writes it: a sentence a line, a blank line between documents.
It is cut between documents into parts of some megabytes; each becomes a shard, a folder of four arrays. A shard appears
when it is complete, so that a run that was killed goes on with those that are missing, whichever process made the rest.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from zoo.checkpoint.folder import sha256_of
from zoo.pretraining.vouching import vouch
from zoo.text.codec import Window
from zoo.text.pieces import PieceTokenizer
from zoo.text.segment import Segmenter

_PART_BYTES = 8 << 20
_ARRAYS = ("pieces", "begins", "sentences", "documents")


@dataclass(frozen=True)
class Shards:
    """A corpus in pieces.

    Sentences are numbered through all shards, as are pieces: shard k holds those from ``first_piece[k]`` on.

    Args:
        pieces: Rows of all pieces of each shard, uint16 or uint32, mapped into memory, shapes (Pₖ).
        begins: Whether a word begins there, likewise.
        sentences: Where each sentence begins, and after the last one where it ends, in all pieces, shape (S + 1).
        documents: The first sentence of each document, and after the last one their number, shape (D + 1).
        first_piece: The number of each shard's first piece, and after the last one that of all pieces, shape (K + 1).
    """

    pieces: tuple[np.ndarray, ...]
    begins: tuple[np.ndarray, ...]
    sentences: np.ndarray
    documents: np.ndarray
    first_piece: np.ndarray

    def read(self, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Pieces of one shard from one number to another, and whether a word begins at each."""
        shard = int(np.searchsorted(self.first_piece, start, side="right")) - 1
        place = slice(start - self.first_piece[shard], end - self.first_piece[shard])
        return self.pieces[shard][place], self.begins[shard][place]


def make_shards(
    corpus: Path,
    folder: Path,
    tokenizer: PieceTokenizer,
    *,
    segmentation: str = "v1",
    processes: int = 1,
    progress: Callable[[int, int], None] = lambda done, all: None,
) -> Shards:
    """Cuts a corpus into pieces, but for shards that are there already.

    Args:
        corpus: A text file of sentences, not compressed.
        folder: Of the shards.
        tokenizer: What cuts.
        segmentation: A key of the segmentation rules: what a word is.
        processes: How many shards are made at once.
        progress: Told after each shard how many bytes of how many are done.

    Raises:
        ValueError: If the folder holds shards of another corpus, tokenizer or segmentation, or there is no sentence.
    """
    parts = list(_parts(corpus))
    vouch(folder, {"corpus": sha256_of(corpus), "tokenizer": _digest(tokenizer), "segmentation": segmentation})
    missing = [number for number in range(len(parts)) if not _shard(folder, number).exists()]
    done = sum(end - start for number, (start, end) in enumerate(parts) if number not in {*missing})
    for number in _all_made(corpus, folder, tokenizer, segmentation, [(n, *parts[n]) for n in missing], processes):
        done += parts[number][1] - parts[number][0]
        progress(done, parts[-1][1])
    return read_shards(folder, len(parts))


def read_shards(folder: Path, number: int) -> Shards:
    """Maps the first shards of a folder into memory.

    Raises:
        ValueError: If they hold no sentence.
    """
    read = [
        {name: np.load(_shard(folder, n) / f"{name}.npy", mmap_mode="r") for name in _ARRAYS} for n in range(number)
    ]
    sizes = [len(shard["pieces"]) for shard in read]
    first_piece = np.cumsum([0, *sizes])
    counts = np.cumsum([0, *(len(shard["sentences"]) for shard in read)])
    sentences = [shard["sentences"] + first for shard, first in zip(read, first_piece, strict=False)]
    documents = [shard["documents"] + first for shard, first in zip(read, counts, strict=False)]
    if not counts[-1]:
        raise ValueError(f"Expected a corpus of sentences, a line each, but {folder} holds none.")
    return Shards(
        pieces=tuple(shard["pieces"] for shard in read),
        begins=tuple(shard["begins"] for shard in read),
        sentences=np.concatenate([*sentences, first_piece[-1:]]),
        documents=np.concatenate([*documents, counts[-1:]]),
        first_piece=first_piece,
    )


def _parts(corpus: Path) -> Iterator[tuple[int, int]]:
    """Stretches of bytes of a corpus, each of some megabytes and of whole documents."""
    size, start = corpus.stat().st_size, 0
    with corpus.open("rb") as file:
        while start < size:
            file.seek(min(start + _PART_BYTES, size) - 1)
            file.readline()  # the rest of a line, which is no blank one
            for line in file:
                if not line.strip():
                    break
            yield start, file.tell()
            start = file.tell()


def _all_made(
    corpus: Path,
    folder: Path,
    tokenizer: PieceTokenizer,
    segmentation: str,
    parts: Sequence[tuple[int, int, int]],
    processes: int,
) -> Iterator[int]:
    """Makes shards and tells the number of each when it is there."""
    arguments = corpus, folder, tokenizer.definition, tokenizer.settings, segmentation
    if processes <= 1 or len(parts) <= 1:
        for part in parts:
            yield _make(*arguments, *part)
        return
    with ProcessPoolExecutor(min(processes, len(parts)), mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_make, *arguments, *part) for part in parts]
        try:
            for job in as_completed(jobs):
                yield job.result()
        finally:
            for job in jobs:
                job.cancel()


def _make(
    corpus: Path,
    folder: Path,
    definition: str,
    settings: dict[str, Any],
    segmentation: str,
    number: int,
    start: int,
    end: int,
) -> int:
    with corpus.open("rb") as file:
        file.seek(start)
        text = file.read(end - start).decode("utf-8")
    arrays = _arrays(text, PieceTokenizer(definition, settings), Segmenter(segmentation))
    staged = folder / f".writing-{number:05}-{os.getpid()}"
    staged.mkdir()
    try:
        for name, array in arrays.items():
            np.save(staged / f"{name}.npy", array)
        staged.rename(_shard(folder, number))
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return number


def _arrays(text: str, tokenizer: PieceTokenizer, segment: Segmenter) -> dict[str, np.ndarray]:
    """The arrays of a shard, by name."""
    windows: list[Window] = []
    documents: list[int] = []
    new = True
    for line in text.split("\n"):
        words = [word for sentence in segment(line) for word in sentence]
        if words:
            if new:
                documents.append(len(windows))
            windows.append(Window(0, [line[first:last] for first, last in words], words, [], 0))
        new = not words
    read = tokenizer.read(windows)
    lengths = np.array([len(pieces.rows) for pieces in read], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    begins = np.zeros(int(lengths.sum()), dtype=bool)
    for first, pieces in zip(starts, read, strict=True):
        begins[first + pieces.begins] = True
    rows = np.concatenate([pieces.rows for pieces in read]) if read else np.zeros(0, dtype=np.int64)
    return {
        "pieces": rows.astype(np.uint16 if len(tokenizer) <= 1 << 16 else np.uint32),
        "begins": begins,
        "sentences": starts,
        "documents": np.array(documents, dtype=np.int64),
    }


def _shard(folder: Path, number: int) -> Path:
    return folder / f"shard-{number:05}"


def _digest(tokenizer: PieceTokenizer) -> str:
    return hashlib.sha256(tokenizer.definition.encode()).hexdigest()
