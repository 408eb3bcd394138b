"""Tables of abbreviations: AbreMES-DB's ``pairs.tsv``, SEDOM, any other of two columns, or of what texts introduce.

Sources: Schwartz & Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text" (2003);
Intxaurrondo, de la Torre & Krallinger, "Finding mentions of abbreviations and their definitions in Spanish clinical
cases" (2018): AbreMES-DB.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from zoo.data.document import DataFormatError
from zoo.data.textfile import numbered, read_lines, source_name, writing
from zoo.text.abbreviations import introductions
from zoo.text.segment import Segmenter

_SHORT = ("abbreviation", "abreviatura", "short", "sigla")
_LONG = ("definition", "definición", "definicion", "long", "significado")
_COUNT = ("frequency", "frecuencia", "count")


LEAST = 2
"""How often a pair must have been seen, where a table tells: single ones are often wrong."""


def read_abbreviations(path: str | Path, least: int = LEAST) -> dict[str, list[str]]:
    """The long forms of each abbreviation, the most frequent first.

    Columns are parted by tabs, and named by a header (``abbreviation``, ``definition``, ``frequency``, in English or
    Spanish); without a header they are abbreviation and long form.

    Args:
        path: The table, ``.gz`` as well.
        least: Pairs that were seen less often are left out, where the table tells.

    Raises:
        DataFormatError: If a line has not the columns of the header, or not two.
    """
    found: dict[str, dict[str, int]] = {}
    columns: list[str] = []
    short, long, count = 0, 1, -1
    for number, line in numbered(read_lines(path)):
        if not line.strip():
            continue
        cells = line.split("\t")
        if not columns:
            columns = [cell.strip().lower() for cell in cells]
            named = [_place(columns, names) for names in (_SHORT, _LONG, _COUNT)]
            if named[0] >= 0 and named[1] >= 0:
                short, long, count = named
                continue
        if len(cells) != len(columns) or len(cells) < 2:
            wrong = f"{len(cells)} columns — expected {max(len(columns), 2)}, parted by tabs — repair the line."
            raise DataFormatError(source_name(path), number, wrong)
        times = int(cells[count]) if count >= 0 and cells[count].strip().isdigit() else least
        if times >= least and cells[short].strip() and cells[long].strip():
            forms = found.setdefault(cells[short].strip(), {})
            forms[cells[long].strip()] = forms.get(cells[long].strip(), 0) + times
    return {short: sorted(forms, key=lambda form: (-forms[form], form)) for short, forms in found.items()}


def introduced(texts: Iterable[str], segmentation: str = "v1") -> Counter[tuple[str, str]]:
    """How often texts introduce each abbreviation with each long form, in small letters.

    Args:
        texts: Parts that no sentence crosses.
        segmentation: A key of :data:`zoo.text.segment.RULES`.

    Examples:
        >>> introduced(["Deep vein thrombosis (DVT), then deep vein thrombosis (DVT)."])
        Counter({('DVT', 'deep vein thrombosis'): 2})
    """
    segment, found = Segmenter(segmentation), Counter[tuple[str, str]]()
    for text in texts:
        for words in segment(text) if "(" in text else ():
            forms = [text[start:end] for start, end in words]
            for first, end, short in introductions(forms):
                long = text[words[first][0] : words[end - 1][1]]
                found[forms[short], " ".join(long.lower().split())] += 1
    return found


def write_abbreviations(pairs: Mapping[tuple[str, str], int], path: str | Path) -> None:
    """Writes a table that :func:`read_abbreviations` reads, the most frequent pairs first."""
    with writing(path) as file:
        file.write(f"{_SHORT[0]}\t{_LONG[0]}\t{_COUNT[0]}\n")
        for (short, long), count in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0])):
            file.write(f"{short}\t{long}\t{count}\n")


def _place(columns: list[str], names: tuple[str, ...]) -> int:
    return next((place for place, column in enumerate(columns) if column in names), -1)
