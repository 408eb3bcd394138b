"""The recipes of the weak room: complete, and of what their headers say."""

from pathlib import Path

import pytest

from zoo.training.recipe import read_recipe
from zoo.weak.distill import distill
from zoo.weak.recorrection import recorrect

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes" / "weak").glob("*.yaml"))


def test_there_are_recipes_for_both_corpora() -> None:
    assert {path.stem for path in RECIPES} >= {
        f"{step}-{corpus}" for step in ("recorrect", "distill") for corpus in ("bc5cdr", "ncbi-disease")
    }


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_complete(path: Path) -> None:
    function, command = (
        (recorrect, "weak recorrect") if path.stem.startswith("recorrect") else (distill, "weak distill")
    )
    settings = read_recipe(path, (), function, command)
    assert path.stem.endswith(settings["corpus"])
    assert f"zoo {command} recipes/weak/{path.name}" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("corpus", ["bc5cdr", "ncbi-disease"])
def test_teachers_are_what_re_correction_leaves(corpus: str) -> None:
    corrected = read_recipe(ROOT / f"recipes/weak/recorrect-{corpus}.yaml", (), recorrect, "weak recorrect")
    taught = read_recipe(ROOT / f"recipes/weak/distill-{corpus}.yaml", (), distill, "weak distill")
    assert corrected["output"] in taught["teachers"]
    assert corrected["codec"] == taught["codec"]
