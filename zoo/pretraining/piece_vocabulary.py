"""A vocabulary of pieces from raw text, by SentencePiece; and as a fast tokenizer that gives the same pieces.

Sources:
    Kudo, "Subword regularization: improving neural network translation models with multiple subword candidates" (ACL
    2018), section 3.2: the unigram language model. Kudo & Richardson, "SentencePiece: a simple and language independent
    subword tokenizer and detokenizer for neural text processing" (EMNLP 2018).
"""

import io
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from zoo.text.pieces import PieceTokenizer
from zoo.text.segment import Segmenter

PADDING, UNKNOWN, BEGIN, END, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
SPECIAL = (PADDING, UNKNOWN, BEGIN, END, MASK)
"""Rows 0 to 4 of every vocabulary."""
_BLANK = "▁"
_STEPS = 128  # of a score, in a unit: float32 adds up some ten thousand of them exactly
_NEVER = -1e6  # score of pieces that texts may spell but do not mean
_BORDER = "\u241f"  # between words that no blank parts: no piece crosses it, and it is in none


def train_pieces(
    sentences: Iterable[str],
    *,
    size: int = 16_000,
    kind: Literal["unigram", "bpe"] = "unigram",
    coverage: float = 0.9995,
    byte_fallback: bool = True,
    lower: bool = False,
    segmentation: str = "v1",
    most_sentences: int = 2_000_000,
    threads: int = 2,
) -> bytes:
    """Trains a SentencePiece model.

    No piece is longer than a word: taggers read a word at its first piece, which it should not share. Memory is that of
    ``most_sentences``, however many there are: those are drawn from all.

    Args:
        sentences: Texts; read once.
        size: Pieces, the five of :data:`SPECIAL` and 256 bytes included.
        kind: ``unigram`` or ``bpe``.
        coverage: Share of all characters that are pieces by themselves; rarer ones are spelt in bytes.
        byte_fallback: Whether characters that are no piece are spelt in bytes; they are unknown if not.
        lower: Whether texts are read in lower case.
        segmentation: A key of the segmentation rules.
        most_sentences: Sentences that are trained on, the most; drawn at random of more.
        threads: Of the training.

    Returns:
        The model, as of a ``.model`` file.

    Raises:
        ValueError: If there is no text, or too little for so many pieces.
    """
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=_bordered(sentences, Segmenter(segmentation)),
            model_writer=model,
            vocab_size=size,
            model_type=kind,
            character_coverage=coverage,
            byte_fallback=byte_fallback,
            normalization_rule_name="nmt_nfkc_cf" if lower else "nmt_nfkc",
            pretokenization_delimiter=_BORDER,
            split_by_unicode_script=True,
            input_sentence_size=most_sentences,
            shuffle_input_sentence=True,
            max_sentence_length=1 << 16,
            num_threads=threads,
            minloglevel=2,
            pad_id=0,
            unk_id=1,
            bos_id=-1,
            eos_id=-1,
            pad_piece=PADDING,
            unk_piece=UNKNOWN,
            control_symbols=[BEGIN, END, MASK],
            # What texts spell like a special piece, or a byte, is then always cheaper in characters.
            required_chars="".join(sorted({*"".join(SPECIAL), *"<0x123456789ABCDEF>"})),
        )
    except RuntimeError as error:
        raise ValueError(
            f"Expected text for a vocabulary of {size} pieces, no more and no less, but SentencePiece says: "
            f"{' '.join(str(error).split())} — change the size, or add texts."
        ) from error
    return _rounded(model.getvalue())


def _rounded(model: bytes) -> bytes:
    """A model whose scores add up exactly, in whatever order and precision.

    ``II I`` and ``I II`` are equally probable: which one is found would hang on how sums were rounded.
    """
    proto = _parsed(model)
    for piece in proto.pieces:
        piece.score = round(piece.score * _STEPS) / _STEPS
    return bytes(proto.SerializeToString())


def _parsed(model: bytes) -> Any:
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
    proto.ParseFromString(model)
    return proto


def _bordered(sentences: Iterable[str], segment: Segmenter) -> Iterator[str]:
    """Texts with a border wherever words stand close together."""
    for text in sentences:
        words = [word for sentence in segment(text) for word in sentence]
        parts, reached = [], 0
        for start, end in words:
            parts += [text[reached:start] if start > reached else _BORDER * (reached > 0), text[start:end]]
            reached = end
        yield "".join(parts).replace("\n", " ")


def to_tokenizer(model: bytes, longest: int = 512) -> PieceTokenizer:
    """The fast tokenizer of a SentencePiece model: it gives the same pieces, and what a BERT reads begins and ends.

    Args:
        model: As of :func:`train_pieces`.
        longest: Pieces that a network of it reads at once; told to others.

    Raises:
        ValueError: If it is not of :func:`train_pieces`.
    """
    proto = _parsed(model)
    normal = proto.SentencePiece.NORMAL
    pieces = [(piece.piece, piece.score if piece.type == normal else _NEVER) for piece in proto.pieces]
    if tuple(piece for piece, _ in pieces[: len(SPECIAL)]) != SPECIAL:
        raise ValueError(f"Expected a model that begins with {', '.join(SPECIAL)} but got {pieces[: len(SPECIAL)]}.")
    fallback = proto.trainer_spec.byte_fallback
    if proto.trainer_spec.model_type == proto.trainer_spec.UNIGRAM:
        tokenizer = Tokenizer(models.Unigram(pieces, unk_id=1, byte_fallback=fallback))
    else:
        tokenizer = Tokenizer(_merges(pieces, fallback))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
            normalizers.Replace(Regex("^ +| +$"), ""),  # Strip would take more than blanks
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_BLANK, prepend_scheme="always")
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(replacement=_BLANK, prepend_scheme="always"), decoders.Fuse()]
    )
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in SPECIAL])
    rows = [(piece, SPECIAL.index(piece)) for piece in (BEGIN, END)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A {END}", pair=f"{BEGIN} $A {END} $B:1 {END}:1", special_tokens=rows
    )
    names = {"pad": PADDING, "unk": UNKNOWN, "cls": BEGIN, "sep": END, "mask": MASK}
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": longest,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        **{f"{name}_token": piece for name, piece in names.items()},
    }
    return PieceTokenizer(tokenizer.to_str(), settings)


def _merges(pieces: list[tuple[str, float]], fallback: bool) -> models.BPE:
    """The model of byte pairs: SentencePiece's own order of merging is that of the scores."""
    rows = {piece: row for row, (piece, _) in enumerate(pieces)}
    merges = []
    for piece, score in pieces[len(SPECIAL) :]:
        splits = [(piece[:cut], piece[cut:]) for cut in range(1, len(piece))]
        merges += [(score, left, right) for left, right in splits if left in rows and right in rows]
    ordered = sorted(merges, key=lambda merge: (-merge[0], rows[merge[1]], rows[merge[2]]))
    return models.BPE(
        rows, [(left, right) for _, left, right in ordered], unk_token=UNKNOWN, fuse_unk=True, byte_fallback=fallback
    )
