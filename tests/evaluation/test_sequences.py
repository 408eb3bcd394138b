"""Scores of tag sequences: those of seqeval, and what documents lose on the way to tags."""

import math
import random

import pytest
from seqeval import scheme as schemes
from seqeval.metrics import accuracy_score, classification_report
from seqeval.metrics.sequence_labeling import get_entities

from tests.evaluation.documents import random_pairs, random_tangles
from zoo.data.document import Document, Span
from zoo.data.tags import SCHEMES, spans_to_tags, tags_to_spans
from zoo.evaluation import spans
from zoo.evaluation.sequences import STRICT, lenient_spans, score, score_tags, split_tag, strict_spans
from zoo.evaluation.tokens import score_tags as score_words

THEIRS = {"IOB1": schemes.IOB1, "IOB2": schemes.IOB2, "BIOES": schemes.IOBES, "BILOU": schemes.BILOU}
LABELS = ("Gene", "cell-line", "X")


def random_tags(generator: random.Random, prefixes: str, length: int | None = None) -> list[str]:
    """Any tags at all: orphans, changes of label, spans left open."""
    length = generator.randint(0, 12) if length is None else length
    outside, labels = generator.choice((1, 3)), generator.choice((1, 2, 3))
    choice = ["O"] * outside + [f"{prefix}-{label}" for prefix in prefixes for label in LABELS[:labels]]
    return [generator.choice(choice) for _ in range(length)]


def nearly(generator: random.Random, tags: list[str], prefixes: str) -> list[str]:
    return [random_tags(generator, prefixes, 1)[0] if generator.random() < 0.2 else tag for tag in tags]


def check_report(gold: list[list[str]], predicted: list[list[str]], **protocol: str) -> None:
    mode, scheme = protocol.get("mode", "lenient"), protocol.get("scheme", "IOB2")
    strict = {"mode": "strict", "scheme": THEIRS[scheme]} if mode == "strict" else {}
    theirs = classification_report(gold, predicted, output_dict=True, zero_division=0, **strict)
    ours = score_tags(gold, predicted, **protocol)
    averages = {"micro avg": ours.micro, "macro avg": ours.macro, "weighted avg": ours.weighted}
    assert set(theirs) == {*ours.labels, *averages}
    for name, scores in {**ours.labels, **averages}.items():
        assert math.isclose(scores.precision, theirs[name]["precision"], abs_tol=1e-12)
        assert math.isclose(scores.recall, theirs[name]["recall"], abs_tol=1e-12)
        assert math.isclose(scores.f1, theirs[name]["f1-score"], abs_tol=1e-12)
    for name, counts in ours.labels.items():
        assert counts.gold == theirs[name]["support"]


@pytest.mark.parametrize("prefixes", ["BI", "BIES"])
def test_lenient_reads_what_seqeval_reads(prefixes: str) -> None:
    generator = random.Random(prefixes)
    for _ in range(3000):
        tags = random_tags(generator, prefixes)
        theirs = [(start, end + 1, label) for label, start, end in get_entities(tags)]
        assert lenient_spans(tags) == theirs, tags


@pytest.mark.parametrize("scheme", STRICT)
def test_strict_reads_what_seqeval_reads(scheme: str) -> None:
    generator = random.Random(scheme)
    found = 0
    for _ in range(4000):
        tags = random_tags(generator, STRICT[scheme].prefixes)
        theirs = [(entity.start, entity.end, entity.tag) for entity in schemes.Tokens(tags, THEIRS[scheme]).entities]
        assert strict_spans(tags, scheme) == theirs, tags
        found += len(theirs)
    assert found > 2000


@pytest.mark.parametrize(("mode", "scheme"), [("lenient", "IOB2"), *(("strict", scheme) for scheme in STRICT)])
def test_the_report_is_that_of_seqeval(mode: str, scheme: str) -> None:
    generator = random.Random(scheme)
    prefixes = STRICT[scheme].prefixes
    for _ in range(20):
        gold = [random_tags(generator, prefixes) for _ in range(20)]
        check_report(gold, [nearly(generator, tags, prefixes) for tags in gold], mode=mode, scheme=scheme)


