"""The cross-entropy of two CRFs against the sum over all paths, one by one."""

import math

import pytest
import torch

from tests.reference.crf_brute_force import BruteForceCRF
from zoo.crf import CRF
from zoo.crf.path_cross_entropy import path_cross_entropy
from zoo.data.tags import Transitions, legal_transitions, tag_set

IOB2 = legal_transitions(tag_set(["X"], "IOB2"), "IOB2")
LENGTHS = [4, 1, 3]


def pair(constraints: Transitions | None, seed: int = 0) -> tuple[CRF, torch.Tensor, CRF, torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    student, teacher = (CRF(3, batch_first=True, constraints=constraints) for _ in range(2))
    for crf in (student, teacher):
        for parameter in crf.parameters():
            torch.nn.init.normal_(parameter)
    emissions, taught = torch.randn(2, len(LENGTHS), 4, 3)
    mask = torch.arange(4) < torch.tensor(LENGTHS)[:, None]
    return student, emissions.requires_grad_(), teacher, taught, mask


def brute_force(crf: CRF, emissions: torch.Tensor, constraints: Transitions | None) -> BruteForceCRF:
    given = (emissions, crf.start_transitions, crf.transitions, crf.end_transitions)
    return BruteForceCRF(*(each.detach().tolist() for each in given), legal=constraints)


@pytest.mark.parametrize("constraints", [None, IOB2], ids=["free", "IOB2"])
def test_it_is_the_sum_over_all_paths(constraints: Transitions | None) -> None:
    student, emissions, teacher, taught, mask = pair(constraints)
    found = path_cross_entropy(student, emissions, teacher, taught, mask)
    for row, length in enumerate(LENGTHS):
        p = brute_force(student, emissions[row, :length], constraints).probabilities()
        q = brute_force(teacher, taught[row, :length], constraints).probabilities()
        expected = -math.fsum(share * math.log(p[path]) for path, share in q.items() if share)
        assert found[row].item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("constraints", [None, IOB2], ids=["free", "IOB2"])
def test_gradients_are_those_of_finite_differences(constraints: Transitions | None) -> None:
    student, emissions, teacher, taught, mask = pair(constraints)
    student, teacher = student.double(), teacher.double()
    inputs = (emissions.detach().double().requires_grad_(), *student.parameters())

    def loss(*_: torch.Tensor) -> torch.Tensor:
        return path_cross_entropy(student, inputs[0], teacher, taught.double(), mask)

    assert torch.autograd.gradcheck(loss, inputs)


def test_against_itself_it_is_the_entropy_and_has_no_gradient() -> None:
    student, emissions, _, _, mask = pair(IOB2)
    found = path_cross_entropy(student, emissions, student, emissions.detach(), mask)
    torch.testing.assert_close(found, student.entropy(emissions, mask))
    found.sum().backward()
    assert emissions.grad is not None
    assert emissions.grad.abs().max() < 1e-6
    assert student.transitions.grad is not None
    assert student.transitions.grad.abs().max() < 1e-6


def test_a_certain_teacher_teaches_its_path() -> None:
    student, emissions, teacher, _, mask = pair(IOB2)
    tags = torch.tensor([[1, 2, 0, 1], [0, 0, 0, 0], [1, 2, 2, 0]])
    certain = 1000.0 * torch.nn.functional.one_hot(tags, 3)
    found = path_cross_entropy(student, emissions, teacher, certain, mask)
    torch.testing.assert_close(found, -student(emissions, tags, mask, reduction="none"), atol=1e-5, rtol=1e-5)
