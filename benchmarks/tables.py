"""Writes the result files as Markdown tables into the pages: ``python -m benchmarks.tables [--check]``.

A table stands between a marker, alone on its line, and ``<!-- /table -->``. The markers are ``<!-- table:limits -->``
and so on, by the names of :data:`TABLES`, ``<!-- table:printed:<corpus> -->`` and ``<!-- table:speed:<benchmark> -->``.
Scores in ``accuracy.csv`` and ceilings in ``corpora.csv`` are fractions of 1, scores in ``published.csv`` per cent, as
printed; tables show per cent.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean

from benchmarks.evidence import ablation_table, architectures_table, printed_tables, raredis_table
from benchmarks.rows import Row, latest, markdown, module_of, read

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", ROOT / "benchmarks" / "README.md", ROOT / "benchmarks" / "results" / "README.md")
MARKED = re.compile(r"<!-- table:(?P<name>\S+) -->\n(?:(?!<!-- table:).)*?<!-- /table -->", re.DOTALL)


def speed_table(results: Path, benchmark: str) -> str:
    """The latest comparison of each thing with each peer, of one module of ``benchmarks/``."""
    rows = [row for row in read(results / "speed.csv") if module_of(row) == benchmark]
    rows = latest(rows, "what", "peer")
    if not rows:
        return "No comparison is recorded yet."
    columns = ("what", "ours", "peer", "unit", "ratio", "runs", "device")
    shown = (
        {
            **row,
            "peer": f"{row['peer']} {row['peer_version']}".strip(),
            "ratio": f"{row['ratio']} ({row['ratio_min']}–{row['ratio_max']})",
        }
        for row in rows
    )
    header = ["what", "ours", "peer", "unit", "ratio (min–max)", "runs", "device"]
    return markdown(header, ([row[column] for column in columns] for row in shown))


def limits_table(results: Path) -> str:
    """What was measured beside the most, or the least, that the processor allows."""
    rows = latest(read(results / "limits.csv"), "what")
    if not rows:
        return "No limit is measured yet."
    columns = ["what", "measured", "limit", "unit", "share", "device"]
    return markdown(columns, ([row[column] for column in columns] for row in rows))


def taggers_table(results: Path) -> str:
    """Memory and scores of whole taggers, each beside the one that it took turns with."""
    rows = latest(read(results / "taggers.csv"), "beside", "contestant")
    if not rows:
        return "No tagger is compared yet."
    columns = ("beside", "contestant", "version", "documents", "memory_mb", "epochs", "f1", "device")
    header = ["with", "tagger", "version", "training abstracts", "memory, MB", "passes", "test F1", "device"]
    rows = [{**row, "f1": row["f1"] and f"{100 * float(row['f1']):.2f}"} for row in rows]
    return markdown(header, ([row[column] for column in columns] for row in rows))


def weak_table(results: Path) -> str:
    """What weak labels, their re-correction and distillation come to on test, over all seeds."""
    rows = latest(read(results / "weak.csv"), "corpus", "step", "corrections", "seed")
    if not rows:
        return "Nothing is measured yet."
    order = {step: place for place, step in enumerate(dict.fromkeys(row["step"] for row in read(results / "weak.csv")))}
    settings: dict[tuple[str, int, str, str], list[Row]] = {}
    for row in rows:
        settings.setdefault((row["corpus"], order[row["step"]], row["step"], row["corrections"]), []).append(row)
    lines = []
    for (corpus, _, step, corrections), runs in sorted(settings.items()):
        f1 = [100 * float(run["f1"]) for run in runs]
        spread = f" ({min(f1):.2f}–{max(f1):.2f})" if len(f1) > 1 else ""
        others = [f"{mean(100 * float(run[name]) for run in runs):.2f}" for name in ("precision", "recall")]
        p = ", ".join(run["p"] for run in runs)
        minutes = f"{mean(float(run['train_minutes']) for run in runs):.0f}"
        lines.append([corpus, step, corrections, f"{mean(f1):.2f}{spread}", *others, p, str(len(runs)), minutes])
    header = [
        "corpus",
        "learnt from",
        "corrections",
        "F1 (min–max)",
        "P",
        "R",
        "p against gold alone",
        "seeds",
        "minutes",
    ]
    return markdown(header, lines)


def linking_table(results: Path) -> str:
    """How right links are: what was compared in a line, each system in a column."""
    rows = latest(read(results / "linking.csv"), "corpus", "split", "part", "what", "system")
    if not rows:
        return "No link is scored yet."
    order = {row["corpus"]: place for place, row in enumerate(read(results / "linking.csv"))}
    lines: dict[tuple[str, ...], Row] = {}
    for row in sorted(rows, key=lambda row: order[row["corpus"]]):
        key = (row["corpus"], row["split"], row["part"], row["what"], row["count"])
        lines.setdefault(key, {})[row["system"]] = f"{100 * float(row['value']):.2f}"
    systems = ("exact", "tf-idf", "zoo", "zoo, encoder", "any")
    header = ["corpus", "split", "of", "what", "of so many", *systems]
    return markdown(header, ([*key, *(found.get(system, "") for system in systems)] for key, found in lines.items()))


def linking_scale_table(results: Path) -> str:
    """How quick and how large an index is, a line each."""
    rows = latest(read(results / "linking_scale.csv"), "concepts", "names", "what")
    if not rows:
        return "No large index is measured yet."
    header = ["concepts", "names", "what", "measured", "device"]
    sizes = (([f"{int(row['concepts']):,}", f"{int(row['names']):,}"], row) for row in rows)
    return markdown(header, ([*size, row["what"], row["value"], row["device"]] for size, row in sizes))


def memory_table(results: Path) -> str:
    """What reading a large file takes, by format."""
    rows = latest(read(results / "memory.csv"), "format")
    if not rows:
        return "No memory is recorded yet."
    columns = ("format", "megabytes", "peak_mb", "baseline_mb", "seconds", "device")
    header = ["format", "file, MB", "peak, MB", "peak for a small file, MB", "CPU s", "device"]
    return markdown(header, ([row[column] for column in columns] for row in rows))


def corpora_table(results: Path) -> str:
    """A line for each corpus and split; tag schemes that hold the same everywhere share a column."""
    rows = latest(read(results / "corpora.csv"), "corpus", "split", "scheme")
    if not rows:
        return "No corpus is counted yet."
    rows.sort(key=lambda row: (row["corpus"], {"train": 0, "dev": 1}.get(row["split"], 2)))
    splits = {(row["corpus"], row["split"]): row for row in rows}
    ceilings = {(row["corpus"], row["split"], row["scheme"]): _ceiling(row) for row in rows}
    columns: dict[tuple[str, ...], list[str]] = {}
    for scheme in sorted({row["scheme"] for row in rows}):
        columns.setdefault(tuple(ceilings.get((*split, scheme), "") for split in splits), []).append(scheme)
    header = ["corpus", "split", "documents", "sentences", "words", "entities in the files", "in the corpus's labels"]
    table = markdown(
        [*header, *(f"ceiling of {', '.join(schemes)}" for schemes in columns.values())],
        ([*split, *_counts(splits[split]), *values] for split, *values in zip(splits, *columns, strict=True)),
    )
    return table if all(row["texts"] == "real" for row in rows) else f"{table}\n\n{_STAND_IN}"


_STAND_IN = r"\* Distributed without its texts: estimated with stand-in texts, made of the mentions alone."


def _counts(row: Row) -> list[str]:
    """Found / published, or found where nothing is published; what stand-in texts do not tell is left out."""
    pairs = [(row[name], row.get(f"{name}_published")) for name in ("documents", "sentences", "words")]
    if row["texts"] != "real":
        pairs[1:] = [("", ""), ("", "")]
    pairs += [(row[name], row[f"{name}_published"]) for name in ("entities", "mapped")]
    return [" / ".join(f"{int(count):,}" for count in pair if count) for pair in pairs]


def _ceiling(row: Row) -> str:
    """Per cent; ``100`` only where nothing at all is lost, a star where the texts are stand-ins."""
    value = float(row["recall_ceiling"])
    shown = "100" if value == 1 else f"{100 * value:.2f}"
    return shown if row["texts"] == "real" else rf"{shown} \*"


def fill(text: str, results: Path) -> str:
    """Replaces what stands between each pair of markers by its table.

    Args:
        text: A page.
        results: Folder of the result files.

    Returns:
        The text with up-to-date tables; without markers it is unchanged.

    Raises:
        ValueError: If a marker names no table or is not closed before the next.
    """

    def marked(match: re.Match[str]) -> str:
        name = match["name"]
        return f"<!-- table:{name} -->\n\n{_table(name, results)}\n\n<!-- /table -->"

    filled, found = MARKED.subn(marked, text)
    if found != text.count("<!-- table:"):
        raise ValueError("Expected every '<!-- table:… -->', alone on its line, to be closed by '<!-- /table -->'.")
    return filled


def _table(name: str, results: Path) -> str:
    kind, _, thing = name.partition(":")
    if thing and kind in TABLES_OF:
        return TABLES_OF[kind][0](results, thing)
    if name in TABLES:
        return TABLES[name](results)
    known = ", ".join(f"table:{each}" for each in (*TABLES, *(f"{kind}:<{of}>" for kind, (_, of) in TABLES_OF.items())))
    raise ValueError(f"Expected a marker out of {known} but got 'table:{name}'.")


TABLES: dict[str, Callable[[Path], str]] = {
    "limits": limits_table,
    "taggers": taggers_table,
    "memory": memory_table,
    "corpora": corpora_table,
    "architectures": architectures_table,
    "ablations": ablation_table,
    "raredis": raredis_table,
    "weak": weak_table,
    "linking": linking_table,
    "linking-scale": linking_scale_table,
}
TABLES_OF: dict[str, tuple[Callable[[Path, str], str], str]] = {
    "printed": (printed_tables, "corpus"),
    "speed": (speed_table, "benchmark"),
}
"""Those of one thing among several, and what such a thing is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the pages, or with ``--check`` only says by its exit code whether they are up to date."""
    parser = argparse.ArgumentParser(description="Write the result files as tables into the pages that show them.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is not up to date")
    parser.add_argument("--pages", type=Path, nargs="+", default=list(PAGES))
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    options = parser.parse_args(arguments)
    stale = 0
    for page in options.pages:
        before = page.read_text(encoding="utf-8")
        after = fill(before, options.results)
        if options.check and after != before:
            print(f"{page} is not up to date: run python -m benchmarks.tables", file=sys.stderr)
            stale = 1
        if not options.check:
            page.write_text(after, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
