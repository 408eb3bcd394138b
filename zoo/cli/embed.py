"""``zoo embed``."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

# Heavy imports stand inside functions, so that `zoo --help` is quick. An option that is not given must be told from
# one that is, so all are None; the defaults shown are those of `train_word_vectors`, which a test compares.

_SECONDS = 60.0  # between two lines where there is no bar


def embed(
    recipe: Annotated[Path | None, typer.Argument(help="A YAML recipe, as those under recipes/pretraining/.")] = None,
    texts: Annotated[
        list[str] | None,
        typer.Option("--text", help="A file, folder or pattern (repeat for more); relative to here, else to ZOO_DATA."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the result.")] = None,
    method: Annotated[
        str | None,
        typer.Option(help="word2vec- or fasttext-, with skipgram or cbow.", show_default="word2vec-skipgram"),
    ] = None,
    size: Annotated[int | None, typer.Option(help="Dimensions of a vector.", show_default="100")] = None,
    window: Annotated[int | None, typer.Option(help="Words of context on either side.", show_default="5")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the texts.", show_default="5")] = None,
    negative: Annotated[int | None, typer.Option(help="Noise words for each true one.", show_default="10")] = None,
    min_count: Annotated[int | None, typer.Option(help="Rarer words get no vector.", show_default="4")] = None,
    sample: Annotated[
        float | None, typer.Option(help="Words more frequent than this share are thinned out.", show_default="0.0001")
    ] = None,
    normalizer: Annotated[
        str | None, typer.Option(help="none, lower, lower-digits or lower-num.", show_default="lower-digits")
    ] = None,
    segmentation: Annotated[str | None, typer.Option(help="Rule for sentences and words.", show_default="v1")] = None,
    seed: Annotated[int | None, typer.Option(help="Exact repetition takes one worker.", show_default="1")] = None,
    workers: Annotated[int | None, typer.Option(help="Threads.", show_default="2")] = None,
    max_words: Annotated[int | None, typer.Option(help="Read no more words.", show_default="all")] = None,
    bucket: Annotated[int | None, typer.Option(help="fastText: rows for n-grams.", show_default="200000")] = None,
    cover: Annotated[
        list[str] | None,
        typer.Option(help="fastText: a corpus, file or folder whose every word is to have a vector (repeat for more)."),
    ] = None,
    senses: Annotated[
        str | None, typer.Option(help="Vectors of word|POS, by rules-en, rules-es or a spaCy pipeline.")
    ] = None,
    concepts: Annotated[
        str | None, typer.Option(help="Regular expression of concept identifiers, which take the place of mentions.")
    ] = None,
) -> None:
    """Train vectors of words, senses or concepts on raw text and write vectors.safetensors and vectors.json.

    - `zoo embed recipes/pretraining/word2vec-en.yaml`

    - `zoo embed recipes/pretraining/fasttext-es.yaml --cover pharmaconer --cover my-corpus`

    - `zoo embed --text my-folder --text 'more/*.txt.gz' --out runs/my-vectors --workers 8`

    - `zoo embed recipes/pretraining/sense2vec-es.yaml --senses rules-es --out runs/my-senses`

    - `zoo embed --text mentions.pubtator --concepts '(?:MESH:)?([CD][0-9]{6,9})' --out runs/my-concepts`

    An option given here counts more than the recipe's. Both files appear only when training is done. Texts are of any
    format; of annotated ones, only the text is read. `zoo corpus prepare` gathers one language of Dublin Core XML.

    **fastText** keeps its n-grams in the file: a tagger is built with vectors composed of them for those words of its
    training documents that the text has not. With `--vectors.ngrams true` it takes them along for the words that it
    meets later. Else these are unknown, but for those of corpora that --cover names, all splits, which are composed now
    and written with the others.

    **Senses** (--senses) are words with their part of speech, `frío|NOUN`. A tagger with such vectors needs the same
    rules or pipeline: the file says which.

    **Concepts** (--concepts): an identifier that matches the regular expression stays one word as it is, and in
    annotated files takes the place of the mentions that have it; what a group in the expression matches is written.

    Look at the result with `zoo vectors`.
    """
    given = {name: value for name, value in locals().items() if name != "recipe" and value not in (None, [])}
    from zoo.cli.pretraining_recipes import arguments_of
    from zoo.pretraining.word_vectors import train_word_vectors

    arguments = arguments_of("zoo embed", recipe, given, train_word_vectors)
    with _bar() as show:
        vectors = train_word_vectors(**arguments, progress=show)
    report = vectors.training
    typer.echo(
        f"{len(vectors.words):,} words of {vectors.matrix.shape[1]} dimensions from {report['words']:,} words of text "
        f"in {report['seconds'] / 60:.1f} minutes: {Path(arguments['out']) / 'vectors.safetensors'}"
    )


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar on standard error with words a second and the time left; now and then a line where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} words  {task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("reading", total=None, rate="")

        def show(stage: str, done: int, total: int | None) -> None:
            if bar.tasks[0].total is None and total is not None:
                bar.reset(task)  # reading is over: training has a speed of its own
            bar.update(task, description=stage, completed=done, total=total)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.0f} words/s" if speed else "")

        yield show


def _lines() -> Callable[[str, int, int | None], None]:
    """How far a stage is, a line at a time: for a log file."""
    due = time.monotonic() + _SECONDS

    def show(stage: str, done: int, total: int | None) -> None:
        nonlocal due
        if time.monotonic() >= due:
            share = f" of {total:,} ({done / total:.0%})" if total else ""
            typer.echo(f"{stage}: {done:,} words{share}", err=True)
            due = time.monotonic() + _SECONDS

    return show
