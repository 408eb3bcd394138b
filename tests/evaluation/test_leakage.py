"""Similar documents against all pairs of sets, and against what is known of the corpora."""

import random
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import pytest

from zoo.data import formats
from zoo.data.document import Document, Span
from zoo.evaluation.corpus_statistics import count_corpus
from zoo.evaluation.leakage import (
    SHINGLE,
    SHORT,
    Seen,
    SimilarPair,
    repeated_ids,
    seen_mentions,
    share_seen,
    similar_pairs,
)
from zoo.text.segment import Segmenter

Splits = Mapping[str, Sequence[Document]]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[at : at + SHINGLE]) for at in range(max(1, len(words) - SHINGLE + 1))} if words else set()


def all_pairs(splits: Splits, jaccard: float, containment: float) -> set[SimilarPair]:
    """Every text compared with every other."""
    found = set()
    documents = [(split, document) for split, several in splits.items() for document in several]
    for (split, one), (other_split, other) in combinations(documents, 2):
        a, b = shingles(one.text), shingles(other.text)
        if not a or not b:
            continue
        likeness = len(a & b) / len(a | b), len(a & b) / min(len(a), len(b))
        is_long = min(len(a), len(b)) >= SHORT
        if a == b or (is_long and (likeness[0] >= jaccard or likeness[1] >= containment)):
            found.add(SimilarPair(split, one.id, other_split, other.id, *likeness, min(len(a), len(b))))
    return found


def random_text(generator: random.Random, earlier: Sequence[str]) -> str:
    """New words, or a text that came before, cut, changed in places, or with others around it."""
    words = [f"W{generator.randrange(12)}" for _ in range(generator.randrange(40))]
    if earlier and generator.random() < 0.7:
        copied = generator.choice(earlier).split()
        begin = generator.randrange(len(copied) + 1) if generator.random() < 0.3 else 0
        copied = copied[begin : begin + generator.choice((8, 20, 100))]
        copied = [word if generator.random() < 0.97 else "other" for word in copied]
        words = copied if generator.random() < 0.6 else [*words[:12], *copied, *words[12:20]]
    return generator.choice((" ", "  ", ", ")).join(words)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("jaccard", "containment"), [(0.5, 0.8), (0.2, 1.0), (1.0, 0.6), (0.9, 0.9)])
def test_pairs_are_those_of_all_against_all(seed: int, jaccard: float, containment: float) -> None:
    generator = random.Random(seed)
    texts: list[str] = []
    for _ in range(60):
        texts.append(random_text(generator, texts))
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    splits = {"train": documents[:30], "dev": documents[30:40], "test": documents[40:]}
    found = similar_pairs(splits, jaccard, containment)
    assert len(set(found)) == len(found)
    assert set(found) == all_pairs(splits, jaccard, containment)
    assert len(found) > 5


def test_order() -> None:
    text = " ".join(f"w{number}" for number in range(40))
    splits = {"train": [Document("b", text), Document("a", text + " x")], "test": [Document("c", text)]}
    found = similar_pairs(splits)
    assert [(pair.split, pair.id, pair.other_split, pair.other_id) for pair in found] == [
        ("train", "b", "train", "a"),
        ("train", "b", "test", "c"),
        ("train", "a", "test", "c"),
    ]
    assert [pair.jaccard for pair in found] == [36 / 37, 1.0, 36 / 37]


@pytest.mark.parametrize(
    ("one", "other", "is_found"),
    [
        ("", "", False),  # what has no word is like nothing
        (" \n…", "…", False),
        ("Gout.", "gout", True),  # case and signs play no part
        ("Parenting in a time of COVID-19", "Teaching in a time of COVID-19", False),  # short: the same or nothing
        ("In a time of COVID-19", "Teaching in a time of COVID-19, and much more, and " + "more " * 9, False),
    ],
)
def test_short_texts(one: str, other: str, is_found: bool) -> None:
    assert bool(similar_pairs({"train": [Document("1", one)], "test": [Document("2", other)]})) == is_found


def test_a_summary_within_its_article() -> None:
    generator = random.Random(0)
    words = [f"w{generator.randrange(10**6)}" for _ in range(3000)]
    splits = {
        "train": [Document("article", " ".join(words))],
        "test": [Document("summary", " ".join(words[700:716]))],
    }
    (pair,) = similar_pairs(splits)
    assert (pair.jaccard, pair.containment, pair.shingles) == (12 / 2996, 1.0, 12)


@pytest.mark.parametrize("thresholds", [(0.0, 0.8), (0.5, 1.1), (-1, 0.5)])
def test_thresholds_out_of_range(thresholds: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"Expected thresholds in \(0, 1\] but got jaccard="):
        similar_pairs({}, *thresholds)


def test_a_phrase_in_every_text_costs_little() -> None:
    generator = random.Random(0)
    phrase = " ".join(f"phrase{number}" for number in range(60))

    def text() -> str:
        own = " ".join(f"w{generator.randrange(10**6)}" for _ in range(200))
        return f"{own} {phrase}"

    documents = [Document(str(number), text()) for number in range(4000)]
    start = time.perf_counter()
    assert similar_pairs({"train": documents}) == []
    assert time.perf_counter() - start < 10


