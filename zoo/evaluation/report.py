"""A report as a table for people, as JSON for ``metrics.json`` and as rows for CSV files."""

from typing import TYPE_CHECKING, Any

from zoo.evaluation.bootstrap import Interval, Intervals, ScoreIntervals
from zoo.evaluation.breakdown import GroupReport
from zoo.evaluation.spans import Averages, Counts, Report

if TYPE_CHECKING:
    from rich.table import Table


def render(report: Report, intervals: Intervals | None = None) -> "Table":
    """A table of one row per label, and the micro, macro and weighted averages; scores are per cent.

    A breakdown has a row per group instead, and no averages over them: they would say nothing.

    Args:
        report: Of any scorer.
        intervals: Shown beside each score where given and defined.

    Returns:
        A table for a rich console; what was not scored, and the protocol's further figures, stand below it.
    """
    from rich.table import Table  # here, and Text: scoring itself needs no console
    from rich.text import Text

    table = Table(title=f"{report.scorer}, documents: {len(report.documents)}", caption=_caption(report, intervals))
    is_grouped = isinstance(report, GroupReport)
    table.add_column("group" if is_grouped else "label")
    for heading in ("gold", "predicted", "precision", "recall", "F1"):
        table.add_column(heading, justify="right")
    by_label = intervals.labels if intervals else {}
    for label, counts in report.labels.items():
        table.add_row(Text(label), *_cells(counts, by_label.get(label)))  # Text: a label is never markup
    table.add_section()
    table.add_row("micro", *_cells(report.micro, intervals.micro if intervals else None))
    for name, average in () if is_grouped else (("macro", report.macro), ("weighted", report.weighted)):
        table.add_row(name, "", "", *(_cell(value, None) for value in average))
    return table


def _caption(report: Report, intervals: Intervals | None) -> str | None:
    """What stands below the table, a line for each part there is."""
    lines = []
    if intervals and intervals.undefined:
        lines.append(f"No intervals. {intervals.undefined}")
    elif intervals:
        level = f"{100 * intervals.level:g} %"
        lines.append(f"{level} bootstrap intervals over documents, {intervals.resamples} resamples")
    if report.figures:
        lines.append(", ".join(f"{name} {value:.6g}" for name, value in report.figures.items()))
    if report.unscored:
        lines.append("not scored: " + ", ".join(f"{count} {kind}" for kind, count in report.unscored.items()))
    return "\n".join(lines) or None


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
        ``scorer``, ``documents`` (their number), the rows ``micro`` and ``labels``, the averages ``macro`` and
        ``weighted``, ``macro_f1`` once more by itself, ``unscored`` and ``figures``, and how the intervals were drawn
        (``bootstrap``), with the reason where they are undefined.
    """
    by_label = intervals.labels if intervals else {}
    drawn = intervals and {key: getattr(intervals, key) for key in ("level", "resamples", "seed", "undefined")}
    return {
        "scorer": report.scorer,
        "documents": len(report.documents),
        "micro": _row(report.micro, intervals.micro if intervals else None),
        "labels": {label: _row(counts, by_label.get(label)) for label, counts in report.labels.items()},
        "macro": report.macro._asdict(),
        "weighted": report.weighted._asdict(),
        "macro_f1": report.macro_f1,
        "unscored": dict(report.unscored),
        "figures": dict(report.figures),
        "bootstrap": drawn,
    }


def _row(counts: Counts, intervals: ScoreIntervals | None) -> dict[str, Any]:
    row = {name: getattr(counts, name) for name in ("tp", "fp", "fn", "precision", "recall", "f1")}
    between = intervals and {name: list(interval) for name, interval in intervals._asdict().items()}
    return {**row, "intervals": between}


def to_rows(report: Report, intervals: Intervals | None = None) -> list[dict[str, Any]]:
    """The report as rows with the same columns, for ``csv.DictWriter``; scores are fractions of 1.

    Args:
        report: Of any scorer.
        intervals: Their ends fill the columns ``precision_low`` to ``f1_high``.

    Returns:
        A row for each label, then ``micro``, ``macro`` and ``weighted``. A row has either a ``label`` or an
        ``average``, so that a label may have any name; what it does not have is ``None``.

    Examples:
        >>> rows = to_rows(Report("strict", ({"Gene": Counts(tp=3, fp=1)},)))
        >>> [(row["label"], row["average"], row["tp"], row["precision"]) for row in rows[:3]]
        [('Gene', None, 3, 0.75), (None, 'micro', 3, 0.75), (None, 'macro', None, 0.75)]
    """
    by_label = intervals.labels if intervals else {}
    rows = [
        _flat_row(report, counts, by_label.get(label), label=label, average=None)
        for label, counts in report.labels.items()
    ]
    rows.append(_flat_row(report, report.micro, intervals.micro if intervals else None, label=None, average="micro"))
    rows.append(_flat_row(report, report.macro, None, label=None, average="macro"))
    rows.append(_flat_row(report, report.weighted, None, label=None, average="weighted"))
    return rows


def _flat_row(
    report: Report,
    scores: Counts | Averages,
    intervals: ScoreIntervals | None,
    *,
    label: str | None,
    average: str | None,
) -> dict[str, Any]:
    row: dict[str, Any] = {"scorer": report.scorer, "documents": len(report.documents)}
    row |= {"label": label, "average": average}
    row |= {name: getattr(scores, name, None) for name in ("gold", "predicted", "tp", "fp", "fn")}
    row |= {name: getattr(scores, name) for name in ("precision", "recall", "f1")}
    for name in ("precision", "recall", "f1"):
        ends = getattr(intervals, name) if intervals else (None, None)
        row[f"{name}_low"], row[f"{name}_high"] = ends
    return row
