"""Distillation: several frozen teachers, one student, and texts without labels.

The teachers are asked once (:mod:`zoo.weak.lessons`); the student is a tagger as any other but for what it learns by
(:mod:`zoo.weak.distillation`). Its folder is that of a run, and holds besides the ``lessons``, ``similarity.csv`` and
``.png``, which tell how alike the first two teachers are, and ``cases.html``: what of the test part, else of dev, the
student found that none of them had.
"""

import csv
import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pytorch_lightning import seed_everything

from zoo.data import formats, textfile
from zoo.data.document import Corpus, Document
from zoo.data.splits import data_root, load_corpus
from zoo.models.tagger import Tagger
from zoo.text.codec import Codec, CodecConfig
from zoo.training.build import ResourcesConfig, VectorsConfig, build_tagger
from zoo.training.datamodule import TaggingDataModule
from zoo.training.fit import Run, Trained, TrainingConfig, fit, trained_in
from zoo.training.hold_out import hold_out
from zoo.training.optimizers import OptimizerConfig
from zoo.training.resume import last_state, recipe_text, with_defaults
from zoo.training.trainer import TrainerConfig, silence_lightning
from zoo.weak.cases import cases_of, write_page
from zoo.weak.distillation import GOLD, Distillation, DistillationConfig
from zoo.weak.lessons import Lesson, read_teacher, teach, with_lessons
from zoo.weak.similarity import draw_similarity, label_similarity

CASES, SIMILARITY = "cases.html", "similarity.png"
_LOG = logging.getLogger(__name__)  # what takes minutes is told; the command line shows it


def distill(
    *,
    teachers: tuple[str, ...],
    texts: tuple[str, ...] | str,
    corpus: str,
    architecture: str,
    codec: CodecConfig,
    model: dict[str, Any] | None = None,
    vectors: VectorsConfig = VectorsConfig(),
    resources: ResourcesConfig = ResourcesConfig(),
    distillation: DistillationConfig = DistillationConfig(),
    gold: int = 1,
    most: int = 0,
    optimizer: OptimizerConfig = OptimizerConfig(),
    training: TrainingConfig = TrainingConfig(),
    trainer: TrainerConfig = TrainerConfig(),
    seed: int = 1,
    output: str = "runs/distilled",
    resume: bool = False,
    progress: bool = True,
) -> Trained:
    """Trains a student on what its teachers think of texts. The arguments are the keys of a recipe.

    Args:
        teachers: Folders of checkpoints, or of runs, of the same tags and words as the student; any architecture.
        texts: Files or folders of documents, below the working directory or the data folder; labels are not looked at.
        corpus: Gold documents: dev chooses the weights, train is learnt from, too, test is scored.
        architecture: Of the student, one that learns by gradient descent and has no loss of its own.
        codec: Labels, tag scheme, segmentation, window of the student.
        model: Arguments of the architecture's constructor.
        vectors: Pretrained word vectors.
        resources: What else the architecture is built from.
        distillation: The objective.
        gold: How often a gold training document is learnt from in an epoch, by its gold tags; 0 leaves them out.
        most: Only so many documents of the texts, the first; 0 takes all.
        optimizer: Optimizer and schedule.
        training: Epochs, batches, stopping, averaging.
        trainer: Device and precision; one device.
        seed: Of initialization, shuffling and dropout.
        output: Folder of the run.
        resume: Go on where a run was interrupted.
        progress: Show progress bars.

    Raises:
        CheckpointError: If a teacher cannot be loaded.
        FileExistsError: If the folder holds a run and ``resume`` is not set.
        FileNotFoundError: If there are no such texts.
        ValueError: If a teacher has other tags or words than the student, a setting is wrong, or the folder's run was
            begun with another recipe.
    """
    recipe = recipe_text({key: value for key, value in locals().items() if key not in ("output", "resume", "progress")})
    silence_lightning()
    folder = Path(output)
    last = last_state(folder, recipe, resume, partial(with_defaults, function=distill))
    if trainer.threads:
        torch.set_num_threads(trainer.threads)
    if trainer.devices not in (1, "1"):
        raise ValueError(f"Expected one device (trainer.devices) but got {trainer.devices!r}.")
    if not teachers:
        raise ValueError("Expected at least one teacher but got none.")
    known = load_corpus(corpus)
    known = hold_out(known, training.held_out) if training.held_out else known
    if (trained := trained_in(folder)) is None:
        unlabelled = [*_texts(texts, most, known)]
        documents = [*unlabelled, *[*known["train"]] * gold]
        _LOG.info("%s texts, %s gold documents", f"{len(unlabelled):,}", f"{len(documents) - len(unlabelled):,}")
        lessons = [
            teach(Path(teacher), documents, Codec(codec), folder / "lessons" / str(row))
            for row, teacher in enumerate(teachers)
        ]
        if len(lessons) > 1:
            _write_similarity(folder, documents, label_similarity(documents, Codec(codec), lessons))
        seed_everything(seed, workers=True, verbose=False)
        student = build_tagger(architecture, codec, model or {}, documents, vectors, resources)
        _check(student)
        student.objective = Distillation(distillation, [lesson.crf for lesson in lessons])
        data = TaggingDataModule(
            documents,
            known["dev"],
            student,
            batch_words=training.batch_words,
            seed=seed,
            window_words=training.window_words,
        )
        data.windows["train"] = _taught(data.windows["train"], lessons, first_gold=len(unlabelled))
        run = Run(folder, recipe, last, optimizer, training, trainer, seed, progress)
        trained = fit(student, Corpus(known.name, {**known.splits, "train": tuple(documents)}), data, run)
    if not (folder / CASES).exists():
        _write_cases(folder, trained.tagger, teachers, known["test" if "test" in known else "dev"])
    return trained


