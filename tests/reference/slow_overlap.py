"""The pairing of SemEval-2013 task 9.1, as plain loops over sets of characters."""

from zoo.data.document import Document, Span


def slow_categories(gold: Document, predicted: Document, protocol: str) -> dict[str, int]:
    """How many pairs and leftovers fall into each category; those that none falls into are missing."""
    free = sorted({span.key for span in gold.spans})
    counts: dict[str, int] = {}

    def add(category: str) -> None:
        counts[category] = counts.get(category, 0) + 1

    for fragments, label in sorted({span.key for span in predicted.spans}):
        touching = [true for true in free if _characters(true[0]) & _characters(fragments)]
        correct = [true for true in touching if _is_correct(true, (fragments, label), protocol)]
        if correct:
            add("correct")
            free.remove(min(correct, key=lambda true: _gap(true[0], fragments)))
        elif touching:
            add("partial" if protocol == "partial" else "incorrect")
            free.remove(touching[0])
        else:
            add("spurious")
    for _ in free:
        add("missed")
    return counts


def _characters(fragments: tuple[tuple[int, int], ...]) -> set[int]:
    return {character for start, end in fragments for character in range(start, end)}


def _gap(one: tuple[tuple[int, int], ...], other: tuple[tuple[int, int], ...]) -> int:
    return abs(one[0][0] - other[0][0]) + abs(one[-1][1] - other[-1][1])


def _is_correct(true: tuple, found: tuple, protocol: str) -> bool:
    if protocol == "strict":
        return true == found
    return true[1] == found[1] if protocol == "type" else true[0] == found[0]


def as_dictionaries(documents: list[Document]) -> list[list[dict]]:
    """The spans as nervaluate wants them: each once, from left to right, ends inclusive."""

    def key(span: Span) -> tuple:
        return span.key

    return [
        [{"label": span.label, "start": span.start, "end": span.end - 1} for span in sorted(set(d.spans), key=key)]
        for d in documents
    ]
