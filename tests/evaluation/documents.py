"""Random documents of single-character words, so that words and characters have the same offsets."""

import random

from zoo.data.document import Document, Span

LABELS = ("Chemical", "Disease", "Gene")


def random_flat_spans(generator: random.Random, length: int) -> list[Span]:
    """Flat spans from left to right, some of them adjacent."""
    spans, position = [], generator.randrange(3)
    while (end := position + generator.randint(1, 3)) <= length:
        spans.append(Span.of(position, end, generator.choice(LABELS)))
        position = end + generator.randrange(4)
    return spans


def random_pairs(seed: int, count: int, length: int = 30) -> tuple[list[Document], list[Document]]:
    """Gold documents, some of them empty, and predictions which are often right."""
    generator = random.Random(seed)
    gold, predicted = [], []
    for number in range(count):
        true = random_flat_spans(generator, length) if generator.random() < 0.9 else []
        found = [span for span in true if generator.random() < 0.7]
        for extra in random_flat_spans(generator, length):
            free = all(extra.end <= span.start or span.end <= extra.start for span in found)
            if free and generator.random() < 0.4:
                found.append(extra)
        document = Document(str(number), "x" * length, tuple(true))
        gold.append(document)
        predicted.append(document.with_spans(found))
    return gold, predicted
