"""Encoders of the transformers library: configuration, tokenizer and weights of a folder or a Hub repository.

``transformers`` is imported where it is needed: it takes longer than all else a command imports.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NewType

import torch
from torch import Tensor, nn

from zoo.text.pieces import PieceTokenizer

_OF_THE_FILE = (
    "_name_or_path",
    "architectures",
    "transformers_version",
    "dtype",
    "torch_dtype",
    "id2label",
    "label2id",
)
_OF_THE_PLACE = ("backend", "is_local", "local_files_only", "name_or_path", "special_tokens_map_file", "tokenizer_file")


EncoderConfig = NewType("EncoderConfig", dict[str, Any])
"""The configuration of a transformers encoder, JSON values: what its class is built from, and ``model_type``."""


@dataclass(frozen=True)
class Encoder:
    """A pretrained encoder.

    Args:
        name: Folder or Hub repository, and after an ``@`` its revision.
        config: What its network is built from.
        tokenizer: What it reads texts by.
    """

    name: str
    config: EncoderConfig
    tokenizer: PieceTokenizer

    def weights(self) -> dict[str, Tensor]:
        """Its weights as :func:`build_network` names them, those of a last layer left out.

        Raises:
            FileNotFoundError: If they are not there.
            ValueError: If they are no safetensors, or some of the encoder's are missing or have another shape.
        """
        from transformers import AutoModelForTokenClassification

        folder = Path(_place(self.name)["pretrained_model_name_or_path"])
        if (folder / "pytorch_model.bin").exists() and not [*folder.glob("*.safetensors")]:
            raise ValueError(
                f"Encoder {self.name}: its weights are a pickle, pytorch_model.bin, which is not read here; write them "
                f'anew, where you trust it: python -c "from transformers import AutoModel; '
                f"AutoModel.from_pretrained('{folder}').save_pretrained('{folder}')\"."
            )
        with _quiet(self.name):
            network, told = AutoModelForTokenClassification.from_pretrained(
                **_place(self.name), dtype=torch.float32, output_loading_info=True, use_safetensors=True
            )
        prefix = f"{network.base_model_prefix}."
        wrong = {*told["missing_keys"], *(key for key, *_ in told["mismatched_keys"])}
        if lost := sorted(key for key in wrong if key.startswith(prefix)):
            raise ValueError(
                f"Encoder {self.name}: {len(lost)} of its weights are missing or have another shape, as {lost[0]} — "
                f"expected those of a {self.config['model_type']!r} encoder — take a fresh copy."
            )
        given = network.state_dict().items()
        return {name: weight for name, weight in given if name not in wrong and not name.startswith("classifier.")}


def read_encoder(name: str) -> Encoder:
    """Reads configuration and tokenizer of an encoder.

    Args:
        name: A folder, or that of a run of ``zoo pretrain``, or a repository of the Hugging Face Hub, as
            ``dmis-lab/biobert-v1.1``; after an ``@`` a revision of it.

    Raises:
        FileNotFoundError: If there is neither such a folder nor such a repository within reach.
        ValueError: If it is no encoder's, or has no tokenizer that fits it.
    """
    from transformers import AutoConfig, AutoTokenizer

    with _quiet(name):
        try:
            found = AutoConfig.from_pretrained(**_place(name))
        except ValueError as error:
            raise ValueError(
                f"Encoder {name}: {str(error).splitlines()[0]} — expected an encoder of transformers; where this is a "
                "tagger, name the encoder that it was trained from."
            ) from error
        known = AutoConfig.for_model(found.model_type).to_dict()
        config = {key: value for key, value in found.to_dict().items() if key in known}
        tokenizer = AutoTokenizer.from_pretrained(**_place(name))
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise ValueError(f"Encoder {name}: expected a tokenizer of the tokenizers library but it has none.")
        with tempfile.TemporaryDirectory() as folder:
            tokenizer.save_pretrained(folder)
            settings = json.loads((Path(folder) / "tokenizer_config.json").read_text(encoding="utf-8"))
    backend.no_truncation()
    backend.no_padding()
    kept = EncoderConfig({key: value for key, value in config.items() if key not in _OF_THE_FILE})
    pieces = PieceTokenizer(backend.to_str(), _settings(settings))
    if len(pieces) <= len(pieces.special):  # transformers makes one up where it finds none
        raise ValueError(f"Encoder {name}: no tokenizer — expected tokenizer.json or vocab.txt — take a fresh copy.")
    if len(pieces) > config["vocab_size"]:
        raise ValueError(
            f"Encoder {name}: a tokenizer of {len(pieces)} pieces, expected at most {config['vocab_size']}, those that "
            "the encoder knows; take both from one place."
        )
    return Encoder(name, kept, pieces)


def _settings(settings: dict[str, Any]) -> dict[str, Any]:
    """A tokenizer_config.json without what only held where it was read; older versions want another class's name."""
    kept = {key: value for key, value in settings.items() if key not in _OF_THE_PLACE}
    if kept.get("tokenizer_class") == "TokenizersBackend":
        kept["tokenizer_class"] = "PreTrainedTokenizerFast"
    return kept


