"""flair's ``SequenceTagger``: word and character embeddings, BiLSTM, CRF; see ``serving``.

It wants an environment of its own, since it stays with transformers 4::

    python -m venv flair-env
    flair-env/bin/pip install torch==2.13.0 flair==0.15.1 "transformers<5" gensim
"""

import logging
import tempfile
from pathlib import Path
from typing import Any

import flair
import torch
from flair.data import Corpus, Dictionary, Sentence
from flair.datasets import FlairDatapointDataset
from flair.embeddings import CharacterEmbeddings, StackedEmbeddings, WordEmbeddings
from flair.models import SequenceTagger
from flair.trainers import ModelTrainer
from gensim.models import KeyedVectors

from benchmarks.contestants.serving import Contestant, serve


def sentence_of(words: list[tuple[str, int, int, str]]) -> Sentence:
    """A sentence of words that are cut already."""
    return Sentence([word for word, _, _, _ in words])


def tagged(words: list[tuple[str, int, int, str]]) -> Sentence:
    """A sentence with its gold spans, from tags in IOB2."""
    sentence, first = sentence_of(words), None
    for place in range(len(words) + 1):
        tag = words[place][3] if place < len(words) else "O"
        if first is not None and not tag.startswith("I"):
            sentence[first:place].add_label("ner", words[first][3][2:])
            first = None
        if tag.startswith("B"):
            first = place
    return sentence


def made(task: dict[str, Any]) -> Contestant:
    """The tagger, with random vectors of 100 dimensions for the words of the training documents."""
    torch.set_num_threads(1)
    flair.device = torch.device("cpu")
    logging.getLogger("flair").setLevel(logging.ERROR)
    sentences = [words for row in task["train"] for words in row["sentences"]]
    folder = Path(tempfile.mkdtemp())
    vocabulary = sorted({word.lower() for words in sentences for word, *_ in words})
    vectors = KeyedVectors(100)
    vectors.add_vectors(vocabulary, torch.randn(len(vocabulary), 100).numpy())
    vectors.save(str(folder / "words"))
    characters = Dictionary()
    for character in sorted({character for word in vocabulary for character in word + word.upper()}):
        characters.add_item(character)
    characters.save(str(folder / "characters"))
    corpus = Corpus(train=FlairDatapointDataset([tagged(words) for words in sentences]), sample_missing_splits=False)
    embeddings = StackedEmbeddings(
        [
            WordEmbeddings(str(folder / "words"), fine_tune=True),
            CharacterEmbeddings(str(folder / "characters"), char_embedding_dim=25, hidden_size_char=25),
        ]
    )
    tagger = SequenceTagger(
        embeddings=embeddings, tag_dictionary=corpus.make_label_dictionary("ner", add_unk=False), tag_type="ner",
        tag_format="BIOES", hidden_size=256, rnn_layers=1, use_crf=True,
    )  # fmt: skip

    def epoch() -> None:
        ModelTrainer(tagger, corpus).train(
            folder / "run", max_epochs=1, mini_batch_size=task["batch"], learning_rate=0.1, save_final_model=False,
            train_with_dev=False, shuffle=True, embeddings_storage_mode="none",
        )  # fmt: skip

    def tag() -> list[list[tuple[int, int, str]]]:
        found = []
        for row in task["tag"]:
            found.append([sentence_of(words) for words in row["sentences"]])
        tagger.predict(
            [sentence for document in found for sentence in document], mini_batch_size=task["batch"],
            embedding_storage_mode="none",
        )  # fmt: skip
        return [
            [
                (row["sentences"][number][span[0].idx - 1][1], row["sentences"][number][span[-1].idx - 1][2], span.tag)
                for number, sentence in enumerate(document)
                for span in sentence.get_spans("ner")
            ]
            for row, document in zip(task["tag"], found, strict=True)
        ]

    return Contestant("flair SequenceTagger", flair.__version__, epoch, tag)


if __name__ == "__main__":
    serve(made)
