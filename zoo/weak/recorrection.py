"""Label re-correction: a tagger learns from weak labels, then from gold ones, and labels the weak texts anew.

Given gold training documents T, gold development documents D and a weakly labelled set L,

    1. a new tagger C learns from L alone,
    2. C goes on learning from T (a tagger that learns anew does so from L and T),
    3. C labels the texts of L anew, whose labels are replaced,

and again from the first, until the F1 of C on D no longer rises. What L is worth is told by the tagger of the first
step, which has seen nothing else. A round is a folder, in which everything lies that was made:

    round-0/weak/        the set, as train, and the gold documents of other splits
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

from zoo.data import jsonl, textfile
from zoo.data.document import Corpus, Document
from zoo.models.registry import architecture_named
from zoo.models.tagger import Tagger
from zoo.text.codec import CodecConfig
from zoo.training.build import ResourcesConfig, VectorsConfig
from zoo.training.fit import Trained, TrainingConfig
from zoo.training.hold_out import load_splits
from zoo.training.optimizers import OptimizerConfig
from zoo.training.resume import RECIPE, last_state, recipe_text, with_defaults
from zoo.training.train import train
from zoo.training.trainer import TrainerConfig, device_of
from zoo.weak.reading import Taken, distinct, read_documents

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
        changed: Share of the mentions in it and in the set before that are in one of both alone; 0 in the first.
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
        weak: Files, folders and patterns of weakly labelled documents (:func:`zoo.weak.reading.read_documents`);
            documents that are in dev or test are left out, and spans of labels that the codec has not.
        corpus: The gold documents: a corpus by name, or a folder with train, dev and, to be scored on, test.
        architecture: Of the correction model, a key of the registry.
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
        ValueError: If a setting is wrong, no mention is left, or the folder's run was begun with another recipe.
    """
    recipe = recipe_text({key: value for key, value in locals().items() if key not in ("output", "resume", "progress")})
    _check(corrections, trainer, (training, tuning.training))
    folder = Path(output)
    gold = load_splits(corpus, held_out, "held_out")
    begun = (folder / "round-0" / "learnt" / RECIPE).exists()
    if begun or (folder / "checkpoint").exists():
        last_state(folder, recipe, resume, partial(with_defaults, function=recorrect))
    if not begun:  # nothing was learnt yet: all is made anew
        _write_corpus(_set(folder, 0), _weak_documents(weak, codec.labels, gold), gold)
        (folder / RECIPE).write_text(recipe, encoding="utf-8")
    learn = partial(
        train,
        architecture=architecture,
        codec=codec,
        model=model,
        trainer=trainer,
        seed=seed,
        resume=True,
        progress=progress,
    )
    afresh = partial(learn, vectors=vectors, resources=resources, optimizer=optimizer)
    rounds: list[Round] = []
    documents: list[Document] = []
    for number in range(corrections + 1):
        place, before = folder / f"round-{number}", documents
        documents = [*jsonl.read(_set(folder, number) / SET)]
        _LOG.info("round %s: learning from %s weakly labelled documents", number, f"{len(documents):,}")
        learnt = afresh(corpus=str(_set(folder, number)), output=str(place / "learnt"), training=training)
        tuned = None
        if number < corrections:
            _LOG.info("round %s: learning from %s gold documents", number, f"{len(gold['train']):,}")
            if goes_on_learning(architecture):
                if not number:
                    _write_corpus(folder / gold.name, gold["train"], gold)
                going_on = partial(learn, start=str(place / "learnt"), optimizer=tuning.optimizer)
                both = folder / gold.name
            else:
                both, going_on = place / f"{gold.name}-and-weak", afresh
                _write_corpus(both, [*documents, *gold["train"]], gold)
            tuned = going_on(corpus=str(both), output=str(place / "tuned"), training=tuning.training)
        rounds.append(_round(number, before, documents, learnt, tuned))
        (place / "round.json").write_text(json.dumps(rounds[-1]._asdict(), indent=2) + "\n", encoding="utf-8")
        _LOG.info("%s", rounds[-1])
        if tuned is None or not _is_better(rounds) or not _relabel(folder, number, documents, tuned, trainer, gold):
            break
    return _finish(folder, rounds)


