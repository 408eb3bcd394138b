"""Writing, reading and verifying checkpoint folders.

A folder holds ``config.json`` (format version, architecture, model, codec, and the sha256 of every other file it
needs), ``model.safetensors`` (or several files of weights and their index, as transformers has them), one text file a
vocabulary, and where words are read in pieces ``tokenizer.json`` and ``tokenizer_config.json``. Training lays
``recipe.yaml``, ``metrics.json`` and ``golden.json`` beside them. Nothing is unpickled, nothing is fetched.
"""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from zoo.text.ngrams import Ngrams
from zoo.text.pieces import PieceTokenizer
from zoo.text.vocab import Vocabulary, read_vocabulary

FORMAT = 1
CONFIG, WEIGHTS = "config.json", "model.safetensors"
_INDEX, _PART = "model.safetensors.index.json", re.compile(r"model-(\d{5})-of-(\d{5})\.safetensors")
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json")
_NGRAMS = "ngrams"  # a tensor of the weights; in the configuration, the shortest and the longest one's characters


class CheckpointError(ValueError):
    """A folder that no tagger can be rebuilt from; the message reads ``path: what — expected — what to do``."""

    def __init__(self, path: str | Path, message: str) -> None:
        self.path = str(path)
        super().__init__(f"{path}: {message}")


@dataclass(frozen=True)
class Checkpoint:
    """What a folder holds.

    Args:
        architecture: Key of the registry.
        model: Constructor arguments of the architecture, JSON values.
        codec: Arguments of the codec, JSON values.
        weights: Parameters by name.
        vocabularies: Vocabularies by name (``words``, ``characters``).
        ngrams: What the vectors of words that are in no vocabulary are composed of.
        tokenizer: What cuts words into pieces.
        foreign: Further keys of ``config.json``, JSON values, by which other programs know what the folder holds; they
            are not read back.
    """

    architecture: str
    model: Mapping[str, Any]
    codec: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    vocabularies: Mapping[str, Vocabulary]
    ngrams: Ngrams | None = None
    tokenizer: PieceTokenizer | None = None
    foreign: Mapping[str, Any] = field(default_factory=dict)


