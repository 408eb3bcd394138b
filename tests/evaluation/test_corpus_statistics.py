"""Statistics against sets of characters, hand-made documents, and the tables in the corpora's own descriptions."""

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given

from tests.data.strategies import documents as any_documents
from tests.data.strategies import quick
from zoo.data import formats
from zoo.data.conll import write as write_conll
from zoo.data.document import Document, Passage, Relation, Span
from zoo.evaluation.corpus_statistics import CorpusStatistics, count_corpus
from zoo.text.segment import Segmenter

Pairs = dict[str, Counter[tuple[str, str]]]


def blank_words(text: str, breaks: Iterable[int]) -> list[list[tuple[int, int]]]:
    return [[word.span() for word in re.finditer(r"\S+", text)]]


def letters_and_digits(text: str, breaks: Iterable[int]) -> list[list[tuple[int, int]]]:
    return [[word.span() for word in re.finditer(r"[^\W_]+|\S", text)]]


def characters(span: Span) -> set[int]:
    return {at for start, end in span.fragments for at in range(start, end)}


def slow_pairs(spans: Iterable[Span]) -> Pairs:
    """All pairs of different spans, as sets of characters."""
    found: Pairs = {"nested": Counter(), "crossing": Counter(), "same_span": Counter()}
    for one, other in combinations({span.key: span for span in spans}.values(), 2):
        a, b = characters(one), characters(other)
        labels = min(one.label, other.label), max(one.label, other.label)
        if a == b:
            found["same_span"][labels] += 1
        elif a < b:
            found["nested"][one.label, other.label] += 1
        elif b < a:
            found["nested"][other.label, one.label] += 1
        elif a & b:
            found["crossing"][labels] += 1
    return found


def random_span(generator: random.Random, length: int) -> Span:
    fragments = []
    position = generator.randrange(length - 8)
    for _ in range(generator.choice((1, 1, 1, 2, 3))):
        start = position + generator.randrange(3)
        position = start + generator.randint(1, 4)
        fragments.append((start, position))
    inside = tuple((start, end) for start, end in fragments if end <= length)
    return Span(inside, generator.choice("AB")) if inside else Span.of(0, length, "A")


@pytest.mark.parametrize("seed", range(5))
def test_pairs_are_those_of_all_against_all(seed: int) -> None:
    generator = random.Random(seed)
    seen: Counter[str] = Counter()
    for _ in range(100):
        some = [random_span(generator, 20) for _ in range(generator.randrange(9))]
        spans = (*some, *(Span(span.fragments, generator.choice("AB")) for span in some[:2]))
        found = count_corpus([Document("1", "x" * 20, spans)], blank_words)
        expected = slow_pairs(spans)
        assert {name: getattr(found, name) for name in expected} == expected
        seen.update({name: pairs.total() for name, pairs in expected.items()})
    assert min(seen.values()) > 20


@quick
@given(any_documents())
def test_any_document(document: Document) -> None:
    found = count_corpus([document], Segmenter())
    assert (found.documents, found.characters, found.spans) == (1, len(document.text), len(document.spans))
    assert {name: getattr(found, name) for name in ("nested", "crossing", "same_span")} == slow_pairs(document.spans)
    words = [word for sentence in Segmenter()(document.text, [p.end for p in document.passages]) for word in sentence]
    touched = [sum(bool(characters(s) & set(range(*word))) for word in words) for s in document.spans]
    assert found.mention_words == Counter(touched)
    cut = [
        any(start < edge < end for start, end in words for pair in s.fragments for edge in pair) for s in document.spans
    ]
    assert found.unaligned == sum(cut)
    json.dumps(found.to_dict())


TEXT = "Wilson disease, WILSON  disease. A B"
HAND_MADE = Document(
    "1",
    TEXT,
    (
        Span.of(0, 14, "Disease", concepts=("D1", "D2")),
        Span.of(0, 14, "Disease", concepts=("D1",)),  # repeats the one above
        Span.of(0, 14, "Sign"),
        Span.of(0, 6, "Disease"),
        Span.of(16, 31, "Disease"),
        Span.of(7, 16, "Sign"),  # ends with a blank
        Span(((0, 6), (24, 31)), "Disease"),
        Span.of(33, 34, "Gene"),
        Span.of(17, 19, "Gene"),  # within a word
    ),
    alternatives=(Span.of(0, 6, "Disease"),),
    relations=(Relation("CID", (("", "D1"), ("", "D2"))),),
    losses={"event": 2},
)


