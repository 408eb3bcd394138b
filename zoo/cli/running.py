"""Commands that run a recipe: its keys, its overrides, and how it goes on after an interruption."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

Recipe = Annotated[Path | None, typer.Argument(help="A YAML recipe, as those under recipes/.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run in the recipe's output folder.")]
Keys = Annotated[bool, typer.Option("--keys", help="List every key of a recipe with its default, and stop.")]
OVERRIDES = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Settings of a command that hands words it does not know on, as overrides of the recipe's keys."""


def run_recipe(
    load: Callable[[], Callable[..., Any]],
    command: str,
    recipe: Path | None,
    overrides: Sequence[str],
    *,
    resume: bool,
    keys: bool,
    example: str,
    tells: str = "",
) -> tuple[dict[str, Any], Any]:
    """Calls what a recipe holds the arguments of.

    Args:
        load: Imports the function.
        command: Of ``zoo``, that calls it.
        recipe: The file.
        overrides: Command-line words that change keys.
        resume: Whether to go on where there is a run.
        keys: Whether only the keys are to be listed.
        example: A recipe to be named where none is given.
        tells: A room whose log is shown where the recipe wants progress shown.

    Returns:
        The recipe's settings, and what the function returned.

    Raises:
        FileNotFoundError: If there is no such recipe.
        typer.Exit: After the keys, and after Ctrl-C.
    """
    from zoo.cli.starting import quick_imports

    with quick_imports():
        function = load()
        from zoo.training.recipe import read_recipe, recipe_parser
    if keys:
        typer.echo(recipe_parser(function, command).format_help())
        raise typer.Exit
    if recipe is None:
        raise typer.BadParameter(f"give a recipe, as {example}", param_hint="RECIPE")
    if not recipe.is_file():
        raise FileNotFoundError(f"No such recipe: {recipe}.")
    settings = read_recipe(recipe, overrides, function, command)
    if tells and settings["progress"]:
        _show_log(tells)
    try:
        return settings, function(**(settings | {"resume": resume or settings["resume"]}))
    except KeyboardInterrupt:
        typer.secho("zoo: interrupted; the same command with --resume goes on", fg="red", err=True)
        raise typer.Exit(130) from None


def _show_log(room: str) -> None:
    log = logging.getLogger(room)
    log.setLevel(logging.INFO)
    if not log.handlers:
        log.addHandler(logging.StreamHandler())


def is_first_device() -> bool:
    """Whether this process is the one that speaks, of those that train together."""
    from pytorch_lightning.utilities.rank_zero import rank_zero_only

    return not getattr(rank_zero_only, "rank", 0)
