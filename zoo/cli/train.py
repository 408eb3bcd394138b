"""``zoo train``."""

from collections.abc import Callable
from typing import Any

import typer

from zoo.cli.running import Keys, Recipe, Resume, is_first_device, run_recipe


def train(context: typer.Context, recipe: Recipe = None, resume: Resume = False, keys: Keys = False) -> None:
    """Train a tagger from a recipe and write its checkpoint folder.

    Any key of the recipe can be changed on the command line:

    - `zoo train recipes/ncbi-disease/char_cnn_bilstm_crf.yaml`

    - `zoo train recipes/ncbi-disease/char_cnn_bilstm_crf.yaml --seed 2 --output runs/seed-2`

    - `zoo train my.yaml --corpus my-folder --optimizer.learning_rate 0.001 --trainer.devices 2`

    Killed? The same command with `--resume` goes on where it was.
    """
    example = "recipes/ncbi-disease/char_cnn_bilstm_crf.yaml"
    settings, trained = run_recipe(_load, "train", recipe, context.args, resume=resume, keys=keys, example=example)
    if not is_first_device():
        return
    from zoo.evaluation.flattening import Flattening

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


def _load() -> Callable[..., Any]:
    from zoo.training.train import train as run

    return run


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
