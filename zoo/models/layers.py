"""What two architectures or more are built of; what only one uses stands in its own file."""

import torch
from torch import Tensor, nn


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
    turned = torch.where(mask, lengths - 1 - places, places)[..., None]  # (B, W, 1): the words of a row, last to first
    states = []
    for suffix in ("", "_reverse")[: 1 + lstm.bidirectional]:
        read = features.take_along_dim(turned, 1) if suffix else features
        own = [getattr(lstm, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        state = torch.lstm(read, (start, start), own, True, 1, 0.0, lstm.training, False, True)[0]  # (B, W, H)
        states.append(state.take_along_dim(turned, 1) if suffix else state)
    return torch.cat(states, 2) * mask[..., None]


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
