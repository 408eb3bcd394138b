"""``zoo publish``."""

from pathlib import Path
from typing import Annotated

import typer

from zoo.cli.console import table_console


def publish(
    checkpoint: Annotated[str, typer.Argument(help="A checkpoint's name (`zoo list`) or folder, or that of a run.")],
    repo: Annotated[str, typer.Option(help="Where to: owner/name; made if there is none.")],
    private: Annotated[bool, typer.Option("--private", help="A repository that is made is private.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing; show what would be sent.")] = False,
    tag: Annotated[str | None, typer.Option(help="Of this version.", show_default="v1, v2, … the next")] = None,
    licence: Annotated[str, typer.Option(help="Of the weights, by its SPDX name.")] = "Apache-2.0",
    card: Annotated[Path | None, typer.Option(help="Also write the card to this file.")] = None,
) -> None:
    """Publish a checkpoint to the Hugging Face Hub, with a card of its scores, in one commit with a version.

    - `zoo publish runs/my-corpus/bert --repo my-lab/bert-my-corpus --dry-run`

    - `zoo publish char_cnn_bilstm_crf.ncbi-disease --repo my-lab/diseases --private`

    First the checkpoint has to say what it said when it was made (golden.json). Log in with `hf auth login`, or set
    HF_TOKEN; HF_ENDPOINT names another Hub. Then anyone loads it: `zoo.load("my-lab/diseases")`.
    """
    from rich.table import Table

    from zoo.data.textfile import writing
    from zoo.hub.publish import publish as send

    done = send(checkpoint, repo, private=private, dry_run=dry_run, tag=tag, licence=licence)
    table = Table("file", "bytes", title=f"{'Would be sent' if dry_run else 'Sent'} to {repo}")
    for name, size in done.files.items():
        table.add_row(name, f"{size:,}")
    table_console().print(table)
    if card:
        with writing(card) as file:
            file.write(done.card)
    if dry_run:
        typer.echo(done.card if card is None else f"the card: {card}")
    else:
        typer.echo(f"{done.url} — commit {done.commit}, version {done.tag}")
