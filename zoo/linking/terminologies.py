"""Terminologies of every kind, told by what lies there: one way to read any of them."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path

from zoo.data import rf2, umls
from zoo.data.document import DataFormatError
from zoo.data.terminology import Concept, read_concepts
from zoo.data.textfile import opened

_BYTES = 1 << 12


def read_terminology(path: str | Path, language: str = "en") -> Iterator[Concept]:
    """The concepts of a terminology.

    Read are a folder of SNOMED CT's RF2 (:mod:`zoo.data.rf2`), UMLS's ``MRCONSO.RRF`` (:mod:`zoo.data.umls`), OBO
    Graphs JSON and OWL (by pronto), and all of :func:`zoo.data.terminology.read_concepts`.

    Args:
        path: File or folder.
        language: Of the names, where there are several: ``en`` or ``es``.

    Raises:
        DataFormatError: If it is none of these, or not what its format asks for.
        FileNotFoundError: If there is nothing.
        ModuleNotFoundError: If pronto is needed and not installed.
    """
    if not Path(path).exists():
        raise FileNotFoundError(f"No terminology at {path}.")
    if rf2.is_release(path):
        return rf2.read_release(path, language)
    if Path(path).is_dir():
        raise DataFormatError(path, 0, "a folder without sct2_Concept_*.txt — expected RF2, or a file — name that.")
    if umls.is_names(path):
        return umls.read_names(path, language)
    return _read_ontology(path) if _is_ontology(path) else read_concepts(path)


def _is_ontology(path: str | Path) -> bool:
    """Whether a file is an ontology that pronto reads: OWL in XML, or an OBO graph in JSON."""
    with opened(path) as file:
        begins = file.read(_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    return begins.startswith(b"<") or (begins.startswith(b"{") and b'"graphs"' in begins)


def _read_ontology(path: str | Path) -> Iterator[Concept]:
    try:
        import pronto
    except ImportError as error:
        raise ModuleNotFoundError(
            f"{path}: OWL and OBO Graphs are read by pronto, which is not installed: pip install 'bioner-zoo[onto]'."
        ) from error
    with warnings.catch_warnings(), opened(path) as file:
        warnings.simplefilter("ignore")  # of axioms that have nothing to do with names
        try:
            ontology = pronto.Ontology(file)
        except (ValueError, SyntaxError, KeyError, TypeError, json.JSONDecodeError) as error:
            wrong = f"cannot be read ({error}) — expected OWL or OBO Graphs JSON — get it again, or as OBO."
            raise DataFormatError(path, 0, wrong) from error
    for term in ontology.terms():
        if not term.obsolete and term.name:
            synonyms = dict.fromkeys(sorted(synonym.description for synonym in term.synonyms))
            yield Concept(
                term.id,
                term.name,
                tuple(name for name in synonyms if name != term.name),
                tuple(sorted(term.alternate_ids)),
                tuple(sorted(parent.id for parent in term.superclasses(1, with_self=False))),
                term.namespace or "",
            )
