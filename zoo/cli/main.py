"""``zoo``: the commands."""

import sys

import typer

from zoo import __version__
from zoo.cli.convert import convert
from zoo.cli.corpus import corpus
from zoo.cli.demo import demo
from zoo.cli.embed import embed
from zoo.cli.evaluate import evaluate
from zoo.cli.explain import explain
from zoo.cli.link import link
from zoo.cli.listing import list_command
from zoo.cli.pretrain import pretrain
from zoo.cli.publish import publish
from zoo.cli.running import OVERRIDES
from zoo.cli.tag import tag
from zoo.cli.train import train
from zoo.cli.vectors import vectors
from zoo.cli.weak import weak

app = typer.Typer(
    name="zoo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Biomedical named entity recognition: **tag** a corpus, **train** a tagger, **evaluate** it.",
    epilog="Begin with `zoo demo`, then `zoo list` and `zoo tag --help`.",
)
app.command(rich_help_panel="Use")(tag)
app.command(rich_help_panel="Use")(demo)
app.command("list", rich_help_panel="Use")(list_command)
app.command(rich_help_panel="Use")(evaluate)
app.command(rich_help_panel="Use")(explain)
app.add_typer(corpus, name="corpus", rich_help_panel="Corpora")
app.command(rich_help_panel="Corpora")(convert)
app.command(rich_help_panel="Make", context_settings=OVERRIDES)(train)
app.command(rich_help_panel="Make")(publish)
app.command(rich_help_panel="Make")(embed)
app.add_typer(pretrain, name="pretrain", rich_help_panel="Make")
app.add_typer(vectors, name="vectors", rich_help_panel="Make")
app.add_typer(weak, name="weak", rich_help_panel="Make")
app.add_typer(link, name="link", rich_help_panel="Use")


def _version(show: bool) -> None:
    if show:
        typer.echo(f"bioner-zoo {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    pass


def run() -> None:
    """Runs the command line; what a user can mend is one line on standard error, not a traceback."""
    try:
        app()
    except (ValueError, KeyError, OSError, ModuleNotFoundError) as error:
        message = error.args[0] if isinstance(error, KeyError) else error
        typer.secho(f"zoo: {message}", fg="red", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.secho("zoo: interrupted", fg="red", err=True)
        sys.exit(130)
