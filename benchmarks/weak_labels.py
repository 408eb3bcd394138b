"""The experiment of the CDR paper: what weak labels, their re-correction and distillation are worth on test.

    zoo weak label …                                       # the header of recipes/weak/recorrect-bc5cdr.yaml has it
    zoo embed recipes/pretraining/word2vec-en.yaml
    python -m benchmarks.weak_labels bc5cdr [--seeds 1 2 3] [--steps coverage accuracy student ablations] [--out CSV]

The steps, each of which goes on where it was interrupted:

* ``gold``: the student's architecture on gold documents alone, what all else is compared with (it always comes first).
* ``coverage``, ``accuracy``: re-correction of either weak set; a row for what learnt from the set alone, after each
  number of corrections.
* ``student``: distilled from what learnt from the two corrected sets.
* ``ablations``: the student of one teacher, of teachers without re-correction, with one part of the objective alone,
  with each distance; and no distillation but the union of both corrected sets.

A row is strict and on test. ``p`` is of the two-sided randomization test (10,000 swaps of documents) against the tagger
of gold documents alone with the same seed.

Source: Zhou et al. (2021), Tables 3–5.
"""

import argparse
import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import record
from benchmarks.rows import read
from zoo.data import jsonl
from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.evaluation.significance import randomize
from zoo.evaluation.spans import Report, score
from zoo.hub.index import load
from zoo.training.hold_out import hold_out
from zoo.training.recipe import read_recipe
from zoo.training.train import train
from zoo.weak.distill import distill
from zoo.weak.recorrection import recorrect

RESULTS = Path(__file__).parent / "results" / "weak.csv"
STEPS = ("coverage", "accuracy", "student", "ablations")
GOLD, UNION = "gold alone", "union of both sets, no distillation"
VARIANTS: dict[str, tuple[str, ...]] = {
    "hard labels alone": ("--distillation.soft", "0"),
    "soft labels alone": ("--distillation.hard", "0"),
    "l1": ("--distillation.distance", "l1"),
    "l2": ("--distillation.distance", "l2"),
    "cross-entropy": ("--distillation.distance", "cross-entropy"),
    "cross-entropy, balanced as the paper": (
        *("--distillation.distance", "cross-entropy", "--distillation.soft", "0.04"),
    ),
    "cross-entropy, temperature 2": ("--distillation.distance", "cross-entropy", "--distillation.temperature", "2"),
    "adversarial": ("--distillation.adversarial", "1"),
    "agreed words alone": ("--distillation.hard", "0", "--distillation.soft", "0", "--distillation.agreed", "1"),
    "weighted by confidence": ("--distillation.weighted", "true"),
    "no gold documents": ("--gold", "0"),
}
"""What the student of both teachers is compared with, by the overrides of its recipe."""