def write_checkpoint(folder: Path, checkpoint: Checkpoint, most_bytes: int | None = None) -> None:
    """Writes a folder; whatever else lies in it stays, and nothing half-written is ever seen under a final name.

    Args:
        folder: Made if it is not there.
        checkpoint: What to write. Half-precision tensors are stored as such.
        most_bytes: The most bytes of weights in a file, where they are to be in several; a larger tensor has a file of
            its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        weights = {name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.weights.items()}
        if checkpoint.ngrams:
            weights[_NGRAMS] = torch.from_numpy(checkpoint.ngrams.matrix)
        _write_weights(staged, weights, most_bytes)
        if checkpoint.tokenizer:
            (staged / _TOKENIZER[0]).write_text(checkpoint.tokenizer.definition, encoding="utf-8", newline="\n")
            (staged / _TOKENIZER[1]).write_text(_as_json(checkpoint.tokenizer.settings), encoding="utf-8")
        for name, vocabulary in checkpoint.vocabularies.items():
            (staged / f"{name}.txt").write_text(vocabulary.to_text(), encoding="ascii", newline="\n")
        config: dict[str, Any] = {
            **checkpoint.foreign,
            "format": FORMAT,
            "architecture": checkpoint.architecture,
            "model": dict(checkpoint.model),
            "codec": dict(checkpoint.codec),
            "vocabularies": sorted(checkpoint.vocabularies),
            "sha256": {path.name: sha256_of(path) for path in sorted(staged.iterdir())},
        }
        if checkpoint.ngrams:
            config[_NGRAMS] = [checkpoint.ngrams.shortest, checkpoint.ngrams.longest]
        (staged / CONFIG).write_text(_as_json(config), encoding="utf-8")
        for path in sorted(staged.iterdir(), key=lambda path: path.name == CONFIG):  # config.json last: it vouches
            path.replace(folder / path.name)
        for path in folder.iterdir():  # weights of what stood here before, which other programs might take for these
            if path.name.startswith("model") and ".safetensors" in path.name and path.name not in config["sha256"]:
                path.unlink()
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _write_weights(folder: Path, weights: dict[str, Tensor], most_bytes: int | None) -> None:
    """Weights in one file, or in several with an index, as transformers names them."""
    names = {WEIGHTS: list(weights)}
    if most_bytes:
        from huggingface_hub import split_torch_state_dict_into_shards

        planned = split_torch_state_dict_into_shards(weights, max_shard_size=most_bytes)
        names = planned.filename_to_tensors
        if planned.is_sharded:
            told = {"metadata": planned.metadata, "weight_map": planned.tensor_to_filename}
            (folder / _INDEX).write_text(_as_json(told), encoding="utf-8")
    for file, held in names.items():
        # save_file would hide it from other users; other programs want to know whose tensors they are.
        saved = safetensors.torch.save({name: weights[name] for name in held}, metadata={"format": "pt"})
        (folder / file).write_bytes(saved)


def read_checkpoint(folder: Path) -> Checkpoint:
    """Reads and verifies a folder.

    Args:
        folder: As :func:`write_checkpoint` made it.

    Returns:
        Its contents; half-precision tensors, but for n-grams, are widened to float32.

    Raises:
        CheckpointError: If a file is missing, damaged, cut short, of another format or not a checkpoint's at all.
    """
    config = _read_config(folder)
    for name, expected in config["sha256"].items():
        _verify(folder / name, expected)
    try:
        files = [name for name in config["sha256"] if name.endswith(".safetensors")]
        weights = {name: t for file in files for name, t in safetensors.torch.load_file(folder / file).items()}
        vocabularies = {name: read_vocabulary(folder / f"{name}.txt") for name in config["vocabularies"]}
        ngrams = Ngrams(weights.pop(_NGRAMS).numpy(), *config[_NGRAMS]) if _NGRAMS in config else None
        tokenizer = _read_tokenizer(folder) if _TOKENIZER[0] in config["sha256"] else None
    except (SafetensorError, ValueError, OSError, TypeError, KeyError) as error:
        raise CheckpointError(folder, f"cannot be read ({error}); take a fresh copy of the checkpoint.") from error
    return Checkpoint(
        architecture=config["architecture"],
        model=config["model"],
        codec=config["codec"],
        weights={name: t.float() if t.dtype in (torch.float16, torch.bfloat16) else t for name, t in weights.items()},
        vocabularies=vocabularies,
        ngrams=ngrams,
        tokenizer=tokenizer,
    )


def _read_tokenizer(folder: Path) -> PieceTokenizer:
    definition, settings = ((folder / name).read_text(encoding="utf-8") for name in _TOKENIZER)
    return PieceTokenizer(definition, json.loads(settings))


def _as_json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def result_in(folder: str | Path) -> Path:
    """The checkpoint of a run's folder; a folder that is no run's is one itself.

    Raises:
        CheckpointError: If the run is not complete.
    """
    found = Path(folder) / "checkpoint"
    if (found / CONFIG).is_file():
        return found
    if (Path(folder) / "recipe.yaml").is_file() and not (Path(folder) / CONFIG).is_file():
        raise CheckpointError(folder, "is the folder of a run that is not complete; go on with it (--resume) first.")
    return Path(folder)


def read_architecture(folder: Path) -> str:
    """The architecture's key of a folder, without reading its weights.

    Raises:
        CheckpointError: If the folder is no checkpoint's.
    """
    return _read_config(folder)["architecture"]


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    if not folder.is_dir():
        raise CheckpointError(folder, "is not a folder; expected a checkpoint folder with config.json in it.")
    if not path.is_file():
        found = ", ".join(sorted(entry.name for entry in folder.iterdir())[:8]) or "nothing"
        raise CheckpointError(folder, f"has no {CONFIG} (found {found}); expected a checkpoint folder of this zoo.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(path, f"is not JSON ({error}); take a fresh copy of the checkpoint.") from error
    if not isinstance(config, dict) or "format" not in config:
        raise CheckpointError(path, "has no 'format'; it was written by another program, not by this zoo.")
    if config["format"] != FORMAT:
        raise CheckpointError(
            path, f"has format {config['format']!r}, expected {FORMAT}; update bioner-zoo to read it."
        )
    shape = {"architecture": str, "model": dict, "codec": dict, "vocabularies": list, "sha256": dict}
    for key, kind in shape.items():
        if not isinstance(config.get(key), kind):
            raise CheckpointError(
                path, f"expected {key!r} to be a {kind.__name__}; take a fresh copy of the checkpoint."
            )
    parts = [part for name in config["sha256"] if (part := _PART.fullmatch(name))]
    all_there = {int(part[2]) for part in parts} == {len(parts)}
    weights = {_INDEX, *(part[0] for part in parts)} if all_there else {WEIGHTS}
    needed = weights | {f"{name}.txt" for name in config["vocabularies"]}
    if _TOKENIZER[0] in config["sha256"]:
        needed.update(_TOKENIZER)
    if set(config["sha256"]) != needed or any("/" in name or "\\" in name for name in needed):
        raise CheckpointError(path, f"vouches for {sorted(config['sha256'])}, expected {sorted(needed)}.")
    return config


def _verify(path: Path, expected: str) -> None:
    if not path.is_file():
        raise CheckpointError(path, "is missing; the checkpoint is incomplete, take a fresh copy.")
    if (actual := sha256_of(path)) != expected:
        raise CheckpointError(
            path,
            f"is damaged or cut short: sha256 {actual[:12]}…, expected {str(expected)[:12]}…; take a fresh copy "
            "(with Git LFS or a zip, check that the download was complete).",
        )


def sha256_of(path: Path) -> str:
    """The checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
