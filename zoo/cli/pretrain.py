"""``zoo pretrain``."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from zoo.cli.running import OVERRIDES, Keys, Recipe, Resume, is_first_device, run_recipe


class _BertUnlessNamed(TyperGroup):
    """Takes a recipe where another group wants a command: it is a BERT's."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = not args or args[0] in self.commands or args[0] in ctx.help_option_names
        return super().parse_args(ctx, args if named else ["bert", *args])


pretrain = typer.Typer(
    cls=_BertUnlessNamed,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Pretrain language models on raw text: `zoo pretrain RECIPE` a BERT, `zoo pretrain character-lm` others.",
)

# Heavy imports stand inside functions, so that `zoo --help` is quick. An option that is not given must be told from
# one that is, so all are None; the defaults shown are those of `train_character_lm`, which a test compares.


@pretrain.callback()
def _language_models() -> None:
    pass


@pretrain.command("bert", context_settings=OVERRIDES)
def bert(context: typer.Context, recipe: Recipe = None, resume: Resume = False, keys: Keys = False) -> None:
    """Pretrain a BERT from scratch: corpus, SentencePiece vocabulary, masked language model.

    Any key of the recipe can be changed on the command line:

    - `zoo pretrain recipes/pretraining/sbc_bert.yaml`

    - `zoo pretrain recipes/pretraining/small-bert-es.yaml --steps.epochs 3 --trainer.devices 2`

    - `zoo pretrain my.yaml --corpus.texts '[articles/*.xml, notes.txt]' --corpus.language es`

    Killed? The same command with `--resume` goes on where it was, also on another number of devices.
    """
    example = "recipes/pretraining/sbc_bert.yaml"
    _, checkpoint = run_recipe(
        _load, "pretrain", recipe, context.args, resume=resume, keys=keys, example=example, tells="zoo.pretraining"
    )
    if not is_first_device():
        return
    from zoo.pretraining.pretrain_bert import REPORT

    report = json.loads((checkpoint / REPORT).read_text(encoding="utf-8"))
    if report["held_out"]:
        told, perplexity = 100 * report["held_out"]["told"], report["held_out"]["perplexity"]
        typer.echo(f"held-out documents: {told:.1f} % of masked pieces told, perplexity {perplexity:.2f}")
    typer.echo(f"encoder: {checkpoint}")


def _load() -> Callable[..., Any]:
    from zoo.pretraining.pretrain_bert import pretrain_bert

    return pretrain_bert


@pretrain.command("character-lm")
def character_lm(
    recipe: Annotated[Path | None, typer.Argument(help="A YAML recipe, as those under recipes/pretraining/.")] = None,
    texts: Annotated[
        list[str] | None,
        typer.Option("--text", help="A file, folder or pattern (repeat for more); relative to here, else to ZOO_DATA."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the result.")] = None,
    character_size: Annotated[
        int | None, typer.Option(help="Dimensions of a character vector.", show_default="64")
    ] = None,
    hidden: Annotated[int | None, typer.Option(help="Units of each direction's LSTM.", show_default="256")] = None,
    min_count: Annotated[int | None, typer.Option(help="Rarer characters are unknown.", show_default="10")] = None,
    held_out: Annotated[int | None, typer.Option(help="Each so-many-th part is held out.", show_default="200")] = None,
    max_characters: Annotated[int | None, typer.Option(help="Read no more characters.", show_default="all")] = None,
    streams: Annotated[int | None, typer.Option(help="Places read side by side.", show_default="32")] = None,
    stretch: Annotated[int | None, typer.Option(help="Characters of each in a step.", show_default="100")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the text.", show_default="1")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="At its highest.", show_default="0.007")] = None,
    clip: Annotated[float | None, typer.Option(help="Largest norm of a gradient.", show_default="1.0")] = None,
    precision: Annotated[str | None, typer.Option(help="32-true, bf16-mixed or auto.", show_default="32-true")] = None,
    accelerator: Annotated[str | None, typer.Option(help="auto, cpu or gpu.", show_default="auto")] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; 0 leaves it open.", show_default="0")] = None,
    seed: Annotated[int | None, typer.Option(help="Of initialization.", show_default="1")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the output folder.")] = False,
) -> None:
    """Train character language models, one in each direction.

    - `zoo pretrain character-lm recipes/pretraining/character-lm-es.yaml`

    - `zoo pretrain character-lm --text 'my-folder/*.txt.gz' --out runs/my-lm --hidden 512 --precision bf16-mixed`

    An option given here counts more than the recipe's. Killed? The same command with `--resume` goes on where it was.
    """
    given = {name: value for name, value in locals().items() if name != "recipe" and value not in (None, [])}
    from zoo.cli.pretraining_recipes import arguments_of
    from zoo.pretraining.character_lm import train_character_lm

    arguments = arguments_of("zoo pretrain character-lm", recipe, given, train_character_lm)
    try:
        lms = train_character_lm(**arguments)
    except KeyboardInterrupt:
        typer.secho("zoo: interrupted; the same command with --resume goes on", fg="red", err=True)
        raise typer.Exit(130) from None
    perplexity = lms.config["held_out_perplexity"]
    typer.echo(
        f"perplexity of a held-out character: forward {perplexity['forward']:.3f}, "
        f"backward {perplexity['backward']:.3f}\nlanguage models: {arguments['out']}"
    )
