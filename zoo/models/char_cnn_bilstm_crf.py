"""Word embeddings and a character CNN → BiLSTM → two linear layers with tanh → CRF.

Paper: Zhou, Liu, Lang, Wang, Huang & Zhang, "Improving the recall of biomedical named entity recognition with label
re-correction and knowledge distillation", BMC Bioinformatics 22:600 (2021), section "Basic model"; its character CNN
is that of Ma & Hovy, "End-to-end sequence labeling via bi-directional LSTM-CNNs-CRF" (ACL 2016), section 2.1.

The paper fixes the four layers, word vectors of 100 dimensions, a tanh between the two linear layers, and RMSProp. It
leaves open, and this file chooses: the size of the CNN (Ma & Hovy: 30 filters of width 3; here as many of each width
from 2 to 4, which costs little because a form is spelled once a batch), the place of dropout (Ma & Hovy: before the
CNN and around the LSTM; here around the LSTM, of whole feature columns of a window, after Gal & Ghahramani 2016), and
whether words are replaced by the unknown word at random, so that its row learns.

Printed by the paper, chemicals and diseases together on CDR test: F1 87.86 trained on CDR alone, 90.35 distilled from
two teachers of weakly labelled abstracts. What is measured here stands in the README's tables.
"""

import torch
from torch import Tensor, nn

from zoo.crf import CRF
from zoo.models.layers import (
    ColumnDropout,
    WordEmbedding,
    drop_words,
    filter_spellings,
    initialize_embedding,
    initialize_lstm,
    read_words,
)
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig
from zoo.text.vocab import UNKNOWN, Vocabulary


class CharCnnBiLstmCrf(Tagger):
    """BiLSTM-CRF over word vectors and character features (Zhou et al. 2021).

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of normalized words.
        characters: Vocabulary of characters.
        normalizer: How words are rewritten before they are looked up.
        word_size: Dimensions of a word vector (the paper: 100).
        character_size: Dimensions of a character vector.
        filters: Filters of each width of the character CNN.
        widths: Widths of the filters, in characters.
        hidden: Units of the LSTM in each direction.
        tanh_size: Units between the two linear layers.
        dropout: Probability with which a feature is dropped, for all words of a window at once.
        word_dropout: Probability with which a word is replaced by the unknown word.
    """

    key = "char_cnn_bilstm_crf"

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        normalizer: str = "lower-digits",
        word_size: int = 100,
        character_size: int = 30,
        filters: int = 30,
        widths: tuple[int, ...] = (2, 3, 4),
        hidden: int = 200,
        tanh_size: int = 100,
        dropout: float = 0.5,
        word_dropout: float = 0.0,
    ) -> None:
        super().__init__(codec=codec, words=words, characters=characters, normalizer=normalizer)
        tags = len(self.codec.tags)
        self.word_dropout = word_dropout
        self.word_embedding = WordEmbedding(len(words), word_size, padding_idx=0)
        self.character_embedding = nn.Embedding(len(characters), character_size, padding_idx=0)
        self.character_cnn = nn.ModuleList(
            nn.Conv1d(character_size, filters, width, padding=width - 1) for width in widths
        )
        features = word_size + filters * len(widths)
        self.dropout = ColumnDropout(dropout)
        self.lstm = nn.LSTM(features, hidden, batch_first=True, bidirectional=True)
        self.tanh_layer = nn.Linear(2 * hidden, tanh_size)
        self.output_layer = nn.Linear(tanh_size, tags)
        self.crf = CRF(tags, batch_first=True, constraints=self.codec.transitions)
        initialize_embedding(self.word_embedding)
        initialize_embedding(self.character_embedding)
        initialize_lstm(self.lstm)

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
        spelled = filter_spellings(self.character_cnn, self.character_embedding, batch.characters)  # (U, F)
        features = self.dropout(
            torch.cat([self.word_embedding(words, batch.composed), spelled[batch.forms]], dim=-1)
        )  # (B, W, H)
        states = self.dropout(read_words(self.lstm, features, batch.mask))  # (B, W, 2H)
        return self.output_layer(torch.tanh(self.tanh_layer(states)))  # (B, W, T)
