"""How alike two teachers are: the share of a document's words that both give the same tag, as a histogram.

Source: Zhou et al. (2021), section "Knowledge distillation" and Fig. 3: tags are those of IOB2.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from zoo.data.document import Document
from zoo.evaluation.drawing import COLOURS, INK, NORMAL, SMALL, drawing, plain
from zoo.text.batch import budget_batches
from zoo.text.codec import Codec
from zoo.weak.lessons import Lesson

_BATCH_WORDS = 4096


def label_similarity(documents: Sequence[Document], codec: Codec, lessons: Sequence[Lesson]) -> dict[int, float]:
    """The similarity of the first two of several teachers, by the place of each document that has words.

    Args:
        documents: What they were asked about.
        codec: The student's, whose windows are read.
        lessons: What they think.
    """
    windows, _ = codec.encode(documents, gold=False)
    done: dict[int, int] = {}
    firsts = []
    for window in windows:
        firsts.append(done.get(window.document, 0))
        done[window.document] = firsts[-1] + len(window.forms)
    different = np.zeros(len(documents), dtype=int)
    for indices in budget_batches([len(window.forms) for window in windows], _BATCH_WORDS):
        lengths = np.array([len(windows[index].forms) for index in indices])
        marks = []
        for lesson in lessons[:2]:
            scores = torch.zeros(len(indices), lengths.max(), len(codec.tags))
            for row, index in enumerate(indices):
                found = lesson.at(windows[index].document, firsts[index], firsts[index] + lengths[row])
                scores[row, : lengths[row]] = torch.from_numpy(found)
            mask = torch.arange(lengths.max()) < torch.from_numpy(lengths)[:, None]
            marks.append(_marks(codec.word_spans(lesson.crf.viterbi(scores, mask).numpy(), lengths)))
        for place in {**marks[0], **marks[1]}:
            different[windows[indices[place[0]]].document] += marks[0].get(place) != marks[1].get(place)
    return {document: 1 - float(different[document]) / words for document, words in sorted(done.items())}


def _marks(spans: Sequence[tuple[int, int, int, str]]) -> dict[tuple[int, int], set[tuple[str, str]]]:
    """The tags of IOB2 that words of spans have, by row and word."""
    found: dict[tuple[int, int], set[tuple[str, str]]] = {}
    for row, first, end, label in spans:
        for word in range(first, end):
            found.setdefault((row, word), set()).add(("B" if word == first else "I", label))
    return found


def draw_similarity(values: Sequence[float], path: str | Path) -> None:
    """Draws the histogram: a bar for each of twenty intervals, and one for documents on which they wholly agree.

    Raises:
        ValueError: As for :func:`zoo.evaluation.drawing.drawing`.
    """
    least = min(0.9, np.floor(20 * min(values, default=1.0)) / 20)
    edges = np.linspace(least, 1, 21)
    counts = [*np.histogram([value for value in values if value < 1], edges)[0], sum(value == 1 for value in values)]
    names = [f"{100 * edge:.3g}" for edge in edges[:-1]] + ["all"]
    with drawing(path, 8, 3) as figure:
        axes = figure.subplots()
        plain(axes, "How alike the teachers are")
        axes.bar(range(len(counts)), counts, color=[COLOURS[0]] * 20 + [COLOURS[2]], width=0.85)
        axes.set_xticks(range(len(names)), names, fontsize=SMALL)
        axes.set_xlabel("words of a document with the same tag, from … %", color=INK, size=NORMAL)
        axes.set_ylabel("documents", color=INK, size=NORMAL)
