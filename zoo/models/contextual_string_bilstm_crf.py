"""Word embeddings, contextual string embeddings and their mean over a word's mentions → linear layer → BiLSTM → CRF.

Papers: Akbik, Blythe & Vollgraf, "Contextual string embeddings for sequence labeling" (COLING 2018): a word is what two
character language models have in mind, one after its last character, the other, which reads from the end, after its
first (equations 6 and 7). Akbik, Bergmann & Vollgraf, "Pooled contextualized embeddings for named entity recognition"
(NAACL 2019): beside that stands the mean over all mentions of the word that were met before. Stoeckel, Hemati & Mehler,
"When specialization helps: using pooled contextualized embeddings to detect chemical and biomedical entities in
Spanish" (BioNLP Open Shared Tasks 2019), took it to PharmaCoNER.

The papers fix a BiLSTM of one layer of 256 units in each direction, a linear re-projection of what it reads, dropout of
0.5 of feature columns and of 0.05 of words, language models of 2,048 units that no longer learn, and SGD at 0.1 that is
annealed. So the embeddings of a sentence are made once, not in every epoch.

Changed here: (1) Language models of 256 units, trained on some thirty million characters (`zoo pretrain character-lm`).
(2) The papers' memory grows with every sentence that is read, so that what a sentence gets depends on those before it.
Here it is fixed: once, before training, each form that occurs twice or more in the training documents is given the
mean over its mentions there; other forms have their own embedding in this place, as in the paper when they are first
met. So tags depend neither on order nor on batch. (3) The memory is kept in few dimensions, ``c → P c`` with the
leading singular directions P of the forms' means, and other forms' embeddings are taken there, too: a table of all
dimensions would be larger than the network. (4) A sentence is read with one space for any white space, framed by line
feeds. (5) A recipe's optimizer. The CRF allows only the moves of the tag scheme. Stoeckel et al. also have sub-word
embeddings, for any word: word vectors of fastText hold these for the words of the training documents and of corpora
that the vectors cover; other words are the unknown one.

Printed by Stoeckel et al., PharmaCoNER test: F1 89.76 with embeddings as they were at hand, 90.52 with those trained on
Spanish texts on health. What is measured here stands in the README's tables.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from zoo.crf import CRF
from zoo.crf.buffers import as_buffers
from zoo.models.character_lm import CharacterLm, CharacterLms
from zoo.models.layers import ColumnDropout, WordEmbedding, initialize_embedding, initialize_lstm, read_words
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch, budget_batches
from zoo.text.codec import CodecConfig, Window
from zoo.text.vocab import Vocabulary

_FRAME = "\n"
_BATCH_CHARACTERS = 1 << 15  # that the language models read at once, padding included


class ContextualStringBilstmCrf(Tagger):
    """BiLSTM-CRF over what character language models have in mind (Akbik et al. 2018, 2019; Stoeckel et al. 2019).

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of normalized words.
        characters: Vocabulary of characters; only the language models' own is used here.
        lm_characters: Vocabulary of the language models.
        memory_forms: Forms whose mean is kept.
        normalizer: How words are rewritten before their vectors are looked up.
        word_size: Dimensions of a word vector.
        lm_character_size: Dimensions of the language models' character vectors.
        lm_hidden: Units of each language model (H'; a contextual string embedding has 2H').
        memory_size: Dimensions in which means are kept (M).
        projection_size: Dimensions that the BiLSTM reads.
        hidden: Units of the BiLSTM in each direction.
        dropout: Probability with which a feature is dropped, for all words of a window at once.
        word_dropout: Probability with which a word loses all its features.

    Raises:
        ValueError: If the memory has more dimensions than the embeddings.
    """

    key = "contextual_string_bilstm_crf"
    resources = ("language_model",)

    forward_lm: CharacterLm
    backward_lm: CharacterLm
    memory: Tensor
    directions: Tensor

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        lm_characters: Vocabulary,
        memory_forms: Vocabulary,
        normalizer: str = "lower-digits",
        word_size: int = 200,
        lm_character_size: int = 64,
        lm_hidden: int = 256,
        memory_size: int = 128,
        projection_size: int = 256,
        hidden: int = 256,
        dropout: float = 0.5,
        word_dropout: float = 0.05,
    ) -> None:
        others = {"lm_characters": lm_characters, "memory_forms": memory_forms}
        super().__init__(codec=codec, words=words, characters=characters, normalizer=normalizer, others=others)
        if memory_size > 2 * lm_hidden:
            raise ValueError(f"Expected memory_size of at most 2 · lm_hidden, {2 * lm_hidden}, but got {memory_size}.")
        tags = len(self.codec.tags)
        self.lm_characters, self.memory_forms = lm_characters, memory_forms
        for direction in ("forward_lm", "backward_lm"):
            lm = CharacterLm(characters=len(lm_characters), character_size=lm_character_size, hidden=lm_hidden)
            as_buffers(lm)
            self.add_module(direction, lm)
        self.register_buffer("memory", torch.zeros(len(memory_forms), memory_size))
        self.register_buffer("directions", torch.zeros(2 * lm_hidden, memory_size))
        self.word_embedding = WordEmbedding(len(words), word_size, padding_idx=0)
        self.word_dropout, self.dropout = nn.Dropout1d(word_dropout), ColumnDropout(dropout)
        self.projection_layer = nn.Linear(word_size + 2 * lm_hidden + memory_size, projection_size)
        self.lstm = nn.LSTM(projection_size, hidden, batch_first=True, bidirectional=True)
        self.output_layer = nn.Linear(2 * hidden, tags)
        self.crf = CRF(tags, batch_first=True, constraints=self.codec.transitions)
        initialize_embedding(self.word_embedding)
        initialize_lstm(self.lstm)

    @classmethod
    def parts_from(
        cls, windows: Sequence[Window], resources: Mapping[str, Any], model: Mapping[str, Any], codec: CodecConfig
    ) -> dict[str, Vocabulary]:
        """The language models' characters, and the forms that occur twice or more."""
        mentions = Counter(form for window in windows for form in window.forms)
        repeated = Vocabulary.of(form for form, count in mentions.items() if count > 1)
        return {"lm_characters": resources["language_model"].characters, "memory_forms": repeated}

    def furnish(self, resources: Mapping[str, Any]) -> None:
        """Takes over the language models' weights.

        Raises:
            ValueError: If their sizes are others than this architecture's.
        """
        lms: CharacterLms = resources["language_model"]
        given = (lms.forward.embedding.embedding_dim, lms.forward.lstm.hidden_size)
        own = (self.hparams["lm_character_size"], self.hparams["lm_hidden"])
        if given != own:
            raise ValueError(
                f"Expected language models of {own[0]} dimensions a character and {own[1]} units "
                f"(model.lm_character_size, model.lm_hidden) but got {given[0]} and {given[1]}."
            )
        self.forward_lm.load_state_dict(lms.forward.state_dict())
        self.backward_lm.load_state_dict(lms.backward.state_dict())

    def prepare(self, windows: Sequence[Window]) -> Sequence[Window]:
        """Adds each word's contextual string embedding, shape (W, 2H'), and its row in the memory, shape (W)."""
        prepared = list(windows)
        texts = [framed_text(window) for window in windows]
        rows = [torch.tensor([self.lm_characters[character] for character in text]) for text, _ in texts]
        for batch in budget_batches([len(row) for row in rows], _BATCH_CHARACTERS):
            embedded = self._contextual([rows[index] for index in batch], [texts[index][1] for index in batch])
            for index, embeddings in zip(batch, embedded, strict=True):
                window = windows[index]
                memory = np.array([self.memory_forms[form] for form in window.forms])
                prepared[index] = window._replace(
                    layers={**window.layers, "contextual": embeddings.numpy(), "memory": memory}
                )
        return prepared

    @torch.no_grad()
    def _contextual(self, texts: Sequence[Tensor], words: Sequence[np.ndarray]) -> list[Tensor]:
        """The contextual string embeddings of the words of each text, shapes (W, 2H').

        Args:
            texts: Rows of characters.
            words: First and last place of each word in its text, shapes (W, 2).
        """
        read = pad_sequence(list(texts), batch_first=True).to(self.device)  # (B, N)
        turned = pad_sequence([text.flip(0) for text in texts], batch_first=True).to(self.device)  # (B, N)
        forward, backward = self.forward_lm.read(read)[0].cpu(), self.backward_lm.read(turned)[0].cpu()  # (B, N, H')
        embedded = []
        for row, (text, places) in enumerate(zip(texts, words, strict=True)):
            after_last = forward[row, places[:, 1]]  # (W, H')
            after_first = backward[row, len(text) - 1 - places[:, 0]]  # (W, H')
            embedded.append(torch.cat([after_last, after_first], dim=1))
        return embedded

    def on_fit_start(self) -> None:
        """Fills the memory from the training windows, before the first step."""
        trainer: Any = self.trainer
        self.memorize(trainer.datamodule.windows["train"])

    @torch.no_grad()
    def memorize(self, windows: Sequence[Window]) -> None:
        """Keeps the mean of each form's contextual string embeddings.

        Args:
            windows: Prepared windows of the training documents.
        """
        rows = torch.from_numpy(np.concatenate([window.layers["memory"] for window in windows]))
        means = torch.zeros(len(self.memory_forms), self.directions.shape[0], dtype=torch.float64)
        for window in windows:
            known = window.layers["memory"] > 1
            means.index_add_(
                0,
                torch.from_numpy(window.layers["memory"][known]),
                torch.from_numpy(window.layers["contextual"][known]).double(),
            )
        means /= torch.bincount(rows, minlength=len(means)).clamp(min=1)[:, None]
        # The right singular vectors of the means; eigh sorts its values upwards.
        directions = torch.linalg.eigh(means.T @ means).eigenvectors[:, -self.directions.shape[1] :]  # (2H', M)
        self.directions.copy_(directions)
        self.memory.copy_(means @ directions)  # (V, 2H') -> (V, M)

    def encode(self, batch: Batch) -> Tensor:
        """Scores every tag at every word.

        Args:
            batch: Words (B, W), mask (B, W), layers ``contextual`` (B, W, 2H') and ``memory`` (B, W).

        Returns:
            Emissions, shape (B, W, T).
        """
        contextual, rows = batch.layers["contextual"], batch.layers["memory"]
        remembered = (rows > 1)[..., None]  # (B, W, 1)
        pooled = torch.where(remembered, self.memory[rows], contextual @ self.directions)  # (B, W, 2H') -> (B, W, M)
        features = torch.cat(
            [self.word_embedding(batch.words, batch.composed), contextual, pooled], dim=-1
        )  # (B, W, F)
        projected = self.projection_layer(self.dropout(self.word_dropout(features)))  # (B, W, F) -> (B, W, P)
        states = self.dropout(read_words(self.lstm, projected, batch.mask))  # (B, W, 2H)
        return self.output_layer(states)  # (B, W, T)


def framed_text(window: Window) -> tuple[str, np.ndarray]:
    r"""A window's text as the language models read it, and where its words stand in it.

    Returns:
        Its words with one space wherever they are apart, between line feeds, and the places of each one's first and
        last character, shape (W, 2).

    Examples:
        >>> text, places = framed_text(Window(0, ["IL", "2", "gene"], [(9, 11), (11, 12), (15, 19)], [], 0))
        >>> text, places.tolist()
        ('\nIL2 gene\n', [[1, 2], [3, 3], [5, 8]])
    """
    text, places = window.text()
    return _FRAME + text + _FRAME, np.array([(start + 1, end) for start, end in places])
