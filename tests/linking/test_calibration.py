"""Calibrated scores: the share of right candidates at a score, and nothing else changed."""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from zoo.data.document import Document, Span
from zoo.data.terminology import Concept
from zoo.linking.build import build_index
from zoo.linking.calibration import _rising, calibrate_index
from zoo.linking.index import LinkingIndex
from zoo.linking.linker import Linker


def test_probabilities_are_shares_of_each_score() -> None:
    pairs = (
        [(1.0, True)] * 88 + [(1.0, False)] * 10 + [(0.5, False)] * 8 + [(0.5, True)] * 90 + [(0.2, True), (0.2, False)]
    )
    points = dict(_rising(pairs))
    # 0.5 is right more often than 1.0, so both are pooled: 178 of 196.
    assert points[1.0] == points[0.5] == pytest.approx(179 / 198, abs=1e-6)
    assert points[0.2] == pytest.approx(2 / 4)


def test_it_finds_the_probabilities_that_made_the_data() -> None:
    draw = random.Random(0)
    pairs = [(score, draw.random() < score**2) for score in (draw.random() for _ in range(20_000))]
    points = _rising(pairs)
    scores, probabilities = [s for s, _ in points], [p for _, p in points]
    assert scores == sorted(scores)
    assert probabilities == sorted(probabilities)
    assert all(abs(p - score**2) < 0.08 for score, p in points)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    concepts = [Concept(f"D:{number}", f"syndrome number {number}") for number in range(40)]
    build_index(concepts, tmp_path / "i.sqlite")
    return tmp_path / "i.sqlite"


def documents(count: int) -> list[Document]:
    """Half of the mentions are names, and right; half are only like names, and wrong."""
    made = []
    for number in range(count):
        text = f"syndrome number {number % 40}" if number % 2 else f"syndrum nomber {number % 40}"
        concept = f"D:{number % 40}" if number % 2 else "D:99"
        made.append(Document(str(number), text, (Span.of(0, len(text), "Disease", concepts=(concept,)),)))
    return made


def test_an_index_keeps_its_calibration_and_finds_the_same(index: Path, tmp_path: Path) -> None:
    shutil.copy(index, tmp_path / "before.sqlite")
    assert calibrate_index(index, documents(100)) == 100
    before, after = Linker(tmp_path / "before.sqlite"), Linker(index)
    for mention in ("syndrome number 7", "syndrum nomber 8", "number"):
        found, same = before.candidates(mention), after.candidates(mention)
        assert [each.concept for each in found] == [each.concept for each in same]
    assert after.candidates("syndrome number 7")[0].score == pytest.approx(51 / 52, abs=1e-4)
    assert after.candidates("syndrum nomber 8")[0].score < 0.1
    linked = after.link(documents(2))
    assert [document.spans[0].concepts for document in linked] == [(), ("D:1",)]
    assert LinkingIndex(index).meta["names"] == "40"


class Nothing:
    """An encoder to which nothing is like anything."""

    def __init__(self, kind: str = "") -> None:
        self.kind = kind

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        draws = [random.Random(self.kind + text) for text in texts]
        return [[draw.gauss() for _ in range(50)] for draw in draws]


def test_linkers_with_an_encoder_have_a_calibration_of_their_own(index: Path) -> None:
    calibrate_index(index, documents(100))
    kept = Linker(index).candidates("syndrum nomber 8")[0].score
    assert Linker(index, encoder=Nothing()).calibration is None
    raw = Linker(index, encoder=Nothing()).candidates("syndrome number 7")
    assert raw[0].score == 1.0
    calibrate_index(index, documents(100), Nothing())
    assert Linker(index, encoder=Nothing("of another kind")).calibration is None  # it is known by what it says
    assert Linker(index, encoder=Nothing()).candidates("syndrome number 7")[0].score == pytest.approx(51 / 52, abs=1e-4)
    assert Linker(index).candidates("syndrum nomber 8")[0].score == kept


def test_what_is_like_nothing_is_nothing_however_easy_the_others_are(index: Path) -> None:
    easy = [document for document in documents(200) if int(document.id) % 2]
    calibrate_index(index, easy)
    linker = Linker(index)
    text = "syndrome number 7 and quite another thing"
    spans = (Span.of(0, 17, "Disease"), Span.of(22, len(text), "Disease"))
    assert [span.concepts for span in linker.link([Document("1", text, spans)])[0].spans] == [("D:7",), ()]


def test_what_is_found_for_a_mention_without_concept_is_wrong(index: Path) -> None:
    none = [d.with_spans([Span.of(0, len(d.text), "Disease", concepts=("-1",))]) for d in documents(60)]
    calibrate_index(index, none)
    assert Linker(index).candidates("syndrome number 7")[0].score < 0.1


def test_too_few_mentions_tell_nothing(index: Path) -> None:
    before = index.read_bytes()
    with pytest.raises(ValueError, match="Expected at least 50 mentions with concepts to calibrate by but got 10"):
        calibrate_index(index, documents(10))
    assert index.read_bytes() == before
