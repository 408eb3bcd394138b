"""A fresh tagger for a recipe: vocabularies of the training documents, pretrained vectors, and other resources."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch

from zoo.data.document import Document
from zoo.data.splits import data_root
from zoo.data.terminology import read_terms
from zoo.models.character_lm import read_character_lms
from zoo.models.encoder import read_encoder
from zoo.models.registry import architecture_named
from zoo.models.tagger import Tagger
from zoo.text.codec import Codec, CodecConfig
from zoo.text.vector_files import read_vectors
from zoo.text.vectors import WordVectors, check_segmentation, vectors_for
from zoo.text.vocab import UNKNOWN, Vocabulary, normalizer_named
from zoo.training.ranges import check_numbers


@dataclass(frozen=True)
class VectorsConfig:
    """The ``vectors`` section of a recipe: pretrained word vectors.

    Args:
        path: A file of ``zoo embed`` or its folder, or word2vec text or binary; ``null`` starts from random vectors,
            which want ``optimizer.word_vector_rate`` to be 1.
        most: How many of its words, most frequent first, the tagger keeps besides those of the training corpus and
            those that ``zoo embed --cover`` composed of n-grams.

        ngrams: Whether the tagger takes the n-grams of fastText vectors along: words that are not in its vocabulary
            then have a vector, composed of them, wherever it tags. In its checkpoint they take as much as that many
            words: two million of 300 dimensions, as of vectors to be downloaded, 1.2 GB.

    Raises:
        ValueError: If ``most`` is negative.
    """

    path: str | None = None
    most: int = 60_000
    ngrams: bool = False

    def __post_init__(self) -> None:
        check_numbers("vectors", vars(self))


@dataclass(frozen=True)
class ResourcesConfig:
    """The ``resources`` section of a recipe: what some architectures are built from besides documents and word vectors.

    Args:
        senses: Vectors of senses, a file of ``zoo embed``.
        lexicon: A file of terms (:mod:`zoo.data.terminology`), or several, each below the working directory or the data
            folder.
        language_model: A folder of ``zoo pretrain character-lm``.
        encoder: A transformers encoder: a folder, or a repository of the Hugging Face Hub, after an ``@`` its revision.
    """

    senses: str | None = None
    lexicon: tuple[str, ...] | str = ()
    language_model: str | None = None
    encoder: str | None = None


_READERS: dict[str, Callable[[Any], Any]] = {
    "senses": lambda path: read_vectors(_existing(path, "senses")),
    "lexicon": lambda paths: _terms([paths] if isinstance(paths, str) else paths),
    "language_model": read_character_lms,
    "encoder": read_encoder,
}


def build_tagger(
    architecture: str,
    codec: CodecConfig,
    model: dict[str, Any],
    documents: Sequence[Document],
    vectors: VectorsConfig = VectorsConfig(),
    resources: ResourcesConfig = ResourcesConfig(),
) -> Tagger:
    """A fresh tagger whose vocabularies are those of the training documents and the word vectors.

    Raises:
        FileNotFoundError: If there are no vectors, or no other resource, at their path.
        ValueError: If a number of the model is out of its range, or no layer can be made of it; if the vectors have
            another size than the model's, or were trained with another normalizer or on other words; if the
            architecture does not use a resource that is given, or needs one that is not.
    """
    kind = architecture_named(architecture)
    check_numbers("model", model)
    windows, _ = Codec(codec).encode(documents, gold=False)
    forms = [form for window in windows for form in window.forms]
    normalizer = model.get("normalizer", inspect.signature(kind).parameters["normalizer"].default)
    normalize = normalizer_named(normalizer)
    pretrained = read_vectors(_existing(vectors.path, "word")) if vectors.path else None
    known = [*pretrained.words[: pretrained.trained][: vectors.most], *pretrained.covered] if pretrained else []
    words = Vocabulary.of(map(normalize, [*forms, *known]))
    characters = Vocabulary.of(sorted({character for form in forms for character in form}))
    given = _read_resources(kind, resources)
    arguments: dict[str, Any] = {**kind.parts_from(windows, given, model, codec), **model}
    try:
        tagger = kind(codec=codec, words=words, characters=characters, **arguments)
    except (ArithmeticError, RuntimeError) as error:  # what torch makes of layers without units
        raise ValueError(f"A {architecture!r} of these sizes cannot be built ({error}): {model}.") from error
    tagger.furnish(given)
    if pretrained:
        _put_vectors(tagger, pretrained, normalizer)
        if vectors.ngrams:
            if pretrained.ngrams is None:
                raise ValueError(f"Expected n-grams in {vectors.path} (vectors.ngrams) but it has none.")
            tagger.compose_with(pretrained.ngrams)
    return tagger


def _existing(path: str, kind: str) -> Path:
    if not Path(path).exists():
        option = "--vectors.path" if kind == "word" else f"--resources.{kind}"
        instead = (
            ", or begin from random ones with --vectors.path null --optimizer.word_vector_rate 1"
            if kind == "word"
            else ""
        )
        raise FileNotFoundError(
            f"No {kind} vectors at {path} — make them with `zoo embed` (recipes/pretraining/), name other ones with "
            f"{option}{instead}."
        )
    return Path(path)


def _read_resources(kind: type[Tagger], config: ResourcesConfig) -> dict[str, Any]:
    """What an architecture's ``resources`` name, each read from its place."""
    given = {field.name: value for field in fields(config) if (value := getattr(config, field.name))}
    unused = [name for name in given if name not in kind.resources]
    missing = [name for name in kind.resources if name not in given and name not in kind.optional]
    if unused or missing:
        wrong = f"does not use {', '.join(unused)}" if unused else f"needs {', '.join(missing)}"
        raise ValueError(
            f"Architecture {kind.key!r} {wrong}; in the recipe's section 'resources' expected "
            f"{', '.join(kind.resources) or 'nothing'}."
        )
    return {name: _READERS[name](value) for name, value in given.items()}


def _terms(paths: Sequence[str]) -> list[str]:
    """The terms of terminologies, in the order of the files."""
    found = [Path(path) if Path(path).exists() else data_root() / path for path in paths]
    for path, place in zip(paths, found, strict=True):
        if not place.exists():
            raise FileNotFoundError(
                f"No terminology at {path}, neither below the working directory nor below {data_root()} — correct it "
                "in the recipe's section 'resources', or set ZOO_DATA."
            )
    return [term for place in found for term in read_terms(place)]


def _put_vectors(tagger: Tagger, vectors: WordVectors, normalizer: str) -> None:
    """Copies the vectors of known words into the embedding table; other words keep their random ones.

    The unknown word's becomes zero: it stays what it is in a tagger that drops no words, and says nothing then.
    """
    if not hasattr(tagger, "word_embedding"):
        raise ValueError(f"Architecture {tagger.key!r} has no word vectors; leave vectors.path out.")
    if vectors.senses:
        raise ValueError(
            f"Expected vectors of words but got those of senses by {vectors.senses!r}; name these under "
            "resources.senses."
        )
    check_segmentation(vectors, tagger.codec.config.segmentation)
    table = tagger.word_embedding.weight
    size = vectors.matrix.shape[1]
    if size != table.shape[1]:
        raise ValueError(
            f"Expected word vectors of {table.shape[1]} dimensions (model.word_size) but got {size}; set "
            f"--model.word_size {size}."
        )
    rows = vectors_for(tagger.words.entries, vectors, normalizer=normalizer)
    with torch.no_grad():
        table[torch.from_numpy(rows.found)] = torch.from_numpy(rows.matrix[rows.found])
        table[tagger.words[UNKNOWN]] = 0
