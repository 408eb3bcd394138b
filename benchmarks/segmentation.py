"""Sentences and words against spaCy: ``OMP_NUM_THREADS=1 python -m benchmarks.segmentation``.

Ours gives every sentence as a list of word offsets; the peer is spaCy's blank pipeline of the language with its
``sentencizer``, which makes a ``Doc`` of every text, batch by batch, as is quickest; nothing is read out of it. Both
segment the same texts in one process on one thread, in random order within each round, in CPU time. They do not cut
words alike: a row says how many each finds. The rate is that of our words, the ratio that of the times.

spaCy is no dependency: ``pip install -c constraints.txt -e '.[peers]'``.
"""

import argparse
import gc
from collections import deque
from collections.abc import Callable
from pathlib import Path

import spacy

from benchmarks.comparison import record_comparison, rounds
from benchmarks.record import SPEED
from zoo.data.corpora import CORPORA
from zoo.data.splits import load_corpus
from zoo.text.segment import Segmenter

TEXTS = {
    "ncbi-disease": "abstracts of NCBI Disease",
    "craft": "articles of CRAFT",
    "pharmaconer": "clinical cases of PharmaCoNER",
}


def segmenters(language: str, texts: list[str]) -> tuple[Callable[[], object], Callable[[], object]]:
    """What is measured: ours, and spaCy's."""
    segment = Segmenter("v1")
    pipeline = spacy.blank(language)
    pipeline.add_pipe("sentencizer")

    def ours() -> None:
        for text in texts:
            segment(text)

    return ours, lambda: deque(pipeline.pipe(texts), maxlen=0)


def words_of_both(language: str, texts: list[str]) -> tuple[int, int]:
    """How many words each finds; those of spaCy that are only white space do not count."""
    ours = sum(len(words) for text in texts for words in Segmenter("v1")(text))
    return ours, sum(not word.is_space for text in spacy.blank(language).pipe(texts) for word in text)


def main() -> None:
    """Measures every corpus's training texts, prints a line and appends a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--results", type=Path, default=SPEED)
    arguments = parser.parse_args()
    for corpus, kind in TEXTS.items():
        language = CORPORA[corpus].language
        texts = [document.text for document in load_corpus(corpus)["train"]]
        mine, theirs = words_of_both(language, texts)
        gc.freeze()  # what is here by now, spaCy and torch above all, is not what a garbage collection should visit
        print(
            record_comparison(
                arguments.results,
                f"segmenting {len(texts)} {kind} ({mine:,} words, the peer finds {theirs:,}), 1 thread",
                rounds(segmenters(language, texts), arguments.rounds),
                peer=f"spaCy blank {language} with sentencizer",
                peer_version=spacy.__version__,
                command=f"OMP_NUM_THREADS=1 python -m benchmarks.segmentation --rounds {arguments.rounds}",
                amount=mine,
                unit="words/s of CPU time",
                packages=["spacy"],
            )
        )


if __name__ == "__main__":
    main()