def test_both_modes_read_legal_tags_alike() -> None:
    gold, _ = random_pairs(0, count=200)
    for scheme in SCHEMES.keys() & STRICT.keys():
        for document in gold:
            words = [(span.start, span.end, span.label) for span in document.spans]
            tags = spans_to_tags(words, len(document.text), scheme)
            assert strict_spans(tags, scheme) == lenient_spans(tags) == words


def test_a_tag_without_label_is_read_as_seqeval_reads_it() -> None:
    gold, predicted = [["B", "I", "O", "B"]], [["B", "O", "O", "B"]]
    check_report(gold, predicted)
    assert score_tags(gold, predicted).labels == {"_": spans.Counts(tp=1, fp=1, fn=1)}
    assert strict_spans(gold[0], "IOB2") == lenient_spans(gold[0]) == [(0, 2, "_"), (3, 4, "_")]


def test_orphans_and_changes_of_label() -> None:
    gold = [["B-Gene", "I-Gene", "O", "B-Cell"]]
    predicted = [["I-Gene", "I-Gene", "O", "I-Cell"]]
    assert score_tags(gold, predicted).micro == spans.Counts(tp=2)
    assert score_tags(gold, predicted, "strict").micro == spans.Counts(fn=2)
    assert lenient_spans(["B-Gene", "I-Cell"]) == [(0, 1, "Gene"), (1, 2, "Cell")]
    assert strict_spans(["B-Gene", "I-Cell"], "IOB2") == [(0, 1, "Gene")]
    assert strict_spans(["B-Gene", "I-Gene"], "BIOES") == []


def test_every_sequence_is_a_document_of_its_own() -> None:
    report = score_tags([["O", "B-Gene"], ["I-Gene", "O"]], [["O", "B-Gene"], ["O", "O"]])
    assert report.scorer == "seqeval-lenient"
    assert report.documents == ({"Gene": spans.Counts(tp=1)}, {"Gene": spans.Counts(fn=1)})


def test_sequences_of_one_document_count_together() -> None:
    gold, predicted = [["B-X"], ["B-X", "I-X"], ["O"]], [["B-X"], ["B-X", "O"], ["B-X"]]
    together = score_tags(gold, predicted, documents=[2, 0, 1])
    assert together.documents == ({"X": spans.Counts(tp=1, fp=1, fn=1)}, {}, {"X": spans.Counts(fp=1)})
    assert together.labels == score_tags(gold, predicted).labels
    assert len(score_words(gold, predicted, documents=[2, 0, 1]).documents) == 3


@pytest.mark.parametrize(
    ("gold", "predicted", "protocol", "message"),
    [
        ([["O"]], [["O"]], {"documents": [2]}, "Expected 2 sequences, as the documents have, but got 1."),
        ([["O"]], [], {}, "Expected 1 predicted sequences, one per gold sequence, but got 0."),
        ([["O"], ["O", "O"]], [["O"], ["O"]], {}, "Expected 2 predicted tags in sequence 1 but got 1."),
        ([["O"]], [["Gene"]], {}, "Expected O or a tag that begins with B, I, E, L, S, U but got 'Gene'."),
        ([["O"]], [[""]], {}, "Expected O or a tag that begins with B, I, E, L, S, U but got ''."),
        ([["O"]], [["E-X"]], {"mode": "strict"}, "Expected O or a tag that begins with B, I but got 'E-X'."),
        ([], [], {"mode": "stric"}, "a mode out of lenient, strict but got 'stric'. Did you mean 'strict'?"),
        ([], [], {"mode": "strict", "scheme": "IOBES"}, "Expected a scheme out of IOB1, IOB2, BIOES, BILOU but got"),
    ],
)
def test_mistakes(gold: list, predicted: list, protocol: dict, message: str) -> None:
    with pytest.raises(ValueError, match="Expected") as error:
        score_tags(gold, predicted, **protocol)
    assert message in str(error.value)


def one_letter_words(text: str) -> list[list[tuple[int, int]]]:
    """Every character is a word; sentences have ten of them."""
    return [[(at, at + 1) for at in range(start, min(start + 10, len(text)))] for start in range(0, len(text), 10)]


