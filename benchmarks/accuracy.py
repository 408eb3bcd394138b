"""Trains a recipe with several seeds and records the test scores of each.

    python -m benchmarks.accuracy recipes/ncbi-disease/char_cnn_bilstm_crf.yaml --seeds 1 2 3 [--variant NAME]

Each seed trains into its own folder below the recipe's output; one that is complete is not trained again, one that was
interrupted goes on. Every score is that of the checkpoint folder as a user loads it.
"""

import argparse
import json
from datetime import date
from pathlib import Path

from benchmarks import record
from zoo.training.recipe import read_recipe
from zoo.training.train import train

RESULTS = Path(__file__).parent / "results" / "accuracy.csv"


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--variant", default="", help="what sets this run apart, as 'random vectors'")
    given, overrides = parser.parse_known_args()
    for seed in given.seeds:
        run(given.recipe, seed, given.variant, overrides)


def run(recipe: Path, seed: int, variant: str, overrides: list[str]) -> None:
    """Trains one seed, unless that is done, and appends a row for each split."""
    settings = read_recipe(recipe, overrides)
    folder = Path(settings["output"]) / f"seed-{seed}"
    written = folder / "checkpoint" / "metrics.json"
    if not written.exists():
        train(**(settings | {"seed": seed, "output": str(folder), "resume": True}))
    metrics = json.loads(written.read_text(encoding="utf-8"))
    for split in ("dev", "test"):
        scores = metrics[split]["micro"]
        record.append(
            RESULTS,
            {
                "corpus": metrics["corpus"],
                "split": split,
                "architecture": settings["architecture"],
                "variant": variant,
                "seed": seed,
                "scorer": metrics[split]["scorer"],
                "precision": f"{scores['precision']:.4f}",
                "recall": f"{scores['recall']:.4f}",
                "f1": f"{scores['f1']:.4f}",
                "train_minutes": metrics["train_minutes"],
                "device": record.device(),
                "command": " ".join(["zoo train", str(recipe), "--seed", str(seed), *overrides]),
                "versions": record.versions("pytorch-lightning"),
                "date": date.today().isoformat(),
            },
        )


if __name__ == "__main__":
    main()
