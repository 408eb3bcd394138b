"""Named corpora, checked against what is published of them, and folders of one's own."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from zoo.data import formats, splits
from zoo.data.corpora import CORPORA
from zoo.data.document import Corpus, DataFormatError
from zoo.data.splits import check_corpus, load_corpus


@pytest.fixture(scope="module")
def ncbi(data_root: Path) -> Corpus:
    return load_corpus("ncbi-disease")


@pytest.mark.parametrize("name", CORPORA)
def test_the_files_are_what_is_published(data_root: Path, name: str) -> None:
    checks = list(check_corpus(name))
    assert len(checks) >= 3 * len(CORPORA[name].splits)
    assert [check for check in checks if not check.passed] == []


# The corpora's papers and release notes, over all splits and before any label is dropped.
PUBLISHED = {
    "ncbi-disease": (793, 6892),
    "bc5cdr": (1500, 15935 + 12850),
    "jnlpba": (2404, 51301 + 8662),
    "bc2gm": (20000, 18265 + 6331),
    "raredis": (1041, 14833),
    "pharmaconer": (1000, 7624),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_table_adds_up_to_the_published_totals(name: str) -> None:
    entries = CORPORA[name].splits.values()
    assert PUBLISHED[name] == (sum(e.documents for e in entries), sum(sum(e.entities.values()) for e in entries))


@pytest.mark.parametrize("name", CORPORA)
def test_every_label_of_the_files_is_mapped(name: str) -> None:
    entry = CORPORA[name]
    assert {label for split in entry.splits.values() for label in split.entities} == set(entry.labels)


def test_labels_are_mapped(data_root: Path) -> None:
    corpus = load_corpus("raredis", without_texts=True)
    assert corpus.labels == ("DISEASE", "RAREDISEASE", "SIGN", "SYMPTOM")
    counts = Counter(span.label for document in corpus["test"] for span in document.spans)
    assert counts == {"RAREDISEASE": 942 + 146, "DISEASE": 471, "SIGN": 1061, "SYMPTOM": 53}


def test_missing_texts_say_where_they_come_from(data_root: Path) -> None:
    if any((data_root / "en/raredis/train").glob("*.txt")):
        pytest.skip("the texts of RareDis are here")
    with pytest.raises(FileNotFoundError, match=r"729 of 729 texts of corpus raredis.*obtain them from the NORD"):
        load_corpus("raredis")


def test_parts_of_a_file_do_not_overlap(data_root: Path) -> None:
    for name in ("jnlpba", "bc2gm", "cord19"):
        corpus = load_corpus(name)
        ids = {split: {document.id for document in corpus[split]} for split in corpus}
        assert ids["train"].isdisjoint(ids["dev"])
        assert ids["dev"].isdisjoint(ids["test"])


def test_a_repaired_text_is_used(data_root: Path) -> None:
    (document,) = [d for d in load_corpus("pharmaconer")["train"] if d.id == "S0211-69952015000200015-1"]
    assert len(document.spans) == 12
    assert "\u00a0" in document.text
    assert not document.losses


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
    for name in ("pubtator", "brat", "jsonl", "bioc", "bioc-json"):
        losses = formats.write(ncbi["train"], tmp_path / name, name)
        assert losses == ({"repeated id": 1, "passage": 2 * 593} if name == "brat" else {})
        again = list(formats.read(tmp_path / name, name))
        expected = Counter((document.text, span) for document in ncbi["train"] for span in document.spans)
        assert Counter((document.text, span) for document in again for span in document.spans) == expected


def test_a_missing_folder_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZOO_DATA", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match=r"named by ZOO_DATA.*set ZOO_DATA to it.*spyysalo/ncbi-disease"):
        load_corpus("ncbi-disease")
    monkeypatch.setenv("ZOO_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"obtain it from https://github\.com/spyysalo/ncbi-disease"):
        load_corpus("ncbi-disease")


def test_an_altered_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / CORPORA["ncbi-disease"].splits["train"].paths[0]
    path.parent.mkdir(parents=True)
    path.write_text("1|t|x\n1|a|\n", encoding="utf-8")
    monkeypatch.setenv("ZOO_DATA", str(tmp_path))
    with pytest.raises(DataFormatError, match=r"is [0-9a-f]{64} — expected f311381b"):
        load_corpus("ncbi-disease")


def test_a_folder_s_fingerprint_covers_names_and_bytes(
    data_root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entry = CORPORA["craft"]
    shutil.copytree(data_root / "en/craft/dev", tmp_path / "en/craft/dev")
    monkeypatch.setenv("ZOO_DATA", str(tmp_path))
    (tmp_path / "en/craft/dev/.DS_Store").write_text("no part of the corpus")
    assert splits.fingerprint(entry, entry.splits["dev"]) == entry.splits["dev"].sha256
    one = tmp_path / "en/craft/dev/17194222.ann"
    one.rename(one.with_name("17194223.ann"))
    assert splits.fingerprint(entry, entry.splits["dev"]) != entry.splits["dev"].sha256


def test_folders_with_splits(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("Fever\tB-D\n", encoding="utf-8")
    (tmp_path / "devel.txt").write_text("1|t|Fever\n1|a|\n", encoding="utf-8")
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "a.txt").write_text("Fever", encoding="utf-8")
    corpus = load_corpus(tmp_path)
    assert list(corpus) == ["train", "dev", "test"]
    assert corpus.name == tmp_path.name
    assert [corpus[split][0].id for split in corpus] == ["train-1", "1", "a"]
    (tmp_path / "dev").mkdir()
    with pytest.raises(DataFormatError, match=r"more than one dev split \(dev, devel\.txt\)"):
        load_corpus(tmp_path)
    with pytest.raises(DataFormatError, match="no splits — expected files or subfolders named train"):
        load_corpus(tmp_path / "test")


def test_unknown_names() -> None:
    with pytest.raises(ValueError, match="Expected a corpus") as caught:
        load_corpus("ncbi-diseases")
    assert str(caught.value).startswith("Expected a corpus out of ncbi-disease, bc5cdr, jnlpba")
    assert str(caught.value).endswith("or a folder, but got 'ncbi-diseases'. Did you mean 'ncbi-disease'?")
