"""Character attention beside word embeddings, in a window of five words → LSTM or BLSTM → tanh → CRF or softmax.

Paper: Lyu, Chen, Ren & Ji, "Long short-term memory RNN for biomedical named entity recognition", BMC Bioinformatics
18:462 (2017), sections "Input layer" to "Neural network settings". Its words: ⊕ joins vectors, ⊙ multiplies them
dimension by dimension, e_c and e_w are embeddings of characters and of the word, R is what a word is read as:

    h_j = tanh(W_c (e_c[j-2] ⊕ … ⊕ e_c[j+2]) + b_c)          the paper prints "tan"
    t_j = exp(W_t h_j + U_t e_w + b_t)
    R_c = Σ_j t_j / (Σ_k t_k) ⊙ e_c[j]                        weights of every dimension sum to 1 over the characters
    x_i = R[i-2] ⊕ … ⊕ R[i+2],  R = R_c ⊕ e_w

As printed, exp(U_t e_w + b_t) is the same factor of every character of a word: it cancels in the quotient, so the word
has no say in the weights, and U_t and b_t could never learn. They are left out, which changes no output. The paper's
prose does want weights from "both the word embedding of the current word" and the characters, and its toolkit
(LibN3L, AttentionPooling) adds the word inside the tanh, where it does not cancel: that is ``conditioned=True``.

The paper leaves open, and this file chooses: as many units of h_j as dimensions of e_c, for t_j ⊙ e_c asks for them;
zero vectors beyond the ends of a word and of a window; the case of characters (kept, whatever the words' normalizer);
what counts as a number (a word of digits alone, as 1,000 or 0.05). It says nothing of dropout, so there is none unless
asked for. Ours are also two biases a gate (PyTorch's), and the CRF's scores before the first and after the last word.

Printed by the paper, with 300-dimensional vectors of PubMed Central: F1 86.55 on BC2GM (official scorer, alternatives
count), 73.79 on JNLPBA. What is measured here stands in the README's tables.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.crf import CRF
from zoo.crf.softmax import Softmax
from zoo.models.layers import ColumnDropout, WordEmbedding, initialize_embedding, read_words
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig
from zoo.text.vocab import UNKNOWN, Vocabulary

_REACH = 2  # characters, or words, that a window holds on either side


class CharAttentionBlstmCrf(Tagger):
    """(B)LSTM-CRF over windows of word vectors and attended characters (Lyu et al. 2017).

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of normalized words.
        characters: Vocabulary of characters.
        normalizer: How words are rewritten before they are looked up (the paper: ``lower-num``).
        word_size: Dimensions of a word vector (the paper's best: 300).
        character_size: Dimensions of a character vector.
        hidden: Units of the LSTM in each direction.
        tanh_size: Units of the hidden layer f1 behind it.
        bidirectional: Whether a second LSTM reads from the right.
        character_attention: Whether words are read by their characters too.
        conditioned: Whether the word's vector has a say in the weights of its characters.
        crf: Whether tags are decoded together; otherwise by a softmax, each word for itself.
        dropout: Probability with which a feature is dropped, for all words of a window at once.
        word_dropout: Probability with which a form, throughout a batch, is replaced by the unknown word.
    """

    key = "char_attention_blstm_crf"

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        normalizer: str = "lower-num",
        word_size: int = 300,
        character_size: int = 30,
        hidden: int = 100,
        tanh_size: int = 100,
        bidirectional: bool = True,
        character_attention: bool = True,
        conditioned: bool = False,
        crf: bool = True,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
    ) -> None:
        super().__init__(codec=codec, words=words, characters=characters, normalizer=normalizer)
        self.word_dropout, size = word_dropout, word_size
        self.word_embedding = WordEmbedding(len(words), word_size, padding_idx=0)
        initialize_embedding(self.word_embedding)
        self.attention: CharacterAttention | None = None
        if character_attention:
            self.attention = CharacterAttention(len(characters), character_size, word_size if conditioned else 0)
            size += character_size
        self.dropout = ColumnDropout(dropout)
        self.lstm = nn.LSTM((2 * _REACH + 1) * size, hidden, batch_first=True, bidirectional=bidirectional)
        self.tanh_layer = nn.Linear(hidden * (1 + bidirectional), tanh_size)
        self.output_layer = nn.Linear(tanh_size, len(self.codec.tags))
        for layer in (self.lstm, self.tanh_layer, self.output_layer):
            initialize_uniform(layer)
        tags = len(self.codec.tags)
        self.crf = CRF(tags, True, constraints=self.codec.transitions) if crf else Softmax(tags, batch_first=True)

    def encode(self, batch: Batch) -> Tensor:
        """Scores every tag at every word.

        Args:
            batch: Words (B, W), forms (B, W), characters (U, C), mask (B, W).

        Returns:
            Emissions, shape (B, W, T).
        """
        features = word_windows(self._read_forms(batch), batch.forms, batch.mask)  # (B, W, 5R)
        states = self.dropout(read_words(self.lstm, self.dropout(features), batch.mask))  # (B, W, H) or (B, W, 2H)
        return self.output_layer(torch.tanh(self.tanh_layer(states)))  # (B, W, T)

    def _read_forms(self, batch: Batch) -> Tensor:
        """The paper's R of every distinct form: shape (U, R).

        Computed once a form, not once a word: nothing in R but the form itself, whose row in the vocabulary follows
        from it, so it is the same wherever the form stands.
        """
        # The row of each form's word: padding, which is form 0 and word 0, is below any row it could hide.
        words = batch.words.new_zeros(len(batch.characters))
        words = words.scatter_reduce(0, batch.forms.flatten(), batch.words.flatten(), "amax")  # (U)
        if self.training and self.word_dropout:
            dropped = torch.rand(words.shape, device=words.device) < self.word_dropout
            words = torch.where(dropped, self.words[UNKNOWN], words)
        embedded = self.word_embedding(words, batch.composed)
        if self.attention is None:
            return embedded
        return torch.cat([self.attention(batch.characters, embedded), embedded], dim=1)


class CharacterAttention(nn.Module):
    """A form as the mean of its characters, every dimension with its own weights (the equations above).

    Args:
        characters: Rows of the character vocabulary.
        size: Dimensions E of a character vector, and units of the layer that weighs it.
        word_size: Dimensions of the word vectors that have a say in the weights; 0 where they have none.
    """

    def __init__(self, characters: int, size: int, word_size: int = 0) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, size, padding_idx=0)
        self.window_layer = nn.Conv1d(size, size, 2 * _REACH + 1, padding=_REACH)
        self.word_layer = nn.Linear(word_size, size, bias=False) if word_size else None
        self.weight_layer = nn.Linear(size, size, bias=False)
        nn.init.uniform_(self.embedding.weight, 0, 1)
        with torch.no_grad():
            self.embedding.weight[0].zero_()
        for layer in (self.window_layer, self.word_layer, self.weight_layer):
            if layer is not None:
                initialize_uniform(layer)

    def forward(self, characters: Tensor, words: Tensor) -> Tensor:
        """The mean of each form's characters, shape (U, E), from the arguments of :meth:`attend`."""
        return self.attend(characters, words)[0]

    def attend(self, characters: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """Attends to the characters of forms.

        Args:
            characters: Rows of characters, 0 on padding, at least one a form, shape (U, C).
            words: Vector of each form's word, shape (U, D).

        Returns:
            The mean of each form's characters, shape (U, E), and the weights of every dimension in it, shape
            (U, C, E): they sum to 1 over the characters and are 0 on padding.
        """
        embedded = self.embedding(characters)  # (U, C, E); zeros on padding, as beyond the border
        seen = self.window_layer(embedded.transpose(1, 2)).transpose(1, 2)  # (U, C, E)
        if self.word_layer is not None:
            seen = seen + self.word_layer(words)[:, None]
        scores = self.weight_layer(torch.tanh(seen)).masked_fill((characters == 0)[..., None], -torch.inf)
        weights = scores.softmax(dim=1)
        return (weights * embedded).sum(1), weights


def word_windows(read: Tensor, forms: Tensor, mask: Tensor) -> Tensor:
    """Each word between its two neighbours on either side, zeros beyond the window's ends.

    Args:
        read: What each distinct form is read as, shape (U, R).
        forms: Form of each word, shape (B, W).
        mask: True on real words, shape (B, W).

    Returns:
        Shape (B, W, 5R), from the left neighbours to the right ones.

    Examples:
        >>> word_windows(torch.tensor([[7.0], [8.0]]), torch.tensor([[0, 1, 0]]), torch.tensor([[True, True, False]]))
        tensor([[[0., 0., 7., 8., 0.],
                 [0., 7., 8., 0., 0.],
                 [7., 8., 0., 0., 0.]]])
    """
    bordered = functional.pad(read, (0, 0, 1, 0))  # row 0: what is beyond the ends
    rows = functional.pad((forms + 1) * mask, (_REACH, _REACH)).unfold(1, 2 * _REACH + 1, 1)  # (B, W, 5)
    return functional.embedding(rows, bordered).flatten(2)


def initialize_uniform(layer: nn.Module) -> None:
    """Weights and biases of a layer from U(-b, b), b = √(6 / (rows + columns)) of the matrix.

    An LSTM's gates are four layers, so rows are those of one gate.

    Source: the paper's section "Neural network settings".
    """
    gates = 4 if isinstance(layer, nn.LSTM) else 1
    for name, weight in layer.named_parameters():
        if name.startswith("weight"):
            bound = (6 / (len(weight) // gates + weight[0].numel())) ** 0.5
            nn.init.uniform_(weight, -bound, bound)
            bias = getattr(layer, name.replace("weight", "bias"))
            if bias is not None:
                nn.init.uniform_(bias, -bound, bound)