def test_a_hand_made_document() -> None:
    found = count_corpus([HAND_MADE, Document("2", " \n")], Segmenter())
    assert (found.documents, found.empty, found.without_entities) == (2, 1, 1)
    assert (found.sentences, found.words, found.characters) == (2, 8, len(TEXT) + 2)
    assert found.entities == {"Disease": 5, "Sign": 2, "Gene": 2}
    # "wilson disease" twice contiguous, once of two fragments, however written.
    assert found.mentions["Disease", "wilson disease"] == 4
    assert found.distinct_mentions == {"Disease": 2, "Sign": 2, "Gene": 2}
    assert found.concepts == {"D1": 2, "D2": 1}
    assert found.fragments == {1: 8, 2: 1}
    assert found.nested == {("Disease", "Disease"): 2, ("Disease", "Sign"): 1, ("Gene", "Disease"): 1}
    assert (found.nested_within, found.nested_across) == (2, 2)
    # [0, 14) of either label crosses [7, 16) and so on; the fragments cross both whole mentions.
    assert found.crossing == slow_pairs(HAND_MADE.spans)["crossing"]
    assert found.same_span == {("Disease", "Sign"): 1}
    assert (found.discontinuous, found.duplicates, found.unaligned) == (1, 1, 1)
    assert (found.padded, found.one_character, found.alternatives) == (1, 1, 1)
    assert (found.relations, found.losses) == ({"CID": 1}, {"event": 2})
    assert found.mention_words == {1: 3, 2: 6}


def test_two_fragments_within_a_word_touch_one() -> None:
    document = Document("1", "abcdef", (Span(((0, 1), (3, 4)), "A"),))
    found = count_corpus([document], Segmenter())
    assert (found.mention_words, found.unaligned) == ({1: 1}, 1)


def test_sentences_end_with_passages() -> None:
    document = Document("1", "a title an abstract", passages=(Passage(0, 7, "title"),))
    assert count_corpus([document], Segmenter()).sentence_words == {2: 2}


def test_surfaces_are_casefolded() -> None:
    document = Document("1", "GRÖSSE\tgröße", (Span.of(0, 12, "A"),))
    assert count_corpus([document], blank_words).mentions == {("A", "grösse grösse"): 1}


def test_mention_lengths_end_with_the_long_ones() -> None:
    lengths = CorpusStatistics(mention_words=Counter({0: 9, 1: 3, 2: 1, 10: 2, 25: 4})).mention_lengths
    assert lengths == [3, 1, 0, 0, 0, 0, 0, 0, 0, 6]


def test_statistics_add_up() -> None:
    generator = random.Random(1)
    documents = [
        Document(str(n), "x y " * 10, tuple(random_span(generator, 40) for _ in range(4)), losses={"event": 1})
        for n in range(6)
    ]
    one, other = count_corpus(documents[:2], blank_words), count_corpus(documents[2:], blank_words)
    assert one + other == count_corpus(documents, blank_words)
    assert one + CorpusStatistics() == one


def test_json_has_every_count() -> None:
    found = json.loads(json.dumps(count_corpus([HAND_MADE], Segmenter()).to_dict()))
    assert found["distinct_mentions"]["Disease"] == 2
    assert found["distinct_concepts"] == 2
    assert found["same_span"] == [{"labels": ["Disease", "Sign"], "pairs": 1}]
    assert found["mention_words"] == {"1": 3, "2": 6}
    assert set(found) >= {"documents", "sentences", "words", "spans", "discontinuous", "losses", "relations", "empty"}


def test_many_spans_of_a_document_are_swept() -> None:
    document = Document("1", "x " * 50_000, tuple(Span.of(at, at + 1, "A") for at in range(0, 100_000, 2)))
    assert count_corpus([document], Segmenter()).crossing == {}


# Corpora, read here without the package's readers where these need options of their own.


def standoff(folder: Path) -> Iterator[Document]:
    for path in sorted(folder.glob("*.ann")):
        spans = []
        for line in path.read_text(encoding="utf-8").split("\n"):
            if match := re.match(r"T\d+\t(\S+) ([\d ;]+)\t", line):
                offsets = [tuple(map(int, fragment.split())) for fragment in match[2].split(";")]
                spans.append(Span(tuple(sorted((a, b) for a, b in offsets)), match[1]))
        repaired = folder.parent / "repaired" / f"{path.stem}.txt"
        text_path = repaired if repaired.exists() else Path(f"{str(path)[:-4]}.txt")
        text = text_path.read_bytes().decode() if text_path.exists() else "x" * max((s.end for s in spans), default=0)
        yield Document(path.stem, text, tuple(spans))


