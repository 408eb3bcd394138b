"""The backends come to the same, and each is chosen where it should be."""

import subprocess
import sys

import pytest
import torch
from torch import Tensor

from zoo.crf import CRF
from zoo.crf.backends import compiled_for
from zoo.data.tags import Transitions


def pair(backend: str, tags: int, legal: Transitions | None) -> tuple[CRF, CRF]:
    pytest.importorskip(backend)
    if backend == "triton" and torch.cuda.is_available():
        pytest.skip("kernels are run by the GPU here: tests/crf/test_cuda.py")
    torch.manual_seed(tags)
    first = CRF(tags, batch_first=True, constraints=legal, backend="torch")
    second = CRF(tags, batch_first=True, constraints=legal, backend=backend)  # type: ignore[arg-type]
    second.load_state_dict(first.state_dict())
    return first, second


def half_legal(tags: int) -> Transitions:
    """Every tag leads to itself and the next."""
    pairs = [[after in (before, (before + 1) % tags) for after in range(tags)] for before in range(tags)]
    return Transitions([True] * tags, [tag % 2 == 0 for tag in range(tags)], pairs)


COMPILED = [("numba", tags, 30, legal, scale) for tags in (1, 2, 9, 33, 85) for legal in (0, 1) for scale in (1, 300)]
# A kernel's programs share the words of a window and meet at the 32nd; 128 tags are the most.
INTERPRETED = [
    ("triton", *case) for case in ((1, 7, 0, 1), (9, 35, 0, 1), (9, 35, 1, 300), (33, 7, 1, 1), (128, 7, 0, 1))
]


@pytest.mark.parametrize(("backend", "tags", "words", "constrained", "scale"), COMPILED + INTERPRETED)
def test_they_agree(backend: str, tags: int, words: int, constrained: bool, scale: int) -> None:
    crfs = pair(backend, tags, half_legal(tags) if constrained else None)
    scores = scale * torch.randn(5, words, tags)
    lengths = [words, 1, 2, words - 1, words - 3]
    mask = torch.arange(words) < torch.tensor(lengths)[:, None]
    spans = [
        (3, 4, 6, (0, 0), ()), (0, 0, 1, (tags - 1,), (0,)), (0, words - 2, words, (0, 0), (0,)), (4, 3, 4, (0,), (0,)),
    ]  # fmt: skip
    results: list[list[Tensor]] = []
    for crf in crfs:
        emissions = scores.clone().requires_grad_()
        best = crf.viterbi(emissions, mask)
        likelihood = crf(emissions, best, mask, reduction="none")
        gradients = torch.autograd.grad(likelihood @ torch.arange(1.0, 6.0), (emissions, *crf.parameters()))
        confidence = crf.span_confidence(emissions.detach(), mask, spans)
        marginals = crf.marginals(emissions, mask)
        results.append([best, likelihood, crf.log_partition(emissions, mask), marginals, confidence, *gradients])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5 if scale == 1 else 1e-4)
    assert crfs[0].decode(scores, mask) == crfs[1].decode(scores, mask)


RING = Transitions(
    [True, False, False, False], [False, False, False, True],
    [[after in (before, (before + 1) % 4) for after in range(4)] for before in range(4)],
)  # fmt: skip


@pytest.mark.parametrize("backend", ["torch", "numba", "triton"])
@pytest.mark.parametrize(("moves", "length"), [(5.0, 20), (3.0, 8), (-5.0, 20)])
def test_a_window_without_a_path_leaves_the_others_alone(backend: str, moves: float, length: int) -> None:
    """Three words do not lead round the ring; what was lost there must not come into the gradients of the batch."""
    crfs = pair(backend, 4, RING)
    mask = torch.arange(length) < torch.tensor([[length], [3]])
    found = []
    for crf, windows in ((crfs[1], 2), (crfs[0], 1)):
        with torch.no_grad():
            for parameter in crf.parameters():
                parameter.fill_(moves)
        emissions = torch.zeros(windows, length, 4, requires_grad=True)
        values = crf.log_partition(emissions, mask[:windows])
        if windows == 2:
            assert values.isneginf().tolist() == [False, True]
        gradients = torch.autograd.grad(values[0], (emissions, *crf.parameters()))
        found.append([gradients[0][0], *gradients[1:]])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("backend", ["torch", "numba", "triton"])
@pytest.mark.parametrize("wrong", [torch.nan, torch.inf])
def test_what_is_no_number_stays_none(backend: str, wrong: float) -> None:
    """A loss that is no number is seen; one that is infinitely good would not be."""
    crf = pair(backend, 3, None)[1]
    emissions = torch.randn(2, 5, 3)
    emissions[1, 2, 1] = wrong
    emissions.requires_grad_()
    likelihood = crf(emissions, torch.zeros(2, 5, dtype=torch.long), reduction="none")
    assert likelihood[0].isfinite()
    assert not likelihood[1] > -torch.inf
    likelihood.sum().backward()
    assert not emissions.grad[1].isfinite().all()
    assert emissions.grad[0].isfinite().all()


