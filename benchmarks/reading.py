r"""Readers against the plainest parsers of the same files, and the memory that reading a large file takes.

    OMP_NUM_THREADS=1 python -m benchmarks.reading [--rounds N] [--formats brat conll]
    OMP_NUM_THREADS=1 python -m benchmarks.reading --megabytes 200

**Speed.** The peer is what one writes in ten lines to get the same out of a file known to be well-formed: text,
mentions with their concept ids, and relations, as tuples; no checks, no messages, no line numbers; most of them read
the whole file at once. Both give one document after the other, which is let go, in one process on one thread, in
random order within each round, in CPU time. Corpora are read where they lie; for the formats that none of them has,
our writers make the file. Before it is timed, both must have found as many documents, mentions, concept ids and
relations and as much text.

**Memory.** A real corpus is written over and over, with new ids, until the file has so many megabytes; a fresh process
then reads it, holding one document at a time. The baseline is the same with the corpus once.
"""

import argparse
import gc
import json
import subprocess
import sys
import tempfile
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, cast
from xml.etree import ElementTree

from benchmarks.comparison import record_comparison, rounds
from benchmarks.record import SPEED, append, device, versions
from zoo.data import formats
from zoo.data.document import Document
from zoo.data.splits import data_root

Mention = tuple[int, int, str, Sequence[str]]
"""First character, end, label, concept ids."""
Plain = tuple[str, str, list[Mention], list[Any]]
"""Id, text, mentions, relations."""

CDR = [f"en/bc5cdr/CDR_{split}Set.PubTator.txt" for split in ("Training", "Development", "Test")]


def plain_pubtator(path: Path) -> Iterator[Plain]:
    """Blocks of lines parted by blank lines."""
    for block in path.read_text(encoding="utf-8").strip().split("\n\n"):
        title, abstract, *lines = block.split("\n")
        name, _, text = title.split("|", 2)
        rows = [line.split("\t") for line in lines]
        spans: list[Mention] = [(int(row[1]), int(row[2]), row[4], _concepts(row[5])) for row in rows if len(row) > 4]
        yield name, f"{text} {abstract.split('|', 2)[2]}", spans, [row for row in rows if len(row) == 4]


def _concepts(names: str) -> list[str]:
    return [name for name in names.split("|") if name not in ("-1", "-", "")]


def plain_brat(folder: Path) -> Iterator[Plain]:
    """Pairs of files; of a discontinuous mention the first character and the last."""
    for path in sorted(folder.glob("*.ann")):
        spans: dict[str, Mention] = {}
        relations: list[Any] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            key, rest, *_ = line.split("\t")
            if key[0] == "T":
                label, *offsets = rest.replace(";", " ").split()
                spans[key] = (int(offsets[0]), int(offsets[-1]), label, [])
            elif key[0] == "N":
                _, mention, concept = rest.split(" ")
                cast(list[str], spans[mention][3]).append(concept)
            elif key[0] == "R":
                relations.append(rest.split())
        yield path.stem, path.with_suffix(".txt").read_text(encoding="utf-8"), list(spans.values()), relations


def plain_conll(path: Path) -> Iterator[Plain]:
    """Words joined by blanks, sentences by line breaks; IOB2 without an ``I`` that begins a mention."""
    for block in path.read_text(encoding="utf-8").split("###MEDLINE:")[1:]:
        name, _, body = block.partition("\n")
        sentences = [[line.split("\t") for line in lines.split("\n")] for lines in body.strip().split("\n\n")]
        spans: list[Mention] = []
        at = 0
        for word, tag in chain.from_iterable(sentences):
            _place(spans, at, word, tag)
            at += len(word) + 1
        yield name, "\n".join(" ".join(word for word, _ in sentence) for sentence in sentences), spans, []


def _place(spans: list[Mention], at: int, word: str, tag: str) -> None:
    if tag[0] == "B":
        spans.append((at, at + len(word), tag[2:], ()))
    elif tag[0] == "I":
        spans[-1] = (spans[-1][0], at + len(word), tag[2:], ())


def plain_genetag(folder: Path) -> Iterator[Plain]:
    """Three files; offsets count characters that are not blank."""
    mentions = defaultdict(list)
    for file in ("GENE.eval", "ALTGENE.eval"):
        for line in (folder / file).read_text(encoding="utf-8").splitlines():
            name, offsets, _ = line.split("|", 2)
            first, last = offsets.split()
            mentions[name].append((int(first), int(last), file))
    for line in (folder / "train.in").read_text(encoding="utf-8").splitlines():
        name, text = line.split(" ", 1)
        solid = [at for at, character in enumerate(text) if character != " "] if name in mentions else []
        yield name, text, [(solid[start], solid[end] + 1, file, ()) for start, end, file in mentions[name]], []


