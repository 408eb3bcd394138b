"""Where an interrupted run goes on: it ends where an uninterrupted one ends, or is refused."""

import inspect
import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
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
        default: Any = parameter.default
        if isinstance(parameter.annotation, type) and is_dataclass(parameter.annotation):
            given = recipe.get(name, {})
            default = plain({name: default})[name] if default is not parameter.empty else {}
            default = default or _defaults(parameter.annotation)
            filled[name] = {**default, **given}
        elif default is not parameter.empty:
            filled.setdefault(name, default)
    return filled


def _defaults(section: type) -> dict[str, Any]:
    """Those arguments of a section that have a default."""
    found = {name: given.default for name, given in inspect.signature(section).parameters.items()}
    return plain({name: value for name, value in found.items() if value is not inspect.Parameter.empty})


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
