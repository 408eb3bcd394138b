"""Linear-chain CRFs learnt by CRFsuite, and read back as tensors.

CRFsuite (Okazaki 2007) is told the attributes of a word as strings and the tags as strings: here they are numbers, of a
row of the table of weights at a distance, and of a tag, so that nothing needs to be escaped or parsed.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from zoo.models.features import LAYER, FeatureScores
from zoo.text.codec import Window

_BIAS = "bias"
_UNSEEN = -100.0  # score of a tag that no word of the training documents has: CRFsuite does not know it


class CrfWeights(NamedTuple):
    """A trained linear-chain CRF of A attributes, D distances and T tags.

    Args:
        features: Weights of attributes at distances, shape (A, D · T).
        bias: Weights of the tags themselves, shape (T).
        transitions: Weights of the moves from tag to tag, shape (T, T).
    """

    features: Tensor
    bias: Tensor
    transitions: Tensor


def train_crf(
    windows: Sequence[Window], scores: FeatureScores, *, c1: float, c2: float, iterations: int, progress: bool = True
) -> CrfWeights:
    """Trains a linear-chain CRF by L-BFGS; nothing in it is random.

    Minimized is ``Σ -log p(tags | words) + c1 ‖w‖₁ + c2 ‖w‖₂²`` over the windows. The moves between tags that no gold
    path makes have weights too, which keep them rare: CRFsuite knows no tag scheme that would forbid them.

    Args:
        windows: As ``scores.read`` made them, with gold tags.
        scores: What knows the attributes.
        c1: Weight of the L1 norm; most weights become zero.
        c2: Weight of the squared L2 norm.
        iterations: The most iterations.
        progress: Show a progress bar.
    """
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.select("lbfgs")
    trainer.set_params({"c1": c1, "c2": c2, "max_iterations": iterations, "feature.possible_transitions": True})
    names = [str(number) for number in range(len(scores.features) * scores.distances)]
    for window in windows:
        trainer.append([*_items(window.layers[LAYER], names, scores)], [str(tag) for tag in window.tags])
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model")
        _run(trainer, path, iterations, progress)
        tagger = pycrfsuite.Tagger()
        with tagger.open(path):
            return _weights(tagger.info(), scores)


def _items(rows: np.ndarray, names: Sequence[str], scores: FeatureScores) -> Iterator[list[str]]:
    """The attributes of each word, those of the words around it included, by their numbers.

    Args:
        rows: Of W + 2k words, shape (W + 2k, 9).
        names: Numbers as strings.
        scores: What the rows are of.
    """
    numbers = rows * scores.distances
    distances = np.arange(scores.distances)[:, None]  # (D, 1)
    for first in range(len(rows) - scores.distances + 1):
        near = slice(first, first + scores.distances)
        present = (numbers[near] + distances)[rows[near] > 0]  # (D, 9) -> the attributes there are
        yield [_BIAS, *[names[number] for number in present.tolist()]]


def _run(trainer: Any, path: str, iterations: int, shown: bool) -> None:
    """Trains, where it is to be shown with a bar on the standard error, if that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not (shown and console.is_terminal), transient=True) as progress:
        bar = progress.add_task("CRF, L-BFGS", total=iterations)

        def message(line: str) -> None:
            if trainer.logparser.feed(line) == "iteration":
                progress.update(bar, completed=trainer.logparser.last_iteration["num"])

        trainer.message = message
        trainer.train(path)


def _weights(model: Any, scores: FeatureScores) -> CrfWeights:
    """The lists of a model, as ``pycrfsuite.Tagger.info`` gives them, in tables."""
    features = torch.zeros(len(scores.features) * scores.distances, scores.tags)
    bias = torch.full((scores.tags,), _UNSEEN)
    bias[[int(tag) for tag in model.labels]] = 0.0
    for (attribute, tag), weight in model.state_features.items():
        (bias if attribute == _BIAS else features[int(attribute)])[int(tag)] = weight
    transitions = torch.zeros(scores.tags, scores.tags)
    for (before, after), weight in model.transitions.items():
        transitions[int(before), int(after)] = weight
    return CrfWeights(features.view(len(scores.features), -1), bias, transitions)
