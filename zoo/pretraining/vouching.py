"""Folders of what is made once, and what they were made by: the same is taken again, another one refused."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo.data import textfile


def vouch(folder: Path, settings: Mapping[str, Any]) -> None:
    """Writes what a part of the preparation is made by, or compares it.

    Raises:
        ValueError: If the folder holds what was made otherwise.
    """
    path = folder / "made-by.json"
    if not path.exists():
        with textfile.writing(path) as file:
            file.write(json.dumps(settings, indent=2, ensure_ascii=False) + "\n")
    before = json.loads(path.read_text(encoding="utf-8"))
    if changed := [key for key in settings if settings[key] != before.get(key)]:
        raise ValueError(
            f"{folder}: was made by another {' and '.join(changed)} than this recipe says; remove it, and what was "
            "made of it, or choose another --output."
        )
