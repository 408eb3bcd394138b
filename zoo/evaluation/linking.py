"""How often mentions are linked to the right concepts: by mention, and by the concepts of a whole document.

By mention, gold mentions are given. Gold that has several concepts (``|`` joins alternatives, or the parts of a
composite mention; ``+`` concepts that only together say what is meant) is right if a candidate is one of them; mentions
without any (``-1``, ``<null>``) are not counted.

By document, the set of concepts of each document counts, however often and wherever it has them, as in the evaluations
of HunFlair2 and BERN2 and the concept indexing of PharmaCoNER.

Source: Leaman, Islamaj Doğan & Lu, "DNorm" (Bioinformatics 2013), for both; Gonzalez-Agirre et al. (2019), sub-track 2.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from zoo.data.concept_ids import NONE, concept_id
from zoo.data.document import Document, Span
from zoo.evaluation.spans import Counts, Report, paired


class Accuracy(NamedTuple):
    """Of mentions whose concepts are known.

    Args:
        mentions: How many.
        right: Of how many one of the first k candidates is right, by k.
    """

    mentions: int
    right: dict[int, int]

    def at(self, k: int) -> float:
        """The share of mentions with a right one among the first k candidates; 0.0 of no mentions."""
        return self.right[k] / self.mentions if self.mentions else 0.0


def concepts_of(span: Span, canonical: Callable[[str], str] = str) -> frozenset[str]:
    """The concepts of a mention, as an index has them.

    Args:
        span: The mention.
        canonical: From any id of a concept to that of the index (:meth:`zoo.linking.index.LinkingIndex.canonical`).

    Examples:
        >>> sorted(concepts_of(Span.of(0, 4, "Disease", concepts=("D001943+D010051", "-1"))))
        ['MESH:D001943', 'MESH:D010051']
    """
    written = {part.strip() for concept in span.concepts for part in concept.split("+")}
    return frozenset(canonical(concept_id(each)) for each in written - NONE)


def accuracy(
    gold: Iterable[Span],
    ranked: Iterable[Sequence[str]],
    canonical: Callable[[str], str] = str,
    ks: Collection[int] = (1, 5),
) -> Accuracy:
    """Compares gold concepts with ranked candidates, mention by mention.

    Args:
        gold: Mentions with their concepts.
        ranked: Candidates of each, the likeliest first.
        canonical: As for :func:`concepts_of`.
        ks: How many candidates are looked at.

    Raises:
        ValueError: If there are not candidates for each mention.

    Examples:
        >>> mentions = [Span.of(0, 4, "Disease", concepts=("D1",)), Span.of(5, 9, "Disease", concepts=("D2",))]
        >>> found = accuracy(mentions, [["D1"], ["D3", "D2"]])
        >>> found.at(1), found.at(5)
        (0.5, 1.0)
    """
    mentions, right = 0, dict.fromkeys(ks, 0)
    for span, candidates in zip(gold, ranked, strict=True):
        true = concepts_of(span, canonical)
        mentions += bool(true)
        for k in ks:
            right[k] += not true.isdisjoint(candidates[:k])
    return Accuracy(mentions, right)


def score_documents(
    gold: Sequence[Document], linked: Sequence[Document], canonical: Callable[[str], str] = str
) -> Report:
    """Precision, recall and F1 of the concepts of each document, by label.

    Args:
        gold: Documents whose mentions have their concepts.
        linked: The same documents with concepts that were found; of a mention the first counts.
        canonical: As for :func:`concepts_of`.

    Raises:
        ValueError: If the documents are not the same.
    """
    return Report("document concepts", tuple(_counts(*pair, canonical) for pair in paired(gold, linked)))


def score_mentions(
    gold: Sequence[Document], linked: Sequence[Document], canonical: Callable[[str], str] = str
) -> Report:
    """Precision, recall and F1 of mentions that are where gold has them, of the same label, with a right concept.

    Mentions without a concept count on neither side.

    Args:
        gold: Documents whose mentions have their concepts.
        linked: The same documents with mentions and concepts that were found; of a mention the first concept counts.
        canonical: As for :func:`concepts_of`.

    Raises:
        ValueError: If the documents are not the same.

    Source: Sänger et al., "HunFlair2 in a cross-corpus evaluation of biomedical named entity recognition and
    normalization tools" (Bioinformatics 2024).
    """
    return Report("linked mentions", tuple(_mention_counts(*pair, canonical) for pair in paired(gold, linked)))


def _mention_counts(gold: Document, linked: Document, canonical: Callable[[str], str]) -> dict[str, Counts]:
    true = {(span.label, span.fragments): concepts_of(span, canonical) for span in gold.spans}
    true = {key: concepts for key, concepts in true.items() if concepts}
    found = {
        (span.label, span.fragments): canonical(concept_id(span.concepts[0])) for span in linked.spans if span.concepts
    }
    right = {key for key, concept in found.items() if concept in true.get(key, ())}
    return {
        label: Counts(
            tp=sum(key[0] == label for key in right),
            fp=sum(key[0] == label for key in found.keys() - right),
            fn=sum(key[0] == label for key in true.keys() - right),
        )
        for label in sorted({label for label, _ in true.keys() | found.keys()})
    }


def _counts(gold: Document, linked: Document, canonical: Callable[[str], str]) -> dict[str, Counts]:
    true = {(span.label, concept) for span in gold.spans for concept in concepts_of(span, canonical)}
    found = {(span.label, canonical(concept_id(span.concepts[0]))) for span in linked.spans if span.concepts}
    labels = sorted({label for label, _ in true | found})
    return {
        label: Counts(
            tp=sum(key[0] == label for key in true & found),
            fp=sum(key[0] == label for key in found - true),
            fn=sum(key[0] == label for key in true - found),
        )
        for label in labels
    }
