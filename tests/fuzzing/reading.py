"""Damages files, reads them, and judges what came of it."""

import random
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.fuzzing.accounts import unaccounted
from tests.fuzzing.mutations import damaged
from tests.fuzzing.seeds import Seed
from zoo.data import formats
from zoo.data.document import DataFormatError, Document

SECONDS = 10
"""A reader that takes longer for a file of a page hangs."""


class Finding(NamedTuple):
    """What came of one damaged file.

    Args:
        outcome: ``read``, ``refused`` (a :class:`DataFormatError`), ``crash``, ``hang`` or ``silent loss``.
        detail: The error's type and message, or what is missing.
        files: The damaged folder, to make it again.
    """

    outcome: str
    detail: str
    files: dict[str, bytes]


class _Hang(BaseException):
    pass


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _Hang

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def damaged_file(seed: Seed, number: int) -> tuple[dict[str, bytes], bool]:
    """The damaged folder of that number, and whether it is to be read leniently."""
    draw = random.Random(f"{seed.format}/{next(iter(seed.files))}/{number}")
    (name, data), *others = seed.files.items()
    return {name: damaged(data, draw), **dict(others)}, draw.random() < 0.5


def judge(seed: Seed, files: dict[str, bytes], lenient: bool) -> Finding:
    """Reads one damaged folder, after a look at what format it seems to be."""
    can_be_lenient = "lenient" in formats.FORMATS[seed.format].reader_options
    options = dict(seed.options) | ({"lenient": True} if lenient and can_be_lenient else {})
    documents: list[Document] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        try:
            with _limited(SECONDS):
                with suppress(DataFormatError):
                    formats.detect(Path(folder) / seed.path)
                documents += formats.read(Path(folder) / seed.path, seed.format, options)
        except DataFormatError as error:
            return Finding("refused", str(error), files)
        except _Hang:
            return Finding("hang", f"more than {SECONDS} s", files)
        except Exception as error:
            return Finding("crash", f"{type(error).__name__}: {error}"[:300], files)
    missing = unaccounted(seed.format, files, documents)
    return Finding("silent loss" if missing else "read", missing, files)


def fuzz(seed: Seed, inputs: range) -> tuple[Counter[str], list[Finding]]:
    """Reads many damaged files.

    Returns:
        How many came out how, and all findings that no reader may leave.
    """
    outcomes: Counter[str] = Counter()
    bad: list[Finding] = []
    for number in inputs:
        finding = judge(seed, *damaged_file(seed, number))
        outcomes[finding.outcome] += 1
        if finding.outcome not in ("read", "refused"):
            bad.append(finding)
    return outcomes, bad
