"""Statistics of a corpus as a table for people, as JSON and as rows of CSV."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median_low
from typing import TYPE_CHECKING, Any

from zoo.evaluation.corpus_statistics import LONG_MENTION, OVERLAPS, CorpusStatistics
from zoo.evaluation.flattening import Flattening
from zoo.evaluation.leakage import seen_mentions, share_seen

if TYPE_CHECKING:
    from rich.table import Table

Statistics = Mapping[str, CorpusStatistics]
Ceilings = Mapping[str, Mapping[str, Flattening]]
"""By tag scheme and split, what the scheme can hold."""

_LOST = ("discontinuous", "overlapping", "unaligned", "crossing")
_Columns = Sequence[CorpusStatistics]  # splits; after several of them, all together
_Rows = Iterator[tuple[str, list[int] | list[str]]]


def render(name: str, statistics: Statistics, ceilings: Ceilings) -> "Table":
    """A table of the splits beside one another, and their sum where they are several.

    Args:
        name: The corpus.
        statistics: By split.
        ceilings: Of the same splits.

    Returns:
        A table for a rich console.
    """
    from rich.box import SIMPLE
    from rich.table import Column, Table
    from rich.text import Text

    several = len(statistics) > 1
    columns = [*statistics.values(), *([sum(statistics.values(), CorpusStatistics())] if several else [])]
    headings = (Column(Text(split), justify="right") for split in [*statistics, *(["together"] if several else [])])
    table = Table("", *headings, box=SIMPLE, title=Text(name), title_justify="left", pad_edge=False)
    for rows in (_sizes, _mentions, _lengths, _overlaps, _others):
        for what, values in rows(columns):
            table.add_row(Text(what), *map(_shown, values))
        table.add_section()
    for what, values in _ceilings(ceilings):
        table.add_row(what, *map(_shown, values))
    if seen := _seen(statistics):
        table.add_section()
        table.add_row("mentions seen in train", *(seen.get(split, "") for split in statistics))
    return table


def _shown(value: int | str) -> str:
    return value if isinstance(value, str) else f"{value:,}" if value else "–"


def _sizes(columns: _Columns) -> _Rows:
    for name in ("documents", "sentences", "words", "characters"):
        yield name, [getattr(counts, name) for counts in columns]
    lengths = [counts.document_words or Counter([0]) for counts in columns]
    yield "words of the median document", [median_low(words.elements()) for words in lengths]
    yield "  of the shortest", [min(words) for words in lengths]
    yield "  of the longest", [max(words) for words in lengths]
    yield "  of the longest sentence", [max(counts.sentence_words, default=0) for counts in columns]
    yield "documents without a mention", [counts.without_entities for counts in columns]
    yield "documents without a word", [counts.empty for counts in columns]


def _mentions(columns: _Columns) -> _Rows:
    labels = sorted(columns[-1].entities)
    yield "mentions", [counts.spans for counts in columns]
    for label in labels:
        yield f"  {label}", [counts.entities[label] for counts in columns]
    distinct = [counts.distinct_mentions for counts in columns]
    yield "different mentions", [each.total() for each in distinct]
    for label in labels:
        yield f"  {label}", [each[label] for each in distinct]
    yield "different concepts", [len(counts.concepts) for counts in columns]


def _lengths(columns: _Columns) -> _Rows:
    names = ["mentions of 1 word", *(f"  of {words} words" for words in range(2, LONG_MENTION))]
    names.append(f"  of {LONG_MENTION} words or more")
    for name, *numbers in zip(names, *(counts.mention_lengths for counts in columns), strict=True):
        yield name, [_share(number, counts.spans) for number, counts in zip(numbers, columns, strict=True)]


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if count else "–"


def _overlaps(columns: _Columns) -> _Rows:
    for name, count in OVERLAPS.items():
        yield name, [count(counts) for counts in columns]
    yield "repeated mentions", [counts.duplicates for counts in columns]
    yield "mentions that cut a word", [counts.unaligned for counts in columns]
    yield "mentions with outer blanks", [counts.padded for counts in columns]
    yield "mentions of one character", [counts.one_character for counts in columns]


def _others(columns: _Columns) -> _Rows:
    whole = columns[-1]
    if whole.alternatives:
        yield "alternatives of mentions", [counts.alternatives for counts in columns]
    for label in sorted(whole.relations):
        yield f"relations {label}", [counts.relations[label] for counts in columns]
    for kind in sorted(whole.losses):
        yield f"reported: {kind}", [counts.losses[kind] for counts in columns]


def _ceilings(ceilings: Ceilings) -> _Rows:
    for scheme, by_split in ceilings.items():
        reports = list(by_split.values())
        reports += [sum(reports, Flattening())] if len(reports) > 1 else []
        yield f"recall ceiling of {scheme}", [f"{100 * report.recall_ceiling:.2f} %" for report in reports]
        for kind in _LOST:
            if any(getattr(report, kind) for report in reports):
                yield f"  lost: {kind}", [getattr(report, kind) for report in reports]


def _seen(statistics: Statistics) -> dict[str, str]:
    """By split other than ``train``, the share of mentions whose surface has the same label in train."""
    if "train" not in statistics:
        return {}
    shares = {}
    for split, counts in statistics.items():
        if split != "train" and counts.spans:
            shares[split] = f"{100 * share_seen(statistics['train'].mentions, counts.mentions):.1f} %"
    return shares


def to_dict(statistics: Statistics, ceilings: Ceilings) -> dict[str, dict[str, Any]]:
    """By split, every count as JSON values, with what each tag scheme can hold and what train has seen.

    Returns:
        :meth:`CorpusStatistics.to_dict`, ``flattening`` by scheme (with ``recall_ceiling``, a fraction of 1) and
        ``seen_in_train`` by label (``mentions``, ``same_label``, ``other_label``), which a split ``train`` has not.
    """
    report = {}
    for split, counts in statistics.items():
        flattening = {
            scheme: by_split[split].to_dict() | {"recall_ceiling": by_split[split].recall_ceiling}
            for scheme, by_split in ceilings.items()
        }
        report[split] = counts.to_dict() | {"flattening": flattening}
        if "train" in statistics and split != "train":
            seen = seen_mentions(statistics["train"].mentions, counts.mentions)
            report[split]["seen_in_train"] = {label: each._asdict() for label, each in seen.items()}
    return report


def csv_rows(name: str, report: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str | float, ...]]:
    """A report of :func:`to_dict` as rows, the heading first: corpus, split, measure, key, value.

    Examples:
        >>> list(csv_rows("mine", {"train": {"documents": 2, "entities": {"Gene": 7}}}))[1:]
        [('mine', 'train', 'documents', '', 2), ('mine', 'train', 'entities', 'Gene', 7)]
    """
    yield "corpus", "split", "measure", "key", "value"
    for split, measures in report.items():
        for measure, value in measures.items():
            for key, number in _flat(value):
                yield name, split, measure, key, number


def _flat(value: Any) -> Iterator[tuple[str, float]]:
    """The numbers in JSON values, each with the keys that lead to it."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from ((f"{key} {rest}".rstrip(), number) for rest, number in _flat(inner))
    elif isinstance(value, list):  # pairs of labels
        yield from ((" ".join(pair["labels"]), pair["pairs"]) for pair in value)
    else:
        yield "", value
