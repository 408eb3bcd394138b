"""Recipes: YAML files whose keys are the arguments of :func:`zoo.training.train.train`."""

import dataclasses
import inspect
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import ArgumentParser

from zoo.models.registry import ARCHITECTURES
from zoo.training.train import train

_GIVEN = ("self", "codec", "words", "characters")  # constructor arguments that no recipe gives


class RecipeError(ValueError):
    """A recipe that cannot be used; the message reads ``path:line: what — valid keys — nearest``."""


def read_recipe(path: str | Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Reads a recipe as the arguments of :func:`train`.

    Args:
        path: The YAML file.
        overrides: Command-line words that change keys, as ``["--optimizer.learning_rate", "0.001"]``.

    Raises:
        RecipeError: If a key is unknown, at its line; if a value is of the wrong type; if the file is not YAML.
        FileNotFoundError: If there is no such file.
    """
    path = Path(path)
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise RecipeError(f"{path}: is not YAML: {error}") from error
    if not isinstance(root, yaml.MappingNode):
        raise RecipeError(f"{path}: expected a mapping of keys to values; `zoo train --keys` lists them.")
    _check_keys(path, root, "", _valid_keys(train))
    try:
        parser = recipe_parser()
        settings = parser.parse_args(["--recipe", str(path), *overrides])
        return {key: value for key, value in parser.instantiate(settings).items() if key != "recipe"}
    except Exception as error:  # jsonargparse has no public base class for what it raises
        raise RecipeError(f"{path}: {error}") from error


def recipe_parser() -> ArgumentParser:
    """The parser of recipes and their overrides; its help lists every key."""
    parser = ArgumentParser(prog="zoo train RECIPE", exit_on_error=False, description="Keys of a recipe.")
    parser.add_argument("--recipe", action="config", help=argparse_hidden())
    parser.add_function_arguments(train, fail_untyped=True)
    return parser


def argparse_hidden() -> str:
    """What makes argparse leave an option out of its help."""
    import argparse

    return argparse.SUPPRESS


def _valid_keys(target: Callable[..., Any]) -> dict[str, Any]:
    """Names of a callable's arguments, each with the dataclass behind it or ``None``."""
    keys: dict[str, Any] = {}
    for name, parameter in inspect.signature(target).parameters.items():
        keys[name] = parameter.annotation if dataclasses.is_dataclass(parameter.annotation) else None
    return keys


def _check_keys(path: Path, node: yaml.MappingNode, prefix: str, valid: dict[str, Any]) -> None:
    for key_node, value in node.value:
        key = str(key_node.value)
        if key not in valid:
            nearest = get_close_matches(key, valid, n=1)
            hint = f" — did you mean {prefix + nearest[0]!r}?" if nearest else ""
            raise RecipeError(
                f"{path}:{key_node.start_mark.line + 1}: unknown key {prefix + key!r}; "
                f"valid here: {', '.join(valid)}{hint}"
            )
        if isinstance(value, yaml.MappingNode):
            below = _model_keys(node) if (prefix, key) == ("", "model") else valid[key]
            if below is not None:
                _check_keys(path, value, f"{prefix}{key}.", below if isinstance(below, dict) else _valid_keys(below))


def _model_keys(root: yaml.MappingNode) -> dict[str, Any] | None:
    """The keys of the ``model`` section: those of the constructor of the recipe's architecture."""
    named = [str(value.value) for key, value in root.value if key.value == "architecture"]
    if not named or named[0] not in ARCHITECTURES:
        return None  # its absence or misspelling is reported when the recipe is parsed and used
    return {key: None for key in _valid_keys(ARCHITECTURES[named[0]]) if key not in _GIVEN}
