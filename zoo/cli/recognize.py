"""``zoo link recognize`` and ``zoo link abbreviations``: what raw text tells, before any tagger."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoo.cli.inputs import check_output, say_losses
from zoo.cli.linking import Output, format_named
from zoo.cli.progress import documents_progress

if TYPE_CHECKING:
    from zoo.data.document import Document

Texts = Annotated[
    list[str], typer.Argument(help="Files, folders, patterns, of any format; relative to here, else to ZOO_DATA.")
]


def recognize(
    index: Annotated[Path, typer.Argument(help="An index, as `zoo link build` makes it.")],
    texts: Texts,
    output: Output = "-",
    to: Annotated[
        str | None, typer.Option("--to", help="As jsonl, pubtator, brat or bioc; else as OUTPUT's ending.")
    ] = None,
    label: Annotated[str, typer.Option(help="Of the mentions.")] = "Concept",
    strict: Annotated[
        bool, typer.Option("--strict", help="Only names that hardly mean anything else, and one concept each.")
    ] = False,
) -> None:
    """Find the names of an index in raw text, word for word, without a tagger; each line of a text file is a document.

    - `zoo link recognize decs.sqlite 'es/raw/*.txt.gz' --out found.jsonl`

    - `zoo embed --text found.jsonl --concepts 'DeCS:[0-9]+' --method fasttext-skipgram --out runs/concepts`

    All names are sought at once, by an automaton: the longest name from the left counts, whatever its case of letters
    (short words alone must be written as the name is), with all its concepts. What the text introduces as an
    abbreviation of a name is one, too.
    """
    from zoo.data import formats
    from zoo.linking.dictionary import Dictionary
    from zoo.linking.index import LinkingIndex
    from zoo.pretraining.texts import find_texts

    format_to = format_named(to, output)
    paths = find_texts(texts)
    check_output(output, [index, *paths])
    with LinkingIndex(index) as opened:
        dictionary = Dictionary({label: opened.concepts()}, strict=strict)
    mentions, concepts = 0, set[str]()

    def found() -> Iterator["Document"]:
        nonlocal mentions
        with documents_progress() as step:
            for document in step("recognizing", _documents(paths)):
                labelled = dictionary.label(document)
                mentions += len(labelled.spans)
                concepts.update(concept for span in labelled.spans for concept in span.concepts)
                yield labelled

    losses = formats.write(found(), output, format_to)
    say_losses("names not sought", dictionary.left_out)
    say_losses(f"{format_to} cannot hold", losses)
    typer.secho(f"zoo: {mentions:,} mentions of {len(concepts):,} concepts", err=True)


def abbreviations(
    texts: Texts,
    out: Annotated[Path, typer.Option(help="The table: abbreviation, definition, frequency, parted by tabs.")],
) -> None:
    """Gather the abbreviations that texts introduce, "long form (LF)", for `--abbreviations` of the linker.

    - `zoo link abbreviations en/raw/*.txt.gz --out abbreviations.tsv`

    - `zoo link apply medic.sqlite tagged.jsonl --abbreviations abbreviations.tsv`

    Pairs that were seen once are in the table, but are often wrong, so that the linker takes those seen twice.
    """
    from zoo.linking.abbreviation_tables import LEAST, introduced, write_abbreviations
    from zoo.pretraining.texts import find_texts

    paths = find_texts(texts)
    check_output(out, paths)
    with documents_progress() as step:
        pairs = introduced(document.text for document in step("reading", _documents(paths)))
    write_abbreviations(pairs, out)
    often = sum(count >= LEAST for count in pairs.values())
    typer.echo(f"{out}: {len({short for short, _ in pairs}):,} abbreviations, {len(pairs):,} long forms")
    typer.secho(f"zoo: a linker takes the {often:,} that were seen {LEAST} times or more", err=True)


def _documents(paths: list[Path]) -> Iterator["Document"]:
    """Documents, of formats that have some, with an id each of its own; else each line with text is one."""
    from zoo.data import formats, rawtext
    from zoo.data.document import Document
    from zoo.data.textfile import unused_id
    from zoo.pretraining.texts import read_texts

    used: dict[str, int] = {}
    for path in paths:
        name = "genetag" if path.suffix == ".in" else formats.detect(path)
        if path.is_dir() and name in ("text", "brat"):
            found = rawtext.read(path)
        elif path.is_dir() or name not in ("text", "brat", "genetag"):
            options = {"lenient": True} if "lenient" in formats.FORMATS[name].reader_options else None
            found = formats.read(path, name, options)
        else:
            lines = enumerate(read_texts(path), start=1)
            found = (Document(f"{path.name}-{number}", line) for number, line in lines if line.strip())
        for document in found:
            yield replace(document, id=unused_id(document.id, used))
