"""Predictions read from files of any kind, and laid on the gold documents."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import documents, quick
from zoo.data import conll, formats
from zoo.data.document import Document, Span
from zoo.evaluation.predictions import lay, read_predictions, read_tags
from zoo.evaluation.spans import score
from zoo.text.segment import Segmenter

GOLD = [
    Document("a", "Wilson disease and\n gout.", (Span.of(0, 14, "D", concepts=("C1",)), Span.of(20, 24, "D"))),
    Document("b", "No fever", (Span.of(3, 8, "S"),)),
]


def written(path: Path, format: str, gold: list[Document] = GOLD, **options: object) -> Path:
    formats.write(gold, path, format, options)
    return path


def found(predicted: list[Document]) -> list[list[str]]:
    return [[span.slice(document.text) for span in document.spans] for document in predicted]


@pytest.mark.parametrize("format", ["brat", "pubtator", "bioc", "bioc-json", "jsonl"])
def test_what_was_written_is_read_in_the_order_of_gold(tmp_path: Path, format: str) -> None:
    path = written(tmp_path / "mine", format, GOLD[::-1])
    predicted = read_predictions(path, GOLD, format)
    assert score(GOLD, predicted.documents).micro.f1 == 1.0


def test_columns_are_laid_on_the_texts_they_were_cut_from(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.conll", "conll", segment=Segmenter().__call__)
    predicted = read_predictions(path, GOLD)
    assert predicted.notes == ["1 texts differ from the gold ones in white space: mentions were moved"]
    assert score(GOLD, predicted.documents).micro.f1 == 1.0


@pytest.mark.parametrize("format", ["conll", "tokens"])
def test_columns_without_ids_are_laid_on_all_texts(tmp_path: Path, format: str) -> None:
    path = written(tmp_path / "mine", format, segment=Segmenter().__call__)
    if format == "conll":
        path.write_text(re.sub(r"-DOCSTART-.*\n", "", path.read_text()))
    predicted = read_predictions(path, GOLD, format)
    assert predicted.notes == ["the texts are the same, but for ids and white space: mentions were moved"]
    assert score(GOLD, predicted.documents).micro.f1 == 1.0


def test_brat_annotations_alone(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine", "brat")
    for text in folder.glob("*.txt"):
        text.unlink()
    predicted = read_predictions(folder, GOLD)
    assert score(GOLD, predicted.documents).micro.f1 == 1.0
    assert predicted.documents[0].spans[0].concepts == ("C1",)
    assert found(read_predictions(folder / "b.ann", GOLD[1:]).documents) == [["fever"]]
    (folder / "b.ann").unlink()
    with pytest.raises(ValueError, match="1 missing: b"):
        read_predictions(folder, GOLD)


def test_notes_of_brat_are_codes(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("No fever")
    (tmp_path / "b.ann").write_text("T1\tS 3 8\tfever\n#1\tAnnotatorNotes T1\t386661006\n")
    predicted = read_predictions(tmp_path, GOLD[1:])
    assert predicted.documents[0].spans[0].concepts == ("386661006",)
    assert not predicted.losses


def test_a_list_of_mentions(tmp_path: Path) -> None:
    gold = [Document("s1", "a p53 gene", (Span.of(2, 5, "GENE"),)), Document("s2", "none")]
    path = tmp_path / "mine.eval"
    path.write_text("s1|1 3|p53\ns2|0 3|none\n")
    assert found(read_predictions(path, gold).documents) == [["p53"], ["none"]]
    path.write_text("s1|1 30|p53\ns2|0 3|none\n")
    with pytest.raises(ValueError, match=r"Correct the line s1\|1 30"):
        read_predictions(path, gold)
    lenient = read_predictions(path, gold, "genetag", lenient=True)
    assert (found(lenient.documents), lenient.losses) == ([[], ["none"]], {"impossible offsets": 1})


def test_lenient_is_for_formats_that_know_it(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("No fever")
    (tmp_path / "b.ann").write_text("T1\tS 3 8\tgout\nT2\tS 3 88\tgout\n")
    with pytest.raises(ValueError, match="expected 'gout'"):
        read_predictions(tmp_path, GOLD[1:])
    predicted = read_predictions(tmp_path, GOLD[1:], lenient=True)
    assert (found(predicted.documents), predicted.losses.total()) == ([["fever"]], 2)
    columns = written(tmp_path / "mine.conll", "conll", GOLD[1:])
    assert found(read_predictions(columns, GOLD[1:], lenient=True).documents) == [["fever"]]


def blank(text: str) -> str:
    return "".join(text.split())


@quick
@given(st.lists(documents(), min_size=1, max_size=4), st.data())
def test_spans_keep_their_characters_whatever_the_white_space(gold: list[Document], data: st.DataObject) -> None:
    """The gold texts, cut anywhere into other documents, with other white space."""
    solid = "".join(blank(document.text) for document in gold)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(solid)), max_size=3)))
    parts = [solid[start:end] for start, end in zip([0, *cuts], [*cuts, len(solid)], strict=True)]
    predicted = []
    for number, part in enumerate(parts):
        spans = [Span.of(2 * at, 2 * at + 1, "A") for at in range(len(part))]
        predicted.append(Document(f"part {number}", " ".join(part), tuple(spans)))
    moved = lay(predicted, gold).documents
    assert [(document.id, document.text) for document in moved] == [(document.id, document.text) for document in gold]
    for document, true in zip(moved, gold, strict=True):
        assert "".join(span.slice(document.text) for span in document.spans) == blank(true.text)


@quick
@given(st.lists(documents(), max_size=3, unique_by=lambda document: document.id))
def test_the_same_documents_stay_as_they_are(gold: list[Document]) -> None:
    assert lay(gold[::-1], gold).documents == gold
    assert not lay(gold[::-1], gold).notes


@pytest.mark.parametrize(
    ("predicted", "message"),
    [
        ([Document("a", GOLD[0].text)], "1 missing: b"),
        ([Document("x", "Wilson disease and gout. No fever", (Span.of(20, 27, "D"),))], "D at 20–27 of predicted doc"),
        ([Document("x", "Wilson disease and gout. No fever", (Span.of(6, 7, "D"),))], "is white space alone"),
        ([Document("x", "Wilson disease and gout. No fewer")], "2 missing: a, b; 1 not in gold: x"),
    ],
)
def test_mistakes(predicted: list[Document], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        lay(predicted, GOLD)


def test_other_texts_are_left_to_the_scorer() -> None:
    predicted = lay([GOLD[0], Document("b", "No fewer")], GOLD).documents
    with pytest.raises(ValueError, match=r"document 'b' \(position 1\).* differs from character 5 on"):
        score(GOLD, predicted)


def test_tags_as_they_stand(tmp_path: Path) -> None:
    gold, mine = tmp_path / "gold.conll", tmp_path / "mine.conll"
    gold.write_text("-DOCSTART- (1)\n\nno\tO\n\ngout\tB-D\n\n-DOCSTART- (2)\n\n-DOCSTART- (3)\n\nfever\tB-S\n")
    mine.write_text("no\tO\n\ngout\tI-D\n\nfever\tI-X\n")
    tags = read_tags(gold, [mine])
    assert tags.gold == [["O"], ["B-D"], ["B-S"]]
    assert tags.systems == [[["O"], ["I-D"], ["I-X"]]]
    assert (
        tags.documents
        == [2, 0, 1]
        == [document.text.count("\n") + bool(document.text) for document in conll.read(gold)]
    )
    new: Callable[[str], str | None] = {"D": "Disease", "X": None, "S": "S"}.get
    assert read_tags(gold, [mine], new).systems == [[["O"], ["I-Disease"], ["O"]]]
    mine.write_text("no\tO\n\ngut\tI-D\n\nfever\tI-X\n")
    with pytest.raises(
        ValueError, match=r"Expected the words of .*gold\.conll in .*mine\.conll but sentence 2 differs"
    ):
        read_tags(gold, [mine])
    mine.write_text("no\tO\n")
    with pytest.raises(ValueError, match="but 3 and 1 sentences"):
        read_tags(gold, [mine])
