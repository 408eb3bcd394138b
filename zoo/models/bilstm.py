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

Printed by the paper, RareDis test, micro F1 of seqeval: BiLSTM 37.05 (random vectors) to 43.26 (PubMed, PMC and
Wikipedia), BiLSTM-CRF 54.57 to 58.05. What is measured here stands in the README's tables.
"""

from torch import Tensor, nn

from zoo.crf import CRF
from zoo.crf.softmax import Softmax
from zoo.models.layers import ColumnDropout, initialize_embedding, initialize_lstm, read_words
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig
from zoo.text.vocab import Vocabulary


class BiLstm(Tagger):
    """BiLSTM over word vectors alone, with or without a CRF (Segura-Bedmar et al. 2022).

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of normalized words.
        characters: Vocabulary of characters; this architecture reads none.
        normalizer: How words are rewritten before they are looked up.
        crf: Whether tags are scored together by a CRF, or each word's by a softmax.
        word_size: Dimensions of a word vector (the paper: 200 or 300).
        hidden: Units of the LSTM in each direction.
        dense_size: Units of the layer between LSTM and output; 0 leaves it out.
        dropout: Probability with which a feature is dropped, for all words of a window at once.
    """

    key = "bilstm"

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        normalizer: str = "lower-digits",
        crf: bool = True,
        word_size: int = 200,
        hidden: int = 100,
        dense_size: int = 100,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(codec=codec, words=words, characters=characters, normalizer=normalizer)
        tags = len(self.codec.tags)
        self.word_embedding = nn.Embedding(len(words), word_size, padding_idx=0)
        self.dropout = ColumnDropout(dropout)
        self.lstm = nn.LSTM(word_size, hidden, batch_first=True, bidirectional=True)
        self.dense_layer = nn.Sequential(nn.Linear(2 * hidden, dense_size), nn.Tanh()) if dense_size else nn.Identity()
        self.output_layer = nn.Linear(dense_size or 2 * hidden, tags)
        self.crf = CRF(tags, True, constraints=self.codec.transitions) if crf else Softmax(tags, batch_first=True)
        initialize_embedding(self.word_embedding)
        initialize_lstm(self.lstm)

    def encode(self, batch: Batch) -> Tensor:
        """Scores every tag at every word.

        Args:
            batch: Words (B, W), mask (B, W).

        Returns:
            Emissions, shape (B, W, T).
        """
        features = self.dropout(self.word_embedding(batch.words))  # (B, W) -> (B, W, H)
        states = self.dropout(read_words(self.lstm, features, batch.mask))  # (B, W, 2H)
        return self.output_layer(self.dense_layer(states))  # (B, W, T)
