"""Word, character and lexicon embeddings → stacked CNN over words → softmaxes for a word and its neighbours.

Paper: Zhao, Yang, Luo, Wang, Zhang, Lin & Wang, "Disease named entity recognition from biomedical literature using a
novel convolutional neural network", BMC Medical Genomics 10(S5):73 (2017). Its abstract and its description by
Segura-Bedmar et al., "Exploring deep learning methods for recognizing rare diseases and their clinical manifestations
from texts", BMC Bioinformatics 23:263 (2022), section "Background", are what this file was written after: word
embeddings, character embeddings made by a CNN and embeddings of a lexicon feature (matches with the disease names of
MEDIC) are concatenated; several convolutions are stacked over them; instead of a CRF a multiple-label strategy (MLS)
captures how neighbouring labels correlate, and a softmax gives the probability of each label.

How the strategy works in detail is this file's reading of it. With h_i what the CNN makes of word i, R the reach and n
the words of a window, every word has its say on its own tag and on those of its neighbours:

    p_i,k = softmax(W_k h_i + b_k)                the tag of word i + k as seen from word i, |k| ≤ R, 1 ≤ i + k ≤ n
    loss  = -1/n Σ_i Σ_k log p_i,k[y_i+k]
    P_j   = mean of p_j-k,k over the k that exist   the word at a window's end has fewer neighbours

P is what is decoded and what a span's score is made of. Chosen here, too: all sizes; filters of width 3 with ReLU; the
lexicon's five match tags; dropout, of whole feature columns of a window, before each convolution and the output layer;
the reach of 1, and 0, which leaves the strategy out. Each word's likeliest tags may break their scheme, and are then
read by conlleval's rule; ``legal=True`` takes the likeliest of the tag sequences that do not. Nothing is learnt for it,
but it is not in what is known here of the paper.

Printed by the paper: F1 85.17 on NCBI Disease test, 87.83 on CDR (diseases). What is measured here stands in the
README's tables.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from zoo.crf.softmax import LegalPaths, Softmax
from zoo.models.layers import (
    ColumnDropout,
    WordEmbedding,
    drop_words,
    filter_spellings,
    initialize_embedding,
    lexicon_embedding,
    with_matches,
)
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig, Window
from zoo.text.lexicon import Lexicon, lexicon_vocabulary
from zoo.text.vocab import UNKNOWN, Vocabulary


class CnnMls(Tagger):
    """CNN over words with a multiple-label strategy in the CRF's place (Zhao et al. 2017).

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of normalized words.
        characters: Vocabulary of characters.
        lexicon: Terms (:func:`zoo.text.lexicon.lexicon_vocabulary`).
        normalizer: How words are rewritten before they are looked up.
        word_size: Dimensions of a word vector.
        character_size: Dimensions of a character vector.
        character_filters: Filters of each width of the character CNN.
        character_widths: Widths of these filters, in characters.
        lexicon_size: Dimensions of the vector of a match tag.
        filters: Filters of each convolution over words.
        width: Their width, an odd number of words.
        depth: How many convolutions are stacked.
        reach: On how many neighbours to either side a word has its say; 0 leaves the strategy out.
        legal: Whether only tag sequences that keep to their scheme are found; otherwise each word's tag is its own.
        dropout: Probability with which a feature is dropped, for all words of a window at once.
        word_dropout: Probability with which a word is replaced by the unknown word.

    Raises:
        ValueError: If the width is even, so that no word is in the middle, or there is no convolution.
    """

    key = "cnn_mls"
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
        character_size: int = 30,
        character_filters: int = 50,
        character_widths: tuple[int, ...] = (2, 3, 4),
        lexicon_size: int = 10,
        filters: int = 256,
        width: int = 3,
        depth: int = 3,
        reach: int = 1,
        legal: bool = False,
        dropout: float = 0.5,
        word_dropout: float = 0.0,
    ) -> None:
        super().__init__(
            codec=codec, words=words, characters=characters, normalizer=normalizer, others={"lexicon": lexicon}
        )
        if width % 2 == 0 or depth < 1:
            raise ValueError(f"Expected at least one convolution of odd width but got {depth} of width {width}.")
        self.lexicon, self.reach, self.word_dropout = Lexicon(lexicon), reach, word_dropout
        tags = len(self.codec.tags)
        self.word_embedding = WordEmbedding(len(words), word_size, padding_idx=0)
        self.character_embedding = nn.Embedding(len(characters), character_size, padding_idx=0)
        self.character_cnn = nn.ModuleList(
            nn.Conv1d(character_size, character_filters, w, padding=w - 1) for w in character_widths
        )
        self.lexicon_embedding = lexicon_embedding(lexicon_size)
        sizes = [word_size + character_filters * len(character_widths) + lexicon_size, *[filters] * depth]
        self.dropout = ColumnDropout(dropout)
        self.word_cnn = nn.ModuleList(
            nn.Conv1d(before, after, width, padding=width // 2) for before, after in pairwise(sizes)
        )
        self.output_layer = nn.Linear(filters, (2 * reach + 1) * tags)
        self.crf = LegalPaths(tags, self.codec.transitions) if legal else Softmax(tags, batch_first=True)
        initialize_embedding(self.word_embedding)
        initialize_embedding(self.character_embedding)
        for name, parameter in self.word_cnn.named_parameters():
            if name.endswith("weight"):
                nn.init.kaiming_uniform_(parameter, nonlinearity="relu")
            else:
                nn.init.zeros_(parameter)

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
        """The logarithm of P: scores every tag at every word by all who have a say on it.

        Args:
            batch: Words (B, W), forms (B, W), characters (U, C), mask (B, W), layers ``lexicon`` (B, W).

        Returns:
            Emissions, shape (B, W, T).
        """
        says, exist = self._says(batch)
        total = says.masked_fill(~exist[..., None], -torch.inf).logsumexp(2)  # (B, W, K, T) -> (B, W, T)
        return total - exist.sum(2, keepdim=True).log()

    def loss(self, batch: Batch) -> Tensor:
        """Cross-entropy of the gold tags, all who have a say on a word added up, a mean over words (a scalar).

        Raises:
            ValueError: If the batch has no gold tags.
        """
        gold = self._gold(batch)[:, :, None, None]  # (B, W, 1, 1)
        says, exist = self._says(batch)
        likelihood = says.take_along_dim(gold, 3)[..., 0]  # (B, W, K)
        return -(likelihood * (exist & batch.mask[..., None])).sum() / batch.mask.sum()

    def _says(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What each word, and each of its neighbours, says of its tag: the log of p_j-k,k for every word j.

        Returns:
            Log-probabilities, shape (B, W, K, T), K = 2 · reach + 1, from k = -reach on; which exist, shape (B, W, K):
            those of real words and, lest padding have none, a word's own.
        """
        states = self._convolve(batch)  # (B, W, H)
        spoken = self.output_layer(states).unflatten(2, (2 * self.reach + 1, -1))  # (B, W, K, T)
        offsets = torch.arange(-self.reach, self.reach + 1, device=spoken.device)  # (K)
        speakers = torch.arange(spoken.shape[1], device=spoken.device)[:, None] - offsets  # (W, K)
        inside = (speakers >= 0) & (speakers < batch.mask.sum(1)[:, None, None])  # (B, W, K)
        heard = speakers.clamp(0, spoken.shape[1] - 1)[None, ..., None]  # (1, W, K, 1)
        return spoken.log_softmax(3).take_along_dim(heard, 1), inside | (offsets == 0)

    def _convolve(self, batch: Batch) -> Tensor:
        """What the CNN makes of every word, shape (B, W, H)."""
        words = batch.words  # (B, W)
        if self.training and self.word_dropout:
            words = drop_words(words, batch.mask, self.word_dropout, self.words[UNKNOWN])
        spelled = filter_spellings(self.character_cnn, self.character_embedding, batch.characters)  # (U, F)
        matched = self.lexicon_embedding(batch.layers["lexicon"])  # (B, W, L)
        states = torch.cat(
            [self.word_embedding(words, batch.composed), spelled[batch.forms], matched], dim=-1
        )  # (B, W, H)
        for convolution in self.word_cnn:
            # Zeros on padding, as beyond the ends of the longest window.
            framed = self.dropout(states) * batch.mask[..., None]
            states = convolution(framed.transpose(1, 2)).relu().transpose(1, 2)
        return self.dropout(states)
