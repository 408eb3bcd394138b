"""What a tagger makes of a text on its way to the tags: the vectors that its last layer reads, scores, attention.

By convention an architecture names the linear layer behind its emissions ``output_layer``. What that layer reads is
the representation of a word: the last vector before the CRF. An architecture without such a layer has none to show.

Source: Lyu et al. (2017), section "Feature representation plotting".
"""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from zoo.data.document import Document
from zoo.evaluation.explanation import Explanation
from zoo.models.char_attention_blstm_crf import CharacterAttention
from zoo.models.tagger import Tagger
from zoo.text.codec import Window

_Module = TypeVar("_Module", bound=nn.Module)


@torch.inference_mode()
def explain(tagger: Tagger, texts: Sequence[str | Document]) -> list[Explanation]:
    """Tags texts and keeps what the network computed on the way.

    Args:
        tagger: Of any architecture.
        texts: Texts or documents, few: everything is kept.

    Returns:
        An explanation for each window (a sentence, or as many as the tagger reads at once), in reading order.

    Raises:
        TypeError: If ``texts`` is one string.
    """
    if isinstance(texts, str):
        raise TypeError("Expected a list of texts but got one string; write explain(tagger, [text]).")
    documents = [text if isinstance(text, Document) else Document(str(i), text) for i, text in enumerate(texts)]
    windows, _ = tagger.codec.encode(documents, gold=False)
    was_training = tagger.training
    tagger.eval()
    try:
        return [_explain_window(tagger, window) for window in windows]
    finally:
        tagger.train(was_training)


def _explain_window(tagger: Tagger, window: Window) -> Explanation:
    batch = tagger.read([window])
    attention = _module(tagger, "attention", CharacterAttention)
    with ExitStack() as hooks:
        to_output = _inputs(hooks, _module(tagger, "output_layer", nn.Module))
        to_attention = _inputs(hooks, attention)
        emissions = tagger(batch)  # (1, W, T)
    path = tagger.crf.viterbi(emissions, batch.mask)[0].tolist()
    return Explanation(
        words=tuple(window.forms),
        offsets=tuple(window.offsets),
        spans=tuple((first, end, label, score) for _, first, end, label, score in tagger._spans(batch)),
        tags=tuple(tagger.codec.tags),
        path=tuple(path),
        emissions=_array(emissions[0]),
        probabilities=_array(tagger.crf.marginals(emissions, batch.mask)[0]),
        representation=_array(to_output[0][0][0] if to_output else emissions[0, :, :0]),  # (1, W, H) -> (W, H)
        attention=_attention(attention, to_attention[0], batch.forms[0]) if attention else (),
    )


def _module(tagger: Tagger, name: str, kind: type[_Module]) -> _Module | None:
    """A layer of the tagger by its name, where it has one of that kind."""
    module = getattr(tagger, name, None)
    return module if isinstance(module, kind) else None


def _inputs(hooks: ExitStack, module: nn.Module | None) -> list[tuple[Any, ...]]:
    """A list that will hold the arguments of every call of a module, while the hooks hold."""
    seen: list[tuple[Any, ...]] = []
    if module is not None:
        hooks.enter_context(module.register_forward_pre_hook(lambda _, arguments: seen.append(arguments)))
    return seen


def _attention(layer: CharacterAttention, arguments: tuple[Tensor, Tensor], forms: Tensor) -> tuple[np.ndarray, ...]:
    """The weights of each word's characters, (C, E) a word, cut to the characters that it has."""
    characters, _ = arguments  # (U, C)
    weights = layer.attend(*arguments)[1]  # (U, C, E)
    lengths = (characters > 0).sum(1).tolist()
    return tuple(_array(weights[form, : lengths[form]]) for form in forms.tolist())


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.float().cpu().numpy()
