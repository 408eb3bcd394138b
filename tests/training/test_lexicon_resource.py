"""The lexicon of a recipe: read from a recipe or a command line, found below the data folder, missed by name."""

from pathlib import Path

import pytest

from zoo.data.splits import load_corpus
from zoo.models.tagger import Tagger
from zoo.text.codec import CodecConfig
from zoo.training.build import ResourcesConfig, build_tagger
from zoo.training.recipe import read_recipe

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"
RECIPE = "corpus: x\narchitecture: dictionary_regex\ncodec: {labels: [Disease]}\nresources: {lexicon: [a.tsv, b.obo]}\n"


def built(*paths: str, lexicon: str | None = None) -> Tagger:
    documents, resources = load_corpus(TINY)["train"], ResourcesConfig(lexicon=lexicon or paths)
    return build_tagger("dictionary_regex", CodecConfig(("Disease",)), {}, documents, resources=resources)


def test_a_recipe_and_the_command_line_name_files(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    assert read_recipe(path)["resources"].lexicon == ("a.tsv", "b.obo")
    assert read_recipe(path, ["--resources.lexicon", "[c.txt]"])["resources"].lexicon == ("c.txt",)
    assert read_recipe(path, ["--resources.lexicon", "c.txt"])["resources"].lexicon == "c.txt"


def test_files_are_sought_here_then_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, data = tmp_path / "here", tmp_path / "data"
    for folder, term in ((here, "from here"), (data, "from the data folder")):
        folder.mkdir()
        (folder / "both.txt").write_text(term)
    (data / "one.txt").write_text("gout")
    monkeypatch.chdir(here)
    monkeypatch.setenv("ZOO_DATA", str(data))
    assert built("both.txt", "one.txt").vocabularies["lexicon"].entries[2:] == ("from here", "gout")
    assert built(lexicon="one.txt").vocabularies["lexicon"].entries[2:] == ("gout",)
    with pytest.raises(FileNotFoundError, match=f"No terminology at two.txt, neither .* nor below {data}"):
        built("two.txt")


def test_it_is_needed() -> None:
    with pytest.raises(ValueError, match="'dictionary_regex' needs lexicon"):
        built()
