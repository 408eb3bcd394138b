"""A report as a table for people and as JSON for ``metrics.json``."""

from typing import TYPE_CHECKING, Any

from zoo.evaluation.bootstrap import Interval, Intervals, ScoreIntervals
from zoo.evaluation.spans import Counts, Report

if TYPE_CHECKING:
    from rich.table import Table


def render(report: Report, intervals: Intervals | None = None) -> "Table":
    """A table of one row per label, and the micro and macro averages; scores are per cent.

    Args:
        report: Of any scorer.
        intervals: Shown beside each score where given and defined.

    Returns:
        A table for a rich console.
    """
    from rich.table import Table  # here, and Text: scoring itself needs no console
    from rich.text import Text

    table = Table(title=f"{report.scorer}, documents: {len(report.documents)}", caption=_caption(intervals))
    table.add_column("label")
    for heading in ("gold", "predicted", "precision", "recall", "F1"):
        table.add_column(heading, justify="right")
    by_label = intervals.labels if intervals else {}
    for label, counts in report.labels.items():
        table.add_row(Text(label), *_cells(counts, by_label.get(label)))  # Text: a label is never markup
    table.add_section()
    table.add_row("micro", *_cells(report.micro, intervals.micro if intervals else None))
    table.add_row("macro", "", "", "", "", _cell(report.macro_f1, None))
    return table


def _caption(intervals: Intervals | None) -> str | None:
    if intervals is None:
        return None
    if intervals.undefined:
        return f"No intervals. {intervals.undefined}"
    return f"{100 * intervals.level:g} % bootstrap intervals over documents, {intervals.resamples} resamples"


def _cells(counts: Counts, intervals: ScoreIntervals | None) -> list[str]:
    scores = (counts.precision, counts.recall, counts.f1)
    shown = [_cell(value, interval) for value, interval in zip(scores, intervals or (None,) * 3, strict=True)]
    return [f"{counts.gold:.12g}", f"{counts.predicted:.12g}", *shown]


def _cell(value: float, interval: Interval | None) -> str:
    between = f" [{100 * interval.low:.2f}–{100 * interval.high:.2f}]" if interval else ""
    return f"{100 * value:.2f}{between}"


def to_dict(report: Report, intervals: Intervals | None = None) -> dict[str, Any]:
    """The report as JSON values; scores are fractions of 1.

    Args:
        report: Of any scorer.
        intervals: Written within each row; a row without them has ``None``.

    Returns:
        ``scorer``, ``documents`` (their number), the rows ``micro`` and ``labels``, ``macro_f1``, and how the
        intervals were drawn, with the reason where they are undefined.
    """
    by_label = intervals.labels if intervals else {}
    drawn = intervals and {key: getattr(intervals, key) for key in ("level", "resamples", "seed", "undefined")}
    return {
        "scorer": report.scorer,
        "documents": len(report.documents),
        "micro": _row(report.micro, intervals.micro if intervals else None),
        "labels": {label: _row(counts, by_label.get(label)) for label, counts in report.labels.items()},
        "macro_f1": report.macro_f1,
        "bootstrap": drawn,
    }


def _row(counts: Counts, intervals: ScoreIntervals | None) -> dict[str, Any]:
    row = {name: getattr(counts, name) for name in ("tp", "fp", "fn", "precision", "recall", "f1")}
    between = intervals and {name: list(interval) for name, interval in intervals._asdict().items()}
    return {**row, "intervals": between}
