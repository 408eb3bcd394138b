"""What a BERT is pretrained from: a corpus, its vocabulary and its shards, each made once.

Beside what is made stands what it was made by: the same is taken again, another one refused.
"""

import json
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from pytorch_lightning.utilities.rank_zero import rank_zero_only

from zoo.checkpoint.folder import sha256_of
from zoo.data import textfile
from zoo.pretraining.piece_vocabulary import to_tokenizer, train_pieces
from zoo.pretraining.prepare import prepare_corpus
from zoo.pretraining.shards import Shards, make_shards
from zoo.pretraining.vouching import vouch
from zoo.text.pieces import PieceTokenizer
from zoo.training.resume import plain

MODEL = "pieces.model"
_LOG = logging.getLogger(__name__)  # what takes minutes is told; the command line shows it


@dataclass(frozen=True)
class CorpusConfig:
    """The ``corpus`` section: the text.

    Args:
        texts: Files, folders and patterns, of any format; see :func:`zoo.pretraining.texts.find_texts`.
        language: Of formats that name the language of a text (Dublin Core), only this one.
        deduplicate: Whether a document is left out if one before it has the same lines.
        segmentation: A key of the segmentation rules: what a sentence and what a word is.
        held_out: Each so-many-th document is not learnt from but read to see what was learnt.
    """

    texts: tuple[str, ...] = ()
    language: str | None = None
    deduplicate: bool = True
    segmentation: str = "v1"
    held_out: int = 200

    def __post_init__(self) -> None:
        if not self.texts or self.held_out < 2:
            raise ValueError(
                f"Expected corpus.texts and corpus.held_out of at least 2 but got {len(self.texts)} texts and "
                f"{self.held_out}."
            )


@dataclass(frozen=True)
class VocabularyConfig:
    """The ``vocabulary`` section: the pieces; see :func:`zoo.pretraining.piece_vocabulary.train_pieces`.

    Args:
        size: Pieces.
        kind: ``unigram`` or ``bpe``.
        coverage: Share of all characters that are pieces by themselves.
        byte_fallback: Whether other characters are spelt in bytes; they are unknown if not.
        lower: Whether texts are read in lower case.
        most_sentences: Sentences that it is trained on, the most.
    """

    size: int = 16_000
    kind: Literal["unigram", "bpe"] = "unigram"
    coverage: float = 0.9995
    byte_fallback: bool = True
    lower: bool = False
    most_sentences: int = 2_000_000


class Prepared(NamedTuple):
    """What a run learns from.

    Args:
        tokenizer: What cut the corpus.
        train: Documents to learn from.
        held_out: Documents that are not.
    """

    tokenizer: PieceTokenizer
    train: Shards
    held_out: Shards


def prepare(folder: Path, corpus: CorpusConfig, vocabulary: VocabularyConfig, longest: int) -> Prepared:
    """Makes corpus, vocabulary and shards, but for those that are there; of a run's processes, all but one wait.

    Args:
        folder: Of the run: ``corpus``, ``tokenizer`` and ``shards`` below it.
        corpus: The text.
        vocabulary: The pieces.
        longest: Pieces that a network reads at once.

    Raises:
        DataFormatError: If a text cannot be read.
        FileNotFoundError: If a pattern finds nothing.
        ValueError: If there is too little text, or the folder holds what was made by other settings.
    """
    ready = folder / "shards" / "ready"
    if getattr(rank_zero_only, "rank", 0):
        while not ready.exists():
            time.sleep(1)
    parts = _corpus(folder / "corpus", corpus)
    tokenizer = _tokenizer(folder / "tokenizer", parts[0], vocabulary, corpus.segmentation, longest)
    cores = os.cpu_count() or 1
    train, held_out = (
        make_shards(
            part,
            folder / "shards" / part.stem,
            tokenizer,
            segmentation=corpus.segmentation,
            processes=cores,
            progress=lambda done, all: _LOG.info("cut into pieces: %s of %s bytes", f"{done:,}", f"{all:,}"),
        )
        for part in parts
    )
    ready.touch()
    return Prepared(tokenizer, train, held_out)


def _corpus(folder: Path, corpus: CorpusConfig) -> tuple[Path, Path]:
    """The text to learn from and the held-out one, sentence by sentence; read once."""
    train, held_out = folder / "train.txt", folder / "held-out.txt"
    vouch(folder, plain({"corpus": corpus}))
    if train.exists():  # it is renamed to that name last
        return train, held_out
    _LOG.info("gathering the corpus")
    done = prepare_corpus(
        corpus.texts,
        folder / "all.txt",
        language=corpus.language,
        deduplicate=corpus.deduplicate,
        segmentation=corpus.segmentation,
    )
    if done.documents < corpus.held_out:
        raise ValueError(
            f"Expected at least {corpus.held_out} documents, of which each {corpus.held_out}th is held out "
            f"(corpus.held_out), but got {done.documents}; add texts or lower it."
        )
    _LOG.info("%s documents, %s words", f"{done.documents:,}", f"{done.words:,}")
    counts = {name: getattr(done, name) for name in ("files", "documents", "sentences", "words")}
    (folder / "counts.json").write_text(json.dumps(counts | {"left_out": done.left_out}, indent=2), encoding="utf-8")
    with textfile.writing(held_out) as kept, textfile.writing(folder / "rest.txt") as rest:
        number = 1
        for line in textfile.read_lines(folder / "all.txt"):
            (kept if number % corpus.held_out == 0 else rest).write(line + "\n")
            number += not line
    (folder / "all.txt").unlink()
    (folder / "rest.txt").rename(train)
    return train, held_out


def _tokenizer(
    folder: Path, corpus: Path, vocabulary: VocabularyConfig, segmentation: str, longest: int
) -> PieceTokenizer:
    """The tokenizer of a run; trained once."""
    trained = folder / MODEL
    vouch(folder, plain({"vocabulary": vocabulary, "corpus": sha256_of(corpus)}))
    if not trained.exists():
        _LOG.info("training a vocabulary of %s pieces", f"{vocabulary.size:,}")
        sentences: Iterator[str] = filter(None, textfile.read_lines(corpus))
        model = train_pieces(sentences, **asdict(vocabulary), segmentation=segmentation, threads=os.cpu_count() or 1)
        with textfile.replacing(trained) as path:
            path.write_bytes(model)
    return to_tokenizer(trained.read_bytes(), longest)
