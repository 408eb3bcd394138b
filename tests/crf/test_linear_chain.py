"""The CRF against enumeration of all paths."""

import math
from collections.abc import Iterator
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.reference.crf_brute_force import BruteForceCRF
from zoo.crf import CRF
from zoo.crf.backends import compiled_for
from zoo.crf.recursions import log_messages, posterior, rescaling_interval
from zoo.data.tags import Transitions, legal_transitions, tag_set

SCHEMES = {name: legal_transitions(tag_set(["D"], name), name) for name in ("IOB2", "BIOES")}
SEEDS = st.integers(0, 10**6)
FREE = st.builds(lambda tags, seed: (tags, None, seed), st.integers(2, 5), SEEDS)
CONSTRAINED = st.builds(
    lambda legal, seed: (len(legal.start), legal, seed), st.sampled_from(list(SCHEMES.values())), SEEDS
)
LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=3)
few_examples = settings(deadline=None, max_examples=15)


@pytest.fixture(scope="module", params=["torch", "numba", "triton"], autouse=True)
def _backend(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever is tested here is tested of each backend."""
    if request.param != "torch":
        pytest.importorskip(request.param)
    if request.param == "triton" and torch.cuda.is_available():
        pytest.skip("kernels are run by the GPU here: tests/crf/test_cuda.py")
    chosen = partial(compiled_for, backend=request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("zoo.crf.linear_chain.compiled_for", lambda emissions, _: chosen(emissions))
        yield


def random_crf(tags: int, legal: Transitions | None, scale: float = 1.0, **options: bool) -> CRF:
    crf = CRF(tags, batch_first=True, constraints=legal, **options).double()
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter, std=scale)
    return crf


def two_label_crf(scheme: str) -> CRF:
    if scheme == "free":
        return CRF(7, batch_first=True)
    tags = tag_set(["D", "G"], scheme)
    return CRF(len(tags), batch_first=True, constraints=legal_transitions(tags, scheme))


def prefix_mask(lengths: list[int]) -> Tensor:
    return torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


def oracles(crf: CRF, emissions: Tensor, lengths: list[int], legal: Transitions | None) -> list[BruteForceCRF]:
    start, moves, end = (p.tolist() for p in (crf.start_transitions, crf.transitions, crf.end_transitions))
    return [BruteForceCRF(e[:n].tolist(), start, moves, end, legal) for e, n in zip(emissions, lengths, strict=True)]


def case(kind: tuple, lengths: list[int], scale: float) -> tuple[CRF, Tensor, Tensor, list[BruteForceCRF]]:
    tags, legal, seed = kind
    torch.manual_seed(seed)
    crf = random_crf(tags, legal)
    emissions = scale * torch.randn(len(lengths), max(lengths), tags, dtype=torch.float64)
    return crf, emissions, prefix_mask(lengths), oracles(crf, emissions, lengths, legal)


@few_examples
@given(FREE | CONSTRAINED, LENGTHS, st.sampled_from([1.0, 30.0, 300.0]))
def test_everything_equals_enumeration(kind: tuple, lengths: list[int], scale: float) -> None:
    crf, emissions, mask, expected = case(kind, lengths, scale)
    log_partition, marginals = crf.log_partition(emissions, mask), crf.marginals(emissions, mask)
    paths = crf.decode(emissions, mask)
    tags = crf.viterbi(emissions, mask)
    likelihood = crf(emissions, tags, mask, reduction="none")
    for window, oracle in enumerate(expected):
        best, length = oracle.best_path(), lengths[window]
        assert log_partition[window].item() == pytest.approx(oracle.log_partition(), rel=1e-12, abs=1e-9)
        torch.testing.assert_close(marginals[window, :length], torch.tensor(oracle.marginals()).double())
        assert not marginals[window, length:].any()
        assert tuple(paths[window]) == best == tuple(tags[window, :length].tolist())
        assert not tags[window, length:].any()
        assert likelihood[window].item() == pytest.approx(oracle.score(best) - oracle.log_partition(), abs=1e-9)
    torch.testing.assert_close(marginals.sum(-1), mask.double())


@few_examples
@given(FREE | CONSTRAINED, LENGTHS, st.sampled_from([1.0, 300.0]))
def test_gradients_are_expected_counts(kind: tuple, lengths: list[int], scale: float) -> None:
    crf, emissions, mask, expected = case(kind, lengths, scale)
    emissions.requires_grad_()
    crf.log_partition(emissions, mask).sum().backward()
    pairs = sum(torch.tensor(oracle.expected_pairs()).double() for oracle in expected)
    marginals = [torch.tensor(oracle.marginals()).double() for oracle in expected]
    torch.testing.assert_close(crf.transitions.grad, pairs)
    torch.testing.assert_close(crf.start_transitions.grad, sum(m[0] for m in marginals))
    torch.testing.assert_close(crf.end_transitions.grad, sum(m[-1] for m in marginals))
    for gradient, marginal in zip(emissions.grad, marginals, strict=True):
        torch.testing.assert_close(gradient[: len(marginal)], marginal)
        assert not gradient[len(marginal) :].any()


@few_examples
@given(FREE | CONSTRAINED, LENGTHS, st.sampled_from([1.0, 300.0]), st.data())
def test_span_confidence_and_lattice(kind: tuple, lengths: list[int], scale: float, data: st.DataObject) -> None:
    crf, emissions, mask, expected = case(kind, lengths, scale)
    spans = []
    for _ in range(data.draw(st.integers(0, 6))):
        window = data.draw(st.integers(0, len(lengths) - 1))
        start = data.draw(st.integers(0, lengths[window] - 1))
        end = data.draw(st.integers(start + 1, lengths[window]))
        run = data.draw(st.lists(st.integers(0, kind[0] - 1), min_size=end - start, max_size=end - start))
        spans.append((window, start, end, tuple(run), tuple(data.draw(st.sets(st.integers(0, kind[0] - 1))))))
    confidence = crf.span_confidence(emissions, mask, spans)
    truth = [expected[window].run_probability(*run) for window, *run in spans]
    torch.testing.assert_close(confidence, torch.tensor(truth).double(), rtol=1e-7, atol=1e-12)

    allowed = torch.rand(emissions.shape) < 0.7
    share = (crf.log_partition(emissions, mask, allowed) - crf.log_partition(emissions, mask)).exp()
    for window, oracle in enumerate(expected):
        lattice = allowed[window, : lengths[window]].tolist()
        assert share[window].item() == pytest.approx(oracle.lattice_probability(lattice), rel=1e-7, abs=1e-12)


def test_confidence_of_an_iob2_span_ends_where_the_span_ends() -> None:
    crf = random_crf(3, SCHEMES["IOB2"])
    emissions = torch.randn(1, 4, 3, dtype=torch.float64)
    begin, inside = 1, 2
    exact = crf.span_confidence(emissions, None, [(0, 1, 2, (begin,), (inside,))])
    longer = crf.span_confidence(emissions, None, [(0, 1, 3, (begin, inside), (inside,))])
    longest = crf.span_confidence(emissions, None, [(0, 1, 4, (begin, inside, inside), (inside,))])
    torch.testing.assert_close(exact + longer + longest, crf.marginals(emissions)[:, 1, begin])


@pytest.mark.parametrize(
    "span", [(0, 1, 4, (0, 0, 0)), (0, 2, 2, ()), (1, 0, 1, (0,)), (0, 0, 2, (0,)), (-1, 0, 1, (0,))]
)
def test_a_span_outside_its_window_is_refused(span: tuple) -> None:
    with pytest.raises(ValueError, match="Expected a span within its window"):
        random_crf(2, None).span_confidence(torch.zeros(1, 5, 2), prefix_mask([3, 5])[:1], [span])


@pytest.mark.parametrize("legal", [None, SCHEMES["BIOES"]])
@pytest.mark.parametrize("double_backward", [False, True])
@pytest.mark.parametrize("scale", [1.0, 200.0])
def test_gradcheck(legal: Transitions | None, double_backward: bool, scale: float) -> None:
    torch.manual_seed(0)
    crf = random_crf(5, legal, double_backward=double_backward)
    emissions = (scale * torch.randn(2, 4, 5, dtype=torch.float64)).requires_grad_()
    mask, tags = prefix_mask([4, 2]), torch.zeros(2, 4, dtype=torch.long)

    def likelihood(emissions: Tensor, *_: Tensor) -> Tensor:
        return crf(emissions, tags, mask, reduction="none")

    inputs = (emissions, *crf.parameters())
    # Differences of values of some hundreds keep fewer digits of the quotient.
    assert torch.autograd.gradcheck(likelihood, inputs, atol=1e-5 if scale == 1 else 1e-4)
    if double_backward:
        assert torch.autograd.gradgradcheck(likelihood, inputs, atol=1e-4)


def test_second_derivative_of_the_analytic_gradient_is_refused() -> None:
    emissions = torch.randn(1, 3, 2, requires_grad=True)
    crf = CRF(2, batch_first=True)
    with pytest.raises(RuntimeError, match="double_backward=True"):
        torch.autograd.grad(crf.log_partition(emissions).sum(), emissions, create_graph=True)


@pytest.mark.parametrize("name", SCHEMES)
def test_forbidden_moves_have_no_probability_and_no_gradient(name: str) -> None:
    legal, size = SCHEMES[name], len(SCHEMES[name].start)
    torch.manual_seed(1)
    crf = random_crf(size, legal)
    with torch.no_grad():
        crf.transitions[~crf.legal_pairs] = 100.0  # whatever the parameters hold
    emissions = 5 * torch.randn(8, 20, size, dtype=torch.float64)
    assert crf.permits(crf.viterbi(emissions)).all()
    crf.log_partition(emissions).sum().backward()
    assert not crf.transitions.grad[~crf.legal_pairs].any()
    assert not crf.start_transitions.grad[~crf.legal_start].any()
    assert not crf.end_transitions.grad[~crf.legal_end].any()
    assert not crf.marginals(emissions)[:, 0, ~crf.legal_start].any()
    assert not crf.marginals(emissions)[:, -1, ~crf.legal_end].any()


def test_a_forbidden_gold_path_is_told_and_does_not_poison_gradients() -> None:
    crf = random_crf(3, SCHEMES["IOB2"])
    tags = torch.tensor([[0, 1, 2, 0], [0, 2, 0, 0], [2, 0, 0, 0], [1, 2, 2, -100]])
    mask = prefix_mask([4, 4, 4, 3])
    assert crf.permits(tags, mask).tolist() == [True, False, False, True]
    emissions = torch.randn(4, 4, 3, dtype=torch.float64, requires_grad=True)
    likelihood = crf(emissions, tags, mask, reduction="none")
    assert likelihood.isneginf().tolist() == [False, True, True, False]
    likelihood.sum().backward()
    assert all(p.grad.isfinite().all() for p in (emissions, *crf.parameters()))


@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_sequences_without_any_legal_path(scale: float) -> None:
    """Tag 0 must be followed by 1, and neither 0 may end nor 1 begin: no path of one word."""
    legal = Transitions([True, False], [False, True], [[False, True], [True, True]])
    crf = random_crf(2, legal)
    emissions = (scale * torch.randn(2, 3, 2, dtype=torch.float64)).requires_grad_()
    log_partition = crf.log_partition(emissions, prefix_mask([1, 3]))
    assert log_partition.isneginf().tolist() == [True, False]
    log_partition.sum().backward()
    assert emissions.grad.isfinite().all()
    assert not emissions.grad[0].any()
    assert crf.span_confidence(emissions, prefix_mask([1, 3]), [(0, 0, 1, (0,)), (0, 0, 1, (1,))]).tolist() == [0, 0]


@pytest.mark.parametrize(("length", "separate"), [(5, True), (400, True), (400, False)])
def test_disjoint_chains(length: int, separate: bool) -> None:
    """Two chains 50 nats a word apart, of which only the loser may end: no rescaling keeps both, log space does."""
    legal = Transitions([True, True], [True, False], [[True, False], [False, True]]) if separate else None
    crf = CRF(2, batch_first=True, constraints=legal)
    torch.nn.init.zeros_(crf.transitions)
    if not separate:  # the same, written into the parameters as one would for pytorch-crf
        with torch.no_grad():
            crf.transitions[0, 1] = crf.transitions[1, 0] = crf.end_transitions[1] = -torch.inf
    emissions = torch.tensor([0.0, 50.0]).repeat(1, length, 1).requires_grad_()
    value = crf.log_partition(emissions)
    value.sum().backward()
    assert value.item() == pytest.approx((crf.start_transitions + crf.end_transitions)[0].item(), abs=1e-6)
    torch.testing.assert_close(emissions.grad, torch.tensor([1.0, 0.0]).repeat(1, length, 1))
    assert crf.transitions.grad.tolist() == [[length - 1, 0], [0, 0]]
    assert crf.decode(emissions) == [[0] * length]


@pytest.mark.parametrize(("name", "mixing"), [("free", 1), ("IOB2", 2), ("BIOES", 3)])
def test_the_guard_lets_through_what_is_safe(name: str, mixing: int) -> None:
    crf = two_label_crf(name)
    chain = crf._chain(torch.randn(2, 8, crf.num_tags), None)
    assert chain.mixing == mixing
    assert rescaling_interval(chain) > 20
    assert rescaling_interval(chain._replace(emissions=300 * chain.emissions)) == 0
    assert rescaling_interval(chain._replace(mixing=0)) == 0
    assert rescaling_interval(chain._replace(emissions=torch.full_like(chain.emissions, -torch.inf))) == 0


@pytest.mark.parametrize("name", SCHEMES)
def test_scaled_and_log_space_agree_at_the_edge_of_the_guard(name: str) -> None:
    """Scores as far apart as the guard lets through, over many words."""
    crf = two_label_crf(name)
    edge = 690 / 2 / crf.mixing - 5
    emissions = edge * torch.randint(2, (8, 300, crf.num_tags)).double()
    chain = crf._chain(emissions, prefix_mask([300, 250, 1, 2, 3, 100, 299, 7]))
    assert rescaling_interval(chain) == 1
    by_scaling, by_logarithms = posterior(chain), posterior(chain._replace(mixing=0))
    torch.testing.assert_close(by_scaling, by_logarithms, rtol=1e-9, atol=1e-9)
    for scaled, logarithm in zip(log_messages(chain), log_messages(chain._replace(mixing=0)), strict=True):
        a, b = ((m - m.logsumexp(-1, keepdim=True))[:, 0] for m in (scaled, logarithm))
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)


def gradient_error(crf: CRF, emissions: Tensor, mask: Tensor) -> float:
    """Largest relative error of the float32 gradient of log Z against that of the float64 loop recorded by autograd."""
    exact = CRF(crf.num_tags, batch_first=True, double_backward=True).double()
    exact.load_state_dict(crf.state_dict())
    exact.legal_start, exact.legal_end, exact.legal_pairs = crf.legal_start, crf.legal_end, crf.legal_pairs
    exact.constrained = crf.constrained
    gradients = []
    for model, scores in ((crf, emissions), (exact, emissions.double())):
        leaf = scores.clone().requires_grad_()
        inputs = (leaf, *model.parameters())
        gradients.append(torch.autograd.grad(model.log_partition(leaf, mask).sum(), inputs))
    return max(float((a - b).abs().max() / b.abs().max()) for a, b in zip(*gradients, strict=True))


@pytest.mark.parametrize("scale", [1.0, 5.0, 50.0, 300.0, 1e4])
@pytest.mark.parametrize("name", ["free", "IOB2", "BIOES"])
def test_gradient_error(name: str, scale: float) -> None:
    torch.manual_seed(2)
    crf = two_label_crf(name)
    emissions = scale * torch.randn(4, 128, crf.num_tags)
    assert gradient_error(crf, emissions, prefix_mask([128, 1, 77, 100])) <= 1e-6


@pytest.mark.parametrize("legal", [None, SCHEMES["BIOES"]])
@pytest.mark.parametrize("extreme", [1e4, -1e4])
@pytest.mark.parametrize("length", [1, 7])
def test_extreme_emissions(legal: Transitions | None, extreme: float, length: int) -> None:
    crf = CRF(5, batch_first=True, constraints=legal)
    emissions = (extreme * torch.randint(-1, 2, (4, length, 5))).float().requires_grad_()
    tags = torch.zeros(4, length, dtype=torch.long)
    likelihood = crf(emissions, tags)
    likelihood.backward()
    assert likelihood.isfinite()
    assert likelihood <= 1e-3
    assert all(p.grad.isfinite().all() for p in (emissions, *crf.parameters()))
    torch.testing.assert_close(crf.marginals(emissions).sum(-1), torch.ones(4, length))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1.0, 200.0])
def test_emissions_of_any_floating_type(dtype: torch.dtype, scale: float) -> None:
    torch.manual_seed(3)
    crf = CRF(4, batch_first=True)
    emissions = (scale * torch.randn(3, 6, 4)).to(dtype).requires_grad_()
    tags, mask = torch.randint(4, (3, 6)), prefix_mask([6, 4, 1])
    value = crf(emissions, tags, mask)
    value.backward()
    assert value.dtype == crf.marginals(emissions, mask).dtype == (dtype if dtype == torch.float64 else torch.float32)
    assert emissions.grad.dtype == dtype
    exact = emissions.detach().double().requires_grad_()
    crf(exact, tags, mask).backward()
    torch.testing.assert_close(emissions.grad.double(), exact.grad, rtol=0, atol=4 * torch.finfo(dtype).eps)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(crf(emissions, tags, mask), value)


@pytest.mark.parametrize("method", ["forward", "marginals", "viterbi", "span_confidence"])
def test_padding_does_not_matter(method: str) -> None:
    torch.manual_seed(4)
    crf = random_crf(5, SCHEMES["BIOES"])
    emissions, mask, tags = torch.randn(2, 6, 5), prefix_mask([6, 3]), torch.zeros(2, 6, dtype=torch.long)
    spans = [(0, 1, 2, (4,)), (1, 1, 3, (1, 3))]
    calls = {
        "forward": lambda e, t: crf(e, t, mask, reduction="none"),
        "marginals": lambda e, _: crf.marginals(e, mask),
        "viterbi": lambda e, _: crf.viterbi(e, mask),
        "span_confidence": lambda e, _: crf.span_confidence(e, mask, spans),
    }
    clean = calls[method](emissions, tags)
    for rubbish in (1e6, -torch.inf, torch.nan):
        soiled = emissions.masked_fill(~mask[..., None], rubbish)
        assert torch.equal(calls[method](soiled, tags.masked_fill(~mask, -100)), clean)


@pytest.mark.parametrize("reduction", ["sum", "mean", "token_mean", "none"])
@pytest.mark.parametrize("mask", [None, torch.zeros(0, 4, dtype=torch.bool)])
def test_empty_batch(reduction: str, mask: Tensor | None) -> None:
    crf = CRF(3, batch_first=True)
    emissions = torch.zeros(0, 4, 3, requires_grad=True)
    value = crf(emissions, torch.zeros(0, 4, dtype=torch.long), mask, reduction=reduction)
    value.sum().backward()
    assert not value.sum()
    assert all(not p.grad.any() for p in crf.parameters())
    assert crf.decode(emissions, mask) == []
    assert crf.viterbi(emissions, mask).shape == (0, 4)
    assert crf.marginals(emissions, mask).shape == (0, 4, 3)
    assert crf.span_confidence(emissions, mask, []).shape == (0,)


def test_one_tag_is_certain() -> None:
    crf, emissions = CRF(1, batch_first=True), torch.randn(2, 3, 1)
    assert crf(emissions, torch.zeros(2, 3, dtype=torch.long)).item() == pytest.approx(0, abs=1e-6)
    assert crf.decode(emissions) == [[0, 0, 0]] * 2


def test_the_lowest_of_equal_tags_wins() -> None:
    crf = CRF(4, batch_first=True)
    for parameter in crf.parameters():
        torch.nn.init.zeros_(parameter)
    assert crf.decode(torch.zeros(1, 5, 4)) == [[0] * 5]
    assert crf.decode(torch.tensor([0.0, 1.0, 1.0, 0.0]).repeat(1, 5, 1)) == [[1] * 5]


@pytest.mark.parametrize("window", [[1, 0, 1], [0, 1, 1], [0, 0, 0]])
@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8])
def test_a_mask_with_holes_is_refused(window: list[int], dtype: torch.dtype) -> None:
    mask = torch.tensor([[1, 1, 0], window], dtype=dtype)
    with pytest.raises(ValueError, match=r"Expected a mask .* but got .* in window 1"):
        CRF(2, batch_first=True).marginals(torch.zeros(2, 3, 2), mask)


def test_wrong_arguments_are_refused() -> None:
    crf, emissions = CRF(2, batch_first=True), torch.zeros(2, 3, 2)
    tags = torch.zeros(2, 3, dtype=torch.long)
    with pytest.raises(ValueError, match=r"Expected emissions of shape \(B, W, 2\) but got"):
        crf.decode(torch.zeros(2, 3, 4))
    with pytest.raises(ValueError, match=r"Expected tags of shape \(2, 3\) but got \(3, 2\)"):
        crf(emissions, tags.T)
    with pytest.raises(ValueError, match=r"Expected a mask of shape \(2, 3\) but got \(2, 2\)"):
        crf.decode(emissions, torch.ones(2, 2, dtype=torch.bool))
    with pytest.raises(ValueError, match="Expected a reduction out of sum, mean, token_mean, none but got 'max'"):
        crf(emissions, tags, reduction="max")
    with pytest.raises(ValueError, match="Expected at least one word"):
        crf.decode(torch.zeros(2, 0, 2))
    with pytest.raises(ValueError, match="Expected at least one tag"):
        CRF(0)
    with pytest.raises(ValueError, match="Expected constraints for 2 tags but got them for 3"):
        CRF(2, constraints=SCHEMES["IOB2"])


def test_words_first_is_the_transpose_of_windows_first() -> None:
    first, second = CRF(3, batch_first=True), CRF(3)
    second.load_state_dict(first.state_dict())
    emissions, mask, allowed = torch.randn(2, 4, 3), prefix_mask([4, 2]), torch.rand(2, 4, 3) < 0.9
    turned = emissions.transpose(0, 1)
    assert torch.equal(second.viterbi(turned, mask.T).T, first.viterbi(emissions, mask))
    assert torch.equal(second.marginals(turned, mask.T).transpose(0, 1), first.marginals(emissions, mask))
    assert torch.equal(
        second.log_partition(turned, mask.T, allowed.transpose(0, 1)), first.log_partition(emissions, mask, allowed)
    )


def test_log_partition_is_finite_only_with_a_path_in_the_lattice() -> None:
    allowed = torch.ones(1, 3, 2, dtype=torch.bool)
    allowed[0, 1] = False
    emissions = torch.randn(1, 3, 2, requires_grad=True)
    value = CRF(2, batch_first=True).log_partition(emissions, None, allowed)
    value.sum().backward()
    assert value.item() == -math.inf
    assert not emissions.grad.any()