@pytest.mark.parametrize(
    ("split", "documents", "discontinuous", "fragments", "same", "nested", "crossing"),
    [
        ("train", 729, 664, [599, 57, 7, 1], 444, 129, 451),
        ("dev", 104, 103, [91, 10, 2, 0], 56, 40, 67),
        ("test", 208, 178, [158, 20, 0, 0], 128, 83, 116),
    ],
)
def test_raredis(
    data_root: Path,
    split: str,
    documents: int,
    discontinuous: int,
    fragments: list[int],
    same: int,
    nested: int,
    crossing: int,
) -> None:
    found = count_corpus(standoff(data_root / "en/raredis" / split), blank_words)
    assert (found.documents, found.discontinuous) == (documents, discontinuous)
    assert [found.fragments[count] for count in (2, 3, 4, 5)] == fragments
    assert (found.same_span.total(), found.nested.total(), found.crossing.total()) == (same, nested, crossing)
    assert found.duplicates == 0


@pytest.mark.parametrize(
    ("split", "labels", "discontinuous", "across", "crossing", "same", "words"),
    [
        ("train", (1835, 4213, 14036), 142, 199, 130, 32, 386_998),  # 143 of which one has an empty fragment
        ("dev", (232, 335, 3002), 6, 10, 4, 8, 52_430),
        ("test", (1013, 2200, 6409), 80, 61, 49, 14, 180_896),
    ],
)
def test_craft(
    data_root: Path,
    split: str,
    labels: tuple[int, ...],
    discontinuous: int,
    across: int,
    crossing: int,
    same: int,
    words: int,
) -> None:
    found = count_corpus(formats.read(data_root / "en/craft" / split, "brat"), blank_words)
    assert tuple(found.entities[label] for label in ("Disease", "Chemical", "GeneOrProtein")) == labels
    assert (found.discontinuous, found.nested_across, found.words) == (discontinuous, across, words)
    assert (found.crossing.total(), found.same_span.total()) == (crossing, same)


@pytest.mark.parametrize(
    ("split", "words", "spans", "without", "long", "cut"),
    [("train", 177_402, 3822, 89, 556, 8), ("dev", 85_148, 1926, 27, 340, 2), ("test", 88_211, 1876, 53, 320, 4)],
)
def test_pharmaconer(data_root: Path, split: str, words: int, spans: int, without: int, long: int, cut: int) -> None:
    documents = list(standoff(data_root / "es/pharmaconer" / split))
    found = count_corpus(documents, blank_words)
    assert (found.words, found.spans, found.without_entities) == (words, spans, without)
    assert (found.nested.total(), found.crossing.total(), found.same_span.total(), found.duplicates) == (0, 0, 0, 0)
    assert found.discontinuous == 0
    by_blanks = [len(span.slice(document.text).split()) for document in documents for span in document.spans]
    assert sum(count > 1 for count in by_blanks) == long
    assert max(by_blanks) <= 7
    assert count_corpus(documents, letters_and_digits).unaligned == cut


@pytest.mark.parametrize(
    ("path", "documents", "words", "labels"),
    [
        ("ncbi-disease/NCBItrainset_corpus.txt", 593, 113_203, (2972, 769, 1289, 115)),
        ("ncbi-disease/NCBItestset_corpus.txt", 100, 20_402, (555, 121, 264, 20)),
        ("bc5cdr/CDR_TestSet.PubTator.txt", 500, 96_483, (5385, 4424)),
    ],
)
def test_pubtator(data_root: Path, path: str, documents: int, words: int, labels: tuple[int, ...]) -> None:
    found = count_corpus(formats.read(data_root / "en" / path, "pubtator"), blank_words)
    assert (found.documents, found.words) == (documents, words)
    assert sorted(found.entities.values()) == sorted(labels)
    assert found.nested.total() == found.crossing.total() == found.same_span.total() == found.duplicates == 0


def test_nesting_in_pubtator_files(data_root: Path) -> None:
    sample = count_corpus(formats.read(data_root / "en/bc5cdr/CDR_sample.txt", "pubtator"), blank_words)
    assert (sample.nested.total(), sample.crossing.total()) == (8, 0)
    path = data_root / "en/weak/bioconcepts2pubtator_offsets-651.sample"
    found = count_corpus(formats.read(path, "pubtator", {"lenient": True}), blank_words)
    assert (found.documents, found.nested.total(), found.crossing.total()) == (651, 116, 6)
    assert found.same_span.total() == 61


def test_unaligned_is_what_columns_cannot_hold(data_root: Path, tmp_path: Path) -> None:
    documents = list(formats.read(data_root / "en/ncbi-disease/NCBItrainset_corpus.txt", "pubtator"))
    losses = write_conll(documents, tmp_path / "a.conll", segment=Segmenter().__call__)
    assert 0 < count_corpus(documents, Segmenter()).unaligned <= losses["unaligned"]
