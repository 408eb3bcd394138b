"""What two architectures or more are built of; what only one uses stands in its own file."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence

from zoo.text.codec import Window
from zoo.text.lexicon import Lexicon

_FORMS_AT_ONCE = 256  # that are spelled together on the CPU


def read_words(lstm: nn.LSTM, features: Tensor, mask: Tensor) -> Tensor:
    """An LSTM over real words alone, whatever the padding.

    Args:
        lstm: Of one layer, batch first, of one or two directions with H units in each.
        features: Shape (B, W, F).
        mask: True on real words, a prefix of every row, shape (B, W).

    Returns:
        States, shape (B, W, H) or (B, W, 2H); zeros on padding.
    """
    # Each direction reads its rows from their first word on, so padding comes last and what it leaves is cut off.
    # Packing, the usual way, ends on a CPU in a loop over words, and takes the lengths from a GPU.
    start = features.new_zeros(1, len(features), lstm.hidden_size)
    lengths, places = mask.sum(1, keepdim=True), torch.arange(mask.shape[1], device=mask.device)
    turned = torch.where(mask, lengths - 1 - places, places)  # (B, W): the words of a row, last to first
    rows = (turned + mask.shape[1] * torch.arange(len(mask), device=mask.device)[:, None]).flatten()
    states = []
    for suffix in ("", "_reverse")[: 1 + lstm.bidirectional]:
        read = _select(features, rows) if suffix else features
        own = [getattr(lstm, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        state = torch.lstm(read, (start, start), own, True, 1, 0.0, lstm.training, False, True)[0]  # (B, W, H)
        states.append(_select(state, rows) if suffix else state)
    return torch.cat(states, 2) * mask[..., None]


def _select(words: Tensor, rows: Tensor) -> Tensor:
    """Words (B, W, F) by their numbers in the batch (B · W), whole rows at once."""
    return words.flatten(0, 1).index_select(0, rows).view(words.shape)


def read_spellings(lstm: nn.LSTM, embedding: Callable[[Tensor], Tensor], characters: Tensor) -> Tensor:
    """The last state of each direction of a character BiLSTM for every distinct form (Lample et al. 2016, section 4.1).

    Args:
        lstm: Of one layer, batch first, of two directions with H units in each.
        embedding: Makes characters (U, C) vectors of E dimensions (U, C, E); what it makes of padding does not count.
        characters: Rows of characters, at least one a form, 0 on padding, shape (U, C).

    Returns:
        Shape (U, 2H).
    """
    embedded = embedding(characters)  # (U, C, E)
    lengths = (characters > 0).sum(1).cpu()  # (U), so that no state depends on the longest form of the batch
    packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
    _, (last, _) = lstm(packed)  # (2, U, H)
    return last.transpose(0, 1).flatten(1)


def filter_spellings(filters: nn.ModuleList, embedding: nn.Embedding, characters: Tensor) -> Tensor:
    """The largest output of each filter of a character CNN over every distinct form (Ma & Hovy 2016, section 2.1).

    Args:
        filters: Convolutions over characters, each padded by its width less one, of F filters in all.
        embedding: Of characters, zeros on padding.
        characters: Rows of characters, at least one a form, 0 on padding, shape (U, C).

    Returns:
        Shape (U, F); none is below zero.
    """
    lengths = (characters > 0).sum(1)  # (U)
    if characters.device.type != "cpu" or len(characters) <= _FORMS_AT_ONCE:
        return _filtered(filters, embedding, characters, lengths)
    # One long form would make most of what is computed padding, so forms of about one length go together; elsewhere
    # the host would have to wait for the lengths.
    order = lengths.argsort()
    parts = [
        _filtered(filters, embedding, characters[rows, : max(1, int(lengths[rows[-1]]))], lengths[rows])
        for rows in order.split(_FORMS_AT_ONCE)
    ]
    return torch.cat(parts)[order.argsort()]


def _filtered(filters: nn.ModuleList, embedding: nn.Embedding, characters: Tensor, lengths: Tensor) -> Tensor:
    embedded = embedding(characters).transpose(1, 2)  # (U, C, E) -> (U, E, C)
    # Padding embeds to zero, as the border of the convolution does; what sees nothing but padding is cut off, so
    # that a form's features do not depend on the longest form of the batch.
    pooled = []
    for convolution in filters:
        filtered = convolution(embedded)  # (U, F, C + width - 1)
        seen = lengths + filtered.shape[2] - characters.shape[1]  # (U)
        beyond = torch.arange(filtered.shape[2], device=lengths.device) >= seen[:, None]
        pooled.append(filtered.masked_fill(beyond[:, None], -torch.inf).amax(2))
    return torch.cat(pooled, dim=1).relu()


def match_tags(lexicon: Lexicon, forms: Sequence[str]) -> np.ndarray:
    """Where each word stands in a term of a lexicon: a row of :func:`lexicon_embedding`.

    Args:
        lexicon: Its longest matches from the left are tagged.
        forms: W words as written.

    Returns:
        int64, shape (W): 1 outside of terms, 2 first, 3 inside, 4 last, 5 the only word of one; 0 is left to padding.

    Examples:
        >>> from zoo.text.lexicon import lexicon_vocabulary
        >>> lexicon = Lexicon(lexicon_vocabulary(["asthma", "type 2 diabetes"], "v1"))
        >>> match_tags(lexicon, "Neither Type 2 diabetes nor asthma".split())
        array([1, 2, 3, 4, 1, 5])
    """
    tags = np.ones(len(forms), dtype=np.int64)
    for first, end in lexicon.matches(forms):
        tags[first:end] = 3
        tags[first], tags[end - 1] = (2, 4) if end - first > 1 else (5, 5)
    return tags


def with_matches(windows: Iterable[Window], lexicon: Lexicon) -> list[Window]:
    """Windows with the layer ``lexicon``: the :func:`match_tags` of their words, shape (W)."""
    return [w._replace(layers={**w.layers, "lexicon": match_tags(lexicon, w.forms)}) for w in windows]


def lexicon_embedding(size: int) -> nn.Embedding:
    """A vector for each of :func:`match_tags`, zeros for padding."""
    embedding = nn.Embedding(6, size, padding_idx=0)
    initialize_embedding(embedding)
    return embedding


class WordEmbedding(nn.Embedding):
    """The vectors of a vocabulary's V words, and of others that a batch brings along."""

    def forward(self, words: Tensor, composed: Tensor | None = None) -> Tensor:
        """Rows of words to their vectors.

        Args:
            words: Any shape; from V on, rows of ``composed``.
            composed: Vectors of words that are not in the vocabulary (:class:`zoo.text.batch.Batch`), shape (N, D).

        Returns:
            The shape of ``words``, and D.
        """
        if composed is None:
            return self.known(words)
        return stacked_rows(
            words, self.known, self.size, partial(functional.embedding, weight=composed.to(self.weight.dtype))
        )

    @property
    def size(self) -> int:
        """How many words the vocabulary has, V."""
        return self.num_embeddings

    def known(self, words: Tensor) -> Tensor:
        """Rows of the vocabulary, any shape, to their vectors."""
        return super().forward(words)


