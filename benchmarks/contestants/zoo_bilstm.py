"""The zoo's ``char_bilstm_crf`` in the sizes of flair's tagger, trained as ``zoo train`` trains: see ``serving``."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.contestants.serving import Contestant, serve
from zoo.cli.starting import quick_imports

with quick_imports():
    import torch

    from zoo import __version__
    from zoo.data.document import Document, Span
    from zoo.training.build import VectorsConfig, build_tagger
    from zoo.training.datamodule import TaggingDataModule
    from zoo.training.fit import build_trainer
    from zoo.training.optimizers import build_optimizer, with_schedule
    from zoo.training.recipe import read_recipe
    from zoo.training.trainer import silence_lightning

RECIPE = "recipes/ncbi-disease/char_bilstm_crf.yaml"
SIZES = {"word_size": 100, "character_size": 25, "character_hidden": 25, "hidden": 256, "tanh_size": 150}


def documents_of(rows: list[dict[str, Any]]) -> list[Document]:
    """Documents with their spans."""
    return [
        Document(str(number), row["text"], spans=tuple(Span.of(*span) for span in row.get("spans", ())))
        for number, row in enumerate(rows)
    ]


def made(task: dict[str, Any]) -> Contestant:
    """The tagger, with random vectors that are learnt."""
    torch.set_num_threads(1)
    silence_lightning()
    settings = read_recipe(RECIPE, ["--vectors.path", "null", "--optimizer.word_vector_rate", "1"])
    train, texts = documents_of(task["train"]), [row["text"] for row in task["tag"]]
    tagger = build_tagger(
        "char_bilstm_crf", settings["codec"], settings["model"] | SIZES, train, VectorsConfig(path=None)
    )
    words = task["batch"] * sum(len(s) for row in task["train"] for s in row["sentences"]) / task["sentences"]
    data = TaggingDataModule(train, train[:1], tagger, batch_words=round(words))
    tagger.optimization = lambda module: with_schedule(
        settings["optimizer"], build_optimizer(settings["optimizer"], module), len(data.train_dataloader()), 100
    )

    def epoch() -> None:
        with tempfile.TemporaryDirectory() as folder:
            training = replace(settings["training"], epochs=1)
            build_trainer(Path(folder), training, settings["trainer"], progress=True)[0].fit(tagger, data)

    def tag() -> list[list[tuple[int, int, str]]]:
        return [[(s.start, s.end, s.label) for s in document.spans] for document in tagger.tag(texts)]

    return Contestant("bioner-zoo", __version__, epoch, tag)


if __name__ == "__main__":
    serve(made)
