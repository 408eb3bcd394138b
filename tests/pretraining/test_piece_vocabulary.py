"""Vocabularies of pieces: the fast tokenizer against SentencePiece itself."""

import io
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from zoo.data.splits import data_root
from zoo.pretraining.piece_vocabulary import SPECIAL, to_tokenizer, train_pieces
from zoo.pretraining.texts import find_texts, read_texts
from zoo.text.codec import Window

SENTENCES = [
    f"El paciente {number} recibió IL-2 ({number} mg/kg) y TNF-alfa; sin náuseas, TNF-alfa e IL-2."
    for number in range(400)
]
STRANGE = [
    *SENTENCES[:3],
    *SPECIAL,
    "<0x41>",
    "a  b\t\nc ",
    "\x85a\u2028",
    "III",
    "🧬 e\u0301 ﬁ ½",
    "[MASK] [SEP]x[CLS]",
]
MODELS = {kind: train_pieces(SENTENCES, size=360, kind=kind) for kind in ("unigram", "bpe")}  # type: ignore[arg-type]


def both(model: bytes) -> tuple[sentencepiece.SentencePieceProcessor, Tokenizer]:
    theirs = sentencepiece.SentencePieceProcessor()
    theirs.LoadFromSerializedProto(model)
    ours = Tokenizer.from_str(to_tokenizer(model).definition)
    ours.encode_special_tokens = True
    return theirs, ours


@pytest.mark.parametrize("kind", MODELS)
@given(text=st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(STRANGE))
def test_any_text_is_cut_as_sentencepiece_cuts_it(kind: str, text: str) -> None:
    theirs, ours = both(MODELS[kind])
    assert ours.encode(text, add_special_tokens=False).ids == theirs.encode(text)


@pytest.mark.skipif(not (data_root() / "es" / "raw").is_dir(), reason="the Spanish texts are not at hand; set ZOO_DATA")
@pytest.mark.parametrize("kind", MODELS)
def test_a_million_words_are_cut_as_sentencepiece_cuts_them(kind: str) -> None:
    lines = list(islice(_lines(), 0, None, 6))
    model = train_pieces(lines[::20], size=4000, kind=kind)  # type: ignore[arg-type]
    theirs, ours = both(model)
    assert sum(len(line.split()) for line in lines) > 800_000
    encoded = [encoding.ids for encoding in ours.encode_batch(lines, add_special_tokens=False)]
    assert encoded == theirs.encode(lines)


def _lines() -> Iterator[str]:
    for path in find_texts(["es/raw/*.txt.gz"]):
        for part in read_texts(path):
            yield from filter(str.strip, part.splitlines())


@pytest.mark.parametrize("kind", MODELS)
def test_no_piece_goes_beyond_a_word(kind: str) -> None:
    theirs, _ = both(MODELS[kind])
    pieces = [theirs.id_to_piece(row) for row in range(len(theirs))]
    assert tuple(pieces[:5]) == SPECIAL
    assert pieces[5:261] == [f"<0x{byte:02X}>" for byte in range(256)]
    assert not [piece for piece in pieces[5:] if "\u241f" in piece or ("-" in piece and len(piece.strip("▁")) > 1)]
    window = Window(0, ["TNF", "-", "alfa"], [(0, 3), (3, 4), (4, 8)], [], 0)
    read = to_tokenizer(MODELS[kind]).read([window])[0]
    assert len(set(read.first.tolist())) == 3


def test_lower_case_is_part_of_the_model() -> None:
    theirs, ours = both(train_pieces(SENTENCES, size=350, lower=True))
    assert theirs.encode("PACIENTE Ñ") == theirs.encode("paciente ñ")
    assert ours.encode("PACIENTE Ñ", add_special_tokens=False).ids == theirs.encode("paciente ñ")


def test_transformers_reads_it(tmp_path: Path) -> None:
    tokenizer = to_tokenizer(MODELS["unigram"])
    (tmp_path / "tokenizer.json").write_text(tokenizer.definition, encoding="utf-8")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(tokenizer.settings), encoding="utf-8")
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    encoded = theirs("El paciente", "sin náuseas")
    pieces = theirs.convert_ids_to_tokens(encoded["input_ids"])
    assert pieces[0] == "[CLS]"
    assert [place for place, piece in enumerate(pieces) if piece == "[SEP]"] == [pieces.index("[SEP]"), len(pieces) - 1]
    assert encoded["token_type_ids"] == [0] * (pieces.index("[SEP]") + 1) + [1] * (
        len(pieces) - pieces.index("[SEP]") - 1
    )
    assert (theirs.pad_token_id, theirs.unk_token_id, theirs.mask_token_id) == (0, 1, 4)
    assert theirs.decode(theirs("El paciente 🧬")["input_ids"], skip_special_tokens=True) == "El paciente 🧬"


def test_what_cannot_be_trained_or_read_is_told() -> None:
    with pytest.raises(ValueError, match=r"text for a vocabulary of 50000 pieces, .* change the size, or add texts"):
        train_pieces(SENTENCES[:5], size=50_000)
    with pytest.raises(ValueError, match="Expected text for a vocabulary"):
        train_pieces([], size=300)
    plain = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES), model_writer=plain, vocab_size=60, minloglevel=2, hard_vocab_limit=False
    )
    with pytest.raises(ValueError, match=r"Expected a model that begins with \[PAD\]"):
        to_tokenizer(plain.getvalue())
