"""Readers against damaged files: a few hundred each here; ``python -m benchmarks.fuzz`` reads ten thousand each."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fuzzing.accounts import unaccounted
from tests.fuzzing.mutations import MUTATIONS
from tests.fuzzing.reading import damaged_file, fuzz, judge
from tests.fuzzing.seeds import SEEDS, Seed
from zoo.data import formats
from zoo.data.document import Document, Span

NAMES = [f"{seed.format}-{next(iter(seed.files))}" for seed in SEEDS]


def test_every_reader_has_a_seed() -> None:
    assert {seed.format for seed in SEEDS} == {name for name, row in formats.FORMATS.items() if row.reader}


@pytest.mark.parametrize("seed", SEEDS, ids=NAMES)
def test_whole_files_are_read_and_accounted_for(seed: Seed) -> None:
    assert judge(seed, seed.files, lenient=False)[:2] == ("read", "")


@pytest.mark.parametrize("seed", SEEDS, ids=NAMES)
def test_whatever_is_lost_is_missed(seed: Seed, tmp_path: Path) -> None:
    for name, data in seed.files.items():
        (tmp_path / name).write_bytes(data)
    documents = list(formats.read(tmp_path / seed.path, seed.format, seed.options))
    assert not unaccounted(seed.format, seed.files, documents)
    assert unaccounted(seed.format, seed.files, documents[:-1])
    for number, document in enumerate(documents):
        spans = document.spans[1:]
        poorer = [replace(document, text=f"?{document.text[1:]}")] if document.text.strip() else []
        poorer += [replace(document, spans=spans, relations=())] if document.spans else []
        poorer += [replace(document, relations=())] if document.relations else []
        for other in poorer:
            assert unaccounted(seed.format, seed.files, [*documents[:number], other, *documents[number + 1 :]])


@pytest.mark.parametrize("seed", SEEDS, ids=NAMES)
def test_damaged_files_are_read_or_refused(seed: Seed) -> None:
    outcomes, bad = fuzz(seed, range(300))
    assert [finding[:2] for finding in bad] == []
    assert outcomes["read"] > 10
    assert outcomes["refused"] > 10


@pytest.mark.parametrize("seed", SEEDS, ids=NAMES)
def test_damage_can_be_repeated(seed: Seed) -> None:
    assert damaged_file(seed, 7) == damaged_file(seed, 7)
    assert len({tuple(damaged_file(seed, number)[0].values()) for number in range(50)}) > 35


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_every_mutation_changes_something(mutation) -> None:
    data = SEEDS[0].files["a.ann"]
    assert any(mutation(data, random.Random(number)) != data for number in range(5))
    mutation(b"", random.Random(0))


def test_a_reader_that_crashes_hangs_or_loses_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    seed = next(seed for seed in SEEDS if seed.format == "pubtator")

    def reader_that(**changed: object) -> None:
        row = formats.FORMATS["pubtator"]._replace(reader=lambda path: iter([Document(**changed)]))
        monkeypatch.setitem(formats.FORMATS, "pubtator", row)

    reader_that(id="100", text="Wilson", spans=(Span.of(0, 6, "D"),))
    assert judge(seed, seed.files, lenient=False).outcome == "silent loss"
    reader_that(id="100")  # no text: a TypeError
    assert judge(seed, seed.files, lenient=False).outcome == "crash"
    monkeypatch.setattr("tests.fuzzing.reading.SECONDS", 1)

    def hang(path: object) -> object:
        while True:
            pass

    monkeypatch.setitem(formats.FORMATS, "pubtator", formats.FORMATS["pubtator"]._replace(reader=hang))
    assert judge(seed, seed.files, lenient=False).outcome == "hang"
