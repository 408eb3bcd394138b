"""Predictions of any system, read from its files and laid on the gold documents they are scored against.

Systems do not write what they were given: columns of words lose blanks and often ids, participants of shared tasks
hand in annotations without texts. What is missing is taken from the gold documents. Nothing is guessed: characters
other than white space must be the same.
"""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from zoo.data import brat, conll, formats
from zoo.data.document import Document, Span, losses_of
from zoo.evaluation import genetag
from zoo.evaluation.spans import align


class Predictions(NamedTuple):
    """What a system found.

    Args:
        documents: In the order of the gold ones, on their texts.
        notes: In words, what was done to bring them there.
        losses: What the files hold and documents cannot, by kind.
    """

    documents: list[Document]
    notes: list[str]
    losses: Counter[str]


def read_predictions(
    path: str | Path, gold: Sequence[Document], format: str | None = None, lenient: bool = False
) -> Predictions:
    """Reads predicted documents.

    Three kinds of files come without texts, and take those of the gold documents: a brat folder of ``.ann`` files
    alone, one such file, and a BioCreative II GM list of ``id|start end|text``.

    Args:
        path: A file or folder of any format.
        gold: The documents they are about.
        format: A key of :data:`zoo.data.formats.FORMATS`, where the files do not tell.
        lenient: Whether mentions that disagree with the text are counted in ``losses`` instead of raised.

    Raises:
        FileNotFoundError: If there is no such file.
        DataFormatError: As for reading.
        ValueError: As for :func:`lay`.
    """
    if format in (None, "genetag") and Path(path).is_file() and genetag.is_list(path):
        return lay(genetag.laid_on(gold, genetag.read_lines(path), lenient), gold)
    name = format or formats.detect(path)
    if name == "brat" and not _has_texts(Path(path)):
        texts = {document.id: document.text for document in gold}
        predicted = list(brat.read(path, texts=texts, lenient=lenient, notes_are_concepts=True))
    else:
        predicted = list(formats.read(path, name, reading_options(name, lenient)))
    return lay(predicted, gold)


def reading_options(format: str, lenient: bool) -> dict[str, object]:
    """What a format's reader is told where documents are to be scored: a brat note may be the code of a mention."""
    wanted = {"lenient": lenient, "notes_are_concepts": True}
    known = formats.FORMATS[format].reader_options if format in formats.FORMATS else []
    return {option: True for option, value in wanted.items() if value and option in known}


def _has_texts(path: Path) -> bool:
    return any(path.rglob("*.txt")) if path.is_dir() else path.with_suffix(".txt").exists()


def lay(predicted: Sequence[Document], gold: Sequence[Document]) -> Predictions:
    """Brings predicted documents into the order of the gold ones and onto their texts.

    Documents are paired by their ids. Where these differ, as in columns, where every sentence may be a document of
    its own, all texts together must be the same, one after the other. Texts may differ in white space: spans are then
    moved, and lose what white space they begin or end with.

    Args:
        predicted: Of any order.
        gold: The documents they are about.

    Raises:
        ValueError: If ids and texts differ, or a span that is moved holds white space alone or goes from one document
            into the next. A text that differs under the same id is left to :func:`zoo.evaluation.spans.paired`.

    Examples:
        >>> gold = Document("7", "No fever.")
        >>> columns = [Document("a-1", "No fever .", (Span.of(3, 8, "Sign"),))]
        >>> found = lay(columns, [gold])
        >>> found.documents[0].id, found.documents[0].spans[0].slice(gold.text), found.notes
        ('7', 'fever', ['the texts are the same, but for ids and white space: mentions were moved'])
    """
    losses = losses_of(predicted)
    if Counter(each.id for each in predicted) != Counter(each.id for each in gold) and _solid(predicted) == _solid(
        gold
    ):
        return Predictions(_moved(predicted, gold), [_note(predicted, gold)], losses)
    documents, moved = [], 0
    for true, found in zip(gold, align(gold, predicted), strict=True):
        is_other = found.text != true.text and _solid([found]) == _solid([true])
        documents += _moved([found], [true]) if is_other else [found]
        moved += is_other
    notes = [f"{moved} texts differ from the gold ones in white space: mentions were moved"] if moved else []
    return Predictions(documents, notes, losses)


