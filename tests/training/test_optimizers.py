"""Which parameters learn at which rate."""

import pytest
import torch
from torch.nn import Parameter

from zoo.training.optimizers import OptimizerConfig, build_optimizer

NAMES = ["word_embedding.weight", "sense_embedding.weight", "character_embedding.weight", "lstm.weight", "lstm.bias"]


def named() -> dict[str, Parameter]:
    return {name: Parameter(torch.ones(2) if name.endswith("bias") else torch.ones(2, 2)) for name in NAMES}


def test_vectors_of_words_and_senses_have_their_own_rate_and_no_embedding_decays() -> None:
    parameters = named()
    config = OptimizerConfig(learning_rate=0.1, word_vector_rate=0.5, weight_decay=0.3)
    optimizer = build_optimizer(config, parameters.items())
    settings = {
        id(p): (group["lr"], group["weight_decay"]) for group in optimizer.param_groups for p in group["params"]
    }
    assert [settings[id(parameter)] for parameter in parameters.values()] == [
        *[(pytest.approx(0.05), 0.0)] * 2,
        (0.1, 0.0),
        (0.1, 0.3),
        (0.1, 0.0),
    ]


def test_a_rate_of_zero_freezes_them() -> None:
    parameters = named()
    optimizer = build_optimizer(OptimizerConfig(word_vector_rate=0.0), parameters.items())
    assert [parameter.requires_grad for parameter in parameters.values()] == [False, False, True, True, True]
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 3
