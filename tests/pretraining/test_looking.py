"""Neighbours, similarity and coverage against what can be worked out by hand or by peers."""

import numpy as np
import pytest

from zoo.data.document import DataFormatError
from zoo.pretraining.coverage import CoverageCounter
from zoo.pretraining.coverage_plot import coverage_plot
from zoo.pretraining.lookup import Lookup
from zoo.pretraining.neighbours import Neighbours
from zoo.pretraining.similarity import Pair, agreement, read_pairs
from zoo.text.ngrams import Ngrams
from zoo.text.vectors import WordVectors

WORDS = ["of", "gout", "00", "urate", "renal", "failure", "exon"]
MATRIX = np.random.default_rng(3).normal(size=(7, 4)).astype(np.float32)
PLAIN = WordVectors(WORDS, MATRIX, "lower-digits", {"vocabulary": 7, "arguments": {"senses": None}})
TABLE = Ngrams(np.random.default_rng(4).normal(size=(50, 4)).astype(np.float32))
WITH_NGRAMS = WordVectors(WORDS, MATRIX, "lower-digits", {"vocabulary": 6}, TABLE)
SENSES = WordVectors(
    ["cold|NOUN", "cold|ADJ", "00|NUM", "||PUNCT"], MATRIX[:4], "lower-digits", {"arguments": {"senses": "rules-en"}}
)


def test_ways():
    ways = {"gout": "exact", "Gout": "normalized", "37": "normalized", "podagra": "none", "exon": "exact"}
    assert {word: Lookup(PLAIN).way(word) for word in ways} == ways
    composed = ways | {"podagra": "composed", "exon": "composed"}  # exon was composed when the file was written
    assert {word: Lookup(WITH_NGRAMS).way(word) for word in composed} == composed


def test_vectors_of_unknown_normalization():
    lookup = Lookup(WordVectors(["Gout", "GOUT", "of"], MATRIX[:3]))
    assert [lookup.way(word) for word in ("Gout", "gout", "OF", "x")] == ["exact", "normalized", "normalized", "none"]
    assert lookup.find("gout").word == "Gout"  # the most frequent form
    with pytest.raises(ValueError, match="Expected the normalizer lower-digits but got 'lower'"):
        Lookup(PLAIN, "lower")
    with pytest.raises(ValueError, match=r"Expected the normalizer .*lower-num.* but got 'upper'"):
        Lookup(WordVectors(["a"], MATRIX[:1]), "upper")


def test_a_sense_keeps_its_part_of_speech():
    lookup = Lookup(SENSES)
    assert [lookup.way(word) for word in ("cold|ADJ", "Cold|NOUN", "cold|VERB", "37|NUM", "||PUNCT")] == [
        *("exact", "normalized", "none", "normalized", "exact"),
    ]
    assert [found.word for found in lookup.senses("Cold")] == ["cold|NOUN", "cold|ADJ"]
    assert [found.word for found in lookup.senses("|")] == ["||PUNCT"]


def test_neighbours_are_gensims():
    from gensim.models import KeyedVectors

    keyed = KeyedVectors(4)
    keyed.add_vectors(WORDS, MATRIX)
    nearest = Neighbours(PLAIN)
    for word in WORDS:
        (found,) = nearest.find(word)
        expected = keyed.most_similar(word, topn=3)
        assert [each.word for each in nearest.of(found, 3)] == [other for other, _ in expected]
        assert [each.cosine for each in nearest.of(found, 3)] == pytest.approx([cosine for _, cosine in expected], 1e-5)
    assert len(nearest.of(found, 99)) == len(WORDS) - 1


def test_neighbours_of_senses_and_of_unseen_words():
    nearest = Neighbours(SENSES)
    assert [found.word for found in nearest.find("cold")] == ["cold|NOUN", "cold|ADJ"]
    assert [found.word for found in nearest.find("COLD|ADJ")] == ["cold|ADJ"]
    (found,) = Neighbours(WITH_NGRAMS).find("Podagra")
    assert (found.word, found.way) == ("podagra", "composed")
    assert np.array_equal(found.vector, TABLE.compose("podagra"))
    with pytest.raises(ValueError, match=r"Expected a word that has a vector but got 'goutt'\. Did you mean 'gout'"):
        Neighbours(PLAIN).find("goutt")


