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


def random_tangle(generator: random.Random, length: int, fragments: int = 1, most: int = 5) -> list[Span]:
    """Spans that nest, cross and repeat, of up to so many fragments, in any order; often none at all."""
    spans = []
    for _ in range(generator.choice((0, *range(most + 1)))):
        count = generator.randint(1, fragments)
        cuts = sorted(generator.sample(range(length + 1), 2 * count))
        spans.append(Span(tuple(zip(cuts[::2], cuts[1::2], strict=True)), generator.choice(LABELS)))
    return spans


def random_tangles(
    seed: int, count: int, length: int = 14, fragments: int = 1
) -> tuple[list[Document], list[Document]]:
    """Gold documents and predictions, with spans that overlap; some predictions are gold, but for the label perhaps."""
    generator = random.Random(seed)
    gold, predicted = [], []
    for number in range(count):
        true, found = (random_tangle(generator, length, fragments) for _ in range(2))
        found += [span for span in true if generator.random() < 0.3]
        found += [Span(span.fragments, generator.choice(LABELS)) for span in true if generator.random() < 0.3]
        generator.shuffle(found)
        document = Document(str(number), "x" * length, tuple(true))
        gold.append(document)
        predicted.append(document.with_spans(found))
    return gold, predicted
