"""Folders of what is made once, and what they were made by: the same is taken again, another one refused."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def vouch(folder: Path, settings: Mapping[str, Any]) -> None:
    """Writes what a part of the preparation is made by, or compares it.

    Raises:
        ValueError: If the folder holds what was made otherwise.
    """
    path = folder / "made-by.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    before = json.loads(path.read_text(encoding="utf-8"))
    if changed := [key for key in settings if settings[key] != before.get(key)]:
        raise ValueError(
            f"{folder}: was made by another {' and '.join(changed)} than this recipe says; remove it, and what was "
            "made of it (tokenizer, shards), or choose another folder."
        )