@pytest.mark.parametrize("scheme", sorted(SCHEMES.keys() & STRICT.keys()))
@pytest.mark.parametrize("mode", ["lenient", "strict"])
def test_documents_that_tags_can_hold_are_scored_strictly(mode: str, scheme: str) -> None:
    gold, predicted = random_pairs(1, count=30, length=10)
    report = score(gold, predicted, mode, scheme, one_letter_words)
    assert report.scorer == ("seqeval-lenient" if mode == "lenient" else f"seqeval-strict-{scheme}")
    assert report.documents == spans.score(gold, predicted).documents
    assert report.unscored == {}


def test_documents_are_scored_as_their_tags_are() -> None:
    gold, predicted = random_pairs(2, count=30, length=10)

    def tags(documents: list[Document]) -> list[list[str]]:
        return [spans_to_tags([(s.start, s.end, s.label) for s in d.spans], 10, "IOB2") for d in documents]

    assert score(gold, predicted, segment=one_letter_words) == score_tags(tags(gold), tags(predicted))


def test_what_tags_cannot_hold_is_counted() -> None:
    text = "left and right arm. Next one"
    gold = Document(
        "1",
        text,
        (
            Span.of(0, 14, "Arm"),
            Span.of(9, 14, "Arm"),  # within the one before
            Span(((0, 4), (15, 18)), "Arm"),  # in two fragments
            Span.of(15, 18, "Arm"),  # ends within the word `arm.`
            Span.of(20, 24, "Arm"),
        ),
    )
    predicted = gold.with_spans([Span.of(0, 14, "Arm"), Span.of(4, 14, "Arm"), Span.of(20, 24, "Arm")])
    report = score([gold], [predicted])
    assert report.unscored == {
        "gold discontinuous": 1,
        "gold overlapping": 1,
        "gold unaligned": 1,
        "predicted unaligned": 1,
    }
    assert report.micro == spans.Counts(tp=2)
    two_sentences = Document("1", "one two\nthree", (Span.of(4, 13, "Arm"),))
    assert score([two_sentences], [two_sentences]).unscored == {"gold unaligned": 1, "predicted unaligned": 1}


def test_an_unaligned_span_takes_no_room_from_those_within_it() -> None:
    gold = Document("1", "one two", (Span.of(0, 6, "Arm"), Span.of(0, 3, "Arm"), Span.of(0, 3, "Arm")))
    report = score([gold], [gold])
    assert report.unscored == {"gold unaligned": 1, "predicted unaligned": 1}
    assert report.micro == spans.Counts(tp=1)


def test_every_span_is_scored_or_counted() -> None:
    gold, predicted = random_tangles(4, count=200, length=25, fragments=2)
    report = score(gold, predicted, segment=one_letter_words)
    for side, documents, held in (("gold", gold, report.micro.gold), ("predicted", predicted, report.micro.predicted)):
        lost = sum(count for kind, count in report.unscored.items() if kind.startswith(side))
        assert held + lost == sum(len({span.key for span in document.spans}) for document in documents)
        assert {kind.split()[1] for kind in report.unscored} == {"discontinuous", "overlapping", "unaligned"}


def test_prefix_and_label() -> None:
    assert split_tag("I-cell-line") == ("I", "cell-line")
    with pytest.raises(ValueError, match="but got 'O-Gene'"):
        split_tag("O-Gene")


def test_tags_of_other_schemes_are_read_by_the_same_rule() -> None:
    tags = ["B-Gene", "L-Gene", "U-Gene", "I-Gene"]
    assert lenient_spans(tags) == tags_to_spans(tags) == [(0, 2, "Gene"), (2, 3, "Gene"), (3, 4, "Gene")]


def test_accuracy_is_that_of_seqeval() -> None:
    generator = random.Random(0)
    gold = [random_tags(generator, "BI", 8) for _ in range(20)]
    predicted = [nearly(generator, tags, "BI") for tags in gold]
    assert score_words(gold, predicted, prefixes=True).figures["accuracy"] == accuracy_score(gold, predicted)


@pytest.mark.parametrize("name", ["IOBES", "BMEWO-V"])
def test_documents_are_written_in_flat_schemes_alone(name: str) -> None:
    with pytest.raises(ValueError, match="Expected a scheme out of IOB1, IOB2, BIOES, BILOU but got"):
        score([Document("1", "x")], [Document("1", "x")], "lenient", name)
