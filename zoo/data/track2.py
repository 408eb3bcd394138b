"""Concept codes by document, as PharmaCoNER's second track takes them: a document's id, a tab and a code a line.

Source: Gonzalez-Agirre et al., "PharmaCoNER: pharmacological substances, compounds and proteins named entity
recognition track" (2019), sub-track 2.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from zoo.data.document import Document
from zoo.data.textfile import one_column, writing


def write(documents: Iterable[Document], path: str | Path) -> Counter[str]:
    """Writes each code of a document once, in the order of its mentions; of a mention the first concept counts.

    Returns:
        What was lost: mentions without a concept, and further concepts of a mention.
    """
    losses: Counter[str] = Counter()
    with writing(path) as file:
        for document in documents:
            codes = dict.fromkeys(span.concepts[0] for span in document.spans if span.concepts)
            id_ = one_column(document.id, "id", document.id, "\t")
            file.writelines(f"{id_}\t{one_column(code, 'concept', document.id, chr(9))}\n" for code in codes)
            losses["mention without concept"] += sum(not span.concepts for span in document.spans)
            losses["further concept"] += sum(len(span.concepts) - 1 for span in document.spans if span.concepts)
    return +losses
