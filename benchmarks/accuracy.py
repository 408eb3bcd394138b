"""Trains a recipe with several seeds and records the dev and test scores of each.

    python -m benchmarks.accuracy recipes/ncbi-disease/char_cnn_bilstm_crf.yaml --seeds 1 2 3 [--variant NAME]

Each seed trains into its own folder below the recipe's output; one that was interrupted goes on, one that is complete
is only scored, which records runs anew when a scorer is added. Other words are keys of the recipe and their values.

Recorded are strict spans, as in ``metrics.json``, and the further protocols of the corpus (:data:`PROTOCOLS`), a row
each, of the checkpoint folder as a user loads it. Rows are added to the file: of two with the same corpus, split,
architecture, variant, seed and scorer, the tables take the later one. A row that stands there already is not repeated.
Rows of a setting that was given up are taken out by hand; they stay in the history of the file.
"""

import argparse
import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import record
from benchmarks.rows import Row, read
from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.evaluation.pharmaconer import UNCLEAR
from zoo.evaluation.scorers import score_with
from zoo.evaluation.spans import Counts, Report
from zoo.hub.index import load
from zoo.models.tagger import Tagger
from zoo.text.segment import Segmenter
from zoo.training.fit import Trained
from zoo.training.hold_out import hold_out
from zoo.training.recipe import read_recipe
from zoo.training.train import train

RESULTS = Path(__file__).parent / "results" / "accuracy.csv"

PROTOCOLS = {
    "ncbi-disease": ("seqeval-lenient",),
    "bc5cdr": ("strict Chemical", "strict Disease", "seqeval-lenient"),
    "jnlpba": (),
    "bc2gm": ("bc2gm-official",),
    "raredis": (
        *("seqeval-cut DISEASE", "seqeval-cut RAREDISEASE", "seqeval-cut SIGN", "seqeval-cut SYMPTOM"),
        *("seqeval-cut", "token-tags-cut"),
    ),
    "pharmaconer": ("pharmaconer-track1",),
    "craft": ("seqeval-lenient",),
    "cord19": (),
}
"""What is recorded of a corpus besides ``strict``: a scorer, or one with the label that alone is counted. These are the
protocols of the figures printed for it; a corpus of one's own has ``seqeval-lenient``."""


