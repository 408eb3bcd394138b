"""The objective of distillation against sums over all tag paths, and against its formulas written out."""

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.reference.crf_brute_force import BruteForceCRF
from zoo.crf import CRF
from zoo.data.tags import legal_transitions, tag_set
from zoo.text.batch import Batch
from zoo.weak.distillation import GOLD, Distillation, DistillationConfig

LEGAL = legal_transitions(tag_set(["X"], "IOB2"), "IOB2")
LENGTHS = [3, 2]
WORDS = sum(LENGTHS)


class Student(nn.Module):
    """Emissions that are parameters, and a CRF."""

    def __init__(self, emissions: Tensor) -> None:
        super().__init__()
        self.emissions, self.crf = nn.Parameter(emissions), crf_of(3)

    def forward(self, batch: Batch) -> Tensor:
        return self.emissions


def crf_of(seed: int) -> CRF:
    torch.manual_seed(seed)
    crf = CRF(3, batch_first=True, constraints=LEGAL)
    for parameter in crf.parameters():
        nn.init.normal_(parameter)
    return crf


@pytest.fixture
def scene() -> Any:
    torch.manual_seed(0)
    student, *taught = torch.randn(3, 2, 3, 3)
    mask = torch.arange(3) < torch.tensor(LENGTHS)[:, None]
    layers = {f"taught_{row}": scores.half() for row, scores in enumerate(taught)} | {GOLD: torch.zeros(2, 3)}
    gold = torch.tensor([[1, 2, 0], [0, 1, 0]])
    nothing = torch.zeros(2, 3, dtype=torch.long)
    batch = Batch(nothing, nothing, nothing, mask, gold, 0, layers)
    return SimpleNamespace(
        student=Student(student), crfs=[crf_of(1), crf_of(2)], taught=[t.half().float() for t in taught], batch=batch
    )


def loss(scene: Any, **weights: Any) -> float:
    config = DistillationConfig(**{"hard": 0.0, "soft": 0.0, **weights})
    return Distillation(config, scene.crfs)(scene.student, scene.batch).item()


def windows(crf: CRF, emissions: Tensor) -> list[BruteForceCRF]:
    moves = [each.tolist() for each in (crf.start_transitions, crf.transitions, crf.end_transitions)]
    return [BruteForceCRF(emissions[r, :n].tolist(), *moves, legal=LEGAL) for r, n in enumerate(LENGTHS)]


def likelihood(scene: Any, row: int, path: tuple[int, ...]) -> float:
    return math.log(windows(scene.student.crf, scene.student.emissions)[row].probabilities()[path])


def test_hard_labels_are_the_paths_of_the_teachers(scene: Any) -> None:
    expected = 0.0
    for crf, scores in zip(scene.crfs, scene.taught, strict=True):
        for row, window in enumerate(windows(crf, scores)):
            expected -= likelihood(scene, row, window.best_path())
    assert loss(scene, hard=2.0) == pytest.approx(2 * expected / WORDS, rel=1e-5)


def test_a_weighted_window_counts_as_much_as_its_teacher_is_sure(scene: Any) -> None:
    expected = 0.0
    for crf, scores in zip(scene.crfs, scene.taught, strict=True):
        for row, window in enumerate(windows(crf, scores)):
            best = window.best_path()
            expected -= window.probabilities()[best] ** (1 / LENGTHS[row]) * likelihood(scene, row, best)
    assert loss(scene, hard=1.0, weighted=True) == pytest.approx(expected / WORDS, rel=1e-5)


@pytest.mark.parametrize(
    "weights",
    [
        {"hard": 1.0},
        {"hard": 1.0, "weighted": True},
        {"soft": 1.0, "distance": "l1"},
        {"soft": 1.0, "distance": "paths", "adversarial": 1.0},
        {"agreed": 2.0, "sure": 0.999},
    ],
)
def test_gold_tags_take_the_place_of_whatever_teachers_think(scene: Any, weights: dict[str, Any]) -> None:
    scene.batch.layers[GOLD] = torch.ones(2, 3)
    expected = -2 * (likelihood(scene, 0, (1, 2, 0)) + likelihood(scene, 1, (0, 1)))
    assert loss(scene, **weights) == pytest.approx(expected / WORDS, rel=1e-5)


