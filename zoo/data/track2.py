"""Concept codes by document, as PharmaCoNER's second track takes them: a document's id, a tab and a code a line.

Source: Gonzalez-Agirre et al., "PharmaCoNER: pharmacological substances, compounds and proteins named entity
recognition track" (2019), sub-track 2.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from zoo.data.concept_ids import NONE
from zoo.data.document import Document
from zoo.data.textfile import one_column, writing

_FORBIDDEN = "\t\r\n"


def write(documents: Iterable[Document], path: str | Path) -> Counter[str]:
    """Writes each code of a document once, in the order of its mentions; of a mention the first concept counts.

    Returns:
        What was lost: mentions without a concept, and further concepts of a mention.
    """
    losses: Counter[str] = Counter()
    with writing(path) as file:
        for document in documents:
            concepts = [[each for each in span.concepts if each not in NONE] for span in document.spans]
            codes = dict.fromkeys(found[0] for found in concepts if found)
            id_ = one_column(document.id, "id", document.id, _FORBIDDEN)
            file.writelines(f"{id_}\t{one_column(code, 'concept', document.id, _FORBIDDEN)}\n" for code in codes)
            losses["mention without concept"] += sum(not found for found in concepts)
            losses["further concept"] += sum(len(found) - 1 for found in concepts if found)
    return +losses
