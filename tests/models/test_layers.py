"""Shared layers against torch's own way."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from zoo.models.layers import filter_spellings, read_words


@pytest.mark.parametrize("bidirectional", [False, True])
def test_an_lstm_reads_real_words_alone_as_packing_does(bidirectional: bool) -> None:
    torch.manual_seed(0)
    lstm = nn.LSTM(5, 4, batch_first=True, bidirectional=bidirectional).double()
    lengths = torch.tensor([3, 7, 1, 6])
    mask = torch.arange(7) < lengths[:, None]
    features = torch.randn(4, 7, 5, dtype=torch.double, requires_grad=True)
    packed = pack_padded_sequence(features, lengths, batch_first=True, enforce_sorted=False)
    expected = pad_packed_sequence(lstm(packed)[0], batch_first=True, total_length=7)[0]
    found = read_words(lstm, features, mask)
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)
    weights = torch.randn_like(expected)
    inputs = [features, *lstm.parameters()]
    for one, other in zip(
        torch.autograd.grad((found * weights).sum(), inputs),
        torch.autograd.grad((expected * weights).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(one, other, atol=1e-12, rtol=0)


@pytest.mark.parametrize("at_once", [1, 2, 256])
def test_a_character_cnn_takes_the_largest_output_over_each_form_alone(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("zoo.models.layers._FORMS_AT_ONCE", at_once)
    torch.manual_seed(0)
    embedding = nn.Embedding(6, 3, padding_idx=0)
    filters = nn.ModuleList(nn.Conv1d(3, 4, width, padding=width - 1) for width in (2, 3, 4))
    forms = [[1, 2, 3, 4, 5], [2], [5, 1]]
    characters = torch.tensor([form + [0] * (5 - len(form)) for form in forms])
    found = filter_spellings(filters, embedding, characters)
    assert found.shape == (3, 12)
    for form, features in zip(forms, found, strict=True):
        alone = embedding(torch.tensor(form)).T  # (E, C)
        expected = torch.cat([convolution(alone).amax(1) for convolution in filters])
        torch.testing.assert_close(features, expected.clamp_min(0))
