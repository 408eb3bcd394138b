"""Puts a trained checkpoint among those that ship: ``python -m zoo.hub.ship FOLDER NAME``.

The row in ``checkpoints/index.json`` is made from the folder's own ``metrics.json`` and of what is measured here, on
the test documents of its corpus: the score of the corpus's official scorer, where it has one, and the tagging speed.
"""

import argparse
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch

from zoo.data.corpora import CORPORA
from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.evaluation.bootstrap import bootstrap
from zoo.evaluation.pharmaconer import UNCLEAR
from zoo.evaluation.report import to_dict
from zoo.evaluation.scorers import score_with
from zoo.hub.index import checkpoints_folder, load, read_index
from zoo.models.golden import check_golden
from zoo.models.tagger import Tagger

LARGEST = 15_000_000  # bytes of a checkpoint that may lie in git
OFFICIAL = {"bc2gm": "bc2gm-official", "pharmaconer": "pharmaconer-track1"}
"""The scorer of a corpus's shared task, by corpus; the other corpora are scored by strict spans."""
_WORDS, _ROUNDS = 20_000, 5  # of the test documents, for the tagging speed


def ship(folder: Path, name: str, licence: str) -> dict[str, Any]:
    """Copies a checkpoint folder and writes its row of the index.

    Args:
        folder: A checkpoint folder with ``metrics.json`` and ``golden.json``.
        name: ``<architecture>.<corpus>[.<variant>]``.
        licence: Of the weights.

    Returns:
        The row.

    Raises:
        ValueError: If the name is not of that form or the folder is too large for git.
        FileNotFoundError: If the corpus is not here.
        zoo.checkpoint.folder.CheckpointError: If the folder is damaged or does not give its golden outputs.
    """
    tagger = load(folder)
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    corpus = metrics["corpus"]
    if not f"{name}.".startswith(f"{tagger.key}.{corpus}."):
        raise ValueError(f"Expected a name that begins with {tagger.key}.{corpus} but got {name!r}.")
    size = sum(path.stat().st_size for path in folder.iterdir())
    if size > LARGEST:
        raise ValueError(
            f"Expected at most {LARGEST:,} bytes but {folder} has {size:,}; publish it to the Hub instead."
        )
    check_golden(tagger, folder)
    gold = load_corpus(corpus)["test"]
    row = {
        "corpus": corpus,
        "language": CORPORA[corpus].language,
        "labels": list(tagger.codec.config.labels),
        "test": official_score(tagger, gold, OFFICIAL[corpus]) if corpus in OFFICIAL else _score(metrics["test"]),
        "megabytes": round(size / 1e6, 1),
        **speed(tagger, gold),
        "licence": licence,
    }
    target = checkpoints_folder() / name
    if folder.resolve() != target.resolve():
        arriving = target.with_name(f".{name}")  # what ships is replaced by a complete folder, or stays
        shutil.rmtree(arriving, ignore_errors=True)
        shutil.copytree(folder, arriving)
        shutil.rmtree(target, ignore_errors=True)
        arriving.replace(target)
    index = dict(sorted((read_index() | {name: row}).items()))
    text = json.dumps(index, indent=2, ensure_ascii=False) + "\n"
    partial = checkpoints_folder() / ".index.json"
    partial.write_text(text, encoding="utf-8")
    partial.replace(checkpoints_folder() / "index.json")
    return row


def official_score(tagger: Tagger, gold: Sequence[Document], scorer: str) -> dict[str, Any]:
    """F1 with its 95 % interval by an official scorer.

    PharmaCoNER's ``UNCLEAR`` is no target of its shared task: it is left out, as from what a participant hands in.

    Args:
        tagger: What is scored.
        gold: Documents of the corpus, with everything that its scorer reads.
        scorer: A key of :data:`zoo.evaluation.scorers.SCORERS`.
    """
    drop = {UNCLEAR: None} if scorer.startswith("pharmaconer") else {}
    report = score_with(scorer, gold, [document.relabel(drop) for document in tagger.tag(gold)])
    return _score(to_dict(report, bootstrap(report)))


def _score(report: Mapping[str, Any]) -> dict[str, Any]:
    """What the index holds of a report."""
    low, high = report["micro"]["intervals"]["f1"]
    return {"scorer": report["scorer"], "f1": report["micro"]["f1"], "low": low, "high": high}


def speed(tagger: Tagger, documents: Sequence[Document]) -> dict[str, Any]:
    """How many words a second are tagged on one thread, from raw text to scored spans, and by what.

    Seconds are those of the processor, the median of several rounds: a machine that is busy otherwise counts less.

    Args:
        tagger: On the CPU.
        documents: As many as are needed are tagged.

    Returns:
        ``words_per_second``, two digits of which say something, and ``device``.
    """
    from zoo.training.trainer import device_name

    texts, words = [], 0
    for document in documents:
        if words < _WORDS:
            texts.append(document.text)
            words += sum(map(len, tagger.codec.segment(Document(document.id, document.text))))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        seconds = [_seconds(tagger, texts) for _ in range(1 + _ROUNDS)][1:]  # the first round warms up
    finally:
        torch.set_num_threads(threads)
    device = device_name(torch.device("cpu"))
    return {"words_per_second": int(float(f"{words / median(seconds):.2g}")), "device": f"one thread of {device}"}


def _seconds(tagger: Tagger, texts: Sequence[str]) -> float:
    begin = time.process_time()
    tagger.tag(texts)
    return time.process_time() - begin


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    parser.add_argument("--licence", default="Apache-2.0")
    given = parser.parse_args()
    print(json.dumps(ship(given.folder, given.name, given.licence), indent=2))


if __name__ == "__main__":
    main()
