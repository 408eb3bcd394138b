"""PubTator."""

import io
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import documents, quick
from zoo.data import pubtator
from zoo.data.document import DataFormatError, Document, Passage, Relation, Span, losses_of

FILE = (
    "\n"
    "1|t|Wilson disease 💉\n"
    "1|a|Naïve e\u0301lan|t|x.\n"
    "1\t0\t14\tWilson disease  \tDisease\t D006527 |OMIM:277900|-1\n"
    "1\t15\t16\t💉\tChemical\n"
    "1\tCID\tD1\tD2\n"
    "1\t0\t6\tWilson\tPerson\tD1+D2\tWilson|x\n"
    "\n\n"
    "2|t|\n2|a|\n"
    "1|t|Again\n1|a|\n1\t0\t5\tAgain\tDisease\t-"
)
FIRST = Document(
    "1",
    "Wilson disease 💉 Naïve e\u0301lan|t|x.",
    (
        Span.of(0, 14, "Disease", concepts=("D006527", "OMIM:277900")),
        Span.of(15, 16, "Chemical"),
        Span.of(0, 6, "Person", concepts=("D1+D2",)),
    ),
    (Passage(0, 16, "title"), Passage(17, 33, "abstract")),
    {"composite parts": 1},
    relations=(Relation("CID", (("", "D1"), ("", "D2"))),),
)
EMPTY = Document("2", " ", (), (Passage(0, 0, "title"), Passage(1, 1, "abstract")))
AGAIN = Document("1", "Again ", (Span.of(0, 5, "Disease"),), (Passage(0, 5, "title"), Passage(6, 6, "abstract")))


def parse(text: str) -> list[Document]:
    return list(pubtator.parse(text.split("\n"), "f"))


def test_a_file_with_every_quirk() -> None:
    assert parse(FILE) == [FIRST, EMPTY, AGAIN]


@pytest.mark.parametrize("raw", [FILE, "\ufeff" + FILE[1:], FILE.replace("\n", "\r\n"), FILE + "\n\n\n"])
def test_line_ends_and_byte_order_marks(tmp_path: Path, raw: str) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(raw.encode())
    assert list(pubtator.read(path)) == [FIRST, EMPTY, AGAIN]


def test_documents_come_while_lines_are_read() -> None:
    def lines() -> Iterator[str]:
        yield from ("1|t|A", "1|a|B", "")
        raise AssertionError("the first document is complete at the blank line")

    assert next(pubtator.parse(lines(), "f")).text == "A B"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "1|t|Title",
            "f:1: document 1 has a title but no abstract — expected '1|a|…' on the next line "
            "(which may be empty after the last bar) — check that the file is not cut off here.",
        ),
        ("1|t|Title\n\n1|a|x", "f:1: document 1 has a title but no abstract"),
        ("1|t|Title\n1\t0\t5\tTitle\tD\t", "f:1: document 1 has a title but no abstract"),
        (
            "1|t|Title\n1|a|x\n1\t0\t5\tTitle",
            "f:3: '1\\t0\\t5\\tTitle' is neither mention nor relation — expected 5 to 7 tab-separated columns "
            "(PMID, start, end, mention, type, id) — check that the file is not cut off here.",
        ),
        (
            "1|t|Title\n1|a|x\n2\t0\t5\tTitle\tD\t",
            "f:3: a line of document '2' stands in document 1 — expected 1 — check that its title line is not missing.",
        ),
        ("1|t|Title\n2|a|x", "f:2: a line of document '2' stands in document 1"),
        ("1|t|Title\n1|a|x\n1|a|y", "f:3: document 1 has two abstracts — expected one."),
        (
            "\n1\t0\t5\tTitle\tD\t",
            "f:2: '1\\t0\\t5\\tTitle\\tD\\t' is outside a document — expected a title line such as '10021369|t|…' "
            "first — check that the file's beginning is not cut off and that no blank line parts a document.",
        ),
        (
            "1|t|Title\n1|a|x\n1\t0\t5\ttitle\tD\t",
            "f:3: the text at 0 5 is 'Title' — expected 'title' as the line quotes it — check that offsets count "
            "Unicode characters of this very text, or correct the line.",
        ),
        (
            "1|t|Title\n1|a|\n1\t6\t17\tNO ABSTRACT\tD\t",
            "f:3: offsets 6 17 of 'NO ABSTRACT' reach past the end of the text — expected at most 6, counted in "
            "Unicode characters — check that text and annotations belong together, or remove the line.",
        ),
        ("1|t|Title\n1|a|\n1\t3\t3\t\tD\t", "f:3: Expected a span of at least one fragment but got none."),
        ("1|t|Title\n1|a|\n1\t0\t5\tTitle\t \t", "f:3: Expected a span with a label but got an empty one."),
        ("1|t|Title\n1|a|\n1\t" + "9" * 5000 + "\t5\tTitle\tD\t", "f:3: "),
        ("1|t|Title\n1|a|\n1\t0\t" + "9" * 4000 + "\tTitle\tD\t", "f:3: offsets 0 999"),
        ("1|t|Title\n1|a|\n1\t-5\t0\tTitle\tD\t", "f:3: Expected sorted, non-empty, non-overlapping"),
        ("1|t|Title\n1|a|\n1\tCID\tD1\t ", r"f:3: '1\tCID\tD1\t ' is neither mention nor relation"),
        ("1|t|Title\n1|a|\n1\tCID\tD1", r"f:3: '1\tCID\tD1' is neither mention nor relation"),
        ("1|t|Title\n1|a|\n1\tC 1\tD1\tD2", r"f:3: '1\tC 1\tD1\tD2' is neither mention nor relation"),
    ],
)
def test_bad_files(text: str, message: str) -> None:
    with pytest.raises(DataFormatError) as caught:
        parse(text)
    assert str(caught.value).startswith(message)


