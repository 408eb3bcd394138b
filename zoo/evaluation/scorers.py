"""Every scorer by the name under which its figures are reported."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from zoo.data.conll import Segment, blank_words
from zoo.data.document import Document
from zoo.data.nearest import did_you_mean
from zoo.evaluation import genetag, overlap, pharmaconer, sequences, spans, tokens
from zoo.evaluation.spans import Report


class Scorer(NamedTuple):
    """A protocol.

    Args:
        run: Scores predicted documents against gold ones; of the three, only scorers of tags use the segmenter.
        about: What counts as right, in a line.
    """

    run: Callable[[Sequence[Document], Sequence[Document], Segment], Report]
    about: str


SCORERS = {
    "strict": Scorer(
        lambda gold, predicted, segment: spans.score(gold, predicted),
        "boundaries and label are right; sets of spans are compared",
    ),
    "semeval-strict": Scorer(
        lambda gold, predicted, segment: overlap.score(gold, predicted, "strict"),
        "SemEval-2013 task 9.1: boundaries and label are right",
    ),
    "semeval-exact": Scorer(
        lambda gold, predicted, segment: overlap.score(gold, predicted, "exact"),
        "SemEval-2013 task 9.1: boundaries are right, whatever the label",
    ),
    "semeval-partial": Scorer(
        lambda gold, predicted, segment: overlap.score(gold, predicted, "partial"),
        "SemEval-2013 task 9.1: half a point where spans only overlap, whatever the label",
    ),
    "semeval-type": Scorer(
        lambda gold, predicted, segment: overlap.score(gold, predicted, "type"),
        "SemEval-2013 task 9.1: the label is right and spans overlap",
    ),
    "seqeval-lenient": Scorer(
        lambda gold, predicted, segment: sequences.score(gold, predicted, "lenient", "IOB2", segment),
        "seqeval's default, that of conlleval: words and label are right; spans that tags cannot hold are left out",
    ),
    "seqeval-strict-IOB1": Scorer(
        lambda gold, predicted, segment: sequences.score(gold, predicted, "strict", "IOB1", segment),
        "seqeval's strict mode on IOB1 tags; the same as lenient, since documents give legal tags",
    ),
    "seqeval-strict-IOB2": Scorer(
        lambda gold, predicted, segment: sequences.score(gold, predicted, "strict", "IOB2", segment),
        "seqeval's strict mode on IOB2 tags; the same as lenient, since documents give legal tags",
    ),
    "seqeval-strict-BIOES": Scorer(
        lambda gold, predicted, segment: sequences.score(gold, predicted, "strict", "BIOES", segment),
        "seqeval's strict mode on BIOES tags; the same as lenient, since documents give legal tags",
    ),
    "seqeval-strict-BILOU": Scorer(
        lambda gold, predicted, segment: sequences.score(gold, predicted, "strict", "BILOU", segment),
        "seqeval's strict mode on BILOU tags; the same as lenient, since documents give legal tags",
    ),
    "token": Scorer(
        lambda gold, predicted, segment: tokens.score(gold, predicted, False, "IOB2", segment),
        "single words: the label is right",
    ),
    "token-tags": Scorer(
        lambda gold, predicted, segment: tokens.score(gold, predicted, True, "IOB2", segment),
        "single words: the whole IOB2 tag is right",
    ),
    "bc2gm-official": Scorer(
        lambda gold, predicted, segment: genetag.score(gold, predicted),
        "BioCreative II gene mention: boundaries are those of a mention or of an accepted alternative",
    ),
    "pharmaconer-track1": Scorer(
        lambda gold, predicted, segment: pharmaconer.score_mentions(gold, predicted),
        "PharmaCoNER mentions as in the competition: gold UNCLEAR is skipped",
    ),
    "pharmaconer-track1-standalone": Scorer(
        lambda gold, predicted, segment: pharmaconer.score_mentions(gold, predicted, standalone=True),
        "PharmaCoNER mentions by the stand-alone script: UNCLEAR is a type like the others",
    ),
    "pharmaconer-track2": Scorer(
        lambda gold, predicted, segment: pharmaconer.score_codes(gold, predicted),
        "PharmaCoNER codes of a document as in the competition: those only of gold UNCLEAR are dropped",
    ),
    "pharmaconer-track2-standalone": Scorer(
        lambda gold, predicted, segment: pharmaconer.score_codes(gold, predicted, standalone=True),
        "PharmaCoNER codes of a document by the stand-alone script",
    ),
}


def check_scorers(names: Iterable[str]) -> list[str]:
    """The names of scorers, each once, in the order given.

    Raises:
        ValueError: If there is no such scorer; the message lists those that exist, and the nearest.

    Examples:
        >>> check_scorers(["strict", "token", "strict"])
        ['strict', 'token']
        >>> check_scorers(["strickt"])
        Traceback (most recent call last):
        ValueError: Expected a scorer out of strict, semeval-strict, ..., but got 'strickt'. Did you mean 'strict'?
    """
    chosen = list(dict.fromkeys(names))
    for name in chosen:
        if name not in SCORERS:
            hint = did_you_mean(name, SCORERS)
            raise ValueError(f"Expected a scorer out of {', '.join(SCORERS)}, but got {name!r}.{hint}")
    return chosen


def score_with(
    name: str, gold: Sequence[Document], predicted: Sequence[Document], segment: Segment = blank_words
) -> Report:
    """Scores with the scorer of that name.

    Args:
        name: A key of :data:`SCORERS`; the report bears it.
        gold: Documents with their true spans.
        predicted: The same documents, in the same order (:func:`zoo.evaluation.spans.align`), with predicted spans.
        segment: Gives a text's sentences as offsets of their words, for scorers of tags. The default parts words by
            white space, which leaves a comma with its word: ``zoo.text.segment.Segmenter()`` cuts finer.

    Returns:
        The scorer's report.

    Raises:
        ValueError: If there is no such scorer, or the documents are not the same.
    """
    check_scorers([name])
    return SCORERS[name].run(gold, predicted, segment)
