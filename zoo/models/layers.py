"""What two architectures or more are built of; what only one uses stands in its own file."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def read_words(lstm: nn.LSTM, features: Tensor, mask: Tensor) -> Tensor:
    """An LSTM over real words alone, whatever the padding.

    Args:
        lstm: Of one or two directions, batch first, with H units in each.
        features: Shape (B, W, F).
        mask: True on real words, a prefix of every row, shape (B, W).

    Returns:
        States, shape (B, W, H) or (B, W, 2H); zeros on padding.
    """
    packed = pack_padded_sequence(features, mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(lstm(packed)[0], batch_first=True, total_length=mask.shape[1])[0]


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
