"""``zoo link``."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoo.cli.console import table_console
from zoo.cli.inputs import documents_anywhere, file_anywhere, say_losses
from zoo.cli.linking import Abbreviations, Encoder, encoder_named, linker_of
from zoo.cli.progress import documents_progress
from zoo.cli.recognize import abbreviations, recognize

if TYPE_CHECKING:
    from rich.text import Text

    from zoo.data.document import Document
    from zoo.data.terminology import Concept
    from zoo.linking.linker import Candidate

link = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Link mentions to concepts: `zoo link build` an index of a terminology, then `apply` it.",
)

link.command()(recognize)
link.command()(abbreviations)

Index = Annotated[Path, typer.Argument(help="An index, as `zoo link build` makes it.")]
Threshold = Annotated[float, typer.Option(min=0, max=1, help="The least score of a concept; less is NIL.")]
_NAMES, _OUTPUT = "Further names", "Where it goes"


@link.command()
def build(
    terminologies: Annotated[
        list[Path], typer.Argument(help="OBO, OWL, RF2 (folder), MRCONSO.RRF, CTD, DeCS, a TSV …; several are joined.")
    ],
    out: Annotated[Path, typer.Option(help="The index.", rich_help_panel=_OUTPUT)],
    language: Annotated[str, typer.Option(help="Of names, plurals and little words: en or es.")] = "en",
    mentions: Annotated[
        list[str] | None,
        typer.Option(
            help="Annotated documents whose mentions are names, too, as ncbi-disease/train.", rich_help_panel=_NAMES
        ),
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="Only mentions of this label; may be repeated.", rich_help_panel=_NAMES)
    ] = None,
    calibrate: Annotated[
        str | None, typer.Option(help="Other annotated documents, that make scores probabilities, as ncbi-disease/dev.")
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="With --calibrate: scores of linkers with this encoder are made probabilities, too."),
    ] = None,
    prefix: Annotated[
        str, typer.Option(help="Put before ids that name no vocabulary, as DeCS: of 2; it tells them from numbers.")
    ] = "",
    bridge: Annotated[
        list[Path] | None,
        typer.Option(
            help="Another vocabulary: its names are taken for concepts that share one.", rich_help_panel=_NAMES
        ),
    ] = None,
) -> None:
    """Make an index of one or more terminologies: a file that tagging and linking read.

    - `zoo link build CTD_diseases.tsv.gz --mentions ncbi-disease/train --calibrate ncbi-disease/dev --out medic.sqlite`

    - `zoo link build SnomedCT_SpanishRelease/ --language es --out snomed-es.sqlite`

    - `zoo link build mesh.tsv --bridge drugbank-aliases.json --out chemicals.sqlite`
    """
    from zoo.data.textfile import replacing
    from zoo.linking.bridge import bridged
    from zoo.linking.build import build_index
    from zoo.linking.calibration import calibrate_index
    from zoo.linking.terminologies import read_terminology

    with documents_progress("reading") as step:
        seen = seen_mentions(step("reading", chain.from_iterable(map(documents_anywhere, mentions or ()))), label)
    own = [
        _prefixed(concept, prefix) if prefix else concept
        for path in terminologies
        for concept in read_terminology(file_anywhere(path), language)
    ]
    others = (concept for path in bridge or () for concept in read_terminology(file_anywhere(path), language))
    kept, told = set(label) if label else None, 0
    with replacing(out) as partial:
        built = build_index(chain(own, bridged(own, others, language)), partial, language=language, seen=seen)
        if calibrate:
            known = [_only(document, kept) for document in documents_anywhere(calibrate)]
            for each in (None, encoder_named(encoder)) if encoder else (None,):
                told = calibrate_index(partial, known, each)
    typer.echo(f"{out}: {built.concepts:,} concepts, {built.names:,} names, {out.stat().st_size / 1e6:,.1f} MB")
    if calibrate:
        typer.echo(f"scores are probabilities, by {told:,} mentions")
    for reason, count in built.left_out.items():
        typer.secho(f"zoo: left out {count} names {reason}", fg="yellow", err=True)


@link.command()
def apply(
    index: Index,
    inputs: Annotated[list[str], typer.Argument(help="Annotated documents, of any format; or bc5cdr/test.")],
    output: Annotated[
        str, typer.Option("--output", "--out", "-o", help="File, folder (brat), or - for standard output.")
    ] = "-",
    to: Annotated[
        str | None, typer.Option("--to", help="As pubtator, brat, bioc, jsonl, or track2; else as OUTPUT's ending.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="How many concepts a mention gets at most.")] = 1,
    threshold: Threshold = 0.5,
    abbreviations: Abbreviations = None,
    encoder: Encoder = None,
) -> None:
    """Give the mentions of annotated documents the concepts that they are linked to.

    - `zoo link apply medic.sqlite ncbi-disease/test --to pubtator`

    - `zoo link apply snomed-es.sqlite tagged.jsonl --to track2 --output run1.tsv`
    """
    from zoo.data import formats

    linker = linker_of(index, threshold, abbreviations, encoder)
    format_to = to or formats.told_by_ending(output) or "jsonl"
    linked_spans = spans = 0

    def linked() -> Iterator["Document"]:
        nonlocal linked_spans, spans
        with documents_progress("linking") as step:
            for document in step("linking", chain.from_iterable(map(documents_anywhere, inputs))):
                found = linker.link([document], most)[0]
                spans += len(found.spans)
                linked_spans += sum(bool(span.concepts) for span in found.spans)
                yield found

    losses = formats.write(linked(), output, format_to)
    say_losses(f"{format_to} cannot hold", losses)
    typer.secho(f"zoo: {linked_spans:,} of {spans:,} mentions have a concept", err=True)


@link.command()
def explain(
    index: Index,
    mention: Annotated[str, typer.Argument(help="As it is written.")],
    most: Annotated[int, typer.Option(min=1, help="Candidates shown of each stage.")] = 5,
    threshold: Threshold = 0.5,
    abbreviations: Abbreviations = None,
    encoder: Encoder = None,
) -> None:
    """Show what each stage of the linker finds for a mention, and with what score.

    - `zoo link explain medic.sqlite "tumours of the ovary"`
    """
    from rich.table import Table

    linker = linker_of(index, threshold, abbreviations, encoder)
    typer.echo("sought as: " + " | ".join(dict.fromkeys(linker.forms(mention))))
    table = Table("stage", "name", "concept", "type", "seen", "score")
    for stage, found in linker.stages(mention).items():
        if not found:
            table.add_row(stage, "–")
        for each in found[:most]:
            table.add_row(*_cells(stage, each))
        table.add_section()
    table_console().print(table)
    best = linker.candidates(mention)
    likely = bool(best) and best[0].score >= threshold
    if not best:
        typer.echo("linked to: NIL, for no name is like it")
    else:
        nearest = f"{best[0].concept} {best[0].name.text} ({best[0].score:.2f})"
        typer.echo(f"linked to: {'' if likely else f'NIL, for less than {threshold} is '}{nearest}")


@link.command()
def evaluate(
    index: Index,
    gold: Annotated[str, typer.Argument(help="Documents with concepts, as ncbi-disease/test.")],
    predicted: Annotated[
        str | None, typer.Option(help="The same documents, tagged and linked: concepts by document are scored, too.")
    ] = None,
    label: Annotated[list[str] | None, typer.Option(help="Only mentions of this label; may be repeated.")] = None,
    threshold: Threshold = 0.5,
    abbreviations: Abbreviations = None,
    encoder: Encoder = None,
    errors: Annotated[
        int, typer.Option(min=0, help="How many wrongly linked mentions are shown, commonest first.")
    ] = 0,
    out: Annotated[Path | None, typer.Option(help="JSON to write the figures to.")] = None,
) -> None:
    """Score links of gold mentions: how often the first, or one of the first five, is right.

    - `zoo link evaluate medic.sqlite ncbi-disease/test`

    - `zoo link evaluate medic.sqlite ncbi-disease/test --predicted linked.pubtator`
    """
    from zoo.data.textfile import writing
    from zoo.evaluation.linking import accuracy, concepts_of, score_documents, score_mentions
    from zoo.evaluation.report import to_dict
    from zoo.linking.linker import long_forms

    linker = linker_of(index, threshold, abbreviations, encoder)
    kept = set(label) if label else None
    documents = [_only(document, kept) for document in documents_anywhere(gold)]
    mentions, ranked, wrong = [], [], Counter[tuple[str, str, str]]()
    for document in documents:
        introduced = long_forms(document)
        for span in document.spans:
            text = span.slice(document.text)
            found = [each.concept for each in linker.candidates(text, span.label, introduced.get(text), 5)]
            mentions.append(span)
            ranked.append(found)
            true = concepts_of(span, linker.index.canonical)
            if true and true.isdisjoint(found[:1]):
                wrong[text, "|".join(sorted(true)), found[0] if found else "NIL"] += 1
    scored = accuracy(mentions, ranked, linker.index.canonical)
    typer.echo(f"{scored.mentions:,} mentions: {100 * scored.at(1):.2f} % right, {100 * scored.at(5):.2f} % among five")
    figures: dict[str, object] = {"mentions": scored.mentions, "at_1": scored.at(1), "at_5": scored.at(5)}
    if predicted:
        tagged = [_only(document, kept) for document in documents_anywhere(predicted)]
        for key, what, scorer in (
            ("documents", "concepts by document", score_documents),
            ("linked_mentions", "mentions with their concept", score_mentions),
        ):
            report = scorer(documents, tagged, linker.index.canonical)
            micro = report.micro
            typer.echo(f"{what}: F1 {micro.f1:.4f}  P {micro.precision:.4f}  R {micro.recall:.4f}")
            figures[key] = to_dict(report)
    for (text, concept, instead), count in wrong.most_common(errors):
        typer.echo(f"{count:5d}  {text}  gold {concept}  found {instead}")
    if out:
        with writing(out) as file:
            file.write(json.dumps(figures, indent=2) + "\n")


def seen_mentions(
    documents: Iterable["Document"], labels: Iterable[str] | None = None
) -> Mapping[tuple[str, str], int]:
    """How often each mention, as written, stood for a concept."""
    from zoo.evaluation.linking import NONE

    wanted = set(labels) if labels else None
    return Counter(
        (span.slice(document.text), concept)
        for document in documents
        for span in document.spans
        for concept in span.concepts
        if concept not in NONE and "+" not in concept and (wanted is None or span.label in wanted)
    )


def _prefixed(concept: "Concept", prefix: str) -> "Concept":
    """The concept with a vocabulary's name before each id that has none."""

    def named(id_: str) -> str:
        return id_ if ":" in id_ else prefix + id_

    above, others = tuple(map(named, concept.parents)), tuple(map(named, concept.alternatives))
    return concept._replace(id=named(concept.id), parents=above, alternatives=others)


def _only(document: "Document", labels: set[str] | None) -> "Document":
    """The document with spans of some labels."""
    if labels is None:
        return document
    return document.with_spans([span for span in document.spans if span.label in labels])


def _cells(stage: str, candidate: "Candidate") -> Iterator["Text"]:
    """A row of the table of candidates."""
    from rich.text import Text  # names have brackets, which rich would take for markup

    name, seen = candidate.name, str(candidate.name.seen or "")
    return map(Text, (stage, name.text, candidate.concept, name.type, seen, f"{candidate.score:.3f}"))
