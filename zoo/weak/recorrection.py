"""Label re-correction: a tagger learns from weak labels, then from gold ones, and labels the weak texts anew.

Given gold training documents T, gold development documents D and a weakly labelled set L,

    1. a new tagger C learns from L alone,
    2. C goes on learning from T,
    3. C labels the texts of L anew, whose labels are replaced,

and again from the first, until the F1 of C on D no longer rises. What L is worth is told by the tagger of the first
step, which has seen nothing else. A round is a folder, in which everything lies that was made:

    round-0/corpus/      the set, as train, and the gold documents of other splits
    round-0/learnt/      what learns from it alone: a run as of ``zoo train``
    round-0/tuned/       the same after the gold documents: the correction model
    round-0/round.json   figures

Source: Zhou et al. (2021), section "Label re-correction strategy".
"""

import csv
import json
import logging
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from zoo.data import formats, jsonl, textfile
from zoo.data.document import Corpus, Document
from zoo.data.splits import data_root, load_corpus
from zoo.models.registry import architecture_named
from zoo.models.tagger import Tagger
from zoo.text.codec import CodecConfig
from zoo.training.build import ResourcesConfig, VectorsConfig
from zoo.training.fit import Trained, TrainingConfig
from zoo.training.hold_out import hold_out
from zoo.training.optimizers import OptimizerConfig
from zoo.training.resume import RECIPE, last_state, recipe_text, with_defaults
from zoo.training.train import train
from zoo.training.trainer import TrainerConfig

SET, CORRECTED, ROUNDS = "train.jsonl.gz", "corrected.jsonl.gz", "rounds.csv"
_LOG = logging.getLogger(__name__)  # what takes minutes is told; the command line shows it
_AT_ONCE = 500  # documents that are tagged together


@dataclass(frozen=True)
class TuningConfig:
    """The ``tuning`` section: how the correction model learns from gold documents what it learnt from weak ones.

    Args:
        optimizer: As of a recipe.
        training: As of a recipe.
    """

    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)


class Round(NamedTuple):
    """What a round came to.

    Args:
        number: How often the set was corrected before it.
        mentions: In the set, by label.
        changed: Share of these that were not in the set before, or not so; 0 in the first.
        learnt: Scores of the tagger that learnt from the set alone, by split.
        tuned: The same of the correction model; empty where nothing more was to be corrected.
        minutes: That both took to learn.
    """

    number: int
    mentions: dict[str, int]
    changed: float
    learnt: dict[str, dict[str, float]]
    tuned: dict[str, dict[str, float]]
    minutes: float

    def __str__(self) -> str:
        shown = "; ".join(
            f"{model}, {split}: P {scores['precision']:.4f} R {scores['recall']:.4f} F1 {scores['f1']:.4f}"
            for model, of in (("learnt", self.learnt), ("tuned", self.tuned))
            for split, scores in of.items()
        )
        return f"round {self.number}: {sum(self.mentions.values()):,} mentions; {shown}"


class Recorrected(NamedTuple):
    """What is left in the end.

    Args:
        documents: The file of the corrected set.
        learnt: The checkpoint that learnt from it alone.
        rounds: What each came to, in order.
    """

    documents: Path
    learnt: Path
    rounds: list[Round]


