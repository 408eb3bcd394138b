"""The web page."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given

from tests.data.strategies import documents, quick
from zoo.data import html
from zoo.data.document import Document, Passage, Relation, Span

EVIL = "<script>alert('x')</script>\"&amp;</p></body>"


class Page(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.marks: list[str] = []
        self.text = ""
        self.links: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attrs if name in ("src", "href") or name.startswith("on")]
        if tag not in ("meta", "input"):
            self.open.append(tag)
        if tag == "mark":
            self.marks.append(dict(attrs).get("title") or "")
        if tag == "p":
            self.text = ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        # The text itself, without the labels shown within it.
        if "p" in self.open and "span" not in self.open:
            self.text += data


def write(tmp_path: Path, *documents: Document) -> Page:
    assert not html.write(documents, tmp_path / "page.html")
    return Page(tmp_path / "page.html")


def test_markup_in_texts_ids_labels_and_concepts_is_inert(tmp_path: Path) -> None:
    page = write(tmp_path, Document(EVIL, EVIL, (Span.of(0, 8, EVIL, concepts=(EVIL,)),)))
    assert page.tags.count("script") == 1
    assert not page.open
    assert not page.links
    assert page.text == EVIL
    assert page.marks == [f"{EVIL} 0–8 · {EVIL}"]


def test_nothing_is_fetched_and_only_the_own_script_may_run(tmp_path: Path) -> None:
    write(tmp_path, Document("1", "x"))
    source = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "http://" not in source
    assert "https://" not in source
    assert "url(" not in source
    assert "default-src 'none'" in source
    assert "script-src 'sha256-" in source


def test_nested_crossing_and_discontinuous_spans(tmp_path: Path) -> None:
    text = "breast and ovarian cancer spread"
    nested = (Span.of(0, 25, "Outer", score=0.987), Span.of(11, 18, "Inner"), Span.of(11, 18, "Twin"))
    apart = Span(((0, 6), (19, 25)), "Apart")
    crossing = Span.of(19, 32, "Cross")
    page = write(tmp_path, Document("1", text, (*nested, apart, crossing), (Passage(0, 25, "title"),)))
    source = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.text == text
    assert '<span class="tag">Apart 1/2</span>' in source
    assert '<span class="tag">Apart 2/2</span>' in source
    assert '<span class="tag">Outer 0.99</span></mark>' in source
    assert "Cross 19–32</li>" in source
    assert source.count("<tr") == 1 + 5
    assert '<td class="n">0, 19</td><td class="n">6, 25</td>' in source


def test_what_is_not_shown_is_counted(tmp_path: Path) -> None:
    span = Span.of(0, 5, "D")
    passages = (Passage(0, 5, "title"), Passage(6, 9, "abstract"), Passage(6, 7, "section"))
    document = Document("1", "Fever now", (span,), passages, {}, (span, span), (Relation("Is_a", (("", span),)),))
    losses = html.write([document, document], tmp_path / "page.html")
    assert losses == {"relation": 2, "alternative": 4, "passage": 2}


def test_no_documents_and_many_labels(tmp_path: Path) -> None:
    assert "0 entities in 0 documents" in (write(tmp_path) and (tmp_path / "page.html").read_text(encoding="utf-8"))
    page = write(tmp_path, Document("1", "x" * 20, tuple(Span.of(i, i + 1, f"L{i}") for i in range(20))))
    assert len(page.marks) == 20


@given(document=documents())
@example(document=Document("1", "a\r\n", (Span.of(0, 2, "Disease"),)))
@quick
def test_every_text_is_shown_whole(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    page = write(tmp_path_factory.getbasetemp(), document)
    universal = document.text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
    assert page.text == universal
    assert not page.open
