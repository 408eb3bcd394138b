"""Tables of scores: architectures, printed figures beside measured ones, ablations, the RareDis experiment.

Measured are the rows of ``accuracy.csv``, fractions of 1; of a seed run twice the latest run counts. Printed are those
of ``published.csv``, per cent. A printed row names the architecture and variant of this project that is the same system
(none where there is none) and, as its ``scorer``, the protocol: the name of a scorer of this project where that is the
same, else words, and then nothing measured is comparable. A variant stands for those that begin with it: ``CRF, general
vectors`` for these ``frozen`` and ``tuned``. A row has a score, ``f1``, or else a ``gain``: the F1 of the whole system
less that of the variant, empty where no paper has a figure. No column of a table holds scores of two protocols, but for
that of the architectures, which names the scorer in every line.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from benchmarks.rows import Row, latest, markdown, read
from zoo.data.corpora import CORPORA
from zoo.evaluation.scorers import SCORERS
from zoo.hub.index import read_index
from zoo.hub.ship import OFFICIAL
from zoo.models.registry import ARCHITECTURES

NOT_MEASURED, NOT_HERE = "not measured", "not in the zoo"

VECTORS = (
    *("random vectors", "general vectors, frozen", "general vectors, tuned"),
    *("biomedical vectors, frozen", "biomedical vectors, tuned"),
)
"""The initialisations of the RareDis experiment, as its variants name them."""

TRAIN_AND_DEV = "train and dev"
"""The variant of the feature CRF that is trained as its paper's was; its neural taggers were trained on train alone."""

AS_PRINTED = "as printed, "
"""How the variants begin whose BiLSTMs see words alone, and are trained as the paper says."""

_EXPERIMENT = (
    ("feature CRF", "", "feature_crf", ""),
    ("feature CRF, of train and dev", "", "feature_crf", TRAIN_AND_DEV),
    *(("BiLSTM, as printed", vectors, "bilstm", f"{AS_PRINTED}softmax, {vectors}") for vectors in VECTORS),
    *(("BiLSTM-CRF, as printed", vectors, "bilstm", f"{AS_PRINTED}CRF, {vectors}") for vectors in VECTORS),
    *(("BiLSTM", vectors, "bilstm", f"softmax, {vectors}") for vectors in VECTORS),
    *(("BiLSTM-CRF", vectors, "bilstm", f"CRF, {vectors}") for vectors in VECTORS),
)
_AS_THE_PAPER = {("bc5cdr", "char_cnn_bilstm_crf"): "held-out"}
"""Of a corpus and architecture that were run in variants alone, the one that is trained on what the paper's was."""

_EXPERIMENT_CORPORA = ("raredis", "ncbi-disease", "bc5cdr", "craft")


class Setting(NamedTuple):
    """What runs that differ in their seeds alone have in common, as far as one figure of each is concerned."""

    scorer: str
    split: str
    architecture: str
    variant: str


def runs_on(results: Path, corpus: str) -> dict[Setting, list[Row]]:
    """The runs on a corpus, a row for each seed, by setting."""
    rows = [row for row in read(results / "accuracy.csv") if row["corpus"] == corpus]
    groups = groupby(
        latest(rows, *Setting._fields, "seed"), key=lambda row: Setting(*(row[field] for field in Setting._fields))
    )
    return {setting: list(runs) for setting, runs in groups}


def printed_on(results: Path, corpus: str) -> list[Row]:
    """What others printed of a corpus."""
    return [row for row in read(results / "published.csv") if row["corpus"] == corpus]


def _scores(rows: Iterable[Row], column: str = "f1") -> list[float]:
    """A column of scores.

    Raises:
        ValueError: If one is no fraction of 1.
    """
    values = [float(row[column]) for row in rows]
    if wrong := [value for value in values if not 0 <= value <= 1]:
        raise ValueError(f"Expected fractions of 1 in column {column!r} of accuracy.csv but got {wrong[0]}.")
    return values


def _mean(values: Sequence[float], sign: str = "") -> str:
    """Per cent; of a difference, points."""
    return f"{100 * mean(values):{sign}.2f}"


def _between(values: Sequence[float], sign: str = "") -> str:
    return f"{100 * min(values):{sign}.2f}–{100 * max(values):{sign}.2f}"