def build_network(config: EncoderConfig, tags: list[str]) -> nn.Module:
    """A token classifier of transformers with random weights.

    Args:
        config: Of its encoder.
        tags: What its last layer scores.

    Raises:
        ValueError: If transformers does not know ``model_type``, or it cannot score words.
    """
    from transformers import AutoModelForTokenClassification

    return AutoModelForTokenClassification.from_config(classifier_config(config, tags))


def classifier_config(config: EncoderConfig, tags: list[str]) -> Any:
    """The configuration of a token classifier, as transformers has it."""
    from transformers import AutoConfig

    given = {key: value for key, value in config.items() if key != "model_type"}
    names = {"id2label": dict(enumerate(tags)), "label2id": {tag: row for row, tag in enumerate(tags)}}
    return AutoConfig.for_model(config["model_type"], **given, **names)


def depths_of(network: nn.Module) -> dict[int, int]:
    """How deep each parameter of an encoder lies, by its identity: 0 below the first layer, n in the nth and above it.

    Args:
        network: With its layers in a ``ModuleList``, registered in the order in which they are passed.
    """
    lists = [each for each in network.modules() if isinstance(each, nn.ModuleList)]
    layers = max(lists, key=len, default=nn.ModuleList())
    depths = {id(p): number for number, layer in enumerate(layers, start=1) for p in layer.parameters()}
    below = 0
    for parameter in network.parameters():
        below = max(below, depths.get(id(parameter), 0))
        depths.setdefault(id(parameter), below)
    return depths


def _place(name: str) -> dict[str, Any]:
    """The arguments by which transformers finds a folder, or a repository at a revision."""
    folder = Path(name)
    if folder.exists():
        of_a_run = (folder / "checkpoint" / "config.json").exists() and not (folder / "config.json").exists()
        found = folder / "checkpoint" if of_a_run else folder
        return {"pretrained_model_name_or_path": str(found), "local_files_only": True}
    repository, _, revision = name.partition("@")
    return {"pretrained_model_name_or_path": repository, **({"revision": revision} if revision else {})}


def recompute(network: Any) -> None:
    """Lets a network of transformers forget what its layers computed, and compute it once more on the way back."""
    enable: Any = getattr(network, "activation_checkpointing_enable", None)  # the new name
    (enable or network.gradient_checkpointing_enable)({"use_reentrant": False})


@contextmanager
def silent_transformers() -> Iterator[None]:
    """Lets transformers say nothing and draw no bars."""
    from transformers.utils import logging

    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Lets transformers say nothing, and says itself what could not be read."""
    try:
        with silent_transformers():
            yield
    except OSError as error:
        raise FileNotFoundError(
            f"No encoder at {name}: neither a folder with config.json, model.safetensors and tokenizer.json, nor a "
            f"repository of the Hugging Face Hub that can be reached ({str(error).splitlines()[0]}) — correct "
            "--resources.encoder, or download it and name its folder."
        ) from error
