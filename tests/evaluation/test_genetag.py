"""The official GM evaluation: its published reference rows, and every sentence of its description."""

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.evaluation.documents import random_tangle
from tests.reference.slow_genetag import slow_counts
from zoo.data.document import DataFormatError, Document, Span
from zoo.data.genetag import from_blankless, read, to_blankless
from zoo.evaluation.genetag import Lines, is_list, judge, laid_on, read_lines, score, score_lines
from zoo.evaluation.spans import Counts

Line = tuple[str, int, int]


def grouped(lines: Iterable[Line]) -> Lines:
    sentences: dict[str, list[tuple[int, int]]] = {}
    for name, start, end in lines:
        sentences.setdefault(name, []).append((start, end))
    return sentences


def lines_of(path: Path) -> list[Line]:
    found = []
    for line in path.read_text(encoding="ascii").splitlines():
        name, offsets, _ = line.split("|", 2)
        start, end = offsets.split()
        found.append((name, int(start), int(end)))
    return found


@pytest.fixture(scope="module")
def test_lines(data_root: Path) -> tuple[list[Line], list[Line]]:
    folder = data_root / "en" / "bc2gm" / "test"
    return lines_of(folder / "GENE.eval"), lines_of(folder / "ALTGENE.eval")


def thinned(lines: list[Line]) -> list[Line]:
    """Without every third line; of those left, the ends of the even lines (as numbered before) one character less."""
    kept = [(number, line) for number, line in enumerate(lines, start=1) if number % 3]
    return [(name, start, end - (number % 2 == 0)) for number, (name, start, end) in kept]


