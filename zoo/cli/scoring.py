"""What ``zoo evaluate`` prints, and gathers for files and pictures, part by part."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from zoo.data.document import Document
    from zoo.evaluation.spans import Report
    from zoo.models.tagger import Tagger

GROUPINGS = ("length", "seen", "frequency", "structure")


class Page:
    """What is printed, and gathered for the files, part by part.

    Args:
        gold: The gold documents.
        systems: The same documents as predicted by one system or two.
        names: What the systems are called.
        resamples: Of the bootstrap.
        figures: Folder for pictures, if they are wanted.
        tags: Tag sequences of the gold file and of each system, where all are files of tags.
    """

    def __init__(
        self,
        gold: Sequence["Document"],
        systems: Sequence[Sequence["Document"]],
        names: Sequence[str],
        resamples: int,
        figures: Path | None,
        tags: Sequence[Sequence[Sequence[str]]] | None = None,
    ) -> None:
        from rich.console import Console

        from zoo.text.segment import Segmenter

        self.gold, self.systems, self.names, self.resamples, self.figures = gold, systems, names, resamples, figures
        self.tags = tags
        self.console: Console = Console()
        self.segment = Segmenter().__call__
        self.reports: list[list[Report]] = []  # by system, then scorer
        self.found: dict[str, Any] = {"systems": list(names)}
        self.rows: list[dict[str, Any]] = []

    def scores(self, scorers: Sequence[str]) -> None:
        """Every scorer's table, system by system."""
        from zoo.evaluation.bootstrap import bootstrap
        from zoo.evaluation.report import render, to_dict, to_rows

        self.found["scores"] = []
        for at, name in enumerate(self.names):
            if len(self.systems) > 1:
                self.console.rule(name)
            self.reports.append([self._report(scorer, at) for scorer in scorers])
            for report in self.reports[at]:
                intervals = bootstrap(report, resamples=self.resamples)
                self.console.print(render(report, intervals))
                self.found["scores"].append({"system": name} | to_dict(report, intervals))
                self.rows += [{"system": name} | row for row in to_rows(report, intervals)]
                if self.figures and at == 0:
                    from zoo.evaluation.plots import label_scores

                    label_scores(report, intervals, self.figures / f"scores-{report.scorer}.png")

    def _report(self, scorer: str, system: int) -> "Report":
        from zoo.evaluation import sequences
        from zoo.evaluation.scorers import score_with

        if self.tags and scorer.startswith("seqeval"):
            _, mode, *scheme = scorer.split("-")
            return sequences.score_tags(self.tags[0], self.tags[system + 1], mode, *scheme)
        return score_with(scorer, self.gold, self.systems[system], self.segment)

    def flattening(self, tagger: "Tagger") -> None:
        """What the tagger's tags cannot hold of the gold spans."""
        _, lost = tagger.codec.encode(self.gold, gold=True)
        self.console.print(str(lost), highlight=False)
        self.found["flattening"] = lost.to_dict()

    def broken_down(self, name: str, training: Callable[[], Sequence["Document"]]) -> None:
        """Strict scores by group of mentions."""
        from zoo.evaluation import breakdown
        from zoo.evaluation.report import render, to_dict, to_rows

        makers = {
            "length": lambda: breakdown.by_length(self.segment),
            "seen": lambda: breakdown.by_seen(training()),
            "frequency": lambda: breakdown.by_frequency(training()),
            "structure": breakdown.by_structure,
        }
        grouping = makers[name]()
        for system, predicted in zip(self.names, self.systems, strict=True):
            report = breakdown.break_down(self.gold, predicted, grouping)
            self.console.print(render(report))
            self.found.setdefault("by", []).append({"system": system} | to_dict(report))
            self.rows += [{"system": system} | row for row in to_rows(report)]

    def compared(self) -> None:
        """Both systems against each other: significance of the difference, and whether they make the same errors."""
        from zoo.evaluation import significance

        metrics: tuple[significance.Metric, ...] = ("precision", "recall", "f1")
        self.found["comparison"] = []
        for one, other in zip(*self.reports, strict=True):
            comparisons = [significance.compare(one, other, metric) for metric in metrics]
            self.console.print(significance.render(comparisons, *self.names))
            self.found["comparison"] += [comparison.to_dict() for comparison in comparisons]
        overlap = significance.error_overlap(self.gold, *self.systems)
        self.console.print(overlap.render(*self.names))
        self.found["error_overlap"] = overlap.to_dict()

    def errors(self, examples: int | None, path: str | None) -> None:
        """The first system's errors by category, some of them to read, and all of them as rows of a file."""
        from itertools import islice

        from zoo.evaluation.errors import analyse, render_examples

        analysis = analyse(self.gold, self.systems[0], self.segment)
        if path:
            analysis.write_csv(path)
        if examples is None:
            return
        self.console.print(analysis.render())
        if len(analysis.report.labels) > 1:
            self.console.print(analysis.render_confusion())
        if examples:
            self.console.print(render_examples(islice(analysis.examples(), examples)))
        self.found["errors"] = analysis.to_dict()
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
