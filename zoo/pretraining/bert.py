"""A BERT that learns to tell masked pieces, and whether one part of a text follows another.

Paper: Devlin, Chang, Lee & Toutanova, "BERT: pre-training of deep bidirectional transformers for language
understanding" (NAACL 2019), section 3.1. Rivera-Zavala & Martínez (BMC Bioinformatics 22, 2021), section "SBC-BERT",
pretrain one on Spanish biomedical texts: 12 layers of 768 dimensions, Adam at 1e-4, batches of 128, a million steps,
dropout of 0.15, gelu, SentencePiece.

The network is that of transformers, ``BertForPreTraining``, or ``BertForMaskedLM`` where nothing is foretold of pairs,
so whoever reads its checkpoint needs nothing of this. What it computes is less than theirs: scores of the vocabulary
only where a piece is masked, which is most of the work of a small model, and several sequences in a row, each of which
sees itself alone.
"""

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from zoo.models.encoder import EncoderConfig
from zoo.pretraining.masked_examples import Examples


class MaskedBert(nn.Module):
    """A BERT with what it learns by.

    Args:
        config: Of a ``bert`` of transformers.
        pairs: Whether it also learns if the second part of a sequence follows the first.
    """

    def __init__(self, config: EncoderConfig, pairs: bool) -> None:
        super().__init__()
        from transformers import BertConfig, BertForMaskedLM, BertForPreTraining

        kind = BertForPreTraining if pairs else BertForMaskedLM
        self.network: Any = kind(BertConfig(**{key: value for key, value in config.items() if key != "model_type"}))
        self.pairs = pairs

    def forward(self, examples: Examples) -> tuple[Tensor, Tensor]:
        """Scores of what was masked and of what follows.

        Returns:
            Of every piece of the vocabulary at each masked place, shape (M, V); of ``follows`` and ``does not`` for
            each sequence, shape (S, 2), of no sequence where there are no pairs.
        """
        among = examples.sequences[:, None, :, None] == examples.sequences[:, None, None, :]  # (B, 1, L, L)
        states = self.network.bert(
            input_ids=examples.pieces,
            token_type_ids=examples.parts,
            position_ids=examples.places,
            attention_mask=among,
        ).last_hidden_state.flatten(0, 1)  # (B, L, H) -> (B · L, H)
        scores = self.network.cls.predictions(states[examples.masked])  # (M, H) -> (M, V)
        if not self.pairs:
            return scores, scores.new_zeros(0, 2)
        pooler = self.network.bert.pooler
        pooled = pooler.activation(pooler.dense(states[examples.firsts]))  # (S, H)
        return scores, self.network.cls.seq_relationship(pooled)

    def losses(self, examples: Examples) -> tuple[Tensor, Tensor, Tensor]:
        """Sums over rows: negative log-likelihoods of masked pieces, of what follows, and masked pieces that are told.

        So that rows of many devices and steps add up to a mean over all of them.
        """
        scores, relations = self(examples)
        pieces = cross_entropy(scores.float(), examples.hidden, reduction="sum")
        told = (scores.argmax(1) == examples.hidden).sum()
        if not self.pairs:
            return pieces, pieces.new_zeros(()), told
        return pieces, cross_entropy(relations.float(), (~examples.follows).long(), reduction="sum"), told