PREDICTIONS = {
    "gold": lambda genes, others: genes,
    "alternatives": lambda genes, others: others,
    "first 3000": lambda genes, others: genes[:3000],
    "gold and alternatives": lambda genes, others: genes + others,
    "even lines twice": lambda genes, others: [
        line for number, line in enumerate(genes, start=1) for line in [line] * (2 - number % 2)
    ],
    "ends moved": lambda genes, others: [(name, start, end + 1) for name, start, end in genes],
    "alternatives, thinned": lambda genes, others: thinned(others),
}
PUBLISHED = {  # lines, tp, fp, fn, precision, recall, F
    "gold": (6331, 6331, 0, 0, "1", "1", "1"),
    "alternatives": (5068, 3670, 0, 2661, "1", "0.579687", "0.733927"),
    "first 3000": (3000, 3000, 0, 3331, "1", "0.473859", "0.643018"),
    "gold and alternatives": (11399, 6331, 0, 0, "1", "1", "1"),
    "even lines twice": (9496, 6331, 0, 0, "1", "1", "1"),
    "ends moved": (6331, 7, 6324, 6324, "0.001106", "0.001106", "0.001106"),
    "alternatives, thinned": (3379, 1886, 1684, 4445, "0.528291", "0.297899", "0.380972"),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_reference_results(name: str, test_lines: tuple[list[Line], list[Line]]) -> None:
    genes, others = test_lines
    predicted = PREDICTIONS[name](genes, others)
    counts = score_lines(grouped(genes), grouped(others), grouped(predicted)).micro
    scores = (f"{score:.6f}".removesuffix(".000000") for score in (counts.precision, counts.recall, counts.f1))
    assert (len(predicted), counts.tp, counts.fp, counts.fn, *scores) == PUBLISHED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_reference_results_of_documents(name: str, data_root: Path, test_lines: tuple[list[Line], list[Line]]) -> None:
    gold = list(read(data_root / "en" / "bc2gm" / "test"))
    lines = grouped(PREDICTIONS[name](*test_lines))
    unheld = 0  # wrong lines that no document can hold: empty, or beyond the sentence
    predicted = []
    for document in gold:
        spans = []
        for offsets in lines.get(document.id, ()):
            try:
                spans.append(Span.of(*from_blankless(document.text, *offsets), "GENE"))
            except ValueError:
                unheld += 1
        predicted.append(document.with_spans(spans))
    report = score(gold, predicted)
    assert report.scorer == "bc2gm-official"
    assert len(report.documents) == 5000
    assert report.unscored == {}
    assert (report.micro.tp, report.micro.fp + unheld, report.micro.fn) == PUBLISHED[name][1:4]
    assert unheld == {"ends moved": 2, "alternatives, thinned": 3}.get(name, 0)


@pytest.mark.parametrize("seed", range(100))
def test_agrees_with_plain_loops(seed: int) -> None:
    generator = random.Random(seed)

    def lines(most: int) -> list[Line]:
        count = generator.randint(0, most)
        starts = [generator.randrange(8) for _ in range(count)]
        return [(generator.choice("ab"), start, start + generator.randint(0, 3)) for start in starts]

    def written(lines: list[Line]) -> list[str]:
        return [f"{name}|{start} {end}|text" for name, start, end in lines]

    genes, others = sorted(set(lines(6))), lines(5)
    predicted = lines(8) + [line for line in genes + others if generator.random() < 0.4]
    counts = score_lines(grouped(genes), grouped(others), grouped(predicted)).micro
    assert (counts.tp, counts.fp, counts.fn) == slow_counts(written(genes), written(others), written(predicted))


def counted(genes: list, others: list, predicted: list) -> tuple[int, int, int]:
    counts = score_lines({"s": genes}, {"s": others}, {"s": predicted}).micro
    return counts.tp, counts.fp, counts.fn


GENE = (10, 20)


@pytest.mark.parametrize(
    ("why", "others", "predicted", "wanted"),
    [
        ("exactly the span", [], [GENE], (1, 0, 0)),
        ("not quite the span", [], [(10, 21)], (0, 1, 1)),
        ("nothing predicted", [(11, 20)], [], (0, 0, 1)),
        ("an alternative within", [(11, 19)], [(11, 19)], (1, 0, 0)),
        ("an alternative around", [(9, 21)], [(9, 21)], (1, 0, 0)),
        ("an alternative that crosses", [(15, 25)], [(15, 25)], (1, 0, 0)),
        ("an alternative that touches by one character, right", [(20, 25)], [(20, 25)], (1, 0, 0)),
        ("an alternative that touches by one character, left", [(5, 10)], [(5, 10)], (1, 0, 0)),
        ("an alternative next to it overlaps nothing, yet is not wrong", [(21, 25)], [(21, 25)], (0, 0, 1)),
        ("overlapping an alternative is not enough", [(11, 19)], [(11, 18)], (0, 1, 1)),
        ("a mention counts at most once", [(11, 20), (12, 20)], [GENE, (11, 20), (12, 20)], (1, 0, 0)),
        ("repeating a correct line changes nothing", [], [GENE, GENE], (1, 0, 0)),
        ("repeating a wrong line counts every time", [], [GENE, (1, 2), (1, 2), (1, 2)], (1, 3, 0)),
    ],
)
def test_one_mention(why: str, others: list, predicted: list, wanted: tuple[int, int, int]) -> None:
    assert counted([GENE], others, predicted) == wanted, why


def test_one_prediction_may_find_several_mentions() -> None:
    assert counted([(1, 3), (5, 8)], [(1, 8)], [(1, 8)]) == (2, 0, 0)
    assert judge([(1, 3), (5, 8)], [(1, 8)], [(1, 8)]).found == [True, True]


def test_an_alternative_that_is_a_mention_itself() -> None:
    assert counted([(1, 8), (5, 8)], [(5, 8)], [(5, 8)]) == (2, 0, 0)


def test_sentences_without_mentions() -> None:
    assert counted([], [], [(1, 2)]) == (0, 1, 0)
    assert counted([], [(1, 2)], [(1, 2)]) == (0, 0, 0)
    alone = score_lines({"a": [(1, 2)]}, {}, {"a": [(1, 2)], "b": [(1, 2)]})
    assert alone.micro == Counts(tp=1, fp=1)
    assert len(alone.documents) == 2


def test_offsets_of_another_sentence_do_not_help() -> None:
    assert score_lines({"a": [(1, 2)]}, {"a": [(1, 3)]}, {"b": [(1, 2), (1, 3)]}).micro == Counts(fp=2, fn=1)


def test_precision_is_of_mentions_found_not_of_lines() -> None:
    report = score_lines({"s": [(1, 3), (5, 8)]}, {"s": [(1, 8)]}, {"s": [(1, 8), (20, 21)]})
    assert report.micro.precision == 2 / 3  # though one of two lines is right


def test_no_true_positive_scores_zero() -> None:
    micro = score_lines({"s": [(1, 3)]}, {}, {}).micro
    assert (micro.precision, micro.recall, micro.f1) == (0.0, 0.0, 0.0)


def test_a_list_of_sentences_restricts_all_files() -> None:
    genes, predicted = {"a": [(1, 2)], "b": [(1, 2)]}, {"a": [(1, 2)], "b": [(7, 8)], "c": [(1, 1)]}
    report = score_lines(genes, {}, predicted, sentences={"a"})
    assert report.micro == Counts(tp=1)
    assert len(report.documents) == 1


def test_documents_and_lines_say_the_same() -> None:
    generator = random.Random(0)
    gold, predicted = [], []
    files: tuple[dict, dict, dict] = ({}, {}, {})
    for number in range(300):
        text = "".join(generator.choice("xxx \t") for _ in range(25))
        sides = [[s for s in random_tangle(generator, 25, most=6) if s.slice(text).strip()] for _ in range(3)]
        for lines, spans in zip(files, sides, strict=True):
            lines[str(number)] = [to_blankless(text, span.start, span.end) for span in spans]
        gold.append(Document(str(number), text, tuple(sides[0]), alternatives=tuple(sides[1])))
        predicted.append(Document(str(number), text, tuple(sides[2])))
    report = score(gold, predicted)
    assert report.micro == score_lines(*files).micro
    assert report.micro.tp > 30


def test_white_space_does_not_part_documents() -> None:
    gold = [Document("1", "the p53 gene", (Span.of(4, 12, "GENE"),))]
    predicted = [gold[0].with_spans([Span.of(3, 12, "GENE")])]
    assert score(gold, predicted).micro == Counts(tp=1)


def test_labels_play_no_part_but_in_the_rows() -> None:
    gold = [Document("1", "the p53 gene", (Span.of(4, 12, "GENE"),))]
    predicted = [gold[0].with_spans([Span.of(4, 12, "protein"), Span.of(0, 3, "protein")])]
    assert score(gold, predicted).labels == {"GENE": Counts(tp=1), "protein": Counts(fp=1)}


def test_spans_that_are_no_line_are_counted() -> None:
    text = "the p53 gene"
    split = Span(((0, 1), (4, 5)), "GENE")
    gold = [Document("1", text, (Span.of(3, 4, "GENE"),), alternatives=(split,))]
    predicted = [gold[0].with_spans([split, split, Span.of(0, 1, "GENE")])]
    report = score(gold, predicted)
    assert report.unscored == {
        "alternative discontinuous": 1,
        "gold only white space": 1,
        "predicted discontinuous": 2,
    }
    assert report.micro == Counts(fp=1)


def test_official_files_give_the_official_score(data_root: Path, tmp_path: Path) -> None:
    folder = data_root / "en" / "bc2gm" / "test"
    genes, others = read_lines(folder / "GENE.eval"), read_lines(folder / "ALTGENE.eval")
    assert (sum(map(len, genes.values())), sum(map(len, others.values()))) == (6331, 5068)
    mine = tmp_path / "mine.eval"
    mine.write_text(
        "".join(f"{name}|{start} {end}\n" for name, start, end in thinned(lines_of(folder / "ALTGENE.eval")))
    )
    micro = score_lines(genes, others, read_lines(mine)).micro
    assert (micro.tp, micro.fp, micro.fn) == PUBLISHED["alternatives, thinned"][1:4]
    gold = list(read(folder))
    placed = laid_on(gold, read_lines(mine), lenient=True)
    assert sum(document.losses.get("impossible offsets", 0) for document in placed) == 3
    assert score(gold, placed).micro.fp == micro.fp - 3


def test_lists_are_told_from_other_files(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for text, expected in {
        "P0|5 28|gamma\n": True,
        "\nP0|5 28\n": True,
        "": False,
        "P0 gamma": False,
        "1|t|5 28|x": False,
        "1|a|b": False,
    }.items():
        path.write_text(text)
        assert is_list(path) == expected, text
    path.write_text("P0|5 28|gamma\n\nP0|5|gamma\n")
    with pytest.raises(DataFormatError, match=r"a:3: 'P0\|5\|gamma' is no mention"):
        read_lines(path)


def test_what_cannot_be_laid_on_sentences() -> None:
    gold = [Document("s", "a p53 gene", (Span.of(2, 5, "Gene"),)), Document("t", "none")]
    (found, empty) = laid_on(gold, {"s": [(1, 3), (1, 3), (4, 7)]})
    assert [span.slice(found.text) for span in found.spans] == ["p53", "p53", "gene"]
    assert {span.label for span in found.spans} == {"Gene"}
    assert empty == gold[1]
    with pytest.raises(ValueError, match="Expected mentions of the 2 gold sentences but got one of 'u'"):
        laid_on(gold, {"u": [(1, 3)]})
    with pytest.raises(ValueError, match=r"first <= last < 8 but got 4 and 8.*Correct the line s\|4 8"):
        laid_on(gold, {"s": [(4, 8)]})
    assert laid_on(gold, {"s": [(4, 8), (3, 2)]}, lenient=True)[0].losses == {"impossible offsets": 2}
    with pytest.raises(ValueError, match="gold spans of one label, as BioCreative II GM has, but got Cell, Gene"):
        laid_on([*gold, Document("u", "T cell", (Span.of(0, 6, "Cell"),))], {})
