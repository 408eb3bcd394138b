"""``zoo demo``."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the brat files and the page.")] = Path(
        "demo"
    ),
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", "-c", help="A checkpoint by name (`zoo list`), or its folder.")
    ] = "char_cnn_bilstm_crf.ncbi-disease",
) -> None:
    """Tag a few PubMed abstracts, offline, with a checkpoint that ships; show the spans, a brat folder and a page."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from zoo.cli.starting import tagger_named
    from zoo.data import formats

    abstracts = Path(__file__).with_name("demo_abstracts.pubtator")
    documents = tagger_named(checkpoint).tag(list(formats.read(abstracts, "pubtator")))
    console = Console()
    for document in documents:
        table = Table("start", "end", "label", "text", "score", title=f"PMID {document.id}", title_justify="left")
        for span in document.spans:
            shown = (str(span.start), str(span.end), span.label, span.slice(document.text), f"{span.score:.3f}")
            table.add_row(*map(Text, shown))
        console.print(table)
    formats.write(documents, output / "brat", "brat")
    formats.write(documents, output / "entities.html", "html")
    typer.echo(f"brat folder: {output / 'brat'}\npage: {output / 'entities.html'} (open it in a browser)")
