"""Whole taggers against their peers: ``python -m benchmarks.taggers flair --python flair-env/bin/python``.

Each contestant (``benchmarks/contestants``) runs in a process of its own, on one thread, and they take turns in random
order within each round: first passes over the training documents, then the test documents from raw text, or from cut
words if it wants them, to spans. A row of ``speed.csv`` holds the median rate of ours and the ratios of the rounds, in
processor time. A row of ``taggers.csv`` holds what a process needed at most of memory, and with ``--epochs``, how well
a contestant tags that learns on for so many passes, after those of the rounds: strict F1 on the test documents. Ours
begins with a fresh optimizer in every pass, which its schedule does not know of.

What is installed weighs in memory, since Lightning imports what it finds: both environments should hold what a user
needs to train and tag, as ``pip install -e '.[fast]'`` makes ours, and no more.

* ``flair``: its ``SequenceTagger`` and our ``char_bilstm_crf`` of the same sizes.
* ``spacy``: the entity recognizer of a blank pipeline (``pip install -e '.[peers]'``), against the same.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.comparison import record_comparison
from benchmarks.record import SPEED, append, device, versions
from zoo.data.document import Document, Span
from zoo.data.splits import load_corpus
from zoo.evaluation.spans import score
from zoo.text.codec import Codec, CodecConfig

CONTESTANTS = {"flair": "benchmarks.contestants.flair_bilstm", "spacy": "benchmarks.contestants.spacy_ner"}
OURS = "benchmarks.contestants.zoo_bilstm"


class Process:
    """A contestant in its own process; :mod:`benchmarks.contestants.serving` tells the lines.

    Args:
        python: Its interpreter.
        module: The contestant.
        task: The file that describes the task.

    Raises:
        RuntimeError: If it ends before it has answered.
    """

    def __init__(self, python: str, module: str, task: Path) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        self._module = module
        self._process = subprocess.Popen(
            [python, "-m", module, str(task)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        told = self._answer()
        self.name, self.version = told["name"], told["version"]
        self.memory = 0.0

    def ask(self, what: str) -> dict[str, Any]:
        """Has it done, and gives the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        self.memory = answer.get("memory", self.memory)
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._module} ended with {self._process.wait()}; standard error tells why.")
        return dict(json.loads(line))

    def close(self) -> None:
        """Lets it end."""
        self._process.communicate()


def rows_of(documents: Sequence[Document], *, gold: bool) -> list[dict[str, Any]]:
    """Documents as contestants read them: text, and words in sentences with offsets and tags in IOB2; spans if gold."""
    labels = sorted({span.label for document in documents for span in document.spans})
    codec = Codec(CodecConfig(labels=tuple(labels), scheme="IOB2"))
    rows: list[dict[str, Any]] = [{"text": document.text, "sentences": []} for document in documents]
    for window in codec.encode(documents, gold=gold)[0]:
        tags = [codec.tags[tag] for tag in window.tags] if gold else ["O"] * len(window.forms)
        words = [
            (form, int(start), int(end), tag)
            for form, (start, end), tag in zip(window.forms, window.offsets, tags, strict=True)
        ]
        rows[window.document]["sentences"].append(words)
    if gold:
        for row, document in zip(rows, documents, strict=True):
            row["spans"] = [(span.start, span.end, span.label) for span in document.spans]
    return rows


def strict_f1(documents: Sequence[Document], found: Sequence[Sequence[tuple[int, int, str]]]) -> float:
    """Strict F1 of spans that were found in documents."""
    predicted = [
        Document(document.id, document.text, spans=tuple(Span.of(*span) for span in spans))
        for document, spans in zip(documents, found, strict=True)
    ]
    return score(documents, predicted).micro.f1


def compared(
    ours: Process,
    peer: Process,
    of: str,
    amounts: Mapping[str, tuple[str, int, str]],
    rounds: int,
    command: str,
    results: Path,
) -> None:
    """Measures both in turns, after one round to warm up; prints a line and appends a row for each thing measured."""
    for order, (what, amount, unit) in amounts.items():
        times = []
        for _ in range(rounds + 1):
            both: dict[str, float] = {}
            for contestant in random.sample([ours, peer], 2):
                both[contestant.name] = contestant.ask(order)["seconds"]
            times.append((both[ours.name], both[peer.name]))
        line = record_comparison(
            results,
            f"{what} with char_bilstm_crf, {of}, 1 thread",
            times[1:],
            peer=peer.name,
            peer_version=peer.version,
            command=command,
            amount=amount,
            unit=f"{unit}/s of CPU time",
        )
        print(line, flush=True)


def main() -> None:
    """Runs ours and a peer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=CONTESTANTS)
    parser.add_argument("--python", default=sys.executable, help="interpreter of the peer's environment")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--documents", type=int, default=200, help="training abstracts")
    parser.add_argument("--epochs", type=int, default=0, help="passes after which both are scored")
    parser.add_argument("--results", type=Path, default=SPEED)
    arguments = parser.parse_args()
    corpus = load_corpus("ncbi-disease")
    train, test = corpus["train"][: arguments.documents], corpus["test"]
    task: dict[str, Any] = {"train": rows_of(train, gold=True), "tag": rows_of(test, gold=False), "batch": 32}
    task["sentences"] = sum(len(row["sentences"]) for row in task["train"])
    words = sum(len(sentence) for row in task["tag"] for sentence in row["sentences"])
    size = f"--documents {arguments.documents}"
    command = f"python -m benchmarks.taggers {arguments.peer} --rounds {arguments.rounds} {size}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "task.json"
        path.write_text(json.dumps(task), encoding="utf-8")
        ours = Process(sys.executable, OURS, path)
        peer = Process(arguments.python, CONTESTANTS[arguments.peer], path)
        amounts = {
            "train": ("training", int(task["sentences"]), "sentences"),
            "tag": ("tagging raw text", words, "words"),
        }
        of = f"NCBI Disease, {len(train)} abstracts trained on"
        compared(ours, peer, of, amounts, arguments.rounds, command, arguments.results)
        memories = [contestant.memory for contestant in (ours, peer)]
        for contestant, memory in zip((ours, peer), memories, strict=True):
            for _ in range(arguments.epochs):
                contestant.ask("train")
            f1 = f"{strict_f1(test, contestant.ask('spans')['spans']):.4f}" if arguments.epochs else ""
            row = {
                "contestant": contestant.name,
                "version": contestant.version,
                "beside": peer.name,
                "documents": len(train),
                "memory_mb": f"{memory:.0f}",
                "epochs": arguments.rounds + 1 + arguments.epochs if arguments.epochs else "",
                "f1": f1,
                "device": device(),
                "command": f"{command} --epochs {arguments.epochs}",
                "versions": versions(),
                "date": date.today().isoformat(),
            }
            append(arguments.results.with_name("taggers.csv"), row)
            print(f"{contestant.name}: {memory:.0f} MB, strict F1 {f1 or 'not asked for'}", flush=True)
        ours.close()
        peer.close()


if __name__ == "__main__":
    main()
