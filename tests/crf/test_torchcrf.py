"""The CRF against pytorch-crf: the same numbers from the same weights."""

import pytest
import torch
import torchcrf

from zoo.crf import CRF


def pair(batch_first: bool, tags: int = 5) -> tuple[CRF, torchcrf.CRF]:
    ours, theirs = CRF(tags, batch_first), torchcrf.CRF(tags, batch_first)
    theirs.load_state_dict(ours.state_dict())
    return ours.double(), theirs.double()


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("reduction", ["sum", "mean", "token_mean", "none"])
@pytest.mark.parametrize("masked", [None, torch.bool, torch.uint8])
def test_values_gradients_and_paths_are_equal(batch_first: bool, reduction: str, masked: torch.dtype | None) -> None:
    torch.manual_seed(0)
    crfs = pair(batch_first)
    emissions, tags = 3 * torch.randn(4, 7, 5, dtype=torch.float64), torch.randint(5, (4, 7))
    mask = None if masked is None else (torch.arange(7) < torch.tensor([7, 1, 4, 6])[:, None]).to(masked)
    if not batch_first:
        emissions, tags, mask = emissions.transpose(0, 1), tags.T, None if mask is None else mask.T
    leaves = [emissions.clone().requires_grad_() for _ in crfs]
    values = [crf(leaf, tags, mask, reduction=reduction) for crf, leaf in zip(crfs, leaves, strict=True)]
    torch.testing.assert_close(*values)
    for value in values:
        value.sum().backward()
    torch.testing.assert_close(leaves[0].grad, leaves[1].grad)
    for parameter, peer in zip(*(crf.parameters() for crf in crfs), strict=True):
        torch.testing.assert_close(parameter.grad, peer.grad)
    assert crfs[0].decode(emissions, mask) == crfs[1].decode(emissions, mask)


def test_ties_are_broken_alike() -> None:
    torch.manual_seed(1)
    ours, theirs = pair(batch_first=True)
    for crf in (ours, theirs):
        for parameter in crf.parameters():
            parameter.data.zero_()
    emissions = torch.randint(2, (16, 9, 5)).double()  # many equal paths
    assert ours.decode(emissions) == theirs.decode(emissions)


def test_state_dicts_load_both_ways() -> None:
    free, theirs = CRF(3), torchcrf.CRF(3)
    legal = ([True, True, False], [True] * 3, [[True, True, False], [True] * 3, [True] * 3])
    constrained = CRF(3, constraints=legal)
    assert list(constrained.state_dict()) == list(theirs.state_dict())
    for crf in (free, constrained):
        theirs.load_state_dict(crf.state_dict())
        theirs.reset_parameters()
        crf.load_state_dict(theirs.state_dict())
        assert all(torch.equal(a, b) for a, b in zip(crf.parameters(), theirs.parameters(), strict=True))
