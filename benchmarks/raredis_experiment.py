"""The experiment of the RareDis paper on any corpus that has its recipes; a run that was interrupted goes on.

    zoo embed recipes/pretraining/word2vec-en-general.yaml
    zoo embed recipes/pretraining/word2vec-en.yaml
    python -m benchmarks.raredis_experiment raredis [--seeds 1 2 3] [--as-printed] [--out CSV] [KEYS AND VALUES]

The feature CRF, then a BiLSTM with a softmax and one with a CRF, each from random, general and biomedical word
vectors: the pretrained ones frozen, or tuned at the learning rate of all other weights; random ones always learn. The
feature CRF, in which nothing is drawn at random, has one seed; it is trained on train as the others are, and once
more with dev, as in the paper. ``--as-printed`` gives the BiLSTMs no more of a word than its vector, and trains them
as the paper did, but that dev F1, not the loss, tells when to stop. Rows go where those of :mod:`benchmarks.accuracy`
go: the table of the experiment in benchmarks/results/README.md is made of them.

Source: Segura-Bedmar, Camino-Perdones & Guerrero-Aspizua (2022), BMC Bioinformatics 23:263, sections "Conditional
random fields (CRF)" and "Bidirectional long short-term memory (BiLSTM)".
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.accuracy import RESULTS, run
from benchmarks.evidence import AS_PRINTED, TRAIN_AND_DEV, VECTORS

RECIPES = Path("recipes")  # as the commands that are recorded name them
HELD_OUT = "0.01"  # of train and dev, where dev is trained on too: training wants a dev document
PRINTED = (
    *("--model.feature_size", "0", "--model.dropout", "0.1", "--model.word_dropout", "0"),
    *("--optimizer.learning_rate", "0.001", "--optimizer.schedule", "constant", "--optimizer.warmup_epochs", "0"),
    *("--training.batch_words", "1500", "--training.patience", "4", "--training.average", "0"),
    *("--training.clip", "0"),
)
"""What of the recipes is the project's own, as the paper has it."""
PRINTED_OPTIMIZER = {"softmax": "adamw", "CRF": "rmsprop"}


class Job(NamedTuple):
    """A run: its recipe, variant, seed, and the keys it changes."""

    recipe: Path
    variant: str
    seed: int
    overrides: tuple[str, ...]


def jobs(corpus: str, seeds: Sequence[int], general: str, biomedical: str, as_printed: bool = False) -> Iterator[Job]:
    """Every run, all of the first seed before those of the next.

    Args:
        corpus: The folder of its recipes.
        seeds: Of the BiLSTMs.
        general: General word vectors.
        biomedical: Biomedical word vectors.
        as_printed: Whether the BiLSTMs are the paper's in all that is told of them.

    Raises:
        FileNotFoundError: If the corpus has not the three recipes.
    """
    paths = [RECIPES / corpus / f"{name}.yaml" for name in ("feature_crf", "bilstm", "bilstm_crf")]
    if missing := [str(path) for path in paths if not path.is_file()]:
        raise FileNotFoundError(
            f"No {', '.join(missing)} — expected the recipes of the experiment — run it in the project's folder, on a "
            "corpus that has them, as raredis."
        )
    features, softmax, crf = paths
    yield Job(features, "", 1, ())
    yield Job(features, TRAIN_AND_DEV, 1, ("--training.held_out", HELD_OUT))
    for seed in seeds:
        for recipe, output in ((softmax, "softmax"), (crf, "CRF")):
            for vectors in VECTORS:
                overrides = _overrides(vectors, general, biomedical)
                if as_printed:
                    overrides += (*PRINTED, "--optimizer.name", PRINTED_OPTIMIZER[output])
                variant = f"{output}, {vectors}"
                yield Job(recipe, f"{AS_PRINTED}{variant}" if as_printed else variant, seed, overrides)


def check_vectors(general: str, biomedical: str) -> None:
    """Looks for word vectors before the first run takes its time.

    Raises:
        FileNotFoundError: If one of them is not there.
    """
    for vectors, kind, recipe in (
        (general, "general", "word2vec-en-general"),
        (biomedical, "biomedical", "word2vec-en"),
    ):
        if not Path(vectors).exists():
            raise FileNotFoundError(
                f"No {kind} word vectors at {vectors} — expected those that the experiment begins from — make them "
                f"with `zoo embed recipes/pretraining/{recipe}.yaml`, or name others with --{kind}."
            )


def _overrides(vectors: str, general: str, biomedical: str) -> tuple[str, ...]:
    """The keys of one of :data:`benchmarks.evidence.VECTORS`."""
    path = {"random": "null", "general": general, "biomedical": biomedical}[vectors.partition(" ")[0]]
    return "--vectors.path", path, "--optimizer.word_vector_rate", "0" if vectors.endswith("frozen") else "1"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", help="the folder below recipes/, as raredis")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--general", default="runs/word2vec-en-general/vectors.safetensors", help="general vectors")
    parser.add_argument("--biomedical", default="runs/word2vec-en/vectors.safetensors", help="biomedical vectors")
    parser.add_argument("--as-printed", action="store_true", help="the BiLSTMs of the paper, which see words alone")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the CSV file that rows are added to")
    given, overrides = parser.parse_known_args(arguments)
    planned = list(jobs(given.corpus, given.seeds, given.general, given.biomedical, given.as_printed))
    check_vectors(given.general, given.biomedical)
    for job in planned:
        print(f"{job.recipe} {job.variant} seed {job.seed}".replace("  ", " "), flush=True)
        run(job.recipe, job.seed, job.variant, [*job.overrides, *overrides], given.out)


if __name__ == "__main__":
    main()