def plain_bioc_xml(path: Path) -> Iterator[Plain]:
    """The whole tree in memory."""
    for document in ElementTree.parse(path).iterfind("document"):
        text, spans = "", list[Mention]()
        for passage in document.iterfind("passage"):
            text = text.ljust(int(passage.findtext("offset", ""))) + passage.findtext("text", "")
            for annotation in passage.iterfind("annotation"):
                infons = {infon.attrib["key"]: infon.text or "" for infon in annotation.iterfind("infon")}
                concepts = _concepts(infons["identifier"]) if "identifier" in infons else ()
                for location in annotation.iterfind("location"):
                    start = int(location.attrib["offset"])
                    spans.append((start, start + int(location.attrib["length"]), infons["type"], concepts))
        yield document.findtext("id", ""), text, spans, []


def plain_bioc_json(path: Path) -> Iterator[Plain]:
    """The whole collection in memory."""
    for document in json.loads(path.read_text(encoding="utf-8"))["documents"]:
        text, spans = "", list[Mention]()
        for passage in document["passages"]:
            text = text.ljust(passage["offset"]) + passage["text"]
            for annotation in passage["annotations"]:
                label, concepts = annotation["infons"]["type"], _concepts(annotation["infons"].get("identifier", "-1"))
                for location in annotation["locations"]:
                    start = location["offset"]
                    spans.append((start, start + location["length"], label, concepts))
        yield document["id"], text, spans, document["relations"]


def plain_jsonl(path: Path) -> Iterator[Plain]:
    """An object a line."""
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        row = json.loads(line)
        spans = [(s["start"], s["end"], s["label"], s.get("concepts", ())) for s in row.get("spans", ())]
        ties = row.get("relations", ())
        yield row["id"], row["text"], spans, [(tie["label"], [*map(_filler, tie["arguments"])]) for tie in ties]


def _filler(argument: dict[str, Any]) -> tuple[str, Any]:
    return argument.get("role", ""), argument.get("span", argument.get("concept"))


def plain_tokens(path: Path) -> Iterator[Plain]:
    """An object a line; tokens joined by blanks, IOB2."""
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        row = json.loads(line)
        spans: list[Mention] = []
        at = 0
        for word, tag in zip(row["tokens"], row["ner_tags"], strict=True):
            _place(spans, at, word, tag)
            at += len(word) + 1
        yield row["id"], " ".join(row["tokens"]), spans, []


class Case(NamedTuple):
    """What is read: the plain parser of a format, what the files are, and where below the data root.

    Where ``made_from`` is another format, the files are that one's and our writer first makes one file of them.
    """

    plain: Callable[[Path], Iterator[Plain]]
    files: str
    paths: Sequence[str]
    made_from: str | None = None


CASES = {
    "pubtator": [Case(plain_pubtator, "1,500 abstracts of BC5CDR", CDR)],
    "brat": [
        Case(plain_brat, "60 articles of CRAFT", ["en/craft/train"]),
        Case(plain_brat, "250 clinical cases of PharmaCoNER", ["es/pharmaconer/dev"]),
    ],
    "conll": [Case(plain_conll, "2,000 abstracts of JNLPBA", ["en/jnlpba/Genia4ERtask2.reconstructed.iob2"])],
    "genetag": [Case(plain_genetag, "15,000 sentences of BC2GM", ["en/bc2gm/train"])],
    "bioc": [Case(plain_bioc_xml, "100 articles of PubTator Central", ["en/weak/pubtator-central-100.bioc.xml"])],
    "bioc-json": [Case(plain_bioc_json, "1,500 abstracts of BC5CDR", CDR, "pubtator")],
    "jsonl": [Case(plain_jsonl, "1,500 abstracts of BC5CDR", CDR, "pubtator")],
    "tokens": [Case(plain_tokens, "1,500 abstracts of BC5CDR", CDR, "pubtator")],
}
OPTIONS: dict[str, dict[str, object]] = {"genetag": {"lenient": True}}
"""Of our readers: one mention of BC2GM's training part quotes another text than its offsets."""


