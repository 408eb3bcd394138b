"""What ``zoo evaluate`` prints, and gathers for files and pictures, part by part."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from zoo.cli.console import table_console

if TYPE_CHECKING:
    from rich.console import Console

    from zoo.data.conll import Segment
    from zoo.data.document import Document
    from zoo.evaluation.predictions import Tags
    from zoo.evaluation.spans import Report
    from zoo.models.tagger import Tagger


class Page:
    """What is printed, and gathered for the files, part by part.

    Args:
        gold: The gold documents.
        systems: The same documents as predicted by one system or two.
        names: What the systems are called.
        resamples: Of the bootstrap.
        figures: Folder for pictures, if they are wanted.
        segment: Gives the words of a text.
        tags: Those of the files, where all are files of tags.
        console: Where tables are printed; by default on standard output.
    """

    def __init__(
        self,
        gold: Sequence["Document"],
        systems: Sequence[Sequence["Document"]],
        names: Sequence[str],
        resamples: int,
        figures: Path | None,
        segment: "Segment",
        tags: "Tags | None" = None,
        console: "Console | None" = None,
    ) -> None:
        self.gold, self.systems, self.names, self.resamples, self.figures = gold, systems, names, resamples, figures
        self.segment, self.tags = segment, tags
        self.console = console or table_console()
        self.reports: list[list[Report]] = []  # by system, then scorer
        self.found: dict[str, Any] = {"systems": list(names)}
        self.rows: list[dict[str, Any]] = []

    @property
    def short_names(self) -> list[str]:
        """The systems' names without their folders, where these do not tell them apart."""
        short = [Path(name).name for name in self.names]
        return short if len(set(short)) == len(short) else list(self.names)

    def scores(self, scorers: Sequence[str]) -> None:
        """Every scorer's table, system by system."""
        for at, name in enumerate(self.names):
            if len(self.systems) > 1:
                self.console.rule(name)
            self.reports.append([self._report(scorer, at) for scorer in scorers])
            for report in self.reports[at]:
                self._show(at, report, "scores", f"scores-{report.scorer}")

    def _show(self, system: int, report: "Report", part: str, picture: str) -> None:
        """Prints a report, gathers it, and draws that of the first system."""
        from zoo.evaluation.bootstrap import bootstrap
        from zoo.evaluation.report import render, to_dict, to_rows

        intervals = bootstrap(report, resamples=self.resamples)
        self.console.print(render(report, intervals))
        name = {"system": self.names[system]}
        self.found.setdefault(part, []).append(name | to_dict(report, intervals))
        self.rows += [name | row for row in to_rows(report, intervals)]
        if self.figures and system == 0:
            from zoo.evaluation.plots import label_scores

            label_scores(report, intervals, self.figures / f"{picture}.png")

    def _report(self, scorer: str, system: int) -> "Report":
        from zoo.evaluation.scorers import SCORERS, score_tags_with, score_with

        if self.tags and SCORERS[scorer].run_on_tags:
            return score_tags_with(scorer, self.tags.gold, self.tags.systems[system], self.tags.documents)
        return score_with(scorer, self.gold, self.systems[system], self.segment)

    def flattening(self, tagger: "Tagger") -> None:
        """What the tagger's tags cannot hold of the gold spans."""
        _, lost = tagger.codec.encode(self.gold, gold=True)
        if lost.lost:
            self.console.print(str(lost), highlight=False)
        self.found["flattening"] = lost.to_dict()

    def broken_down(self, name: str, training: Callable[[], Sequence["Document"]]) -> None:
        """Strict scores by group of mentions."""
        from zoo.evaluation.breakdown import GROUPINGS, break_down

        grouping = GROUPINGS[name](self.segment, training)
        for at, predicted in enumerate(self.systems):
            if len(self.systems) > 1:
                self.console.rule(self.names[at])
            self._show(at, break_down(self.gold, predicted, grouping), "by", f"by-{name}")

    def compared(self) -> None:
        """Both systems against each other: significance of the difference, and whether they make the same errors."""
        from zoo.evaluation import significance
        from zoo.evaluation.agreement import error_overlap

        self.found["comparison"] = []
        if len(self.gold) < 2:
            typer.secho("zoo: no tests of the difference: they need at least 2 documents", fg="yellow", err=True)
        for one, other in zip(*self.reports, strict=True) if len(self.gold) > 1 else ():
            comparisons = [significance.compare(one, other, metric) for metric in significance.METRICS]
            self.console.print(significance.render(comparisons, *self.short_names))
            self.found["comparison"] += [comparison.to_dict() for comparison in comparisons]
        overlap = error_overlap(self.gold, *self.systems)
        self.console.print(overlap.render(*self.short_names))
        self.found["error_overlap"] = overlap.to_dict()

    def errors(self, examples: int | None, path: str | None) -> None:
        """The first system's errors by category, some of them to read, and all of them as rows of a file."""
        from zoo.evaluation import error_report
        from zoo.evaluation.errors import analyse

        analysis = analyse(self.gold, self.systems[0], self.segment)
        if path:
            error_report.write_csv(analysis.errors, path)
        if examples is None:
            return
        self.console.print(error_report.render(analysis))
        if len(analysis.report.labels) > 1:
            self.console.print(error_report.render_confusion(analysis))
        if examples:
            self.console.print(error_report.render_examples(analysis.sample(examples)))
        self.found["errors"] = error_report.to_dict(analysis)
        if self.figures:
            from zoo.evaluation import plots

            plots.error_categories(analysis, self.figures / "errors.png")
            plots.confusion_matrix(analysis, self.figures / "confusion.png")

    def calibration(self, dev: "tuple[list[Document], list[Document]] | None") -> None:
        """Whether the first system's scores are true, as they are and at a temperature fitted on the dev split."""
        from zoo.evaluation import calibration

        scores, correct = calibration.scored_spans(self.gold, self.systems[0])
        found = {"as given": calibration.calibration(scores, correct)}
        if dev:
            temperature = calibration.fit_temperature(*calibration.scored_spans(*dev))
            name = f"temperature {temperature:.2f} (dev)"
            found[name] = calibration.calibration(calibration.rescale(scores, temperature), correct)
            self.found["temperature"] = temperature
        drawn = dict(found)
        found["as given, equal mass"] = calibration.calibration(scores, correct, binning="equal mass")
        self.console.print(calibration.render(found))
        self.found["calibration"] = {name: each.to_dict() for name, each in found.items()}
        if self.figures:
            from zoo.evaluation import plots

            plots.reliability_diagram(drawn, self.figures / "calibration.png")

    def write(self, json_path: str | None, csv_path: str | None) -> None:
        """Writes what was gathered."""
        import csv
        import json

        from zoo.data.textfile import writing

        if json_path:
            with writing(json_path) as file:
                file.write(json.dumps(self.found, indent=2, ensure_ascii=False) + "\n")
        if csv_path:
            with writing(csv_path) as file:
                columns = list(dict.fromkeys(column for row in self.rows for column in row))
                rows = csv.DictWriter(file, columns, restval="", lineterminator="\n")
                rows.writeheader()
                rows.writerows(self.rows)
        for path in filter(None, (json_path, csv_path, self.figures)):
            typer.secho(f"zoo: wrote {path}", err=True)
