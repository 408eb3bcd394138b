"""Which spans two systems have in common: by hand, summed to the reports, and McNemar's test."""

import json
import random

import pytest
from rich.console import Console
from scipy.stats import binomtest

from tests.evaluation.documents import random_pairs
from zoo.data.document import Document, Span
from zoo.evaluation.agreement import Agreement, error_overlap
from zoo.evaluation.spans import score


def spans(*places: tuple[int, str]) -> tuple[Span, ...]:
    return tuple(Span.of(start, start + 1, label) for start, label in places)


def test_the_overlap_of_errors() -> None:
    gold = Document("1", "abcdefgh", spans((0, "A"), (1, "A"), (2, "A"), (3, "B"), (4, "B")))
    first = gold.with_spans(spans((0, "A"), (1, "A"), (3, "A"), (7, "B")))
    second = gold.with_spans(spans((0, "A"), (2, "A"), (4, "B"), (7, "B"), (7, "B")))
    found = error_overlap([gold], [first], [second])
    assert found.found == {"A": Agreement(1, 1, 1, 0), "B": Agreement(0, 0, 1, 1)}
    assert found.spurious == {"A": Agreement(0, 1, 0, 0), "B": Agreement(1, 0, 0, 0)}
    values = json.loads(json.dumps(found.to_dict()))
    assert values["found"]["all"] == {"both": 1, "first": 1, "second": 2, "neither": 1, "p": 1.0}
    console = Console(width=120)
    with console.capture() as capture:
        console.print(found.render("[i]", "theirs"))
    assert "only [i]" in capture.get()
    assert "gold spans found" in capture.get()


@pytest.mark.parametrize("seed", range(5))
def test_the_overlap_adds_up_to_the_reports(seed: int) -> None:
    gold, first = random_pairs(seed, count=10)
    generator = random.Random(seed)
    second = [d.with_spans([s for s in d.spans if generator.random() < 0.8]) for d in first]
    found = error_overlap(gold, first, second)
    for label, counts in score(gold, first).labels.items():
        gold_spans, spurious = found.found.get(label, Agreement()), found.spurious.get(label, Agreement())
        assert (gold_spans.both + gold_spans.first, gold_spans.second + gold_spans.neither) == (counts.tp, counts.fn)
        assert spurious.both + spurious.first == counts.fp


def test_mcnemar_by_hand() -> None:
    assert Agreement(both=50, first=1, second=8).p == 0.0390625  # 2 × (1 + 9) / 2 ** 9
    assert Agreement(both=3, neither=4).p == 1.0
    assert Agreement(first=59, second=6).p == binomtest(6, 65).pvalue


def test_other_documents_have_no_overlap() -> None:
    gold, found = random_pairs(0, count=3)
    for one, other in ((found[:2], found), (found, found[:2]), ([*found, found[0]], found)):
        with pytest.raises(ValueError, match="Expected 3 predicted documents"):
            error_overlap(gold, one, other)