class Experiment:
    """The runs of one corpus and seed, and their rows.

    Args:
        corpus: By name; its recipes lie in ``recipes/weak``.
        seed: Of all runs.
        weak: The folder of both weak sets.
        out: The CSV file that rows are added to.
        runs: The folder of the runs.
        overrides: Of the recipes, for trials.
        recipes: Their folder.
    """

    def __init__(
        self,
        corpus: str,
        seed: int,
        weak: Path,
        out: Path,
        runs: Path,
        overrides: Sequence[str] = (),
        recipes: Path = Path("recipes"),
    ) -> None:
        self.corpus, self.seed, self.weak, self.out = corpus, seed, weak, out
        self.folder = runs / corpus / f"seed-{seed}"
        self.recipes, self.overrides = recipes, overrides
        self.test: list[Document] = []
        self.baseline: Report | None = None

    def gold(self) -> None:
        """The architecture of the student on gold documents, as its own recipe trains it."""
        given = self._settings("recorrect", recorrect)
        kept = {key: given[key] for key in ("architecture", "codec", "model", "vectors", "resources", "trainer")}
        recipe = self.recipes / self.corpus / f"{given['architecture']}.yaml"
        settings = read_recipe(recipe, ["--seed", str(self.seed), *self.overrides]) | {"progress": False}
        kept["training"] = replace(settings["training"], held_out=given["held_out"])
        place = {"corpus": given["corpus"], "output": str(self.folder / "gold"), "resume": True}
        trained = train(**(settings | kept | place))
        held_out = ["--training.held_out", str(given["held_out"])] if given["held_out"] else []
        self.baseline = self._report(trained.folder)
        self._row(GOLD, 0, trained.folder, ["zoo", "train", str(recipe), *held_out])

    def recorrected(self, name: str) -> None:
        """Either set, and what learnt from it alone after each number of corrections."""
        overrides = ["--weak", str(self.weak / f"{name}.jsonl.gz")]
        settings = self._settings("recorrect", recorrect, overrides, name)
        done = recorrect(**settings)
        for each in done.rounds:
            folder = self.folder / name / f"round-{each.number}" / "learnt" / "checkpoint"
            self._row(f"{name} set alone", each.number, folder, self._command("recorrect", overrides))

    def student(self, name: str, teachers: Sequence[Path], overrides: Sequence[str] = ()) -> None:
        """A student of some teachers."""
        given = ["--teachers", f"[{', '.join(map(str, teachers))}]", *overrides]
        place = name.replace(" ", "-").replace(",", "")
        settings = self._settings("distill", distill, given, place)
        trained = distill(**settings | {"texts": str(self.weak / "coverage.jsonl.gz")})
        self._row(name, 0, trained.folder, self._command("distill", given))

    def ablations(self) -> None:
        """The students of less, and no student."""
        both = [self.folder / name for name in ("coverage", "accuracy")]
        for name, overrides in VARIANTS.items():
            self.student(f"student, {name}", both, overrides)
        for name, teacher in zip(("coverage", "accuracy"), both, strict=True):
            self.student(f"student of the {name} teacher", [teacher])
        self.student("student of teachers without re-correction", [each / "round-0" / "learnt" for each in both])
        self.union(both)

    def union(self, both: Sequence[Path]) -> None:
        """What learns from the documents of both corrected sets, one after the other."""
        settings = self._settings("recorrect", recorrect)
        gold = load_corpus(settings["corpus"])
        gold = hold_out(gold, settings["held_out"]) if settings["held_out"] else gold
        place = self.folder / "union-corpus"
        for split in ("dev", "test"):
            jsonl.write(gold[split], place / f"{split}.jsonl.gz")
        jsonl.write(_joined(each / "corrected.jsonl.gz" for each in both), place / "train.jsonl.gz")
        kept = ("architecture", "codec", "model", "vectors", "resources", "optimizer", "training", "trainer", "seed")
        given: dict[str, Any] = {key: settings[key] for key in kept}
        trained = train(corpus=str(place), output=str(self.folder / "union"), resume=True, progress=False, **given)
        self._row(UNION, 0, trained.folder, ["python", "-m", "benchmarks.weak_labels", self.corpus])

    def _settings(
        self, step: str, function: Any, overrides: Sequence[str] = (), place: str = "unused"
    ) -> dict[str, Any]:
        recipe = self.recipes / "weak" / f"{step}-{self.corpus}.yaml"
        words = ["--seed", str(self.seed), "--output", str(self.folder / place), *overrides, *self.overrides]
        return read_recipe(recipe, words, function, f"weak {step}") | {"resume": True, "progress": False}

    def _command(self, step: str, overrides: Sequence[str]) -> list[str]:
        return ["zoo", "weak", step, str(self.recipes / "weak" / f"{step}-{self.corpus}.yaml"), *overrides]

    def _report(self, folder: Path) -> Report:
        self.test = self.test or [*load_corpus(self._settings("recorrect", recorrect)["corpus"])["test"]]
        return score(self.test, load(folder).tag(self.test))

    def _row(self, step: str, corrections: int, folder: Path, command: Sequence[str]) -> None:
        """Adds a row, unless it is there."""
        names = {"corpus": self.corpus, "step": step, "corrections": str(corrections), "seed": str(self.seed)}
        if any(names.items() <= row.items() for row in read(self.out)):
            return
        report = self._report(folder)
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        assert self.baseline is not None
        p = "" if step == GOLD else f"{randomize(report, self.baseline).p:.4g}"
        scores = {name: f"{getattr(report.micro, name):.4f}" for name in ("precision", "recall", "f1")}
        record.append(
            self.out,
            names
            | scores
            | {
                "p": p,
                "train_minutes": metrics["train_minutes"],
                "device": metrics["device"],
                "command": shlex.join([*command, "--seed", str(self.seed)]),
                "versions": "; ".join(f"{name} {number}" for name, number in metrics["versions"].items()),
                "date": date.today().isoformat(),
            },
        )


def _joined(files: Iterator[Path]) -> Iterator[Document]:
    for number, file in enumerate(files):
        for document in jsonl.read(file):
            yield Document(f"{document.id}/{number}", document.text, document.spans, document.passages)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", help="bc5cdr or ncbi-disease")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--weak", type=Path, default=Path("runs/weak"), help="the folder of both weak sets")
    parser.add_argument("--runs", type=Path, default=Path("runs/weak-labels"), help="the folder of the runs")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the CSV file that rows are added to")
    given, overrides = parser.parse_known_args(arguments)
    for seed in given.seeds:
        experiment = Experiment(given.corpus, seed, given.weak, given.out, given.runs, overrides)
        experiment.gold()
        for name in ("coverage", "accuracy"):
            if name in given.steps:
                print(f"{given.corpus} seed {seed}: {name}", flush=True)
                experiment.recorrected(name)
        if "student" in given.steps:
            both = [experiment.folder / name for name in ("coverage", "accuracy")]
            experiment.student("student of both teachers", both)
        if "ablations" in given.steps:
            experiment.ablations()


if __name__ == "__main__":
    main()
