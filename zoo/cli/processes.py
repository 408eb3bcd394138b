"""Tagging by several processes, each with a tagger of its own."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING

from zoo.cli.starting import tagger_named
from zoo.data.document import Document

if TYPE_CHECKING:
    from zoo.models.tagger import Tagger

_AHEAD = 2  # portions that each process has, done or not, before more documents are read

_tagger: "Tagger"  # of a process that tags


def tag_in_processes(
    checkpoint: str,
    documents: Iterable[Document],
    processes: int,
    *,
    portion: int = 100,
    half: bool = False,
    on_portion: Callable[[int], object] | None = None,
) -> Generator[Document, None, None]:
    """Tags documents as they are read, and hands them on in their order.

    Every process loads the checkpoint, onto a GPU if there is one, and takes its share of the processor's cores. What
    it finds does not depend on the number of processes; the last digits of scores do, as on the size of a batch. A
    script that calls this needs the usual ``if __name__ == "__main__":``, since every process imports it.

    Args:
        checkpoint: As :func:`zoo.load` takes it.
        documents: Read no further than the processes can follow.
        processes: How many.
        portion: Documents that a process gets at once.
        half: Whether networks compute in bfloat16.
        on_portion: Called with the number of words of every portion that is done (a progress bar).

    Raises:
        ValueError: If ``processes`` or ``portion`` is not positive.
        ChildProcessError: If a process ended by itself, or could not begin. An error in tagging is raised again.
    """
    if processes < 1 or portion < 1:
        raise ValueError(f"Expected at least one process and document but got {processes=} and {portion=}.")
    return _tagged(checkpoint, iter(documents), processes, portion, half, on_portion)


def _tagged(
    checkpoint: str,
    documents: Iterator[Document],
    processes: int,
    portion: int,
    half: bool,
    on_portion: Callable[[int], object] | None,
) -> Generator[Document, None, None]:
    # Not forked, since torch's threads, and a GPU, do not outlive that.
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin, (checkpoint, processes))
    waiting: deque[Future[tuple[list[Document], int]]] = deque()
    is_done = False
    try:
        while True:
            while len(waiting) < _AHEAD * processes and (several := list(islice(documents, portion))):
                waiting.append(pool.submit(_tag, several, half))
            if not waiting:
                is_done = True
                return
            found, words = waiting.popleft().result()
            if on_portion is not None:
                on_portion(words)
            yield from found
    except BrokenProcessPool as error:
        raise ChildProcessError(
            f"One of {processes} processes ended before its texts were tagged — its own message stands above, or the "
            "system ended it, most likely for want of memory — take fewer processes, or one."
        ) from error
    finally:
        if not is_done:  # nobody wants what is still being tagged; Python 3.14 has a name for this
            for process in list((pool._processes or {}).values()):
                process.terminate()
        pool.shutdown(cancel_futures=True)


def _begin(checkpoint: str, processes: int) -> None:
    global _tagger
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that reads and writes: it ends this one
    _tagger = tagger_named(checkpoint)

    import torch

    torch.set_num_threads(max(1, torch.get_num_threads() // processes))


def _tag(documents: list[Document], half: bool) -> tuple[list[Document], int]:
    words: list[int] = []
    return _tagger.tag(documents, half=half, on_batch=words.append), sum(words)