HELD_OUT = "held out"
"""The split of scores on the share of train and dev that a recipe holds out, which is no corpus's dev."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--variant", default="", help="what sets this run apart, as 'random vectors'")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the CSV file that rows are added to")
    given, overrides = parser.parse_known_args(arguments)
    for seed in given.seeds:
        run(given.recipe, seed, given.variant, overrides, given.out)


def run(recipe: Path, seed: int, variant: str, overrides: Sequence[str], out: Path = RESULTS) -> None:
    """Trains one seed, unless that is done, and adds a row for each split and scorer.

    It is done where its folder says so or, if that is gone, where its rows are there: take them out to run it again.

    Raises:
        ValueError: If the folder holds a run of another recipe, or rows of another recipe have the same names.
    """
    settings = read_recipe(recipe, ["--seed", str(seed), *overrides])
    recorded = read(out)
    command = ["zoo", "train", str(recipe), "--seed", str(seed), *overrides]
    _check_names(recorded, command, Path(settings["corpus"]).name, settings["architecture"], variant)
    folder = Path(settings["output"]) / variant.replace(" ", "-") / f"seed-{seed}"
    run_of = Path(settings["corpus"]).name, settings["architecture"], variant, str(seed)
    if not folder.exists() and any(
        (row["corpus"], row["architecture"], row["variant"], row["seed"]) == run_of for row in recorded
    ):
        return
    trained = finished(folder / "checkpoint", settings)
    if trained is None:
        trained = train(**(settings | {"output": str(folder), "resume": True}))
    metrics = trained.metrics
    for split, scorer, counts in scores(trained, settings["corpus"], settings["training"].held_out):
        row = {
            "corpus": metrics["corpus"],
            "split": HELD_OUT if split == "dev" and settings["training"].held_out else split,
            "architecture": settings["architecture"],
            "variant": variant,
            "seed": str(seed),
            "scorer": scorer,
            "precision": f"{counts.precision:.4f}",
            "recall": f"{counts.recall:.4f}",
            "f1": f"{counts.f1:.4f}",
            "train_minutes": str(metrics["train_minutes"]),
            "device": metrics["device"],
            "command": shlex.join(command),
            "versions": "; ".join(f"{name} {number}" for name, number in metrics["versions"].items()),
            "date": metrics["date"],
        }
        if row not in recorded:
            record.append(out, row)


def _check_names(recorded: Sequence[Row], command: Sequence[str], corpus: str, architecture: str, variant: str) -> None:
    """Runs of the same names are seeds of one setting: their commands, but for what changes no figure, are the same."""
    names = corpus, architecture, variant
    for row in (row for row in recorded if (row["corpus"], row["architecture"], row["variant"]) == names):
        if (other := meaning(shlex.split(row["command"]))) != (ours := meaning(command)):
            differ = ", ".join(sorted(f"{key} {value}".strip() for key, value in {*other.items()} ^ {*ours.items()}))
            raise ValueError(
                f"{architecture} on {corpus}, variant {variant!r}, is recorded with another command already "
                f"({differ}) — expected the same but for the seed — give a --variant."
            )


def meaning(command: Sequence[str]) -> dict[str, str]:
    """The recipe and the overrides of a command ``zoo train RECIPE --key value …`` that its scores depend on.

    Examples:
        >>> meaning("zoo train recipes/craft/bilstm.yaml --seed 2 --model.crf=false --progress false".split())
        {'recipe': 'recipes/craft/bilstm.yaml', '--model.crf': 'false'}
    """
    _, _, recipe, *words = command
    overrides: dict[str, str] = {}
    for word in words:
        if word.startswith("--"):
            key, _, value = word.partition("=")
            overrides[key] = value
        else:
            overrides[list(overrides)[-1]] = word
    without = ("--seed", "--progress", "--output", "--resume")
    return {"recipe": Path(recipe).as_posix()} | {key: overrides[key] for key in overrides if key not in without}


def finished(checkpoint: Path, settings: dict[str, Any]) -> Trained | None:
    """The result of a complete run, or ``None``.

    Its recipe is read as recipes are today, so that keys added since it ended count as their defaults.

    Raises:
        ValueError: If it is a run of another recipe.
    """
    if not (checkpoint / "metrics.json").exists():
        return None
    before = read_recipe(checkpoint / "recipe.yaml")
    whatever = {"output", "resume", "progress"}
    if changed := [key for key in settings if key not in whatever and settings[key] != before[key]]:
        raise ValueError(
            f"{checkpoint}: expected a run of this recipe but got one with other values of {', '.join(changed)}; name "
            "another --variant or --output."
        )
    return Trained(checkpoint, load(checkpoint), json.loads((checkpoint / "metrics.json").read_text(encoding="utf-8")))


def scores(trained: Trained, corpus: str, held_out: float) -> Iterator[tuple[str, str, Counts]]:
    """Split, scorer and micro counts of each row: the strict ones of ``metrics.json``, then the corpus's protocols."""
    splits = [split for split in ("dev", "test") if split in trained.metrics]
    for split in splits:
        micro = trained.metrics[split]["micro"]
        yield split, trained.metrics[split]["scorer"], Counts(micro["tp"], micro["fp"], micro["fn"])
    protocols = PROTOCOLS.get(trained.metrics["corpus"], ("seqeval-lenient",))
    if not protocols:
        return
    documents = load_corpus(corpus)
    if held_out:
        documents = hold_out(documents, held_out)
    for split in splits:
        gold, predicted = documents[split], trained.tagger.tag(documents[split])
        for protocol in protocols:
            name, _, label = protocol.partition(" ")
            report = _report(name, gold, predicted, trained.tagger)
            yield split, protocol, report.labels.get(label, Counts()) if label else report.micro


def _report(scorer: str, gold: Sequence[Document], predicted: Sequence[Document], tagger: Tagger) -> Report:
    """Scores on the tagger's own words, where a scorer reads tags.

    PharmaCoNER's ``UNCLEAR`` is no target of its shared task: it is left out, as from what a participant hands in.
    """
    if scorer.startswith("pharmaconer"):
        predicted = [document.relabel({UNCLEAR: None}) for document in predicted]
    return score_with(scorer, gold, predicted, Segmenter(tagger.codec.config.segmentation).__call__)


if __name__ == "__main__":
    main()
