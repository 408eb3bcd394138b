"""``zoo explain`` as a person calls it."""

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Zoo
from zoo.data.splits import load_corpus
from zoo.hub.index import load
from zoo.text.codec import CodecConfig
from zoo.training.build import VectorsConfig, build_tagger

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"
TEXT = "Boys with Duchenne muscular dystrophy were treated. The [b] cancer spread."


@pytest.fixture(scope="module")
def attentive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tagger with character attention that has learnt nothing."""
    folder = tmp_path_factory.mktemp("attentive")
    sizes = {"word_size": 6, "character_size": 4, "hidden": 5, "tanh_size": 6}
    documents = list(load_corpus(TINY)["train"])
    codec = CodecConfig(labels=("Disease",))
    build_tagger("char_attention_blstm_crf", codec, sizes, documents, VectorsConfig()).save_pretrained(folder)
    return folder


def test_the_table_says_what_the_tagger_finds(zoo: Zoo, checkpoint: Path) -> None:
    said = zoo("explain", checkpoint, TEXT)
    assert (said.code, said.err) == (0, "")
    rows = [line.split() for line in said.out.splitlines() if line.strip()]
    words = [row[0] for row in rows]
    assert "Duchenne" in words
    assert "[" in words  # no markup
    found = load(checkpoint).tag([TEXT])[0].spans
    assert found
    for span in found:
        row = rows[words.index(span.slice(TEXT).split()[0])]
        assert f"{span.label} {span.score:.2f}" in " ".join(row)
    assert zoo("explain", checkpoint, stdin=TEXT).out == said.out


def test_pictures_and_numbers(zoo: Zoo, attentive: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    said = zoo(
        *("explain", attentive, TEXT, "--out", tmp_path / "why.png", "--attention", tmp_path / "characters.svg"),
        *("--word", "cancer", "--json", tmp_path / "numbers.json"),
    )
    assert (said.code, said.err) == (0, "")
    assert (tmp_path / "why.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "characters.svg").read_text(encoding="utf-8").startswith("<?xml")
    values = json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8"))
    assert (values["architecture"], values["text"]) == ("char_attention_blstm_crf", TEXT)
    for window in values["windows"]:
        for word in window["words"]:
            assert TEXT[word["start"] : word["end"]] == word["text"]
            assert sum(word["probabilities"].values()) == pytest.approx(1, abs=1e-5)
            assert len(word["representation"]) == 6
            assert "".join(each["character"] for each in word["characters"]) == word["text"]
            assert sum(each["weight"] for each in word["characters"]) == pytest.approx(1, abs=1e-5)


def test_numbers_on_standard_output_stand_alone(zoo: Zoo, checkpoint: Path) -> None:
    said = zoo("explain", checkpoint, TEXT, "--json", "-")
    assert said.code == 0
    assert "characters" not in json.loads(said.out)["windows"][0]["words"][0]
    assert "Duchenne" in said.err


def test_what_has_no_representation_is_said(zoo: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    from zoo.cli import starting

    tagger = build_tagger(
        "bilstm", CodecConfig(labels=("Disease",)), {"word_size": 6}, list(load_corpus(TINY)["train"]), VectorsConfig()
    )
    tagger.dense_layer[1] = tagger.output_layer  # in place of its tanh
    tagger.dense_layer[0].weight.data.normal_()
    del tagger.output_layer
    tagger.output_layer = lambda scores: scores
    monkeypatch.setattr(starting, "tagger_named", lambda _: tagger)
    said = zoo("explain", "any", TEXT, "--out", tmp_path / "why.svg")
    assert said.code == 0
    assert said.err == "zoo: a bilstm makes no vectors of words, so the picture shows their tags alone\n"
    assert (tmp_path / "why.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["asthma", "--out", "why.jpg"], r"Expected a picture that ends in .png, .svg, .pdf but got 'why.jpg'."),
        (["asthma", "--word", "asthma"], "--word chooses what is drawn; name a picture with --out."),
        (["asthma", "--word", "astma", "--out", "why.svg"], "but got 'astma'. Did you mean 'asthma'?"),
        (["asthma", "--out", "why.svg", "--attention", "a.svg"], "Expected a tagger with character attention"),
        (
            ["w " * 200, "--out", "why.svg"],
            "Expected 1 to 150 words to draw but got 200; give fewer sentences, or one word (--word).",
        ),
        ([" \n"], "Expected a text with words but got none."),
    ],
)
def test_mistakes_are_one_line(
    zoo: Zoo, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    said = zoo("explain", checkpoint, *arguments)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_it_says_what_to_install(
    zoo: Zoo, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    said = zoo("explain", checkpoint, TEXT, "--out", tmp_path / "why.png")
    assert (said.code, "pip install 'bioner-zoo[plot]'" in said.err) == (2, True)
    assert zoo("explain", checkpoint, TEXT).code == 0  # words need no pictures
