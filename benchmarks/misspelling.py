"""Names as they are mistyped."""

import random

from zoo.linking.normalizers import without_accents


def misspelt(name: str, draw: random.Random, errors: int) -> str:
    """A name with letters changed, left out, doubled or swapped, its accents lost, and its words in another order."""
    letters = [*without_accents(name).lower()]
    for _ in range(errors):
        place = draw.randrange(1, max(2, len(letters) - 1))
        kind = draw.choice(("change", "leave out", "double", "swap"))
        if kind == "change":
            letters[place] = draw.choice("abcdefghijklmnopqrstuvwxyz")
        elif kind == "leave out":
            del letters[place]
        elif kind == "double":
            letters.insert(place, letters[place])
        else:
            letters[place - 1 : place + 1] = letters[place - 1 : place + 1][::-1]
    words = "".join(letters).split()
    if len(words) > 1 and draw.random() < 0.5:
        turn = draw.randrange(1, len(words))
        words = words[turn:] + words[:turn]
    return " ".join(words)
