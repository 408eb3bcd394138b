"""``zoo corpus``: which corpora are known, what is in one, whether it is sound; ``prepare`` has a file of its own."""

import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoo.cli.console import table_console
from zoo.cli.inputs import has_splits
from zoo.cli.prepare import prepare
from zoo.cli.progress import Step, documents_progress

if TYPE_CHECKING:
    from zoo.data.corpora import CorpusEntry
    from zoo.data.document import Document
    from zoo.evaluation.corpus_check import Finding
    from zoo.evaluation.corpus_statistics import CorpusStatistics
    from zoo.evaluation.flattening import Flattening

corpus = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Which corpora are known (**list**), what is in one (**stats**), and whether it is sound (**check**); text to "
    "pretrain on (**prepare**).",
    epilog="Begin with `zoo corpus list`; the folder the corpora lie in is named by ZOO_DATA.",
)

_SCHEMES = ("BIOES", "BMEWO-V")
_SHOWN = 5  # places listed under a finding
_SIGNS = {"fine": ("✓", "green"), "note": ("·", "blue"), "warning": ("!", "yellow"), "wrong": ("✗", "red")}

_Splits = Mapping[str, Sequence["Document"]]
_Name = Annotated[str, typer.Argument(help="A corpus by name (`zoo corpus list`), or a folder or file of your own.")]
_Format = Annotated[
    str | None, typer.Option("--from", "--format", help="Format of files without splits, where they do not tell.")
]
_Lenient = Annotated[
    bool, typer.Option("--lenient", help="Files without splits: count mentions that disagree with the text, go on.")
]


@corpus.command("list")
def list_command() -> None:
    """List the corpora known by name, with labels, documents of train / dev / test, licence and whether they are here.

    - `zoo corpus list`

    - `ZOO_DATA=~/corpora zoo corpus list`
    """
    from rich.box import SIMPLE
    from rich.table import Column, Table

    from zoo.data.corpora import CORPORA
    from zoo.data.splits import data_root

    columns = [Column(name, overflow="fold") for name in ("labels", "documents", "licence", "files")]
    table = Table(Column("corpus", no_wrap=True), *columns, box=SIMPLE, pad_edge=False, padding=(0, 1, 1, 0))
    for name, entry in CORPORA.items():
        sizes = "\n".join(f"{split} {rows.documents:,}" for split, rows in entry.splits.items())
        labels = "\n".join(dict.fromkeys(label for label in entry.labels.values() if label))
        table.add_row(f"{name}\n({entry.language})", labels, sizes, entry.licence, _presence(entry))
    try:
        table.caption = f"Looked for in {data_root()}; ZOO_DATA names another folder. `zoo corpus check` checks one."
    except FileNotFoundError as error:
        table.caption = str(error).partition(" Sources:")[0]
    table_console().print(table)


def _presence(entry: "CorpusEntry") -> str:
    """Whether a corpus can be loaded from here."""
    from zoo.data.splits import data_root

    try:
        paths = [data_root() / path for split in entry.splits.values() for path in split.paths]
    except FileNotFoundError:
        return "not here"
    if not all(path.exists() for path in paths):
        return "incomplete" if any(path.exists() for path in paths) else "not here"
    if entry.texts_from and not any(file for path in paths for file in path.glob("*.txt")):
        return "without texts"
    return "here"


@corpus.command()
def stats(
    name: _Name,
    split: Annotated[list[str] | None, typer.Option(help="Only this split (repeat for more).")] = None,
    scheme: Annotated[
        list[str] | None,
        typer.Option(help="Tag scheme to tell the recall ceiling of (repeat).", show_default=" and ".join(_SCHEMES)),
    ] = None,
    json_output: Annotated[Path | None, typer.Option("--json", help="Also write every count to this file.")] = None,
    csv_output: Annotated[
        Path | None, typer.Option("--csv", help="Also write them as rows of corpus, split, measure, key, value.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Also draw labels and lengths: .png, .svg or .pdf.")] = None,
    format: _Format = None,
    lenient: _Lenient = False,
) -> None:
    """Count what a corpus holds, split by split: sizes, mentions, lengths, overlaps, and what a tag scheme can hold.

    - `zoo corpus stats ncbi-disease`

    - `zoo corpus stats craft --split train --scheme IOB2 --scheme BMEWO-V`

    - `zoo corpus stats my-folder --json my.json --csv my.csv --plot my.png`

    A folder of your own has train, dev and test in it, as files or folders; anything else is one split, `all`.
    """
    import csv
    import json

    from zoo.data.tags import scheme_named
    from zoo.data.textfile import writing
    from zoo.evaluation.corpus_plot import corpus_plot
    from zoo.evaluation.corpus_report import csv_rows, render, to_dict
    from zoo.evaluation.drawing import check_picture

    schemes = tuple(dict.fromkeys(scheme or _SCHEMES))
    for each in schemes:
        scheme_named(each)
    if plot:
        check_picture(plot)
    with documents_progress() as step:
        splits = _chosen(_read(name, format, lenient), split)
        statistics = _count(splits, step)
        ceilings = {each: _ceilings(splits, each, step) for each in schemes}
    table_console().print(render(name, statistics, ceilings))
    if any(counts.losses["missing text"] for counts in statistics.values()):
        message = "zoo: texts are missing: words, lengths and ceilings are those of stand-in texts of mentions alone"
        typer.secho(message, fg="yellow", err=True)
    report = to_dict(statistics, ceilings)
    if json_output:
        with writing(json_output) as file:
            file.write(json.dumps({"corpus": name, "splits": report}, indent=2, ensure_ascii=False) + "\n")
    if csv_output:
        with writing(csv_output) as file:
            csv.writer(file, lineterminator="\n").writerows(csv_rows(name, report))
    if plot:
        corpus_plot(statistics, plot)


