"""The sparse, packed BERT against transformers' plain one."""

from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForMaskedLM, BertForPreTraining

from tests.pretraining.test_masked_examples import CORPUS, TOKENIZER
from zoo.models.encoder import EncoderConfig
from zoo.pretraining.bert import MaskedBert
from zoo.pretraining.masked_examples import Epoch, Examples, Masking

CONFIG = EncoderConfig(
    {
        "model_type": "bert",
        "vocab_size": 160,
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "max_position_embeddings": 48,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "initializer_range": 0.2,
    }
)


def examples_of(pairs: bool, row_pieces: int = 100) -> Examples:
    masking = Masking(max_pieces=48, row_pieces=row_pieces, pairs=pairs)
    return Epoch(CORPUS, TOKENIZER, masking, seed=1, number=0).examples(range(6))


def one_by_one(examples: Examples) -> list[dict[str, Any]]:
    """Each sequence by itself, unpacked, as transformers wants it: labels of -100 but where a piece is masked."""
    labels = torch.full_like(examples.pieces, -100).flatten().scatter(0, examples.masked, examples.hidden)
    found = []
    follows = iter(examples.follows.tolist())
    for line, sequences in enumerate(examples.sequences):
        for number in range(1, int(sequences.max()) + 1):
            here = sequences == number
            found.append(
                {
                    "input_ids": examples.pieces[line][here][None],
                    "token_type_ids": examples.parts[line][here][None],
                    "labels": labels.view_as(examples.pieces)[line][here][None],
                    "next_sentence_label": torch.tensor([1 - next(follows)]),
                }
            )
    return found


@pytest.mark.parametrize("pairs", [False, True])
def test_loss_and_gradients_are_those_of_transformers(pairs: bool) -> None:
    torch.manual_seed(0)
    ours = MaskedBert(CONFIG, pairs)
    kind = BertForPreTraining if pairs else BertForMaskedLM
    plain = kind(BertConfig(**{key: value for key, value in CONFIG.items() if key != "model_type"}))
    plain.load_state_dict(ours.network.state_dict())
    examples = examples_of(pairs)
    assert int(examples.sequences.max()) > 1
    pieces, relations, _ = ours.losses(examples)
    loss = pieces / len(examples.masked) + (relations / len(examples.firsts) if pairs else 0)
    loss.backward()
    total = torch.zeros(())
    for sequence in one_by_one(examples):
        if not pairs:
            sequence.pop("next_sentence_label")
        told = plain(**sequence)
        scores = told.prediction_logits if pairs else told.logits
        masked = torch.nn.functional.cross_entropy(scores[0], sequence["labels"][0], reduction="sum")
        total = total + masked / len(examples.masked)
        if pairs:
            relation = torch.nn.functional.cross_entropy(
                told.seq_relationship_logits, sequence["next_sentence_label"], reduction="sum"
            )
            total = total + relation / len(examples.firsts)
    total.backward()
    torch.testing.assert_close(loss, total, atol=1e-5, rtol=1e-5)
    others = dict(plain.named_parameters())
    for name, parameter in ours.network.named_parameters():
        assert parameter.grad is not None, name
        torch.testing.assert_close(parameter.grad, others[name].grad, atol=1e-5, rtol=1e-4)


def test_what_fills_a_shape_changes_nothing() -> None:
    torch.manual_seed(0)
    ours, examples = MaskedBert(CONFIG, pairs=True), examples_of(pairs=True)
    filled = examples.filled(9, len(examples.masked) + 5, len(examples.firsts) + 3)
    for one, other in zip(ours.losses(examples), ours.losses(filled), strict=True):
        torch.testing.assert_close(one, other)
    blank = Examples.blank(100)
    assert [value.item() for value in ours.losses(blank)] == [0, 0, 0]


def test_a_full_row_of_one_sequence_is_what_transformers_reads() -> None:
    torch.manual_seed(0)
    ours = MaskedBert(CONFIG, pairs=True).eval()
    examples = examples_of(pairs=True, row_pieces=48)
    row = {name: getattr(examples, name)[:1] for name in ("pieces", "parts", "places", "sequences")}
    with torch.no_grad():
        told = ours.network(
            input_ids=row["pieces"], token_type_ids=row["parts"], attention_mask=(row["sequences"] > 0).long()
        )
    here = examples.masked < 48
    scores, _ = ours(examples)
    torch.testing.assert_close(scores[here], told.prediction_logits[0, examples.masked[here]], atol=1e-5, rtol=1e-4)


def test_nothing_leaks_from_one_sequence_of_a_row_to_another() -> None:
    torch.manual_seed(0)
    ours = MaskedBert(CONFIG, pairs=False).eval()
    examples = examples_of(pairs=False)
    changed = examples.pieces.clone()
    changed[examples.sequences == 2] = 7
    with torch.no_grad():
        before, _ = ours(examples)
        after, _ = ours(examples._replace(pieces=changed))
    second = (examples.sequences.flatten() == 2)[examples.masked]
    torch.testing.assert_close(before[~second], after[~second])
    assert not np.allclose(before[second], after[second])
