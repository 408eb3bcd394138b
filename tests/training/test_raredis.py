"""The recipes of RareDis: end to end where the texts are, a plain message where not; what labels and tags lose."""

import sys
from collections import Counter
from pathlib import Path

import pytest
from seqeval.metrics import f1_score, precision_score, recall_score

from tests.training.raredis import RECIPES, SMALL, place
from zoo.cli.main import run
from zoo.data.corpora import CORPORA
from zoo.data.document import Corpus, Document
from zoo.data.splits import load_corpus
from zoo.evaluation.flattening import Flattening
from zoo.evaluation.scorers import score_with
from zoo.models.tagger import Tagger
from zoo.text.codec import Codec, CodecConfig
from zoo.text.segment import Segmenter
from zoo.training.fit import Trained
from zoo.training.recipe import read_recipe
from zoo.training.train import train

LABELS = ("DISEASE", "RAREDISEASE", "SIGN", "SYMPTOM")


@pytest.fixture
def raredis(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return place(monkeypatch, tmp_path / "data")


def trained(recipe: str, output: Path, *more: str) -> Trained:
    given = ("--output", str(output), "--progress", "false", *SMALL[recipe], *more)
    return train(**read_recipe(RECIPES / f"{recipe}.yaml", given))


def zoo(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    """The exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["zoo", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        run()
    return int(stop.value.code or 0)


def test_the_quirks_are_read(raredis: Path) -> None:
    corpus = load_corpus("raredis")
    assert corpus.labels == LABELS
    by_id = {document.id: document for split in corpus for document in corpus[split]}
    assert len(by_id) == 8
    counts = Counter(span.label for document in corpus["train"] for span in document.spans)
    assert counts == {"RAREDISEASE": 7, "DISEASE": 7, "SIGN": 11, "SYMPTOM": 5}  # two of seven were SKINRAREDISEASE
    harlan, quill = by_id["Harlan-Syndrome,-[Adult]"], by_id["Quill_s-Disease"]
    assert [span.slice(harlan.text) for span in harlan.spans if len(span.fragments) > 1] == [
        "malformations of the abdominal wall"
    ]
    assert harlan.losses == {"dangling relation": 1}
    assert quill.losses == {"quoted text differs": 1}  # quotation marks, doubled as in a CSV file: offsets are trusted
    assert '""beak-like"" protrusion of the nose' in [span.slice(quill.text) for span in quill.spans]
    assert [(relation.label, len(relation.spans)) for relation in harlan.relations] == [("Is_a", 2)]  # no anaphor's


@pytest.mark.parametrize("recipe", SMALL)
def test_a_recipe_trains_as_soon_as_the_texts_are_there(recipe: str, raredis: Path, tmp_path: Path) -> None:
    vectors = () if recipe == "feature_crf" else ("--vectors.path", "null", "--optimizer.word_vector_rate", "1")
    result = trained(recipe, tmp_path / "run", *vectors)
    assert tuple(result.tagger.codec.config.labels) == LABELS
    assert result.tagger.codec.config.scheme == "IOB2"
    # Of 30 spans a discontinuous one, one within another, and the second type of two.
    assert result.metrics["flattening"]["train"] == Flattening(30, discontinuous=1, overlapping=3).to_dict()
    assert result.metrics["reading_losses"] == {"dangling relation": 1, "quoted text differs": 1}
    assert {"dev", "test"} <= result.metrics.keys()
    found = result.tagger.tag(["Marrow dysplasia leads to fever and pain."])
    assert {span.label for span in found[0].spans} <= set(LABELS)


def iob2(tagger: Tagger, documents: tuple[Document, ...]) -> list[list[str]]:
    windows, _ = tagger.codec.encode(documents, gold=True)
    return [[tagger.codec.tags[tag] for tag in window.tags] for window in windows]


def test_the_protocol_of_the_paper_is_that_of_seqeval(
    raredis: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The library itself, over the tags that are learnt of the gold standard and over what was found."""
    tagger = trained("feature_crf", tmp_path / "run").tagger
    gold = load_corpus("raredis")["test"]
    found = tuple(tagger.tag(gold))
    counts = score_with("seqeval-cut", gold, found, Segmenter().__call__).micro
    tags = iob2(tagger, gold), iob2(tagger, found)
    assert 0 < counts.f1 == pytest.approx(f1_score(*tags))
    assert (counts.precision, counts.recall) == pytest.approx((precision_score(*tags), recall_score(*tags)))
    assert zoo(monkeypatch, "evaluate", tmp_path / "run", "raredis", "--scorer", "seqeval-cut") == 0
    assert f"{100 * counts.f1:.2f}" in capsys.readouterr().out


@pytest.mark.parametrize("recipe", SMALL)
def test_a_missing_text_is_said_with_its_place_and_its_source(
    recipe: str, raredis: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (raredis / "train" / "Bullous-Lentigo.txt").unlink()
    assert zoo(monkeypatch, "train", RECIPES / f"{recipe}.yaml", "--output", tmp_path / "run") != 0
    assert (
        f"1 of 4 texts of corpus raredis are missing in {raredis / 'train'} — expected a .txt beside each .ann — "
        "obtain them from the NORD rare disease database; the authors send them on request, see https://github.com/"
    ) in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def annotations(data_root: Path) -> Corpus:
    """The real annotations, on stand-in texts made of the mentions."""
    return load_corpus("raredis", without_texts=True)


def test_what_the_paper_says_of_its_corpus(annotations: Corpus) -> None:
    """Sections "Dataset" and "Discussion": 9,318 entities of four types, 3,608 rare diseases in the training part."""
    counts = Counter(span.label for document in annotations["train"] for span in document.spans)
    assert sum(counts.values()) == 9318
    assert counts["RAREDISEASE"] == 3608
    assert set(counts) == set(LABELS) == {label for label in CORPORA["raredis"].labels.values() if label}


def test_no_flat_tagger_finds_more_than_86_per_cent(annotations: Corpus) -> None:
    """What the codec loses is at least what any choice of one span a word must lose, counted in another way."""
    report = Codec(CodecConfig(LABELS, scheme="IOB2")).encode(annotations["test"], gold=True)[1]
    keys = [{span.key for span in document.spans} for document in annotations["test"]]
    discontinuous = sum(len(fragments) > 1 for found in keys for fragments, _ in found)
    assert report.total == sum(map(len, keys))
    assert report.discontinuous == discontinuous
    most = sum(disjoint(fragments[0] for fragments, _ in found if len(fragments) == 1) for found in keys)
    assert report.lost >= report.total - most
    assert (report.discontinuous + report.overlapping) / report.total == pytest.approx(0.140, abs=0.0005)
    assert 0.855 < report.recall_ceiling < 0.865


def disjoint(intervals) -> int:
    """The most intervals of which no two overlap: always the one that ends first."""
    count = reached = 0
    for start, end in sorted(intervals, key=lambda interval: interval[1]):
        if start >= reached:
            count, reached = count + 1, end
    return count
