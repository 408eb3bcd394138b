"""What holds for every scorer by its name."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import documents, quick
from tests.evaluation.documents import random_pairs
from zoo.data.document import Document, Span
from zoo.evaluation.bootstrap import bootstrap
from zoo.evaluation.report import to_rows
from zoo.evaluation.scorers import SCORERS, score_tags_with, score_with
from zoo.evaluation.spans import Counts

every_scorer = pytest.mark.parametrize("name", SCORERS)


def coded(corpus: list[Document]) -> list[Document]:
    """The documents with a concept for each span and words of one letter."""
    return [
        Document(
            document.id,
            " ".join("x" * len(document.text)),
            tuple(Span.of(2 * s.start, 2 * s.end - 1, s.label, concepts=(f"C{s.start}",)) for s in document.spans),
        )
        for document in corpus
    ]


@every_scorer
def test_the_report_bears_the_name(name: str) -> None:
    gold, predicted = (coded(corpus) for corpus in random_pairs(0, count=20))
    report = score_with(name, gold, predicted)
    assert report.scorer == name
    assert len(report.documents) == 20
    assert report.unscored == {}
    assert 0 < report.micro.f1 < 1
    assert report.micro == sum((c for d in report.documents for c in d.values()), Counts())
    assert SCORERS[name].about
    assert "\n" not in SCORERS[name].about


@every_scorer
def test_gold_is_perfect(name: str) -> None:
    gold = coded(random_pairs(1, count=20)[0])
    micro = score_with(name, gold, gold).micro
    assert (micro.precision, micro.recall, micro.f1) == (1.0, 1.0, 1.0)
    assert score_with(name, gold, [document.with_spans([]) for document in gold]).micro.f1 == 0.0


@every_scorer
def test_every_report_can_be_resampled_and_written(name: str) -> None:
    gold, predicted = (coded(corpus) for corpus in random_pairs(2, count=20))
    report = score_with(name, gold, predicted)
    intervals = bootstrap(report, resamples=200)
    low, high = intervals.micro.f1
    assert low <= report.micro.f1 <= high
    assert len(to_rows(report, intervals)) == len(report.labels) + 3


@every_scorer
def test_other_documents_raise(name: str) -> None:
    gold, predicted = (coded(corpus) for corpus in random_pairs(3, count=5))
    with pytest.raises(ValueError, match="Expected document '0' at position 0 but got '1'"):
        score_with(name, gold, predicted[1:])
    with pytest.raises(ValueError, match="Expected 5 predicted documents"):
        score_with(name, gold, predicted[:-1])
    assert score_with(name, [], []).micro == Counts()


@every_scorer
@quick
@given(gold=documents(fragments=1), data=st.data())
def test_any_text_is_scored(name: str, gold: Document, data: st.DataObject) -> None:
    spans = data.draw(documents(fragments=1)).spans
    predicted = gold.with_spans([span for span in (*spans, *gold.spans[:1]) if span.end <= len(gold.text)])
    report = score_with(name, [gold], [predicted])
    micro = report.micro
    assert min(micro.tp, micro.fp, micro.fn) >= 0
    assert all(0 <= score <= 1 for score in (micro.precision, micro.recall, micro.f1))


def test_the_segmenter_gives_the_words() -> None:
    gold = [Document("1", "p53-dependent", (Span.of(0, 3, "Gene"),))]
    assert score_with("token", gold, gold).unscored == {"gold unaligned": 1, "predicted unaligned": 1}
    halves = score_with("token", gold, gold, segment=lambda text: [[(0, 3), (3, 13)]])
    assert halves.labels == {"Gene": Counts(tp=1)}


@pytest.mark.parametrize("name", [name for name, row in SCORERS.items() if row.run_on_tags])
def test_tags_are_scored_as_they_stand(name: str) -> None:
    gold = [["B-Gene", "I-Gene", "O"], ["O"]] if "BI" not in name else [["S-Gene", "O", "O"], ["O"]]
    gold = [["U-Gene", "O", "O"], ["O"]] if "BILOU" in name else gold
    gold = [["I-Gene", "I-Gene", "O"], ["O"]] if "IOB1" in name else gold
    report = score_tags_with(name, gold, gold, documents=[2])
    assert (report.scorer, len(report.documents), report.micro.f1) == (name, 1, 1.0)


def test_orphans_matter_to_strict_scorers_of_tags() -> None:
    gold, predicted = [["B-Gene", "I-Gene"]], [["I-Gene", "I-Gene"]]
    found = {name: score_tags_with(f"seqeval-{name}", gold, predicted).micro.tp for name in ("lenient", "strict-IOB2")}
    assert found == {"lenient": 1, "strict-IOB2": 0}
    with pytest.raises(ValueError, match=r"Expected a scorer of tags out of seqeval-lenient, .*but got 'strict'"):
        score_tags_with("strict", gold, predicted)


def test_unknown_names_list_the_valid_ones() -> None:
    with pytest.raises(ValueError, match=r"Expected a scorer out of strict, .*Did you mean 'bc2gm-official'\?"):
        score_with("bc2gm-oficial", [], [])


def test_importing_loads_no_heavy_library() -> None:
    code = "import sys, zoo.evaluation.scorers; print({'scipy', 'numpy', 'rich', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@every_scorer
def test_a_real_test_split_takes_no_time(name: str, data_root: Path) -> None:
    from zoo.data.pubtator import read

    gold = list(read(data_root / "en" / "ncbi-disease" / "NCBItestset_corpus.txt"))
    started = time.perf_counter()
    report = score_with(name, gold, gold)
    assert time.perf_counter() - started < 2  # some milliseconds; wide, for busy machines
    lost = sum(count for kind, count in report.unscored.items() if kind.startswith("gold"))
    assert report.micro.fn == report.micro.fp == 0
    assert lost == (0 if report.unscored == {} else report.unscored["gold unaligned"])
