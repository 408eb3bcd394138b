"""The softmax against torch's cross-entropy, against a CRF whose transitions are zero, and against enumeration."""

from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from zoo.crf import CRF
from zoo.crf.runs import TagRun
from zoo.crf.softmax import Softmax

LENGTHS = [7, 1, 4, 6]
TAGS = 5


def zero_crf(batch_first: bool = True, tags: int = TAGS) -> CRF:
    crf = CRF(tags, batch_first)
    for parameter in crf.parameters():
        torch.nn.init.zeros_(parameter)
    return crf


@pytest.fixture
def batch() -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    emissions = 3 * torch.randn(*mask.shape, TAGS, dtype=torch.float64)
    return emissions, torch.randint(TAGS, mask.shape), mask


def test_the_loss_is_the_cross_entropy(batch: tuple[Tensor, Tensor, Tensor]) -> None:
    emissions, tags, mask = batch
    ours, theirs = emissions.clone().requires_grad_(), emissions.clone().requires_grad_()
    loss = -Softmax(TAGS, batch_first=True)(ours, tags, mask, reduction="token_mean")
    expected = cross_entropy(theirs[mask], tags[mask])
    loss.backward()
    expected.backward()
    torch.testing.assert_close(loss, expected, rtol=1e-14, atol=0)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-12, atol=1e-15)


CALLS: dict[str, Callable[[CRF, Tensor, Tensor, Tensor], object]] = {
    "sum": lambda crf, e, t, m: crf(e, t, m, reduction="sum"),
    "mean": lambda crf, e, t, m: crf(e, t, m, reduction="mean"),
    "token_mean": lambda crf, e, t, m: crf(e, t, m, reduction="token_mean"),
    "none": lambda crf, e, t, m: crf(e, t, m, reduction="none"),
    "unmasked": lambda crf, e, t, m: crf(e, t, reduction="none"),
    "viterbi": lambda crf, e, t, m: crf.viterbi(e, m),
    "decode": lambda crf, e, t, m: crf.decode(e, m),
    "marginals": lambda crf, e, t, m: crf.marginals(e, m),
    "log_partition": lambda crf, e, t, m: crf.log_partition(e, m),
    "lattice": lambda crf, e, t, m: crf.log_partition(e, m, e > -3),
    "permits": lambda crf, e, t, m: crf.permits(t, m),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_it_is_the_crf_without_transitions(
    call: Callable, batch_first: bool, scale: float, batch: tuple[Tensor, Tensor, Tensor]
) -> None:
    arguments = batch if batch_first else tuple(tensor.transpose(0, 1) for tensor in batch)
    arguments = (scale * arguments[0], *arguments[1:])
    ours, theirs = (call(crf, *arguments) for crf in (Softmax(TAGS, batch_first), zero_crf(batch_first)))
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_types_and_rubbish_on_padding(dtype: torch.dtype, batch: tuple[Tensor, Tensor, Tensor]) -> None:
    emissions, tags, mask = batch
    softmax, crf, clean = Softmax(TAGS, batch_first=True), zero_crf(), emissions.to(dtype)
    soiled = clean.masked_fill(~mask[..., None], torch.nan), tags.masked_fill(~mask, -100), mask
    for name in CALLS.keys() - {"unmasked", "lattice"}:
        torch.testing.assert_close(CALLS[name](softmax, *soiled), CALLS[name](crf, clean, tags, mask))


def test_a_span_has_the_probability_of_the_paths_that_have_it() -> None:
    torch.manual_seed(1)
    emissions, softmax = torch.randn(1, 4, 3, dtype=torch.float64), Softmax(3, batch_first=True)
    paths = torch.tensor(list(product(range(3), repeat=4)))
    probability = softmax(emissions.expand(len(paths), -1, -1), paths, reduction="none").exp()
    assert probability.sum().item() == pytest.approx(1)
    runs = [
        TagRun(0, 1, 3, (1, 2), (2,)),
        TagRun(0, 0, 1, (2,), ()),
        TagRun(0, 2, 4, (0, 1), (1, 2)),
        (0, 0, 4, (1,) * 4),
    ]
    expected = []
    for run in (TagRun(*run) for run in runs):
        has = (paths[:, run.start : run.end] == torch.tensor(run.tags)).all(1)
        for forbidden in run.next_forbidden if run.end < 4 else ():
            has &= paths[:, run.end] != forbidden
        expected.append(probability[has].sum().item())
    assert softmax.span_confidence(emissions, None, runs).tolist() == pytest.approx(expected, rel=1e-12)
    assert zero_crf(tags=3).span_confidence(emissions, None, runs).tolist() == pytest.approx(expected, rel=1e-12)
    assert softmax.span_confidence(emissions, None, []).shape == (0,)


def test_it_has_no_parameters() -> None:
    softmax = Softmax(TAGS, batch_first=True)
    assert list(softmax.parameters()) == []
    assert softmax.state_dict() == {}
    softmax.load_state_dict({}, strict=True)


def test_wrong_arguments_are_refused(batch: tuple[Tensor, Tensor, Tensor]) -> None:
    emissions, tags, mask = batch
    softmax = Softmax(TAGS, batch_first=True)
    with pytest.raises(ValueError, match="Expected a reduction out of"):
        softmax(emissions, tags, mask, reduction="max")
    with pytest.raises(ValueError, match="Expected a mask that is on from the first word"):
        softmax.viterbi(emissions, mask.flip(1))
    with pytest.raises(ValueError, match="Expected a span within its window"):
        softmax.span_confidence(emissions, mask, [TagRun(1, 0, 2, (0, 0))])
    with pytest.raises(ValueError, match="Expected at least one tag"):
        Softmax(0)


@pytest.mark.parametrize("reduction", ["sum", "mean", "token_mean", "none"])
def test_empty_batch(reduction: str) -> None:
    softmax, emissions = Softmax(3, batch_first=True), torch.zeros(0, 4, 3, requires_grad=True)
    value = softmax(emissions, torch.zeros(0, 4, dtype=torch.long), reduction=reduction)
    value.sum().backward()
    assert not value.sum()
    assert softmax.decode(emissions) == []
    assert softmax.viterbi(emissions).shape == (0, 4)
