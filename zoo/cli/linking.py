"""What the commands that link ask for, and the linker that is made of it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zoo.linking.linker import Embeds, Linker

Output = Annotated[str, typer.Option("--output", "--out", "-o", help="File, folder (brat), or - for standard output.")]
Abbreviations = Annotated[
    Path | None, typer.Option(help="A table of abbreviations (AbreMES-DB, SEDOM, `zoo link abbreviations`, any TSV).")
]
Encoder = Annotated[
    str | None,
    typer.Option(help="An encoder, or a bert tagger, that compares what fuzzy search finds by what it means."),
]


def linker_of(
    index: Path, threshold: float = 0.5, abbreviations: Path | None = None, encoder: str | None = None
) -> "Linker":
    """The linker of a command's options.

    Raises:
        ValueError: If the encoder is a tagger that has none.
    """
    from zoo.linking.abbreviation_tables import read_abbreviations
    from zoo.linking.linker import Linker, LinkerConfig

    table = read_abbreviations(abbreviations) if abbreviations else None
    given = None if encoder is None else encoder_named(encoder)
    linker = Linker(index, LinkerConfig(threshold=threshold), table, given)
    if linker.index.calibrations and not linker.calibration:
        message = "zoo: the index is calibrated for other linkers, so that scores are no probabilities here"
        remedy = f"`zoo link build --calibrate … --encoder {encoder}`" if encoder else "`zoo link build --calibrate …`"
        typer.secho(f"{message}; {remedy} makes them so", fg="yellow", err=True)
    return linker


def encoder_named(name: str) -> "Embeds":
    """The encoder of a tagger, by its checkpoint's name or folder, or one of transformers.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is a tagger without an encoder, or its configuration cannot be read.
    """
    from zoo.hub.index import checkpoint_folder, list_checkpoints, load
    from zoo.models.bert import Bert
    from zoo.models.text_encoder import TextEncoder

    if name not in list_checkpoints() and not (Path(name).is_dir() and _is_tagger(checkpoint_folder(name))):
        return TextEncoder(name)
    tagger = load(name)
    if not isinstance(tagger, Bert):
        raise ValueError(
            f"{name}: {tagger.key} has no encoder — expected a bert tagger, or an encoder's folder — name another."
        )
    return tagger


def _is_tagger(folder: Path) -> bool:
    config = folder / "config.json"
    try:
        return config.is_file() and "architecture" in json.loads(config.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{config}: is not JSON ({error}) — expected an encoder's — take a fresh copy.") from error


def format_named(to: str | None, output: str) -> str:
    """The format that is asked for, or that the output's ending names; JSON Lines for standard output.

    Raises:
        ValueError: If neither names one.
    """
    from zoo.data import formats

    found = to or ("jsonl" if output == "-" else formats.told_by_ending(output))
    if found is None:
        writable = ", ".join(name for name, row in formats.FORMATS.items() if row.writer)
        raise ValueError(f"Expected --to, one of {writable}: the ending of {output!r} names no format.")
    return found