def compare(name: str, case: Case, count: int) -> tuple[list[list[float]], float]:
    """CPU seconds of our reader and of the plain parser in each round, and the megabytes read.

    Raises:
        ValueError: If they do not find the same.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [data_root() / path for path in case.paths]
        if case.made_from:
            made = Path(folder) / f"made.{name}"
            formats.write(_documents(paths, case.made_from), made, name)
            paths = [made]

        def ours() -> Iterator[Document]:
            return _documents(paths, name)

        def plain() -> Iterator[Plain]:
            return chain.from_iterable(map(case.plain, paths))

        found = sorted(
            (
                len(document.text),
                len(document.spans) + len(document.alternatives),
                sum(len(span.concepts) for span in document.spans),
                len(document.relations),
            )
            for document in ours()
        )
        expected = sorted((len(text), len(s), sum(len(one[3]) for one in s), len(r)) for _, text, s, r in plain())
        if found != expected:
            raise ValueError(f"Expected what the plain parser of {name} finds but our reader found something else.")
        gc.freeze()  # what this script has imported, torch above all, is not what a garbage collection should visit
        try:
            return rounds([lambda: deque(ours(), 0), lambda: deque(plain(), 0)], count), sum(map(_size, paths)) / 1e6
        finally:
            gc.unfreeze()


def _documents(paths: Sequence[Path], name: str) -> Iterator[Document]:
    return chain.from_iterable(formats.read(path, name, OPTIONS.get(name)) for path in paths)


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.iterdir()) if path.is_dir() else path.stat().st_size


REPEATED = ("pubtator", "conll", "bioc", "bioc-json", "jsonl", "tokens")
_CHILD = """
import sys, time
from collections import deque
from zoo.data.formats import read
begin = time.process_time()
deque(read(sys.argv[1], sys.argv[2]), maxlen=0)
seconds = time.process_time() - begin
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak) / 1024, seconds)
"""  # not resource.getrusage: its peak is that of the parent where the parent's was higher


def measure_memory(name: str, megabytes: int, command: str) -> dict[str, object]:
    """The row of ``memory.csv`` for a format: what a process takes that reads a file of so many megabytes."""
    documents = list(_documents([data_root() / path for path in CDR], "pubtator"))
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / f"small.{name}", Path(folder) / f"large.{name}"
        formats.write(documents, small, name)
        copies = round(megabytes * 1e6 / small.stat().st_size)
        formats.write(_repeated(documents, copies), large, name)
        size = large.stat().st_size / 1e6
        (baseline, _), (peak, seconds) = (_peak_and_seconds(path, name) for path in (small, large))
    return {
        "format": name,
        "megabytes": f"{size:.0f}",
        "peak_mb": f"{peak:.1f}",
        "baseline_mb": f"{baseline:.1f}",
        "seconds": f"{seconds:.1f}",
        "device": device(),
        "command": command,
        "versions": versions(),
        "date": date.today().isoformat(),
    }


def _repeated(documents: Sequence[Document], copies: int) -> Iterator[Document]:
    return (replace(document, id=f"{document.id}{copy:05}") for copy in range(copies) for document in documents)


def _peak_and_seconds(path: Path, name: str) -> tuple[float, float]:
    """Peak resident memory in MB (2^20 bytes) and CPU seconds of a fresh process that reads a file."""
    done = subprocess.run([sys.executable, "-c", _CHILD, str(path), name], capture_output=True, text=True, check=True)
    peak, seconds = map(float, done.stdout.split())
    return peak, seconds


def main() -> None:
    """Measures every format, prints a line and appends a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--formats", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--megabytes", type=int, help="measure the memory that a file of this size takes, not speed")
    parser.add_argument("--results", type=Path, default=SPEED, help="of speed; those of memory lie beside it")
    arguments = parser.parse_args()
    command = "OMP_NUM_THREADS=1 python -m benchmarks.reading"
    for name in arguments.formats:
        if arguments.megabytes and name in REPEATED:
            row = measure_memory(name, arguments.megabytes, f"{command} --megabytes {arguments.megabytes}")
            append(arguments.results.with_name("memory.csv"), row)
            print(
                f"{name}: {row['peak_mb']} MB for a file of {row['megabytes']} MB, {row['baseline_mb']} for a small one"
            )
        elif not arguments.megabytes:
            for case in CASES[name]:
                print(record_case(arguments.results, name, case, arguments.rounds, command))


def record_case(results: Path, name: str, case: Case, count: int, command: str) -> str:
    """Measures one comparison, appends its row and says it in a line."""
    times, megabytes = compare(name, case, count)
    return record_comparison(
        results,
        f"reading {name}, {case.files}, 1 thread",
        times,
        peer="plain parser",
        peer_version="",
        command=f"{command} --rounds {count}",
        amount=megabytes,
        unit="MB/s of CPU time",
    )


if __name__ == "__main__":
    main()
