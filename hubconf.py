"""Entry points of ``torch.hub``: one per architecture.

``torch.hub.load(repository, "char_cnn_bilstm_crf", checkpoint="ncbi-disease")``
"""

from typing import Any as _Any

dependencies = ["torch", "pytorch_lightning", "torchmetrics", "safetensors", "numpy"]


def char_cnn_bilstm_crf(checkpoint: str = "ncbi-disease") -> _Any:
    """Word embeddings and a character CNN → BiLSTM → tanh layers → CRF (Zhou et al. 2021).

    Args:
        checkpoint: The part of a shipped checkpoint's name after the architecture's, as ``ncbi-disease``.

    Returns:
        A tagger: ``tagger.tag(["text", …])`` gives documents with scored spans.
    """
    return _load("char_cnn_bilstm_crf", checkpoint)


def _load(architecture: str, checkpoint: str) -> _Any:
    from zoo.hub.index import load

    return load(f"{architecture}.{checkpoint}")
