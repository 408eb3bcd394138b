"""Encoders against transformers: ``OMP_NUM_THREADS=1 python -m benchmarks.encoders ENCODER``.

ENCODER is a folder or a repository of the Hugging Face Hub, as ``recipes/ncbi-disease/bert.yaml`` names one.

Tagging: the same checkpoint with a softmax, the same abstracts; ``tagger.tag(texts)``, all of a text and a score for
each span, against ``pipeline("token-classification")``, which cuts off what is beyond 512 pieces.

Fine-tuning: an epoch of the same sentences, words and optimizer steps; ``zoo train`` as it runs, against ``Trainer``
with its collator for token classification.

Pretraining: a small BERT with a fresh vocabulary head on the same text; ``zoo pretrain``'s steps against ``Trainer``
and the collator for language modelling on full sequences, as transformers' example ``run_mlm`` has it. Counted are
pieces that are no padding.

Both in one process on one thread, in random order within each round, in CPU time. ``Trainer`` needs accelerate: ``pip
install -e '.[peers]'``.
"""

import argparse
import tempfile
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import torch

from benchmarks.comparison import record_comparison, rounds
from benchmarks.record import SPEED
from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.models.bert import Bert
from zoo.models.encoder import EncoderConfig, silent_transformers
from zoo.models.tagger import Tagger
from zoo.pretraining.bert import BertPretraining, MaskedBert
from zoo.pretraining.masked_examples import Masking
from zoo.pretraining.shards import make_shards
from zoo.pretraining.steps import PretrainingData
from zoo.text.codec import CodecConfig
from zoo.training.build import ResourcesConfig, build_tagger
from zoo.training.datamodule import TaggingDataModule
from zoo.training.fit import TrainingConfig, build_trainer
from zoo.training.optimizers import OptimizerConfig, build_optimizer, with_schedule
from zoo.training.trainer import TrainerConfig, silence_lightning

BATCH_WORDS, BATCH_SENTENCES = 600, 24  # of about as many words
ROWS, PIECES = 16, 128
SMALL = {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024}


def main() -> None:
    """Measures all three, prints a line and appends a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--documents", type=int, default=60, help="abstracts that are tagged and learnt from")
    parser.add_argument("--results", type=Path, default=SPEED)
    given = parser.parse_args()
    torch.set_num_threads(1)
    silence_lightning()
    documents = list(load_corpus("ncbi-disease")["train"])[: given.documents]
    common: dict[str, Any] = {
        "peer_version": __import__("transformers").__version__,
        "command": f"OMP_NUM_THREADS=1 python -m benchmarks.encoders ENCODER --rounds {given.rounds}",
        "packages": ["transformers", "pytorch-lightning"],
    }
    with tempfile.TemporaryDirectory() as folder, silent_transformers():
        for compare in (compare_tagging, compare_tuning, compare_pretraining):
            print(compare(given.encoder, documents, given.rounds, Path(folder), given.results, common), flush=True)


def fresh(encoder: str, documents: Sequence[Document], window: Any = "sentence") -> Tagger:
    """A tagger with a softmax, as tuning begins with."""
    codec = CodecConfig(labels=("Disease",), scheme="IOB2", window=window, window_words=100_000)
    return build_tagger("bert", codec, {"crf": False}, documents, resources=ResourcesConfig(encoder=encoder))


def compare_tagging(
    encoder: str, documents: Sequence[Document], count: int, folder: Path, results: Path, common: dict[str, Any]
) -> str:
    """Words tagged a second."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

    fresh(encoder, documents, "document").save_pretrained(folder / "tagger")
    tagger = Bert.from_pretrained(folder / "tagger")
    recognize = pipeline(
        "token-classification",
        model=AutoModelForTokenClassification.from_pretrained(folder / "tagger"),
        tokenizer=AutoTokenizer.from_pretrained(folder / "tagger"),
        aggregation_strategy="first",
    )
    texts = [document.text for document in documents]
    words = sum(len(window.forms) for window in tagger.codec.encode(documents, gold=False)[0])
    times = rounds([lambda: tagger.tag(texts), lambda: recognize(texts)], count)
    what = f"tagging raw text with an encoder and a softmax, {len(documents)} abstracts, 1 thread"
    unit = "words/s of CPU time"
    return record_comparison(results, what, times, peer="transformers pipeline", amount=words, unit=unit, **common)


def compare_tuning(
    encoder: str, documents: Sequence[Document], count: int, folder: Path, results: Path, common: dict[str, Any]
) -> str:
    """Words learnt from a second."""
    tagger = fresh(encoder, documents)
    data = TaggingDataModule(documents, documents[:1], tagger, batch_words=BATCH_WORDS)
    config = OptimizerConfig(learning_rate=2e-5)
    windows = data.windows["train"]
    words = sum(len(window.forms) for window in windows)

    def ours() -> None:
        tagger.optimization = lambda module: with_schedule(
            config, build_optimizer(config, module), len(data.train_dataloader()), 1
        )
        with tempfile.TemporaryDirectory(dir=folder) as out:
            runner, _, _ = build_trainer(Path(out), TrainingConfig(epochs=1), TrainerConfig("cpu"), progress=False)
            runner.fit(tagger, data)

    theirs = _trainer_of_tags(fresh(encoder, documents), windows, folder)
    times = rounds([ours, theirs], count)
    what = f"an epoch of tuning an encoder with a softmax, {len(documents)} abstracts, 1 thread"
    unit = "words/s of CPU time"
    return record_comparison(results, what, times, peer="transformers Trainer", amount=words, unit=unit, **common)


