"""The official PharmaCoNER evaluations on the lines of their files, with lists instead of sets."""

Scores = tuple[int, int, int]


def slow_track1(gold: list[str], predicted: list[str], skip_unclear: bool) -> Scores:
    """True positives, false positives and false negatives of one document's ``T`` lines."""
    true = [_triple(line) for line in gold if line.startswith("T")]
    if skip_unclear:
        true = [triple for triple in true if triple[0] != "UNCLEAR"]
    return _compare(true, [_triple(line) for line in predicted if line.startswith("T")])


def slow_track2(gold: list[tuple[str, str]], predicted: list[str], skip_unclear: bool) -> Scores:
    """The same of codes; gold ones with the type of the mention that carries them."""
    true = [
        code
        for kind, code in gold
        if not skip_unclear or kind != "UNCLEAR" or any(c == code and k != "UNCLEAR" for k, c in gold)
    ]
    return _compare(true, predicted)


def _triple(line: str) -> tuple[str, int, int]:
    kind, start, end = line.split("\t")[1].split()
    return kind, int(start), int(end)


def _compare(true: list, found: list) -> Scores:
    seen: list = []
    tp = fp = 0
    for one in found:
        if one not in seen:
            seen.append(one)
            tp, fp = tp + (one in true), fp + (one not in true)
    missed: list = []
    for one in true:
        if one not in found and one not in missed:
            missed.append(one)
    return tp, fp, len(missed)