def test_zeros_have_neighbours_of_cosine_zero():
    vectors = WordVectors(["a", "b"], np.array([[0, 0], [1, 0]], np.float32), "lower")
    nearest = Neighbours(vectors)
    assert nearest.of(nearest.find("a")[0]) == [("b", 0.0)]


def test_agreement_by_hand():
    vectors = WordVectors(
        ["a", "b", "c", "d"], np.array([[1, 0], [1, 0.1], [0, 1], [1, 1]], np.float32), "lower", {"vocabulary": 4}
    )
    pairs = [Pair("A", "b", 9), Pair("a", "c", 1), Pair("a b", "d", 2), Pair("b", "d c", 3), Pair("a", "x", 5)]
    # cosines: (a,b) .995, (a,c) 0, (a b, d) .742, (b, d c) .530: ranks 4 1 3 2 against 4 1 2 3; 1 - 6·2 / (4·15) = .8
    result = agreement(vectors, pairs)
    assert result[:3] == (5, 4, 0)
    assert result.spearman == pytest.approx(0.8)


def test_agreement_counts_composed_words():
    pairs = [
        Pair("gout", "urate", 3),
        Pair("renal failure", "gout", 2),
        Pair("podagra", "gout", 1),
        Pair("37", "exon", 0),
    ]
    assert agreement(WITH_NGRAMS, pairs)[:3] == (4, 4, 2)
    with pytest.raises(ValueError, match="at least 3 pairs whose words have vectors but found 2 of 3"):
        agreement(PLAIN, pairs[:3])
    with pytest.raises(ValueError, match="vectors of plain words but got senses by 'rules-en'"):
        agreement(SENSES, pairs)


def test_pairs_are_read(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text('Mean\tCUI1\tTerm1\tTerm2\n2.5\tC1\tnódulo "a"\tgota\n')
    assert list(read_pairs(path)) == [Pair('nódulo "a"', "gota", 2.5)]
    path.write_text("Mean\tTerm1\tTerm2\n1\ta\tb\nmuch\ta\tb\n")
    with pytest.raises(DataFormatError, match=r"a\.tsv:3: 'much' as rating — expected a number"):
        list(read_pairs(path))
    path.write_text("1\ta\tb\n")
    with pytest.raises(DataFormatError, match=r"a\.tsv:1: no column Mean, Term1, Term2 — expected a first line"):
        list(read_pairs(path))


def test_every_rating_of_the_data_is_read(data_root):
    files = sorted((data_root / "es" / "embedding-similarity").glob("*.tsv"))
    assert [len(list(read_pairs(file))) for file in files] == [89, 254, 321]


def test_coverage_by_hand():
    coverage = CoverageCounter(PLAIN)(["Gout of 37.", "gout of podagra, podagra"])
    assert coverage.running == {"exact": 3, "normalized": 2, "none": 4}  # of gout of | Gout 37 | . podagra , podagra
    assert coverage.types == {"exact": 2, "normalized": 2, "none": 3}
    assert coverage.uncovered["none"].most_common(1) == [("podagra", 2)]
    values = coverage.to_dict(1)
    assert values["running"] == {"words": 9, "exact": 3, "normalized": 2, "composed": 0, "none": 4}
    assert values["most_frequent_uncovered"] == {"composed": [], "none": [("podagra", 2)]}


def test_coverage_of_ngrams_and_senses():
    assert CoverageCounter(WITH_NGRAMS)(["gout exon podagra"]).running == {"exact": 1, "composed": 2}
    coverage = CoverageCounter(SENSES)(["A cold wind of 37"])
    assert coverage.running.total() == 5
    assert coverage.uncovered["none"].keys() >= {"A|DET", "of|ADP"}
    assert "37|NUM" not in coverage.uncovered["none"]


def test_coverage_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    coverages = {f"corpus {split}": CoverageCounter(PLAIN)(["Gout of $x$"]) for split in ("train", "dev")}
    for ending in ("png", "svg"):
        coverage_plot(coverages, "Words", tmp_path / f"a.{ending}")
    shown = (tmp_path / "a.svg").read_text()
    assert "corpus train" in shown
    assert (tmp_path / "a.png").stat().st_size > 10_000
    with pytest.raises(ValueError, match="coverage of one split or more but got none"):
        coverage_plot({}, "Words", tmp_path / "b.png")
