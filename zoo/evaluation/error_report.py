"""Errors as tables for people, as JSON and as rows of CSV."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.data.textfile import writing
from zoo.evaluation.errors import Category, Error, ErrorAnalysis, Kind
from zoo.evaluation.spans import Counts

if TYPE_CHECKING:
    from rich.table import Table


def render(analysis: ErrorAnalysis, label: str | None = None) -> "Table":
    """A table of categories: numbers, and shares of all false negatives and all false positives.

    Args:
        analysis: The errors.
        label: Those of this label alone.
    """
    from rich.table import Table
    from rich.text import Text

    report = analysis.report
    counts = report.micro if label is None else report.labels.get(label, Counts())
    of = "" if label is None else f", {label}"
    table = Table(
        title=Text(f"errors ({report.scorer}{of}), documents: {len(report.documents)}"),
        caption=f"{counts.gold:g} gold spans, {counts.predicted:g} predicted, {counts.tp:g} right",
    )
    table.add_column("category")
    for heading in ("false negatives", "%", "false positives", "%"):
        table.add_column(heading, justify="right")
    totals = [analysis.total(kind, label=label) for kind in Kind]
    for category in Category:
        numbers = [analysis.total(kind, category, label) for kind in Kind]
        if any(numbers):
            table.add_row(category, *_shares(numbers, totals))
    table.add_section()
    table.add_row("all", *_shares(totals, totals))
    return table


def _shares(numbers: Sequence[int], totals: Sequence[int]) -> Iterator[str]:
    for number, total in zip(numbers, totals, strict=True):
        yield from (str(number), f"{100 * number / total:.1f}" if total else "")


def render_confusion(analysis: ErrorAnalysis) -> "Table":
    """The confusion matrix: a row per gold label, a column per predicted label, ``none`` last."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title="gold labels (rows) as predicted (columns)")
    gold, found = analysis.axes()
    table.add_column("")
    for label in found:
        table.add_column(Text("none" if label is None else label), justify="right")
    for label in gold:
        cells = (analysis.confusion[label, other] for other in found)
        table.add_row(Text("none" if label is None else label), *(str(cell or "") for cell in cells))
    return table


def render_examples(errors: Iterable[Error]) -> "Table":
    """A table of errors to read: the context with gold spans underlined and predicted ones in bold, and both sides.

    Args:
        errors: As from :meth:`ErrorAnalysis.examples` or :meth:`ErrorAnalysis.sample`.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table("document", "error", "context", "gold", "predicted", show_lines=True)
    for error in errors:
        context = Text(error.context)
        for spans, style in ((error.gold, "underline"), (error.predicted, "bold")):
            for start, end in (fragment for span in spans for fragment in span.fragments):
                context.stylize(style, max(0, start - error.context_start), max(0, end - error.context_start))
        what = f"{error.kind}:\n{error.category}"
        sides = (Text(error.quote(spans)) for spans in (error.gold, error.predicted))
        table.add_row(Text(error.document), what, context, *sides)
    return table


def to_dict(analysis: ErrorAnalysis) -> dict[str, Any]:
    """JSON values: the counts by kind, category and label, and the confusion matrix as a list of its cells."""
    order = {category: place for place, category in enumerate(Category)}
    counts: dict[str, dict[str, dict[str, int]]] = {kind: {} for kind in Kind}
    for kind, category, label in sorted(analysis.counts, key=lambda key: (order[key[1]], key[2])):
        counts[kind].setdefault(category, {})[label] = analysis.counts[kind, category, label]
    cells = sorted(analysis.confusion.items(), key=lambda cell: [(label is None, label or "") for label in cell[0]])
    return {
        "scorer": analysis.report.scorer,
        "documents": len(analysis.report.documents),
        "errors": counts,
        "confusion": [{"gold": gold, "predicted": found, "spans": count} for (gold, found), count in cells],
    }


def write_csv(errors: Iterable[Error], path: str | Path) -> None:
    """Writes one row per error, to read them; ``-`` is standard output.

    Columns: document, kind, category, label, start, end, words, gold, predicted, context.
    """
    with writing(path) as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow("document kind category label start end words gold predicted context".split())
        for error in errors:
            span = error.span
            cells = (error.quote(error.gold), error.quote(error.predicted), error.context)
            where = (span.label, span.start, span.end, error.words)
            rows.writerow((error.document, error.kind, error.category, *where, *cells))
