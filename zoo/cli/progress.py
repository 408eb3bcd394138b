"""Bars on standard error, for what takes a while; nothing is shown where that is not a terminal."""

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

    from zoo.data.document import Document

Step = Callable[[str, Iterable["Document"]], Iterator["Document"]]
"""Hands documents on and counts them, under a word for what is done with them."""


@contextmanager
def _bar(*columns: "ProgressColumn") -> Iterator["Progress"]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    shown = (SpinnerColumn(), TextColumn("{task.description}"), *columns, TimeElapsedColumn())
    with Progress(*shown, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar


@contextmanager
def words_progress(what: str) -> Iterator[Callable[[int], None]]:
    """A bar that counts words and words a second."""
    from rich.progress import TextColumn

    with _bar(TextColumn("{task.completed:,.0f} words"), TextColumn("{task.fields[rate]}")) as bar:
        task = bar.add_task(what, total=None, rate="")

        def advance(words: int) -> None:
            bar.advance(task, words)
            speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.0f} words/s" if speed else "")

        yield advance


@contextmanager
def documents_progress(what: str = "reading") -> Iterator[Step]:
    """A bar that counts documents, step by step; ``what`` is done before the first."""
    from rich.progress import BarColumn, MofNCompleteColumn

    with _bar(BarColumn(), MofNCompleteColumn()) as bar:
        task = bar.add_task(what, total=None)

        def step(what: str, documents: Iterable["Document"]) -> Iterator["Document"]:
            bar.reset(task, description=what, total=len(documents) or None if isinstance(documents, Sized) else None)

            def counted() -> Iterator["Document"]:
                for document in documents:
                    yield document
                    bar.advance(task)

            return counted()

        yield step
