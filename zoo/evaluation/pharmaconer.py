"""The official evaluations of PharmaCoNER: mentions (track 1) and the codes of a document (track 2).

**Track 1** compares sets of (type, start, end) per document. **Track 2** compares sets of codes per document, whatever
mentions carry them; ``<null>`` is a code like any other. Both sum over documents and score 0.0 where a denominator is
zero. There are two versions:

- of the competition (CodaLab; here the default). Gold mentions of type ``UNCLEAR`` are skipped, while those predicted
  are read like any other, so that they can only be wrong; a gold code is dropped if all mentions that carry it in the
  document are ``UNCLEAR``.
- stand-alone (March 2019), in which ``UNCLEAR`` is a type like the others.

Here, documents that only one side has are an error, where the official evaluations leave them out without a word: a
lost document then costs nothing. A span of several fragments is an error too, since the official ones stop there. The
rows by type are ours; only their sum is official.

Source: Gonzalez-Agirre et al. (2019), PharmaCoNER, Proceedings of the 5th Workshop on BioNLP Open Shared Tasks.
"""

from collections.abc import Sequence

from zoo.data.document import Document
from zoo.evaluation.spans import Counts, Report, count_keys, paired

UNCLEAR = "UNCLEAR"


def score_mentions(gold: Sequence[Document], predicted: Sequence[Document], standalone: bool = False) -> Report:
    """Scores track 1.

    Args:
        gold: Documents with their true spans, ``UNCLEAR`` ones included.
        predicted: The same documents, in the same order, with predicted spans.
        standalone: Whether to score as the stand-alone version does.

    Returns:
        A report of scorer ``pharmaconer-track1`` or ``pharmaconer-track1-standalone``.

    Raises:
        ValueError: As for :func:`zoo.evaluation.spans.paired`, or if a span has several fragments.

    Examples:
        >>> from zoo.data.document import Span
        >>> gold = [Document("1", "hierro", (Span.of(0, 6, "UNCLEAR"),))]
        >>> score_mentions(gold, gold).labels, score_mentions(gold, gold, standalone=True).labels
        ({'UNCLEAR': Counts(tp=0, fp=1, fn=0)}, {'UNCLEAR': Counts(tp=1, fp=0, fn=0)})
    """
    documents = tuple(
        count_keys(_mentions(true, skip_unclear=not standalone), _mentions(found, skip_unclear=False))
        for true, found in paired(gold, predicted)
    )
    return Report(_name("pharmaconer-track1", standalone), documents)


def score_codes(gold: Sequence[Document], predicted: Sequence[Document], standalone: bool = False) -> Report:
    """Scores track 2: the codes are the concepts of the spans.

    Args:
        gold: Documents whose spans carry concepts, ``UNCLEAR`` ones included.
        predicted: The same documents, in the same order; where the spans lie plays no part.
        standalone: Whether to score as the stand-alone version does.

    Returns:
        A report of scorer ``pharmaconer-track2`` or ``pharmaconer-track2-standalone``, with the one row ``code``.

    Raises:
        ValueError: As for :func:`zoo.evaluation.spans.paired`.
    """
    documents: list[dict[str, Counts]] = []
    for true, found in paired(gold, predicted):
        wanted, given = codes(true, skip_unclear=not standalone), codes(found)
        documents.append(count_keys({(code, "code") for code in wanted}, {(code, "code") for code in given}))
    return Report(_name("pharmaconer-track2", standalone), tuple(documents))


def codes(document: Document, skip_unclear: bool = False) -> set[str]:
    """The codes of a document, each once.

    Args:
        document: Its spans carry the codes as concepts.
        skip_unclear: Whether to leave out codes that only ``UNCLEAR`` spans carry.
    """
    spans = (span for span in document.spans if not (skip_unclear and span.label == UNCLEAR))
    return {concept for span in spans for concept in span.concepts}


def _name(track: str, standalone: bool) -> str:
    return f"{track}-standalone" if standalone else track


def _mentions(document: Document, skip_unclear: bool) -> set[tuple[tuple[int, int], str]]:
    mentions = set()
    for span in document.spans:
        if len(span.fragments) > 1:
            raise ValueError(
                f"Expected spans of one fragment, as PharmaCoNER has them, but got {span.fragments} ({span.label}) in "
                f"document {document.id!r}: score with another scorer, as 'strict'."
            )
        if not (skip_unclear and span.label == UNCLEAR):
            mentions.add(((span.start, span.end), span.label))
    return mentions
