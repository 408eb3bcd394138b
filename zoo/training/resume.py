"""Where an interrupted run goes on: it ends where an uninterrupted one ends, or is refused."""

import inspect
import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, is_dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor, nn

RECIPE = "recipe.yaml"


def plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings, sections among them, as YAML and JSON know them."""
    values = {
        name: asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        for name, value in settings.items()
    }
    return dict(json.loads(json.dumps(values)))


def recipe_text(settings: Mapping[str, Any]) -> str:
    """A whole recipe, defaults included, as YAML."""
    return str(yaml.safe_dump(plain(settings), sort_keys=False))


def with_defaults(recipe: Mapping[str, Any], function: Callable[..., Any]) -> dict[str, Any]:
    """A recipe of a function's arguments with the defaults of keys that came into use after it was written."""
    filled = dict(recipe)
    for name, parameter in inspect.signature(function).parameters.items():
        section, default = parameter.annotation, parameter.default
        if isinstance(section, type) and is_dataclass(section):
            given = recipe.get(name, {})
            known = {} if default is parameter.empty else plain({name: default})[name]
            filled[name] = _with_defaults_below(section, known, given)
        elif default is not parameter.empty:
            filled.setdefault(name, default)
    return filled


def _with_defaults_below(section: type, known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A section with its defaults: those of the function it is an argument of, else its own."""
    filled = {**known, **given}
    for name, field in getattr(section, "__dataclass_fields__", {}).items():
        if isinstance(field.type, type) and is_dataclass(field.type):
            filled[name] = _with_defaults_below(field.type, known.get(name, {}), given.get(name, {}))
        elif name not in filled and field.default is not MISSING:
            filled[name] = field.default
    return plain(filled)


def last_state(
    folder: Path, recipe: str, resume: bool, today: Callable[[dict[str, Any]], dict[str, Any]] = dict
) -> str | None:
    """The newest state of a run to go on with; ``None`` begins anew.

    Args:
        folder: Of the run: its recipe, ``state``, and ``checkpoint`` at its end.
        recipe: The recipe that is to run, as YAML.
        resume: Whether to go on where there is a run.
        today: Adds what recipes have today to one that was written before.

    Raises:
        FileExistsError: If it holds a run and ``resume`` is not set.
        ValueError: If it holds a run of another recipe.
    """
    written = folder / RECIPE
    if not resume and (written.exists() or (folder / "checkpoint").exists()):
        raise FileExistsError(
            f"{folder} holds a run already; go on with --resume, choose another --output, or remove the folder."
        )
    if written.exists():
        before, now = today(yaml.safe_load(written.read_text(encoding="utf-8"))), yaml.safe_load(recipe)
        changed = [key for key in now if now[key] != before.get(key)]
        if changed:
            raise ValueError(
                f"{written}: the run was begun with other values of {', '.join(changed)}; resume it with the same, or "
                "choose another --output."
            )
    states = sorted((folder / "state").glob("*.ckpt"), key=lambda path: path.stat().st_mtime)
    return str(states[-1]) if states else None


def check_state(path: str, module: nn.Module) -> None:
    """Finds a state that does not fit before Lightning trips over it.

    Args:
        path: The state.
        module: What is trained, with the layers that it will be trained with.

    Raises:
        ValueError: If it cannot be read, or is of other layers.
    """
    try:
        found = torch.load(path, map_location="meta", weights_only=True)["state_dict"]
    except (RuntimeError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise ValueError(f"{path}: is damaged; remove it to begin anew, or restore it.") from error
    expected = module.state_dict()
    wrong = [name for name in {**expected, **found} if _shape(expected.get(name)) != _shape(found.get(name))]
    if wrong:
        raise ValueError(
            f"{path}: expected the weights of this recipe but got others of {', '.join(wrong[:3])}; the texts, vectors "
            "or bioner-zoo changed since the run began: begin anew in another folder."
        )


def _shape(weights: Tensor | None) -> torch.Size | None:
    return None if weights is None else weights.shape
