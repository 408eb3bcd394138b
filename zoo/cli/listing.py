"""``zoo list``."""

from typing import Annotated

import typer

from zoo.cli.console import table_console


def list_command(
    pattern: Annotated[str, typer.Argument(help="Shell wildcards, as '*.ncbi-disease'.")] = "*",
) -> None:
    """List the checkpoints that ship, with corpus, labels, test F1, size and licence."""
    from rich.box import SIMPLE
    from rich.table import Column, Table

    from zoo.hub.index import list_checkpoints, read_index

    names = list_checkpoints(pattern)
    if not names:
        raise ValueError(f"No checkpoint is named like {pattern!r}; there are {', '.join(list_checkpoints())}.")
    columns = [Column(name, overflow="fold") for name in ("corpus", "labels", "F1 on test", "size")]
    table = Table(Column("checkpoint", no_wrap=True), *columns, box=SIMPLE, pad_edge=False, padding=0)
    for name in names:
        row = read_index()[name]
        score = row["test"]
        shown = f"{100 * score['f1']:.2f}\n{100 * score['low']:.1f}–{100 * score['high']:.1f}"
        corpus, labels = f"{row['corpus']}\n({row['language']})", "\n".join(row["labels"])
        table.add_row(name, corpus, labels, shown, f"{row['megabytes']:.1f} MB\n{row['licence']}")
    table.caption = "F1 of strict spans (offsets and label exactly those of the gold standard), with its 95 % interval."
    table_console().print(table)
