"""Steps on however many devices: the same rows, each once, whatever was interrupted."""

from itertools import islice

import pytest
import torch

from tests.pretraining.test_masked_examples import CORPUS, TOKENIZER
from zoo.pretraining.masked_examples import NOTHING, Epoch, Examples, Masking
from zoo.pretraining.steps import EpochSteps, Step, Steps

MASKING = Masking(max_pieces=48, row_pieces=100)


def steps_of(**given: int) -> Steps:
    settings = {"seed": 1, "total": 40, "rows": 7, "rows_at_once": 2} | given
    return Steps(CORPUS, TOKENIZER, MASKING, **settings)  # type: ignore[arg-type]


def rows_of(step: Step) -> list[tuple[int, ...]]:
    return [tuple(row) for part in step.parts for row in part.pieces.tolist() if any(row)]


def same(one: Examples, other: Examples) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("devices", [1, 2, 3, 8])
def test_each_row_of_an_epoch_is_dealt_once(devices: int) -> None:
    epoch = Epoch(CORPUS, TOKENIZER, MASKING, seed=1, number=0)
    dealt = [EpochSteps(epoch, 7, 2, rank, devices) for rank in range(devices)]
    assert len(epoch) % 7, "the last step should have fewer rows"
    found: list[tuple[int, ...]] = []
    for number in range(len(dealt[0])):
        of_devices = [steps[number] for steps in dealt]
        assert len({len(step.parts) for step in of_devices}) == 1
        assert len({(step.masked, step.sequences) for step in of_devices}) == 1
        assert sum(len(part.masked) for step in of_devices for part in step.parts) == of_devices[0].masked
        assert sum(len(part.firsts) for step in of_devices for part in step.parts) == of_devices[0].sequences
        found += [row for step in of_devices for row in rows_of(step)]
    every = epoch.examples(range(len(epoch)))
    assert sorted(found) == sorted(map(tuple, every.pieces.tolist()))


@pytest.mark.parametrize("devices", [1, 2, 8])
def test_all_parts_can_have_the_same_shapes(devices: int) -> None:
    epoch = Epoch(CORPUS, TOKENIZER, MASKING, seed=1, number=0)
    shapes, told = set(), 0
    for rank in range(devices):
        plain, fixed = (EpochSteps(epoch, 7, 2, rank, devices, fixed=fixed) for fixed in (False, True))
        for one, other in zip(plain, fixed, strict=True):
            assert (one.masked, one.sequences, len(one.parts)) == (other.masked, other.sequences, len(other.parts))
            for part, filled in zip(one.parts, other.parts, strict=True):
                shapes.add(tuple(tensor.shape for tensor in filled))
                told += int((filled.hidden != NOTHING).sum())
                assert torch.equal(filled.pieces[: len(part.pieces)], part.pieces)
                assert torch.equal(filled.hidden[: len(part.hidden)], part.hidden)
    assert len(shapes) == 1
    assert told == epoch.to_mask(range(len(epoch)))[0]


def test_a_run_goes_through_as_many_epochs_as_it_takes() -> None:
    steps = steps_of()
    of_an_epoch = -(-len(Epoch(CORPUS, TOKENIZER, MASKING, seed=1, number=0)) // 7)
    assert of_an_epoch < 40
    assert len(list(steps)) == 40
    assert steps.epoch >= 1
    assert len(list(steps)) == 0


@pytest.mark.parametrize("after", [1, 13, 25])
def test_what_was_interrupted_goes_on_also_on_other_devices(after: int) -> None:
    whole = list(steps_of())
    begun = steps_of()
    list(islice(begun, after))
    rest = steps_of()
    rest.load_state_dict(begun.state_dict())
    for one, other in zip(whole[after:], rest, strict=True):
        assert all(same(a, b) for a, b in zip(one.parts, other.parts, strict=True))
    two = [steps_of(rank=rank, devices=2) for rank in range(2)]
    for steps in two:
        steps.load_state_dict(begun.state_dict())
    for one, *others in zip(whole[after:], *two, strict=True):
        assert sorted(rows_of(one)) == sorted(row for step in others for row in rows_of(step))


def test_processes_make_the_same_examples() -> None:
    here, there = list(steps_of(total=5)), list(steps_of(total=5, workers=2))
    assert len(here) == 5
    for one, other in zip(here, there, strict=True):
        assert all(same(a, b) for a, b in zip(one.parts, other.parts, strict=True))
