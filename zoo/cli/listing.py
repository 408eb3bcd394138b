"""``zoo list``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoo.cli.console import table_console

if TYPE_CHECKING:
    from rich.text import Text


def list_command(
    pattern: Annotated[str, typer.Argument(help="Shell wildcards, as '*.ncbi-disease'.")] = "*",
    json_output: Annotated[
        str | None, typer.Option("--json", help="Also write the rows to this file; - for standard output.")
    ] = None,
) -> None:
    """List the checkpoints that ship: corpus, language, labels, test F1, size, tagging speed and licence.

    - `zoo list`

    - `zoo list "*.ncbi-disease" --json -`
    """
    import json

    from rich.box import SIMPLE
    from rich.table import Column, Table

    from zoo.data.nearest import did_you_mean
    from zoo.data.textfile import writing
    from zoo.hub.index import list_checkpoints, read_index

    index = read_index()
    rows = {name: index[name] for name in list_checkpoints(pattern)}
    if not rows:
        hint = did_you_mean(pattern.strip("*"), index)
        raise ValueError(f"No checkpoint is named like {pattern!r}; there are {', '.join(index)}.{hint}")
    if json_output:
        with writing(json_output) as file:
            file.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    columns = (
        Column("checkpoint", overflow="fold"),
        Column("F1 on test", no_wrap=True),
        Column("size, speed", no_wrap=True),
    )
    table = Table(*columns, box=SIMPLE, pad_edge=False, padding=(0, 1, 1, 0), caption_justify="left")
    for name, row in rows.items():
        table.add_row(*_cells(name, row))
    devices = dict.fromkeys(row["device"] for row in rows.values())
    table.caption = (
        "F1 with its 95 % interval and its scorer (`zoo evaluate --scorers` explains them; strict: offsets and label "
        f"exactly those of the gold standard). Words a second from raw text to spans on {'; '.join(devices)}."
    )
    table_console(stderr=json_output == "-").print(table)


def _cells(name: str, row: dict[str, Any]) -> list["Text"]:
    """Three cells of three lines: what it is, how well it does, what it takes."""
    from rich.text import Text

    test = row["test"]
    what = Text(name, "bold").append(f"\n{row['corpus']} ({row['language']}): {', '.join(row['labels'])}", "not bold")
    score = f"{100 * test['f1']:.2f}\n{100 * test['low']:.1f}–{100 * test['high']:.1f}\n{test['scorer']}"
    takes = f"{row['megabytes']:.1f} MB\n{row['words_per_second']:,} words/s\n{row['licence']}"
    return [what, Text(score), Text(takes)]
