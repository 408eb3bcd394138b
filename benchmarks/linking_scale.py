"""How quick and how large an index of SNOMED CT's size is: 350,000 concepts with 1.5 million names.

    python -m benchmarks.linking_scale [--concepts 350000] [--names 1500000] [--folder DIR] [--out CSV]

SNOMED CT itself is licensed, so the names are made: each is the beginning of one name and the end of another of the
terminologies at hand, English and Spanish, and so of real words as often as they are used. Looked up are names as they
are in the index (``exact``) and the same with one or two typing errors, turned words and lost accents (``fuzzy``); each
is asked once, first candidate only. Building and looking up are processes of their own, whose memory is their highest
resident size, libraries and file pages included.

In the same run, on the same names: RapidFuzz comparing the mention with every name (``process.extract``), and
full-text search for names with all its words, as PyMedTermino2 seeks, both on names in their folded form.
"""

import argparse
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from benchmarks.misspelling import misspelt
from zoo.data.splits import data_root
from zoo.data.terminology import Concept, read_concepts
from zoo.linking.build import build_index
from zoo.linking.linker import Linker
from zoo.linking.normalizers import Level, keys

SOURCES = ("ctd/*.tsv.gz", "hpo/*", "doid/*.obo.gz", "decs/DeCS_2019_es.tsv.gz", "orphanet/*.tsv.gz")
QUERIES, BRUTE_FORCE = 500, 20  # mentions that are looked up; by comparing every name


