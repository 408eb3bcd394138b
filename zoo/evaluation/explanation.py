"""Why a tagger gave its tags: what it computed for each word of a window, as arrays and as JSON values."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Explanation:
    """What a tagger made of one window of W words, with T tags, H features and characters in E dimensions.

    Args:
        words: As written.
        offsets: Of each word in its document, in characters.
        spans: What was found, as (first word, one past the last word, label, score).
        tags: Names of the T tags.
        path: The tag of each word on the best path, as a number of ``tags``.
        emissions: Score of each tag at each word before neighbours are asked, shape (W, T).
        probabilities: Probability of each tag at each word once all words are, shape (W, T).
        representation: What the last layer reads of each word, shape (W, H); H is 0 where there is no such layer.
        attention: For each word the weight of each of its C characters in each dimension, shape (C, E), sums over
            characters are 1; empty without character attention.
    """

    words: tuple[str, ...]
    offsets: tuple[tuple[int, int], ...]
    spans: tuple[tuple[int, int, str, float], ...]
    tags: tuple[str, ...]
    path: tuple[int, ...]
    emissions: "np.ndarray"
    probabilities: "np.ndarray"
    representation: "np.ndarray"
    attention: "tuple[np.ndarray, ...]" = ()

    def spelled(self, word: int) -> str:
        """The characters of a word that attention weighs: all, or of a very long word the first and the last."""
        form, count = self.words[word], len(self.attention[word]) if self.attention else len(self.words[word])
        return form[: count - count // 2] + form[len(form) - count // 2 :]

    def to_dict(self) -> dict[str, Any]:
        """JSON values, word by word."""
        return {
            "spans": [
                {"start": self.offsets[first][0], "end": self.offsets[end - 1][1], "label": label, "score": score}
                for first, end, label, score in self.spans
            ],
            "words": [self._word(word) for word in range(len(self.words))],
        }

    def _word(self, word: int) -> dict[str, Any]:
        start, end = self.offsets[word]
        values: dict[str, Any] = {
            "text": self.words[word],
            "start": start,
            "end": end,
            "tag": self.tags[self.path[word]],
            "probabilities": dict(zip(self.tags, _rounded(self.probabilities[word]), strict=True)),
            "emissions": dict(zip(self.tags, _rounded(self.emissions[word]), strict=True)),
            "representation": _rounded(self.representation[word]),
        }
        if self.attention:
            weights = self.attention[word]
            values["characters"] = [
                {"character": character, "weight": weight, "weights": by_dimension}
                for character, weight, by_dimension in zip(
                    self.spelled(word), _rounded(weights.mean(1)), _rounded(weights), strict=True
                )
            ]
        return values


def _rounded(values: "np.ndarray") -> list[Any]:
    """Numbers of six decimals, as lists."""
    return values.astype(float).round(6).tolist()
