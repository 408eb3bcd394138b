"""What teachers think of texts: their emissions at every word, computed once, kept in half precision, read from disk.

Emissions and the CRF above them are all there is to know: tag paths, softmaxes at any temperature and the probabilities
of the CRF follow from them. A teacher's folder holds them in parts of some hundred documents, which are mapped, not
loaded; one that was interrupted goes on with the part it was at.
"""

import hashlib
import logging
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from zoo.checkpoint.folder import CONFIG, read_architecture, sha256_of
from zoo.crf import CRF
from zoo.data import textfile
from zoo.data.document import Document
from zoo.models.registry import architecture_named
from zoo.models.tagger import Tagger
from zoo.pretraining.vouching import vouch
from zoo.text.batch import budget_batches
from zoo.text.codec import Codec, Window

_PART = 500  # documents
_BATCH_WORDS = 4096
_LARGEST = float(np.finfo(np.float16).max)
_LOG = logging.getLogger(__name__)  # what takes minutes is told; the command line shows it


class Lesson(NamedTuple):
    """What one teacher thinks of all documents.

    Args:
        crf: Makes tags of its emissions; with the constraints, and in the order of tags, of the student.
        parts: Emissions at the words of some hundred documents each, shape (N, T), float16.
        ends: Up to which document each part goes.
        words: How many words of its part come before each document.
    """

    crf: CRF
    parts: list[np.ndarray]
    ends: list[int]
    words: list[int]

    def at(self, document: int, first: int, end: int) -> np.ndarray:
        """Emissions at words ``first`` up to ``end`` of a document, shape (end - first, T)."""
        begin = self.words[document]
        return self.parts[bisect_right(self.ends, document)][begin + first : begin + end]


def teach(checkpoint: Path, documents: Sequence[Document], codec: Codec, folder: Path) -> Lesson:
    """Asks a teacher about documents, but for those whose answers are there.

    Args:
        checkpoint: The teacher's folder, or that of its run.
        documents: The texts.
        codec: The student's: words and tags must be the teacher's, its windows need not.
        folder: For the answers.

    Raises:
        CheckpointError: If the teacher cannot be loaded.
        ValueError: If it reads other words or knows other tags, or the folder holds the answers of another one.
    """
    found = checkpoint / "checkpoint" if (checkpoint / "checkpoint").is_dir() else checkpoint
    teacher = read_teacher(found)
    _check(teacher, codec, found)
    vouch(
        folder, {"teacher": sha256_of(found / CONFIG), "documents": _fingerprint(documents)}
    )  # it vouches for weights
    order = torch.tensor([teacher.codec.tags.index(tag) for tag in codec.tags])
    counts = [sum(map(len, codec.segment(document))) for document in documents]
    parts: list[np.ndarray] = []
    for first in range(0, len(documents), _PART):
        path = folder / f"{first:09d}.npy"
        if not path.exists():
            _LOG.info("teacher %s: %s of %s documents", found, f"{first:,}", f"{len(documents):,}")
            with textfile.replacing(path) as partial, open(partial, "wb") as file:
                np.save(file, _emissions(teacher, documents[first : first + _PART])[:, order.numpy()])
        parts.append(np.load(path, mmap_mode="c"))  # torch wants what it could write to
    ends = [min(first + _PART, len(documents)) for first in range(0, len(documents), _PART)]
    words = [0] * len(documents)
    for first, end in zip([0, *ends], ends, strict=False):
        words[first:end] = [0, *accumulate(counts[first : end - 1])]
    return Lesson(_crf_of(teacher, codec, order), parts, ends, words)


def read_teacher(checkpoint: Path) -> Tagger:
    """The tagger of a checkpoint's folder, or of that of its run.

    Raises:
        CheckpointError: If it cannot be loaded.
    """
    found = checkpoint / "checkpoint" if (checkpoint / "checkpoint").is_dir() else checkpoint
    return architecture_named(read_architecture(found)).from_pretrained(found)


def _check(teacher: Tagger, codec: Codec, place: Path) -> None:
    own, wanted = teacher.codec.config, codec.config
    if own.segmentation != wanted.segmentation:
        raise ValueError(
            f"{place}: reads words of segmentation {own.segmentation}, the student of {wanted.segmentation}; expected "
            "the same (codec.segmentation)."
        )
    if {*teacher.codec.tags} != {*codec.tags}:
        raise ValueError(
            f"{place}: knows {', '.join(own.labels)} in {own.scheme}, the student {', '.join(wanted.labels)} in "
            f"{wanted.scheme}; expected the same tags (codec.labels, codec.scheme)."
        )


def _fingerprint(documents: Iterable[Document]) -> str:
    digest = hashlib.sha256()
    for document in documents:
        digest.update(f"{document.id}\n{len(document.text)}\n{document.text}\n".encode())
    return digest.hexdigest()


@torch.inference_mode()
def _emissions(teacher: Tagger, documents: Sequence[Document]) -> np.ndarray:
    """The teacher's scores at all words of documents, in reading order, shape (N, T), float16."""
    windows, _ = teacher.codec.encode(documents, gold=False)
    rows: list[Tensor] = [torch.empty(0, len(teacher.codec.tags))] * len(windows)
    for indices in budget_batches([len(window.forms) for window in windows], _BATCH_WORDS):
        batch = teacher.read([windows[index] for index in indices])
        scores = teacher(batch).float().clamp(-_LARGEST, _LARGEST).cpu()  # (B, W, T)
        for index, row in zip(indices, scores, strict=True):
            rows[index] = row[: len(windows[index].forms)]
    return torch.cat(rows or [torch.empty(0, len(teacher.codec.tags))]).half().numpy()


def _crf_of(teacher: Tagger, codec: Codec, order: Tensor) -> CRF:
    """The teacher's CRF over the student's tags; of a teacher without one, the legal paths all alike."""
    crf = CRF(len(codec.tags), batch_first=True, constraints=codec.transitions)
    own: Mapping[str, Tensor] = dict(teacher.crf.state_dict()) if teacher.crf.state_dict() else {}
    for name, parameter in crf.named_parameters():
        moves = own.get(name, torch.zeros_like(parameter))
        parameter.data = moves[order][:, order] if moves.dim() == 2 else moves[order]
    return crf.requires_grad_(False)


def layer_of(teacher: int) -> str:
    """The name of the layer that holds what a teacher thinks of a window's words, (W, T)."""
    return f"taught_{teacher}"


def with_lessons(windows: Sequence[Window], lessons: Sequence[Lesson]) -> list[Window]:
    """Adds what each teacher thinks to windows in reading order (:func:`layer_of`)."""
    done: dict[int, int] = {}
    taught: list[Window] = []
    for window in windows:
        first = done.get(window.document, 0)
        done[window.document] = end = first + len(window.forms)
        layers = {layer_of(row): lesson.at(window.document, first, end) for row, lesson in enumerate(lessons)}
        taught.append(window._replace(layers={**window.layers, **layers}))
    return taught