def _cost(runs: Sequence[Row]) -> list[str]:
    """Mean precision and recall, number of seeds, mean minutes (none where nothing was trained), devices."""
    minutes = [float(run["train_minutes"]) for run in runs if run["train_minutes"]]
    return [
        *(_mean(_scores(runs, column)) for column in ("precision", "recall")),
        str(len(runs)),
        f"{mean(minutes):.1f}" if minutes else "",
        ", ".join(sorted({run["device"] for run in runs})),
    ]


def architectures_table(results: Path) -> str:
    """Every architecture, and on each corpus where it was run the test score of one setting beside what was printed.

    The score is that of the corpus's official scorer, or of strict spans; the setting is that of the recipe, or where
    only variants were run the one of :data:`_AS_THE_PAPER`, or else that which is best on dev.
    """
    shipped, lines = read_index(), []
    for key, kind in ARCHITECTURES.items():
        what = (kind.__doc__ or "").partition("\n")[0].rstrip(".")
        first, names = f"`{key}`", [name for name in shipped if name.startswith(f"{key}.")]
        found = {corpus: whole for corpus in CORPORA if (whole := _whole(results, corpus, key))}
        for corpus, (setting, runs) in found.items():
            meant = [row for row in printed_on(results, corpus) if _is_printed(row, setting)]
            ships = ", ".join(f"{shipped[n]['megabytes']} MB" for n in names if n.split(".")[1] == corpus)
            score = [f"{_mean_of(runs)}", str(len(runs)), "; ".join(row["f1"] for row in meant)]
            lines.append([first, what, corpus, setting.scorer, setting.variant, *score, ships])
            first = what = ""
        if not found:
            lines.append([first, what, NOT_MEASURED, *[""] * 6])
    header = ["architecture", "what it is", "corpus", "scorer", "variant", "test F1 (min–max)", "seeds", "printed"]
    return markdown([*header, "checkpoint"], lines)


def _whole(results: Path, corpus: str, architecture: str) -> tuple[Setting, list[Row]] | None:
    """What was measured on test of one setting of an architecture."""
    settings, scorer = runs_on(results, corpus), OFFICIAL.get(corpus, "strict")
    test = {s: runs for s, runs in settings.items() if s[:3] == (scorer, "test", architecture)}
    if not test:
        return None

    def rank(setting: Setting) -> tuple[bool, bool, float]:
        dev = settings.get(setting._replace(split="dev"))
        follows = setting.variant == _AS_THE_PAPER.get((corpus, architecture))
        return not setting.variant, follows, mean(_scores(dev)) if dev else 0.0

    best = max(test, key=rank)
    return best, test[best]


def _is_printed(row: Row, setting: Setting) -> bool:
    same = row["f1"] and (row["split"], row["scorer"]) == (setting.split, setting.scorer)
    return bool(same) and _is_meant(row, setting.architecture, setting.variant)


def printed_tables(results: Path, corpus: str) -> str:
    """A table for each scorer on test: measured figures, best first, and those printed beside them.

    What was printed by a protocol that no scorer follows stands below, in a line for each protocol.
    """
    settings = {setting: runs for setting, runs in runs_on(results, corpus).items() if setting.split == "test"}
    printed = [row for row in printed_on(results, corpus) if row["f1"] and row["split"] == "test"]
    parts = []
    for scorer in sorted({row.scorer for row in settings} | {row["scorer"] for row in printed}, key=_rank):
        runs = {setting: found for setting, found in settings.items() if setting.scorer == scorer}
        meant = [row for row in printed if row["scorer"] == scorer]
        parts += [f"**{scorer}**", _beside(runs, meant)] if runs or _is_followed(scorer) else [_apart(scorer, meant)]
    return "\n\n".join(parts) or "No run is recorded, and no figure known, yet."


def _is_followed(protocol: str) -> bool:
    """Whether a scorer, maybe of one label alone, is that protocol."""
    return protocol.partition(" ")[0] in SCORERS


def _rank(protocol: str) -> tuple[bool, bool, str]:
    return not _is_followed(protocol), protocol != "strict", protocol


def _apart(protocol: str, printed: Iterable[Row]) -> str:
    figures = "; ".join(f"{_source(row)} {row['f1']}" + (f" ({row['note']})" if row["note"] else "") for row in printed)
    return f"Not comparable, {protocol}: {figures}."


