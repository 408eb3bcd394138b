"""Documents of any characters, for round trips."""

from hypothesis import settings
from hypothesis import strategies as st

from zoo.data.document import Document, Passage, Span

quick = settings(deadline=None, max_examples=50)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.text(
    st.sampled_from("ab \t\r\n\x0b\x85\u00a0\u200b\u2028\ufeff\u0301\U0001f489|;#"), max_size=40
)


@st.composite
def spans(draw: st.DrawFn, length: int, fragments: int = 3) -> Span:
    """A span within a text of that length (at least 1)."""
    count = draw(st.integers(1, min(fragments, (length + 1) // 2)))
    cuts = draw(st.lists(st.integers(0, length), min_size=2 * count, max_size=2 * count, unique=True).map(sorted))
    pairs = tuple(zip(cuts[::2], cuts[1::2], strict=True))
    concepts = draw(st.lists(st.sampled_from(["MESH:D009369", "OMIM:114500", "D1+D2"]), max_size=2, unique=True))
    return Span(pairs, draw(st.sampled_from(["Disease", "cell_line", "Größe"])), concepts=tuple(concepts))


@st.composite
def documents(draw: st.DrawFn, fragments: int = 3) -> Document:
    """A document of any text with spans that nest, cross and repeat."""
    text = draw(texts)
    found = draw(st.lists(spans(len(text), fragments), max_size=4)) if text else []
    title_end = draw(st.none() | st.integers(0, len(text)))
    passages = () if title_end is None else (Passage(0, title_end, "title"),)
    return Document("1", text, tuple(sorted(found, key=lambda span: span.key)), passages)
