"""BERT → softmax of each word, or CRF.

Papers: Devlin, Chang, Lee & Toutanova, "BERT: pre-training of deep bidirectional transformers for language
understanding" (NAACL 2019), section 5.3: a word is read at its first piece. Segura-Bedmar, Camino-Perdones &
Guerrero-Aspizua, "Exploring deep learning methods for recognizing rare diseases and their clinical manifestations from
texts" (BMC Bioinformatics 23:263, 2022): BERT, BioBERT and ClinicalBERT with a softmax. Zhou et al. (2021), on label
re-correction and knowledge distillation: BioBERT-CRF. Rivera-Zavala & Martínez, "Analyzing transfer learning impact in
biomedical cross-lingual named entity recognition and normalization" (BMC Bioinformatics 22, 2021): BERT and SBC-BERT.

Any encoder of the transformers library that classifies tokens will do: BERT, BioBERT, ClinicalBERT, multilingual BERT,
BETO, PubMedBERT, RoBERTa, ModernBERT.

Changed here: (1) Where the papers cut what is longer than an encoder reads, it is read in overlapping stretches, each
word where most is seen around it (:mod:`zoo.models.stretches`). So what a word gets depends neither on the batch nor on
where a document was cut, and a CRF goes through all of it. (2) A text is cut into pieces as it runs, not word by word,
as in pretraining (:mod:`zoo.text.pieces`). (3) The CRF allows only the moves of the tag scheme.

A checkpoint with a softmax is also one of transformers: ``AutoModelForTokenClassification`` and ``pipeline`` read it.
In IOB2, a pipeline with ``aggregation_strategy="first"`` finds the same spans wherever its words are those of the
segmentation; it has rules of its own, and other ones for each tokenizer.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from zoo.crf import CRF
from zoo.crf.softmax import Softmax
from zoo.data.document import Document
from zoo.models.encoder import Encoder, EncoderConfig, build_network, classifier_config
from zoo.models.stretches import Stretches
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch, budget_batches
from zoo.text.codec import CodecConfig, Window
from zoo.text.pieces import PieceTokenizer
from zoo.text.vocab import Vocabulary

_NEEDS_THE_ZOO = "a CRF of bioner-zoo: pip install bioner-zoo, then zoo.load(folder)"
_ON_A_PROCESSOR = 512  # pieces that go through the encoder at once: more fall out of its caches


class Attention(NamedTuple):
    """What an encoder attended to when it read a stretch.

    Args:
        pieces: Its L pieces, with those that frame them.
        weights: Of layers and heads, from each piece (rows) to each (columns), shape (layers, heads, L, L).
    """

    pieces: tuple[str, ...]
    weights: Tensor


class Bert(Tagger):
    """A transformer encoder with a softmax for each word or a CRF (Devlin et al. 2019).

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of words; this architecture reads none, and keeps none.
        characters: Vocabulary of characters; as of words.
        tokenizer: What cuts words into pieces.
        encoder: Configuration of the encoder.
        normalizer: Of the vocabulary of words.
        crf: Whether a CRF makes the tags; a softmax of each word if not.
        pretrained: Whether it begins from the encoder's weights; from random ones if not.
        dropout: Probability with which a feature of a word is dropped before the last layer; within the encoder its
            configuration says so.
        max_pieces: The most pieces that the encoder reads at once, those that frame them included.
        overlap: Pieces that are read twice where a window is longer.
        on_too_long: What then happens: it is read in overlapping ``stretches``, or refused by an ``error``.

    Raises:
        ValueError: If stretches would have no piece of their own.
    """

    key = "bert"
    resources = ("encoder",)

    before: Tensor
    after: Tensor

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        tokenizer: PieceTokenizer,
        encoder: EncoderConfig,
        normalizer: str = "none",
        crf: bool = True,
        pretrained: bool = True,
        dropout: float = 0.1,
        max_pieces: int = 512,
        overlap: int = 128,
        on_too_long: Literal["stretches", "error"] = "stretches",
    ) -> None:
        none = Vocabulary.of(())
        super().__init__(codec=codec, words=none, characters=none, normalizer=normalizer, tokenizer=tokenizer)
        self.size = max_pieces - len(tokenizer.before) - len(tokenizer.after)
        if not 0 <= overlap < self.size:
            raise ValueError(
                f"Expected model.overlap below the pieces of a stretch, {self.size} (model.max_pieces less those that "
                f"frame them), but got {overlap}."
            )
        tags = len(self.codec.tags)
        network: Any = build_network(encoder, self.codec.tags)
        self.dropout = nn.Dropout(dropout)
        self.output_layer = network.classifier
        network.classifier = nn.Identity()  # what is left makes features of pieces; words are gathered before tags
        for name, layer in network.named_children():
            if isinstance(layer, nn.Dropout):  # before the last layer, where the tagger has its own
                setattr(network, name, nn.Identity())
        self.network = network
        self.padding = network.config.pad_token_id or 0
        for name in ("before", "after"):
            self.register_buffer(name, torch.tensor(getattr(tokenizer, name), dtype=torch.long), persistent=False)
        self.crf = (
            CRF(tags, batch_first=True, constraints=self.codec.transitions) if crf else Softmax(tags, batch_first=True)
        )

    @classmethod
    def parts_from(
        cls, windows: Sequence[Window], resources: Mapping[str, Any], model: Mapping[str, Any], codec: CodecConfig
    ) -> dict[str, Any]:
        """The encoder's configuration and its tokenizer."""
        encoder: Encoder = resources["encoder"]
        return {"encoder": encoder.config, "tokenizer": encoder.tokenizer}

    def furnish(self, resources: Mapping[str, Any]) -> None:
        """Takes over the encoder's weights.

        Raises:
            ValueError: If they do not fit, or the encoder cannot read ``max_pieces``.
        """
        if self.hparams["pretrained"]:
            weights = resources["encoder"].weights()
            known = {self.stored_name(name): name for name in self.state_dict()}
            self.load_state_dict(
                {known[name]: weight for name, weight in weights.items() if name in known}, strict=False
            )
        self._try_longest()

    @torch.no_grad()
    def _try_longest(self) -> None:
        pieces = self.hparams["max_pieces"]
        try:
            self.network(input_ids=torch.full((1, pieces), int(self.padding == 0)))  # padding has no place
        except (IndexError, RuntimeError) as error:
            raise ValueError(
                f"Expected model.max_pieces that the encoder can read but it has not {pieces} positions ({error})."
            ) from error

    def prepare(self, windows: Sequence[Window]) -> Sequence[Window]:
        """Adds the rows of each window's pieces, one more each so that 0 is padding, and each word's first piece.

        Raises:
            ValueError: If a window is longer than the encoder reads and ``on_too_long`` is ``error``.
        """
        assert self.tokenizer is not None
        read = self.tokenizer.read(windows)
        if self.hparams["on_too_long"] == "error":
            for window, pieces in zip(windows, read, strict=True):
                if len(pieces.rows) > self.size:
                    raise ValueError(
                        f"Document {window.document}, at {window.offsets[0][0]}: a window of {len(pieces.rows)} "
                        f"pieces, expected at most {self.size} (model.on_too_long is error); cut it, or set "
                        "--model.on_too_long stretches."
                    )
        return [
            window._replace(layers={**window.layers, "pieces": pieces.rows + 1, "first_pieces": pieces.first})
            for window, pieces in zip(windows, read, strict=True)
        ]

    def encode(self, batch: Batch) -> Tensor:
        """Scores every tag at every word.

        Args:
            batch: Layers ``pieces`` (B, P) and ``first_pieces`` (B, W).

        Returns:
            Emissions, shape (B, W, T).
        """
        return self.output_layer(self.dropout(self.read_words(batch)))  # (B, W, H) -> (B, W, T)

    def read_words(self, batch: Batch) -> Tensor:
        """What the encoder makes of each word at its first piece, shape (B, W, H); of the same layers."""
        pieces = batch.layers["pieces"]  # (B, P)
        stretches = Stretches.over((pieces > 0).sum(1), self.size, self.hparams["overlap"])
        features = self._read(*self._framed(pieces, stretches))  # (N, L, H)
        stretch, place = stretches.holding(batch.layers["first_pieces"])  # (B, W)
        return features[stretch, place + len(self.before)]

    def _framed(self, pieces: Tensor, stretches: Stretches) -> tuple[Tensor, Tensor]:
        """What the encoder reads of every stretch, framed and padded, shape (N, L), and its lengths, shape (N)."""
        place = torch.arange(int(stretches.lengths.max()), device=pieces.device)  # (L)
        there = (stretches.starts[:, None] + place).clamp(max=pieces.shape[1] - 1)  # (N, L)
        rows = pieces[stretches.rows[:, None], there] - 1
        rows = rows.masked_fill(place >= stretches.lengths[:, None], self.padding)
        before, after = (frame.expand(len(rows), -1) for frame in (self.before, self.after))
        framed = torch.cat([before, rows, torch.full_like(after, self.padding)], dim=1)
        ends = len(self.before) + stretches.lengths[:, None] + torch.arange(len(self.after), device=pieces.device)
        return framed.scatter(1, ends, after), stretches.lengths + len(self.before) + len(self.after)

    def _read(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Features of every piece, frame and padding included, shape (N, L, H).

        On a processor few at once, and those of like length together: there, padding costs as much as text.
        """
        if rows.device.type != "cpu":
            return self._run(rows, torch.arange(rows.shape[1], device=rows.device) < lengths[:, None])
        known = lengths.tolist()
        read = [
            (torch.tensor(group), self._run(rows[group, :width], torch.arange(width) < lengths[group, None]))
            for group in budget_batches(known, _ON_A_PROCESSOR)
            for width in [max(known[row] for row in group)]
        ]
        features = read[0][1].new_zeros(*rows.shape, read[0][1].shape[-1])
        for group, found in read:
            features[group, : found.shape[1]] = found
        return features

    def _run(self, rows: Tensor, mask: Tensor) -> Tensor:
        features: Tensor = self.network(input_ids=rows, attention_mask=mask.long()).logits
        return features

    @torch.inference_mode()
    def embed(self, texts: Sequence[str | Document]) -> Tensor:
        """Embeddings of texts: the mean of what the encoder makes of their words.

        Args:
            texts: Texts or documents.

        Returns:
            Of shape (N, H), zeros for a text without words.

        Raises:
            TypeError: If ``texts`` is one string.
        """
        if isinstance(texts, str):
            raise TypeError("Expected a list of texts but got one string; write embed([text]).")
        documents = [text if isinstance(text, Document) else Document(str(i), text) for i, text in enumerate(texts)]
        sums = torch.zeros(len(documents), self.output_layer.in_features)
        counts = torch.zeros(len(documents), 1)
        was_training = self.training
        self.eval()
        windows, _ = self.codec.encode(documents, gold=False)
        for group in budget_batches([len(window.forms) for window in windows], _ON_A_PROCESSOR):
            batch = self.read([windows[place] for place in group])
            words = self.read_words(batch) * batch.mask[..., None]  # (B, W, H)
            rows = torch.tensor([windows[place].document for place in group])
            sums.index_add_(0, rows, words.sum(1).cpu())
            counts.index_add_(0, rows, batch.mask.sum(1, keepdim=True).float().cpu())
        self.train(was_training)
        return sums / counts.clamp(min=1)

    @torch.inference_mode()
    def attend(self, text: str) -> list[Attention]:
        """Where each head of the encoder looks, in every stretch of a text in reading order.

        Args:
            text: A short one: of a stretch of L pieces, all layers and heads have L · L weights.
        """
        assert self.tokenizer is not None
        implementation, was_training = self.network.config._attn_implementation, self.training
        self.network.set_attn_implementation("eager")  # no other one hands its weights out
        self.eval()
        found = []
        try:
            for window in self.codec.encode([Document("", text)], gold=False)[0]:
                pieces = self.read([window]).layers["pieces"]  # (1, P)
                stretches = Stretches.over((pieces > 0).sum(1), self.size, self.hparams["overlap"])
                for rows, length in zip(*self._framed(pieces, stretches), strict=True):
                    told = self.network(input_ids=rows[None, :length], output_attentions=True)
                    weights = torch.cat(told.attentions).float().cpu()  # (layers, heads, L, L)
                    found.append(Attention(tuple(self.tokenizer.names(rows[:length].tolist())), weights))
        finally:
            self.network.set_attn_implementation(implementation)
            self.train(was_training)
        return found

    def stored_name(self, name: str) -> str:
        """As a token classifier of transformers names it."""
        return (
            name.removeprefix("network.") if name.startswith("network.") else name.replace("output_layer", "classifier")
        )

    def told_to_others(self) -> dict[str, Any]:
        """What transformers wants to know of a token classifier; of one with a CRF, that it is none."""
        config = classifier_config(EncoderConfig(self.hparams["encoder"]), self.codec.tags)
        told = config.to_dict() | {"dtype": "float32"}
        if self.hparams["crf"]:
            return told | {"model_type": _NEEDS_THE_ZOO, "architectures": []}
        return told | {"architectures": [type(self.network).__name__]}
