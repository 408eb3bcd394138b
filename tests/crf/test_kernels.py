"""The kernels as a GPU would get them: compiled here, for an architecture that is not here."""

import importlib.util
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")


@pytest.mark.slow
def test_kernels_for_an_h200_fit_its_registers_and_take_few_instructions_a_word(tmp_path) -> None:
    results = tmp_path / "kernels.csv"
    command = [sys.executable, "-m", "benchmarks.crf_kernels", "--tags", "9", "--results", str(results)]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TRITON_CACHE_DIR": str(tmp_path / "cache")}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    header, *rows = [line.split(",") for line in results.read_text().splitlines()]
    found = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert found.keys() == {"messages", "counts", "best_paths", "weigh"}
    for kernel in found.values():
        assert kernel["spilt_bytes"] == "0"
    # A half more than they take: 171, 383 and 160.
    for name, most in (("messages", 260), ("counts", 570), ("best_paths", 240)):
        assert 0 < int(found[name]["instructions_a_word"]) <= most
