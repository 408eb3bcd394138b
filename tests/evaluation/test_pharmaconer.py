"""The official PharmaCoNER evaluations: every sentence of their description, and the real test split."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.reference.slow_pharmaconer import slow_track1, slow_track2
from zoo.data.document import Document, Span
from zoo.evaluation.pharmaconer import codes, score_codes, score_mentions
from zoo.evaluation.spans import Counts

TYPES = ("NORMALIZABLES", "NO_NORMALIZABLES", "PROTEINAS", "UNCLEAR")
CODES = ("387517004", "<null>", "CHEBI:53493", "chebi:53493")
TEXT = "x" * 12


def document(*spans: Span) -> list[Document]:
    return [Document("1", TEXT, spans)]


def mention(start: int, end: int, kind: str, *concepts: str) -> Span:
    return Span.of(start, end, kind, concepts=concepts)


def random_mentions(generator: random.Random, most: int = 6) -> list[Span]:
    spans = []
    for _ in range(generator.randint(0, most)):
        start = generator.randrange(6)
        concepts = generator.sample(CODES, generator.choice((0, 1, 1, 2)))
        spans.append(mention(start, start + generator.randint(1, 2), generator.choice(TYPES), *concepts))
    return spans


def brat_lines(spans: list[Span]) -> list[str]:
    return [f"T{number}\t{s.label} {s.start} {s.end}\t{s.slice(TEXT)}" for number, s in enumerate(spans, start=1)]


@pytest.mark.parametrize("standalone", [False, True])
@pytest.mark.parametrize("seed", range(50))
def test_agrees_with_plain_loops(seed: int, standalone: bool) -> None:
    generator = random.Random(seed)
    for _ in range(10):
        true, found = random_mentions(generator), random_mentions(generator)
        found += [span for span in true if generator.random() < 0.5]
        gold, predicted = document(*true), document(*found)
        wanted = slow_track1(brat_lines(true), brat_lines(found), skip_unclear=not standalone)
        micro = score_mentions(gold, predicted, standalone).micro
        assert (micro.tp, micro.fp, micro.fn) == wanted
        typed = [(span.label, code) for span in true for code in span.concepts]
        given = [code for span in found for code in span.concepts]
        micro = score_codes(gold, predicted, standalone).micro
        assert (micro.tp, micro.fp, micro.fn) == slow_track2(typed, given, skip_unclear=not standalone)


def test_the_whole_triple_must_be_right() -> None:
    gold = document(mention(0, 6, "PROTEINAS"))
    for wrong in (mention(0, 6, "NORMALIZABLES"), mention(0, 5, "PROTEINAS"), mention(1, 6, "PROTEINAS")):
        assert score_mentions(gold, document(wrong)).micro == Counts(fp=1, fn=1)
    assert score_mentions(gold, document(mention(0, 6, "PROTEINAS"))).micro == Counts(tp=1)


def test_mentions_are_a_set() -> None:
    one, wrong = mention(0, 6, "PROTEINAS"), mention(7, 8, "PROTEINAS")
    assert score_mentions(document(one, one), document(one, one, wrong, wrong)).micro == Counts(tp=1, fp=1)


def test_concepts_play_no_part_in_track_1() -> None:
    gold, predicted = document(mention(0, 6, "PROTEINAS", "1")), document(mention(0, 6, "PROTEINAS", "2"))
    assert score_mentions(gold, predicted).micro == Counts(tp=1)


def test_unclear_mentions() -> None:
    gold = document(mention(0, 6, "UNCLEAR"), mention(7, 9, "PROTEINAS"))
    competition, standalone = score_mentions(gold, gold), score_mentions(gold, gold, standalone=True)
    assert competition.scorer == "pharmaconer-track1"
    assert competition.labels == {"PROTEINAS": Counts(tp=1), "UNCLEAR": Counts(fp=1)}
    assert standalone.scorer == "pharmaconer-track1-standalone"
    assert standalone.micro == Counts(tp=2)
    without = document(mention(7, 9, "PROTEINAS"))
    assert score_mentions(gold, without).micro == Counts(tp=1)  # not required
    assert score_mentions(gold, without, standalone=True).micro == Counts(tp=1, fn=1)


def test_nothing_scores_zero() -> None:
    for score in (score_mentions, score_codes):
        micro = score(document(), document()).micro
        assert (micro.precision, micro.recall, micro.f1) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("side", [0, 1])
def test_several_fragments_are_an_error(side: int) -> None:
    sides = [document(), document(Span(((0, 2), (4, 6)), "PROTEINAS"))]
    with pytest.raises(
        ValueError, match=r"spans of one fragment.*\(\(0, 2\), \(4, 6\)\) \(PROTEINAS\) in document '1'"
    ):
        score_mentions(sides[side], sides[1 - side])


@pytest.mark.parametrize("score", [score_mentions, score_codes])
def test_a_lost_document_is_an_error(score: type) -> None:
    with pytest.raises(ValueError, match="Expected 1 predicted documents, one per gold document, but got 0"):
        score(document(), [])


def test_codes_are_a_set_for_each_document() -> None:
    gold = document(mention(0, 2, "PROTEINAS", "1"), mention(3, 5, "PROTEINAS", "1"), mention(6, 7, "PROTEINAS", "2"))
    assert codes(gold[0]) == {"1", "2"}
    report = score_codes(gold, document(mention(8, 9, "UNCLEAR", "1", "3"), mention(8, 9, "UNCLEAR", "3")))
    assert report.scorer == "pharmaconer-track2"
    assert report.labels == {"code": Counts(tp=1, fp=1, fn=1)}
    two = [replace(gold[0], id=name) for name in "ab"]
    assert score_codes(two, two).micro == Counts(tp=4)  # the same code in two documents counts twice


def test_codes_match_as_strings() -> None:
    gold, predicted = (document(mention(0, 2, "PROTEINAS", code)) for code in ("CHEBI:1", "chebi:1"))
    assert score_codes(gold, predicted).micro == Counts(fp=1, fn=1)


def test_null_is_a_code() -> None:
    gold = document(mention(0, 2, "PROTEINAS", "<null>"))
    for standalone in (False, True):
        assert score_codes(gold, gold, standalone).micro == Counts(tp=1)


def test_a_code_of_unclear_mentions_alone_is_dropped() -> None:
    unclear, clear = mention(0, 2, "UNCLEAR", "1"), mention(3, 4, "PROTEINAS", "1")
    predicted = document(mention(5, 6, "PROTEINAS", "1"))
    assert score_codes(document(unclear, unclear), predicted).micro == Counts(fp=1)
    assert score_codes(document(unclear, clear), predicted).micro == Counts(tp=1)
    alone = score_codes(document(unclear, unclear), predicted, standalone=True)
    assert alone.scorer == "pharmaconer-track2-standalone"
    assert alone.micro == Counts(tp=1)


@pytest.fixture(scope="module")
def gold(data_root: Path) -> list[Document]:
    """The test split, its codes read from the notes."""
    documents = []
    for path in sorted((data_root / "es" / "pharmaconer" / "test").glob("*.ann")):
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        notes = {row[1].split()[1]: row[2] for row in rows if row[0].startswith("#")}
        spans = []
        for row in rows:
            if row[0].startswith("T"):
                kind, start, end = row[1].split()
                code = notes.get(row[0])
                spans.append(mention(int(start), int(end), kind, *([code] if code else [])))
        documents.append(Document(path.stem, path.with_suffix(".txt").read_text(encoding="utf-8"), tuple(spans)))
    assert len(documents) == 250
    return documents


def test_gold_against_gold(gold: list[Document]) -> None:
    assert score_mentions(gold, gold, standalone=True).micro == Counts(tp=1876)
    assert score_mentions(gold, gold).micro == Counts(tp=1876 - 34, fp=34)  # UNCLEAR, predicted, is wrong
    clear = [document.relabel({"UNCLEAR": None}) for document in gold]
    report = score_mentions(gold, clear)
    assert report.micro.f1 == 1.0
    assert {label: counts.tp for label, counts in report.labels.items()} == {
        "NORMALIZABLES": 973,
        "NO_NORMALIZABLES": 10,
        "PROTEINAS": 859,
    }
    assert score_codes(gold, clear).micro.f1 == 1.0


def test_notes_against_the_indexing_file(gold: list[Document], data_root: Path) -> None:
    indexed: dict[str, list[str]] = {}
    table = data_root / "es" / "pharmaconer" / "indexing" / "test.tsv"
    for line in table.read_text(encoding="utf-8").splitlines():
        name, code = line.split("\t")
        indexed.setdefault(name, []).append(code)
    predicted = [d.with_spans([Span.of(0, 1, "code", concepts=tuple(indexed.get(d.id, ())))]) for d in gold]
    assert score_codes(gold, predicted, standalone=True).micro == Counts(tp=1424)
    typed = {d.id: [(span.label, code) for span in d.spans for code in span.concepts] for d in gold}
    slow = [slow_track2(typed[d.id], indexed.get(d.id, []), skip_unclear=True) for d in gold]
    micro = score_codes(gold, predicted).micro
    assert (micro.tp, micro.fp, micro.fn) == tuple(map(sum, zip(*slow, strict=True)))
    assert 0 < micro.fp < 34
    assert micro.fn == 0
