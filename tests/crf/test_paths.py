"""The n best paths, random ones and their entropy, against enumeration."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.crf.test_linear_chain import CONSTRAINED, FREE, LENGTHS, SCHEMES, case, few_examples, prefix_mask, random_crf
from zoo.crf import CRF


@few_examples
@given(FREE | CONSTRAINED, LENGTHS, st.sampled_from([1.0, 300.0]), st.integers(1, 40))
def test_the_best_paths_are_the_first_of_all(kind: tuple, lengths: list[int], scale: float, count: int) -> None:
    crf, emissions, mask, expected = case(kind, lengths, scale)
    found = crf.best_paths(emissions, mask, count)
    assert found.tags.shape == (len(lengths), count, max(lengths))
    for window, oracle in enumerate(expected):
        scores = {path: score for path, score in oracle.scores().items() if score > -math.inf}
        order = sorted(scores, key=scores.__getitem__, reverse=True)[:count]
        paths = [tuple(path[: lengths[window]].tolist()) for path in found.tags[window]]
        assert paths[: len(order)] == order
        log_partition = oracle.log_partition()
        truth = [scores[path] - log_partition for path in order] + [-math.inf] * (count - len(order))
        assert found.log_probabilities[window].tolist() == pytest.approx(truth, rel=1e-9, abs=1e-9)
        assert not found.tags[window, len(order) :].any()
        assert not found.tags[window, :, lengths[window] :].any()
    assert torch.equal(found.tags[:, 0], crf.viterbi(emissions, mask))


@few_examples
@given(FREE | CONSTRAINED, LENGTHS, st.sampled_from([0.0, 1.0, 300.0]))
def test_entropy(kind: tuple, lengths: list[int], scale: float) -> None:
    crf, emissions, mask, expected = case(kind, lengths, scale)
    for window, oracle in enumerate(expected):
        truth = -math.fsum(p * math.log(p) for p in oracle.probabilities().values() if p)
        assert crf.entropy(emissions, mask)[window].item() == pytest.approx(truth, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("scheme", [None, "IOB2"])
def test_samples_have_the_frequency_of_their_probability(scheme: str | None) -> None:
    kind = (3, SCHEMES[scheme] if scheme else None, 5)
    crf, emissions, mask, expected = case(kind, [4, 1], 1.0)
    count = 20_000
    tags = crf.sample(emissions, mask, count, torch.Generator().manual_seed(0))
    assert tags.shape == (2, count, 4)
    assert not tags[1, :, 1:].any()
    for window, oracle in enumerate(expected):
        length = int(mask[window].sum())
        paths, times = tags[window, :, :length].unique(dim=0, return_counts=True)
        seen = {tuple(path): n for path, n in zip(paths.tolist(), times.tolist(), strict=True)}
        for path, probability in oracle.probabilities().items():
            spread = math.sqrt(count * probability * (1 - probability))
            assert abs(seen.pop(path, 0) - count * probability) <= 5 * spread + 1e-9
        assert not seen  # nothing that is illegal


def test_drawn_paths_are_legal_whatever_the_scores() -> None:
    crf = random_crf(len(SCHEMES["BIOES"].start), SCHEMES["BIOES"], scale=100.0)
    emissions, mask = 1e4 * torch.randn(3, 9, crf.num_tags), prefix_mask([9, 4, 1])
    for path in crf.sample(emissions, mask, 50).unbind(1):
        assert crf.permits(path, mask).all()


def test_wrong_counts() -> None:
    crf = CRF(2, batch_first=True)
    for call in (crf.best_paths, crf.sample):
        with pytest.raises(ValueError, match="Expected at least one path but got count=0"):
            call(torch.zeros(1, 2, 2), None, 0)
