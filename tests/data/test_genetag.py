"""GENETAG (BioCreative II gene mention)."""

import re
import string
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.data.strategies import documents, quick, texts
from zoo.data import genetag
from zoo.data.document import DataFormatError, Document, Passage, Relation, Span, losses_of

SENTENCES = "P1 Serum p53  gene.\nP2  no break\u00a0space p53 \n\nP3 Nothing\n"
GENES = "P2|13 15|p53\nP1|5 11|p53 gene\nP1|5 7|p53\n"
ALTERNATIVES = "P1|8 11|gene\n"
READ = [
    Document(
        "P1",
        "Serum p53  gene.",
        (Span.of(6, 15, "GENE"), Span.of(6, 9, "GENE")),
        alternatives=(Span.of(11, 15, "GENE"),),
    ),
    Document("P2", " no break\u00a0space p53 ", (Span.of(16, 19, "GENE"),)),
    Document("P3", "Nothing"),
]


def folder(
    root: Path, sentences: str = SENTENCES, genes: str | None = GENES, alternatives: str | None = ALTERNATIVES
) -> Path:
    for name, content in (("x.in", sentences), ("GENE.eval", genes), ("ALTGENE.eval", alternatives)):
        if content is not None:
            (root / name).write_bytes(content.encode())
    return root


def brute_force(text: str) -> list[int]:
    """Where the n-th character that counts stands, one by one."""
    return [at for at, character in enumerate(text) if character not in string.whitespace]


