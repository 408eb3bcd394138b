"""The two sides of an evaluation: gold documents, and what a tagger or any other system found in them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from zoo.cli.inputs import documents_of, has_splits, say_losses

if TYPE_CHECKING:
    from zoo.data.conll import Segment
    from zoo.data.document import Document
    from zoo.models.tagger import Tagger


@dataclass(frozen=True)
class Naming:
    """What renames and drops labels, the same on all sides.

    Args:
        new: New names by old ones; ``None`` drops a label.
        only: The labels that stay after that; ``None`` keeps all.
    """

    new: Mapping[str, str | None]
    only: frozenset[str] | None = None

    @classmethod
    def of(cls, rename: Sequence[str], only: str | None) -> "Naming":
        """From the command line: ``SpecificDisease=Disease``, ``Modifier=`` drops; the labels that stay by commas.

        Raises:
            ValueError: If there is no ``=``, or no label stays.
        """
        pairs = [each.partition("=") for each in rename]
        wrong = [each for each, (old, sign, _) in zip(rename, pairs, strict=True) if not (sign and old.strip())]
        if wrong:
            raise ValueError(f"Expected --rename OLD=NEW but got {wrong[0]!r}.")
        stay = None if only is None else frozenset(filter(None, map(str.strip, only.split(","))))
        if stay is not None and not stay:
            raise ValueError("Expected --labels to name a label.")
        return cls({old.strip(): new.strip() or None for old, _, new in pairs}, stay)

    def __call__(self, label: str) -> str | None:
        """The new name of a label; ``None`` where it is dropped."""
        new = self.new.get(label, label)
        return new if self.only is None or new in self.only else None

    def document(self, document: "Document") -> "Document":
        """The document with new names."""
        return document.relabel({span.label: self(span.label) for span in (*document.spans, *document.alternatives)})

    def check(self, labels: set[str]) -> None:
        """Compares what was named with the labels there are.

        Raises:
            ValueError: If one is not among them.
        """
        from zoo.data.nearest import did_you_mean

        renamed = {self.new.get(label, label) or "" for label in labels}
        for option, names, valid in (("--rename", self.new, labels), ("--labels", self.only or (), renamed)):
            for name in sorted(set(names) - valid):
                known = sorted(filter(None, valid))
                raise ValueError(
                    f"Expected {option} to name labels out of {', '.join(known)} but got {name!r}."
                    f"{did_you_mean(name, known)}"
                )


def read_gold(name: str, split: str | None, format: str | None, lenient: bool) -> list["Document"]:
    """The gold documents: of a corpus with splits those of one, by default ``test``.

    Raises:
        ValueError: If a split is given where there are none, or no document has a span; as for reading.
    """
    from zoo.data.document import losses_of
    from zoo.evaluation.predictions import reading_options

    if has_splits(name):
        documents = list(documents_of(name, split or "test", format))
    elif split:
        raise ValueError(f"{name} has no splits: leave --split out.")
    else:
        options = reading_options(format_of(name, format), lenient) if Path(name).exists() else {}
        documents = list(documents_of(name, None, format, options))
    if not any(document.spans for document in documents):
        raise ValueError(f"{name} holds no annotated spans to score against.")
    say_losses(f"the documents cannot hold, of {name},", losses_of(documents))
    return documents


def format_of(name: str, format: str | None) -> str:
    """The format of a corpus, a folder with splits, or files."""
    from zoo.data import formats
    from zoo.data.corpora import CORPORA

    if format or name in CORPORA:
        return format or CORPORA[name].format
    path = Path(name)
    if has_splits(name):
        path = next(place for place in sorted(path.iterdir()) if place.name.startswith(("train", "dev", "test")))
    return formats.detect(path)


def words_of(name: str, format: str | None) -> "Segment":
    """How the words of gold texts are told: columns have them, elsewhere the rule of our taggers cuts them."""
    from zoo.data.conll import blank_words
    from zoo.text.segment import Segmenter

    return blank_words if format_of(name, format) in ("conll", "tokens") else Segmenter().__call__


def checkpoint_named(name: str) -> "Tagger | None":
    """The tagger of that name or folder; ``None`` where it is no checkpoint but predicted documents.

    Raises:
        FileNotFoundError: If there is neither.
    """
    from zoo.cli.starting import tagger_named
    from zoo.data.nearest import did_you_mean
    from zoo.hub.index import list_checkpoints

    path = Path(name)
    has_checkpoint = any((place / "config.json").exists() for place in (path, path / "checkpoint"))
    if name == "-" or (path.exists() and not has_checkpoint):
        return None
    names = list_checkpoints()
    if not path.exists() and name not in names:
        hint = did_you_mean(name, names)
        raise FileNotFoundError(f"No file, folder or checkpoint (`zoo list`) of that name: {name}.{hint}")
    return tagger_named(name)


def tagged(tagger: "Tagger", documents: Sequence["Document"]) -> list["Document"]:
    """What a tagger finds, with a progress bar."""
    from zoo.cli.progress import words_progress

    with words_progress("tagging") as advance:
        return tagger.tag(documents, on_batch=advance)


def read_system(
    path: str, corpus: str, gold: Sequence["Document"], format: str | None, lenient: bool
) -> list["Document"]:
    """Predicted documents from files, in the order of the gold ones; what was done to them is said.

    Args:
        path: The files.
        corpus: Of the gold documents; predictions for one that is known get its names for labels.
        gold: The gold documents.
        format: Of the files, where they do not tell.
        lenient: Whether mentions that disagree with the text are counted, not raised.

    Raises:
        ValueError: As for :func:`zoo.evaluation.predictions.read_predictions`.
    """
    from zoo.data.corpora import CORPORA
    from zoo.data.document import DataFormatError
    from zoo.evaluation.predictions import read_predictions

    try:
        found = read_predictions(path, gold, format, lenient)
    except DataFormatError:
        raise  # it names the file itself
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    say_losses(f"the documents cannot hold, of {path},", found.losses)
    for note in found.notes:
        typer.secho(f"zoo: {path}: {note}", err=True)
    names = CORPORA[corpus].labels if corpus in CORPORA else {}
    return [document.relabel(names) for document in found.documents]


def labels_of(documents: Iterable["Document"]) -> Counter[str]:
    """How many spans have each label."""
    return Counter(span.label for document in documents for span in document.spans)


def without_foreign(
    gold: Sequence["Document"], taggers: Sequence["Tagger | None"], naming: Callable[[str], str | None]
) -> list["Document"]:
    """The gold documents without labels that a tagger does not know, with a word about what is left out."""
    known = [{naming(label) for label in tagger.codec.config.labels} for tagger in taggers if tagger]
    if not known:
        return list(gold)
    both = set.intersection(*known)
    foreign = {label: count for label, count in sorted(labels_of(gold).items()) if label not in both}
    for label, count in foreign.items():
        message = (
            f"zoo: left out {count} gold spans of {label}: the tagger knows {', '.join(sorted(filter(None, both)))}"
        )
        typer.secho(message, fg="yellow", err=True)
    return [document.relabel(dict.fromkeys(foreign)) for document in gold]


def say_unknown(name: str, predicted: Sequence["Document"], gold: Sequence["Document"]) -> None:
    """A word about predicted labels that no gold document has: they may be meant for others."""
    known = labels_of(gold)
    for label, count in sorted(labels_of(predicted).items()):
        if label not in known:
            message = f"zoo: {name}: {count} spans of {label}, but gold has only {', '.join(sorted(known))}"
            typer.secho(f"{message}; --rename {label}=… may help", fg="yellow", err=True)