def test_lenient_reading_counts_what_disagrees() -> None:
    lines = [
        "1|t|Title",
        "1|a|",
        "1\t6\t17\tNO ABSTRACT\tD\tD1",
        "1\t0\t5\ttitle\tD\tD1|D2",
        "1\t3\t3\t\tD\t",
        "1\t5\t3\tle\tD\t",
        "1\t0\t5\tTitle\tE\t",
    ]
    (document,) = pubtator.parse(lines, "f", lenient=True)
    assert document.spans == (Span.of(0, 5, "D", concepts=("D1", "D2")), Span.of(0, 5, "E"))
    assert document.losses == {"beyond the text": 1, "quoted text differs": 1, "impossible offsets": 2}
    for damaged in (["1|t|Title"], [*lines, "1\t0\t5\tTitle\t \t"], [*lines, "1\t0\t5"], lines[2:]):
        with pytest.raises(DataFormatError):
            list(pubtator.parse(damaged, "f", lenient=True))


def test_relations_of_other_files() -> None:
    """BioRED says in a fifth column whether a finding is new; PubTator 3 writes the type before an id."""
    (document,) = parse(
        "1|t|Title\n1|a|\n1\tPositive_Correlation\tD1\t 673 \tNovel\t\n1\tassociate\tGene|8622\tDisease|MESH:D009461"
    )
    assert document.relations == (
        Relation("Positive_Correlation", (("", "D1"), ("", "673"))),
        Relation("associate", (("", "Gene|8622"), ("", "Disease|MESH:D009461"))),
    )
    assert document.losses == {"relation column": 1}


def test_surplus_columns_are_counted() -> None:
    (document,) = parse("1|t|Title\n1|a|\n1\t0\t5\tTitle\tD\tD1\t\n1\t0\t5\tTitle\tE\tD1\t \tx")
    assert [span.label for span in document.spans] == ["D", "E"]
    assert document.losses == {"composite parts": 1}


def test_cut_at_every_byte(tmp_path: Path) -> None:
    """What comes out is an error, or the documents before the cut and a last one that is a beginning of the whole."""
    raw = FILE.encode()
    whole = [FIRST, EMPTY, AGAIN]
    path = tmp_path / "f.txt"
    errors = 0
    for cut in range(len(raw)):
        path.write_bytes(raw[:cut])
        found: list[Document] = []
        try:
            for document in pubtator.read(path):
                found.append(document)
        except DataFormatError:
            errors += 1
        assert found[:-1] == whole[: len(found)][:-1]
        for last, full in zip(found[-1:], whole[len(found) - 1 :], strict=False):
            assert full.text.startswith(last.text)
            assert [span.fragments for span in last.spans] == [s.fragments for s in full.spans[: len(last.spans)]]
    assert errors > len(raw) / 4


