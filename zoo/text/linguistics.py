"""Lemmas and parts of speech of given words: by rules of the house, or by a spaCy pipeline.

``rules-en`` and ``rules-es`` need nothing installed, and are guesses (:mod:`zoo.text.english`,
:mod:`zoo.text.spanish`). A spaCy pipeline is far better and far slower, and whoever uses the checkpoint needs it too.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from zoo.data.nearest import did_you_mean
from zoo.data.splits import DATA_VARIABLE, data_root
from zoo.text import english, spanish

_READ = {"rules-en": english.read_word, "rules-es": spanish.read_word}
BUILT_IN = tuple(_READ)
_NEEDED = {  # what of a pipeline leads to tags and lemmas
    *("tok2vec", "transformer", "curated_transformer"),
    *("tagger", "morphologizer", "attribute_ruler", "lemmatizer", "trainable_lemmatizer"),
}
_AT_ONCE = 1000  # sentences whose strings spaCy keeps until they are read


class Reading(NamedTuple):
    """What a word is.

    Args:
        lemma: Its dictionary form; the form itself where none is known.
        pos: Universal part of speech, as ``NOUN``; ``X`` where none is known.
        tag: Part of speech in the tag set of the language (Penn's, for English), empty where none is known.
    """

    lemma: str
    pos: str
    tag: str = ""


class Linguistics(Protocol):
    """Reads sentences whose words are given."""

    def __call__(self, sentences: Iterable[Sequence[str]]) -> Iterator[list[Reading]]:
        """One reading for each word of each sentence, in order."""
        ...

    def describe(self) -> str:
        """Name and version, as a checkpoint keeps them."""
        ...


def load_linguistics(name: str, trained_with: str = "") -> Linguistics:
    """Loads rules or a pipeline; each is loaded once.

    Args:
        name: ``rules-en``, ``rules-es``, or a spaCy pipeline: an installed package, a folder, or the name of a folder
            below ``linguistics`` in the data folder.
        trained_with: What :meth:`Linguistics.describe` said when a tagger was trained; a warning says so if it differs.

    Raises:
        ModuleNotFoundError: If it is a pipeline and spaCy is not installed.
        ValueError: If there is none of that name, or it is not a pipeline of this spaCy's.

    Examples:
        >>> sentence = "Two tumours were benign".split()
        >>> [(word.lemma, word.pos) for word in next(load_linguistics("rules-en")([sentence]))]
        [('two', 'NUM'), ('tumour', 'NOUN'), ('be', 'AUX'), ('benign', 'NOUN')]
    """
    loaded = _rules(name) if name in _READ else _pipeline(name, _place(name))
    if trained_with and loaded.describe() != trained_with:
        warnings.warn(
            f"This tagger was trained with lemmas and parts of speech of {trained_with} but reads those of "
            f"{loaded.describe()}: expect other spans.",
            stacklevel=2,
        )
    return loaded


class Rules:
    """A function of a word's form and of the part of speech before it, remembered for the pairs met last.

    Args:
        name: As checkpoints name it.
        read: (form, UPOS tag of the word before) -> (lemma, UPOS tag).
    """

    def __init__(self, name: str, read: Callable[[str, str], tuple[str, str]]) -> None:
        self._name = name
        self._read = lru_cache(maxsize=1 << 18)(lambda form, before: Reading(*read(form, before)))

    def __call__(self, sentences: Iterable[Sequence[str]]) -> Iterator[list[Reading]]:
        """One reading for each word of each sentence, in order."""
        read = self._read
        for sentence in sentences:
            readings, before = [], ""
            for form in sentence:
                reading = read(form, before)
                before = reading.pos
                readings.append(reading)
            yield readings

    def describe(self) -> str:
        """The name alone: rules never change under it."""
        return self._name


class Pipeline:
    """A spaCy pipeline that leaves the words as they are.

    Args:
        name: As it was asked for.
        place: A package or folder that ``spacy.load`` takes.

    Raises:
        ModuleNotFoundError: If spaCy is not installed.
        ValueError: If it cannot be loaded.
    """

    def __init__(self, name: str, place: str) -> None:
        try:
            import spacy
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"Linguistics {name!r} is a spaCy pipeline and spaCy is not installed; "
                f"pip install 'bioner-zoo[linguistics]', or choose {' or '.join(BUILT_IN)}."
            ) from error
        try:
            self._nlp: Any = spacy.load(place)
        except (OSError, ValueError, KeyError, AttributeError) as error:  # the last: a package, but no pipeline
            raise ValueError(
                f"{place}: cannot be loaded as a pipeline of spaCy {spacy.__version__} ({error})."
            ) from error
        kept = [part for part in self._nlp.pipe_names if self._nlp.get_pipe_meta(part).factory in _NEEDED]
        self._nlp.select_pipes(enable=kept)
        self._version = f"{name} {self._nlp.meta.get('version', '')} (spaCy {spacy.__version__.rpartition('.')[0]})"

    def __call__(self, sentences: Iterable[Sequence[str]]) -> Iterator[list[Reading]]:
        """One reading for each word of each sentence, in order."""
        from spacy.tokens import Doc
        from spacy.util import minibatch

        for batch in minibatch(sentences, _AT_ONCE):
            with self._nlp.memory_zone():  # else every word ever met is kept
                docs = self._nlp.pipe(Doc(self._nlp.vocab, words=list(sentence)) for sentence in batch)
                read = [
                    [Reading(word.lemma_ or word.text, word.pos_ or "X", word.tag_) for word in doc] for doc in docs
                ]
            yield from read

    def describe(self) -> str:
        """The pipeline with its version, and that of spaCy."""
        return self._version


@cache
def _rules(name: str) -> Rules:
    return Rules(name, _READ[name])


@cache
def _pipeline(name: str, place: str) -> Pipeline:
    return Pipeline(name, place)


def _place(name: str) -> str:
    """Where a pipeline lies: an installed package by its name, a folder by its path."""
    try:
        distribution(name)
    except (PackageNotFoundError, ValueError):
        pass
    else:
        return name
    try:
        below = data_root() / "linguistics"
        searched = str(below)
    except FileNotFoundError:
        below, searched = Path(), f"linguistics in the data folder (there is none; {DATA_VARIABLE} names it)"
    for folder in (Path(name), below / name):
        if (folder / "meta.json").is_file():
            return str(folder)
    known = [*BUILT_IN, *sorted(meta.parent.name for meta in below.glob("*/meta.json"))]
    raise ValueError(
        f"Expected linguistics {' or '.join(BUILT_IN)}, or a spaCy pipeline, but got {name!r}: no such package is "
        f"installed, and neither {name} nor {name} below {searched} is the folder of one.{did_you_mean(name, known)}"
    )