def test_repeated_ids() -> None:
    one, two = Document("1", "a"), Document("2", "b")
    assert repeated_ids({"train": [one, two, one], "dev": [two], "test": [Document("3", "a")]}) == {
        "1": ("train", "train"),
        "2": ("train", "dev"),
    }


def test_seen_mentions() -> None:
    def mentions(*found: tuple[str, str]) -> Counter[tuple[str, str]]:
        documents = [Document("1", text, (Span.of(0, len(text), label),)) for label, text in found]
        return count_corpus(documents, Segmenter()).mentions

    train = mentions(("Disease", "Wilson disease"), ("Disease", "gout"), ("Gene", "APC"))
    test = mentions(
        ("Disease", "WILSON  DISEASE"), ("Disease", "Gout"), ("Disease", "apc"), ("Gene", "p53"), ("Gene", "p53")
    )
    assert seen_mentions(train, test) == {"Disease": Seen(3, 2, 1), "Gene": Seen(2, 0, 0)}
    assert seen_mentions(train, Counter()) == {}


def across(pairs: Sequence[SimilarPair]) -> list[SimilarPair]:
    return [pair for pair in pairs if pair.split != pair.other_split]


def test_ncbi_disease_has_one_abstract_twice(data_root: Path) -> None:
    names = {"train": "NCBItrainset", "dev": "NCBIdevelopset", "test": "NCBItestset"}
    splits = {
        split: list(formats.read(data_root / f"en/ncbi-disease/{name}_corpus.txt", "pubtator"))
        for split, name in names.items()
    }
    assert repeated_ids(splits) == {"8528200": ("train", "train")}
    (pair,) = similar_pairs(splits)
    assert pair[:4] == ("train", "8528200", "train", "8528200")


def test_jnlpba_has_ten_abstracts_in_both(data_root: Path) -> None:
    names = {"train": "Genia4ERtask2.reconstructed.iob2", "test": "Genia4EReval2.iob2"}
    splits = {split: list(formats.read(data_root / "en/jnlpba" / name, "conll")) for split, name in names.items()}
    rows = [line.split() for line in (data_root / "en/jnlpba/MUID-PMID-map.txt").read_text().splitlines()]
    pmid = {row[0]: row[1] for row in rows if len(row) == 2}
    pairs = similar_pairs(splits)
    published = "9570512 9618758 9634075 9643569 9657720 9660938 9676761 9686612 9696844 9707565".split()
    assert sorted(pmid[pair.other_id] for pair in across(pairs)) == published
    assert {(pair.split, pair.id) for pair in pairs if pair.split == pair.other_split} == {
        ("train", "97218353"),
        ("test", "98281994"),
        ("test", "98282479"),
    }


def test_cord19_files_share_twenty_abstracts(data_root: Path) -> None:
    names = {"cord19": "cord19_noncomm_abstracts_2020-04-09", "litcovid": "litcovid_abstracts_2020-04-10"}
    splits = {
        split: list(formats.read(data_root / f"en/cord19-pubtator/{name}.pubtator", "pubtator"))
        for split, name in names.items()
    }
    repeated = repeated_ids(splits)
    assert len(repeated) == 20
    assert set(repeated) <= {pair.id for pair in across(similar_pairs(splits))}


def test_bc2gm_in_seconds(data_root: Path) -> None:
    splits = {}
    for split in ("train", "test"):
        lines = (data_root / f"en/bc2gm/{split}/{split}.in").read_text(encoding="ascii").splitlines()
        splits[split] = [Document(*line.split(" ", 1)) for line in lines]
    start = time.perf_counter()
    pairs = similar_pairs(splits)
    assert time.perf_counter() - start < 20
    texts = {split: Counter(" ".join(re.findall(r"\w+", d.text.casefold())) for d in splits[split]) for split in splits}
    equal = sum(count * texts["test"][text] for text, count in texts["train"].items() if text)
    assert len([pair for pair in across(pairs) if pair.jaccard == 1]) == equal


def test_no_test_text_of_the_other_corpora_is_in_train(data_root: Path) -> None:
    splits = {
        split: list(formats.read(data_root / f"en/bc5cdr/CDR_{name}Set.PubTator.txt", "pubtator"))
        for split, name in (("train", "Training"), ("dev", "Development"), ("test", "Test"))
    }
    assert similar_pairs(splits) == []
    assert repeated_ids(splits) == {}


def test_the_share_that_was_seen() -> None:
    train = Counter({("A", "x"): 3, ("B", "y"): 1})
    test = Counter({("A", "x"): 2, ("A", "y"): 1, ("B", "z"): 1})
    assert share_seen(train, test) == sum(seen.same_label for seen in seen_mentions(train, test).values()) / 4 == 0.5
    assert share_seen(train, Counter()) == 0.0
