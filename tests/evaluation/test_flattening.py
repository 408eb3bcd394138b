"""The flattening report: sums, ceiling, JSON, and what it says."""

import pytest

from zoo.evaluation.flattening import Flattening


def test_reports_add_and_return_from_json() -> None:
    one = Flattening(total=10, discontinuous=1, overlapping=2, unaligned=3, crossing=4)
    assert one + Flattening(total=5, crossing=1) == Flattening(15, 1, 2, 3, 5)
    assert one.lost == 10
    assert one.recall_ceiling == 0.0
    assert Flattening().recall_ceiling == 1.0
    assert Flattening.from_dict(one.to_dict()) == one
    with pytest.raises(TypeError, match="nested"):
        Flattening.from_dict({"nested": 1})


def test_only_what_was_lost_is_said() -> None:
    assert str(Flattening(total=3)) == "3 of 3 spans kept: recall cannot exceed 100.0 %"
    assert str(Flattening(total=4, unaligned=1, crossing=2)).splitlines() == [
        "1 of 4 spans kept: recall cannot exceed 25.0 %",
        "lost 1 unaligned (a boundary inside a word)",
        "lost 2 crossing (over the border of a sentence or window)",
    ]
