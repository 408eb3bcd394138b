"""Distillation: several frozen teachers, one student, and texts without labels.

The teachers are asked once (:mod:`zoo.weak.lessons`); the student is a tagger as any other but for what it learns by
(:mod:`zoo.weak.distillation`). Its folder is that of a run, and holds besides the ``lessons``, ``similarity.csv`` and
``.png``, which tell how alike the first two teachers are, and ``cases.html``: what of the test part, else of dev, the
student found that none of them had.
"""

import csv
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pytorch_lightning import seed_everything

from zoo.checkpoint.folder import result_in
from zoo.data import textfile
from zoo.data.document import Corpus, Document
from zoo.models.tagger import Tagger
from zoo.text.codec import Codec, CodecConfig
from zoo.training.build import ResourcesConfig, VectorsConfig, build_tagger
from zoo.training.datamodule import TaggingDataModule
from zoo.training.fit import Run, Trained, TrainingConfig, fit, trained_in
from zoo.training.hold_out import load_splits
from zoo.training.optimizers import OptimizerConfig
from zoo.training.resume import last_state, recipe_text, with_defaults
from zoo.training.trainer import TrainerConfig, device_of, silence_lightning
from zoo.weak.cases import cases_of, write_page
from zoo.weak.distillation import GOLD, Distillation, DistillationConfig
from zoo.weak.lessons import Lesson, check_teacher, read_teacher, teach, with_lessons
from zoo.weak.reading import Taken, distinct, read_documents
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
        texts: Files, folders and patterns of documents (:func:`zoo.weak.reading.read_documents`); labels are not
            looked at, and documents of the corpus are left out.
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
    _check(teachers, gold, most, trainer)
    if trainer.threads:
        torch.set_num_threads(trainer.threads)
    known = load_splits(corpus, training.held_out)
    if (trained := trained_in(folder)) is None:
        unlabelled = _texts(texts, most, known)
        documents = [*unlabelled, *[*known["train"]] * gold]
        _LOG.info("%s texts, %s gold documents", f"{len(unlabelled):,}", f"{len(documents) - len(unlabelled):,}")
        seed_everything(seed, workers=True, verbose=False)
        student = build_tagger(architecture, codec, model or {}, documents, vectors, resources)
        _check_student(student)
        data = TaggingDataModule(
            documents,
            known["dev"],
            student,
            batch_words=training.batch_words,
            seed=seed,
            window_words=training.window_words,
        )
        lessons = _lessons(folder, teachers, unlabelled, student.codec, device_of(trainer))
        student.objective = Distillation(distillation, [lesson.crf for lesson in lessons])
        data.windows["train"] = _taught(data.windows["train"], lessons, first_gold=len(unlabelled))
        run = Run(folder, recipe, last, optimizer, training, trainer, seed, progress)
        trained = fit(student, Corpus(known.name, {**known.splits, "train": tuple(documents)}), data, run)
    if not (folder / CASES).exists():
        _write_cases(folder, trained.tagger, teachers, known["test" if "test" in known else "dev"])
    return trained


def _check(teachers: Sequence[str], gold: int, most: int, trainer: TrainerConfig) -> None:
    """What is to be told before anything long begins."""
    if not teachers:
        raise ValueError("Expected at least one teacher but got none.")
    if trainer.devices not in (1, "1"):
        raise ValueError(f"Expected one device (trainer.devices) but got {trainer.devices!r}.")
    if gold < 0 or most < 0:
        raise ValueError(f"Expected gold and most of at least 0 but got {gold} and {most}.")


def _check_student(student: Tagger) -> None:
    if not student.descends or type(student).loss is not Tagger.loss:
        raise ValueError(
            f"Expected a student that learns by its emissions and its CRF or softmax but got {student.key!r}, which "
            "has a loss of its own."
        )


def _texts(texts: Sequence[str] | str, most: int, known: Corpus) -> list[Document]:
    """Documents without spans, each once, and none of the gold ones."""
    gold = Taken(document for split in known for document in known[split])
    left_out: Counter[str] = Counter()
    found = distinct(read_documents(texts, lenient=True), gold, left_out)
    taken = [document.with_spans([]) for document in islice(found, most or None)]
    if not taken:
        raise ValueError(f"Expected texts that are not in {known.name!r} but got none; left out: {dict(left_out)}.")
    for reason, count in left_out.items():
        _LOG.info("left out %s texts %s", f"{count:,}", reason)
    return taken


def _lessons(
    folder: Path, teachers: Sequence[str], documents: Sequence[Document], codec: Codec, device: torch.device
) -> list[Lesson]:
    """What each teacher thinks; and how alike the first two are, as a table and a picture."""
    for teacher in teachers:  # before any of them is asked
        check_teacher(read_teacher(Path(teacher)), codec, Path(teacher))
    lessons = [
        teach(Path(teacher), documents, codec, folder / "lessons" / str(row), device)
        for row, teacher in enumerate(teachers)
    ]
    if len(lessons) > 1:
        _write_similarity(folder, documents, label_similarity(documents, codec, lessons))
    return lessons


def _write_similarity(folder: Path, documents: Sequence[Document], values: Mapping[int, float]) -> None:
    """How alike the first two teachers are, as a table and, where it can be drawn, as a picture."""
    with textfile.writing(folder / "similarity.csv") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["document", "similarity"])
        rows.writerows((documents[place].id, f"{value:.4f}") for place, value in values.items())
    if find_spec("matplotlib"):
        draw_similarity([*values.values()], folder / SIMILARITY)
    else:
        _LOG.info("no picture of how alike the teachers are: pip install 'bioner-zoo[plot]'")


def _write_cases(folder: Path, student: Tagger, teachers: Sequence[str], documents: Sequence[Document]) -> None:
    """What the student finds in documents whose mentions are known, beside what its teachers find."""
    answers = [read_teacher(Path(teacher)).tag(documents) for teacher in teachers]
    cases = cases_of(documents, student.tag(documents), answers)
    picture = folder / SIMILARITY
    places = [result_in(teacher) for teacher in teachers]
    names = [place.parent.name if place.name == "checkpoint" else place.name for place in places]
    write_page(cases, names, folder / CASES, picture if picture.exists() else None)


def _taught(windows: Any, lessons: Sequence[Lesson], first_gold: int) -> list[Any]:
    """The windows with what the teachers think of them, and which are gold."""
    return [
        window._replace(
            layers={**window.layers, GOLD: np.full(len(window.forms), window.document >= first_gold, dtype=np.uint8)}
        )
        for window in with_lessons(windows, lessons)
    ]
