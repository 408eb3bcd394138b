"""Codes by document: each once, and what a line of two columns cannot hold."""

from pathlib import Path

import pytest

from zoo.data import formats
from zoo.data.document import Document, Span


def document(id_: str, *concepts: tuple[str, ...]) -> Document:
    spans = tuple(Span.of(place, place + 1, "X", concepts=each) for place, each in enumerate(concepts))
    return Document(id_, "abcdef", spans)


def test_each_code_of_a_document_once_and_losses_are_counted(tmp_path: Path) -> None:
    documents = [document("S1", ("10",), ("7", "8"), (), ("10",), ("<null>",)), document("S2"), document("S3", ("10",))]
    losses = formats.write(documents, tmp_path / "codes.tsv", "track2")
    assert (tmp_path / "codes.tsv").read_text() == "S1\t10\nS1\t7\nS3\t10\n"
    assert losses == {"mention without concept": 2, "further concept": 1}


def test_a_code_that_no_column_holds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="concept 'a\\\\tb' in document 'S1' cannot be written"):
        formats.write([document("S1", ("a\tb",))], tmp_path / "codes.tsv", "track2")
    assert not [*tmp_path.iterdir()]
