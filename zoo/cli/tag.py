"""``zoo tag``."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoo.cli.inputs import check_output
from zoo.cli.linking import Abbreviations, Encoder, Output, linker_of

if TYPE_CHECKING:
    from zoo.data.document import Document
    from zoo.linking.linker import Linker

_DOCUMENTS_AT_ONCE = 500  # read, tagged and written together: memory stays bounded, batches stay full


def tag(
    inputs: Annotated[list[str] | None, typer.Argument(help="Files or folders; - for standard input.")] = None,
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", "-c", help="A checkpoint by name (`zoo list`), or its folder.")
    ] = "char_cnn_bilstm_crf.ncbi-disease",
    format: Annotated[
        str | None, typer.Option("--from", "--format", help="As text, brat, pubtator, bioc, conll; else it is told.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="As brat, bioc, jsonl, html, or lines (one span a line); else as OUTPUT's ending."),
    ] = None,
    output: Output = "-",
    processes: Annotated[
        int, typer.Option(min=1, help="Processes that tag side by side, each with a tagger of its own.")
    ] = 1,
    link: Annotated[
        Path | None, typer.Option(help="An index of `zoo link build`: each mention gets the concept it is linked to.")
    ] = None,
    link_threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="The least score of a concept; less is NIL.", show_default="0.5"),
    ] = None,
    abbreviations: Abbreviations = None,
    encoder: Encoder = None,
    half: Annotated[
        bool, typer.Option("--half", help="Compute in bfloat16: sooner where the device has instructions for it.")
    ] = False,
) -> None:
    """Find the entities of texts.

    - `zoo tag abstract.txt`

    - `echo "Mutations of APC cause colon cancer." | zoo tag`

    - `zoo tag my-brat-folder --to brat --output tagged`

    - `zoo tag abstracts.pubtator --output tagged.html`

    - `zoo tag corpus.jsonl --processes 8 --output tagged.jsonl`

    - `zoo tag abstracts.pubtator --link medic.sqlite --to pubtator`
    """
    from zoo.cli.inputs import counted
    from zoo.cli.progress import words_progress
    from zoo.cli.starting import tagger_named
    from zoo.data import formats
    from zoo.text.segment import Segmenter

    to = to or _told_by(output)
    _check(inputs or ["-"], to, output)
    unread = Counter[str]()
    documents = counted(_read(inputs or ["-"], format), unread)
    linker = _linker(link, link_threshold, abbreviations, encoder)
    tagger = tagger_named(checkpoint)  # for several processes, too: to say what is wrong with it, and for its codec
    with words_progress("tagging") as advance:

        def tagged() -> Generator["Document", None, None]:
            if processes > 1:
                from zoo.cli.processes import tag_in_processes

                yield from tag_in_processes(checkpoint, documents, processes, half=half, on_portion=advance)
                return
            while several := list(islice(documents, _DOCUMENTS_AT_ONCE)):
                yield from tagger.tag(several, half=half, on_batch=advance)

        with closing(_linked(tagged(), linker)) as found:  # at once, and processes with it, if it cannot be written
            if to == "lines":
                losses = _write_lines(found, output, concepts=link is not None)
            elif to in ("conll", "tokens"):
                codec = tagger.codec.config
                scheme = codec.scheme if codec.scheme == "BMEWO-V" else "IOB2"  # where spans overlap, IOB2 loses some
                words = Segmenter(codec.segmentation).__call__
                losses = formats.write(found, output, to, {"scheme": scheme, "segment": words})
            else:
                losses = formats.write(found, output, to)
    for kind, count in sorted(unread.items()):
        typer.secho(f"zoo: the input holds {count} × {kind} that was not read", fg="yellow", err=True)
    for kind, count in sorted(losses.items()):
        typer.secho(f"zoo: {to} cannot hold {count} × {kind}", fg="yellow", err=True)


def _linker(
    index: Path | None, threshold: float | None, abbreviations: Path | None, encoder: str | None
) -> "Linker | None":
    if index is not None:
        return linker_of(index, 0.5 if threshold is None else threshold, abbreviations, encoder)
    options = {"--link-threshold": threshold, "--abbreviations": abbreviations, "--encoder": encoder}
    if given := [name for name, value in options.items() if value is not None]:
        raise ValueError(f"Expected --link, an index of `zoo link build`, with {' and '.join(given)}.")
    return None


def _linked(documents: Generator["Document", None, None], linker: "Linker | None") -> Generator["Document", None, None]:
    """Documents with concepts, where a linker is given."""
    with closing(documents):
        for document in documents:
            yield linker.link([document])[0] if linker else document


def _told_by(output: str) -> str:
    """The format that the ending of a file names; ``lines`` for standard output, ``.txt`` and ``.tsv``.

    Raises:
        ValueError: If it names none.
    """
    from zoo.data import formats

    if output == "-" or output.lower().endswith((".txt", ".tsv")):
        return "lines"
    told = formats.told_by_ending(output)
    if told is None:
        writable = ", ".join(["lines", *(name for name, row in formats.FORMATS.items() if row.writer)])
        raise ValueError(f"Expected --to, one of {writable}: the ending of {output!r} names no format.")
    return told


def _check(inputs: Iterable[str], to: str, output: str) -> None:
    """Finds a mistake in the arguments before the seconds that a tagger takes to load."""
    from zoo.data import formats
    from zoo.data.nearest import did_you_mean

    for name in inputs:
        if name != "-" and not Path(name).exists():
            raise FileNotFoundError(f"No such file or folder: {name}.")
    writable = ["lines", *(name for name, row in formats.FORMATS.items() if row.writer)]
    if to not in writable:
        hint = did_you_mean(to, writable)
        raise ValueError(f"Expected --to to be one of {', '.join(writable)} but got {to!r}.{hint}")
    is_folder = to in formats.FORMATS and formats.FORMATS[to].is_folder
    if is_folder and output == "-":
        raise ValueError(f"{to} is a folder of files; name one with --output.")
    if output == "-":
        return
    target = Path(output).resolve()
    if target.exists() and target.is_dir() != is_folder:
        kinds = ("a file", "a folder") if is_folder else ("a folder", "a file")
        raise ValueError(f"--output {output} is {kinds[0]}; {to} needs {kinds[1]}.")
    check_output(output, inputs)


def _read(inputs: Iterable[str], format: str | None) -> Iterator["Document"]:
    from zoo.data import formats

    for name in inputs:
        yield from _read_stream() if name == "-" and format is None else formats.read(name, format)


def _read_stream() -> Iterator["Document"]:
    """Standard input is text, unless its first lines are those of another format.

    Raises:
        ValueError: If they look like JSON or XML: of these there are several formats.
    """
    import shutil
    import sys
    import tempfile

    from zoo.data import formats
    from zoo.data.document import DataFormatError
    from zoo.data.textfile import STREAM, source_name

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stdin.txt"
        with open(path, "w+b") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
            file.seek(0)
            beginning = file.read(1000).lstrip()
        try:
            name = formats.detect(path)
            if name == "text" and beginning.startswith((b"{", b"[{", b"<?xml", b"<collection")):
                raise ValueError("Expected --from with the format: standard input looks like JSON or XML, not text.")
            yield from formats.read(path, name)
        except DataFormatError as error:  # of a file that nobody knows
            raise DataFormatError(source_name(STREAM), error.line, error.message) from error


def _write_lines(documents: Iterable["Document"], output: str, *, concepts: bool) -> Counter[str]:
    """One span a line: document, start, end, label, text, score and, if they are linked, concepts, parted by tabs."""
    from zoo.data.textfile import writing

    with writing(output) as file:
        for document in documents:
            for span in document.spans:
                text = " ".join(span.slice(document.text).split())
                score = "" if span.score is None else f"{span.score:.4f}"
                linked = ["|".join(span.concepts)] if concepts else []
                cells = (document.id, span.start, span.end, span.label, text, score, *linked)
                file.write("\t".join(map(str, cells)) + "\n")
    return Counter()