@pytest.mark.parametrize(
    ("backend", "error", "where"), [("numba", ValueError, " but got others in window 1"), ("triton", RuntimeError, "")]
)
@pytest.mark.parametrize("wrong", [-1, 3, -100])
def test_a_number_that_is_no_tag_is_refused_on_words_alone(
    backend: str, error: type[Exception], where: str, wrong: int
) -> None:
    crf = pair(backend, 3, None)[1]
    tags, mask = torch.zeros(2, 4, dtype=torch.long), torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]], dtype=torch.bool)
    tags[1, 3] = wrong
    assert crf(torch.zeros(2, 4, 3), tags, mask).isfinite()
    tags[1, 1] = wrong
    with pytest.raises(error, match="Expected tags from 0 to 2 on words" + where):
        crf(torch.zeros(2, 4, 3), tags, mask)


def test_unknown_backend() -> None:
    with pytest.raises(ValueError, match="Expected a backend out of auto, torch, numba, triton but got 'cuda'"):
        CRF(2, backend="cuda")  # type: ignore[arg-type]


def test_without_compilers_torch_computes_and_what_asks_for_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoo.crf.backends._compiled", lambda _: None)
    with pytest.raises(
        ImportError, match=r"needs numba: pip install 'bioner-zoo\[fast\]', or choose the backend torch"
    ):
        CRF(2, backend="numba")
    with pytest.raises(ImportError, match=r"needs triton: pip install triton .*, or choose the backend torch"):
        CRF(2, backend="triton")
    crf, emissions = CRF(2, batch_first=True), torch.randn(1, 3, 2, requires_grad=True)
    crf(emissions, torch.zeros(1, 3, dtype=torch.long)).backward()
    assert emissions.grad is not None


def test_numba_is_loaded_for_the_first_gradient_and_not_before() -> None:
    pytest.importorskip("numba")
    script = """if True:
        import sys, torch
        from zoo.crf import CRF
        crf, emissions = CRF(2, batch_first=True), torch.zeros(1, 3, 2)
        with torch.inference_mode():
            crf.decode(emissions), crf.marginals(emissions)
        print("numba" in sys.modules)
        crf(emissions.requires_grad_(), torch.zeros(1, 3, dtype=torch.long)).backward()
        print("numba" in sys.modules)
    """
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "True"]


def test_without_a_place_to_keep_what_was_compiled_it_is_compiled_all_the_same() -> None:
    pytest.importorskip("numba")
    script = """if True:
        import torch
        from numba.core import caching
        caching.CacheImpl._locator_classes = []  # as in a read-only container without a home
        from zoo.crf import CRF
        print(CRF(2, batch_first=True, backend="numba").decode(torch.tensor([[[0.0, 9.0], [9.0, 0.0]]])))
    """
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said == "[[1, 0]]\n"


@pytest.mark.parametrize("backend", ["numba", "triton"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_parameters_in_half_precision(backend: str, dtype: torch.dtype) -> None:
    first, second = (crf.to(dtype) for crf in pair(backend, 3, None))
    emissions = torch.randn(2, 5, 3).to(dtype)
    assert first.decode(emissions) == second.decode(emissions)
    likelihood = second(emissions.requires_grad_(), torch.zeros(2, 5, dtype=torch.long))
    likelihood.backward()
    assert second.transitions.grad is not None
    assert second.transitions.grad.dtype == dtype
    torch.testing.assert_close(likelihood, first(emissions, torch.zeros(2, 5, dtype=torch.long)))


def test_what_a_backend_cannot_do_is_for_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compiled_for(torch.zeros(1, 3, 2, device="meta", requires_grad=True), "numba") is None
    assert compiled_for(torch.zeros(1, 3, 129, device="meta"), "triton") is None
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    assert compiled_for(torch.zeros(1, 3, 2), "triton") is None  # without a GPU


def test_emissions_that_are_no_numbers_give_tags_all_the_same() -> None:
    """Of the kernels, a GPU alone can tell: tests/crf/test_cuda.py."""
    crf = pair("numba", 9, None)[1]
    assert crf.viterbi(torch.full((2, 4, 9), torch.nan)).ge(0).all()
    assert crf.viterbi(torch.full((2, 4, 9), torch.nan)).lt(9).all()


def test_tensors_on_several_devices_are_refused() -> None:
    crf = pair("triton", 3, None)[1]
    with pytest.raises(ValueError, match="Expected all tensors on cpu but got some on meta"):
        crf(torch.zeros(1, 2, 3), torch.zeros(1, 2, dtype=torch.long, device="meta"))
