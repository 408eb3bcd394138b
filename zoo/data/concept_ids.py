"""Concept identifiers as vocabularies and corpora write them, brought to one form."""

import re

NONE = frozenset(["-1", "<null>", "-", ""])
"""What corpora write where there is no concept."""
_MESH = re.compile(r"[DC]\d{6}(?:\d{3})?")  # C and seven digits is a concept of UMLS
_PREFIXES = frozenset(["MESH", "OMIM", "CHEBI", "DOID", "HP", "MONDO", "UMLS", "SNOMEDCT", "NCBIGENE"])


def concept_id(written: str) -> str:
    """An identifier with the prefix of a vocabulary in capitals; one of MeSH, which often comes without, gets it.

    Examples:
        >>> [concept_id(written) for written in ("D003620", " MESH:C536857", "mesh:D003620", "OMIM:114480", "7157")]
        ['MESH:D003620', 'MESH:C536857', 'MESH:D003620', 'OMIM:114480', '7157']
        >>> [concept_id(written) for written in ("C0000001", "Orphanet:12", "http://www.ebi.ac.uk/efo/EFO_1")]
        ['C0000001', 'Orphanet:12', 'http://www.ebi.ac.uk/efo/EFO_1']
    """
    prefix, colon, number = written.strip().rpartition(":")
    if colon:
        return f"{prefix.upper() if prefix.upper() in _PREFIXES else prefix}:{number}"
    return f"MESH:{number}" if _MESH.fullmatch(number) else number
