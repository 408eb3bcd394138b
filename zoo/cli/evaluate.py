"""``zoo evaluate``."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoo.cli.inputs import documents_of, given, say_losses
from zoo.cli.systems import checkpoint_named, read_predictions, renaming, tag_sequences, tagged, without_foreign

if TYPE_CHECKING:
    from zoo.data.document import Document
    from zoo.models.tagger import Tagger

_DOCUMENTS, _SCORES, _OUTPUT = "Documents", "What is computed", "Where it goes"


def _list_scorers(show: bool) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    from zoo.evaluation.scorers import SCORERS

    if show:
        table = Table("scorer", "what is right", box=SIMPLE, pad_edge=False)
        for name, row in SCORERS.items():
            table.add_row(name, row.about)
        Console().print(table)
        raise typer.Exit


def evaluate(
    predicted: Annotated[
        str, typer.Argument(help="A checkpoint (by name, or its folder), or annotated documents of any system.")
    ],
    gold: Annotated[str, typer.Argument(help="A corpus by name (`zoo corpus list`), or a folder or file.")],
    split: Annotated[str, typer.Option(help="Split of a corpus that has some.", rich_help_panel=_DOCUMENTS)] = "test",
    format: Annotated[
        str | None, typer.Option(help="Format of the gold files, where they do not tell.", rich_help_panel=_DOCUMENTS)
    ] = None,
    predicted_format: Annotated[
        str | None, typer.Option(help="The same for the predicted files.", rich_help_panel=_DOCUMENTS)
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="Only these labels, as Disease,Chemical.", rich_help_panel=_DOCUMENTS)
    ] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option(help="OLD=NEW renames a label on all sides, OLD= drops it.", rich_help_panel=_DOCUMENTS),
    ] = None,
    lenient: Annotated[
        bool,
        typer.Option("--lenient", help="Count mentions that disagree with the text.", rich_help_panel=_DOCUMENTS),
    ] = False,
    scorer: Annotated[
        list[str] | None,
        typer.Option(help="strict by default; may be repeated; see --scorers.", rich_help_panel=_SCORES),
    ] = None,
    scorers: Annotated[
        bool,
        typer.Option(
            "--scorers", help="List the scorers.", is_eager=True, callback=_list_scorers, rich_help_panel=_SCORES
        ),
    ] = False,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="Strict scores by length, seen, frequency or structure of mentions.", rich_help_panel=_SCORES
        ),
    ] = None,
    train: Annotated[
        str | None,
        typer.Option(
            help="Training documents, for --by seen and frequency; by default the corpus's own.",
            rich_help_panel=_SCORES,
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Another checkpoint or predictions, to compare with.", rich_help_panel=_SCORES)
    ] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="Put every error in a category.", rich_help_panel=_SCORES)
    ] = False,
    examples: Annotated[int, typer.Option(help="How many errors --errors shows.", rich_help_panel=_SCORES)] = 10,
    calibration: Annotated[
        bool,
        typer.Option("--calibration", help="Compare the spans' scores with the truth.", rich_help_panel=_SCORES),
    ] = False,
    resamples: Annotated[
        int, typer.Option(help="Bootstrap resamples of the 95 % intervals.", min=100, rich_help_panel=_SCORES)
    ] = 2000,
    json_output: Annotated[
        str | None, typer.Option("--json", help="Also write all of it to this file.", rich_help_panel=_OUTPUT)
    ] = None,
    csv_output: Annotated[
        str | None, typer.Option("--csv", help="Also write the scores as rows.", rich_help_panel=_OUTPUT)
    ] = None,
    errors_csv: Annotated[str | None, typer.Option(help="Write every error as a row.", rich_help_panel=_OUTPUT)] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw what was computed into this folder.", rich_help_panel=_OUTPUT)
    ] = None,
) -> None:
    """Score a tagger, or the predictions of any system, with 95 % intervals over documents.

    - `zoo evaluate char_cnn_bilstm_crf.ncbi-disease ncbi-disease`

    - `zoo evaluate predicted-brat-folder gold-brat-folder --scorer strict --scorer semeval-partial --by length`

    - `zoo evaluate mine.pubtator gold.pubtator --against theirs.pubtator --errors --plot figures/`
    """
    from zoo.cli.scoring import Page
    from zoo.evaluation.scorers import check_scorers

    chosen = check_scorers(scorer or ["strict"])
    _check_groupings(by or [])
    if train is None and not _has_splits(gold) and {"seen", "frequency"} & set(by or []):
        raise ValueError("Expected --train with the training documents: --by seen and frequency compare with them.")
    relabelled, options = renaming(rename or [], labels), given(lenient=lenient)
    true = _gold(gold, split, format, options, relabelled)
    names = [predicted] if against is None else [predicted, against]
    taggers = [checkpoint_named(name) for name in names]
    true = without_foreign(true, taggers)
    systems = [
        [relabelled(d) for d in (tagged(t, true) if t else read_predictions(name, predicted_format, options, true))]
        for name, t in zip(names, taggers, strict=True)
    ]
    tags = tag_sequences(gold, names) if not (rename or labels) and _are_of_tags(chosen) else None
    page = Page(true, systems, names, resamples, plot, tags)
    page.scores(chosen)
    if taggers[0]:
        page.flattening(taggers[0])
    for name in by or []:
        page.broken_down(name, lambda: _training(train, gold, relabelled))
    if against is not None:
        page.compared()
    if errors or errors_csv:
        page.errors(examples if errors else None, errors_csv)
    if calibration:
        page.calibration(_dev(gold, split, taggers[0], relabelled))
    page.write(json_output, csv_output)


def _gold(
    gold: str,
    split: str,
    format: str | None,
    options: dict[str, object],
    relabelled: Callable[["Document"], "Document"],
) -> list["Document"]:
    from zoo.data.document import losses_of

    documents = [relabelled(document) for document in documents_of(gold, split, format, options)]
    if not any(document.spans for document in documents):
        raise ValueError(f"{gold} holds no annotated spans to score against.")
    say_losses(f"the documents cannot hold, of {gold},", losses_of(documents))
    return documents


def _are_of_tags(scorers: Sequence[str]) -> bool:
    return any(scorer.startswith("seqeval") for scorer in scorers)


def _check_groupings(names: Sequence[str]) -> None:
    from zoo.cli.scoring import GROUPINGS
    from zoo.data.nearest import did_you_mean

    for name in names:
        if name not in GROUPINGS:
            hint = did_you_mean(name, GROUPINGS)
            raise ValueError(f"Expected --by to be one of {', '.join(GROUPINGS)} but got {name!r}.{hint}")


def _has_splits(name: str) -> bool:
    from zoo.data.corpora import CORPORA
    from zoo.data.splits import has_splits

    return name in CORPORA or (Path(name).is_dir() and has_splits(Path(name)))


def _training(train: str | None, gold: str, relabelled: Callable[["Document"], "Document"]) -> list["Document"]:
    return [relabelled(document) for document in documents_of(train or gold, "train")]


def _dev(
    gold: str, split: str, tagger: "Tagger | None", relabelled: Callable[["Document"], "Document"]
) -> "tuple[list[Document], list[Document]] | None":
    """Gold and tagged documents of the dev split, to fit a temperature on; ``None`` where there are none."""
    if tagger is None or not _has_splits(gold) or split == "dev":
        return None
    true = [relabelled(document) for document in documents_of(gold, "dev")]
    return true, tagged(tagger, true)
