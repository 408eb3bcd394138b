"""What commands that tag begin with: a tagger by name, and a progress bar over words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo.models.tagger import Tagger


def tagger_named(checkpoint: str) -> "Tagger":
    """Loads a tagger; a GPU is used where there is one."""
    import torch

    from zoo.hub.index import load

    tagger = load(checkpoint)
    return tagger.to("cuda") if torch.cuda.is_available() else tagger


@contextmanager
def words_progress(what: str) -> Iterator[Callable[[int], None]]:
    """A bar on standard error that counts words and words a second; nothing is shown where that is not a terminal."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f} words"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None, rate="")

        def advance(words: int) -> None:
            progress.advance(task, words)
            speed = progress.tasks[0].finished_speed or progress.tasks[0].speed
            progress.update(task, rate=f"{speed:,.0f} words/s" if speed else "")

        yield advance
