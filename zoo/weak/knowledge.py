"""Knowledge bases that tie articles to concepts: which concepts, by what people recorded, an article is about.

Nobody says where in an article a concept is named; but a mention that a program found, and whose concept is recorded
for its article, is almost surely right. Read are, each in its published format and ``.gz`` as well, a record at a time:

* CTD, tables of tab-separated columns with ``PubMedIDs`` (CTD_chemicals_diseases, CTD_genes_diseases, …). Of pairs that
  were inferred by way of a gene, whose articles need not name both, none is taken: ``DirectEvidence`` is empty there.
* MeSH headings, in PubMed's XML (``MedlineCitation``): headings, chemicals and supplementary concepts.
* RGD, its annotations "with terms" (``homo_genes_rdo`` and others): terms, and what they are in MeSH or OMIM; not those
  that say that there is no association.
* Any other as a table with the columns ``pmid`` and ``concept``.

Source: Zhou et al. (2021), section "Weakly labeled dataset construction"; Wei, Lee, Leaman & Lu (2019).
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from zoo.data.concept_ids import concept_id
from zoo.data.document import DataFormatError
from zoo.data.textfile import numbered, opened, read_lines, source_name

_BYTES = 1 << 16
_ARTICLE = re.compile(r"PMID:\s*(\d+)", re.IGNORECASE)
_SEPARATOR = re.compile(r"[;,\s]")
_CITATION = ["MedlineCitation", "PMID"]
_CONCEPTS = frozenset(["DescriptorName", "NameOfSubstance", "SupplMeshName"])


class Record(NamedTuple):
    """One concept of one article.

    Args:
        pmid: Of the article.
        concept: As :func:`zoo.data.concept_ids.concept_id` writes it.
    """

    pmid: str
    concept: str


class _Table(NamedTuple):
    """Columns of a table: articles, concepts, one that is empty where a row is not to be taken, one that may deny it.

    ``prefixed``: whether articles are told from other references by ``PMID:``.
    """

    articles: tuple[str, ...]
    concepts: tuple[str, ...]
    evidence: str = ""
    qualifier: str = ""
    prefixed: bool = False


_TABLES = (
    _Table(("PubMedIDs",), ("ChemicalID", "DiseaseID", "GeneID"), evidence="DirectEvidence"),
    _Table(("REFERENCES", "ORIGINAL_REFERENCE"), ("TERM_ACC_ID", "MESH_OMIM_ID"), qualifier="QUALIFIER", prefixed=True),
    _Table(("pmid",), ("concept",)),
)
_DENIALS = frozenset(["not", "no_association"])


def read_records(path: str | Path) -> Iterator[Record]:
    """The records of a knowledge base in the order of the file; the format is told by content.

    Raises:
        DataFormatError: If it is none of these formats, or a line is not what its format asks for.
    """
    with opened(path) as file:
        begins = file.read(_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return _read_headings(path) if begins == b"<" else _read_table(path)


def knowledge_of(paths: Iterable[str | Path], pmids: Collection[str]) -> Mapping[str, frozenset[str]]:
    """What knowledge bases record for some articles; what they record for others is passed over.

    Args:
        paths: Their files.
        pmids: Of the articles.

    Returns:
        Concepts by article; none for an article that nothing is recorded of.

    Raises:
        DataFormatError: As :func:`read_records` does.
    """
    found: dict[str, set[str]] = {}
    for path in paths:
        for pmid, concept in read_records(path):
            if pmid in pmids:
                found.setdefault(pmid, set()).add(concept)
    return {pmid: frozenset(concepts) for pmid, concepts in found.items()}


def _read_table(path: str | Path) -> Iterator[Record]:
    lines = numbered(read_lines(path))
    columns, table = _header(path, lines)
    for number, line in lines:
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != len(columns):
            wrong = f"{len(cells)} columns — expected {len(columns)}, as the header has — repair the line."
            raise DataFormatError(source_name(path), number, wrong)
        row = dict(zip(columns, cells, strict=True))
        denied = not _DENIALS.isdisjoint(row.get(table.qualifier, "").lower().replace("|", " ").split())
        if row.get(table.evidence, "is given") and not denied:
            yield from _records(row, table, source_name(path), number)


def _header(path: str | Path, lines: Iterable[tuple[int, str]]) -> tuple[list[str], _Table]:
    """The columns of a table, after the comments above them, of which they may be one."""
    last = 0
    for number, line in lines:
        last = number
        columns = line.removeprefix("#").strip(" ").split("\t")
        for table in _TABLES:
            if table.articles[0] in columns and not {*table.concepts}.isdisjoint(columns):
                return columns, table
        if line.strip() and not line.startswith("#"):
            break
    known = "; ".join(f"{table.articles[0]} and {' or '.join(table.concepts)}" for table in _TABLES)
    wrong = f"no knowledge base that is known — expected columns by name, parted by tabs ({known}), or PubMed's XML"
    raise DataFormatError(source_name(path), last, f"{wrong} — convert it.")


def _records(row: Mapping[str, str], table: _Table, path: str, number: int) -> Iterator[Record]:
    articles = [each for name in table.articles for each in _listed(row.get(name, ""))]
    if table.prefixed:
        articles = [match[1] for each in articles if (match := _ARTICLE.fullmatch(each))]
    concepts = [each for name in table.concepts for each in _listed(row.get(name, ""))]
    for pmid in dict.fromkeys(articles):
        if not pmid.isascii() or not pmid.isdigit():
            wrong = f"{pmid!r} in {table.articles[0]} — expected PMIDs, parted by | — repair the line."
            raise DataFormatError(path, number, wrong)
        for concept in concepts:
            if _SEPARATOR.search(concept):
                wrong = f"{concept!r} for a concept — expected one id, or some parted by | — repair the line."
                raise DataFormatError(path, number, wrong)
            yield Record(pmid, concept_id(concept))


def _listed(cell: str) -> list[str]:
    return [each.strip() for each in cell.split("|") if each.strip()]


def _read_headings(path: str | Path) -> Iterator[Record]:
    """PubMed's XML; entities are refused where they are declared, and nothing is fetched."""
    headings = _Headings(path)
    with opened(path) as file:
        while chunk := file.read(_BYTES):
            yield from headings.feed(chunk)
    yield from headings.feed(b"", last=True)


