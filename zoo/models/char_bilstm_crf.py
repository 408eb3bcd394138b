"""Word embeddings and a character BiLSTM → BiLSTM → linear layer with tanh → CRF.

Paper: Lample, Ballesteros, Subramanian, Kawakami & Dyer, "Neural architectures for named entity recognition" (NAACL
2016), sections 2 (LSTM-CRF) and 4 (word embeddings). Habibi, Weber, Neves, Wiegandt & Leser, "Deep learning with word
embeddings improves biomedical named entity recognition", Bioinformatics 33:i37 (2017), trained it on biomedical corpora
with word vectors of PubMed, PMC and Wikipedia.

Lample et al. fix character vectors of 25 dimensions, a character LSTM of 25 units in each direction whose last states
are joined with the word's vector, dropout of 0.5 on the joined vector, a word LSTM of 100 units in each direction, a
hidden layer before the CRF, the tags IOBES, SGD at 0.01 and gradients clipped at 5. Changed here: where they replace
words that occur once by the unknown word, half of the time, any word is, with a probability that the recipe sets; the
CRF allows only the moves of the tag scheme. A form is spelled once a batch, however often it occurs.

Printed by Habibi et al., NCBI Disease test: F1 84.44. What is measured here stands in the README's tables.
"""

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
from zoo.text.codec import CodecConfig
from zoo.text.vocab import UNKNOWN, Vocabulary


class CharBiLstmCrf(Tagger):
    """BiLSTM-CRF over word vectors and spellings read by a BiLSTM (Lample et al. 2016; Habibi et al. 2017).

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of normalized words.
        characters: Vocabulary of characters.
        normalizer: How words are rewritten before they are looked up.
        word_size: Dimensions of a word vector (Lample et al., English: 100; the vectors of Habibi et al.: 200).
        character_size: Dimensions of a character vector.
        character_hidden: Units of the character LSTM in each direction.
        hidden: Units of the word LSTM in each direction.
        tanh_size: Units between the word LSTM and the CRF.
        dropout: Probability with which a feature of a word is dropped.
        word_dropout: Probability with which a word is replaced by the unknown word.
    """

    key = "char_bilstm_crf"

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        normalizer: str = "lower-digits",
        word_size: int = 200,
        character_size: int = 25,
        character_hidden: int = 25,
        hidden: int = 100,
        tanh_size: int = 100,
        dropout: float = 0.5,
        word_dropout: float = 0.0,
    ) -> None:
        super().__init__(codec=codec, words=words, characters=characters, normalizer=normalizer)
        tags = len(self.codec.tags)
        self.word_dropout = word_dropout
        self.word_embedding = WordEmbedding(len(words), word_size, padding_idx=0)
        self.character_embedding = nn.Embedding(len(characters), character_size, padding_idx=0)
        self.character_lstm = nn.LSTM(character_size, character_hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(word_size + 2 * character_hidden, hidden, batch_first=True, bidirectional=True)
        self.tanh_layer = nn.Linear(2 * hidden, tanh_size)
        self.output_layer = nn.Linear(tanh_size, tags)
        self.crf = CRF(tags, batch_first=True, constraints=self.codec.transitions)
        for embedding in (self.word_embedding, self.character_embedding):
            initialize_embedding(embedding)
        for lstm in (self.character_lstm, self.lstm):
            initialize_lstm(lstm)

    def encode(self, batch: Batch) -> Tensor:
        """Scores every tag at every word.

        Args:
            batch: Words (B, W), forms (B, W), characters (U, C), mask (B, W).

        Returns:
            Emissions, shape (B, W, T).
        """
        words = batch.words  # (B, W)
        if self.training and self.word_dropout:
            words = drop_words(words, batch.mask, self.word_dropout, self.words[UNKNOWN])
        spelled = self._spell(batch.characters)[batch.forms]  # (U, F) -> (B, W, F)
        features = self.dropout(torch.cat([self.word_embedding(words, batch.composed), spelled], dim=-1))  # (B, W, H)
        states = read_words(self.lstm, features, batch.mask)  # (B, W, 2H)
        return self.output_layer(torch.tanh(self.tanh_layer(states)))  # (B, W, T)

    def _spell(self, characters: Tensor) -> Tensor:
        """The last state of each direction for every distinct form: (U, C) -> (U, 2H)."""
        return read_spellings(self.character_lstm, self.character_embedding, characters)
