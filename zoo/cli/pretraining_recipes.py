"""Recipes of ``zoo embed`` and ``zoo pretrain``: YAML files whose keys are the arguments of one function."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any


def arguments_of(
    command: str, recipe: Path | None, given: dict[str, Any], function: Callable[..., Any]
) -> dict[str, Any]:
    """What a function is to be called with: a recipe's values, each replaced by the one given.

    Args:
        command: Its name, for messages about what stands in no recipe.
        recipe: A YAML file whose keys are arguments of the function.
        given: Arguments by name.
        function: Its arguments ``texts`` and ``out`` are required; ``progress`` is no key.

    Raises:
        FileNotFoundError: If there is no such recipe.
        DataFormatError: If the recipe is no mapping, or has a key that is no argument.
        ValueError: If a value is not of the argument's type, or a required one is missing.
    """
    from argparse import ArgumentError

    from jsonargparse import ArgumentParser

    valid = [name for name in inspect.signature(function).parameters if name != "progress"]
    values = (_read_recipe(recipe, valid) if recipe else {}) | given
    for name in ("texts", "out"):
        if name not in values:
            raise ValueError(f"Expected {name} in a recipe, or --{name.removesuffix('s')}, but got none.")
    parser = ArgumentParser(exit_on_error=False)
    parser.add_function_arguments(function, skip={"progress"})
    try:
        return dict(parser.parse_object(values).as_dict())
    except ArgumentError as error:
        raise ValueError(f"{recipe or command}: {' '.join(str(error).split())}") from error


def _read_recipe(recipe: Path, valid: list[str]) -> dict[str, Any]:
    import yaml

    from zoo.data.document import DataFormatError
    from zoo.data.nearest import did_you_mean

    if not recipe.is_file():
        raise FileNotFoundError(f"No recipe {recipe} — expected a YAML file, as those of recipes/pretraining/.")
    try:
        text = recipe.read_text(encoding="utf-8")
        root = yaml.compose(text)  # knows the lines
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataFormatError(recipe, 0, f"not YAML ({' '.join(str(error).split())}) — expected a recipe.") from error
    if not isinstance(root, yaml.MappingNode):
        raise DataFormatError(recipe, 0, "no keys — expected a recipe of lines such as 'epochs: 5'.")
    for node, _ in root.value:
        if node.value not in valid:
            hint = did_you_mean(str(node.value), valid).replace(" Did", " — did")
            message = f"unknown key {node.value!r}; valid here: {', '.join(valid)}{hint}"
            raise DataFormatError(recipe, node.start_mark.line + 1, message)
    return dict(yaml.safe_load(text))
