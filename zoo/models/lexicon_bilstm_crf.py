"""Word, character and lexicon embeddings → BiLSTM → CRF.

Paper: Ling, Hasan, Farri, Chen, van Ommering, Yee & Dimitrova, "A domain knowledge-enhanced LSTM-CRF model for disease
named entity recognition", AMIA Summits on Translational Science Proceedings (2019). Its abstract and its description by
Segura-Bedmar et al., "Exploring deep learning methods for recognizing rare diseases and their clinical manifestations
from texts", BMC Bioinformatics 23:263 (2022), section "Background", are what this file was written after: a BiLSTM with
a CRF reads the three embeddings of Zhao et al. 2017 (``zoo/models/cnn_mls.py``: words, characters, matches with a
lexicon of diseases), but characters are read by a CNN and an LSTM together.

Neither text says how the two are joined; here the LSTM reads what the CNN makes of each character and its neighbours,
and its last states stand for the word. Chosen here, too: all sizes, the lexicon's five match tags, the place of dropout
(whole feature columns of a window, around the word LSTM), and a CRF that allows only the moves of the tag scheme.

Printed by the paper, NCBI Disease test: F1 83.8. What is measured here stands in the README's tables.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from zoo.crf import CRF
from zoo.models.layers import (
    ColumnDropout,
    WordEmbedding,
    drop_words,
    initialize_embedding,
    initialize_lstm,
    lexicon_embedding,
    read_spellings,
    read_words,
    with_matches,
)
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig, Window
from zoo.text.lexicon import Lexicon, lexicon_vocabulary
from zoo.text.vocab import UNKNOWN, Vocabulary


class LexiconBilstmCrf(Tagger):
    """BiLSTM-CRF over word vectors, spellings read by a CNN and an LSTM, and lexicon matches (Ling et al. 2019).

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of normalized words.
        characters: Vocabulary of characters.
        lexicon: Terms (:func:`zoo.text.lexicon.lexicon_vocabulary`).
        normalizer: How words are rewritten before they are looked up.
        word_size: Dimensions of a word vector.
        character_size: Dimensions of a character vector.
        character_filters: Filters of the character CNN, each of three characters.
        character_hidden: Units of the character LSTM in each direction.
        lexicon_size: Dimensions of the vector of a match tag.
        hidden: Units of the word LSTM in each direction.
        dropout: Probability with which a feature is dropped, for all words of a window at once.
        word_dropout: Probability with which a word is replaced by the unknown word.
    """

    key = "lexicon_bilstm_crf"
    resources = ("lexicon",)

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        lexicon: Vocabulary,
        normalizer: str = "lower-digits",
        word_size: int = 200,
        character_size: int = 25,
        character_filters: int = 50,
        character_hidden: int = 50,
        lexicon_size: int = 10,
        hidden: int = 200,
        dropout: float = 0.5,
        word_dropout: float = 0.0,
    ) -> None:
        super().__init__(
            codec=codec, words=words, characters=characters, normalizer=normalizer, others={"lexicon": lexicon}
        )
        self.lexicon, self.word_dropout = Lexicon(lexicon), word_dropout
        tags = len(self.codec.tags)
        self.word_embedding = WordEmbedding(len(words), word_size, padding_idx=0)
        self.character_embedding = nn.Embedding(len(characters), character_size, padding_idx=0)
        self.character_cnn = nn.Conv1d(character_size, character_filters, 3, padding=1)
        self.character_lstm = nn.LSTM(character_filters, character_hidden, batch_first=True, bidirectional=True)
        self.lexicon_embedding = lexicon_embedding(lexicon_size)
        self.dropout = ColumnDropout(dropout)
        features = word_size + 2 * character_hidden + lexicon_size
        self.lstm = nn.LSTM(features, hidden, batch_first=True, bidirectional=True)
        self.output_layer = nn.Linear(2 * hidden, tags)
        self.crf = CRF(tags, batch_first=True, constraints=self.codec.transitions)
        for embedding in (self.word_embedding, self.character_embedding):
            initialize_embedding(embedding)
        for lstm in (self.character_lstm, self.lstm):
            initialize_lstm(lstm)

    @classmethod
    def parts_from(
        cls, windows: Sequence[Window], resources: Mapping[str, Any], model: Mapping[str, Any], codec: CodecConfig
    ) -> dict[str, Vocabulary]:
        """The terms of the lexicon, as matching needs them.

        Args:
            windows: Of the training documents.
            resources: ``lexicon``: terms as written.
            model: The recipe's ``model`` section.
            codec: Its ``codec`` section.
        """
        return {"lexicon": lexicon_vocabulary(resources["lexicon"], codec.segmentation)}

    def prepare(self, windows: Sequence[Window]) -> Sequence[Window]:
        """Adds the layer ``lexicon``: where each word stands in a term."""
        return with_matches(windows, self.lexicon)

    def encode(self, batch: Batch) -> Tensor:
        """Scores every tag at every word.

        Args:
            batch: Words (B, W), forms (B, W), characters (U, C), mask (B, W), layers ``lexicon`` (B, W).

        Returns:
            Emissions, shape (B, W, T).
        """
        words = batch.words  # (B, W)
        if self.training and self.word_dropout:
            words = drop_words(words, batch.mask, self.word_dropout, self.words[UNKNOWN])
        spelled = read_spellings(self.character_lstm, self._filter, batch.characters)  # (U, F)
        matched = self.lexicon_embedding(batch.layers["lexicon"])  # (B, W, L)
        features = torch.cat(
            [self.word_embedding(words, batch.composed), spelled[batch.forms], matched], dim=-1
        )  # (B, W, H)
        states = self.dropout(read_words(self.lstm, self.dropout(features), batch.mask))  # (B, W, 2H)
        return self.output_layer(states)  # (B, W, T)

    def _filter(self, characters: Tensor) -> Tensor:
        """What the CNN makes of each character between its neighbours: (U, C) -> (U, C, F)."""
        embedded = self.character_embedding(characters).transpose(1, 2)  # (U, E, C); zeros on padding, as at the border
        return self.character_cnn(embedded).relu().transpose(1, 2)