def _note(predicted: Sequence[Document], gold: Sequence[Document]) -> str:
    if [each.text for each in predicted] == [each.text for each in gold]:
        return "the texts are the same, but for ids: documents were paired in their order"
    return "the texts are the same, but for ids and white space: mentions were moved"


def _solid(documents: Sequence[Document]) -> str:
    """The characters other than white space."""
    return "".join("".join(document.text.split()) for document in documents)


def _moved(predicted: Sequence[Document], gold: Sequence[Document]) -> list[Document]:
    """The predicted spans on the gold texts, which have the same characters but for white space."""
    offsets = array("L", (at for each in gold for at, character in enumerate(each.text) if not character.isspace()))
    borders = list(accumulate(len(_solid([each])) for each in gold))
    spans: list[list[Span]] = [[] for _ in gold]
    passed = 0  # characters other than white space, in the documents before
    for document in predicted:
        before = list(accumulate((not character.isspace() for character in document.text), initial=passed))
        for span in document.spans:
            solid = [(before[start], before[end] - 1) for start, end in span.fragments if before[start] < before[end]]
            numbers = {bisect_right(borders, at) for pair in solid for at in pair}
            if len(numbers) != 1:
                what = "in more than one" if numbers else "white space alone"
                where = f"{span.label} at {span.start}–{span.end} of predicted document {document.id!r}"
                raise ValueError(f"Expected mentions within one document but {where} is {what}: correct it.")
            fragments = tuple((offsets[first], offsets[last] + 1) for first, last in solid)
            spans[numbers.pop()].append(Span(fragments, span.label, span.score, span.concepts))
        passed = before[-1]
    return [Document(each.id, each.text, tuple(found)) for each, found in zip(gold, spans, strict=True)]


class Tags(NamedTuple):
    """The tags of the gold file and of each system's, sentence by sentence, and how many sentences a document has."""

    gold: list[list[str]]
    systems: list[list[list[str]]]
    documents: list[int]


def read_tags(
    gold: str | Path, predicted: Sequence[str | Path], renamed: Callable[[str], str | None] = lambda label: label
) -> Tags:
    """Reads the tags of CoNLL files as they stand there, for scorers of tags: no document holds an orphan ``I``.

    Args:
        gold: A file.
        predicted: Files of the same words.
        renamed: The name of a label, or ``None`` where its words are outside.

    Raises:
        ValueError: If the words differ; as for reading.
    """
    true, *systems = (list(conll.read_tags(path)) for path in (gold, *predicted))
    words = [[word for word, _ in sentence] for sentence in true]
    for path, sentences in zip(predicted, systems, strict=True):
        found = [[word for word, _ in sentence] for sentence in sentences]
        if found != words:
            at = next((at for at, pair in enumerate(zip(words, found, strict=False)) if pair[0] != pair[1]), None)
            where = f"sentence {at + 1} differs" if at is not None else f"{len(words)} and {len(found)} sentences"
            raise ValueError(f"Expected the words of {gold} in {path} but {where}.")
    sizes = [document.text.count("\n") + bool(document.text) for document in conll.read(gold)]
    return Tags(_tags(true, renamed), [_tags(sentences, renamed) for sentences in systems], sizes)


def _tags(sentences: list[list[tuple[str, str]]], renamed: Callable[[str], str | None]) -> list[list[str]]:
    def tag(old: str) -> str:
        prefix, _, label = old.partition("-")
        new = renamed(label) if label else None
        return f"{prefix}-{new}" if new else "O"

    return [[tag(old) for _, old in sentence] for sentence in sentences]
