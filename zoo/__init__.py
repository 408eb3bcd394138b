"""bioner-zoo: architectures and pretrained checkpoints for biomedical named entity recognition.

>>> import zoo
>>> tagger = zoo.load("char_cnn_bilstm_crf.ncbi-disease")  # doctest: +SKIP
>>> tagger.tag(["Mutations of APC cause colon cancer."])  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

from zoo.data.document import Document, Span

if TYPE_CHECKING:
    from zoo.hub.index import list_checkpoints, load
    from zoo.models.registry import list_architectures

__version__ = "0.1.0"
__all__ = ["Document", "Span", "__version__", "list_architectures", "list_checkpoints", "load"]


def __getattr__(name: str) -> Any:
    # torch and Lightning take seconds to import: they wait until a tagger is wanted.
    if name in ("load", "list_checkpoints"):
        from zoo.hub import index

        return getattr(index, name)
    if name == "list_architectures":
        from zoo.models import registry

        return registry.list_architectures
    raise AttributeError(f"module 'zoo' has no attribute {name!r}; it has {', '.join(__all__)}.")
