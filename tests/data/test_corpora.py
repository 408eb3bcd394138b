"""Named corpora and folders of one's own."""

from collections import Counter
from pathlib import Path

import pytest

from zoo.data import corpora, formats
from zoo.data.document import Corpus, DataFormatError


@pytest.fixture(scope="module")
def ncbi() -> Corpus:
    try:
        return corpora.load_corpus("ncbi-disease")
    except FileNotFoundError as error:
        pytest.skip(f"the NCBI Disease corpus is not here: {error}")


def test_published_counts(ncbi: Corpus) -> None:
    assert list(ncbi) == ["train", "dev", "test"]
    assert ncbi.labels == ("Disease",)
    for split, file in corpora.CORPORA["ncbi-disease"].files.items():
        assert len(ncbi[split]) == file.documents
        assert sum(len(document.spans) for document in ncbi[split]) == file.mentions
        assert not any(document.losses for document in ncbi[split])


def test_concepts_and_quirks(ncbi: Corpus) -> None:
    spans = [span for split in ncbi for document in ncbi[split] for span in document.spans]
    assert len(spans) == 6892
    assert all(span.concepts for span in spans)
    assert sum(len(span.concepts) > 1 for span in spans) == 128
    assert sum(any("+" in concept for concept in span.concepts) for span in spans) == 32
    assert all(concept == concept.strip() for span in spans for concept in span.concepts)
    ids = Counter(document.id for document in ncbi["train"])
    assert [pmid for pmid, count in ids.items() if count > 1] == ["8528200"]
    quirk = next(document for split in ncbi for document in ncbi[split] if document.id == "10923035")
    assert any(span.start == 711 for span in quirk.spans)  # the file quotes two more blanks at its end


def test_round_trip_of_a_whole_split(ncbi: Corpus, tmp_path: Path) -> None:
    for name in ("pubtator", "brat"):
        losses = formats.write(ncbi["train"], tmp_path / name, name)
        assert losses == ({"repeated id": 1} if name == "brat" else {})
        again = list(formats.read(tmp_path / name, name))
        expected = Counter((document.text, span) for document in ncbi["train"] for span in document.spans)
        assert Counter((document.text, span) for document in again for span in document.spans) == expected


def test_a_missing_folder_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZOO_DATA", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match=r"named by ZOO_DATA.*set ZOO_DATA to it.*spyysalo/ncbi-disease"):
        corpora.load_corpus("ncbi-disease")
    monkeypatch.setenv("ZOO_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"obtain it from https://github\.com/spyysalo/ncbi-disease"):
        corpora.load_corpus("ncbi-disease")


def test_an_altered_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / corpora.CORPORA["ncbi-disease"].files["train"].path
    path.parent.mkdir(parents=True)
    path.write_text("1|t|x\n1|a|\n", encoding="utf-8")
    monkeypatch.setenv("ZOO_DATA", str(tmp_path))
    with pytest.raises(DataFormatError, match=r"sha256 is .* — expected f311381b"):
        corpora.load_corpus("ncbi-disease")


def test_folders_with_splits(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("Fever\tB-D\n", encoding="utf-8")
    (tmp_path / "devel.txt").write_text("1|t|Fever\n1|a|\n", encoding="utf-8")
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "a.txt").write_text("Fever", encoding="utf-8")
    corpus = corpora.load_corpus(tmp_path)
    assert list(corpus) == ["train", "dev", "test"]
    assert corpus.name == tmp_path.name
    assert [corpus[split][0].id for split in corpus] == ["train-1", "1", "a"]
    (tmp_path / "dev").mkdir()
    with pytest.raises(DataFormatError, match=r"more than one dev split \(dev, devel\.txt\)"):
        corpora.load_corpus(tmp_path)
    with pytest.raises(DataFormatError, match="no splits — expected files or subfolders named train"):
        corpora.load_corpus(tmp_path / "test")


def test_unknown_names() -> None:
    with pytest.raises(ValueError, match="Expected a corpus") as caught:
        corpora.load_corpus("ncbi-diseases")
    assert str(caught.value) == (
        "Expected a corpus out of ncbi-disease, or a folder, but got 'ncbi-diseases'. Did you mean 'ncbi-disease'?"
    )