@pytest.mark.parametrize("abstract", ["", "x" * 1_000_000, "word " * 2_000, "💉e\u0301\u200b\u00a0\u2028\x0b\x85" * 9])
def test_extreme_texts(tmp_path: Path, abstract: str) -> None:
    text = f"T {abstract}"
    spans = (Span.of(0, len(text), "All"),)
    pubtator.write([Document("1", text, spans, (Passage(0, 1, "title"),))], tmp_path / "f")
    (document,) = pubtator.read(tmp_path / "f")
    assert document.text == text
    assert document.spans == spans


def test_written_text(tmp_path: Path) -> None:
    spans = (
        Span(((0, 1), (4, 5)), "D"),
        Span.of(8, 11, "E", score=0.1, concepts=("C1", "C2+C3")),
        Span.of(0, 2, "D"),
    )
    relations = (
        Relation("CID", (("", "D1"), ("", "D2"))),
        Relation("CID", (("Chemical", "D1"), ("Disease", "D3"))),
        Relation("Is_a", (("", spans[1]), ("", spans[2]))),
        Relation("CID", (("", "D1"),)),
        Relation("C", (("", "D1"), ("", "D2"))),
        Relation("CID", (("", "D\t1"), ("", "D2"))),
        Relation("CID", (("", " "), ("", "D2"))),
    )
    passages = (Passage(0, 5, "title"), Passage(0, 3, "section"), Passage(6, 9, "abstract"))
    document = Document("1", "A\tbcd\r\nef\ng|t|", spans, passages, {}, spans[:1], relations)
    unknown = Document("2", "x", (Span.of(0, 1, "D", concepts=("-1", "D1")),))
    losses = pubtator.write([document, Document("2", ""), unknown], tmp_path / "f.txt")
    assert losses == {
        "line break": 2,
        "discontinuous": 1,
        "score": 1,
        "passage": 2,  # the abstract reads back as all that follows the title
        "alternative": 1,
        "relation": 5,
        "role": 2,
        "concept": 1,
    }
    assert (tmp_path / "f.txt").read_bytes().decode() == (
        "1|t|A\tbcd\n1|a| ef g|t|\n1\t0\t2\tA \tD\t\n1\t8\t11\tf g\tE\tC1|C2+C3\n1\tCID\tD1\tD2\n1\tCID\tD1\tD3\n\n"
        "2|t|\n2|a|\n\n2|t|x\n2|a|\n2\t0\t1\tx\tD\t-1|D1\n\n"
    )
    first, second, third = pubtator.read(tmp_path / "f.txt")
    assert first.text == "A\tbcd  ef g|t|"
    assert second.text == " "
    assert set(first.spans) == {Span.of(0, 2, "D"), Span.of(8, 11, "E", concepts=("C1", "C2+C3"))}
    assert first.relations == (relations[0], Relation("CID", (("", "D1"), ("", "D3"))))
    assert third.spans[0].concepts == ("D1",)


