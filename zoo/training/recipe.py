"""Recipes: YAML files whose keys are the arguments of :func:`zoo.training.train.train`, or of another function."""

import argparse
import dataclasses
import inspect
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import ArgumentParser

from zoo.data.nearest import did_you_mean
from zoo.models.encoder import EncoderConfig
from zoo.models.registry import ARCHITECTURES
from zoo.text.codec import CodecConfig
from zoo.text.pieces import PieceTokenizer
from zoo.text.vocab import Vocabulary
from zoo.training.train import train

_PARTS = (CodecConfig, Vocabulary, PieceTokenizer, EncoderConfig)


class RecipeError(ValueError):
    """A recipe that cannot be used; the message reads ``path:line: what — valid keys — nearest``."""


def read_recipe(
    path: str | Path, overrides: Sequence[str] = (), function: Callable[..., Any] = train, command: str = "train"
) -> dict[str, Any]:
    """Reads a recipe as the arguments of :func:`train`, or of another function.

    Args:
        path: The YAML file.
        overrides: Command-line words that change keys, as ``["--optimizer.learning_rate", "0.001"]``.
        function: Whose arguments the keys are.
        command: Of ``zoo``, that calls it.

    Raises:
        RecipeError: If a key is unknown or given twice, at its line; if a value is of the wrong type; if the file is
            not YAML.
        FileNotFoundError: If there is no such file.
    """
    path = Path(path)
    try:
        root = yaml.compose(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: is not YAML: {error}") from error
    if not isinstance(root, yaml.MappingNode):
        raise RecipeError(f"{path}: expected a mapping of keys to values; `zoo {command} --keys` lists them.")
    valid = _keys_below(function, _architecture(root))
    _check_file(path, root, "", valid)
    for word in overrides:
        if word.startswith("--"):
            _check_override(word[2:].partition("=")[0], valid)
    try:
        parser = recipe_parser(function, command)
        settings = parser.instantiate(parser.parse_args(["--recipe", str(path), *overrides]))
        if "architecture" in settings:
            _check_model(settings["architecture"], settings["model"])
    except Exception as error:  # jsonargparse has no public base class for what it raises
        raise RecipeError(_told(str(error), path, root, overrides)) from error
    return {key: value for key, value in settings.items() if key != "recipe"}


def recipe_parser(function: Callable[..., Any] = train, command: str = "train") -> ArgumentParser:
    """The parser of recipes and their overrides; its help lists every key."""
    parser = ArgumentParser(prog=f"zoo {command} RECIPE", exit_on_error=False, description="Keys of a recipe.")
    parser.add_argument("--recipe", action="config", help=argparse.SUPPRESS)
    parser.add_function_arguments(function, fail_untyped=True)
    return parser


def _check_model(architecture: str, model: dict[str, Any] | None) -> None:
    """Checks names and types of the ``model`` section against the architecture's constructor."""
    if architecture in ARCHITECTURES:  # if not, training says so
        parser = ArgumentParser(exit_on_error=False)
        parser.add_class_arguments(ARCHITECTURES[architecture], "model", skip=_built(ARCHITECTURES[architecture]))
        parser.parse_object({"model": model or {}})


def _built(architecture: Callable[..., Any]) -> set[str]:
    """Names of the constructor's arguments that no recipe gives: the codec and what is made of the documents."""
    parameters = inspect.signature(architecture).parameters.items()
    return {name for name, parameter in parameters if parameter.annotation in _PARTS}


def _architecture(root: yaml.MappingNode) -> Callable[..., Any] | None:
    named = [str(value.value) for key, value in root.value if key.value == "architecture"]
    return ARCHITECTURES.get(named[0]) if named else None


def _keys_below(target: Callable[..., Any], architecture: Callable[..., Any] | None = None) -> dict[str, Any]:
    """Names of a callable's arguments, each with the keys below it: a dictionary, or ``None`` where any may stand."""
    keys: dict[str, Any] = {}
    for name, parameter in inspect.signature(target).parameters.items():
        if name == "model":
            built = _built(architecture) if architecture else set()
            keys[name] = {key: None for key in _keys_below(architecture) if key not in built} if architecture else None
        else:
            section: Any = parameter.annotation
            keys[name] = (
                _keys_below(section) if isinstance(section, type) and dataclasses.is_dataclass(section) else None
            )
    return keys


def _unknown(key: str, prefix: str, valid: dict[str, Any]) -> str:
    hint = did_you_mean(key, valid).replace(" Did you mean '", f" — did you mean '{prefix}")
    return f"unknown key {prefix + key!r}; valid here: {', '.join(valid)}{hint}"


def _check_file(path: Path, node: yaml.MappingNode, prefix: str, valid: dict[str, Any]) -> None:
    seen: set[str] = set()
    for key_node, value in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key not in valid:
            raise RecipeError(f"{path}:{line}: {_unknown(key, prefix, valid)}")
        if key in seen:
            raise RecipeError(f"{path}:{line}: key {prefix + key!r} stands twice; expected it once.")
        seen.add(key)
        if isinstance(value, yaml.MappingNode) and valid[key] is not None:
            _check_file(path, value, f"{prefix}{key}.", valid[key])


def _check_override(name: str, valid: dict[str, Any]) -> None:
    prefix = ""
    for key in name.split("."):
        if key not in valid:
            raise RecipeError(f"--{name}: {_unknown(key, prefix, valid)}")
        if valid[key] is None:
            return
        prefix, valid = f"{prefix}{key}.", valid[key]


_WRONG_VALUE = re.compile(
    r'Parser key "(?P<key>[^"]+)":\s+Expected an? (?P<type>.+)\. Got value: (?P<value>.*)', re.DOTALL
)


def _told(error: str, path: Path, root: yaml.MappingNode, overrides: Sequence[str]) -> str:
    """What jsonargparse says of a wrong value: at its line or option, its type as YAML knows it."""
    wrong = _WRONG_VALUE.fullmatch(error)
    if wrong is None:
        return f"{path}: {error}"
    key = wrong["key"]
    expected = re.sub(r"<class '(\w+)'>", r"\1", wrong["type"])
    if literal := re.fullmatch(r"typing\.Literal\[(.+)\]", expected):
        expected = literal[1].replace(", ", " or ")
    given = any(word.partition("=")[0] == f"--{key}" for word in overrides)
    place = f"--{key}" if given else f"{path}:{_line(root, key)}: {key}"
    return f"{place}: expected {expected} but got {wrong['value']}"


def _line(node: yaml.Node, key: str) -> int:
    """The line of a key, as ``training.epochs``, or of the deepest section above it that the file has."""
    first, _, rest = key.partition(".")
    below = node.value if isinstance(node, yaml.MappingNode) else []
    for name, value in below:
        if name.value == first:
            return _line(value, rest) if rest and isinstance(value, yaml.MappingNode) else name.start_mark.line + 1
    return int(node.start_mark.line) + 1