class _Headings:
    """Takes XML in pieces and gives the records of each."""

    def __init__(self, path: str | Path) -> None:
        self._source = source_name(path)
        self._inside: list[str] = []
        self._text, self._pmid = "", ""
        self._found: list[Record] = []
        self._citations = 0
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler, parser.EntityDeclHandler = self._characters, self._refuse

    def feed(self, chunk: bytes, last: bool = False) -> list[Record]:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            wrong = f"{expat.ErrorString(error.code)} — expected well-formed XML — fetch the file again."
            raise DataFormatError(self._source, error.lineno, wrong) from error
        if last and not self._citations:
            raise DataFormatError(
                self._source,
                0,
                "no MedlineCitation — expected PubMed's XML — make a table of pmid and concept.",
            )
        found, self._found = self._found, []
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._inside.append(name)
        self._text = ""
        if name == "MedlineCitation":
            self._pmid, self._citations = "", self._citations + 1
        elif name in _CONCEPTS and self._pmid and (concept := attributes.get("UI")):
            self._found.append(Record(self._pmid, concept_id(concept)))

    def _end(self, name: str) -> None:
        if self._inside[-2:] == _CITATION:  # others are of articles that this one comments on
            self._pmid = self._text.strip()
        self._inside.pop()

    def _characters(self, text: str) -> None:
        if self._inside[-2:] == _CITATION:
            self._text += text

    def _refuse(self, *_: object) -> None:
        wrong = "declares entities — expected none, as PubMed's files — fetch the file again."
        raise DataFormatError(self._source, self._parser.CurrentLineNumber, wrong)
