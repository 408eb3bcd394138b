"""A smaller checkpoint of a trained one: ``python -m zoo.training.shrink FOLDER OUT --words 27000``.

Word vectors are most of what a small tagger weighs, and most of them are of rare words. Those that are kept are the
first of the vocabulary (:meth:`zoo.models.tagger.Tagger.keep_words`); n-grams, where there are any, are left out. Every
score is measured anew, on what is written.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from zoo.checkpoint.folder import read_architecture
from zoo.data.splits import load_corpus
from zoo.models.golden import write_golden
from zoo.models.registry import architecture_named
from zoo.training.fit import evaluate_splits
from zoo.training.hold_out import hold_out


def shrink(folder: Path, out: Path, words: int) -> dict[str, Any]:
    """Writes a checkpoint that keeps fewer words.

    Args:
        folder: The checkpoint folder of a run, with ``recipe.yaml`` and ``metrics.json``.
        out: The new checkpoint folder.
        words: How many entries of the vocabulary of words are kept.

    Returns:
        The new ``metrics.json``.

    Raises:
        FileExistsError: If the new folder is there already.
        FileNotFoundError: If the corpus, one known by name, is not here.
        ValueError: If it is a folder that is not here; if the tagger has no word vectors.
        zoo.checkpoint.folder.CheckpointError: If the folder is damaged or not a checkpoint.
    """
    if out.exists():
        raise FileExistsError(f"{out} is there already; remove it, or choose another folder.")
    kind = architecture_named(read_architecture(folder))
    tagger = kind.from_pretrained(folder)
    recipe = yaml.safe_load((folder / "recipe.yaml").read_text(encoding="utf-8"))
    documents = load_corpus(recipe["corpus"])
    if recipe["training"]["held_out"]:
        documents = hold_out(documents, recipe["training"]["held_out"])
    tagger.keep_words(words)
    tagger.save_pretrained(out, half=True)
    shutil.copy(folder / "recipe.yaml", out)
    written = kind.from_pretrained(out)
    write_golden(written, out)
    trained = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    metrics = trained | {"words_kept": len(written.words)} | evaluate_splits(written, documents)
    (out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    return metrics


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--words", type=int, required=True)
    given = parser.parse_args()
    metrics = shrink(given.folder, given.out, given.words)
    size = sum(path.stat().st_size for path in given.out.iterdir())
    scores = ", ".join(
        f"{split} F1 {metrics[split]['micro']['f1']:.4f}" for split in ("dev", "test") if split in metrics
    )
    print(f"{given.out}: {size / 1e6:.1f} MB; strict {scores}")


if __name__ == "__main__":
    main()
