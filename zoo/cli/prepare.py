"""``zoo corpus prepare``."""

from pathlib import Path
from typing import Annotated

import typer

from zoo.cli.inputs import say_losses
from zoo.cli.progress import words_progress


def prepare(
    texts: Annotated[
        list[str],
        typer.Argument(help="Files, folders, patterns, of any format; relative to here, else to ZOO_DATA."),
    ],
    out: Annotated[Path, typer.Option(help="The file to write; .gz is compressed, - is standard output.")],
    language: Annotated[
        str | None, typer.Option(help="Of Dublin Core XML, only titles and descriptions in this language, as es.")
    ] = None,
    lower: Annotated[bool, typer.Option("--lower", help="Write in lower case.")] = False,
    no_punctuation: Annotated[
        bool, typer.Option("--no-punctuation", help="Leave out words without letter or digit.")
    ] = False,
    stop_words: Annotated[Path | None, typer.Option(help="A file of words to leave out, one a line.")] = None,
    segmentation: Annotated[str, typer.Option(help="Rule for sentences and words.")] = "v1",
    deduplicate: Annotated[
        bool, typer.Option("--deduplicate", help="Leave out a document whose lines one before it has.")
    ] = False,
) -> None:
    """Gather raw text to pretrain on: a sentence a line, a blank line after each document.

    - `zoo corpus prepare es/raw/dublin-core --language es --out corpus-es.txt.gz`

    - `zoo corpus prepare 'articles/*.xml' notes.txt --language es --lower --no-punctuation --out corpus.txt`

    Read are Dublin Core XML (SciELO, IBECS, PubMed records), plain text, and the text of every annotated format. What
    is left out or mended is counted and told. The file appears only when all of it is written. A tagger reads
    punctuation and stop words: leave them in for vectors it is to use.
    """
    from zoo.pretraining.prepare import prepare_corpus

    with words_progress("preparing") as advance:
        done = prepare_corpus(
            texts,
            out,
            language=language,
            lower=lower,
            punctuation=not no_punctuation,
            stop_words=stop_words,
            segmentation=segmentation,
            deduplicate=deduplicate,
            progress=advance,
        )
    sizes = f"{done.documents:,} documents, {done.sentences:,} sentences, {done.words:,} words"
    typer.echo(f"{sizes} of {done.files:,} files: {out}", err=str(out) == "-")
    say_losses("left out or mended", done.left_out)
    if done.whole:
        message = f"zoo: {done.whole} of {done.files} files name no language of their texts, so they were read whole"
        typer.secho(message, fg="yellow", err=True)
