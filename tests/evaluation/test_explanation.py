"""Explanations as JSON values."""

import json

import numpy as np
import pytest

from zoo.evaluation.explanation import Explanation

EXPLANATION = Explanation(
    words=("a", "rare", "gene"),
    offsets=((5, 6), (7, 11), (12, 16)),
    spans=((1, 3, "Gene", 0.75),),
    tags=("O", "B-Gene", "I-Gene"),
    path=(0, 1, 2),
    emissions=np.array([[2.0, 0.0, -1.0], [0.5, 0.25, 0.0], [0.0, 0.0, 1.0]], dtype=np.float32),
    probabilities=np.array([[1.0, 0.0, 0.0], [0.25, 0.75, 0.0], [0.25, 0.0, 0.75]], dtype=np.float32),
    representation=np.array([[0.5, -1.0], [0.0, 1.0], [1.0, 0.0]], dtype=np.float32),
    attention=tuple(np.full((count, 2), 1 / count, dtype=np.float32) for count in (1, 4, 4)),
)


def test_every_number_is_there() -> None:
    values = json.loads(json.dumps(EXPLANATION.to_dict()))
    assert values["spans"] == [{"start": 7, "end": 16, "label": "Gene", "score": 0.75}]
    assert values["words"][1] == {
        "text": "rare",
        "start": 7,
        "end": 11,
        "tag": "B-Gene",
        "probabilities": {"O": 0.25, "B-Gene": 0.75, "I-Gene": 0.0},
        "emissions": {"O": 0.5, "B-Gene": 0.25, "I-Gene": 0.0},
        "representation": [0.0, 1.0],
        "characters": [{"character": c, "weight": 0.25, "weights": [0.25, 0.25]} for c in "rare"],
    }


@pytest.mark.parametrize(("weighed", "spelled"), [(7, "abcdefg"), (4, "abfg"), (5, "abcfg")])
def test_spelled_are_the_characters_that_are_weighed(weighed: int, spelled: str) -> None:
    one = Explanation(
        ("abcdefg",), ((0, 7),), (), ("O",), (0,), *[np.zeros((1, 1))] * 3, attention=(np.zeros((weighed, 2)),)
    )
    assert one.spelled(0) == spelled
