"""Shards against the corpus cut line by line, however they were made."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from zoo.pretraining import shards as module
from zoo.pretraining.shards import Shards, make_shards
from zoo.text.pieces import PieceTokenizer

DEFINITION = (Path(__file__).parent.parent / "fixtures" / "encoder" / "tokenizer.json").read_text(encoding="utf-8")
TOKENIZER = PieceTokenizer(DEFINITION, {})
DOCUMENTS = [[f"Patient {number}-{line} had lung cancer." for line in range(1 + number % 4)] for number in range(40)]


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "_PART_BYTES", 300)
    path = tmp_path / "corpus.txt"
    path.write_text("\n\n".join("\n".join(lines) for lines in DOCUMENTS) + "\n\n\n", encoding="utf-8")
    return path


def check(shards: Shards) -> None:
    lines = [line for document in DOCUMENTS for line in document]
    for number, line in enumerate(lines):
        rows, begins = shards.read(shards.sentences[number], shards.sentences[number + 1])
        encoding = TOKENIZER._tokenizer.encode(line, add_special_tokens=False)
        assert rows.tolist() == encoding.ids
        words = encoding.word_ids  # of BERT's own words, which here are those of the segmentation
        assert begins.tolist() == [place == 0 or words[place] != words[place - 1] for place in range(len(words))]
    assert np.diff(shards.documents).tolist() == [len(document) for document in DOCUMENTS]
    assert len(shards.sentences) == len(lines) + 1
    assert shards.sentences[-1] == shards.first_piece[-1] == sum(map(len, shards.pieces))


@pytest.mark.parametrize("size", [*range(20, 120), 1 << 20])
def test_parts_are_whole_documents(size: int, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PART_BYTES", size)
    text = corpus.read_bytes()
    parts = list(module._parts(corpus))
    assert b"".join(text[start:end] for start, end in parts) == text
    for _, end in parts[:-1]:
        assert text[:end].endswith(b"\n\n")


def test_sentences_and_documents(corpus: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    shards = make_shards(corpus, tmp_path / "out", TOKENIZER, progress=lambda *done: told.append(done))
    assert len(shards.pieces) > 5
    assert shards.pieces[0].dtype == np.uint16
    assert isinstance(shards.pieces[0], np.memmap)
    assert told[-1] == (corpus.stat().st_size,) * 2
    assert len(told) == len(shards.pieces)
    check(shards)


def test_processes_make_the_same_shards_and_missing_ones_alone(corpus: Path, tmp_path: Path) -> None:
    make_shards(corpus, tmp_path / "one", TOKENIZER)
    kept = tmp_path / "one" / "shard-00001" / "pieces.npy"
    before = kept.stat().st_mtime_ns
    for number in (0, 2, 3):
        shutil.rmtree(tmp_path / "one" / f"shard-{number:05}")
    check(make_shards(corpus, tmp_path / "one", TOKENIZER, processes=2))
    assert kept.stat().st_mtime_ns == before


def test_shards_of_something_else_are_refused(corpus: Path, tmp_path: Path) -> None:
    make_shards(corpus, tmp_path / "out", TOKENIZER)
    with pytest.raises(ValueError, match="out: was made by another segmentation than"):
        make_shards(corpus, tmp_path / "out", TOKENIZER, segmentation="v2")
    with corpus.open("a", encoding="utf-8") as file:
        file.write("More.\n")
    with pytest.raises(ValueError, match="out: was made by another corpus than"):
        make_shards(corpus, tmp_path / "out", TOKENIZER)


def test_an_empty_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_text("\n\n", encoding="utf-8")
    with pytest.raises(ValueError, match="Expected a corpus of sentences"):
        make_shards(tmp_path / "corpus.txt", tmp_path / "out", TOKENIZER)
