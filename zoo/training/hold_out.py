"""Train and dev documents dealt anew, where a paper merges them and holds out a share of its own.

Sources: Zhou et al. (2021), section "Experimental settings": CDR's training and development abstracts are merged and
10 % of them drawn as development data; Lyu et al. (2017), section "Data sets": 10 % of the training sentences.
"""

import hashlib

from zoo.data.document import Corpus
from zoo.data.splits import load_corpus


def hold_out(corpus: Corpus, share: float) -> Corpus:
    """The corpus with its train and dev documents merged, and a share of them held out as dev.

    Which documents these are follows from their ids alone, whatever the seed of a run; documents of one id stay
    together.

    Args:
        corpus: With the split ``train``; ``dev`` may be missing.
        share: In (0, 1); one document at least.

    Raises:
        ValueError: If the share is out of range, or leaves no document on one side.

    Examples:
        >>> from zoo.data.document import Document
        >>> corpus = Corpus("c", {"train": tuple(Document(str(i), "x") for i in range(20)), "dev": (), "test": ()})
        >>> {split: len(documents) for split, documents in hold_out(corpus, 0.1).splits.items()}
        {'train': 18, 'dev': 2, 'test': 0}
    """
    if not 0 < share < 1:
        raise ValueError(f"Expected a share between 0 and 1 to hold out but got {share}.")
    documents = [*corpus["train"], *corpus.splits.get("dev", ())]
    ids = sorted({document.id for document in documents}, key=lambda name: hashlib.sha256(name.encode()).digest())
    held = set(ids[: max(1, round(share * len(ids)))])
    train = tuple(document for document in documents if document.id not in held)
    dev = tuple(document for document in documents if document.id in held)
    if not train or not dev:
        raise ValueError(f"Expected documents on both sides but {share} of {len(ids)} leaves none on one.")
    return Corpus(corpus.name, {**corpus.splits, "train": train, "dev": dev})


def load_splits(corpus: str, held_out: float = 0.0, key: str = "training.held_out") -> Corpus:
    """A corpus with documents to learn from and dev documents.

    Args:
        corpus: By name, or a folder with train, dev and test.
        held_out: Share of train and dev documents together to be held out as dev; 0 keeps the splits.
        key: Of the recipe, that says so.

    Raises:
        ValueError: If there are no train, or no dev documents; as for :func:`hold_out` and loading.
    """
    documents = load_corpus(corpus)
    if held_out:
        documents = hold_out(documents, held_out)
    if absent := {"train", "dev"} - set(documents):
        raise ValueError(
            f"Corpus {documents.name!r} has no {' and no '.join(sorted(absent))} documents — expected train, to learn "
            f"from, and dev, which choose the best epoch — hold a share of what there is out: --{key} 0.1"
        )
    return documents
