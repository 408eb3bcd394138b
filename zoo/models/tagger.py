"""The LightningModule that every architecture is: steps, metric, tagging, saving and loading."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
import torch
from pytorch_lightning import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer

from zoo.checkpoint.folder import Checkpoint, CheckpointError, read_checkpoint, write_checkpoint
from zoo.checkpoint.remote import fetch, hub_name
from zoo.crf import CRF
from zoo.crf.runs import TagRun
from zoo.data.document import Document
from zoo.linking.linker import Linker
from zoo.models.clipping import clip_gradients
from zoo.models.layers import WordEmbedding
from zoo.models.metrics import SpanScore
from zoo.text.batch import Batch, budget_batches, collate
from zoo.text.codec import Codec, CodecConfig, Window
from zoo.text.ngrams import Ngrams
from zoo.text.pieces import PieceTokenizer
from zoo.text.vocab import Vocabulary, WordLookup

_LONGEST_SPELLING = 50  # characters of a word that its spelling keeps


class Tagger(LightningModule):
    """An architecture with its codec: what is trained, published and used.

    An architecture is a subclass with a keyword-only constructor that begins with ``super().__init__(codec=…, words=…,
    characters=…, normalizer=…)`` and builds its layers, among them ``crf``, where it has word vectors
    ``word_embedding``, and, where emissions come of a linear layer, ``output_layer`` (what that reads is what
    :mod:`zoo.models.explain` shows of a word), and defines :meth:`encode`. Its other constructor arguments are plain
    JSON values: they become the ``model`` section of recipe and checkpoint.

    What few architectures need they override: ``resources`` and :meth:`parts_from` for what the constructor is given
    besides these, of which it passes vocabularies on as ``others`` and a tokenizer as ``tokenizer``; :meth:`furnish`
    for pretrained weights; :meth:`prepare` for what they read besides words and characters; :meth:`learn` for what is
    not learnt by gradients; :meth:`stored_name` and :meth:`told_to_others` for checkpoints that other programs read.

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of normalized words.
        characters: Vocabulary of characters.
        normalizer: How words are rewritten before they are looked up.
        others: Further vocabularies, named as the constructor's arguments.
        tokenizer: What cuts words into pieces, where they are read so.
    """

    key: ClassVar[str]
    """Name in the registry, in recipes and in checkpoints."""
    resources: ClassVar[tuple[str, ...]] = ()
    """Keys of a recipe's ``resources`` section that this architecture is built from."""
    optional: ClassVar[tuple[str, ...]] = ()
    """Those of ``resources`` that it can do without."""
    descends: ClassVar[bool] = True
    """Whether it learns by gradient descent; one that does not learns in :meth:`learn` alone."""
    word_embedding: WordEmbedding
    crf: CRF
    """Makes tags of emissions; a ``Softmax`` where they are independent."""

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        normalizer: str,
        others: Mapping[str, Vocabulary] = MappingProxyType({}),
        tokenizer: PieceTokenizer | None = None,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(ignore=["codec", "words", "characters", "others", "tokenizer", *others])
        self.codec = Codec(codec)
        self.words, self.characters = words, characters
        self.vocabularies = {"words": words, "characters": characters, **others}
        self.tokenizer = tokenizer
        self.compose_with(None)
        self.dev_f1 = SpanScore()
        self.optimization: Callable[[Tagger], Any] | None = None
        self.objective: nn.Module | None = None

    @classmethod
    def parts_from(
        cls, windows: Sequence[Window], resources: Mapping[str, Any], model: Mapping[str, Any], codec: CodecConfig
    ) -> dict[str, Any]:
        """What the constructor is given besides words, characters and what recipes say; nothing by default.

        Args:
            windows: Of the training documents.
            resources: What was read for each key of ``resources``.
            model: The recipe's ``model`` section.
            codec: Its ``codec`` section.

        Returns:
            Vocabularies and other parts, by the names of the constructor's arguments.
        """
        return {}

    def furnish(self, resources: Mapping[str, Any]) -> None:
        """Takes over pretrained weights before training (word vectors are there already); nothing by default.

        Args:
            resources: What was read for each key of ``resources``.

        Raises:
            ValueError: If they do not fit the layers.
        """

    def prepare(self, windows: Sequence[Window]) -> Sequence[Window]:
        """Adds the layers that this architecture reads besides words and characters; none by default.

        Called once for all windows that are trained on, and for those of each batch that is tagged: what it adds to a
        window must not depend on the others, nor on weights that are still learnt.
        """
        return windows

    def read(self, windows: Sequence[Window]) -> Batch:
        """Windows, at least one, as a batch on this tagger's device."""
        return collate(self.prepare(windows), self.lookup).to(self.device)

    def encode(self, batch: Batch) -> Tensor:
        """Scores every tag at every word: emissions of shape (B, W, T)."""
        raise NotImplementedError

    def forward(self, batch: Batch) -> Tensor:
        """The emissions of a batch, shape (B, W, T)."""
        return self.encode(batch)

    def loss(self, batch: Batch) -> Tensor:
        """Negative log-likelihood of the gold tags, a mean over words (a scalar).

        Raises:
            ValueError: If the batch has no gold tags.
        """
        return -self.crf(self(batch), self._gold(batch), mask=batch.mask, reduction="token_mean")

    @staticmethod
    def _gold(batch: Batch) -> Tensor:
        if batch.tags is None:
            raise ValueError("Expected a batch with gold tags but got one without; encode with gold=True.")
        return batch.tags

    def learn(self, train: Sequence[Window], dev: Sequence[Window], seed: int, *, progress: bool = True) -> None:
        """Learns what gradients do not, from prepared windows with gold tags, after all epochs; nothing by default.

        Args:
            train: Windows of the training documents.
            dev: Windows of the dev documents.
            seed: Of whatever is drawn at random.
            progress: Show a progress bar, where it takes long.
        """

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss = self.objective(self, batch) if self.objective else self.loss(batch)
        self.log("train_loss", loss.detach(), prog_bar=True, batch_size=len(batch.words))
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        lengths = batch.mask.sum(1).cpu().numpy()
        predicted = self.crf.viterbi(self(batch), batch.mask).cpu().numpy()
        self.dev_f1.update(
            set(self.codec.word_spans(predicted, lengths)),
            set(self.codec.word_spans(self._gold(batch).cpu().numpy(), lengths)),
            batch.lost,
        )
        self.log("dev_f1", self.dev_f1, prog_bar=True, on_epoch=True, on_step=False)

    def configure_optimizers(self) -> Any:
        if self.optimization is None:
            raise ValueError("Expected tagger.optimization to be set (zoo.training does) before fitting.")
        return self.optimization(self)

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        clip_gradients(self, optimizer, gradient_clip_val or 0.0)

    @torch.inference_mode()
    def tag(
        self,
        texts: Sequence[str | Document],
        *,
        batch_words: int = 4096,
        half: bool = False,
        link: Linker | str | Path | None = None,
        on_batch: Callable[[int], object] | None = None,
    ) -> list[Document]:
        """Finds the entities of texts.

        Args:
            texts: Texts, or documents whose spans are replaced.
            batch_words: The most words, padding included, that go through the network at once.
            half: Whether the network computes in bfloat16: sooner where the device has instructions for it, later where
                it has not; scores differ in the third figure, and of close calls some go the other way.
            link: What then links mentions to concepts: a linker, or the path of an index (`zoo link build`).
            on_batch: Called with the number of words done after every batch (a progress bar).

        Returns:
            A document for each text with scored spans sorted by offset; a score is the probability, under the model,
            that exactly this span with this label is in the text. In IOB1 and BMEWO-V, where a span's tags depend on
            the spans beside it, and under a softmax, whose tags need not be legal, it is the probability that its
            words have just the tags it was read from and the next word's tag does not make it longer. Offsets slice
            the original text.

        Raises:
            FileNotFoundError: If there is no such index.
            LinkingIndexError: If it is no index.
            TypeError: If ``texts`` is one string.
        """
        if isinstance(texts, str):
            raise TypeError("Expected a list of texts but got one string; write tag([text]).")
        documents = [text if isinstance(text, Document) else Document(str(i), text) for i, text in enumerate(texts)]
        linker = Linker(link) if isinstance(link, str | Path) else link
        windows, _ = self.codec.encode(documents, gold=False)
        found = []
        was_training = self.training
        self.eval()
        try:
            for indices in budget_batches([len(window.forms) for window in windows], batch_words):
                batch = self.read([windows[index] for index in indices])
                for row, first, end, label, score in self._spans(batch, half):
                    found.append((indices[row], first, end, label, score))
                if on_batch is not None:
                    on_batch(int(batch.mask.sum()))
        finally:
            self.train(was_training)
        tagged = self.codec.decode(documents, windows, found)
        return linker.link(tagged) if linker else tagged

    def _spans(self, batch: Batch, half: bool = False) -> list[tuple[int, int, int, str, float]]:
        """Scored spans of a batch as (row, first word, one past the last word, label, score)."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            emissions = self(batch)  # (B, W, T)
        emissions = emissions.float() if half else emissions  # the CRF is spared nothing
        tags = self.crf.viterbi(emissions, batch.mask).cpu().numpy()  # (B, W)
        spans = self.codec.word_spans(tags, batch.mask.sum(1).cpu().numpy())
        runs = []
        for row, first, end, _ in spans:
            run = tuple(tags[row, first:end].tolist())
            runs.append(TagRun(row, first, end, run, self.codec.continuations(run[-1])))
        scores = self.crf.span_confidence(emissions, batch.mask, runs).tolist()
        return [(*span, score) for span, score in zip(spans, scores, strict=True)]

    def compose_with(self, ngrams: Ngrams | None) -> None:
        """Gives words that are not in the vocabulary vectors that are composed of n-grams; without, they are unknown.

        Args:
            ngrams: Of the fastText vectors that the tagger was trained from.

        Raises:
            ValueError: If they have another size than the tagger's word vectors.
        """
        if ngrams and ngrams.matrix.shape[1] != self.word_embedding.embedding_dim:
            sizes = self.word_embedding.embedding_dim, ngrams.matrix.shape[1]
            raise ValueError("Expected n-grams of {} dimensions, as the words, but got {}.".format(*sizes))
        self.ngrams = ngrams
        longest, normalizer = _LONGEST_SPELLING, self.hparams["normalizer"]
        self.lookup = WordLookup(self.words, self.characters, normalizer, longest, ngrams)

    def keep_words(self, most: int) -> None:
        """Forgets n-grams, and all words but the first, and their vectors: they are then unknown words.

        First in the vocabulary are padding, the unknown word and those of the training documents; then come words of
        the pretrained vectors, the most frequent ones first.

        Args:
            most: How many entries of the vocabulary are kept.

        Raises:
            ValueError: If this architecture has no word vectors.
        """
        if not hasattr(self, "word_embedding"):
            raise ValueError(f"Expected a tagger with word vectors but got a {self.key}, which has none to leave out.")
        self.words = self.vocabularies["words"] = Vocabulary(self.words.entries[:most])
        self.compose_with(None)
        vectors = self.word_embedding.weight.detach()[:most].clone()
        self.word_embedding = WordEmbedding.from_pretrained(vectors, freeze=False, padding_idx=0)

    def save_pretrained(self, folder: str | Path, *, half: bool = False, most_bytes: int | None = None) -> None:
        """Writes a checkpoint folder from which :meth:`from_pretrained` rebuilds this tagger.

        Args:
            folder: Made if it is not there.
            half: Store weights in float16, at half the size.
            most_bytes: The most bytes of weights in a file, where they are to be in several.
        """
        weights = {
            self.stored_name(name): tensor.half() if half and tensor.is_floating_point() else tensor
            for name, tensor in self.state_dict().items()
        }
        kind = np.float16 if half else np.float32
        checkpoint = Checkpoint(
            architecture=self.key,
            model=dict(self.hparams),
            codec=self.codec.config.to_dict(),
            weights=weights,
            vocabularies=self.vocabularies,
            ngrams=self.ngrams and replace(self.ngrams, matrix=self.ngrams.matrix.astype(kind)),
            tokenizer=self.tokenizer,
            foreign=self.told_to_others(),
        )
        write_checkpoint(Path(folder), checkpoint, most_bytes)

    def stored_name(self, name: str) -> str:
        """The name under which a checkpoint holds a parameter; its own by default."""
        return name

    def told_to_others(self) -> dict[str, Any]:
        """Keys of a checkpoint's ``config.json`` that other programs read, JSON values; none by default."""
        return {}

    @classmethod
    def from_pretrained(
        cls,
        folder: str | Path,
        *,
        revision: str | None = None,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        local_files_only: bool = False,
        force_download: bool = False,
    ) -> Self:
        """Rebuilds a tagger from a checkpoint, ready to tag (in evaluation mode, on the CPU).

        Args:
            folder: A checkpoint's folder, or a repository of the Hugging Face Hub, ``owner/name``, where there is no
                such folder. :func:`zoo.load` takes the names of checkpoints that ship, too, and any architecture.
            revision: Of a repository: branch, tag or commit.
            token: Of an account that may read the repository.
            cache_dir: Where repositories are kept, instead of huggingface_hub's cache.
            local_files_only: Asks that cache alone.
            force_download: Downloads a repository anew.

        Raises:
            CheckpointError: If the folder is missing, damaged, incomplete, of another program or architecture, or its
                weights do not fit its configuration exactly.
            zoo.checkpoint.remote.HubError: If a repository cannot be had.
        """
        if not Path(folder).exists() and (named := hub_name(str(folder))):
            folder = fetch(
                named[0],
                revision or named[1],
                token=token,
                cache_dir=cache_dir,
                local_files_only=local_files_only,
                force_download=force_download,
            )
        folder = Path(folder)
        checkpoint = read_checkpoint(folder)
        if checkpoint.architecture != cls.key:
            raise CheckpointError(
                folder,
                f"holds a {checkpoint.architecture!r}, expected {cls.key!r}; zoo.load takes any architecture.",
            )
        try:
            codec = CodecConfig(**checkpoint.codec)
            arguments: dict[str, Any] = {**checkpoint.vocabularies, **checkpoint.model}
            if checkpoint.tokenizer:
                arguments["tokenizer"] = checkpoint.tokenizer
            tagger = cls(codec=codec, **arguments)
            own_names = {tagger.stored_name(name): name for name in tagger.state_dict()}
            weights = {own_names.get(name, name): tensor for name, tensor in checkpoint.weights.items()}
            tagger.load_state_dict(weights, strict=True)
            tagger.compose_with(checkpoint.ngrams)
        except (TypeError, ValueError, RuntimeError) as error:
            raise CheckpointError(folder, f"its parts do not fit together ({error}); take a fresh copy.") from error
        return tagger.eval()