def recorrect(
    *,
    weak: tuple[str, ...] | str,
    corpus: str,
    architecture: str,
    codec: CodecConfig,
    model: dict[str, Any] | None = None,
    vectors: VectorsConfig = VectorsConfig(),
    resources: ResourcesConfig = ResourcesConfig(),
    optimizer: OptimizerConfig = OptimizerConfig(),
    training: TrainingConfig = TrainingConfig(),
    tuning: TuningConfig = TuningConfig(),
    trainer: TrainerConfig = TrainerConfig(),
    held_out: float = 0.0,
    corrections: int = 4,
    seed: int = 1,
    output: str = "runs/recorrected",
    resume: bool = False,
    progress: bool = True,
) -> Recorrected:
    """Corrects a weakly labelled set, round by round. The arguments are the keys of a recipe.

    Args:
        weak: Files or folders of weakly labelled documents, below the working directory or the data folder; spans of
            labels that the codec has not are left out.
        corpus: The gold documents: a corpus by name, or a folder with train, dev and, to be scored on, test.
        architecture: Of the correction model, a key of the registry that learns by gradient descent.
        codec: Labels, tag scheme, segmentation, window.
        model: Arguments of the architecture's constructor.
        vectors: Pretrained word vectors.
        resources: What else the architecture is built from.
        optimizer: Optimizer and schedule of learning from the set.
        training: Epochs, batches and stopping of the same.
        tuning: The same of learning from gold documents.
        trainer: Device and precision; one device.
        held_out: Share of the gold train and dev documents together that is held out as dev; 0 keeps the splits.
        corrections: The most.
        seed: Of initialization, shuffling and dropout.
        output: Folder of the rounds; in the end also of ``corrected.jsonl.gz``, ``rounds.csv`` and
            ``checkpoint``, which learnt from the corrected set alone.
        resume: Go on in the round, and at the step in it, where a run was interrupted.
        progress: Show progress bars.

    Raises:
        FileExistsError: If the folder holds a run and ``resume`` is not set.
        FileNotFoundError: If there are no such documents.
        ValueError: If a setting is wrong, no document is left, or the folder's run was begun with another recipe.
    """
    recipe = recipe_text({key: value for key, value in locals().items() if key not in ("output", "resume", "progress")})
    _check(architecture, corrections, trainer, (training, tuning.training))
    folder = Path(output)
    last_state(folder, recipe, resume, partial(with_defaults, function=recorrect))
    gold = load_corpus(corpus)
    gold = hold_out(gold, held_out) if held_out else gold
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECIPE).write_text(recipe, encoding="utf-8")
    _write_corpus(folder / "gold", gold["train"], gold)
    learn = partial(
        train, architecture=architecture, codec=codec, model=model, trainer=trainer, seed=seed, progress=progress
    )
    rounds: list[Round] = []
    documents: list[Document] = []
    for number in range(corrections + 1):
        place, before = folder / f"round-{number}", documents
        if not number and not _is_written(place / "corpus"):
            _write_corpus(place / "corpus", _weak_documents(weak, codec.labels), gold)
        documents = [*jsonl.read(place / "corpus" / SET)]
        _LOG.info("round %s: learning from %s weakly labelled documents", number, f"{len(documents):,}")
        learnt = learn(
            corpus=str(place / "corpus"),
            output=str(place / "learnt"),
            vectors=vectors,
            resources=resources,
            optimizer=optimizer,
            training=training,
            resume=True,
        )
        tuned = None
        if number < corrections:
            _LOG.info("round %s: learning from %s gold documents", number, f"{len(gold['train']):,}")
            tuned = learn(
                corpus=str(folder / "gold"),
                output=str(place / "tuned"),
                start=str(place / "learnt"),
                optimizer=tuning.optimizer,
                training=tuning.training,
                resume=True,
            )
        rounds.append(_round(number, before, documents, learnt, tuned))
        (place / "round.json").write_text(json.dumps(rounds[-1]._asdict(), indent=2) + "\n", encoding="utf-8")
        _LOG.info("%s", rounds[-1])
        if tuned is None or (number and rounds[-1].tuned["dev"]["f1"] <= rounds[-2].tuned["dev"]["f1"]):
            break
        if not _is_written(folder / f"round-{number + 1}" / "corpus"):
            _LOG.info("round %s: labelling anew", number)
            _write_corpus(folder / f"round-{number + 1}" / "corpus", _labelled(documents, tuned.tagger), gold)
    return _finish(folder, rounds)


def _check(architecture: str, corrections: int, trainer: TrainerConfig, sections: Sequence[TrainingConfig]) -> None:
    """What is to be told before anything long begins."""
    if not architecture_named(architecture).descends:
        raise ValueError(f"Expected an architecture that goes on learning but got {architecture!r}, which learns anew.")
    if corrections < 1:
        raise ValueError(f"Expected at least one of corrections but got {corrections}.")
    if trainer.devices not in (1, "1"):
        raise ValueError(
            f"Expected one device (trainer.devices) but got {trainer.devices!r}: rounds follow each other."
        )
    if any(section.held_out for section in sections):
        raise ValueError("Expected held_out beside training and tuning, for both, but got it within one of them.")


