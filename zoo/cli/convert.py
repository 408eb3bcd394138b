"""``zoo convert``."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from zoo.cli.inputs import counted, documents_of, given, has_splits, say_losses
from zoo.cli.progress import documents_progress
from zoo.cli.systems import words_of

_READING, _WRITING = "Options of the format that is read", "Options of the format that is written"


def convert(
    source: Annotated[str, typer.Argument(help="A file, a folder, a corpus by name (`zoo corpus list`), or -.")],
    target: Annotated[str, typer.Argument(help="A file, a folder (brat, genetag), or - for standard output.")],
    from_: Annotated[
        str | None, typer.Option("--from", help="Format of the source, where its files do not tell.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Format of the target, where its ending does not tell.")] = None,
    split: Annotated[str | None, typer.Option(help="Split of a corpus that has some.")] = None,
    allow_loss: Annotated[bool, typer.Option("--allow-loss", help="Write even if something is lost.")] = False,
    lenient: Annotated[
        bool,
        typer.Option(
            "--lenient", help="Count mentions that disagree with the text, do not stop.", rich_help_panel=_READING
        ),
    ] = False,
    word_column: Annotated[int | None, typer.Option(help="conll: from 0.", rich_help_panel=_READING)] = None,
    tag_column: Annotated[
        int | None, typer.Option(help="conll: from 0; -1 is the last.", rich_help_panel=_READING)
    ] = None,
    from_scheme: Annotated[
        str | None, typer.Option(help="conll: tag scheme; else it is detected.", rich_help_panel=_READING)
    ] = None,
    tag_names: Annotated[
        str | None, typer.Option(help="tokens: names of integer tags, as O,B-Gene,I-Gene.", rich_help_panel=_READING)
    ] = None,
    notes_are_concepts: Annotated[
        bool,
        typer.Option("--notes-are-concepts", help="brat: AnnotatorNotes hold concept ids.", rich_help_panel=_READING),
    ] = False,
    missing_text: Annotated[
        str | None,
        typer.Option(help="brat: 'blank' rebuilds missing texts from the mentions alone.", rich_help_panel=_READING),
    ] = None,
    scheme: Annotated[
        str | None,
        typer.Option(help="conll, tokens: IOB1, IOB2, BIOES, BILOU or BMEWO-V.", rich_help_panel=_WRITING),
    ] = None,
    words: Annotated[
        str | None,
        typer.Option(
            help="conll, tokens: 'rule' (as our taggers cut) or 'blanks'; else the words of a source that has them "
            "(conll, tokens), or 'rule'.",
            rich_help_panel=_WRITING,
        ),
    ] = None,
    label: Annotated[str | None, typer.Option(help="genetag: the one label.", rich_help_panel=_WRITING)] = None,
) -> None:
    """Convert annotated documents from any format to any other.

    What the target cannot hold is counted, and nothing is written unless `--allow-loss` is given.

    - `zoo convert corpus.pubtator corpus.jsonl`

    - `zoo convert my-brat-folder train.conll --scheme BIOES --allow-loss`

    - `zoo convert bc5cdr out/ --split test --to brat --allow-loss`

    - `zoo convert tagged.conll - --to pubtator --tag-column 3`

    Formats: brat, pubtator, bioc, bioc-json, conll, genetag, jsonl, tokens (Hugging Face rows); text is only read,
    html only written.
    """
    from zoo.data import formats

    format_to = to or formats.told_by_ending(target)
    if format_to is None:
        writable = ", ".join(name for name, row in formats.FORMATS.items() if row.writer)
        raise ValueError(f"Expected --to, one of {writable}: the ending of {target!r} names no format.")
    _check_target(source, target, format_to)
    if split and not has_splits(source):
        raise ValueError(f"{source} has no splits: leave --split out.")
    reading = given(
        lenient=lenient,
        word_column=word_column,
        tag_column=tag_column,
        scheme=from_scheme,
        tag_names=tag_names,
        notes_are_concepts=notes_are_concepts,
        missing_text=missing_text,
    )
    writing = given(scheme=scheme, label=label) | _segmenter(words, format_to, source, from_)
    unread: dict[str, int] = {}
    with _staged(target) as (stage, publish), documents_progress() as step:
        documents = step("converting", counted(documents_of(source, split, from_, reading), unread))
        losses = formats.write(documents, stage, format_to, writing)
        if allow_loss or not (losses or unread):
            publish()
    say_losses(f"the documents cannot hold, of {source},", unread)
    say_losses(f"{format_to} cannot hold", losses)
    if (losses or unread) and not allow_loss:
        other = ", or choose jsonl, which holds it all" if losses and not unread else ""
        raise ValueError(f"nothing was written: give --allow-loss to lose what is listed above{other}.")


def _check_target(source: str, target: str, format_to: str) -> None:
    from zoo.data.formats import FORMATS

    is_folder = format_to in FORMATS and FORMATS[format_to].is_folder
    if target == "-":
        return
    path = Path(target).resolve()
    if path.exists() and path.is_dir() != is_folder:
        kinds = ("a file", "a folder") if is_folder else ("a folder", "a file")
        raise ValueError(f"{target} is {kinds[0]}; {format_to} needs {kinds[1]}.")
    if is_folder and path.exists() and any(path.iterdir()):
        raise ValueError(f"{target} has files, which would be read with the new ones; choose an empty or new folder.")
    if source != "-" and Path(source).exists():
        start = Path(source).resolve()
        if start == path or path in start.parents or start in path.parents:
            raise ValueError(f"{target} would overwrite or stand within {source}; choose another target.")


def _segmenter(words: str | None, format_to: str, source: str, format: str | None) -> dict[str, object]:
    """The option that says how a writer of columns cuts words."""
    from zoo.data.conll import blank_words
    from zoo.data.formats import FORMATS
    from zoo.text.segment import Segmenter

    if words not in (None, "rule", "blanks"):
        raise ValueError(f"Expected --words 'rule' or 'blanks' but got {words!r}.")
    if format_to not in FORMATS or "segment" not in FORMATS[format_to].writer_options:
        return {}
    if words:
        return {"segment": blank_words if words == "blanks" else Segmenter().__call__}
    if format is None and not Path(source).exists() and not has_splits(source):
        return {}  # nothing there: for the reader to say
    return {"segment": words_of(source, format)}


@contextmanager
def _staged(target: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """A place beside the target to write to, and what brings its files to the target once all is well."""
    named, final = Path(target), Path(target).resolve()  # what a link points to, not the link, is replaced
    is_stream = target == "-" or (named.exists() and not named.is_file() and not named.is_dir())
    with tempfile.TemporaryDirectory(prefix=".zoo-convert-", dir=None if is_stream else _existing(final.parent)) as top:
        stage = Path(top) / ("stream" if is_stream else final.name)

        def publish() -> None:
            if is_stream:  # standard output, a pipe or a device: written to, not replaced
                with (
                    open(stage, "rb") as written,
                    nullcontext(sys.stdout.buffer) if target == "-" else open(target, "wb") as stream,
                ):
                    shutil.copyfileobj(written, stream)
                    stream.flush()
                return
            for file in [stage] if stage.is_file() else sorted(f for f in stage.rglob("*") if f.is_file()):
                place = final / file.relative_to(stage) if file != stage else final
                place.parent.mkdir(parents=True, exist_ok=True)
                os.replace(file, place)

        yield str(stage), publish


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists: on the same disk, so that files can be moved."""
    return next(place for place in (folder, *folder.parents) if place.is_dir())
