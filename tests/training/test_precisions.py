"""What ``auto`` is on a machine."""

import pytest
import torch

from zoo.training.precisions import precision_on


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"avx512_bf16": True}, "bf16-mixed"),
        ({"bf16": True}, "bf16-mixed"),
        ({"avx2": True}, "32-true"),
        ({}, "32-true"),
    ],
)
def test_processors(told: dict[str, bool], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert {precision_on("auto", accelerator) for accelerator in ("auto", "cpu")} == {expected}
    assert precision_on("bf16-mixed", "cpu") == "bf16-mixed"


@pytest.mark.parametrize("fast", [False, True])
def test_gpus(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: fast)
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict, raising=False)
    assert {precision_on("auto", name) for name in ("auto", "gpu")} == {"bf16-mixed" if fast else "32-true"}
    assert precision_on("auto", "cpu") == "32-true"
    assert precision_on("auto", "tpu") == "32-true"