def _write_similarity(folder: Path, documents: Sequence[Document], values: Mapping[int, float]) -> None:
    """How alike the first two teachers are, as a table and, where it can be drawn, as a picture."""
    with textfile.writing(folder / "similarity.csv") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["document", "similarity"])
        rows.writerows((documents[place].id, f"{value:.4f}") for place, value in values.items())
    if find_spec("matplotlib"):
        draw_similarity([*values.values()], folder / SIMILARITY)


def _write_cases(folder: Path, student: Tagger, teachers: Sequence[str], documents: Sequence[Document]) -> None:
    """What the student finds in documents whose mentions are known, beside what its teachers find."""
    answers = [read_teacher(Path(teacher)).tag(documents) for teacher in teachers]
    cases = cases_of(documents, student.tag(documents), answers)
    picture = folder / SIMILARITY
    names = [Path(teacher).name for teacher in teachers]
    write_page(cases, names, folder / CASES, picture if picture.exists() else None)


def _texts(texts: Sequence[str] | str, most: int, known: Corpus) -> Iterator[Document]:
    """Documents without spans, each id and text once, and none of the gold ones."""
    seen = {document.text for split in known for document in known[split]}
    taken = 0
    for name in [texts] if isinstance(texts, str) else texts:
        path = Path(name) if Path(name).exists() else data_root() / name
        if not path.exists():
            raise FileNotFoundError(f"No {name}, neither below the working directory nor below {data_root()} (texts).")
        for document in formats.read(path):
            if document.text not in seen and not (most and taken == most):
                seen.add(document.text)
                taken += 1
                yield document.with_spans([])
    if not taken:
        raise ValueError(f"Expected texts that are not in {known.name!r} but got none.")


def _check(student: Tagger) -> None:
    if not student.descends or type(student).loss is not Tagger.loss:
        raise ValueError(
            f"Expected a student that learns by its emissions and its CRF or softmax but got {student.key!r}, which "
            "has a loss of its own."
        )


def _taught(windows: Any, lessons: Sequence[Lesson], first_gold: int) -> list[Any]:
    """The windows with what the teachers think of them, and which are gold."""
    return [
        window._replace(
            layers={**window.layers, GOLD: np.full(len(window.forms), window.document >= first_gold, dtype=np.uint8)}
        )
        for window in with_lessons(windows, lessons)
    ]