def _trainer_of_tags(tagger: Tagger, windows: Sequence[Any], folder: Path) -> Any:
    """An epoch of transformers' Trainer on the pieces of windows, whose first of each word has its tag."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer, DataCollatorForTokenClassification, Trainer

    tagger.save_pretrained(folder / "tuned")
    tokenizer = AutoTokenizer.from_pretrained(folder / "tuned")
    network = AutoModelForTokenClassification.from_pretrained(folder / "tuned")
    assert tagger.tokenizer is not None
    examples = []
    for window, pieces in zip(windows, tagger.tokenizer.read(windows), strict=True):
        labels = [-100] * len(pieces.rows)
        for tag, first in zip(window.tags, pieces.first.tolist(), strict=True):
            labels[first] = tag
        framed = [*tagger.tokenizer.before, *pieces.rows.tolist(), *tagger.tokenizer.after]
        examples.append({"input_ids": framed, "attention_mask": [1] * len(framed), "labels": [-100, *labels, -100]})
    collate = DataCollatorForTokenClassification(tokenizer)

    def epoch() -> None:
        settings = _settings(folder / "trainer", BATCH_SENTENCES, num_train_epochs=1)
        Trainer(network, settings, train_dataset=examples, data_collator=collate).train()

    return epoch


def compare_pretraining(
    encoder: str, documents: Sequence[Document], count: int, folder: Path, results: Path, common: dict[str, Any]
) -> str:
    """Pieces learnt from a second; abstracts are the text, the encoder lends its tokenizer alone."""
    from pytorch_lightning import Trainer as LightningTrainer

    from zoo.models.encoder import read_encoder

    tokenizer = read_encoder(encoder).tokenizer
    more = list(load_corpus("ncbi-disease")["train"])[: 8 * len(documents)]
    text = "\n\n".join(document.text for document in more)
    (folder / "corpus.txt").write_text(text, encoding="utf-8")
    shards = make_shards(folder / "corpus.txt", folder / "shards", tokenizer)
    steps = len(shards.pieces[0]) // (ROWS * PIECES)
    masking = Masking(max_pieces=PIECES, row_pieces=PIECES, pairs=False)
    config = EncoderConfig({**SMALL, "vocab_size": len(tokenizer), "max_position_embeddings": PIECES})
    model = MaskedBert(config, pairs=False)
    data = PretrainingData(shards, shards, tokenizer, masking, seed=1, total=steps, rows=ROWS, rows_at_once=ROWS)

    def ours() -> None:
        learner = BertPretraining(model, learning_rate=1e-4, total=steps, warmup=0.1, weight_decay=0.01, clip=1.0)
        LightningTrainer(
            accelerator="cpu",
            max_epochs=1,
            limit_val_batches=0,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
        ).fit(learner, data)

    pieces = sum(int((part.sequences > 0).sum()) for step in data.train_dataloader() for part in step.parts)
    theirs, their_pieces = _trainer_of_masks(config, tokenizer, shards, steps, folder)
    # Times of as many pieces: each has its own padding.
    times = [[mine, other * pieces / their_pieces] for mine, other in rounds([ours, theirs], count)]
    what = f"pretraining a BERT of 4 layers and 256 dimensions, {steps} steps of {ROWS} rows of {PIECES}, 1 thread"
    unit = "pieces/s of CPU time"
    return record_comparison(results, what, times, peer="transformers Trainer", amount=pieces, unit=unit, **common)


def _trainer_of_masks(config: EncoderConfig, tokenizer: Any, shards: Any, steps: int, folder: Path) -> tuple[Any, int]:
    """As many steps of transformers' Trainer on full sequences, and how many pieces they read."""
    from transformers import (
        AutoTokenizer,
        BertConfig,
        BertForMaskedLM,
        DataCollatorForLanguageModeling,
        Trainer,
    )

    (folder / "tokenizer").mkdir()
    (folder / "tokenizer" / "tokenizer.json").write_text(tokenizer.definition, encoding="utf-8")
    names = {
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "mask_token": "[MASK]",
    }
    collate = DataCollatorForLanguageModeling(AutoTokenizer.from_pretrained(folder / "tokenizer", **names))
    network = BertForMaskedLM(BertConfig(**config))
    framed = []
    for start, end in zip(shards.sentences[:-1], shards.sentences[1:], strict=True):
        framed.append([*tokenizer.before, *shards.read(start, end)[0].tolist(), *tokenizer.after])
    stream = list(chain.from_iterable(framed))  # run_mlm: all sentences in one, cut into equal stretches
    examples = [{"input_ids": stream[i : i + PIECES]} for i in range(0, len(stream) - PIECES + 1, PIECES)]

    def epoch() -> None:
        settings = _settings(folder / "trainer", ROWS, max_steps=steps)
        Trainer(network, settings, train_dataset=examples, data_collator=collate).train()

    return epoch, steps * ROWS * PIECES


def _settings(folder: Path, batch: int, **more: Any) -> Any:
    from transformers import TrainingArguments

    return TrainingArguments(
        str(folder),
        per_device_train_batch_size=batch,
        learning_rate=2e-5,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        logging_strategy="no",
        use_cpu=True,
        **more,
    )


if __name__ == "__main__":
    main()
