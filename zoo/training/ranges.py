"""Ranges that numbers of a recipe have whatever section they stand in."""

from collections.abc import Iterable, Mapping
from typing import Any


def check_numbers(section: str, values: Mapping[str, Any]) -> None:
    """Finds what no layer, optimizer or trainer can be made of before anything long begins.

    Args:
        section: Of the recipe, for the message.
        values: By key; what is no number, or no list of them, may be anything.

    Raises:
        ValueError: If a number is negative, or a probability of dropping something above 1.

    Examples:
        >>> check_numbers("model", {"hidden": 100, "dropout": 0.5, "widths": [2, 3], "normalizer": "lower"})
        >>> check_numbers("model", {"word_dropout": 7})
        Traceback (most recent call last):
        ...
        ValueError: Expected model.word_dropout in [0, 1] but got 7.
    """
    for name, value in values.items():
        for number in value if isinstance(value, Iterable) and not isinstance(value, str) else [value]:
            if isinstance(number, bool) or not isinstance(number, int | float):
                continue
            if name.endswith("dropout") and not 0 <= number <= 1:
                raise ValueError(f"Expected {section}.{name} in [0, 1] but got {number}.")
            if not number >= 0:
                raise ValueError(f"Expected {section}.{name} of at least 0 but got {number}.")