def _beside(settings: Mapping[Setting, list[Row]], printed: Sequence[Row]) -> str:
    """The table of one protocol; what only one side has stands by itself."""
    lines = []
    for setting, runs in sorted(settings.items(), key=lambda item: -mean(_scores(item[1]))):
        found = [setting.architecture, setting.variant, _mean_of(runs), *_cost(runs)]
        meant = [row for row in printed if _is_meant(row, setting.architecture, setting.variant)]
        lines += [[*found, *_as_printed(row)] for row in meant] or [[*found, "", "", ""]]
    for row in printed:
        if not any(_is_meant(row, setting.architecture, setting.variant) for setting in settings):
            absent = NOT_MEASURED if row["architecture"] else NOT_HERE
            lines.append([row["architecture"], row["variant"], absent, *[""] * 5, *_as_printed(row)])
    measured = ["architecture", "variant", "measured F1 (min–max)", "P", "R", "seeds", "minutes", "device"]
    return markdown([*measured, "printed F1 (P / R)", "printed of", "note"], lines)


def _mean_of(runs: Sequence[Row]) -> str:
    values = _scores(runs)
    return f"{_mean(values)} ({_between(values)})" if len(values) > 1 else _mean(values)


def _is_meant(printed: Row, architecture: str, variant: str) -> bool:
    """Whether a printed figure is of that architecture and variant, or of variants that the latter is one of."""
    named, variant = printed["variant"], variant.removeprefix(AS_PRINTED)
    return printed["architecture"] == architecture and (variant == named or variant.startswith(f"{named}, "))


def _as_printed(row: Row) -> list[str]:
    both = f" ({row['precision']} / {row['recall']})" if row["precision"] else ""
    return [row["f1"] + both, _source(row), row["note"]]


def _source(row: Row) -> str:
    return row["source"] if row["source"] == row["system"] else f"{row['system']}, {row['source']}"


def ablation_table(results: Path) -> str:
    """What a system gains over each of its variants on test: the gain that was printed, that measured, and its sign.

    A measured gain is the F1 of the whole system less that of the variant, seed by seed.
    """
    printed = [row for row in read(results / "published.csv") if not row["f1"]]
    if not printed:
        return "No gain is known yet."
    lines = []
    for row in printed:
        named = [row[column] for column in ("corpus", "scorer", "architecture", "variant")]
        gain, source = row["gain"], ", ".join(filter(None, [row["source"], row["note"]]))
        found = _gains(runs_on(results, row["corpus"]), row)
        cells = [NOT_MEASURED, "", ""]
        if found:
            same = ("yes" if mean(found) * float(gain) > 0 else "no") if gain else ""
            spread = f" ({_between(found, '+')})" if len(found) > 1 else ""
            cells = [_mean(found, "+") + spread, str(len(found)), same]
        lines.append([*named, f"{float(gain):+.2f}" if gain else "", *cells, source])
    header = ["corpus", "scorer", "architecture", "variant", "printed gain", "measured gain (min–max)", "seeds"]
    return markdown([*header, "same sign", "printed by"], lines)


def _gains(settings: Mapping[Setting, list[Row]], printed: Row) -> list[float]:
    """Of each seed that both were run with, the F1 of the whole less that of the variant."""
    whole, less = (
        {
            run["seed"]: score
            for runs in [settings.get(Setting(printed["scorer"], "test", printed["architecture"], variant), [])]
            for run, score in zip(runs, _scores(runs), strict=True)
        }
        for variant in ("", printed["variant"])
    )
    return [score - less[seed] for seed, score in whole.items() if seed in less]


def _experiment_scorer(corpus: str) -> str:
    """How a corpus of the experiment is scored: by seqeval, and where its paper scores spans that no tags hold, so."""
    return "seqeval-cut" if corpus == "raredis" else "seqeval-lenient"


def raredis_table(results: Path) -> str:
    """The RareDis experiment on several corpora beside what its paper printed."""
    measured = {corpus: runs_on(results, corpus) for corpus in _EXPERIMENT_CORPORA}
    printed = [row for row in printed_on(results, "raredis") if row["scorer"] == "seqeval-cut" and row["f1"]]
    lines = []
    for model, vectors, architecture, variant in _EXPERIMENT:
        meant = [f"{row['f1']} ({row['system']})" for row in printed if _is_meant(row, architecture, variant)]
        runs = [
            measured[corpus].get(Setting(_experiment_scorer(corpus), "test", architecture, variant))
            for corpus in _EXPERIMENT_CORPORA
        ]
        cells = [f"{_mean_of(found)}, n = {len(found)}" if found else NOT_MEASURED for found in runs]
        lines.append([model, vectors, "; ".join(meant), *cells])
    return markdown(["model", "vectors", "printed, raredis", *_EXPERIMENT_CORPORA], lines)