def goes_on_learning(architecture: str) -> bool:
    """Whether a tagger of an architecture can learn from other documents what it learnt from some; else all is new."""
    kind = architecture_named(architecture)
    return kind.descends and kind.learn is Tagger.learn


def _check(corrections: int, trainer: TrainerConfig, sections: Sequence[TrainingConfig]) -> None:
    """What is to be told before anything long begins."""
    if corrections < 1:
        raise ValueError(f"Expected at least one of corrections but got {corrections}.")
    if trainer.devices not in (1, "1"):
        raise ValueError(
            f"Expected one device (trainer.devices) but got {trainer.devices!r}: rounds follow each other."
        )
    if any(section.held_out for section in sections):
        raise ValueError("Expected held_out beside training and tuning, for both, but got it within one of them.")


def _set(folder: Path, number: int) -> Path:
    """The corpus of a round: its set, with the gold documents of other splits."""
    return folder / f"round-{number}" / "weak"


def _weak_documents(weak: Sequence[str] | str, labels: Sequence[str], gold: Corpus) -> list[Document]:
    """Weakly labelled documents, each once and none to be scored on, with spans of the codec's labels."""
    left_out, dropped = Counter[str](), Counter[str]()
    scored_on = Taken(document for split in gold if split != "train" for document in gold[split])
    found = []
    for document in distinct(read_documents(weak), scored_on, left_out):
        dropped.update(span.label for span in document.spans if span.label not in labels)
        found.append(document.with_spans([span for span in document.spans if span.label in labels]))
    if not any(document.spans for document in found):
        have = f"{len(found)} documents with mentions of {', '.join(sorted(dropped)) or 'nothing'}"
        raise ValueError(f"Expected weakly labelled mentions of {', '.join(labels)} (codec.labels) but got {have}.")
    for reason, count in left_out.items():
        _LOG.info("left out %s weakly labelled documents %s", f"{count:,}", reason)
    for label, count in sorted(dropped.items()):
        _LOG.info("left out %s mentions of %s, which is no label of the codec", f"{count:,}", label)
    return found


def _write_corpus(folder: Path, train_documents: Iterable[Document], gold: Corpus) -> None:
    """A corpus of one's own: documents to learn from, with the gold ones for the other splits; the former last."""
    for split in gold:
        if split != "train":
            jsonl.write(gold[split], folder / f"{split}.jsonl.gz")
    jsonl.write(train_documents, folder / SET)


def _is_better(rounds: Sequence[Round]) -> bool:
    """Whether the correction model of the last round is better than the one before, on dev."""
    return len(rounds) < 2 or rounds[-1].tuned["dev"]["f1"] > rounds[-2].tuned["dev"]["f1"]


def _relabel(
    folder: Path, number: int, documents: Sequence[Document], tuned: Trained, trainer: TrainerConfig, gold: Corpus
) -> bool:
    """Makes the next round's set, unless it is there; whether there is anything in it."""
    if not (_set(folder, number + 1) / SET).exists():
        _LOG.info("round %s: labelling anew", number)
        labelled = [*_labelled(documents, tuned.tagger.to(device_of(trainer)))]
        if not any(document.spans for document in labelled):
            _LOG.info("round %s: the correction model finds nothing; the set stays as it is", number)
            return False
        _write_corpus(_set(folder, number + 1), labelled, gold)
    return True


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
    """The share of mentions of two sets of the same documents that are in one of them alone."""
    old, new = (
        {(place, *span.key) for place, document in enumerate(each) for span in document.spans}
        for each in (before, after)
    )
    return len(old ^ new) / len(old | new) if old | new else 0.0


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
        shutil.copyfile(_set(folder, rounds[-1].number) / SET, path)
    if not (folder / "checkpoint").exists():
        partly = folder / ".checkpoint.part"
        shutil.rmtree(partly, ignore_errors=True)
        shutil.copytree(last / "learnt" / "checkpoint", partly)
        partly.rename(folder / "checkpoint")
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
