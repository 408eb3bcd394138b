"""``zoo explain``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoo.cli.console import table_console

if TYPE_CHECKING:
    from rich.table import Table

    from zoo.evaluation.explanation import Explanation

_LEAST = 0.005  # probability of a tag that is shown beside the chosen one


def explain(
    checkpoint: Annotated[str, typer.Argument(help="A checkpoint by name (`zoo list`), or its folder.")],
    text: Annotated[str, typer.Argument(help="A sentence or a few; - for standard input.")] = "-",
    output: Annotated[
        Path | None, typer.Option("--output", "--out", "-o", help="Draw it: a .png, .svg or .pdf.")
    ] = None,
    word: Annotated[str | None, typer.Option(help="Draw this word alone, in all of its places.")] = None,
    attention: Annotated[
        Path | None,
        typer.Option(help="Draw the weight of every character in every dimension, where a tagger has such."),
    ] = None,
    json_output: Annotated[
        str | None, typer.Option("--json", help="Also write every number to this file; - for standard output.")
    ] = None,
) -> None:
    """Show why a tagger gave its tags: their probabilities, the features before the last layer, character attention.

    - `zoo explain char_cnn_bilstm_crf.ncbi-disease "Boys with Duchenne muscular dystrophy." --out why.png`

    - `zoo explain my-run "This factor binds. A transcription factor binds." --word factor --out factor.svg`

    - `zoo explain my-run "A transcription factor." --attention characters.png --json numbers.json`

    Beside a word in the picture: the spans found with their scores; the probability of every tag (boxed: the one
    chosen; dotted: the one that the network alone scores highest); what the last layer reads; and, of taggers with
    character attention, how much each character weighs.
    """
    import sys

    from zoo.cli.starting import tagger_named
    from zoo.data.document import Document
    from zoo.evaluation.drawing import check_picture

    if word is not None and output is None:
        raise ValueError("--word chooses what is drawn; name a picture with --out.")
    for picture in filter(None, (output, attention)):
        check_picture(picture)
    document = Document("text", sys.stdin.read() if text == "-" else text)
    tagger = tagger_named(checkpoint)
    from zoo.models.explain import explain as explain_texts

    found = explain_texts(tagger, [document])
    if not found:
        raise ValueError("Expected a text with words but got none.")
    _draw(found, output, word, attention)
    if output and not found[0].representation.size:
        message = f"zoo: a {tagger.key} makes no vectors of words, so the picture shows their tags alone"
        typer.secho(message, fg="yellow", err=True)
    if json_output:
        windows = [explanation.to_dict() for explanation in found]
        _write(json_output, {"architecture": tagger.key, "text": document.text, "windows": windows})
    console = table_console(stderr=json_output == "-")
    for explanation in found:
        console.print(_table(explanation))


def _draw(found: Sequence["Explanation"], output: Path | None, word: str | None, attention: Path | None) -> None:
    from zoo.evaluation.attention_plot import attention_plot
    from zoo.evaluation.explanation_plot import explanation_plot

    if attention:
        attention_plot(found, attention)
    if output:
        explanation_plot(found, output, word)


def _write(path: str, values: dict[str, Any]) -> None:
    import json

    from zoo.data.textfile import writing

    with writing(path) as file:
        file.write(json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def _table(explanation: "Explanation") -> "Table":
    """A line for each word: its tag with its probability, the span that begins there, what else it may be."""
    from rich.box import SIMPLE
    from rich.table import Column, Table
    from rich.text import Text

    begins: dict[int, str] = {}
    for first, end, label, score in explanation.spans:
        shown = f"{label} {score:.2f} ({end - first} words)" if end - first > 1 else f"{label} {score:.2f}"
        begins[first] = ", ".join(filter(None, (begins.get(first), shown)))
    columns = ("word", "tag", Column("probability", justify="right"), "span found", "other tags")
    table = Table(*columns, box=SIMPLE, pad_edge=False)
    for at, form in enumerate(explanation.words):
        probabilities, chosen = explanation.probabilities[at], explanation.path[at]
        likely = [int(tag) for tag in (-probabilities).argsort() if tag != chosen and probabilities[tag] >= _LEAST]
        others = ", ".join(f"{explanation.tags[tag]} {probabilities[tag]:.2f}" for tag in likely)
        cells = (form, explanation.tags[chosen], f"{probabilities[chosen]:.2f}", begins.get(at, ""), others)
        table.add_row(*map(Text, cells))  # Text: words and labels are never markup
    return table