def made_concepts(concepts: int, names: int) -> Iterator[Concept]:
    """Concepts with made names, the same ones each time.

    Args:
        concepts: How many.
        names: How many they have together.
    """
    folder = data_root() / "terminologies"
    files = [path for pattern in SOURCES for path in sorted(folder.glob(pattern))]
    real = {name for path in files for concept in read_concepts(path) for name in (concept.name, *concept.synonyms)}
    words = [name.split() for name in sorted(real)]
    draw = random.Random(1)
    made: set[str] = set()
    for number in range(concepts):
        own: list[str] = []
        while len(own) < (names * (number + 1) // concepts) - (names * number // concepts):
            begins, ends = draw.choice(words), draw.choice(words)
            name = " ".join([*begins[: (len(begins) + 1) // 2], *ends[len(ends) // 2 :]])
            if name not in made:
                made.add(name)
                own.append(name)
        yield Concept(f"S:{number}", own[0], tuple(own[1:]))


def queries(concepts: Sequence[Concept]) -> tuple[list[str], list[str]]:
    """Names to look up: as they are, and misspelt."""
    draw = random.Random(2)
    chosen = [draw.choice((each.name, *each.synonyms)) for each in draw.sample(concepts, 2 * QUERIES)]
    return chosen[:QUERIES], [misspelt(name, draw, draw.choice((1, 2))) for name in chosen[QUERIES:]]


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def median(ask: Callable[[str], object], mentions: Sequence[str]) -> float:
    """Milliseconds for a mention, in the middle."""
    return 1000 * statistics.median(seconds(partial(ask, mention)) for mention in mentions)


def building(path: Path, concepts: int, names: int) -> dict[str, float]:
    """Makes the index."""
    made = [*made_concepts(concepts, names)]
    before = peak()
    took = seconds(lambda: build_index(made, path))
    return {"build, s": took, "build, MB resident": peak(), "of these the names given, MB": before}


def looking_up(path: Path, concepts: int, names: int) -> dict[str, float]:
    """Asks the index, in a process that holds nothing else."""
    exact, fuzzy = json.loads((path.parent / "queries.json").read_text(encoding="utf-8"))
    found: list[Linker] = []
    opened = 1000 * seconds(lambda: found.append(Linker(path)))
    linker = found[0]
    linker.candidates("warm")
    as_written, like = (median(linker.candidates, mentions) for mentions in (exact, fuzzy))
    return {
        "open, ms": opened,
        "exact, ms": as_written,
        "fuzzy, ms": like,
        "look up, MB resident": peak(),
        "index, MB": path.stat().st_size / 1e6,
    }


def peers(path: Path, concepts: int, names: int) -> dict[str, float]:
    """Comparing all names, and full-text search for all words."""
    from rapidfuzz import fuzz, process

    made = [*made_concepts(concepts, names)]
    folded = [keys(name)[Level.FOLDED] for each in made for name in (each.name, *each.synonyms)]
    database = sqlite3.connect(path.parent / "peer.sqlite")
    with database:
        database.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize='unicode61 remove_diacritics 2')")
        database.executemany("INSERT INTO words VALUES (?)", ((name,) for name in folded))
    exact, fuzzy = ([keys(name)[Level.FOLDED] for name in each] for each in queries(made))

    def with_all_words(mention: str) -> object:
        wanted = " ".join(f'"{word}"' for word in mention.split())
        return database.execute("SELECT rowid FROM words WHERE words MATCH ? LIMIT 50", (wanted,)).fetchall()

    brute = [*fuzzy[:BRUTE_FORCE]]
    return {
        "RapidFuzz over all names, fuzzy, ms": median(
            lambda name: process.extract(name, folded, scorer=fuzz.ratio, limit=5), brute
        ),
        "full-text search, exact, ms": median(with_all_words, exact),
        "full-text search, fuzzy, ms": median(with_all_words, fuzzy),
        "full-text search, fuzzy, finds": 100 * statistics.fmean(bool(with_all_words(name)) for name in fuzzy),
    }


def right(path: Path, made: Sequence[Concept]) -> float:
    """How many misspelt names the linker finds the concept of, in percent."""
    draw = random.Random(2)
    chosen = draw.sample(made, 2 * QUERIES)
    del chosen[:QUERIES]
    linker = Linker(path)
    _, fuzzy = queries(made)
    found = [linker.candidates(mention)[:1] for mention in fuzzy]
    return 100 * statistics.fmean(
        bool(best) and best[0].concept == each.id for best, each in zip(found, chosen, strict=True)
    )


def peak() -> float:
    """The highest resident size of this process so far, in MB; getrusage would count what its parent held."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1e3


STEPS: dict[str, Callable[[Path, int, int], dict[str, float]]] = {
    "build": building,
    "look up": looking_up,
    "peers": peers,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--concepts", type=int, default=350_000)
    parser.add_argument("--names", type=int, default=1_500_000)
    parser.add_argument("--folder", type=Path, help="where the index is left; by default it is not kept")
    parser.add_argument("--out", type=Path, help="the CSV file that rows are added to; printed only, if none is given")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.step:
        print(json.dumps(STEPS[given.step](given.folder / "index.sqlite", given.concepts, given.names)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        made = [*made_concepts(given.concepts, given.names)]
        (folder / "queries.json").write_text(json.dumps(queries(made)), encoding="utf-8")
        for step in STEPS:
            sizes = ("--concepts", str(given.concepts), "--names", str(given.names))
            command = (sys.executable, "-m", "benchmarks.linking_scale", "--step", step, "--folder", str(folder))
            output = subprocess.run([*command, *sizes], check=True, capture_output=True, text=True).stdout
            found = json.loads(output.splitlines()[-1])
            if step == "look up":
                found["fuzzy, right %"] = right(folder / "index.sqlite", made)
            for what, value in found.items():
                print(f"{what}: {value:.3g}", flush=True)
                if given.out:
                    write(given.out, given.concepts, given.names, what, value)


def write(path: Path, concepts: int, names: int, what: str, value: float) -> None:
    """Adds a row to the result file."""
    from benchmarks import record  # and with it torch, whose memory is not the index's

    row = {
        "concepts": concepts,
        "names": names,
        "what": what,
        "value": f"{value:.4g}",
        "device": record.device(),
        "command": f"python -m benchmarks.linking_scale --concepts {concepts} --names {names}",
        "versions": record.versions("rapidfuzz"),
        "date": date.today().isoformat(),
    }
    record.append(path, row)


if __name__ == "__main__":
    main()
