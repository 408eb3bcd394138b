"""Concept identifiers as vocabularies and corpora write them, brought to one form."""

import re

_MESH = re.compile(r"[DC]\d{6,9}")


def concept_id(written: str) -> str:
    """An identifier with its prefix in capitals; one of MeSH, which often comes without, gets it.

    Examples:
        >>> [concept_id(written) for written in ("D003620", " MESH:C536857", "mesh:D003620", "OMIM:114480", "7157")]
        ['MESH:D003620', 'MESH:C536857', 'MESH:D003620', 'OMIM:114480', '7157']
    """
    prefix, colon, number = written.strip().rpartition(":")
    if colon:
        return f"{prefix.upper()}:{number}"
    return f"MESH:{number}" if _MESH.fullmatch(number) else number
