"""Several processes find what one finds, and say when one of them ends."""

import multiprocessing
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import zoo
from tests.cli.conftest import TINY, Zoo
from zoo.cli.processes import tag_in_processes
from zoo.data import formats
from zoo.data.document import Document


def texts(count: int) -> list[Document]:
    """Documents of some sentences each, all with another name."""
    found = list(formats.read(TINY / "test.pubtator"))
    return [Document(str(number), found[number % len(found)].text) for number in range(count)]


def test_two_processes_write_what_one_writes(zoo: Zoo, checkpoint: Path, tmp_path: Path) -> None:
    formats.write(texts(250), tmp_path / "texts.jsonl", "jsonl")
    for processes in (1, 2):
        output = tmp_path / f"{processes}.pubtator"
        said = zoo("tag", tmp_path / "texts.jsonl", "-c", checkpoint, "-o", output, "--processes", processes)
        assert said.code == 0, said.err
    written = (tmp_path / "1.pubtator").read_text()
    assert (tmp_path / "2.pubtator").read_text() == written
    assert written.count("\t") > 250


def test_no_more_is_read_than_can_be_followed(checkpoint: Path) -> None:
    read = 0

    def documents() -> Iterator[Document]:
        nonlocal read
        for document in texts(60):
            read += 1
            yield document

    tagged = tag_in_processes(str(checkpoint), documents(), 1, portion=5)
    assert next(tagged).id == "0"
    assert read == 10
    assert [document.id for document in tagged] == [str(number) for number in range(1, 60)]


def test_a_process_that_ends_is_told(checkpoint: Path) -> None:
    def documents() -> Iterator[Document]:
        for document in texts(40):
            if document.id == "30":
                for process in multiprocessing.active_children():
                    process.kill()
            yield document

    tagged = tag_in_processes(str(checkpoint), documents(), 1, portion=10)
    with pytest.raises(ChildProcessError, match=r"One of 1 processes ended before .* take fewer"):
        list(tagged)


def test_what_ends_early_does_not_wait_for_what_nobody_wants(checkpoint: Path) -> None:
    long = Document("long", " ".join(document.text for document in texts(4000)))
    tagged = tag_in_processes(str(checkpoint), [*texts(1), long, long], 1, portion=1)
    assert next(tagged).id == "0"
    children = multiprocessing.active_children()
    assert children
    tagged.close()
    assert {child.exitcode for child in children} == {-signal.SIGTERM}


def test_a_number_of_processes_is_wanted(zoo: Zoo, checkpoint: Path) -> None:
    with pytest.raises(ValueError, match="processes=0"):
        tag_in_processes(str(checkpoint), [], 0)
    said = zoo("tag", "-c", checkpoint, "--processes", 0, stdin="Asthma.")
    assert said.code == 2
    assert "--processes" in said.err


def test_processes_compute_in_half_precision_where_one_asks_for_it(checkpoint: Path) -> None:
    tagger = zoo.load(checkpoint)
    expected = tagger.tag(list(texts(6)), half=True, batch_words=100_000)
    found = list(tag_in_processes(str(checkpoint), texts(6), 1, half=True))
    scores = [[span.score for document in documents for span in document.spans] for documents in (found, expected)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-3)
    assert scores[0] != pytest.approx([s.score for d in tagger.tag(list(texts(6))) for s in d.spans], abs=1e-6)
