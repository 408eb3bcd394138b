"""BioC's infons, the named values beside a text or an annotation: which mean something here, and how they are written.

- A span's label is the infon ``type``, its score ``score``, its concepts those of :data:`CONCEPT_INFONS`, parted at
  ``|``. Written are ``type``, ``identifier`` and ``score``.
- A relation's label is ``type``, or ``relation`` in BioCreative V CDR. Where it ties concepts, these are ``entity1``,
  ``entity2`` … (BioRED), ``role1`` … with the role before a ``|`` (PubTator 3), or the infons beside ``relation``,
  whose names are the roles (CDR). Written are the first where there are no roles, otherwise the second.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from zoo.data.document import Relation, Span

CONCEPT_INFONS = {
    "identifier": "",
    "mesh": "",
    "omim": "OMIM:",
    "ncbi gene": "",
    "ncbi gene identifier": "",
    "ncbi taxonomy": "",
}
"""Infons, in lower case, that hold concept ids, and what an id lacks there that it has in PubTator's format."""

WHITE_SPACE = "white space before"
"""A passage's infon for the white space between it and the one before, where that is not what a reader fills in."""

_NO_CONCEPT = ("", "-", "-1")
_ARGUMENT = re.compile(r"(entity|role)[0-9]+")


def white_space(gap: int) -> str:
    """What a reader fills a gap between two passages with: they are lines of their own."""
    return "\n".ljust(gap) if gap else ""


def is_text(value: object) -> bool:
    """Whether a value is a string of more than white space."""
    return isinstance(value, str) and bool(value.strip())


def concepts(infons: Mapping[str, Any]) -> tuple[list[str], tuple[str, ...]]:
    """The infons that hold concept ids, and these.

    Examples:
        >>> concepts({"type": "Disease", "MESH": "D006527|-1", "OMIM": "277900"})
        (['MESH', 'OMIM'], ('D006527', 'OMIM:277900'))
    """
    used: list[str] = []
    found: list[str] = []
    for key, value in infons.items():
        prefix = CONCEPT_INFONS.get(key.lower())
        if prefix is not None and isinstance(value, (str, int)):
            used.append(key)
            found += _names(str(value), prefix)
    return used, tuple(found)


@lru_cache(maxsize=4096)  # the same few concepts come again and again
def _names(value: str, prefix: str) -> list[str]:
    names = [name.strip() for name in value.split("|")]
    return [prefix + name.removeprefix(prefix) for name in names if name not in _NO_CONCEPT]


def probability(infons: Mapping[str, Any]) -> float | None:
    """The score, where it is a number in [0, 1]."""
    value = infons.get("score")
    try:
        score = float(value) if isinstance(value, str | int | float) else -1.0
    except ValueError:
        return None
    return score if 0 <= score <= 1 else None


def tied_concepts(infons: Mapping[str, Any], label: str) -> tuple[list[str], list[tuple[str, str | None]]]:
    """The infons of a relation that name concepts, and the role and concept of each; ``None`` where it names none.

    Args:
        infons: The relation's.
        label: Which infon is its label.

    Examples:
        >>> tied_concepts({"type": "Treatment", "role1": "Chemical|D1", "role2": "Disease|D2", "score": "1"}, "type")
        (['role1', 'role2'], [('Chemical', 'D1'), ('Disease', 'D2')])
    """
    used = [key for key in infons if _ARGUMENT.fullmatch(key)]
    if not used and label == "relation":
        used = [key for key in infons if key != label]
    return used, [_argument(key, infons[key]) for key in used]


def _argument(key: str, value: Any) -> tuple[str, str | None]:
    role: object = "" if _ARGUMENT.fullmatch(key) else key
    if isinstance(value, Mapping):  # PubTator 3 in JSON
        role, value = value.get("type"), value.get("identifier")
    elif not role and key.startswith("role") and isinstance(value, str) and "|" in value:
        role, _, value = value.partition("|")
    concept = str(value).strip() if isinstance(value, str | int) else ""
    return role if isinstance(role, str) else "", None if concept in _NO_CONCEPT else concept


def checked(value: str, what: str, document_id: str) -> str:
    """A value that reads back as it is.

    Raises:
        ValueError: If it is empty or has white space at an end.
    """
    if not value or value != value.strip():
        raise ValueError(
            f"{what} {value!r} in document {document_id!r} cannot be written — expected one that is not empty and has "
            "no white space at its ends — rename it, or write another format."
        )
    return value


def span_infons(span: Span, document_id: str) -> dict[str, str]:
    """What is written of a span.

    Raises:
        ValueError: If its label or a concept would read back as another.
    """
    infons = {"type": checked(span.label, "label", document_id)}
    for concept in span.concepts:
        if "|" in checked(concept, "concept", document_id) or concept in _NO_CONCEPT:
            raise ValueError(
                f"concept {concept!r} in document {document_id!r} cannot be written — expected an id without '|', "
                "which parts one from the next, and none of '-' and '-1', which mean no id — rename it."
            )
    if span.concepts:
        infons["identifier"] = "|".join(span.concepts)
    if span.score is not None:
        if not 0 <= span.score <= 1:  # nor is NaN
            raise ValueError(f"Expected a probability in [0, 1] as score in document {document_id!r} but got {span}.")
        infons["score"] = repr(float(span.score))
    return infons


def relation_infons(relation: Relation) -> dict[str, str] | None:
    """What is written of a relation, without the spans it ties; ``None`` if that is more than BioC holds.

    It holds spans alone or concepts alone, but no relation without arguments.

    Examples:
        >>> relation_infons(Relation("CID", (("Chemical", "D1"), ("Disease", "D2"))))
        {'type': 'CID', 'role1': 'Chemical|D1', 'role2': 'Disease|D2'}
    """
    ties = [(role, filler) for role, filler in relation.arguments if isinstance(filler, str)]
    is_plain = all("|" not in role and name == name.strip() and name not in _NO_CONCEPT for role, name in ties)
    is_mixed = 0 < len(ties) < len(relation.arguments)
    label = relation.label
    if not relation.arguments or is_mixed or not is_plain or not label or label != label.strip():
        return None
    has_roles = any(role for role, _ in ties)
    names = [f"{role}|{concept}" if has_roles else concept for role, concept in ties]
    key = "role" if has_roles else "entity"
    return {"type": label} | {f"{key}{number}": name for number, name in enumerate(names, start=1)}
