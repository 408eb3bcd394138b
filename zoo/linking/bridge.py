"""Names of one vocabulary for the concepts of another: DrugBank's many names of drugs for MeSH's few."""

from collections.abc import Iterable, Iterator, Sequence

from zoo.data.terminology import Concept
from zoo.linking.normalizers import Level, keys


def bridged(concepts: Sequence[Concept], others: Iterable[Concept], language: str = "en") -> Iterator[Concept]:
    """What other vocabularies call concepts of this one.

    Two concepts are the same if the preferred name of either is the preferred name of the other or one of its names,
    or else if their synonyms have it so of one concept alone; names are compared stemmed
    (:class:`zoo.linking.normalizers.Level`).

    Args:
        concepts: Of this vocabulary.
        others: Of another.
        language: Of the names.

    Yields:
        For each concept of the other vocabulary that is one of this: that one's id and name, with the other's names.

    Examples:
        >>> mesh = [Concept("MESH:D005996", "Nitroglycerin"), Concept("MESH:D005990", "Glycerol")]
        >>> other = [Concept("DB00727", "Nitroglycerin", ("Glyceryl trinitrate",)), Concept("DB1", "Unheard of")]
        >>> [*bridged(mesh, other)]  # doctest: +ELLIPSIS
        [Concept(id='MESH:D005996', name='Nitroglycerin', synonyms=('Glyceryl trinitrate',), ...)]
    """
    preferred: dict[str, set[int]] = {}
    called: dict[str, set[int]] = {}
    for row, concept in enumerate(concepts):
        preferred.setdefault(_form(concept.name, language), set()).add(row)
        for name in (concept.name, *concept.synonyms):
            called.setdefault(_form(name, language), set()).add(row)
    for other in others:
        own = _form(other.name, language)
        synonyms = [_form(name, language) for name in other.synonyms]
        for found in (
            preferred.get(own, set()),
            called.get(own, set()) | {row for form in synonyms for row in preferred.get(form, ())},
            {row for form in synonyms for row in called.get(form, ())},
        ):
            if len(found) == 1:
                same = concepts[next(iter(found))]
                names = dict.fromkeys((other.name, *other.synonyms))
                yield Concept(same.id, same.name, tuple(name for name in names if name != same.name))
            if found:
                break


def _form(name: str, language: str) -> str:
    return keys(name, language)[Level.STEMMED]