def test_windows_of_both_kinds_are_summed(scene: Any) -> None:
    parts = []
    for gold in ([1, 0], [0, 0]):
        scene.batch.layers[GOLD] = torch.tensor(gold)[:, None].expand(2, 3)
        parts.append(loss(scene, hard=1.0))
    taught = -sum(
        likelihood(scene, 0, windows(crf, scores)[0].best_path())
        for crf, scores in zip(scene.crfs, scene.taught, strict=True)
    )
    assert WORDS * (parts[1] - parts[0]) == pytest.approx(taught + 2 * likelihood(scene, 0, (1, 2, 0)), rel=1e-5)


def softened(scores: list[float], temperature: float = 1.0) -> list[float]:
    exponents = [math.exp(score / temperature) for score in scores]
    return [each / sum(exponents) for each in exponents]


@pytest.mark.parametrize("distance", ["l1", "l2", "cross-entropy"])
def test_distances_are_those_of_the_paper(scene: Any, distance: str) -> None:
    t, expected = (2.0 if distance == "cross-entropy" else 1.0), 0.0
    for scores in scene.taught:
        for row, length in enumerate(LENGTHS):
            for word in range(length):
                q = softened(scores[row, word].tolist(), t)
                p = softened(scene.student.emissions[row, word].tolist(), t)
                pairs = [*zip(q, p, strict=True)]
                if distance == "l1":
                    expected += sum(abs(a - b) for a, b in pairs)
                elif distance == "l2":
                    expected += sum((a - b) ** 2 for a, b in pairs)
                else:
                    expected -= t**2 * sum(a * math.log(b) for a, b in pairs)
    assert loss(scene, soft=1.0, distance=distance, temperature=t) == pytest.approx(expected / WORDS, rel=1e-5)


def test_paths_are_compared_all_at_once(scene: Any) -> None:
    expected = 0.0
    for crf, scores in zip(scene.crfs, scene.taught, strict=True):
        for row, window in enumerate(windows(crf, scores)):
            shares = window.probabilities().items()
            expected -= sum(share * likelihood(scene, row, path) for path, share in shares if share)
    assert loss(scene, soft=1.0, distance="paths") == pytest.approx(expected / WORDS, rel=1e-5)


@pytest.mark.parametrize("sure", [0.0, 0.45])
def test_words_that_teachers_do_not_agree_on_are_left_open(scene: Any, sure: float) -> None:
    expected, opened = 0.0, 0
    both = [windows(crf, scores) for crf, scores in zip(scene.crfs, scene.taught, strict=True)]
    for row, length in enumerate(LENGTHS):
        best = [teacher[row].best_path() for teacher in both]
        allowed = []
        for word in range(length):
            tags = {path[word] for path in best}
            least = min(teacher[row].marginals()[word][path[word]] for teacher, path in zip(both, best, strict=True))
            is_open = len(tags) > 1 or least < sure
            opened += is_open
            allowed.append([is_open or tag in tags for tag in range(3)])
        own = windows(scene.student.crf, scene.student.emissions)[row]
        expected -= math.log(own.lattice_probability(allowed))
    assert 0 < opened < WORDS
    assert loss(scene, agreed=1.0, sure=sure) == pytest.approx(expected / WORDS, rel=1e-5)


def test_the_adversary_learns_what_the_student_learns_to_prevent(scene: Any) -> None:
    objective = Distillation(DistillationConfig(hard=0.0, soft=1e-9, adversarial=1.0), scene.crfs)
    student = scene.student
    objective(student, scene.batch).backward()
    assert objective.adversary is not None
    before = objective(student, scene.batch).item()
    for parameters, direction in ((objective.adversary.parameters(), -1), (student.parameters(), 1)):
        moved = [(each, each.detach().clone()) for each in parameters if each.grad is not None]
        with torch.no_grad():
            for each, _ in moved:
                each -= 0.05 * each.grad
        # A step down its own gradient helps the adversary; down its own, the student makes things harder for it.
        assert direction * (objective(student, scene.batch).item() - before) > 0
        with torch.no_grad():
            for each, old in moved:
                each.copy_(old)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"hard": 0, "soft": 0}, "Expected a weight of distillation.hard, soft or agreed above 0"),
        ({"temperature": 0}, "Expected distillation.temperature above 0 and sure in"),
        ({"sure": 1.5}, "Expected distillation.temperature above 0 and sure in"),
        ({"hard": -1}, "Expected distillation.hard of at least 0 but got -1"),
        ({"temperature": 2}, "Expected no distillation.temperature without distance cross-entropy, where it changes"),
        ({"sure": 0.5}, "Expected no distillation.sure without agreed"),
        ({"hard": 0, "weighted": True}, "Expected no distillation.weighted without hard"),
    ],
)
def test_what_teaches_nothing_is_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DistillationConfig(**given)
