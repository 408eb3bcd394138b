"""Scores of words: those of scikit-learn."""

import random

import pytest
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from tests.evaluation.documents import random_pairs
from zoo.data.document import Document, Span
from zoo.evaluation.spans import Counts
from zoo.evaluation.tokens import score, score_tags

TAGS = ["O", "O", "O", *(f"{prefix}-{label}" for prefix in "BI" for label in ("Gene", "Cell", "DNA"))]


def random_sequences(seed: int) -> tuple[list[list[str]], list[list[str]]]:
    generator = random.Random(seed)
    few = TAGS[: generator.randint(4, len(TAGS))]
    gold = [[generator.choice(few) for _ in range(generator.randint(0, 9))] for _ in range(12)]
    predicted = [[tag if generator.random() < 0.6 else generator.choice(TAGS) for tag in tags] for tags in gold]
    return gold, predicted


@pytest.mark.parametrize("prefixes", [False, True])
@pytest.mark.parametrize("seed", range(25))
def test_agrees_with_scikit_learn(prefixes: bool, seed: int) -> None:
    gold, predicted = random_sequences(seed)
    ours = score_tags(gold, predicted, prefixes)

    def classes(sequences: list[list[str]]) -> list[str]:
        return [tag if prefixes else tag.partition("-")[2] or "O" for tags in sequences for tag in tags]

    true, found = classes(gold), classes(predicted)
    labels = sorted({*true, *found} - {"O"})
    assert list(ours.labels) == labels
    rows = {"micro": ours.micro, "macro": ours.macro, "weighted": ours.weighted}
    for average, scores in rows.items():
        theirs = precision_recall_fscore_support(true, found, labels=labels, average=average, zero_division=0)
        assert (scores.precision, scores.recall, scores.f1) == pytest.approx(theirs[:3])
    each = precision_recall_fscore_support(true, found, labels=labels, zero_division=0)
    for counts, precision, recall, f1, support in zip(ours.labels.values(), *each, strict=True):
        assert (counts.precision, counts.recall, counts.f1) == pytest.approx((precision, recall, f1))
        assert counts.gold == support
    assert ours.figures["accuracy"] == pytest.approx(accuracy_score(true, found))


def test_the_prefix_matters_or_not() -> None:
    gold, predicted = [["B-Gene", "I-Gene", "O"]], [["B-Gene", "B-Gene", "O"]]
    assert score_tags(gold, predicted).labels == {"Gene": Counts(tp=2)}
    assert score_tags(gold, predicted).scorer == "token"
    whole = score_tags(gold, predicted, prefixes=True)
    assert whole.labels == {"B-Gene": Counts(tp=1, fp=1), "I-Gene": Counts(fn=1)}
    assert (whole.scorer, whole.figures["accuracy"]) == ("token-tags", 2 / 3)


def test_documents() -> None:
    gold = [Document("1", "one two three four", (Span.of(0, 7, "Gene"), Span.of(9, 13, "Gene")))]
    predicted = [gold[0].with_spans([Span.of(4, 13, "Gene")])]
    report = score(gold, predicted)
    assert report.labels == {"Gene": Counts(tp=1, fp=1, fn=1)}
    assert report.figures["accuracy"] == 0.5
    assert report.unscored == {"gold unaligned": 1}
    assert score(gold, predicted, prefixes=True).labels == {
        "B-Gene": Counts(fp=1, fn=1),
        "I-Gene": Counts(fp=1, fn=1),
    }


def test_documents_keep_apart() -> None:
    gold, predicted = random_pairs(0, count=12)
    report = score(gold, predicted, segment=lambda text: [[(at, at + 1) for at in range(len(text))]])
    assert [sum(c.gold for c in d.values()) for d in report.documents] == [
        sum(span.end - span.start for span in d.spans) for d in gold
    ]


def test_no_words_at_all() -> None:
    assert score_tags([], []).figures == {"accuracy": 0.0}
    assert score([Document("1", " ")], [Document("1", " ")]).micro == Counts()


def test_as_many_tags_on_both_sides() -> None:
    with pytest.raises(ValueError, match="Expected 1 predicted tags in sequence 0 but got 2"):
        score_tags([["O"]], [["O", "O"]])
