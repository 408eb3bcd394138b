"""The official evaluation of BioCreative II gene mention as plain loops over the lines of its files."""


def slow_counts(genes: list[str], alternatives: list[str], predicted: list[str]) -> tuple[int, int, int]:
    """True positives, false positives and false negatives of lines ``id|start end|text``."""
    tp = fp = fn = 0
    for gene in genes:
        found = False
        for line in predicted:
            if _place(line) == _place(gene):
                found = True
            for other in alternatives:
                if _place(line) == _place(other) and _characters(other) & _characters(gene):
                    found = True
        tp, fn = tp + found, fn + (not found)
    for line in predicted:
        if not any(_place(line) == _place(other) for other in genes + alternatives):
            fp += 1
    return tp, fp, fn


def _place(line: str) -> tuple[str, str]:
    sentence, offsets, _ = line.split("|")
    return sentence, offsets


def _characters(line: str) -> set[tuple[str, int]]:
    sentence, offsets = _place(line)
    start, end = map(int, offsets.split())
    return {(sentence, character) for character in range(start, end + 1)}