@pytest.mark.parametrize(("name", "concept"), [("a|b", "C"), ("a\tb", "C"), ("", "C"), ("a", "C|D")])
def test_values_that_pubtator_cannot_hold(tmp_path: Path, name: str, concept: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        pubtator.write([Document(name, "x", (Span.of(0, 1, "D", concepts=(concept,)),))], tmp_path / "f")
    assert not list(tmp_path.iterdir())


@st.composite
def tied_documents(draw: st.DrawFn) -> Document:
    """Documents with relations between concepts, and some that PubTator cannot hold."""
    document = draw(documents())
    fillers = st.sampled_from(["MESH:D009369", "Gene|8622", "1", "a\tb", *document.spans])
    argument = st.tuples(st.sampled_from(["", "Chemical"]), fillers)
    labels = st.sampled_from(["CID", "Positive_Correlation", "X", "of two"])
    ties = st.builds(Relation, labels, st.lists(argument, min_size=1, max_size=3).map(tuple))
    return replace(document, relations=tuple(draw(st.lists(ties, max_size=4))), alternatives=document.spans[:1])


@given(tied_documents())
@quick
def test_round_trip(document: Document) -> None:
    with tempfile.TemporaryDirectory() as folder:
        losses = pubtator.write([document], f"{folder}/f")
        (again,) = pubtator.read(f"{folder}/f")
    blank = re.sub(r"[\r\n]", " ", document.text)
    assert again.text in (blank, blank + " ")
    assert again.spans == tuple(span for span in document.spans if len(span.fragments) == 1)
    assert losses["discontinuous"] == len(document.spans) - len(again.spans)
    assert losses["alternative"] == len(document.alternatives)
    assert losses["passage"] == len(set(document.passages) - set(again.passages))
    assert losses["relation"] == len(document.relations) - len(again.relations)
    remaining = iter(document.relations)
    for relation in again.relations:  # in order, each one of the document's
        fillers = [filler for _, filler in relation.arguments]
        assert any(relation.label == r.label and fillers == [filler for _, filler in r.arguments] for r in remaining)
    # Once read, a document comes back exactly.
    with tempfile.TemporaryDirectory() as folder:
        assert not pubtator.write([again], f"{folder}/f")
        assert list(pubtator.read(f"{folder}/f")) == [again]


def test_open_files_can_be_parsed() -> None:
    assert len(list(pubtator.parse(io.StringIO(FILE), "f"))) == 3


@pytest.mark.parametrize("line", ["1\tO\t6\tAsthma\tDisease\t-", "1\tgarbage here\tmore\tstuff", "1\tsix\tseven"])
def test_a_line_that_is_neither_mention_nor_relation(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.pubtator"
    path.write_text(f"1|t|Asthma.\n1|a|\n{line}\n")
    with pytest.raises(DataFormatError) as error:
        list(pubtator.read(path))
    assert str(error.value) == (
        f"{path}:3: {line!r} is neither mention nor relation — expected 5 to 7 tab-separated columns "
        "(PMID, start, end, mention, type, id) — check that the file is not cut off here."
    )


@pytest.mark.parametrize(
    ("name", "documents", "mentions", "relations", "composite"),
    [
        ("CDR_TrainingSet.PubTator.txt", 500, {"Chemical": 5203, "Disease": 4182}, 1038, 89),
        ("CDR_DevelopmentSet.PubTator.txt", 500, {"Chemical": 5347, "Disease": 4244}, 1012, 89),
        ("CDR_TestSet.PubTator.txt", 500, {"Chemical": 5385, "Disease": 4424}, 1066, 57),
        ("CDR_sample.txt", 50, {"Chemical": 502, "Disease": 423}, 124, 5),
    ],
)
def test_cdr(
    data_root: Path, tmp_path: Path, name: str, documents: int, mentions: dict[str, int], relations: int, composite: int
) -> None:
    path = data_root / "en" / "bc5cdr" / name
    found = list(pubtator.read(path))
    assert len(found) == documents
    assert Counter(span.label for document in found for span in document.spans) == mentions
    assert losses_of(found) == {"composite parts": composite}
    ties = [(document.id, relation) for document in found for relation in document.relations]
    assert len(ties) == relations
    raw = re.findall(r"^(\d+)\tCID\t(\S+)\t(\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert [(pmid, *(filler for _, filler in relation.arguments)) for pmid, relation in ties] == raw
    assert not pubtator.write(found, tmp_path / "f")
    again = list(pubtator.read(tmp_path / "f"))
    assert [document.relations for document in again] == [document.relations for document in found]
    assert [set(document.spans) for document in again] == [set(document.spans) for document in found]


@pytest.mark.parametrize(
    ("name", "documents", "disease", "chemical", "gene", "other"),
    [
        ("weak/pubtator-132-abstracts.pubtator", 132, 240, 428, 648, 440),
        ("cord19-pubtator/cord19_noncomm_abstracts_2020-04-09.pubtator", 2030, 7567, 3152, 3396, 10774 + 106),
        ("cord19-pubtator/litcovid_abstracts_2020-04-10.pubtator", 3038, 11877, 854, 739, 8319 + 19),
        ("weak/bioconcepts2pubtator_offsets-651.sample", 651, 3017, 1828, 904, 1790),
    ],
)
def test_files_of_pubtator_itself(
    data_root: Path, name: str, documents: int, disease: int, chemical: int, gene: int, other: int
) -> None:
    path = data_root / "en" / name
    found = list(pubtator.read(path, lenient=True))
    assert len(found) == documents
    counts = Counter(span.label for document in found for span in document.spans)
    losses = losses_of(found)  # two chemicals of the dump are the words `NO ABSTRACT`
    assert losses == ({"beyond the text": 2} if name.endswith(".sample") else {})
    assert counts.pop("Disease") == disease
    assert counts.pop("Chemical") == chemical - losses["beyond the text"]
    assert counts.pop("Gene") == gene
    assert sum(counts.values()) == other
    if losses:
        with pytest.raises(DataFormatError, match=r":4197: offsets 59 70 of 'NO ABSTRACT' reach past the end"):
            list(pubtator.read(path))
    else:
        assert list(pubtator.read(path)) == found
