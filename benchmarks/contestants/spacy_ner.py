"""spaCy's entity recognizer in a blank pipeline, as its quickstart has it without vectors; see ``serving``."""

import random
from typing import Any

import spacy
from spacy.training import Example
from spacy.util import minibatch

from benchmarks.contestants.serving import Contestant, serve


def made(task: dict[str, Any]) -> Contestant:
    """The pipeline, initialized on the training documents; each is one example, with its sentences."""
    random.seed(1)
    pipeline = spacy.blank("en")
    pipeline.add_pipe("ner")
    examples = []
    for row in task["train"]:
        document = pipeline.make_doc(row["text"])
        spans = [document.char_span(start, end, label, alignment_mode="expand") for start, end, label in row["spans"]]
        document.ents = spacy.util.filter_spans([span for span in spans if span is not None])
        examples.append(Example(pipeline.make_doc(row["text"]), document))
    optimizer = pipeline.initialize(lambda: examples)

    def epoch() -> None:
        random.shuffle(examples)
        for batch in minibatch(examples, 4):  # some 32 sentences
            pipeline.update(batch, sgd=optimizer, drop=0.1)

    def tag() -> list[list[tuple[int, int, str]]]:
        texts = (row["text"] for row in task["tag"])
        return [
            [(entity.start_char, entity.end_char, entity.label_) for entity in found.ents]
            for found in pipeline.pipe(texts, batch_size=256)
        ]

    return Contestant("spaCy blank en with NER", spacy.__version__, epoch, tag)


if __name__ == "__main__":
    serve(made)
