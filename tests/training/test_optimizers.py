"""Which parameters learn at which rate."""

import pytest
from torch import nn

from zoo.models.features import FeatureScores
from zoo.text.vocab import Vocabulary
from zoo.training.optimizers import OptimizerConfig, build_optimizer


class Layers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.word_embedding, self.sense_embedding, self.letters = (nn.Embedding(3, 2) for _ in range(3))
        self.features = FeatureScores(Vocabulary.of(["upper"]), 2, "rules-en", reach=0)
        self.linear = nn.Linear(2, 2)


def test_vectors_of_words_and_senses_have_their_own_rate_and_no_embedding_decays() -> None:
    layers = Layers()
    config = OptimizerConfig(learning_rate=0.1, word_vector_rate=0.5, weight_decay=0.3)
    optimizer = build_optimizer(config, layers)
    settings = {
        id(p): (group["lr"], group["weight_decay"]) for group in optimizer.param_groups for p in group["params"]
    }
    assert {name: settings[id(parameter)] for name, parameter in layers.named_parameters()} == {
        "word_embedding.weight": (pytest.approx(0.05), 0.0),
        "sense_embedding.weight": (pytest.approx(0.05), 0.0),
        "letters.weight": (0.1, 0.0),
        "features.weight": (0.1, 0.0),
        "features.bias": (0.1, 0.0),
        "linear.weight": (0.1, 0.3),
        "linear.bias": (0.1, 0.0),
    }


def test_a_rate_of_zero_freezes_them() -> None:
    layers = Layers()
    optimizer = build_optimizer(OptimizerConfig(word_vector_rate=0.0), layers)
    assert [name for name, parameter in layers.named_parameters() if not parameter.requires_grad] == [
        "word_embedding.weight",
        "sense_embedding.weight",
    ]
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 5


class WithEncoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Module()
        self.network.embeddings = nn.Embedding(3, 2)
        self.network.layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(2))
        self.network.norm = nn.LayerNorm(2)
        self.output_layer = nn.Linear(2, 2)


def test_the_layers_of_an_encoder_learn_the_slower_the_deeper_they_lie() -> None:
    module = WithEncoder()
    optimizer = build_optimizer(OptimizerConfig(learning_rate=1.0, encoder_rate=0.1, layer_decay=0.5), module)
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    assert {name: rates[id(parameter)] for name, parameter in module.named_parameters() if "bias" not in name} == {
        "network.embeddings.weight": pytest.approx(0.025),
        "network.layers.0.weight": pytest.approx(0.05),
        "network.layers.1.weight": pytest.approx(0.1),
        "network.norm.weight": pytest.approx(0.1),
        "output_layer.weight": 1.0,
    }


def test_an_encoder_can_be_frozen() -> None:
    module = WithEncoder()
    optimizer = build_optimizer(OptimizerConfig(encoder_rate=0.0), module)
    learnt = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert learnt == {id(p) for p in module.output_layer.parameters()}
    assert not any(p.requires_grad for p in module.network.parameters())
