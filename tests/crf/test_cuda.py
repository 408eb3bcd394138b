"""The kernels on a GPU, where there is one: the numbers, what the host waits for, and graphs of launches."""

import pytest
import torch
from torch import Tensor

from tests.crf.test_backends import half_legal
from zoo.crf import CRF

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
    pytest.mark.usefixtures("_poisoned_memory"),
]
SHAPES = [
    *((1, 1, 1), (1, 1, 2), (3, 33, 5), (4, 40, 128), (32, 64, 9), (32, 512, 9), (32, 128, 21)),
    *((8, 128, 64), (8, 128, 85), (2, 4096, 9)),
]


@pytest.fixture
def _poisoned_memory() -> None:
    """What was never written is nan, in blocks of all sizes that are then free again, and shows."""
    sizes = [size for size in (1 << 9, 1 << 12, 1 << 16, 1 << 19) for _ in range(64)]
    [torch.full((size,), -1, dtype=torch.int8, device="cuda") for size in (*sizes, 1 << 28)]


def batch(windows: int, words: int, tags: int, scale: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(windows * words + tags)
    lengths = torch.randint(1, words + 1, (windows, 1), generator=generator)
    lengths[0] = words
    emissions = scale * torch.randn(windows, words, tags, generator=generator)
    return emissions, torch.randint(tags, (windows, words), generator=generator), torch.arange(words) < lengths


def results(crf: CRF, emissions: Tensor, gold: Tensor, mask: Tensor) -> list[Tensor]:
    leaf = emissions.clone().requires_grad_()
    likelihood = crf(leaf, gold, mask, reduction="none")
    weights = torch.linspace(1, 2, len(leaf), device=leaf.device)
    gradients = torch.autograd.grad(likelihood @ weights.to(likelihood), (leaf, *crf.parameters()))
    spans = [(0, 0, 1, (0,), ()), (len(leaf) - 1, 0, 1, (crf.num_tags - 1,), (0,))]
    found = [likelihood, crf.log_partition(leaf, mask), crf.marginals(leaf, mask), *gradients]
    return [*found, crf.span_confidence(emissions, mask, spans), crf.viterbi(emissions, mask)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("constrained", [False, True])
@pytest.mark.parametrize("scale", [1.0, 50.0, 1e4])
def test_the_gpu_comes_to_what_the_processor_comes_to(
    shape: tuple[int, int, int], constrained: bool, scale: float
) -> None:
    emissions, gold, mask = batch(*shape, scale=scale)
    crf = CRF(shape[2], batch_first=True, constraints=half_legal(shape[2]) if constrained else None, backend="torch")
    gold = crf.viterbi(emissions + torch.randn_like(emissions), mask)  # a legal path that is not the best
    expected = results(crf, emissions, gold, mask)
    crf.backend = "triton"
    found = results(crf.cuda(), emissions.cuda(), gold.cuda(), mask.cuda())
    for one, other in zip(found, expected, strict=True):
        bound = max(1.0, other.abs().max().item())
        torch.testing.assert_close(one.cpu(), other, rtol=1e-6, atol=1e-6 * bound)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_emissions_of_other_types(dtype: torch.dtype) -> None:
    emissions, gold, mask = batch(8, 40, 9)
    crf = CRF(9, batch_first=True, backend="triton").cuda()
    found = results(crf, emissions.to(dtype).cuda(), gold.cuda(), mask.cuda())
    crf.backend = "torch"
    expected = results(crf, emissions.to(dtype).cuda(), gold.cuda(), mask.cuda())
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        torch.testing.assert_close(one, other)


def test_words_first_a_slice_and_half_precision() -> None:
    emissions, gold, mask = (tensor.cuda() for tensor in batch(8, 41, 9))
    crf = CRF(9, backend="triton").cuda().half()
    views = [tensor.transpose(0, 1)[1:] for tensor in (emissions, gold, torch.ones_like(mask))]
    found = [crf(*views), crf.viterbi(views[0], views[2])]
    crf.backend = "torch"
    for one, other in zip(found, [crf(*views), crf.viterbi(views[0], views[2])], strict=True):
        torch.testing.assert_close(one, other)
    assert crf.viterbi(torch.full_like(views[0], torch.nan)).lt(9).all()


def test_the_host_waits_for_nothing_and_launches_do_not_grow_with_words() -> None:
    crf = CRF(9, batch_first=True, backend="triton").cuda()
    launches = []
    for words in (64, 512):
        emissions, gold, mask = (tensor.cuda() for tensor in batch(8, words, 9))
        leaf = emissions.requires_grad_()
        crf(leaf, gold, mask).backward()  # compiles
        crf.viterbi(leaf, mask)
        torch.cuda.synchronize()
        for _ in range(2):  # what the first one counts besides is thrown away
            torch.cuda.set_sync_debug_mode("error")
            try:
                with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
                    crf(leaf, gold, mask).backward()
                    crf.viterbi(leaf, mask)
            finally:
                torch.cuda.set_sync_debug_mode("default")
        on_gpu = [event for event in profile.events() if event.device_type == torch.autograd.DeviceType.CUDA]
        launches.append(len(on_gpu))
    assert launches[0] == launches[1] > 0


def test_a_training_step_is_captured_in_a_graph() -> None:
    crf = CRF(9, batch_first=True, backend="triton").cuda()
    emissions, gold, mask = (tensor.cuda() for tensor in batch(8, 40, 9))
    leaf = emissions.requires_grad_()

    def step() -> tuple[Tensor, Tensor]:
        value = crf(leaf, gold, mask)
        return value, torch.autograd.grad(value, leaf)[0]

    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = step()
    with torch.no_grad():
        leaf.copy_(torch.randn_like(leaf))
    graph.replay()
    for one, other in zip(captured, step(), strict=True):
        torch.testing.assert_close(one, other)