def _weak_documents(weak: Sequence[str] | str, labels: Sequence[str]) -> Iterator[Document]:
    """Weakly labelled documents with spans of the codec's labels."""
    for name in [weak] if isinstance(weak, str) else weak:
        path = Path(name) if Path(name).exists() else data_root() / name
        if not path.exists():
            raise FileNotFoundError(f"No {name}, neither below the working directory nor below {data_root()} (weak).")
        for document in formats.read(path):
            yield document.with_spans([span for span in document.spans if span.label in labels])


def _is_written(folder: Path) -> bool:
    return (folder / SET).exists()


def _write_corpus(folder: Path, train_documents: Iterable[Document], gold: Corpus) -> None:
    """A corpus of one's own: documents to learn from, with the gold ones for the other splits; the former last."""
    for split in gold:
        if split != "train":
            jsonl.write(gold[split], folder / f"{split}.jsonl.gz")
    jsonl.write(train_documents, folder / SET)


def _labelled(documents: Sequence[Document], tagger: Tagger) -> Iterator[Document]:
    """The documents with what a tagger finds in them, as if it were true."""
    for first in range(0, len(documents), _AT_ONCE):
        for document in tagger.tag(documents[first : first + _AT_ONCE]):
            yield document.with_spans([replace(span, score=None) for span in document.spans])


def _round(
    number: int, before: Sequence[Document], documents: Sequence[Document], learnt: Trained, tuned: Trained | None
) -> Round:
    both = [trained for trained in (learnt, tuned) if trained]
    return Round(
        number,
        dict(sorted(Counter(span.label for document in documents for span in document.spans).items())),
        _changed(before, documents) if number else 0.0,
        _scores(learnt),
        _scores(tuned) if tuned else {},
        round(sum(trained.metrics["train_minutes"] for trained in both), 1),
    )


def _changed(before: Sequence[Document], after: Sequence[Document]) -> float:
    """The share of a set's mentions that were not in it before."""
    old = {(document.id, *span.key) for document in before for span in document.spans}
    new = {(document.id, *span.key) for document in after for span in document.spans}
    return len(new - old) / len(new) if new else 0.0


def _scores(trained: Trained) -> dict[str, dict[str, float]]:
    """Strict micro scores by split."""
    splits = [split for split in ("dev", "test") if split in trained.metrics]
    return {
        split: {name: trained.metrics[split]["micro"][name] for name in ("precision", "recall", "f1")}
        for split in splits
    }


def _finish(folder: Path, rounds: Sequence[Round]) -> Recorrected:
    """Brings the last round's set, and what learnt from it, to where they are looked for."""
    last = folder / f"round-{rounds[-1].number}"
    with textfile.replacing(folder / CORRECTED) as path:
        shutil.copyfile(last / "corpus" / SET, path)
    shutil.copytree(last / "learnt" / "checkpoint", folder / "checkpoint", dirs_exist_ok=True)
    write_rounds(folder / ROUNDS, rounds)
    return Recorrected(folder / CORRECTED, folder / "checkpoint", [*rounds])


def write_rounds(path: Path, rounds: Sequence[Round]) -> None:
    """Writes a row for each round, model and split: what learnt from the set alone, and the correction model."""
    with textfile.writing(path) as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["corrections", "model", "split", "precision", "recall", "f1", "mentions", "changed"])
        for each in rounds:
            for model, scores in (("learnt", each.learnt), ("tuned", each.tuned)):
                for split, found in scores.items():
                    figures = [f"{found[name]:.4f}" for name in ("precision", "recall", "f1")]
                    mentions = sum(each.mentions.values())
                    rows.writerow([each.number, model, split, *figures, mentions, f"{each.changed:.4f}"])
