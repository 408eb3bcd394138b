"""``zoo link``."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoo.cli.console import table_console
from zoo.cli.inputs import check_output, documents_anywhere, file_anywhere, say_losses
from zoo.cli.linking import Abbreviations, Encoder, Output, encoder_named, format_named, linker_of
from zoo.cli.progress import documents_progress
from zoo.cli.recognize import abbreviations, recognize

if TYPE_CHECKING:
    from rich.text import Text

    from zoo.data.document import Document
    from zoo.data.terminology import Concept
    from zoo.linking.build import Built
    from zoo.linking.linker import Candidate, Embeds

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
    if encoder is not None and not calibrate:
        raise ValueError("Expected --calibrate with --encoder: its part in an index is what its scores are worth.")
    if label and not (mentions or calibrate):
        raise ValueError("Expected --mentions or --calibrate with --label: of a terminology, all concepts are taken.")
    sources = [file_anywhere(path) for path in (*terminologies, *(bridge or ()))]
    check_output(out, sources)
    encoders = (None,) if encoder is None else (None, encoder_named(encoder))
    with documents_progress("reading") as step:
        seen = seen_mentions(step("reading", chain.from_iterable(map(documents_anywhere, mentions or ()))), label)
        known = [_only(each, label) for each in step("reading", documents_anywhere(calibrate))] if calibrate else []
        concepts = _concepts(sources[: len(terminologies)], sources[len(terminologies) :], language)
        built, told = _build(concepts, out, {"language": language, "seen": seen, "prefix": prefix}, known, encoders)
    typer.echo(f"{out}: {built.concepts:,} concepts, {built.names:,} names, {out.stat().st_size / 1e6:,.1f} MB")
    if calibrate:
        typer.echo(f"scores are probabilities, by {told:,} mentions")
    if built.only_seen:
        typer.secho(f"zoo: {built.only_seen:,} of these concepts are in no terminology, only in mentions", err=True)
    for reason, count in built.left_out.items():
        typer.secho(f"zoo: left out {count} names {reason}", fg="yellow", err=True)


def _concepts(terminologies: list[Path], bridges: list[Path], language: str) -> Iterator["Concept"]:
    """The concepts of terminologies, then what other vocabularies call them."""
    from zoo.linking.bridge import bridged
    from zoo.linking.terminologies import read_terminology

    own = [concept for path in terminologies for concept in read_terminology(path, language)]
    yield from own
    yield from bridged(own, (concept for path in bridges for concept in read_terminology(path, language)), language)


def _build(
    concepts: Iterable["Concept"],
    out: Path,
    how: Mapping[str, Any],
    known: list["Document"],
    encoders: Iterable["Embeds | None"],
) -> tuple["Built", int]:
    """Writes and calibrates an index, which appears only when it is whole; the number is of mentions that told."""
    from zoo.data.textfile import replacing
    from zoo.linking.build import build_index
    from zoo.linking.calibration import calibrate_index

    told = 0
    with replacing(out) as partial:
        built = build_index(concepts, partial, **how)
        for encoder in encoders if known else ():
            told = calibrate_index(partial, known, encoder)
    return built, told


@link.command()
def apply(
    index: Index,
    inputs: Annotated[list[str], typer.Argument(help="Annotated documents, of any format; or bc5cdr/test.")],
    output: Output = "-",
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

    format_to = format_named(to, output)
    check_output(output, [index, *inputs])
    linker = linker_of(index, threshold, abbreviations, encoder)
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
    table = Table("stage", "name", "concept", "type", "seen", "score", *(["probability"] if linker.calibration else []))
    for text in (mention, *linker.long_forms(mention)):
        typer.echo("sought as: " + " | ".join(dict.fromkeys(linker.forms(text))))
        for stage, found in linker.stages(text).items():
            if not found:
                table.add_row(stage, "–")
            for each in found[:most]:
                probability = [f"{linker.probability(each.score):.3f}"] if linker.calibration else []
                table.add_row(*_cells(stage, each), *probability)
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

    linker = linker_of(index, abbreviations=abbreviations, encoder=encoder)
    mentions, ranked, wrong = [], [], Counter[tuple[str, str, str]]()
    with documents_progress("linking") as step:
        documents = [_only(document, label) for document in documents_anywhere(gold)]
        for document in step("linking", documents):
            for span, candidates in linker.mentions(document, 5):
                found = [each.concept for each in candidates]
                mentions.append(span)
                ranked.append(found)
                true = concepts_of(span, linker.index.canonical)
                if true and true.isdisjoint(found[:1]):
                    text = span.slice(document.text)
                    wrong[text, "|".join(sorted(true)), found[0] if found else "NIL"] += 1
    scored = accuracy(mentions, ranked, linker.index.canonical)
    if not scored.mentions:
        raise ValueError(f"{gold}: no mention has a concept — expected what links are compared with — name other gold.")
    typer.echo(f"{scored.mentions:,} mentions: {100 * scored.at(1):.2f} % right, {100 * scored.at(5):.2f} % among five")
    figures: dict[str, object] = {"mentions": scored.mentions, "at_1": scored.at(1), "at_5": scored.at(5)}
    if predicted:
        tagged = [_only(document, label) for document in documents_anywhere(predicted)]
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


def _only(document: "Document", labels: Sequence[str] | None) -> "Document":
    """The document with spans of some labels."""
    if labels is None:
        return document
    return document.with_spans([span for span in document.spans if span.label in labels])


def _cells(stage: str, candidate: "Candidate") -> Iterator["Text"]:
    """A row of the table of candidates."""
    from rich.text import Text  # names have brackets, which rich would take for markup

    name, seen = candidate.name, str(candidate.name.seen or "")
    return map(Text, (stage, name.text, candidate.concept, name.type, seen, f"{candidate.score:.3f}"))
