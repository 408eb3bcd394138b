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

import math
from typing import Any

import torch
from pytorch_lightning import LightningModule
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torchmetrics import MeanMetric

from zoo.models.clipping import clip_gradients
from zoo.models.encoder import EncoderConfig
from zoo.pretraining.masked_examples import NOTHING, Examples
from zoo.pretraining.steps import Step


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
        pieces = cross_entropy(scores.float(), examples.hidden, reduction="sum", ignore_index=NOTHING)
        told = (scores.argmax(1) == examples.hidden).sum()
        if not self.pairs:
            return pieces, pieces.new_zeros(()), told
        # To transformers 0 is a part that follows.
        relation = torch.where(examples.follows == NOTHING, NOTHING, 1 - examples.follows)
        return pieces, cross_entropy(relations.float(), relation, reduction="sum", ignore_index=NOTHING), told


class BertPretraining(LightningModule):
    """Learns by steps, each a mean over the rows of all devices however they are dealt.

    Args:
        model: What learns.
        learning_rate: At its highest.
        total: Steps of the run, at whose end the rate is 0.
        warmup: Share of them over which it rises from 0.
        weight_decay: On matrices but embeddings.
        clip: The largest norm of a gradient; 0 clips nothing.
    """

    def __init__(
        self, model: MaskedBert, *, learning_rate: float, total: int, warmup: float, weight_decay: float, clip: float
    ) -> None:
        super().__init__()
        self.model, self.clip = model, clip
        self.learning_rate, self.total, self.warmup, self.weight_decay = learning_rate, total, warmup, weight_decay
        self.automatic_optimization = False  # a step is as many passes as a device needs for its rows
        self.held_out: Any = nn.ModuleDict({name: MeanMetric() for name in ("nats", "told", "relation")})

    def training_step(self, batch: Step, batch_idx: int) -> None:
        """Learns from a step."""
        optimizer: Any = self.optimizers()
        pieces = torch.zeros((), device=self.device)
        told = torch.zeros((), device=self.device)
        for number, examples in enumerate(batch.parts, start=1):
            with optimizer.toggle_model(sync_grad=number == len(batch.parts)):
                nats, relations, right = self.model.losses(examples)
                # Gradients become a mean over devices: that of their sums, so that what each has counts alike.
                mean = nats / batch.masked + relations / batch.sequences
                self.manual_backward(mean * self.trainer.world_size)
            pieces += nats.detach()
            told += right
        clip_gradients(self, optimizer.optimizer, self.clip)
        optimizer.step()
        optimizer.zero_grad()
        schedule: Any = self.lr_schedulers()
        schedule.step()
        here = torch.stack([(examples.hidden != NOTHING).sum() for examples in batch.parts]).sum().clamp(min=1)
        self.log("nats", pieces / here, prog_bar=True, batch_size=1)
        self.log("told", told / here, prog_bar=True, batch_size=1)

    def validation_step(self, batch: Step, batch_idx: int) -> None:
        """Reads held-out rows."""
        for examples in batch.parts:
            nats, relations, told = self.model.losses(examples)
            masked, sequences = ((what != NOTHING).sum() for what in (examples.hidden, examples.follows))
            for name, total, count in (
                ("nats", nats, masked),
                ("told", told, masked),
                ("relation", relations, sequences),
            ):
                self.held_out[name].update(total / count.clamp(min=1), count)

    def on_validation_epoch_end(self) -> None:
        """Tells the means over all devices: nats of a masked piece, those told, nats of what follows."""
        for name, metric in self.held_out.items():
            value = metric.compute()
            self.log(f"held_out_{name}", value, prog_bar=name == "nats", sync_dist=True)  # the same on all devices
            metric.reset()

    def configure_optimizers(self) -> Any:
        """AdamW, whose rate rises and then falls along a line."""
        tables = {id(each.weight) for each in self.modules() if isinstance(each, nn.Embedding)}
        decayed = [p for p in self.parameters() if p.ndim > 1 and id(p) not in tables]
        kept = [p for p in self.parameters() if p.ndim < 2 or id(p) in tables]
        groups = [{"params": decayed, "weight_decay": self.weight_decay}, {"params": kept, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=self.learning_rate, betas=(0.9, 0.98), eps=1e-6, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(step, self.total, self.warmup))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def rate_factor(step: int, total: int, warmup: float) -> float:
    """The learning rate at a step as a share of its highest.

    Examples:
        >>> [rate_factor(step, 100, 0.1) for step in (0, 9, 55, 100)]
        [0.1, 1.0, 0.5, 0.0]
    """
    rising = math.ceil(warmup * total)
    return min((step + 1) / max(1, rising), (total - step) / max(1, total - rising), 1.0)
