import gzip

import pytest

from zoo.pretraining.prepare import prepare_corpus

XML = """<r xmlns:dc="http://purl.org/dc/elements/1.1/"><record>
<dc:title xml:lang="es">Gota. Una revisiÃ³n</dc:title><dc:title xml:lang="en">Gout</dc:title>
<dc:description xml:lang="es">Sube el urato.</dc:description></record>
<record><dc:title xml:lang="en">Alone</dc:title></record></r>"""


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.xml").write_text(XML, encoding="utf-8")
    (folder / "b.txt").write_text("One here. Two.\nThree\n\n \nNext, and last.", encoding="utf-8")
    (folder / "c.pubtator").write_text("1|t|Fever\n1|a|High fever.\n1\t0\t900\tx\tD\n\n2|t|Gout\n2|a|\n")
    return [folder / name for name in ("a.xml", "b.txt", "c.pubtator")]


def test_a_sentence_a_line_and_a_blank_line_between_documents(texts, tmp_path):
    done = prepare_corpus(texts, tmp_path / "out.txt", language="es")
    expected = [
        ["Gota.", "Una revisión", "Sube el urato."],
        ["One here.", "Two.", "Three"],
        ["Next, and last."],
        ["Fever", "High fever."],
        ["Gout"],
    ]
    assert (tmp_path / "out.txt").read_text() == "\n".join("".join(f"{line}\n" for line in lines) for lines in expected)
    assert (done.files, done.documents, done.sentences, done.whole) == (3, 5, 10, 2)
    assert done.words == 8 + 6 + 5 + 4 + 1
    assert done.left_out == {"text in en": 2, "mojibake repaired": 1, "document without text": 1}


def test_choices(texts, tmp_path):
    (tmp_path / "stops.txt").write_text("AND\nel\n")
    done = prepare_corpus(
        texts, tmp_path / "out.txt.gz", language="es", lower=True, punctuation=False, stop_words=tmp_path / "stops.txt"
    )
    lines = gzip.decompress((tmp_path / "out.txt.gz").read_bytes()).decode().splitlines()
    assert lines[:3] == ["gota", "una revisión", "sube urato"]
    assert "next last" in lines
    assert done.left_out["punctuation"] == 7
    assert done.left_out["stop word"] == 2
    assert done.words == 24 - 7 - 2


def test_a_sentence_of_which_nothing_stays_has_no_line(tmp_path):
    (tmp_path / "a.txt").write_text("...\n\nOne\n---\n")
    assert prepare_corpus([tmp_path / "a.txt"], tmp_path / "out", punctuation=False).left_out == {
        "punctuation": 6,
        "document without text": 1,
    }
    assert (tmp_path / "out").read_text() == "One\n"


def test_every_file_of_a_folder_is_a_document(tmp_path):
    folder = tmp_path / "brat"
    folder.mkdir()
    (folder / "a.txt").write_text("One.\n\nTwo.")
    (folder / "b.txt").write_text("Three.")
    (folder / "a.ann").write_text("T1\tDisease 0 500\tnot checked\n")
    assert prepare_corpus([folder], tmp_path / "out").documents == 2
    assert (tmp_path / "out").read_text() == "One.\nTwo.\n\nThree.\n"


def test_it_can_be_read_again_as_it_is(texts, tmp_path):
    prepare_corpus(texts, tmp_path / "1.txt")
    prepare_corpus([tmp_path / "1.txt"], tmp_path / "2.txt")
    assert (tmp_path / "1.txt").read_text() == (tmp_path / "2.txt").read_text()


def test_nothing_half_done_is_left(texts, tmp_path):
    (tmp_path / "out.txt").write_text("before")
    (tmp_path / "bad.xml").write_text(XML[:-30])
    with pytest.raises(ValueError, match=r"bad\.xml"):
        prepare_corpus([*texts, tmp_path / "bad.xml"], tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.xml", "in", "out.txt"]


def test_a_wrong_setting_is_told(texts, tmp_path):
    with pytest.raises(ValueError, match="at least one text"):
        prepare_corpus([], tmp_path / "out")
    with pytest.raises(ValueError, match="segmentation rule out of v1, v2 but got 'v0'"):
        prepare_corpus(texts, tmp_path / "out", segmentation="v0")


def test_a_document_that_was_there_before_is_left_out(tmp_path):
    (tmp_path / "in.txt").write_text("Fiebre.\nTos.\n\nTos.\n\nfiebre.\ntos.\n\nTos.\nFiebre.\n")
    done = prepare_corpus([tmp_path / "in.txt"], tmp_path / "out.txt", deduplicate=True)
    assert (tmp_path / "out.txt").read_text() == "Fiebre.\nTos.\n\nTos.\n\nTos.\nFiebre.\n"
    assert done.left_out == {"document that was there before": 1}
    assert (done.documents, done.sentences) == (3, 5)
    assert prepare_corpus([tmp_path / "in.txt"], tmp_path / "all.txt").documents == 4
