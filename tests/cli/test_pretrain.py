"""``zoo pretrain`` as a person runs it."""

import inspect
from pathlib import Path

import yaml

from tests.cli.conftest import Zoo
from zoo.cli.pretrain import character_lm
from zoo.models.character_lm import read_character_lms
from zoo.pretraining.character_lm import train_character_lm

TEXT = Path(__file__).parent.parent / "fixtures" / "tiny" / "train.pubtator"
RECIPES = sorted((Path(__file__).parents[2] / "recipes" / "pretraining").glob("character-lm-*.yaml"))


def test_a_recipe_and_options_that_count_more(zoo: Zoo, tmp_path: Path) -> None:
    recipe = {"texts": [str(TEXT)], "out": "elsewhere", "hidden": 99, "character_size": 4, "streams": 2}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe | {"held_out": 5}))
    arguments = ["pretrain", "character-lm", tmp_path / "recipe.yaml", "--hidden", "6", "--out", tmp_path / "lm"]
    said = zoo(*arguments)
    assert said.code == 0, said.err
    lms = read_character_lms(tmp_path / "lm")
    assert lms.backward.lstm.hidden_size == 6
    assert f"forward {lms.config['held_out_perplexity']['forward']:.3f}" in said.out
    assert f"language models: {tmp_path / 'lm'}" in said.out
    again = zoo(*arguments)
    assert again.code == 2
    assert "holds a run already; go on with --resume" in again.err
    assert zoo(*arguments, "--resume").code == 0


def test_a_recipe_where_a_command_could_stand_is_of_a_bert(zoo: Zoo, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("\n\n".join(f"El paciente {n} tuvo fiebre y tos." for n in range(300)))
    recipe = tmp_path / "bert.yaml"
    recipe.write_text(
        f"corpus: {{texts: [{tmp_path / 'text.txt'}], held_out: 10}}\nvocabulary: {{size: 318}}\n"
        "encoder: {hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 8}\n"
        f"steps: {{total: 3, rows: 2}}\ntrainer: {{accelerator: cpu}}\noutput: {tmp_path / 'out'}\n"
    )
    said = zoo("pretrain", recipe, "--progress", "false", "--vocabulary.size", "312")
    assert said.code == 0, said.err
    assert "of masked pieces told, perplexity" in said.out
    assert f"encoder: {tmp_path / 'out' / 'checkpoint'}" in said.out
    again = zoo("pretrain", recipe)
    assert (again.code, "holds a run already; go on with --resume" in again.err) == (2, True)
    assert zoo("pretrain", "--resume", recipe, "--vocabulary.size", "312").code == 0
    wrong = zoo("pretrain", recipe, "--step.total", "4")
    assert "unknown key 'step'" in wrong.err
    assert "did you mean 'steps'" in wrong.err
    assert "No such recipe: nope.yaml" in zoo("pretrain", "nope.yaml").err
    assert "--examples.whole_words" in zoo("pretrain", "--keys").out


def test_mistakes_are_one_line(zoo: Zoo, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(f"texts: [{TEXT}]\nout: {tmp_path / 'lm'}\nhiden: 6\n")
    said = zoo("pretrain", "character-lm", recipe)
    assert said.code == 2
    assert said.err.startswith(f"zoo: {recipe}:3: unknown key 'hiden'; valid here: texts, out, character_size, hidden")
    assert "did you mean 'hidden'?" in said.err
    assert "Expected out in a recipe, or --out" in zoo("pretrain", "character-lm", "--text", TEXT).err
    wrong = zoo("pretrain", "character-lm", "--text", TEXT, "--out", tmp_path / "lm", "--hidden", "0")
    assert wrong.err == "zoo: Expected hidden of at least 1 but got 0.\n"
    wrong = zoo("pretrain", "character-lm", "--text", TEXT, "--out", tmp_path / "lm", "--precision", "foo")
    assert wrong.err.startswith("zoo: zoo pretrain character-lm: ")
    assert zoo("pretrain", "character-lm", "nope.yaml").err.startswith(
        "zoo: No recipe nope.yaml — expected a YAML file"
    )
    assert not (tmp_path / "lm").exists()


def test_the_defaults_shown_are_the_defaults() -> None:
    shown = {
        name: parameter.annotation.__metadata__[0].show_default
        for name, parameter in inspect.signature(character_lm).parameters.items()
    }
    compared = 0
    for name, parameter in inspect.signature(train_character_lm).parameters.items():
        if name not in ("progress", "resume") and parameter.default not in (inspect.Parameter.empty, None):
            assert shown[name] == str(parameter.default)
            compared += 1
    assert compared == 13


def test_recipes_have_known_keys_and_no_test_text() -> None:
    assert len(RECIPES) == 2
    for path in RECIPES:
        recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert set(recipe) <= set(inspect.signature(train_character_lm).parameters)
        assert not [text for text in recipe["texts"] if "test" in text.lower()]
        assert f"zoo pretrain character-lm recipes/pretraining/{path.name}" in path.read_text(encoding="utf-8")
