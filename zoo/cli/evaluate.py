"""``zoo evaluate``."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoo.cli.console import table_console
from zoo.cli.inputs import documents_of, has_splits
from zoo.cli.systems import (
    Naming,
    checkpoint_named,
    format_of,
    labels_of,
    read_gold,
    read_system,
    say_unknown,
    tagged,
    without_foreign,
    words_of,
)

if TYPE_CHECKING:
    from zoo.data.document import Document
    from zoo.evaluation.predictions import Tags
    from zoo.models.tagger import Tagger

_DOCUMENTS, _SCORES, _OUTPUT = "Documents", "What is computed", "Where it goes"


def _list_scorers(show: bool) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    from zoo.evaluation.scorers import SCORERS

    if show:
        table = Table("scorer", "what is right", box=SIMPLE, pad_edge=False)
        for name, row in SCORERS.items():
            table.add_row(name, row.about)
        table_console().print(table)
        raise typer.Exit


def evaluate(
    predicted: Annotated[
        str, typer.Argument(help="A checkpoint (by name, or its folder), or annotated documents of any system.")
    ],
    gold: Annotated[str, typer.Argument(help="A corpus by name (`zoo corpus list`), or a folder or file.")],
    split: Annotated[
        str | None,
        typer.Option(help="Split of a corpus that has some.", show_default="test", rich_help_panel=_DOCUMENTS),
    ] = None,
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
        typer.Option(
            "--lenient", help="Count mentions that disagree with the text, go on.", rich_help_panel=_DOCUMENTS
        ),
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
            help="Strict scores by length of mentions, by seen (in training or not), frequency (in training) or "
            "structure (flat, nested …); may be repeated.",
            rich_help_panel=_SCORES,
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
        bool,
        typer.Option("--errors", help="Put every error of the first system in a category.", rich_help_panel=_SCORES),
    ] = False,
    examples: Annotated[int, typer.Option(help="How many errors --errors shows.", min=0, rich_help_panel=_SCORES)] = 10,
    calibration: Annotated[
        bool,
        typer.Option(
            "--calibration",
            help="Compare the scores of the first system's spans with the truth.",
            rich_help_panel=_SCORES,
        ),
    ] = False,
    dev: Annotated[
        str | None,
        typer.Option(
            help="For --calibration: predicted dev documents, to fit a temperature on; a checkpoint makes its own.",
            rich_help_panel=_SCORES,
        ),
    ] = None,
    dev_gold: Annotated[
        str | None,
        typer.Option(help="The gold documents of --dev; by default the corpus's own.", rich_help_panel=_SCORES),
    ] = None,
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

    - `zoo evaluate mine.eval bc2gm --scorer bc2gm-official`

    Predictions are of any format. They may come without texts, as shared tasks ask for them: a folder of `.ann` files,
    or a BioCreative II list of `id|start end|text`. Columns may differ from the gold texts in blanks, and have no ids.
    """
    from zoo.cli.scoring import Page
    from zoo.evaluation.breakdown import OF_TRAINING, check_groupings
    from zoo.evaluation.drawing import check_matplotlib
    from zoo.evaluation.scorers import check_scorers

    chosen, groupings = check_scorers(scorer or ["strict"]), check_groupings(by or [])
    if not (train or has_splits(gold)) and OF_TRAINING & set(groupings):
        raise ValueError("Expected --train with the training documents: --by seen and frequency compare with them.")
    if dev and not (calibration and (dev_gold or has_splits(gold))):
        raise ValueError("Expected --dev with --calibration and, unless the corpus has a dev split, --dev-gold.")
    if plot:
        check_matplotlib()
        if plot.exists() and not plot.is_dir():
            raise ValueError(f"Expected --plot to name a folder but {plot} is a file.")
    for output in filter(None, (json_output, csv_output, errors_csv)):
        if Path(output).is_dir():
            raise ValueError(f"Expected a file for the results but {output} is a folder.")
    naming = Naming.of(rename or [], labels)
    true = read_gold(gold, split, format, lenient)
    names = [predicted] if against is None else [predicted, against]
    taggers = [checkpoint_named(name) for name in names]
    systems = [
        tagged(tagger, true) if tagger else read_system(name, gold, true, predicted_format, lenient)
        for name, tagger in zip(names, taggers, strict=True)
    ]
    naming.check({label for documents in (true, *systems) for label in labels_of(documents)})
    true, *systems = ([naming.document(document) for document in documents] for documents in (true, *systems))
    true = without_foreign(true, taggers, naming)
    _check(true, systems, names, chosen, calibration)
    on_dev = _dev(gold, split, taggers[0], dev, dev_gold, naming) if calibration else None
    files = {gold: format} | dict.fromkeys(names, predicted_format)
    console = table_console(stderr="-" in (json_output, csv_output, errors_csv))
    page = Page(true, systems, names, resamples, plot, words_of(gold, format), _tags(files, chosen, naming), console)
    page.scores(chosen)
    if taggers[0]:
        page.flattening(taggers[0])
    for name in groupings:
        page.broken_down(name, lambda: [naming.document(document) for document in documents_of(train or gold, "train")])
    if against is not None:
        page.compared()
    if errors or errors_csv:
        page.errors(examples if errors else None, errors_csv)
    if calibration:
        page.calibration(on_dev)
    page.write(json_output, csv_output)


