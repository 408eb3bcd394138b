"""Every scorer by the name under which its figures are reported."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from zoo.data.conll import Segment, blank_words
from zoo.data.document import Document
from zoo.data.nearest import did_you_mean
from zoo.evaluation import genetag, overlap, pharmaconer, sequences, spans, tokens
from zoo.evaluation.sequences import Sentences
from zoo.evaluation.spans import Report


class Scorer(NamedTuple):
    """A protocol.

    Args:
        about: What counts as right, in a line.
        run: Scores predicted documents against gold ones; of the three, only scorers of tags use the segmenter.
        run_on_tags: Scores predicted tags against gold ones, of documents of so many sentences; ``None`` where the
            protocol is not about tags.
    """

    about: str
    run: Callable[[Sequence[Document], Sequence[Document], Segment], Report]
    run_on_tags: Callable[[Sentences, Sentences, Sequence[int] | None], Report] | None = None


def _semeval(protocol: str, about: str) -> Scorer:
    return Scorer(
        f"SemEval-2013 task 9.1: {about}", lambda gold, predicted, segment: overlap.score(gold, predicted, protocol)
    )


def _seqeval(mode: str, scheme: str, about: str) -> Scorer:
    return Scorer(
        about,
        lambda gold, predicted, segment: sequences.score(gold, predicted, mode, scheme, segment),
        lambda gold, predicted, documents: sequences.score_tags(gold, predicted, mode, scheme, documents),
    )


def _token(prefixes: bool, about: str) -> Scorer:
    return Scorer(
        f"single words: {about}",
        lambda gold, predicted, segment: tokens.score(gold, predicted, prefixes, "IOB2", segment),
        lambda gold, predicted, documents: tokens.score_tags(gold, predicted, prefixes, documents),
    )


def _pharmaconer(score: Callable[..., Report], standalone: bool, about: str) -> Scorer:
    return Scorer(f"PharmaCoNER {about}", lambda gold, predicted, segment: score(gold, predicted, standalone))


SCORERS = {
    "strict": Scorer(
        "boundaries and label are right; sets of spans are compared",
        lambda gold, predicted, segment: spans.score(gold, predicted),
    ),
    "semeval-strict": _semeval("strict", "boundaries and label are right"),
    "semeval-exact": _semeval("exact", "boundaries are right, whatever the label"),
    "semeval-partial": _semeval("partial", "half a point where spans only overlap, whatever the label"),
    "semeval-type": _semeval("type", "the label is right and spans overlap"),
    "seqeval-lenient": _seqeval(
        "lenient", "IOB2", "seqeval's default, that of conlleval: words and label are right, any tags are read as spans"
    ),
    **{
        f"seqeval-strict-{scheme}": _seqeval(
            "strict", scheme, f"seqeval's strict mode: as lenient, but only what is legal in {scheme} is read as a span"
        )
        for scheme in sequences.STRICT
    },
    "seqeval-cut": Scorer(
        "as seqeval-lenient, but what fits one tag a word of spans that overlap or have gaps is scored (RareDis paper)",
        lambda gold, predicted, segment: sequences.score_cut(gold, predicted, segment),
    ),
    "token": _token(False, "the label is right"),
    "token-tags": _token(True, "the whole IOB2 tag is right"),
    "token-tags-cut": Scorer(
        "single words: as token-tags, with the tags of seqeval-cut",
        lambda gold, predicted, segment: tokens.score_cut(gold, predicted, segment),
    ),
    "bc2gm-official": Scorer(
        "BioCreative II gene mention: boundaries are those of a mention or of an accepted alternative",
        lambda gold, predicted, segment: genetag.score(gold, predicted),
    ),
    "pharmaconer-track1": _pharmaconer(
        pharmaconer.score_mentions, False, "mentions as in the competition: gold UNCLEAR is skipped"
    ),
    "pharmaconer-track1-standalone": _pharmaconer(
        pharmaconer.score_mentions, True, "mentions by the stand-alone script: UNCLEAR is a type like the others"
    ),
    "pharmaconer-track2": _pharmaconer(
        pharmaconer.score_codes, False, "codes of a document as in the competition: those only of gold UNCLEAR drop out"
    ),
    "pharmaconer-track2-standalone": _pharmaconer(
        pharmaconer.score_codes, True, "codes of a document by the stand-alone script"
    ),
}
"""By name. Scorers of tags write documents as tags, which are legal: their modes and schemes then agree, and what no
tag holds is left out and counted. Given tags, they read those as they stand."""


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


def score_tags_with(name: str, gold: Sentences, predicted: Sentences, documents: Sequence[int] | None = None) -> Report:
    """Scores tags, as they stand in a file, with the scorer of that name.

    Args:
        name: A key of :data:`SCORERS` whose protocol is about tags.
        gold: The true tags of each sentence.
        predicted: As many sentences of as many tags.
        documents: How many sentences each document has; by default one.

    Raises:
        ValueError: If there is no such scorer or it is not about tags, or as for
            :func:`zoo.evaluation.sequences.score_tags`.
    """
    check_scorers([name])
    run = SCORERS[name].run_on_tags
    if run is None:
        valid = ", ".join(other for other, row in SCORERS.items() if row.run_on_tags)
        raise ValueError(f"Expected a scorer of tags out of {valid}, but got {name!r}.")
    return run(gold, predicted, documents)
