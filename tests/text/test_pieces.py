"""Pieces of windows against what the tokenizer says of each word."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from zoo.data.document import Document
from zoo.text.codec import Codec, CodecConfig, Window
from zoo.text.pieces import PieceTokenizer

FOLDER = Path(__file__).parent.parent / "fixtures" / "encoder"
DEFINITION = (FOLDER / "tokenizer.json").read_text(encoding="utf-8")
TOKENIZER = PieceTokenizer(DEFINITION, {})
CODEC = Codec(CodecConfig(labels=("Disease",), window="document", window_words=100_000))
PLAIN = Tokenizer.from_str(DEFINITION)


def windows(text: str) -> list[Window]:
    return CODEC.encode([Document("1", text)], gold=False)[0]


def test_frame_and_size() -> None:
    assert [PLAIN.id_to_token(row) for row in (*TOKENIZER.before, *TOKENIZER.after)] == ["[CLS]", "[SEP]"]
    assert len(TOKENIZER) == PLAIN.get_vocab_size()


def test_each_word_begins_with_the_piece_that_it_begins_with_by_itself() -> None:
    window = windows("Lung cancer (IL-2) in 12 of 40 patients; diabetes   mellitus\nis common.")[0]
    read = TOKENIZER.read([window])[0]
    by_word = [PLAIN.encode(form, add_special_tokens=False).ids for form in window.forms]
    assert read.rows.tolist() == [row for rows in by_word for row in rows]
    assert [read.rows[first] for first in read.first] == [rows[0] for rows in by_word]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80))
def test_any_text_gives_every_word_a_piece_of_its_own_window(text: str) -> None:
    for window in windows(text):
        read = TOKENIZER.read([window])[0]
        assert read.first.shape == (len(window.forms),)
        assert (np.diff(read.first) >= 0).all()
        assert (read.first < len(read.rows)).all()


def test_a_word_of_which_nothing_is_left_is_unknown() -> None:
    window = Window(0, ["cancer", "\x82", "cough", "\x82"], [(0, 6), (7, 8), (9, 14), (15, 16)], [], 0)
    read = TOKENIZER.read([window])[0]
    unknown = PLAIN.token_to_id("[UNK]")
    assert [read.rows[first] == unknown for first in read.first] == [False, True, False, True]
    without = TOKENIZER.read([Window(0, ["cancer", "cough"], [(0, 6), (9, 14)], [], 0)])[0]
    assert [row for row in read.rows if row != unknown] == without.rows.tolist()


def test_what_is_spelt_like_a_special_piece_is_text() -> None:
    read = TOKENIZER.read([Window(0, ["[SEP]", "cancer"], [(0, 5), (6, 12)], [], 0)])[0]
    assert PLAIN.token_to_id("[SEP]") not in read.rows
    assert PLAIN.token_to_id("[SEP]") in PLAIN.encode("[SEP] cancer", add_special_tokens=False).ids


def test_a_tokenizer_of_bytes_knows_all_words() -> None:
    bytes_only = Tokenizer(models.BPE())
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bytes_only.train_from_iterator(["the cancer"], trainers.BpeTrainer(vocab_size=270, initial_alphabet=alphabet))
    tokenizer = PieceTokenizer(bytes_only.to_str(), {})
    assert (tokenizer.before, tokenizer.after) == ((), ())
    read = tokenizer.read([Window(0, ["🧬", "é", "cancer"], [(0, 1), (1, 2), (3, 9)], [], 0)])[0]
    assert read.first.tolist() == [0, 4, 6]  # four bytes, two bytes, then the word with the blank before it


def test_damaged_definitions_are_told() -> None:
    with pytest.raises(ValueError, match=r"Expected a tokenizer\.json"):
        PieceTokenizer("{}", {})
    nameless = json.loads(DEFINITION)
    nameless["model"]["unk_token"] = "nothing"
    with pytest.raises(ValueError, match="piece for what it does not know"):
        PieceTokenizer(json.dumps(nameless), {})