def _check(
    gold: Sequence["Document"],
    systems: Sequence[Sequence["Document"]],
    names: Sequence[str],
    scorers: Collection[str],
    calibration: bool,
) -> None:
    """Finds what would make figures meaningless before any is computed.

    Raises:
        ValueError: If no gold span is left, there are no codes for a scorer of codes, or no scores to calibrate.
    """
    from zoo.evaluation.calibration import scored_spans

    if not any(document.spans for document in gold):
        raise ValueError("Expected gold spans to score against but no label is left.")
    for name, documents in zip(names, systems, strict=True):
        say_unknown(name, documents, gold)
    if any(scorer.startswith("pharmaconer-track2") for scorer in scorers):
        for side, documents in zip(["gold", *names], [gold, *systems], strict=True):
            if not any(span.concepts for document in documents for span in document.spans):
                raise ValueError(f"Expected spans with concepts, the codes of pharmaconer-track2, but {side} has none.")
    if "bc2gm-official" in scorers and not any(document.alternatives for document in gold):
        _warn("bc2gm-official compares places whatever the label, and gold has no alternatives: it is meant for bc2gm")
    if any(scorer.startswith("pharmaconer") for scorer in scorers) and "NORMALIZABLES" not in labels_of(gold):
        _warn("gold has none of PharmaCoNER's labels, which the scorers of that name are meant for")
    if calibration and not len(scored_spans(gold, systems[0])[0]):
        raise ValueError(f"Expected spans with scores for --calibration but {names[0]} has no spans.")


def _warn(message: str) -> None:
    typer.secho(f"zoo: {message}", fg="yellow", err=True)


def _tags(files: Mapping[str, str | None], scorers: Collection[str], naming: Naming) -> "Tags | None":
    """The tags of files, the gold one first, where a scorer is about tags and all are CoNLL files.

    Args:
        files: Their formats, where they do not tell.
        scorers: By name.
        naming: Of labels.
    """
    from zoo.evaluation.predictions import read_tags
    from zoo.evaluation.scorers import SCORERS

    wanted = any(SCORERS[scorer].run_on_tags for scorer in scorers)
    if wanted and all(Path(name).is_file() and format_of(name, form) == "conll" for name, form in files.items()):
        gold, *predicted = files
        return read_tags(gold, predicted, naming)
    return None


def _dev(
    gold: str, split: str | None, tagger: "Tagger | None", dev: str | None, dev_gold: str | None, naming: Naming
) -> "tuple[list[Document], list[Document]] | None":
    """Gold and predicted documents of the dev split, to fit a temperature on; ``None`` where there are none."""
    if not dev and (tagger is None or not (dev_gold or has_splits(gold)) or split == "dev"):
        return None
    true = list(documents_of(dev_gold or gold, "dev"))
    found = read_system(dev, gold, true, None, False) if dev else tagged(tagger, true) if tagger else []
    return [naming.document(document) for document in true], [naming.document(document) for document in found]
