"""``zoo vectors`` and ``zoo corpus prepare`` as a person calls them."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import TINY, Zoo
from zoo.text.vector_files import write_vectors
from zoo.text.vectors import WordVectors


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    words = ["of", "gout", "urate", "disease", "00"]
    matrix = np.array([[1, 0], [0, 1], [0.1, 1], [1, 1], [1, -1]], np.float32)
    vectors = WordVectors(words, matrix, "lower-digits", {"vocabulary": 5})
    write_vectors(vectors, tmp_path / "run" / "vectors.safetensors")
    return tmp_path / "run"


@pytest.mark.parametrize(
    "command", ["vectors neighbours", "vectors coverage", "vectors similarity", "corpus prepare", "embed"]
)
def test_help_teaches(zoo: Zoo, command: str) -> None:
    assert f"zoo {command}" in zoo(*command.split(), "--help").out


def test_embed_teaches_senses_concepts_and_subwords(zoo: Zoo) -> None:
    said = zoo("embed", "--help").out
    for taught in ("--senses", "frío|NOUN", "--concepts", "identifier", "--cover", "n-grams", "zoo vectors"):
        assert taught in said


def test_neighbours(zoo: Zoo, folder: Path, tmp_path: Path) -> None:
    said = zoo("vectors", "neighbours", folder, "Gout", "37", "--most", 2, "--json", tmp_path / "a.json")
    assert said.code == 0
    assert "urate 1.00  disease 0.71" in said.out
    written = json.loads((tmp_path / "a.json").read_text())
    assert [row["word"] for row in written["words"]] == ["gout", "00"]
    assert written["words"][0]["way"] == "normalized"
    assert [near["word"] for near in written["words"][0]["neighbours"]] == ["urate", "disease"]


def test_a_word_without_vector_is_one_line(zoo: Zoo, folder: Path) -> None:
    said = zoo("vectors", "neighbours", folder, "uratee")
    assert (said.code, said.out) == (2, "")
    assert said.err == "zoo: Expected a word that has a vector but got 'uratee'. Did you mean 'urate'?\n"


def test_files_and_options_that_do_not_fit_are_one_line(zoo: Zoo, folder: Path, tmp_path: Path) -> None:
    assert zoo("vectors", "neighbours", tmp_path, "gout").err.startswith(f"zoo: No vectors at {tmp_path}/vectors.safet")
    said = zoo("vectors", "coverage", folder, "tests/fixtures/tiny", "--normalizer", "none")
    assert "the vectors say so themselves, leave the option out" in said.err


def test_similarity(zoo: Zoo, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("Mean\tTerm1\tTerm2\n9\tgout\turate\n5\tgout\tdisease\n1\tgout\tof\n0\tx\ty\n")
    said = zoo("vectors", "similarity", folder, tmp_path / "a.tsv", "--json", tmp_path / "a.json")
    assert said.code == 0
    assert said.out.split()[-5:] == ["a.tsv", "4", "3", "0", "1.000"]
    written = json.loads((tmp_path / "a.json").read_text())
    assert written[str(tmp_path / "a.tsv")] == {"pairs": 4, "found": 3, "composed": 0, "spearman": pytest.approx(1)}


def test_coverage_of_splits_and_files(zoo: Zoo, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "mine.txt").write_text("Gout of 37 gout disease X")
    options = ["--most", 1, "--json", tmp_path / "a.json", "--plot", tmp_path / "a.png"]
    said = zoo("vectors", "coverage", folder, TINY, tmp_path / "mine.txt", *options)
    assert said.code == 0
    assert (tmp_path / "a.png").exists()
    written = json.loads((tmp_path / "a.json").read_text())
    assert list(written) == ["vectors", "tiny train", "tiny dev", "tiny test", "mine.txt"]
    assert written["mine.txt"]["running"] == {"words": 6, "exact": 3, "normalized": 2, "composed": 0, "none": 1}
    assert "mine.txt, without vector: X 1" in said.out
    (row,) = (line for line in said.out.splitlines() if line.strip().startswith("mine.txt, running words"))
    assert row.split()[3:] == ["6", "50.0", "%", "33.3", "%", "0.0", "%", "16.7", "%"]


def test_coverage_of_corpora_of_one_name(zoo: Zoo, folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "texts.txt").write_text("Gout")
    paths = [tmp_path / name / "texts.txt" for name in ("a", "b")]
    assert zoo("vectors", "coverage", folder, *paths, "--json", tmp_path / "a.json").code == 0
    assert list(json.loads((tmp_path / "a.json").read_text())) == ["vectors", *map(str, paths)]


def test_a_picture_of_another_kind_is_told_first(zoo: Zoo, folder: Path) -> None:
    said = zoo("vectors", "coverage", folder, "nothing", "--plot", "a.doc")
    assert said.code == 2
    assert "ends in .png, .svg, .pdf" in said.err


def test_prepare(zoo: Zoo, tmp_path: Path) -> None:
    names = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    titles = '<dc:title xml:lang="es">Gota. Dos.</dc:title><dc:title xml:lang="en">Gout</dc:title>'
    (tmp_path / "a.xml").write_text(f"<r {names}>{titles}</r>")
    said = zoo("corpus", "prepare", tmp_path / "a.xml", "--language", "es", "--lower", "--out", tmp_path / "out.txt")
    assert said == (
        0,
        f"1 documents, 2 sentences, 4 words of 1 files: {tmp_path / 'out.txt'}\n",
        "zoo: left out or mended 1 × text in en\n",
    )
    assert (tmp_path / "out.txt").read_text() == "gota.\ndos.\n"
    (tmp_path / "b.txt").write_text("Gout.")
    both = (tmp_path / "a.xml", tmp_path / "b.txt")
    said = zoo("corpus", "prepare", *both, "--language", "es", "--out", tmp_path / "out.txt")
    assert "zoo: 1 of 2 files name no language of their texts, so they were read whole\n" in said.err


def test_a_pipeline_without_spacy_is_one_line(zoo: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "meta.json").write_text("{}")
    (tmp_path / "a.txt").write_text("Gota.")
    monkeypatch.setitem(sys.modules, "spacy", None)
    said = zoo("embed", "--text", tmp_path / "a.txt", "--out", tmp_path / "out", "--senses", tmp_path / "pipeline")
    assert said.code == 2
    assert "spaCy is not installed" in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_embed_says_in_a_log_file_how_far_it_is(zoo: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("Gout is a disease.\n" * 10)
    arguments = ("--text", tmp_path / "a.txt", "--size", "4", "--min-count", "1", "--out", tmp_path / "out")
    assert zoo("embed", *arguments).err == ""  # it took no minute
    monkeypatch.setattr("zoo.cli.embed._SECONDS", 0)
    said = zoo("embed", *arguments).err.splitlines()
    assert (said[0], said[-1]) == ("epoch 1/5: 0 words of 250 (0%)", "epoch 5/5: 250 words of 250 (100%)")
