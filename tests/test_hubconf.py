"""The entry points of ``torch.hub`` are the registry's, and need what ``dependencies`` says."""

import sys
from pathlib import Path

import pytest
import torch

import hubconf
import zoo
from tests.test_architecture import PACKAGE, files, imports, reached
from zoo.hub import index
from zoo.models.registry import ARCHITECTURES

REPOSITORY = Path(__file__).resolve().parents[1]


def test_there_is_one_for_each_architecture() -> None:
    entries = [name for name in dir(hubconf) if not name.startswith("_") and callable(getattr(hubconf, name))]
    assert entries == sorted([*ARCHITECTURES, "tagger"])


def test_any_checkpoint_by_its_name() -> None:
    found = torch.hub.load(str(REPOSITORY), "tagger", "feature_crf.ncbi-disease", source="local")
    assert found.key == "feature_crf"
    with pytest.raises(KeyError, match=r"Did you mean 'feature_crf\.ncbi-disease'"):
        torch.hub.load(str(REPOSITORY), "tagger", "feature_crf.ncbi", source="local")
    assert "<architecture>.<corpus>" in (hubconf.tagger.__doc__ or "")  # what torch.hub.help prints


def test_architectures_are_listed_by_wildcards() -> None:
    assert zoo.list_architectures() == [*ARCHITECTURES]
    assert zoo.list_architectures("*crf*") == [key for key in ARCHITECTURES if "crf" in key]
    assert zoo.list_architectures("none*") == []


@pytest.mark.parametrize("key", ARCHITECTURES)
def test_help_is_what_the_class_says(key: str) -> None:
    said = getattr(hubconf, key).__doc__  # what torch.hub.help prints
    first = (ARCHITECTURES[key].__doc__ or "").partition("\n")[0]
    assert first
    assert said.startswith(first)
    assert said.count("Args:") == 1
    assert "checkpoint: " in said


def test_the_source_is_read_but_not_imported() -> None:
    import subprocess

    code = "import sys, hubconf; print(*({'torch', 'numpy', 'pytorch_lightning'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ""


def test_dependencies_are_what_loading_imports() -> None:
    start = [PACKAGE / "__init__.py", *files("hub"), *files("models")]
    modules = {found.module.partition(".")[0] for path in reached(start) for found in imports(path) if found.early}
    assert modules - set(sys.stdlib_module_names) - {"zoo"} == set(hubconf.dependencies)


def test_by_default_the_first_that_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"bilstm.bc5cdr": {}, "bilstm.ncbi-disease": {}, "char_bilstm_crf.ncbi-disease": {}}
    monkeypatch.setattr(index, "read_index", lambda: rows)
    monkeypatch.setattr(index, "load", lambda name: name)
    assert hubconf.bilstm() == "bilstm.bc5cdr"
    assert hubconf.bilstm(checkpoint="ncbi-disease") == "bilstm.ncbi-disease"
    with pytest.raises(ValueError, match=r"No checkpoint of char_cnn_bilstm_crf ships, only bilstm\.bc5cdr, bilstm\."):
        hubconf.char_cnn_bilstm_crf()


def test_a_checkpoint_that_does_not_ship() -> None:
    with pytest.raises(KeyError, match=r"Did you mean 'char_cnn_bilstm_crf\.ncbi-disease'"):
        torch.hub.load(str(REPOSITORY), "char_cnn_bilstm_crf", source="local", checkpoint="ncbi")
