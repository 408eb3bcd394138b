"""Puts a trained checkpoint among those that ship: ``python -m zoo.hub.ship FOLDER NAME``.

The row in ``checkpoints/index.json`` is made from the folder's own ``metrics.json``.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from zoo.data.corpora import CORPORA
from zoo.hub.index import checkpoints_folder, load, read_index
from zoo.models.golden import check_golden

LARGEST = 15_000_000  # bytes of a checkpoint that may lie in git


def ship(folder: Path, name: str, licence: str) -> dict[str, Any]:
    """Copies a checkpoint folder and writes its row of the index.

    Args:
        folder: A checkpoint folder with ``metrics.json`` and ``golden.json``.
        name: ``<architecture>.<corpus>[.<variant>]``.
        licence: Of the weights.

    Returns:
        The row.

    Raises:
        ValueError: If the name is not of that form or the folder is too large for git.
        zoo.checkpoint.folder.CheckpointError: If the folder is damaged or does not give its golden outputs.
    """
    tagger = load(folder)
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    if not f"{name}.".startswith(f"{tagger.key}.{metrics['corpus']}."):
        raise ValueError(f"Expected a name that begins with {tagger.key}.{metrics['corpus']} but got {name!r}.")
    size = sum(path.stat().st_size for path in folder.iterdir())
    if size > LARGEST:
        raise ValueError(
            f"Expected at most {LARGEST:,} bytes but {folder} has {size:,}; publish it to the Hub instead."
        )
    check_golden(tagger, folder)
    target = checkpoints_folder() / name
    if folder.resolve() != target.resolve():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target)
    test = metrics["test"]
    low, high = test["micro"]["intervals"]["f1"]
    row = {
        "corpus": metrics["corpus"],
        "language": CORPORA[metrics["corpus"]].language,
        "labels": list(tagger.codec.config.labels),
        "test": {"scorer": test["scorer"], "f1": test["micro"]["f1"], "low": low, "high": high},
        "megabytes": round(size / 1e6, 1),
        "licence": licence,
    }
    index = dict(sorted((read_index() | {name: row}).items()))
    text = json.dumps(index, indent=2, ensure_ascii=False) + "\n"
    (checkpoints_folder() / "index.json").write_text(text, encoding="utf-8")
    return row


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    parser.add_argument("--licence", default="Apache-2.0")
    given = parser.parse_args()
    print(json.dumps(ship(given.folder, given.name, given.licence), indent=2))


if __name__ == "__main__":
    main()
