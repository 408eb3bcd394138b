"""Linear-chain CRFs over hand-made features: what a word's features are, and what they score.

A word is read as the attributes of the words around it, each at its distance. Every pair of an attribute and a distance
has a weight for every tag, so that a word's emissions are sums of rows of a table:

    emission[i, t] = bias[t] + Σ_{d = -k … k} Σ_{a ∈ attributes(i + d)} weight[a, d, t]

Beyond the ends of a window lie k words before and k after it, which have one attribute each. The weights are learnt by
:func:`zoo.models.crfsuite.train_crf`.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.text.batch import Batch
from zoo.text.codec import Window
from zoo.text.linguistics import Reading, load_linguistics
from zoo.text.vocab import Vocabulary

LAYER = "features"
BEFORE, AFTER = "before", "after"
_KINDS = 9  # attributes a word has at most


def attributes(form: str, reading: Reading) -> tuple[str, ...]:
    """What a word is by itself: nine attributes at most, absent ones empty.

    Those of the RareDis paper: the word in lower case, its last three and last two letters, whether it is in capitals,
    capitalized, or all digits, its part of speech and the first two letters of that (so that Penn's ``NNS`` is an
    ``NN`` too), and its lemma.

    Examples:
        >>> attributes("Tumours", Reading("tumour", "NOUN", "NNS"))
        ('word=tumours', 'ends=urs', 'ends=rs', '', 'title', '', 'pos=NNS', 'class=NN', 'lemma=tumour')
    """
    word, part = form.lower(), reading.tag or reading.pos
    return (
        f"word={word}",
        f"ends={word[-3:]}" if len(word) > 2 else "",
        f"ends={word[-2:]}",
        "upper" if form.isupper() else "",
        "title" if form.istitle() else "",
        "digit" if form.isdigit() else "",
        f"pos={part}",
        f"class={part[:2]}",
        f"lemma={reading.lemma.lower()}",
    )


def feature_vocabulary(windows: Sequence[Window], linguistics: str) -> Vocabulary:
    """Every attribute of the words of these windows.

    Args:
        windows: Of the training documents.
        linguistics: What :func:`zoo.text.linguistics.load_linguistics` takes.
    """
    read = load_linguistics(linguistics)(window.forms for window in windows)
    words = dict.fromkeys(
        pair for window, found in zip(windows, read, strict=True) for pair in zip(window.forms, found, strict=True)
    )
    return Vocabulary.of([BEFORE, AFTER, *(name for word in words for name in attributes(*word) if name)])


class FeatureScores(nn.Module):
    """Emissions of a linear-chain CRF over the attributes of a word and of its neighbours.

    Args:
        features: The attributes that have weights.
        tags: Number of tags T.
        linguistics: What tells lemmas and parts of speech.
        reach: How many words on either side are read, k.
        descends: Whether gradients change its weights.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, features: Vocabulary, tags: int, linguistics: str, reach: int, *, descends: bool = True) -> None:
        super().__init__()
        self.tags, self.linguistics, self.reach, self.descends = tags, linguistics, reach, descends
        self.distances = 2 * reach + 1
        self._hold("weight", torch.zeros(len(features), self.distances * tags))
        self._hold("bias", torch.zeros(tags))
        self._index(features)

    def _hold(self, name: str, values: Tensor) -> None:
        if self.descends:
            self.register_parameter(name, nn.Parameter(values))
        else:
            self.register_buffer(name, values)

    def _index(self, features: Vocabulary) -> None:
        self.features = features

        def row(attribute: str) -> int:
            return features[attribute] * (attribute in features)  # what is unknown has no weight, as padding

        @lru_cache(maxsize=1 << 18)
        def rows(form: str, reading: Reading) -> np.ndarray:
            return np.array([row(attribute) for attribute in attributes(form, reading)], dtype=np.int32)

        self._rows = rows
        beyond = np.zeros((2, self.reach, _KINDS), dtype=np.int32)
        beyond[:, :, 0] = [[row(BEFORE)], [row(AFTER)]]
        self._before, self._after = beyond.reshape(2, -1)

    def read(self, windows: Sequence[Window], trained_with: str = "") -> list[Window]:
        """Windows with the layer ``features``: rows of W + 2k words' attributes, shape (W + 2k, 9).

        Args:
            windows: Any.
            trained_with: The linguistics of the training, to warn of others.
        """
        read = load_linguistics(self.linguistics, trained_with)(window.forms for window in windows)
        return [self._with_rows(window, readings) for window, readings in zip(windows, read, strict=True)]

    def _with_rows(self, window: Window, readings: Sequence[Reading]) -> Window:
        rows = np.concatenate([self._before, *map(self._rows, window.forms, readings), self._after])
        return window._replace(layers={**window.layers, LAYER: rows.reshape(-1, _KINDS)})

    def forward(self, batch: Batch) -> Tensor:
        """Scores every tag at every word: the batch's layer ``features`` (B, W + 2k, 9) to emissions (B, W, T)."""
        rows = batch.layers[LAYER]
        summed = functional.embedding_bag(rows.flatten(0, 1), self.weight, mode="sum", padding_idx=0)
        words = summed.view(*rows.shape[:2], self.distances, self.tags)  # (B · (W + 2k), D · T) -> (B, W + 2k, D, T)
        width = rows.shape[1] - 2 * self.reach
        return self.bias + sum(words[:, d : d + width, d] for d in range(self.distances))

    @torch.no_grad()
    def take(self, weight: Tensor, bias: Tensor) -> None:
        """Takes over learnt weights of these attributes, shape (A, D · T), and of the tags, shape (T)."""
        self.weight.copy_(weight)
        self.bias.copy_(bias)

    @torch.no_grad()
    def prune(self) -> Vocabulary:
        """Drops attributes without weight, which change nothing; the new vocabulary."""
        used = self.weight.any(1)
        used[:2] = True  # padding, and what is unknown
        weight = self.weight[used].clone()
        self._hold("weight", weight)
        self._index(
            Vocabulary([entry for entry, kept in zip(self.features.entries, used.tolist(), strict=True) if kept])
        )
        return self.features
