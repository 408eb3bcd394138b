"""How a contestant of :mod:`benchmarks.taggers` is run: in a process of its own, told by lines what to do.

Nothing but the standard library: contestants live in environments that do not agree about anything else.
"""

import json
import resource
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple


class Contestant(NamedTuple):
    """What a contestant can do.

    Args:
        name: As ``flair``.
        version: Its version.
        train: Passes once over the training documents.
        tag: Finds the spans of the texts to be tagged, as lists of (start, end, label) for each.
    """

    name: str
    version: str
    train: Callable[[], object]
    tag: Callable[[], list[list[tuple[int, int, str]]]]


def serve(made: Callable[[dict[str, Any]], Contestant]) -> None:
    """Does what standard input says, ``train``, ``tag`` or ``spans``, and answers each with a line of JSON.

    Answers to ``train`` and ``tag`` tell the processor's seconds and the process's highest memory in MB so far; that to
    ``spans`` the spans. The first line names the contestant. What libraries print goes to standard error.

    Args:
        made: Gives the contestant for the task, a JSON file named by the first argument: ``train``, documents with
            ``text``, ``spans`` and ``sentences`` (lists of words with their offsets and tags); and ``tag``, the same
            without spans.
    """
    answers = sys.stdout
    with redirect_stdout(sys.stderr):
        contestant = made(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
        print(json.dumps({"name": contestant.name, "version": contestant.version}), file=answers, flush=True)
        for line in sys.stdin:
            if line.strip() == "spans":
                print(json.dumps({"spans": contestant.tag()}), file=answers, flush=True)
                continue
            begin = process_time()
            (contestant.train if line.strip() == "train" else contestant.tag)()
            seconds = process_time() - begin
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(json.dumps({"seconds": seconds, "memory": memory}), file=answers, flush=True)
