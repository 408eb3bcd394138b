"""The two sides of an evaluation: gold documents, and what a tagger or any other system found in them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from zoo.cli.inputs import say_losses

if TYPE_CHECKING:
    from zoo.data.document import Document
    from zoo.models.tagger import Tagger

Renaming = Callable[["Document"], "Document"]


def renaming(rename: Sequence[str], only: str | None) -> Renaming:
    """What renames and drops the labels of a document.

    Args:
        rename: As ``SpecificDisease=Disease``; ``Modifier=`` drops a label.
        only: The labels that stay after it, parted by commas; all by default.

    Raises:
        ValueError: If there is no ``=``, or no label stays.
    """
    pairs = [each.partition("=") for each in rename]
    wrong = [each for each, (_, sign, _) in zip(rename, pairs, strict=True) if not sign]
    if wrong:
        raise ValueError(f"Expected --rename OLD=NEW but got {wrong[0]!r}.")
    names: dict[str, str | None] = {old.strip(): new.strip() or None for old, _, new in pairs}
    stay = {label.strip() for label in only.split(",") if label.strip()} if only is not None else None
    if stay is not None and not stay:
        raise ValueError("Expected --labels to name a label.")

    def renamed(document: "Document") -> "Document":
        document = document.relabel(names)
        if stay is None:
            return document
        return document.relabel({span.label: None for span in document.spans if span.label not in stay})

    return renamed


def checkpoint_named(name: str) -> "Tagger | None":
    """The tagger of that name or folder; ``None`` where it is no checkpoint but predicted documents."""
    from zoo.cli.starting import tagger_named

    path = Path(name)
    if path.exists() and not (path / "config.json").exists():
        return None
    return tagger_named(name)


def tagged(tagger: "Tagger", documents: Sequence["Document"]) -> list["Document"]:
    """What a tagger finds, with a progress bar."""
    from zoo.cli.starting import words_progress

    with words_progress("tagging") as advance:
        return tagger.tag(documents, on_batch=advance)


def read_predictions(
    path: str, format: str | None, options: Mapping[str, object], gold: Sequence["Document"]
) -> list["Document"]:
    """Predicted documents from files, in the order of the gold ones, by their ids or, where these differ, by position.

    A brat folder may hold ``.ann`` files alone, as shared tasks ask for them: their offsets are then those of the
    gold texts.

    Raises:
        ValueError: If they are not the same documents as the gold ones; as for reading.
    """
    from zoo.data import brat, formats
    from zoo.data.document import losses_of
    from zoo.evaluation.spans import align

    name = format or formats.detect(path)
    if name == "brat" and Path(path).is_dir() and not any(Path(path).rglob("*.txt")):
        texts = {document.id: document.text for document in gold}
        predicted = list(brat.read(path, texts=texts, lenient=bool(options.get("lenient"))))
    else:
        predicted = list(formats.read(path, name, options))
    say_losses(f"the documents cannot hold, of {path},", losses_of(predicted))
    theirs, ours = Counter(document.id for document in predicted), Counter(document.id for document in gold)
    if theirs != ours and [document.text for document in predicted] == [document.text for document in gold]:
        # Files of columns may have no ids; sentences are then named after their file.
        typer.secho(f"zoo: {path} has other ids but the same texts in the same order: paired by order", err=True)
        predicted = [replace(found, id=true.id) for found, true in zip(predicted, gold, strict=True)]
    return align(gold, predicted)


def without_foreign(gold: Sequence["Document"], taggers: Sequence["Tagger | None"]) -> list["Document"]:
    """The gold documents without labels that a tagger does not know, with a word about what is left out."""
    known = [set(tagger.codec.config.labels) for tagger in taggers if tagger]
    if not known:
        return list(gold)
    both = set.intersection(*known)
    foreign = Counter(span.label for document in gold for span in document.spans if span.label not in both)
    for label, count in sorted(foreign.items()):
        message = f"zoo: left out {count} gold spans of {label}: the tagger knows {', '.join(sorted(both))}"
        typer.secho(message, fg="yellow", err=True)
    return [document.relabel(dict.fromkeys(foreign)) for document in gold]


def tag_sequences(gold: str, predicted: Sequence[str]) -> list[list[list[str]]] | None:
    """The tags of CoNLL files as they stand there, gold first; ``None`` where a side is no such file.

    Scorers of tags are about sequences that no document holds: an ``I-`` that nothing begins.

    Raises:
        ValueError: If the files do not have the same words; as for reading.
    """
    from zoo.data import conll, formats

    paths = [gold, *predicted]
    if not all(Path(path).is_file() and formats.detect(path) == "conll" for path in paths):
        return None
    sides = [list(conll.read_tags(path)) for path in paths]
    words = [[[word for word, _ in sentence] for sentence in side] for side in sides]
    for path, found in zip(predicted, words[1:], strict=True):
        if found != words[0]:
            at = next((i for i, pair in enumerate(zip(words[0], found, strict=False)) if pair[0] != pair[1]), None)
            where = f"sentence {at + 1} differs" if at is not None else f"{len(words[0])} and {len(found)} sentences"
            raise ValueError(f"Expected the words of {gold} in {path} but {where}.")
    return [[[tag for _, tag in sentence] for sentence in side] for side in sides]