def stacked_rows(
    rows: Tensor, above: Callable[[Tensor], Tensor], size: int, below: Callable[[Tensor], Tensor]
) -> Tensor:
    """Looks rows up in a table of ``size`` rows and in one that is thought to stand below it, without copying them.

    Args:
        rows: Rows of both, any shape.
        above: Makes rows of the first table vectors.
        size: How many rows that has, at least one.
        below: Makes rows of the second table vectors.

    Returns:
        The shape of ``rows``, and the dimensions of both.
    """
    first, second = above(rows.clamp(max=size - 1)), below((rows - size).clamp(min=0))
    return torch.where((rows < size)[..., None], first, second)


class ColumnDropout(nn.Module):
    """Drops whole feature columns of a window: the same features for all of its words (Gal & Ghahramani 2016).

    Args:
        probability: With which a column is dropped.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout1d(probability)

    def forward(self, features: Tensor) -> Tensor:
        """Features of shape (B, W, F) to the same shape."""
        return self.dropout(features.transpose(1, 2)).transpose(1, 2)


def drop_words(words: Tensor, mask: Tensor, probability: float, unknown: int) -> Tensor:
    """Replaces words by the unknown one at random, so that its row learns what to make of them.

    Args:
        words: Vocabulary rows, shape (B, W).
        mask: True on real words, shape (B, W).
        probability: With which a word is replaced.
        unknown: The row of the unknown word.

    Returns:
        Rows, shape (B, W).
    """
    dropped = torch.rand(words.shape, device=words.device) < probability
    return torch.where(dropped & mask, unknown, words)


def initialize_embedding(embedding: nn.Embedding) -> None:
    """Uniform with the variance 1 / dimensions (Ma & Hovy 2016, section 3.1); zeros for padding."""
    bound = (3 / embedding.embedding_dim) ** 0.5
    nn.init.uniform_(embedding.weight, -bound, bound)
    with torch.no_grad():
        embedding.weight[0].zero_()


def initialize_lstm(lstm: nn.LSTM) -> None:
    """Orthogonal recurrences, Xavier-uniform inputs, biases of zero but for forget gates, which begin open at 1."""
    hidden = lstm.hidden_size
    for name, parameter in lstm.named_parameters():
        if name.startswith("weight_hh"):
            for gate in parameter.detach().split(hidden):
                nn.init.orthogonal_(gate)
        elif name.startswith("weight_ih"):
            nn.init.xavier_uniform_(parameter)
        else:
            nn.init.zeros_(parameter)
            with torch.no_grad():
                parameter[hidden : 2 * hidden] = 0.5  # two biases a gate: together 1
