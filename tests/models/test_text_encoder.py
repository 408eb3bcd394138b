"""Vectors of texts against transformers' own tokenizer and model, one text at a time."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer, RobertaConfig, RobertaModel

from zoo.models.text_encoder import TextEncoder

ENCODER = Path(__file__).parent.parent / "fixtures" / "encoder"
TEXTS = ["ovarian cancer", "a", "Sjögren's syndrome, with \ud83d half a character", "cancer " * 300, "ovarian cancer"]


def test_vectors_are_means_of_the_last_states() -> None:
    found = TextEncoder(str(ENCODER)).embed(TEXTS)
    tokenizer, model = AutoTokenizer.from_pretrained(ENCODER), AutoModel.from_pretrained(ENCODER).eval()
    longest = model.config.max_position_embeddings
    for text, vector in zip(TEXTS, found, strict=True):
        pieces = tokenizer(text.replace("\ud83d", "\ufffd"), return_tensors="pt")["input_ids"][:, :longest]
        with torch.no_grad():
            expected = model(input_ids=pieces).last_hidden_state[0].mean(0)
        np.testing.assert_allclose(vector, expected, atol=1e-5)
    assert found.dtype == np.float32
    assert len(found) == len(TEXTS)
    assert not len(TextEncoder(str(ENCODER)).embed([]))


def test_families_that_count_positions_above_zero_read_long_texts(tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(ENCODER)
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=34,
        pad_token_id=1,
    )
    RobertaModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    found = TextEncoder(str(tmp_path)).embed(["cancer " * 300, "cancer " * 200])
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)


def test_what_is_no_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="No encoder at"):
        TextEncoder(str(tmp_path / "none"))
