"""A hand-made corpus in the place of RareDis, with its quirks, and the corpus's recipes in small."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from zoo.data.corpora import CORPORA
from zoo.data.splits import fingerprint

REPOSITORY = Path(__file__).resolve().parents[2]
RECIPES = REPOSITORY / "recipes" / "raredis"
SMALL = {
    "feature_crf": ("--model.iterations", "20"),
    "bilstm": (
        "--model.word_size",
        "8",
        "--model.hidden",
        "8",
        "--training.epochs",
        "1",
        "--training.batch_words",
        "60",
    ),
}
SMALL["bilstm_crf"] = (*SMALL["bilstm"], "--model.dense_size", "8")


def place(patch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Copies the hand-made corpus into a data folder and makes the table of corpora expect it; gives its folder."""
    shutil.copytree(REPOSITORY / "tests" / "fixtures" / "raredis", folder, dirs_exist_ok=True)
    patch.setenv("ZOO_DATA", str(folder))
    entry = CORPORA["raredis"]
    splits = {name: replace(split, sha256=fingerprint(entry, split)) for name, split in entry.splits.items()}
    patch.setitem(CORPORA, "raredis", replace(entry, splits=splits))
    return folder / "en" / "raredis"
