"""How alike teachers are, and who found what: against counts made by hand."""

from pathlib import Path

import numpy as np
import pytest

from zoo.crf import CRF
from zoo.data.document import Document, Span
from zoo.text.codec import Codec, CodecConfig
from zoo.weak.cases import cases_of, write_page
from zoo.weak.lessons import Lesson
from zoo.weak.similarity import draw_similarity, label_similarity

TEXT = "Rett syndrome is rare. Gout is not."  # five words, then four
DOCUMENTS = [Document("1", TEXT), Document("empty", ""), Document("2", "Gout.")]


def lesson(codec: Codec, *spans: list[Span]) -> Lesson:
    """A teacher that is sure of these spans."""
    documents = [document.with_spans(found) for document, found in zip(DOCUMENTS, spans, strict=True)]
    windows, _ = codec.encode(documents, gold=True)
    tags = [tag for window in windows for tag in window.tags]
    counts = [sum(len(w.forms) for w in windows if w.document == place) for place in range(len(documents))]
    emissions = np.float16(9) * np.eye(len(codec.tags), dtype=np.float16)[tags]
    crf = CRF(len(codec.tags), batch_first=True, constraints=codec.transitions)
    return Lesson(crf, emissions, [0, *np.cumsum(counts)[:-1].tolist()])


@pytest.mark.parametrize("scheme", ["IOB2", "BIOES", "BMEWO-V"])
@pytest.mark.parametrize("window", ["sentence", "document"])
def test_similarity_counts_words_with_the_same_tag(scheme: str, window: str) -> None:
    codec = Codec(CodecConfig(labels=("Disease",), scheme=scheme, window=window))
    rett, syndrome, gout = (Span.of(*place, "Disease") for place in ((0, 13), (5, 13), (23, 27)))
    both = lesson(codec, [rett, gout], [], [Span.of(0, 4, "Disease")])
    # "Rett" is O for the second, and "syndrome" begins what it continues for the first.
    other = lesson(codec, [syndrome, gout], [], [Span.of(0, 4, "Disease")])
    assert label_similarity(DOCUMENTS, codec, [both, other]) == {0: pytest.approx(1 - 2 / 9), 2: 1.0}
    assert label_similarity(DOCUMENTS, codec, [both, both]) == {0: 1.0, 2: 1.0}


def test_the_histogram_is_drawn(tmp_path: Path) -> None:
    draw_similarity([0.93, 0.99, 1.0, 1.0, 0.4], tmp_path / "s.png")
    draw_similarity([], tmp_path / "none.png")
    assert (tmp_path / "s.png").stat().st_size > 5000


def test_every_gold_mention_is_somebodys(tmp_path: Path) -> None:
    text = "A <b>gout</b>, a tremor, a cold and an ulcer."
    gout, tremor, cold, ulcer = (
        Span.of(text.index(name), text.index(name) + len(name), "Disease")
        for name in ("gout", "tremor", "cold", "ulcer")
    )
    wider = Span.of(tremor.start - 2, tremor.end, "Disease")
    scored = [Span(span.fragments, span.label, 0.875) for span in (gout, tremor)]
    gold, student = Document("<1>", text, (gout, tremor, cold, ulcer)), Document("<1>", text, tuple(scored))
    teachers = [Document("<1>", text, (gout, wider)), Document("<1>", text, (cold,))]
    cases = cases_of([gold], [student], [[teacher] for teacher in teachers])
    assert [case.finders for case in cases] == ["both", "the student alone", "teachers alone", "nobody"]
    assert cases[1].teachers == ((wider,), ())
    assert cases[1].score == 0.875
    write_page(cases, ["one & more", "two"], tmp_path / "cases.html")
    page = (tmp_path / "cases.html").read_text()
    assert "Found by the student, and by no teacher: 1" in page
    assert "<mark>tremor</mark>" in page
    assert "a tremor <small>Disease</small>" in page
    assert "&lt;b&gt;gout" in page
    assert "<b>gout" not in page
    assert "one &amp; more" in page
    assert "0.88" in page or "0.87" in page