@corpus.command()
def check(
    name: _Name,
    json_output: Annotated[Path | None, typer.Option("--json", help="Also write all findings to this file.")] = None,
    format: _Format = None,
    lenient: _Lenient = False,
) -> None:
    """Check that a corpus is complete, as published, readable, and without leakage from one split to another.

    - `zoo corpus check ncbi-disease`

    - `zoo corpus check my-folder --json findings.json`

    ✓ is fine, · is good to know, ! may be a mistake, ✗ is wrong: then the command ends with exit code 1.
    """
    import json
    from dataclasses import asdict

    from zoo.data.textfile import writing

    findings = []
    for finding in _findings(name, format, lenient):
        findings.append(finding)
        _show(finding)
    counts = Counter(finding.status for finding in findings)
    typer.echo(f"{counts['wrong']} wrong, {counts['warning']} that may be a mistake")
    if json_output:
        with writing(json_output) as file:
            listed = [asdict(finding) for finding in findings]
            file.write(json.dumps({"corpus": name, "findings": listed}, indent=2, ensure_ascii=False) + "\n")
    if counts["wrong"]:
        raise typer.Exit(1)


def _findings(name: str, format: str | None, lenient: bool) -> Iterator["Finding"]:
    from zoo.data.corpora import CORPORA
    from zoo.data.document import DataFormatError
    from zoo.evaluation.corpus_check import Finding, check_documents, check_files
    from zoo.text.segment import Segmenter

    files = list(check_files(name)) if name in CORPORA else []
    yield from files
    if name in CORPORA and CORPORA[name].note:
        yield Finding("note", CORPORA[name].note)
    try:
        with documents_progress() as step:
            splits = _read(name, format, lenient)
            statistics = _count(splits, step)
            step("looking for mistakes and leakage", ())
            found = list(check_documents(splits, statistics, Segmenter().__call__, is_known=name in CORPORA))
    except (DataFormatError, FileNotFoundError) as error:
        if name not in CORPORA:
            advice = "correct it; of a file without splits, --lenient counts what disagrees with the text and goes on"
            yield Finding("wrong", f"cannot be read: {error}", "" if lenient else advice)
        elif all(finding.status != "wrong" for finding in files):
            raise
    else:
        yield from found


def _show(finding: "Finding") -> None:
    """One finding, with its places and what to do; lines are broken on a terminal alone."""
    sign, colour = _SIGNS[finding.status]
    below = list(finding.examples[:_SHOWN])
    if len(finding.examples) > _SHOWN:
        below.append(f"… and {len(finding.examples) - _SHOWN:,} more (--json writes all)")
    if finding.advice:
        below.append(f"→ {finding.advice}")
    typer.echo(f"{typer.style(sign, fg=colour)} {_broken(finding.what, 2)}")
    for line in below:
        typer.secho(f"    {_broken(line, 6)}", dim=True)


def _broken(line: str, indent: int) -> str:
    if not sys.stdout.isatty():
        return line
    width = max(20, shutil.get_terminal_size().columns - indent)
    return f"\n{' ' * indent}".join(textwrap.wrap(line, width))


def _read(name: str, format: str | None, lenient: bool) -> _Splits:
    """The documents by split: those of a named corpus or of a folder that has splits, else all that lies there."""
    from zoo.data import formats
    from zoo.data.splits import load_corpus

    path = Path(name)
    if has_splits(name) or not path.exists():
        if format or lenient:
            raise ValueError("--format and --lenient are for files without splits.")
        return load_corpus(name, without_texts=True).splits
    return {"all": tuple(formats.read(path, format, {"lenient": True} if lenient else None))}


def _chosen(splits: _Splits, names: Sequence[str] | None) -> _Splits:
    for name in names or ():
        if name not in splits:
            raise ValueError(f"Expected --split to be one of {', '.join(splits)} but got {name!r}.")
    return {split: documents for split, documents in splits.items() if not names or split in names}


def _count(splits: _Splits, step: Step) -> dict[str, "CorpusStatistics"]:
    from zoo.evaluation.corpus_statistics import count_corpus
    from zoo.text.segment import Segmenter

    return {
        split: count_corpus(step(f"counting {split}", documents), Segmenter().__call__)
        for split, documents in splits.items()
    }


def _ceilings(splits: _Splits, scheme: str, step: Step) -> dict[str, "Flattening"]:
    """By split, what a scheme can hold of the mentions, with words and sentences as our taggers cut them."""
    from zoo.evaluation.flattening import Flattening
    from zoo.text.codec import Codec, CodecConfig

    labels = tuple(sorted({span.label for documents in splits.values() for each in documents for span in each.spans}))
    if not labels:
        return {split: Flattening() for split in splits}
    codec = Codec(CodecConfig(labels=labels, scheme=scheme))
    return {
        split: sum(
            (codec.encode([document], gold=True)[1] for document in step(f"{scheme}, {split}", documents)),
            Flattening(),
        )
        for split, documents in splits.items()
    }


corpus.command()(prepare)  # the last to be listed
