"""``zoo train``."""

from pathlib import Path
from typing import Annotated, Any

import typer


def train(
    context: typer.Context,
    recipe: Annotated[Path | None, typer.Argument(help="A YAML recipe, as those under recipes/.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the recipe's output folder.")] = False,
    keys: Annotated[
        bool, typer.Option("--keys", help="List every key of a recipe with its default, and stop.")
    ] = False,
) -> None:
    """Train a tagger from a recipe and write its checkpoint folder.

    Any key of the recipe can be changed on the command line:

    - `zoo train recipes/ncbi-disease/char_cnn_bilstm_crf.yaml`

    - `zoo train recipes/ncbi-disease/char_cnn_bilstm_crf.yaml --seed 2 --output runs/seed-2`

    - `zoo train my.yaml --corpus my-folder --optimizer.learning_rate 0.001 --trainer.devices 2`

    Killed? The same command with `--resume` goes on where it was.
    """
    from zoo.cli.starting import quick_imports

    if keys:
        with quick_imports():
            from zoo.training.recipe import recipe_parser

        typer.echo(recipe_parser().format_help())
        return
    if recipe is None:
        raise typer.BadParameter("give a recipe, as recipes/ncbi-disease/char_cnn_bilstm_crf.yaml", param_hint="RECIPE")
    if not recipe.is_file():
        raise FileNotFoundError(f"No such recipe: {recipe}.")
    with quick_imports():
        from pytorch_lightning.utilities.rank_zero import rank_zero_only

        from zoo.evaluation.flattening import Flattening
        from zoo.training.recipe import read_recipe
        from zoo.training.train import train as run

    settings = read_recipe(recipe, context.args)
    try:
        trained = run(**(settings | {"resume": resume or settings["resume"]}))
    except KeyboardInterrupt:
        typer.secho("zoo: interrupted; the same command with --resume goes on", fg="red", err=True)
        raise typer.Exit(130) from None
    if getattr(rank_zero_only, "rank", 0):  # of several devices, one speaks
        return
    for kind, count in sorted(trained.metrics["reading_losses"].items()):
        typer.secho(f"zoo: the corpus's files hold {count} × {kind} that documents do not", fg="yellow", err=True)
    for split, counts in trained.metrics["flattening"].items():
        typer.echo(f"{split}: {Flattening.from_dict(counts)}")
    for split in ("dev", "test"):
        if split in trained.metrics:
            scores = trained.metrics[split]["micro"]
            typer.echo(f"{split}: strict F1 {scores['f1']:.4f}  P {scores['precision']:.4f}  R {scores['recall']:.4f}")
    say_how_it_ended(trained.metrics, settings["training"], pretrained=bool(settings["vectors"].path))
    typer.echo(f"checkpoint: {trained.folder}")


def say_how_it_ended(metrics: dict[str, Any], training: Any, *, pretrained: bool) -> None:
    """Whether training stopped early, and whether anything was learnt; if not, what of the recipe may help."""
    made = metrics.get("epochs", 0)
    if 0 < made < training.epochs:
        typer.echo(f"stopped after {made} of {training.epochs} epochs: no better dev F1 in {training.patience}")
    if metrics["dev"]["micro"]["tp"] == 0:
        remedies = {
            "--training.batch_words 100": training.batch_words > 100,
            "--training.epochs 100 --training.patience 100": training.epochs < 100 or training.patience < 100,
            "pretrained vectors (zoo embed)": not pretrained,
            "another --optimizer.learning_rate": True,
        }
        tried = ", ".join(remedy for remedy, is_left in remedies.items() if is_left)
        message = f"zoo: no span of the dev documents was found; a small corpus takes more steps: try {tried}"
        typer.secho(message, fg="yellow", err=True)
