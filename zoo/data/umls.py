"""UMLS: the names of ``MRCONSO.RRF``, with the semantic types of ``MRSTY.RRF`` where that lies beside it.

Columns are parted by ``|`` and have no header. Names that the file suppresses are left out.

Source: "UMLS Reference Manual" (National Library of Medicine), sections 3.3.4 and 3.3.7.
"""

from collections.abc import Iterator
from pathlib import Path

from zoo.data.document import DataFormatError
from zoo.data.terminology import Concept
from zoo.data.textfile import numbered, read_lines, source_name

_LANGUAGES = {"en": "ENG", "es": "SPA"}
_COLUMNS = 18  # and nothing after the last bar
_CUI, _LANGUAGE, _STATUS, _FORM, _IS_PREFERRED, _NAME, _SUPPRESS = 0, 1, 2, 4, 6, 14, 16


def is_names(path: str | Path) -> bool:
    """Whether a path is a ``MRCONSO.RRF``."""
    return Path(path).name.removesuffix(".gz").upper().endswith("MRCONSO.RRF")


def read_names(path: str | Path, language: str = "en") -> Iterator[Concept]:
    """The concepts of a file whose names are in a language, a concept's rows following each other as in the file.

    Args:
        path: ``MRCONSO.RRF``, ``.gz`` as well.
        language: ``en``, ``es``, or as the file has it (``POR``).

    Raises:
        DataFormatError: If a line has not its columns, or rows of a concept do not follow each other.
    """
    types = _types(Path(path))
    wanted = _LANGUAGES.get(language, language.upper())
    done: set[str] = set()
    current, names = "", dict[str, bool]()
    for number, line in numbered(read_lines(path)):
        cells = line.split("|")
        if len(cells) != _COLUMNS + 1 or not cells[_CUI]:
            wrong = f"{len(cells) - 1} columns — expected {_COLUMNS}, each ended by | — get the file again."
            raise DataFormatError(source_name(path), number, wrong)
        if cells[_CUI] != current:
            if cells[_CUI] in done:
                wrong = f"{cells[_CUI]} again — expected its rows one after the other, as in a release — sort the file."
                raise DataFormatError(source_name(path), number, wrong)
            yield from _concept(current, names, types)
            done.add(current)
            current, names = cells[_CUI], {}
        if cells[_LANGUAGE] == wanted and cells[_SUPPRESS] in ("N", ""):
            best = (cells[_STATUS], cells[_FORM], cells[_IS_PREFERRED]) == ("P", "PF", "Y")
            names[cells[_NAME]] = names.get(cells[_NAME], False) or best
    yield from _concept(current, names, types)


def _concept(id_: str, names: dict[str, bool], types: dict[str, str]) -> Iterator[Concept]:
    if names:
        first = next((name for name, best in names.items() if best), next(iter(names)))
        yield Concept(id_, first, tuple(name for name in names if name != first), (), (), types.get(id_, ""))


def _types(names: Path) -> dict[str, str]:
    """The semantic types of each concept, parted by ``|``; none where there is no such file."""
    beside = [names.with_name(f"MRSTY.RRF{ending}") for ending in ("", ".gz")]
    found: dict[str, str] = {}
    for path in (each for each in beside if each.is_file()):
        for number, line in numbered(read_lines(path)):
            cells = line.split("|")
            if len(cells) != 7:
                wrong = f"{len(cells) - 1} columns — expected 6, each ended by | — get the file again."
                raise DataFormatError(path, number, wrong)
            found[cells[0]] = f"{found[cells[0]]}|{cells[3]}" if cells[0] in found else cells[3]
    return found
