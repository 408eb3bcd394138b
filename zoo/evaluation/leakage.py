r"""Leakage: documents that stand in two splits, whole or nearly so, and mentions that a tagger has seen in training.

Texts are compared as sets of *shingles*, the runs of five words of the casefolded text. Two measures on the sets A
and B see different things. Jaccard, \|A ∩ B\| / \|A ∪ B\|, finds two versions of one text. Containment, \|A ∩ B\| /
min(\|A\|, \|B\|), finds the short text within the long one, as a title that is all there is of an abstract elsewhere.

The thresholds lie in a wide gap. Of the pairs of abstracts, case reports and articles of the corpora known here
nearly all have a Jaccard similarity below 0.1 or above 0.9, with updates of an article and comments on it in between;
0.5 says that the two have twice as many runs in common as either has for itself. Containment asks for 0.8, since a
few set phrases fill a short text. A text of fewer than eight shingles (twelve words) is like another only if their
shingles are the same: "Parenting in a time of COVID-19" is no version of "Teaching in a time of COVID-19".

Source: shingles and both measures after Broder (1997), On the resemblance and containment of documents; the prefix
filter after Chaudhuri, Ganti & Kaushik (2006) and Bayardo, Ma & Srikant (2007).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import TYPE_CHECKING, NamedTuple

from zoo.data.document import Document

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

SHINGLE = 5
"""Words of a shingle; a shorter text is one shingle."""

SHORT = 8
"""Texts of fewer shingles are like others only if all shingles are the same."""

_WORD = re.compile(r"\w+")
_BYTES = 8  # of a hash
_AT_ONCE = 2000  # texts looked up together: bounds the memory of what they have in common with all others


class SimilarPair(NamedTuple):
    """Two documents of nearly the same text.

    Args:
        split: Of the one.
        id: Of the one.
        other_split: Of the other; the same split, or one that comes later.
        other_id: Of the other.
        jaccard: Similarity in (0, 1]; 1 where the shingles are the same.
        containment: Share of the smaller text's shingles that the larger one has.
        shingles: Different shingles of the smaller text: below :data:`SHORT` it may be no more than a set phrase.
    """

    split: str
    id: str
    other_split: str
    other_id: str
    jaccard: float
    containment: float
    shingles: int


def similar_pairs(
    splits: Mapping[str, Sequence[Document]], jaccard: float = 0.5, containment: float = 0.8
) -> list[SimilarPair]:
    """Finds the documents, between splits and within one, whose texts are nearly the same.

    No pair is missed, and no text is compared with all others: the smaller of two similar texts has at least a share
    ``min(jaccard, containment)`` of its shingles in common with the larger, so one of its rarest is among them, and
    only texts that have one of those are compared. Texts without a word are like none.

    Args:
        splits: Documents by split.
        jaccard: Least Jaccard similarity, in (0, 1].
        containment: Least containment that does as well, in (0, 1].

    Returns:
        The pairs, by splits in their order, the most similar first.

    Raises:
        ValueError: If a threshold is out of range.

    Examples:
        >>> train, test = (Document(name, "Wilson disease is rare.") for name in ("1", "2"))
        >>> similar_pairs({"train": [train], "test": [test]})
        [SimilarPair(split='train', id='1', other_split='test', other_id='2', jaccard=1.0, containment=1.0, shingles=1)]
    """
    if not (0 < jaccard <= 1 and 0 < containment <= 1):
        raise ValueError(f"Expected thresholds in (0, 1] but got jaccard={jaccard} and containment={containment}.")
    order = {split: number for number, split in enumerate(splits)}
    places = [(split, document.id) for split, documents in splits.items() for document in documents]
    members: dict[bytes, list[int]] = {}  # documents by their shingles: what is repeated is looked up once
    for index, document in enumerate(each for documents in splits.values() for each in documents):
        members.setdefault(_shingles(document.text), []).append(index)
    members.pop(b"", None)
    sets, groups = list(members), list(members.values())
    found = [
        SimilarPair(*places[one], *places[other], 1.0, 1.0, len(sets[at]) // _BYTES)
        for at, group in enumerate(groups)
        for one, other in combinations(group, 2)
    ]
    for first, second, alike, contained in _similar_sets(sets, jaccard, containment):
        smaller = min(len(sets[first]), len(sets[second])) // _BYTES
        for pair in product(groups[first], groups[second]):
            one, other = sorted(pair)
            found.append(SimilarPair(*places[one], *places[other], alike, contained, smaller))
    return sorted(
        found, key=lambda pair: (order[pair.split], order[pair.other_split], -pair.jaccard, -pair.containment, pair)
    )


def _shingles(text: str) -> bytes:
    """The sorted, distinct 64-bit hashes of a text's shingles; they differ from process to process."""
    import numpy as np

    words = _WORD.findall(text.casefold())
    if not words:
        return b""
    runs = zip(*(words[at:] for at in range(SHINGLE)), strict=False) if len(words) >= SHINGLE else [tuple(words)]
    return np.unique(np.fromiter(map(hash, runs), dtype=np.int64)).tobytes()


