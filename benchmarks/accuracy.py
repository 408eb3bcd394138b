"""Trains a recipe with several seeds and records the test scores of each.

    python -m benchmarks.accuracy recipes/ncbi-disease/char_cnn_bilstm_crf.yaml --seeds 1 2 3 [--variant NAME]

Each seed trains into its own folder below the recipe's output; one that is complete is not trained again, one that was
interrupted goes on. Every score is that of the checkpoint folder as a user loads it.
"""

import argparse
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
    """Trains one seed, unless that is done, and appends a row for each split.

    Raises:
        ValueError: If the folder holds a run of another recipe.
    """
    settings = read_recipe(recipe, ["--seed", str(seed), *overrides])
    folder = Path(settings["output"]) / variant.replace(" ", "-") / f"seed-{seed}"
    metrics = train(**(settings | {"output": str(folder), "resume": True})).metrics
    for split in ("dev", "test"):
        scores = metrics[split]["micro"]
        row = {
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
            "device": metrics["device"],
            "command": " ".join(["zoo train", str(recipe), "--seed", str(seed), *overrides]),
            "versions": "; ".join(f"{name} {number}" for name, number in metrics["versions"].items()),
            "date": metrics["date"],
        }
        record.append(RESULTS, row)


if __name__ == "__main__":
    main()
