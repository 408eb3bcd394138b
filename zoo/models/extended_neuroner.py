"""Word vectors, sense vectors and a character BiLSTM → BiLSTM → linear layer with tanh → CRF over BMEWO-V tags.

Paper: Rivera-Zavala & Martínez, "Analyzing transfer learning impact in biomedical cross-lingual named entity
recognition and normalization", BMC Bioinformatics 22 (2021), section "Bi-LSTM CRF model: extended NeuroNER". It extends
NeuroNER (Dernoncourt, Lee & Szolovits, EMNLP 2017, demonstrations) by two things: beside its own vector, each word has
that of its *sense*, which is the word paired with its part of speech (``hierro|NOUN``; sense2vec, Trask, Michalak & Liu
2015), and tags are BMEWO-V (:mod:`zoo.data.overlap_tags`), which hold nested entities. Its ablation is an argument:
``sense_size=0`` leaves senses out; with BIOES as the codec's scheme, too, it is NeuroNER.

The paper fixes character vectors of 25 dimensions and the order of the layers; its tables of further settings were not
at hand. NeuroNER has a character LSTM of 25 units and a word LSTM of 100 units in each direction, a hidden layer with
tanh before the CRF, dropout of 0.5 on the joined vectors, SGD at 0.005 and gradients clipped at 5. Changed here: parts
of speech are those of :mod:`zoo.text.linguistics`, not Polyglot's; the CRF allows only the moves of the tag scheme;
where NeuroNER replaces words that occur once by the unknown word, half of the time, any word is, with a probability
that the recipe sets, and loses its sense with it. Left open by the paper, and chosen here: a pair of word and part of
speech that is not in the vocabulary is the unknown sense, even where the word is there with another part of speech;
vectors of both kinds go on learning, at a rate that the recipe sets.

Printed by the paper, PharmaCoNER test: F1 85.24. What is measured here stands in the README's tables.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from zoo.crf import CRF
from zoo.models.layers import (
    WordEmbedding,
    drop_words,
    initialize_embedding,
    initialize_lstm,
    read_spellings,
    read_words,
)
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig, Window
from zoo.text.linguistics import load_linguistics
from zoo.text.vectors import WordVectors, check_segmentation, vectors_for
from zoo.text.vocab import NORMALIZERS, UNKNOWN, Vocabulary

_BAR = "|"  # between a normalized word and its part of speech


class ExtendedNeuroNER(Tagger):
    """NeuroNER's BiLSTM-CRF with vectors of words and of their senses (Rivera-Zavala & Martínez 2021).

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of normalized words.
        characters: Vocabulary of characters.
        senses: Vocabulary of normalized words with their parts of speech, as ``hierro|NOUN``.
        normalizer: How words are rewritten before they are looked up, alone or with their part of speech.
        linguistics: Who tells parts of speech, see :func:`zoo.text.linguistics.load_linguistics`.
        trained_with: What the linguistics called itself when this tagger was built; building fills it in.
        word_size: Dimensions of a word vector (the paper's fastText vectors: 300).
        sense_size: Dimensions of a sense vector; 0 leaves senses out, and needs no linguistics.
        most_senses: How many senses of the pretrained vectors, most frequent first, the vocabulary holds besides those
            of the training documents that have a vector.
        character_size: Dimensions of a character vector.
        character_hidden: Units of the character LSTM in each direction.
        hidden: Units of the word LSTM in each direction.
        tanh_size: Units between the word LSTM and the CRF.
        dropout: Probability with which a feature of a word is dropped.
        word_dropout: Probability with which a word and its sense are replaced by the unknown ones.
    """

    key = "extended_neuroner"
    resources = ("senses",)
    optional = ("senses",)

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        senses: Vocabulary,
        normalizer: str = "lower-digits",
        linguistics: str = "rules-es",
        trained_with: str = "",
        word_size: int = 300,
        sense_size: int = 128,
        most_senses: int = 10_000,
        character_size: int = 25,
        character_hidden: int = 25,
        hidden: int = 100,
        tanh_size: int = 100,
        dropout: float = 0.5,
        word_dropout: float = 0.0,
    ) -> None:
        super().__init__(
            codec=codec, words=words, characters=characters, normalizer=normalizer, others={"senses": senses}
        )
        tags, size = len(self.codec.tags), word_size + sense_size + 2 * character_hidden
        self.word_dropout = word_dropout
        self.word_embedding = WordEmbedding(len(words), word_size, padding_idx=0)
        self.sense_embedding = nn.Embedding(len(senses), sense_size, padding_idx=0) if sense_size else None
        self.character_embedding = nn.Embedding(len(characters), character_size, padding_idx=0)
        self.character_lstm = nn.LSTM(character_size, character_hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(size, hidden, batch_first=True, bidirectional=True)
        self.tanh_layer = nn.Linear(2 * hidden, tanh_size)
        self.output_layer = nn.Linear(tanh_size, tags)
        self.crf = CRF(tags, batch_first=True, constraints=self.codec.transitions)
        for embedding in (self.word_embedding, self.sense_embedding, self.character_embedding):
            if embedding is not None:
                initialize_embedding(embedding)
        for lstm in (self.character_lstm, self.lstm):
            initialize_lstm(lstm)

    @classmethod
    def parts_from(
        cls, windows: Sequence[Window], resources: Mapping[str, Any], model: Mapping[str, Any], codec: CodecConfig
    ) -> dict[str, Vocabulary]:
        """The senses of the training documents that have a vector, and the most frequent ones of the vectors' text.

        The others are the unknown sense, so that its row learns from those that are rare. Without vectors, all senses
        of the training documents.

        Args:
            windows: Of the training documents.
            resources: ``senses``: vectors of senses; random ones where there are none.
            model: The recipe's ``model`` section.
            codec: Its ``codec`` section.

        Raises:
            ValueError: If the vectors are not of senses, or of senses told by another linguistics or of other words.
        """
        defaults = {name: parameter.default for name, parameter in inspect.signature(cls).parameters.items()}
        given = {**defaults, **model}
        if not given["sense_size"]:
            return {"senses": Vocabulary.of(())}
        vectors, normalizer, linguistics = resources.get("senses"), given["normalizer"], given["linguistics"]
        if vectors:
            _check_senses(vectors, linguistics)
            check_segmentation(vectors, codec.segmentation)
        read = senses_of((window.forms for window in windows), normalizer, linguistics)
        own = [sense for senses in read for sense in senses]
        if not vectors:
            return {"senses": Vocabulary.of(own)}
        known = _normalized(vectors, normalizer).words
        trained = set(known)
        return {"senses": Vocabulary.of([*(s for s in own if s in trained), *known[: given["most_senses"]]])}

    def furnish(self, resources: Mapping[str, Any]) -> None:
        """Takes over the vectors of senses; without them, senses keep their random ones.

        Args:
            resources: ``senses``: vectors of senses, if any.

        Raises:
            ValueError: If they have another size than the model's, or were trained with another normalizer.
        """
        if self.sense_embedding is None:
            return
        self.hparams["trained_with"] = load_linguistics(self.hparams["linguistics"]).describe()
        vectors, table = resources.get("senses"), self.sense_embedding.weight
        if not vectors:
            return
        if vectors.matrix.shape[1] != table.shape[1]:
            raise ValueError(
                f"Expected sense vectors of {table.shape[1]} dimensions (model.sense_size) but got "
                f"{vectors.matrix.shape[1]}."
            )
        normalizer, entries = self.hparams["normalizer"], self.vocabularies["senses"].entries
        rows = vectors_for(entries, _normalized(vectors, normalizer), normalizer=normalizer)
        with torch.no_grad():
            table[torch.from_numpy(rows.found)] = torch.from_numpy(rows.matrix[rows.found])

    def prepare(self, windows: Sequence[Window]) -> Sequence[Window]:
        """Adds the layer ``senses``: each word's row in the vocabulary of senses, shape (W)."""
        if self.sense_embedding is None:
            return windows
        vocabulary, given = self.vocabularies["senses"], self.hparams
        forms = (window.forms for window in windows)
        read = senses_of(forms, given["normalizer"], given["linguistics"], given["trained_with"])
        return [
            window._replace(layers={**window.layers, "senses": np.array([vocabulary[sense] for sense in senses])})
            for window, senses in zip(windows, read, strict=True)
        ]

    def encode(self, batch: Batch) -> Tensor:
        """Scores every tag at every word.

        Args:
            batch: Words (B, W), forms (B, W), characters (U, C), mask (B, W), and the layer ``senses`` (B, W).

        Returns:
            Emissions, shape (B, W, T).
        """
        words = batch.words  # (B, W)
        if self.training and self.word_dropout:
            words = drop_words(words, batch.mask, self.word_dropout, self.words[UNKNOWN])
        read = [self.word_embedding(words, batch.composed)]  # (B, W, D)
        if self.sense_embedding is not None:
            unknown = self.vocabularies["senses"][UNKNOWN]
            read.append(self.sense_embedding(batch.layers["senses"].where(words == batch.words, unknown)))  # (B, W, S)
        spelled = read_spellings(self.character_lstm, self.character_embedding, batch.characters)  # (U, 2C)
        features = self.dropout(torch.cat([*read, spelled[batch.forms]], dim=-1))  # (B, W, D + S + 2C)
        states = read_words(self.lstm, features, batch.mask)  # (B, W, 2H)
        return self.output_layer(torch.tanh(self.tanh_layer(states)))  # (B, W, T)


def senses_of(
    sentences: Iterable[Sequence[str]], normalizer: str, linguistics: str, trained_with: str = ""
) -> Iterator[list[str]]:
    """The sense of each word: its normalized form and its universal part of speech.

    Examples:
        >>> next(senses_of([["Hierro", "sérico"]], "lower", "rules-es"))
        ['hierro|NOUN', 'sérico|ADJ']
    """
    normalize = NORMALIZERS[normalizer]
    kept = list(sentences)
    for forms, readings in zip(kept, load_linguistics(linguistics, trained_with)(kept), strict=True):
        yield [f"{normalize(form)}{_BAR}{reading.pos}" for form, reading in zip(forms, readings, strict=True)]


def _check_senses(vectors: WordVectors, linguistics: str) -> None:
    """Finds vectors of something else before they are put beside words they do not fit."""
    if not any(_BAR in word[1:] for word in vectors.words):
        raise ValueError(
            f"Expected vectors of senses, as 'hierro{_BAR}NOUN', but got vectors of words, as {vectors.words[0]!r}; "
            "make them with `zoo embed` and its argument `senses`."
        )
    if vectors.senses not in (None, linguistics):
        raise ValueError(
            f"Expected sense vectors whose parts of speech {linguistics!r} told (model.linguistics) but got those of "
            f"{vectors.senses!r}; choose other vectors with --resources.senses, or set --model.linguistics "
            f"{vectors.senses}."
        )


def _normalized(vectors: WordVectors, normalizer: str) -> WordVectors:
    """The vectors themselves; where it is not known how their words were normalized (downloaded ones), by this one."""
    if vectors.normalizer is not None:
        return vectors
    parted = (sense.rpartition(_BAR) for sense in vectors.words)
    return replace(vectors, words=[f"{NORMALIZERS[normalizer](word)}{bar}{pos}" for word, bar, pos in parted])
