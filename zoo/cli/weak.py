"""``zoo weak``."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoo.cli.console import table_console
from zoo.cli.inputs import documents_anywhere, file_anywhere, say_losses
from zoo.cli.progress import documents_progress
from zoo.cli.running import OVERRIDES, Keys, Recipe, Resume, run_recipe
from zoo.cli.systems import Naming

if TYPE_CHECKING:
    from rich.table import Table

    from zoo.data.document import Document
    from zoo.data.terminology import Concept
    from zoo.weak.weak_sets import Confirms, Makes, WeakSets

weak = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="More recall from unlabelled text: `zoo weak label`, then `recorrect`, then `distill`.",
)

_ANNOTATIONS, _ACCURACY, _OUTPUT = "Annotations", "What the accuracy set keeps", "Where it goes"


@weak.command()
def label(
    sources: Annotated[
        list[str],
        typer.Argument(help="Files, folders or patterns, here or below ZOO_DATA; or bc5cdr/train."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for both sets and a report.", rich_help_panel=_OUTPUT)],
    annotate: Annotated[
        list[str] | None,
        typer.Option(
            help="LABEL=TERMINOLOGY labels by its names, instead of what the files have; may be repeated.",
            rich_help_panel=_ANNOTATIONS,
        ),
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="Only these labels, as Disease,Chemical.", rich_help_panel=_ANNOTATIONS)
    ] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option(help="OLD=NEW renames a label, OLD= drops it.", rich_help_panel=_ANNOTATIONS),
    ] = None,
    lenient: Annotated[
        bool,
        typer.Option("--lenient", help="Count mentions that disagree with the text.", rich_help_panel=_ANNOTATIONS),
    ] = False,
    knowledge: Annotated[
        list[Path] | None,
        typer.Option(
            help="Mentions whose concept it records for the PMID: CTD, PubMed XML, RGD, or pmid and concept.",
            rich_help_panel=_ACCURACY,
        ),
    ] = None,
    names: Annotated[
        list[Path] | None,
        typer.Option(help="Mentions that are a name of their concept in this terminology.", rich_help_panel=_ACCURACY),
    ] = None,
    gold: Annotated[
        str | None,
        typer.Option(help="Documents whose mentions are known, to score both sets by.", rich_help_panel=_OUTPUT),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Documents to stay out of, as bc5cdr/test; may be repeated.", rich_help_panel=_OUTPUT),
    ] = None,
) -> None:
    """Make two weakly labelled sets of the same texts: one for coverage, one for accuracy.

    Coverage has all that was found, by PubTator or by `--annotate`; accuracy what knowledge bases record for the very
    article, or what is a name of its concept. Of a dictionary, and with neither, it has what hardly means anything
    else.

    - `zoo weak label articles.pubtator --knowledge CTD_chemicals_diseases.tsv.gz --labels Disease,Chemical --out weak`

    - `zoo weak label texts/ --annotate Disease=CTD_diseases.tsv.gz --gold bc5cdr/train --out weak`
    """
    from zoo.data.textfile import writing
    from zoo.weak.weak_sets import write_weak_sets

    naming = Naming.of(rename or (), labels)

    def read() -> Iterator["Document"]:
        return chain.from_iterable(documents_anywhere(source, lenient) for source in sources)

    true = [naming.document(document) for document in documents_anywhere(gold, lenient)] if gold else []
    steps, names_left_out = _steps(_terms(annotate or ()), knowledge or (), names or (), read, naming)
    with documents_progress() as step:
        done = write_weak_sets(
            lambda: step("labelling", read()),
            out,
            steps,
            true,
            [document for name in without or () for document in documents_anywhere(name, lenient)],
        )
    with writing(out / "report.json") as file:
        file.write(json.dumps(done.to_dict() | {"names_left_out": dict(names_left_out)}, indent=2) + "\n")
    table_console().print(_table(done))
    _say_what_is_missing(done, names_left_out, gold)


def _say_what_is_missing(done: "WeakSets", names_left_out: Mapping[str, int], gold: str | None) -> None:
    """A line on standard error for all that is not in the sets, and for what looks like a mistake."""
    say_losses("the documents cannot hold", done.lost)
    for what, counts in (("documents", done.left_out), ("names of the terminologies", names_left_out)):
        for reason, count in sorted(counts.items()):
            typer.secho(f"zoo: left out {count} {what} {reason}", fg="yellow", err=True)
    for name, step in done.steps.items():
        if not step.mentions:
            typer.secho(f"zoo: {name} has no mentions at all", fg="yellow", err=True)
    if gold and not any(step.report for step in done.steps.values()):
        typer.secho(f"zoo: no document is of {gold}, so nothing was scored", fg="yellow", err=True)


@weak.command(context_settings=OVERRIDES)
def recorrect(context: typer.Context, recipe: Recipe = None, resume: Resume = False, keys: Keys = False) -> None:
    """Correct the labels of a weak set, round by round: learn from it, then from gold documents, label it anew.

    It ends when the dev F1 of the correction model no longer rises. Any key of the recipe can be changed:

    - `zoo weak recorrect recipes/weak/recorrect-bc5cdr.yaml`

    - `zoo weak recorrect my.yaml --weak weak/accuracy.jsonl.gz --corrections 2 --output runs/accuracy`

    Killed? The same command with `--resume` goes on in the round where it was.
    """
    example = "recipes/weak/recorrect-bc5cdr.yaml"
    _, done = run_recipe(
        _load_recorrect,
        "weak recorrect",
        recipe,
        context.args,
        resume=resume,
        keys=keys,
        example=example,
        tells="zoo.weak",
    )
    for each in done.rounds:
        typer.echo(str(each))
    typer.echo(f"corrected set: {done.documents}\ncheckpoint that learnt from it alone: {done.learnt}")


def _load_recorrect() -> Callable[..., Any]:
    from zoo.weak.recorrection import recorrect as run

    return run


@weak.command(context_settings=OVERRIDES)
def distill(context: typer.Context, recipe: Recipe = None, resume: Resume = False, keys: Keys = False) -> None:
    """Teach one student what several taggers think of unlabelled texts.

    Teachers are asked once. Any key of the recipe can be changed:

    - `zoo weak distill recipes/weak/distill-bc5cdr.yaml`

    - `zoo weak distill my.yaml --teachers '[runs/a, runs/b]' --distillation.distance l2 --output runs/l2`

    Killed? The same command with `--resume` goes on where it was.
    """
    _, trained = run_recipe(
        _load_distill,
        "weak distill",
        recipe,
        context.args,
        resume=resume,
        keys=keys,
        example="recipes/weak/distill-bc5cdr.yaml",
        tells="zoo.weak",
    )
    from zoo.weak.distill import CASES

    for split in ("dev", "test"):
        if split in trained.metrics:
            scores = trained.metrics[split]["micro"]
            typer.echo(f"{split}: strict F1 {scores['f1']:.4f}  P {scores['precision']:.4f}  R {scores['recall']:.4f}")
    typer.echo(f"what the student learnt: {trained.folder.parent / CASES}\ncheckpoint: {trained.folder}")


def _load_distill() -> Callable[..., Any]:
    from zoo.weak.distill import distill as run

    return run


def _terms(annotate: Iterable[str]) -> dict[str, list["Concept"]]:
    """Concepts by label, of ``LABEL=TERMINOLOGY``."""
    from zoo.data.terminology import read_concepts

    terms: dict[str, list[Concept]] = {}
    for each in annotate:
        name, sign, path = each.partition("=")
        if not (name.strip() and sign and path.strip()):
            raise ValueError(f"Expected --annotate LABEL=TERMINOLOGY but got {each!r}.")
        terms.setdefault(name.strip(), []).extend(read_concepts(file_anywhere(path.strip())))
    return terms


def _steps(
    terms: dict[str, list["Concept"]],
    knowledge: Iterable[Path],
    names: Iterable[Path],
    read: Callable[[], Iterable["Document"]],
    naming: Naming,
) -> tuple[dict[str, "Makes"], Mapping[str, int]]:
    """What is made of a document at each step, and how many names of terminologies are not sought, by reason."""
    from zoo.data.terminology import read_concepts
    from zoo.linking.dictionary import Dictionary, names_of
    from zoo.weak.knowledge import knowledge_of
    from zoo.weak.weak_sets import ACCURACY, COVERAGE, confirmed, either, named, recorded

    sources: dict[str, Confirms] = {}
    if bases := [file_anywhere(path) for path in knowledge]:
        known = knowledge_of(bases, {document.id for document in read()})
        sources["recorded for the article"] = recorded(known)
        if not known:
            typer.secho("zoo: the knowledge bases record nothing for any of these documents", fg="yellow", err=True)
    if files := [file_anywhere(path) for path in names]:
        concepts = (concept for path in files for concept in read_concepts(path))
        sources["a name of its concept"] = named(names_of(concepts))
    dictionary = Dictionary(terms) if terms else None
    label_all = dictionary.label if dictionary else naming.document
    steps: dict[str, Makes] = {"in the files": lambda document: document, COVERAGE: label_all}
    if len(sources) > 1:
        for name, source in sources.items():
            steps[name] = lambda document, source=source: confirmed(label_all(document), source)  # type: ignore[misc]
    if sources:
        checks = either([*sources.values()])
        steps[ACCURACY] = lambda document: confirmed(label_all(document), checks)
    elif terms:
        steps[ACCURACY] = Dictionary(terms, strict=True).label
    else:
        raise ValueError(
            "Expected what tells right mentions from wrong ones: --knowledge, --names, or --annotate, which has rules."
        )
    return steps, dictionary.left_out if dictionary else {}


def _table(done: "WeakSets") -> "Table":
    from rich.table import Table

    table = Table(title=f"weak sets of {next(iter(done.steps.values())).documents:,} documents")
    for heading in ("step", "label", "mentions", "P", "R", "F1"):
        table.add_column(heading, justify="left" if heading in ("step", "label") else "right")
    for name, step in done.steps.items():
        scores = step.report.labels if step.report else {}
        for label_name in sorted({*step.mentions, *scores}) or ["–"]:
            counts = scores.get(label_name)
            cells = [f"{100 * x:.1f}" for x in (counts.precision, counts.recall, counts.f1)] if counts else [""] * 3
            table.add_row(name, label_name, f"{step.mentions[label_name]:,}", *cells)
        table.add_section()
    return table