def _similar_sets(
    shingles: Sequence[bytes], jaccard: float, containment: float
) -> Iterator[tuple[int, int, float, float]]:
    """The pairs of different sets over a threshold: two positions, Jaccard and containment."""
    import numpy as np
    from scipy.sparse import csr_array

    positions = np.array([at for at, each in enumerate(shingles) if len(each) >= _BYTES * SHORT], dtype=np.int64)  # (D)
    if len(positions) < 2:
        return
    sets = [np.frombuffer(shingles[at], dtype=np.int64) for at in positions]
    sizes = np.array([len(each) for each in sets])  # (D)
    _, columns, frequencies = np.unique(np.concatenate(sets), return_inverse=True, return_counts=True)
    rows = np.repeat(np.arange(len(sets)), sizes)
    order = np.lexsort((frequencies[columns], rows))  # text by text, the rarest shingle first
    columns = columns[order]
    ranks = np.arange(len(columns)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    needed = np.ceil(min(jaccard, containment) * sizes - 1e-9)  # shingles in common with a larger text
    is_shared = frequencies[columns] > 1
    is_rare = ranks <= np.repeat(sizes - needed, sizes)
    shape = len(sets), len(frequencies)

    def incidence(chosen: "np.ndarray") -> "csr_array":
        return csr_array((np.ones(chosen.sum(), dtype=np.int32), (rows[chosen], columns[chosen])), shape)

    everything, rarest = incidence(is_shared), incidence(is_shared & is_rare)
    for begin in range(0, len(sets), _AT_ONCE):
        candidates = (rarest[begin : begin + _AT_ONCE] @ everything.T).tocoo()
        small, large = candidates.row + begin, candidates.col
        is_ordered = (sizes[small] < sizes[large]) | ((sizes[small] == sizes[large]) & (small < large))
        small, large = small[is_ordered], large[is_ordered]
        common = _common(everything, small, large)
        likeness = common / (sizes[small] + sizes[large] - common), common / sizes[small]
        is_similar = (likeness[0] >= jaccard) | (likeness[1] >= containment)
        found = (values[is_similar].tolist() for values in (positions[small], positions[large], *likeness))
        yield from zip(*found, strict=True)


def _common(incidence: "csr_array", ones: "np.ndarray", others: "np.ndarray") -> "np.ndarray":
    """How many shingles the sets of each pair have in common, shape (pairs)."""
    import numpy as np

    common = np.zeros(len(ones), dtype=np.int64)
    for begin in range(0, len(ones), _AT_ONCE):
        chunk = slice(begin, begin + _AT_ONCE)
        common[chunk] = incidence[ones[chunk]].multiply(incidence[others[chunk]]).sum(axis=1)
    return common


def repeated_ids(splits: Mapping[str, Sequence[Document]]) -> dict[str, tuple[str, ...]]:
    """The ids that more than one document has, each with the splits these stand in, one for each document.

    Examples:
        >>> repeated_ids({"train": [Document("1", ""), Document("1", "")], "test": [Document("1", "")]})
        {'1': ('train', 'train', 'test')}
    """
    found: dict[str, list[str]] = {}
    for split, documents in splits.items():
        for document in documents:
            found.setdefault(document.id, []).append(split)
    return {name: tuple(where) for name, where in found.items() if len(where) > 1}


class Seen(NamedTuple):
    """How many mentions of a label have a surface that training documents have too.

    Args:
        mentions: Mentions there are.
        same_label: Those whose surface is a mention of this label in training.
        other_label: Those whose surface is a mention in training, but only of other labels.
    """

    mentions: int
    same_label: int
    other_label: int


def seen_mentions(train: Counter[tuple[str, str]], test: Counter[tuple[str, str]]) -> dict[str, Seen]:
    """How much of a test a tagger could know by heart: mentions that it has been shown in training.

    Args:
        train: Mentions by label and surface, as in ``CorpusStatistics.mentions``.
        test: Those that a tagger is to be tested on.

    Returns:
        Counts by label of the test mentions, sorted.

    Examples:
        >>> train = Counter({("Disease", "gout"): 7})
        >>> seen_mentions(train, Counter({("Disease", "gout"): 2, ("Disease", "asthma"): 1}))
        {'Disease': Seen(mentions=3, same_label=2, other_label=0)}
    """
    surfaces = {surface for _, surface in train}
    found: dict[str, Counter[str]] = {}
    for (label, surface), count in test.items():
        kind = "same" if (label, surface) in train else "other" if surface in surfaces else "unseen"
        found.setdefault(label, Counter())[kind] += count
    return {label: Seen(kinds.total(), kinds["same"], kinds["other"]) for label, kinds in sorted(found.items())}


def share_seen(train: Counter[tuple[str, str]], test: Counter[tuple[str, str]]) -> float:
    """The share of the test mentions whose surface is a mention of the same label in training; 0.0 of none.

    Arguments are those of :func:`seen_mentions`.
    """
    return sum(count for mention, count in test.items() if mention in train) / max(1, test.total())
