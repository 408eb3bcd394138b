"""Examples of an epoch: nothing of the corpus is lost or doubled, and what is masked is what the papers mask."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from zoo.pretraining.masked_examples import Epoch, Examples, Masking, pack, plan
from zoo.pretraining.shards import Shards, make_shards
from zoo.text.pieces import PieceTokenizer

DEFINITION = (Path(__file__).parent.parent / "fixtures" / "encoder" / "tokenizer.json").read_text(encoding="utf-8")
TOKENIZER = PieceTokenizer(DEFINITION, {})
CLS, SEP, MASK = 2, 3, 4


def made(lengths: list[list[int]]) -> Shards:
    """Two shards of documents of sentences of so many pieces; each piece's row tells its number; words have two."""
    half = max(1, len(lengths) // 2)
    groups = [group for group in (lengths[:half], lengths[half:]) if group]
    sizes = [sum(map(sum, group)) for group in groups]
    first = np.cumsum([0, *sizes])
    sentences = np.cumsum([0, *(length for document in lengths for length in document)])
    return Shards(
        pieces=tuple(5 + np.arange(a, b) % 150 for a, b in pairwise(first)),
        begins=tuple(np.arange(b - a) % 2 == 0 for a, b in pairwise(first)),
        sentences=sentences,
        documents=np.cumsum([0, *map(len, lengths)]),
        first_piece=first,
    )


CORPUS = made([[20 + (7 * number + 3 * line) % 25 for line in range(2 + number % 5)] for number in range(60)])
documents_of = st.lists(st.lists(st.integers(1, 90), min_size=1, max_size=6), min_size=1, max_size=8)


@given(documents_of, st.booleans(), st.integers(0, 3))
def test_each_piece_of_the_corpus_is_read_once(lengths: list[list[int]], pairs: bool, seed: int) -> None:
    shards = made(lengths)
    masking = Masking(max_pieces=40, row_pieces=40, pairs=pairs)
    sequences = plan(shards, masking, np.random.default_rng(seed))
    assert (sequences.lengths + masking.frame).max() <= 40
    read = [
        span for spans, follows in zip(sequences.spans, sequences.follows, strict=True) for span in spans[: 1 + follows]
    ]
    assert sorted(piece for start, end in read for piece in range(start, end)) == list(range(shards.sentences[-1]))
    of = np.repeat(np.arange(len(lengths)), [sum(document) for document in lengths])
    for ((start, end), (start_b, end_b)), follows in zip(sequences.spans, sequences.follows, strict=True):
        assert len({*of[start:end]}) == 1
        if pairs:
            assert len({*of[start_b:end_b]}) == 1
            assert (start_b == end) if follows else (of[start_b] != of[start] or len(lengths) == 1)
        else:
            assert start_b == end_b


@given(st.lists(st.integers(1, 50), min_size=1, max_size=300), st.integers(0, 3))
def test_rows_hold_each_sequence_once(lengths: list[int], seed: int) -> None:
    rows = pack(np.array(lengths), 50, np.random.default_rng(seed))
    assert sorted(number for row in rows for number in row) == list(range(len(lengths)))
    assert max(sum(lengths[number] for number in row) for row in rows) <= 50


def test_rows_are_full() -> None:
    lengths = np.random.default_rng(0).integers(4, 129, size=5000)
    rows = pack(lengths, 128, np.random.default_rng(0))
    assert lengths.sum() / (128 * len(rows)) > 0.95


def restored(examples: Examples) -> torch.Tensor:
    """The pieces before any was masked."""
    return examples.pieces.flatten().scatter(0, examples.masked, examples.hidden).view_as(examples.pieces)


@pytest.mark.parametrize("whole_words", [False, True])
@pytest.mark.parametrize("pairs", [False, True])
def test_rows_are_framed_sequences(pairs: bool, whole_words: bool) -> None:
    masking = Masking(max_pieces=48, row_pieces=100, pairs=pairs, whole_words=whole_words)
    epoch = Epoch(CORPUS, TOKENIZER, masking, seed=1, number=0)
    every = epoch.examples(range(len(epoch)))
    pieces, sequences = restored(every), every.sequences
    firsts = iter(zip(every.firsts.tolist(), every.follows.tolist(), strict=True))
    masked = torch.zeros(pieces.numel(), dtype=torch.bool).index_fill(0, every.masked, True).view_as(pieces)
    for line, row in enumerate(epoch.rows):
        for count, number in enumerate(row, start=1):
            here = sequences[line] == count
            (start, end), (start_b, end_b) = epoch.sequences.spans[number].tolist()
            first, second = (5 + np.arange(*span) % 150 for span in ((start, end), (start_b, end_b)))
            expected = [CLS, *first, SEP, *([*second, SEP] if pairs else [])]
            assert pieces[line][here].tolist() == expected
            assert every.places[line][here].tolist() == list(range(len(expected)))
            assert every.parts[line][here].tolist() == [place > end - start + 1 for place in range(len(expected))]
            begin, follows = next(firsts)
            assert begin == line * 100 + int(here.nonzero()[0])
            assert follows == epoch.sequences.follows[number]
            count_masked = int(masked[line][here].sum())
            wanted = int(masking.masked(np.array([len(expected) - masking.frame]))[0])
            assert count_masked <= wanted
            assert count_masked >= wanted - whole_words
            assert not masked[line][here][[place for place, piece in enumerate(expected) if piece in (CLS, SEP)]].any()
    assert (every.pieces[sequences == 0] == 0).all()
    if not whole_words:
        assert epoch.to_mask(range(len(epoch))) == (len(every.masked), len(every.firsts))


def test_whole_words_are_masked_whole() -> None:
    masking = Masking(max_pieces=48, row_pieces=48, pairs=False, whole_words=True)
    epoch = Epoch(CORPUS, TOKENIZER, masking, seed=1, number=0)
    checked = 0
    for row in range(len(epoch)):
        examples = epoch.examples([row])
        masked = torch.zeros(48, dtype=torch.bool).index_fill(0, examples.masked, True)
        reached = 0
        for number in epoch.rows[row]:
            start, end = epoch.sequences.spans[number, 0].tolist()
            _, begins = CORPUS.read(start, end)
            words = np.cumsum(begins | (np.arange(end - start) == 0))
            for word in set(words.tolist()):
                states = masked[reached + 1 : reached + 1 + end - start][torch.from_numpy(words == word)]
                assert states.all() or not states.any()
                checked += 1
            reached += end - start + 2
    assert checked > 1000


def test_eight_tenths_are_shown_as_the_mask() -> None:
    epoch = Epoch(CORPUS, TOKENIZER, Masking(max_pieces=64, row_pieces=64, share=0.5), seed=1, number=0)
    every = epoch.examples(range(len(epoch)))
    shown = every.pieces.flatten()[every.masked]
    assert (shown == MASK).double().mean().item() == pytest.approx(0.8, abs=0.03)
    assert (shown == every.hidden).double().mean().item() == pytest.approx(0.1, abs=0.03)
    assert not torch.isin(shown[shown != MASK], torch.tensor(TOKENIZER.special)).any()


def test_half_of_the_second_parts_follow() -> None:
    sequences = plan(made([[5] * 40] * 60), Masking(), np.random.default_rng(0))
    assert sequences.follows.mean() == pytest.approx(0.5, abs=0.1)  # the end of a document may be one sentence


def test_rows_depend_on_seed_and_epoch_alone() -> None:
    def epoch(seed: int = 1, number: int = 0) -> Epoch:
        return Epoch(CORPUS, TOKENIZER, Masking(max_pieces=48, row_pieces=100), seed=seed, number=number)

    together, alone = epoch().examples([3, 1, 4]), epoch().examples([4])
    assert torch.equal(together.pieces[2:], alone.pieces)
    assert torch.equal(together.masked[together.masked >= 200] - 200, alone.masked)
    assert not torch.equal(epoch(number=1).examples([4]).pieces, alone.pieces)
    assert not torch.equal(epoch(seed=2).examples([4]).pieces, alone.pieces)


def test_a_real_corpus(tmp_path: Path) -> None:
    lines = [f"Patients with lung cancer {number} cough.\nThe cancer spread.\n" for number in range(30)]
    (tmp_path / "corpus.txt").write_text("\n".join(lines), encoding="utf-8")
    shards = make_shards(tmp_path / "corpus.txt", tmp_path / "shards", TOKENIZER)
    examples = Epoch(shards, TOKENIZER, Masking(32, 64), seed=1, number=0).examples([0])
    text = TOKENIZER.names(restored(examples)[0].tolist())
    assert text[0] == "[CLS]"
    assert "[SEP]" in text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_pieces": 4}, "max_pieces of at least 8"),
        ({"row_pieces": 64}, "row_pieces of at least"),
        ({"share": 0.0}, "share"),
    ],
)
def test_wrong_settings_are_told(settings: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Masking(**settings)  # type: ignore[arg-type]
