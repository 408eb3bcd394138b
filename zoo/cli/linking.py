"""What the commands that link ask for, and the linker that is made of it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zoo.linking.linker import Embeds, Linker

Abbreviations = Annotated[
    Path | None, typer.Option(help="A table of abbreviations (AbreMES-DB, SEDOM, `zoo link abbreviations`, any TSV).")
]
Encoder = Annotated[
    str | None,
    typer.Option(help="An encoder, or a bert tagger, that compares what fuzzy search finds by what it means."),
]


def linker_of(index: Path, threshold: float, abbreviations: Path | None, encoder: str | None) -> "Linker":
    """The linker of a command's options.

    Raises:
        ValueError: If the encoder is a tagger that has none.
    """
    from zoo.linking.abbreviation_tables import read_abbreviations
    from zoo.linking.linker import Linker, LinkerConfig

    table = read_abbreviations(abbreviations) if abbreviations else None
    linker = Linker(index, LinkerConfig(threshold=threshold), table, encoder_named(encoder) if encoder else None)
    if encoder and linker.index.is_calibrated() and not linker.index.is_calibrated(with_encoder=True):
        message = "zoo: the index is calibrated for linkers without an encoder: scores are no probabilities here"
        typer.secho(
            f"{message}; `zoo link build --calibrate … --encoder {encoder}` makes them so", fg="yellow", err=True
        )
    return linker


def encoder_named(name: str) -> "Embeds":
    """The encoder of a tagger, by its checkpoint's name or folder, or one of transformers.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is a tagger without an encoder.
    """
    from zoo.hub.index import checkpoint_folder, list_checkpoints, load
    from zoo.models.bert import Bert
    from zoo.models.text_encoder import TextEncoder

    if name not in list_checkpoints() and not _is_tagger(
        checkpoint_folder(name) if Path(name).is_dir() else Path(name)
    ):
        return TextEncoder(name)
    tagger = load(name)
    if not isinstance(tagger, Bert):
        raise ValueError(
            f"{name}: {tagger.key} has no encoder — expected a bert tagger, or an encoder's folder — name another."
        )
    return tagger


def _is_tagger(folder: Path) -> bool:
    config = folder / "config.json"
    return config.is_file() and "architecture" in json.loads(config.read_text(encoding="utf-8"))