@given(texts, st.data())
@quick
def test_offsets_without_white_space_and_back(text: str, data: st.DataObject) -> None:
    places = brute_force(text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    within = [count for count, place in enumerate(places) if start <= place < end]
    if not within:
        with pytest.raises(ValueError, match="more than white space"):
            genetag.to_blankless(text, start, end)
        return
    first, last = genetag.to_blankless(text, start, end)
    assert (first, last) == (within[0], within[-1])
    back = genetag.from_blankless(text, first, last)
    assert back == (places[first], places[last] + 1)
    assert genetag.to_blankless(text, *back) == (first, last)
    assert text[start:end].strip(string.whitespace) == text[slice(*back)]


@pytest.mark.parametrize(("first", "last"), [(-1, 0), (1, 0), (0, 3), (3, 3)])
def test_offsets_that_are_nowhere(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="Expected offsets 0 <= first <= last < 3"):
        genetag.from_blankless("p 53", first, last)


@pytest.mark.parametrize("name", ["", "x.in"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_folder(tmp_path: Path, name: str, line_end: str) -> None:
    contents = [content.replace("\n", line_end) for content in (SENTENCES, GENES, ALTERNATIVES)]
    assert list(genetag.read(folder(tmp_path, *contents) / name)) == READ


def test_what_may_be_missing(tmp_path: Path) -> None:
    path = folder(tmp_path, alternatives=None)
    (first, *_) = genetag.read(path, label="protein")
    assert {span.label for span in first.spans} == {"protein"}
    assert first.alternatives == ()
    (path / "GENE.eval").unlink()
    assert [document.spans for document in genetag.read(path / "x.in")] == [(), (), ()]
    with pytest.raises(DataFormatError, match=r"no GENE\.eval — expected it beside x\.in — name that file"):
        genetag.read(path)
    (path / "y.in").touch()
    with pytest.raises(DataFormatError, match=r"x\.in, y\.in found — expected one file"):
        genetag.read(path)
    with pytest.raises(ValueError, match="Expected a label"):
        genetag.read(path, label="")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("x.in", "P1 Serum p53 gene\nP2", "x.in:2: 'P2' is no sentence — expected an id"),
        ("x.in", " a", "x.in:1: ' a' is no sentence"),
        ("x.in", "P\t1 a", "x.in:1: 'P\\t1 a' is no sentence"),
        ("x.in", "P|1 a", "x.in:1: 'P|1 a' is no sentence"),
        ("x.in", "P1 Serum p53 gene\n\nP1 a", "x.in:3: id 'P1' occurs twice — expected each once"),
        ("GENE.eval", "P1|5 7", "GENE.eval:1: 'P1|5 7' is no mention — expected 'id|start end|text'"),
        ("GENE.eval", "P1|5 9999999999|p53", "GENE.eval:1: 'P1|5 9999999999|p53' is no mention"),
        ("GENE.eval", "P1|5 -7|p53", "GENE.eval:1: 'P1|5 -7|p53' is no mention"),
        ("GENE.eval", "|5 7|p53", "GENE.eval:1: '|5 7|p53' is no mention"),
        (
            "GENE.eval",
            "\nP1|5 7|p5",
            "GENE.eval:2: the text at 5 7 is 'p53' — expected 'p5' as the line quotes it — offsets count characters "
            "other than white space, end inclusive; correct the line, or read leniently.",
        ),
        ("GENE.eval", "P1|5 13|p53", "GENE.eval:1: Expected offsets 0 <= first <= last < 13 but got 5 and 13: they"),
        ("GENE.eval", "P1|5 4|p53", "GENE.eval:1: Expected offsets 0 <= first <= last < 13 but got 5 and 4: they"),
        ("ALTGENE.eval", "P1|4 7|p53", "ALTGENE.eval:1: the text at 4 7 is 'm p53' — expected 'p53'"),
        (
            "GENE.eval",
            "P3|0 0|N\nP9|5 7|p53\nP8|5 7|p53",
            "GENE.eval:2: a mention of 'P9' — expected an id of x.in — check that both files are whole and of one",
        ),
    ],
)
def test_bad_files(tmp_path: Path, file: str, content: str, message: str) -> None:
    path = folder(tmp_path, genes=None if file == "x.in" else GENES)
    (path / file).write_text(content)
    (path / "GENE.eval").touch()
    with pytest.raises(DataFormatError) as caught:
        list(genetag.read(path))
    assert str(caught.value).startswith(f"{path}/{message}")


def test_lenient(tmp_path: Path) -> None:
    genes = "P1|5 7|p5\nP1|5 13|gene.x\nP1|7 5|p53\nP1|0 4|\n"
    (first, *_) = genetag.read(folder(tmp_path, genes=genes, alternatives="P1|5 7|P53\n"), lenient=True)
    assert first.spans == (Span.of(6, 9, "GENE"), Span.of(0, 5, "GENE"))
    assert first.alternatives == (Span.of(6, 9, "GENE"),)
    assert first.losses == {"quoted text differs": 2, "beyond the text": 1, "impossible offsets": 1}


def test_written_files_and_what_is_lost(tmp_path: Path) -> None:
    gene = Span.of(1, 5, "GENE", 0.5, ("C1",))
    document = Document(
        "P1",
        " a\r\nb|\tc ",
        (gene, Span(((1, 2), (4, 5)), "GENE"), Span.of(3, 4, "GENE"), Span.of(0, 2, "D")),
        (Passage(0, 2, "title"),),
        alternatives=(Span.of(3, 9, "GENE"), Span.of(4, 5, "D")),
        relations=(Relation("R", (("", gene),)),),
    )
    losses = genetag.write([document, Document("P1", ""), replace(document, id="P1-2")], tmp_path, label="GENE")
    assert losses == {
        **{"line break": 2, "repeated id": 2, "other label": 4, "discontinuous": 2, "only white space": 2},
        **{"outer white space": 2, "score": 2, "concept": 2, "passage": 2, "relation": 2},
    }
    assert (tmp_path / "text.in").read_bytes() == b"P1  a  b|\tc \nP1-2 \nP1-2-2  a  b|\tc \n"
    assert (tmp_path / "GENE.eval").read_bytes() == b"P1|0 1|a  b\nP1-2-2|0 1|a  b\n"
    assert (tmp_path / "ALTGENE.eval").read_bytes() == b"P1|1 3|b|\tc\nP1-2-2|1 3|b|\tc\n"
    assert [document.text for document in genetag.read(tmp_path)] == [" a  b|\tc ", "", " a  b|\tc "]


def test_old_alternatives_do_not_stay(tmp_path: Path) -> None:
    genetag.write(READ, tmp_path)
    assert list(genetag.read(tmp_path)) == READ
    genetag.write(READ[1:], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["GENE.eval", "text.in"]
    assert list(genetag.read(tmp_path)) == READ[1:]


def test_a_long_text_is_written_in_linear_time(tmp_path: Path) -> None:
    """White space is counted once a text, not once a mention: otherwise this would take minutes."""
    spans = tuple(Span.of(start, start + 2, "G") for start in range(0, 300_000, 15))
    genetag.write([Document("1", "p5 " * 100_000, spans)], tmp_path)
    (document,) = genetag.read(tmp_path, label="G")
    assert document.spans == spans


def test_many_documents_of_one_id(tmp_path: Path) -> None:
    assert genetag.write((Document("1", "x") for _ in range(5000)), tmp_path) == {"repeated id": 4999}
    assert len({document.id for document in genetag.read(tmp_path)}) == 5000


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (Document("a b", "x"), "id 'a b' in document 'a b' cannot be written"),
        (Document("a|b", "x"), "cannot be written"),
        (Document("", "x"), "cannot be written"),
        (
            Document("2", "x", (Span.of(0, 1, "D"),)),
            "Expected spans of one label but got D, GENE up to document '2': GENETAG holds none; name the one to write",
        ),
        (Document("2", "x", alternatives=(Span.of(0, 1, "D"),)), "Expected spans of one label but got D, GENE"),
        (Document("2", "\ud800"), "surrogates not allowed"),
    ],
)
def test_refusals_leave_no_file(tmp_path: Path, document: Document, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        genetag.write([READ[0], document], tmp_path)
    assert not list(tmp_path.iterdir())


def test_sentences_of_others_are_not_mixed_in(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has x\.in: write to another"):
        genetag.write(READ, folder(tmp_path))
    assert (tmp_path / "GENE.eval").read_text() == GENES


def test_sentences_come_while_lines_are_read(tmp_path: Path) -> None:
    def endless() -> Iterator[Document]:
        yield READ[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        genetag.write(endless(), tmp_path)
    path = folder(tmp_path, sentences=SENTENCES + "P1 again\n")
    assert next(genetag.read(path)) == READ[0]


@given(documents(fragments=1), documents(fragments=1), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@quick
def test_round_trip(document: Document, other: Document, name: str) -> None:
    assume(not set(name) & set(string.whitespace + "|\ufeff"))
    document = replace(document.relabel({"cell_line": "D", "Größe": "D", "Disease": "D"}), id=name)
    alternatives = [replace(span, label="D") for span in other.spans if span.end <= len(document.text)]
    document = replace(document, alternatives=tuple(alternatives))
    with tempfile.TemporaryDirectory() as root:
        losses = genetag.write([document], root)
        (again,) = genetag.read(root, label="D")
    assert again.text == re.sub(r"[\r\n]", " ", document.text)
    assert again.id == name
    places = brute_force(document.text)
    for before, after in ((document.spans, again.spans), (document.alternatives, again.alternatives)):
        held = [[place for place in places if span.start <= place < span.end] for span in before]
        assert [span.fragments for span in after] == [((place[0], place[-1] + 1),) for place in held if place]
    # Once read, a document comes back exactly.
    with tempfile.TemporaryDirectory() as root:
        assert not genetag.write([again], root)
        assert list(genetag.read(root, label="D")) == [again]
    assert losses["passage"] == len(document.passages)


@pytest.mark.parametrize(
    ("split", "counts", "differing"), [("train", (15_000, 18_265, 14_499), 4), ("test", (5_000, 6_331, 5_068), 0)]
)
def test_the_published_corpus(
    data_root: Path, tmp_path: Path, split: str, counts: tuple[int, int, int], differing: int
) -> None:
    source = data_root / "en/bc2gm" / split
    found = list(genetag.read(source, lenient=True))
    spans = [span for document in found for span in document.spans]
    alternatives = [span for document in found for span in document.alternatives]
    assert (len(found), len(spans), len(alternatives)) == counts
    assert losses_of(found) == ({"quoted text differs": differing} if differing else {})
    assert not genetag.write(found, tmp_path)
    assert (tmp_path / "text.in").read_bytes() == (source / f"{split}.in").read_bytes()
    changed = Counter[str]()
    for name in ("GENE.eval", "ALTGENE.eval"):
        changed[name] = (lines_of(tmp_path / name) - lines_of(source / name)).total()
    assert +changed == ({"GENE.eval": 1, "ALTGENE.eval": 3} if differing else {})


def lines_of(path: Path) -> Counter[str]:
    return Counter(path.read_text(encoding="ascii").split("\n"))


def test_the_train_split_is_refused_where_it_disagrees(data_root: Path) -> None:
    with pytest.raises(DataFormatError, match=r"ALTGENE\.eval:787: the text at 58 58 is 'S' — expected 'S-deficient'"):
        list(genetag.read(data_root / "en/bc2gm/train"))
