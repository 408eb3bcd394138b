"""Entry points of ``torch.hub``: one for each architecture of the registry, and one for any checkpoint.

``torch.hub.load(repository, "char_cnn_bilstm_crf", checkpoint="ncbi-disease")``
``torch.hub.load(repository, "tagger", "char_cnn_bilstm_crf.ncbi-disease")``
"""

import ast as _ast
from collections.abc import Callable as _Callable
from pathlib import Path as _Path
from typing import Any as _Any

dependencies = ["torch", "pytorch_lightning", "torchmetrics", "safetensors", "tokenizers", "numpy"]


def _registered() -> dict[str, str]:
    """The registry's keys with their classes' docstrings, read from the source.

    Importing them takes seconds, and where a dependency is missing it fails before torch.hub can say which.
    """
    models = _Path(__file__).parent / "zoo" / "models"
    body = [node for path in models.glob("*.py") for node in _ast.parse(path.read_text(encoding="utf-8")).body]
    about = {node.name: _ast.get_docstring(node) or "" for node in body if isinstance(node, _ast.ClassDef)}
    (table,) = (n.value for n in body if isinstance(n, _ast.AnnAssign) and _ast.unparse(n.target) == "ARCHITECTURES")
    assert isinstance(table, _ast.Dict)
    rows = zip(table.keys, table.values, strict=True)
    return {_ast.literal_eval(key): about[_ast.unparse(name)] for key, name in rows if key}


def _entry(architecture: str, about: str) -> _Callable[..., _Any]:
    def load(checkpoint: str | None = None) -> _Any:
        from zoo.hub.index import load_architecture

        return load_architecture(architecture, checkpoint)

    load.__name__ = load.__qualname__ = architecture
    load.__doc__ = f"""{about.partition("Args:")[0].strip()}

    Args:
        checkpoint: The part of a shipped checkpoint's name after the architecture's, as ``ncbi-disease``; by default
            that of the first in the index.

    Returns:
        A tagger: ``tagger.tag(["text", …])`` gives documents with scored spans.

    Raises:
        ValueError: If no checkpoint of this architecture ships; the message names those that do.
        KeyError: If no checkpoint of that name does.
    """
    return load


for _key, _about in _registered().items():
    globals()[_key] = _entry(_key, _about)


def tagger(name: str, revision: str | None = None) -> _Any:
    """Any checkpoint: one that ships, one of yours, or one of the Hugging Face Hub.

    Args:
        name: ``<architecture>.<corpus>`` of one that ships, a folder, or a repository, ``owner/name``.
        revision: Of a repository: branch, tag or commit.

    Returns:
        A tagger: ``tagger.tag(["text", …])`` gives documents with scored spans.

    Raises:
        KeyError: If there is no such checkpoint; the message lists those that ship and the nearest.
    """
    from zoo.hub.index import load

    return load(name, revision)
