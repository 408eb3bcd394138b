"""Training passes over the vectors of the words it sees, and leaves those of other words where they are."""

import zlib
from collections.abc import Iterable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from zoo.models.layers import WordEmbedding, stacked_rows
from zoo.models.tagger import Tagger
from zoo.text.vocab import Vocabulary


class LearntRows(WordEmbedding):
    """An embedding table of which only the first rows learn.

    Most words of a tagger come with pretrained vectors and are in no training document: they never get a gradient, but
    optimizer, clipping, moving average and saved states would pass over them at every step, and take as long as all
    else. Here they are neither parameters nor buffers; a state to resume from vouches for them by a checksum.

    Args:
        table: The whole table, padding first.
        learnt: How many rows learn, at least one and fewer than there are.
    """

    def __init__(self, table: WordEmbedding, learnt: int) -> None:
        weight = table.weight.detach()
        super().__init__(learnt, weight.shape[1], padding_idx=0, _weight=weight[:learnt].clone())
        self._rest = weight[learnt:].clone()

    def get_extra_state(self) -> Tensor:
        """A checksum of the rows that do not learn, which a state to resume from has not."""
        return torch.tensor(zlib.crc32(self._rest.cpu().numpy().tobytes()))

    def set_extra_state(self, state: Tensor) -> None:
        """Compares a state's checksum with that of the rows that are here.

        Raises:
            ValueError: If they are others.
        """
        if state.item() != self.get_extra_state().item():
            raise ValueError(
                "Expected the word vectors that the run was begun with, at vectors.path, but got other ones; restore "
                "them, or begin anew in another --output."
            )

    @property
    def size(self) -> int:
        """How many rows the whole table has."""
        return self.num_embeddings + len(self._rest)

    def known(self, words: Tensor) -> Tensor:
        """Rows of the whole table, any shape, to their vectors."""
        if self._rest.device != words.device:
            self._rest = self._rest.to(words.device)
        return stacked_rows(words, super().known, self.num_embeddings, partial(functional.embedding, weight=self._rest))

    def whole(self) -> WordEmbedding:
        """The whole table again."""
        weight = torch.cat([self.weight.detach(), self._rest.to(self.weight.device)])
        return WordEmbedding.from_pretrained(weight, freeze=False, padding_idx=0)


def words_first(tagger: Tagger, forms: Iterable[str]) -> None:
    """Puts words first in a tagger's vocabulary, with their vectors, so that those after them need not learn.

    Args:
        tagger: Who is to learn from documents of which it did not make its vocabulary.
        forms: Their words as written; those that it does not know change nothing.
    """
    if not hasattr(tagger, "word_embedding"):
        return
    first = {0, 1, *map(tagger.lookup.row, forms)}
    order = [*sorted(first), *(row for row in range(len(tagger.words)) if row not in first)]
    tagger.words = tagger.vocabularies["words"] = Vocabulary([tagger.words.entries[row] for row in order])
    weight = tagger.word_embedding.weight.detach()[order].clone()
    tagger.word_embedding = WordEmbedding.from_pretrained(weight, freeze=False, padding_idx=0)
    tagger.compose_with(tagger.ngrams)


def learn_rows(tagger: Tagger, forms: set[str]) -> None:
    """Lets a tagger learn the vectors of the training documents' words alone, and the unknown word's.

    Args:
        tagger: Whose word vectors are replaced, where it has any.
        forms: Every word of the training documents as written.
    """
    if hasattr(tagger, "word_embedding"):
        learnt = 1 + max(map(tagger.lookup.row, forms), default=1)
        if learnt < tagger.word_embedding.num_embeddings:
            tagger.word_embedding = LearntRows(tagger.word_embedding, learnt)


def restore_rows(tagger: Tagger) -> None:
    """Gives a tagger its whole table of word vectors back."""
    if isinstance(table := getattr(tagger, "word_embedding", None), LearntRows):
        tagger.word_embedding = table.whole()
