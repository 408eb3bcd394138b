"""What teachers think of texts: their emissions at every word, computed once, kept in half precision, read from disk.

Emissions and the CRF above them are all there is to know: tag paths, softmaxes at any temperature and the probabilities
of the CRF follow from them. A teacher's folder holds them in one file, which is mapped, not loaded; it is filled some
hundred documents at a time, and goes on where it was interrupted.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from zoo.checkpoint.folder import CONFIG, read_architecture, result_in, sha256_of
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
_EMISSIONS, _DONE = "emissions.npy", "done.json"
_LOG = logging.getLogger(__name__)  # what takes minutes is told; the command line shows it


class Lesson(NamedTuple):
    """What one teacher thinks of documents.

    Args:
        crf: Makes tags of its emissions; with the constraints, and in the order of tags, of the student.
        emissions: At the words of all documents, in reading order, shape (N, T), float16.
        words: How many words come before each document.
    """

    crf: CRF
    emissions: np.ndarray
    words: list[int]

    def at(self, document: int, first: int, end: int) -> np.ndarray:
        """Emissions at words ``first`` up to ``end`` of a document, shape (end - first, T)."""
        begin = self.words[document]
        return self.emissions[begin + first : begin + end]


def teach(
    checkpoint: Path, documents: Sequence[Document], codec: Codec, folder: Path, device: torch.device | str = "cpu"
) -> Lesson:
    """Asks a teacher about documents, but for those whose answers are there.

    Args:
        checkpoint: The teacher's folder, or that of its run.
        documents: The texts.
        codec: The student's: words and tags must be the teacher's, its windows need not.
        folder: For the answers.
        device: Where the teacher computes.

    Raises:
        CheckpointError: If the teacher cannot be loaded.
        ValueError: If it reads other words or knows other tags, or the folder holds the answers of another one.
    """
    teacher = read_teacher(checkpoint).to(device)
    check_teacher(teacher, codec, checkpoint)
    # The configuration tells the checksums of all else.
    made_by = {"teacher": sha256_of(result_in(checkpoint) / CONFIG), "documents": _fingerprint(documents)}
    vouch(folder, made_by | {"tags": codec.tags, "segmentation": codec.config.segmentation})
    order = torch.tensor([teacher.codec.tags.index(tag) for tag in codec.tags])
    ends = [*accumulate(sum(map(len, codec.segment(document))) for document in documents)]
    words = [0, *ends][: len(documents)]
    _fill(folder, teacher, documents, [*words, ends[-1] if ends else 0], order.numpy())
    emissions = np.load(folder / _EMISSIONS, mmap_mode="c")  # torch wants what it could write to
    return Lesson(_crf_of(teacher, codec, order), emissions, words)


def _fill(
    folder: Path, teacher: Tagger, documents: Sequence[Document], words: Sequence[int], order: np.ndarray
) -> None:
    """Writes the teacher's emissions, some hundred documents at a time, from where it was interrupted."""
    path, done = folder / _EMISSIONS, folder / _DONE
    begun = json.loads(done.read_text(encoding="utf-8"))["documents"] if done.exists() and path.exists() else 0
    if begun == len(documents) and path.exists():
        return
    shape = (words[-1], len(order))
    mode = "r+" if begun else "w+"
    held = np.lib.format.open_memmap(path, mode, dtype=np.float16, shape=None if begun else shape)
    for first in range(begun, len(documents), _PART):
        end = min(first + _PART, len(documents))
        _LOG.info("teacher: %s of %s documents", f"{first:,}", f"{len(documents):,}")
        held[words[first] : words[end]] = _emissions(teacher, documents[first:end])[:, order]
        held.flush()
        with textfile.writing(done) as file:
            file.write(json.dumps({"documents": end}))


def read_teacher(checkpoint: Path) -> Tagger:
    """The tagger of a checkpoint's folder, or of that of its run.

    Raises:
        CheckpointError: If it cannot be loaded.
    """
    found = result_in(checkpoint)
    return architecture_named(read_architecture(found)).from_pretrained(found)


def check_teacher(teacher: Tagger, codec: Codec, place: Path) -> None:
    """Finds a teacher that a student of this codec cannot learn from.

    Raises:
        ValueError: If it reads other words or knows other tags.
    """
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
    """Adds what each teacher thinks to windows in reading order (:func:`layer_of`).

    Of documents beyond those that the teachers were asked about, it is nothing: zeros.
    """
    done: dict[int, int] = {}
    taught: list[Window] = []
    for window in windows:
        first = done.get(window.document, 0)
        done[window.document] = end = first + len(window.forms)
        layers = {
            layer_of(row): lesson.at(window.document, first, end)
            if window.document < len(lesson.words)
            else np.zeros((len(window.forms), lesson.emissions.shape[1]), dtype=np.float16)
            for row, lesson in enumerate(lessons)
        }
        taught.append(window._replace(layers={**window.layers, **layers}))
    return taught
