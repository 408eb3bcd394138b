"""Word embeddings → BiLSTM → softmax at every word, or a linear layer and a CRF.

Paper: Segura-Bedmar, Camino-Perdones & Guerrero-Aspizua, "Exploring deep learning methods for recognizing rare diseases
and their clinical manifestations from texts", BMC Bioinformatics 23:263 (2022), section "Bidirectional long short-term
memory (BiLSTM)". Its two models differ in their last layers: ``crf=False, dense_size=0`` is its BiLSTM, ``crf=True,
dense_size=100`` its BiLSTM-CRF. Neither sees characters: a word that is not in the vocabulary is the unknown word.

The paper fixes 100 units, word vectors of 200 or 300 dimensions (random, GoogleNews, GloVe, or word2vec on PubMed, PMC
and Wikipedia), sentences of 90 words, batches of 64, and recurrent dropout of 0.1. Changed here: torch's LSTM has no
dropout of its recurrent state, so whole feature columns of a window are dropped before and after the LSTM instead, one
mask for all words as recurrent dropout has it; padding is masked, where the paper learns it as a tag; longer sentences
are cut and not truncated, so that every word is tagged. Left open by the paper, and chosen here: a tanh in the dense
layer. The CRF allows only the moves of the tag scheme, which the paper's had to learn; tags of the softmax that break
the scheme are read by conlleval's rule.

Added here: with ``feature_size``, a word is its vector and beside it the sum of the vectors of its attributes, those
that the feature CRF of the same paper has weights for (:mod:`zoo.models.features`): its ending, capitals, lemma and
part of speech. So the two are compared on what they make of the same. With 0, it is the paper's.

Printed by the paper, RareDis test, micro F1 of seqeval: BiLSTM 37.05 (random vectors) to 43.26 (PubMed, PMC and
Wikipedia), BiLSTM-CRF 54.57 to 58.05. What is measured here stands in the README's tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from zoo.crf import CRF
from zoo.crf.softmax import Softmax
from zoo.models.features import LAYER, FeatureScores, feature_vocabulary
from zoo.models.layers import (
    ColumnDropout,
    WordEmbedding,
    drop_words,
    initialize_embedding,
    initialize_lstm,
    read_words,
)
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig, Window
from zoo.text.linguistics import load_linguistics
from zoo.text.vocab import UNKNOWN, Vocabulary

_LINGUISTICS = "rules-en"


class BiLstm(Tagger):
    """BiLSTM over word vectors, and attributes of words, with or without a CRF (Segura-Bedmar et al. 2022).

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of normalized words.
        characters: Vocabulary of characters; this architecture reads none.
        normalizer: How words are rewritten before they are looked up.
        crf: Whether tags are scored together by a CRF, or each word's by a softmax.
        features: Vocabulary of the attributes of words.
        word_size: Dimensions of a word vector (the paper: 200 or 300).
        feature_size: Dimensions of the sum of the vectors of a word's attributes; 0 leaves attributes out.
        linguistics: What tells lemmas and parts of speech: ``rules-en``, ``rules-es``, or a spaCy pipeline.
        trained_with: The version of it; building fills it in.
        hidden: Units of the LSTM in each direction.
        dense_size: Units of the layer between LSTM and output; 0 leaves it out.
        dropout: Probability with which a feature is dropped, for all words of a window at once.
        word_dropout: Probability with which a word is replaced by the unknown word, and with which each of its
            attributes is left out.
    """

    key = "bilstm"

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        features: Vocabulary,
        normalizer: str = "lower-digits",
        crf: bool = True,
        word_size: int = 200,
        feature_size: int = 0,
        linguistics: str = _LINGUISTICS,
        trained_with: str = "",
        hidden: int = 100,
        dense_size: int = 100,
        dropout: float = 0.1,
        word_dropout: float = 0.0,
    ) -> None:
        super().__init__(
            codec=codec, words=words, characters=characters, normalizer=normalizer, others={"features": features}
        )
        tags, self.word_dropout = len(self.codec.tags), word_dropout
        self.features = FeatureScores(features, feature_size, linguistics, reach=0) if feature_size else None
        self.word_embedding = WordEmbedding(len(words), word_size, padding_idx=0)
        self.dropout = ColumnDropout(dropout)
        self.lstm = nn.LSTM(word_size + feature_size, hidden, batch_first=True, bidirectional=True)
        self.dense_layer = nn.Sequential(nn.Linear(2 * hidden, dense_size), nn.Tanh()) if dense_size else nn.Identity()
        self.output_layer = nn.Linear(dense_size or 2 * hidden, tags)
        self.crf = CRF(tags, True, constraints=self.codec.transitions) if crf else Softmax(tags, batch_first=True)
        initialize_embedding(self.word_embedding)
        initialize_lstm(self.lstm)

    @classmethod
    def parts_from(
        cls, windows: Sequence[Window], resources: Mapping[str, Any], model: Mapping[str, Any], codec: CodecConfig
    ) -> dict[str, Vocabulary]:
        """The attributes of all training words, where they are read."""
        if not model.get("feature_size"):
            return {"features": Vocabulary.of(())}
        return {"features": feature_vocabulary(windows, model.get("linguistics", _LINGUISTICS))}

    def furnish(self, resources: Mapping[str, Any]) -> None:
        """Takes over nothing, but keeps which linguistics it is trained with."""
        if self.features:
            self.hparams["trained_with"] = load_linguistics(self.hparams["linguistics"]).describe()

    def prepare(self, windows: Sequence[Window]) -> Sequence[Window]:
        """Adds the rows of every word's attributes."""
        return self.features.read(windows, self.hparams["trained_with"]) if self.features else windows

    def encode(self, batch: Batch) -> Tensor:
        """Scores every tag at every word.

        Args:
            batch: Words (B, W), mask (B, W); where attributes are read, the layer ``features`` (B, W, 9).

        Returns:
            Emissions, shape (B, W, T).
        """
        if self.training and self.word_dropout:
            batch = self._with_less(batch)
        embedded = self.word_embedding(batch.words, batch.composed)  # (B, W) -> (B, W, E)
        if self.features:
            embedded = torch.cat([embedded, self.features(batch)], dim=2)  # (B, W, E + F)
        states = self.dropout(read_words(self.lstm, self.dropout(embedded), batch.mask))  # (B, W, 2H)
        return self.output_layer(self.dense_layer(states))  # (B, W, T)

    def _with_less(self, batch: Batch) -> Batch:
        """The batch with some words unknown and some attributes left out."""
        words, layers = drop_words(batch.words, batch.mask, self.word_dropout, self.words[UNKNOWN]), batch.layers
        if self.features:
            kept = torch.rand(layers[LAYER].shape, device=words.device) >= self.word_dropout
            layers = {**layers, LAYER: layers[LAYER] * kept}
        return replace(batch, words=words, layers=layers)
