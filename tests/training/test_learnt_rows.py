"""What a run learns does not depend on the words that no training document has."""

from pathlib import Path

import pytest
import torch
from torch import nn

import zoo.training.fit
from tests.training.test_train import settings
from zoo.data.document import Document
from zoo.text.codec import CodecConfig
from zoo.text.vector_files import write_vectors
from zoo.text.vectors import WordVectors
from zoo.training.build import build_tagger
from zoo.training.learnt_rows import LearntRows, learn_rows, restore_rows, words_first
from zoo.training.train import train


def test_it_looks_up_what_the_whole_table_does() -> None:
    whole = nn.Embedding(9, 3, padding_idx=0)
    rows = torch.tensor([[0, 1, 3, 4], [8, 5, 4, 0]])
    table = LearntRows(whole, 4)
    torch.testing.assert_close(table(rows), whole(rows), atol=0, rtol=0)
    torch.testing.assert_close(table.whole().weight, whole.weight, atol=0, rtol=0)
    assert [tuple(parameter.shape) for parameter in table.parameters()] == [(4, 3)]
    assert not list(table.buffers())
    table(rows).sum().backward()  # each row of a word once per place, padding never
    assert table.weight.grad is not None
    assert table.weight.grad[:, 0].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("optimizer", ["adamw", "rmsprop", "adagrad", "sgd"])
def test_a_run_ends_where_one_ends_that_passes_over_all_rows(
    optimizer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = WordVectors(
        ["cancer", *("un" * n + "heard" for n in range(50))], torch.randn(51, 16).numpy(), "lower-digits"
    )
    write_vectors(vectors, tmp_path / "v.safetensors")
    more = ("--vectors.path", str(tmp_path / "v.safetensors"), "--optimizer.name", optimizer)
    more += ("--training.epochs", "3", "--training.average", "0.9", "--training.half", "false")
    learnt = train(**settings(tmp_path / "learnt", *more)).tagger
    with monkeypatch.context() as patch:
        patch.setattr(zoo.training.fit, "learn_rows", lambda *_: None)
        whole = train(**settings(tmp_path / "whole", *more)).tagger
    (best,) = (tmp_path / "learnt" / "best").glob("*.ckpt")
    passed_over = torch.load(best, weights_only=True)["state_dict"]["word_embedding.weight"]
    assert len(passed_over) <= learnt.word_embedding.num_embeddings - 50
    expected = whole.state_dict()
    assert learnt.state_dict().keys() == expected.keys()
    for name, weights in learnt.state_dict().items():
        torch.testing.assert_close(weights, expected[name], atol=1e-6, rtol=1e-5)


def test_words_of_the_documents_come_first_and_nothing_is_found_otherwise(tmp_path: Path) -> None:
    texts = [Document("1", "Rare cancers of the lung. No tremor.")]
    model = {"word_size": 6, "character_size": 4, "filters": 4, "hidden": 5, "tanh_size": 5}
    many = Document("2", " ".join(f"word{letter}" for letter in "abcdefghijklmnop") + " tremor lung unheard")
    tagger = build_tagger("char_cnn_bilstm_crf", CodecConfig(labels=("Disease",)), model, [many, *texts]).eval()
    before = [(span.key, span.score) for document in tagger.tag([*texts, many]) for span in document.spans]
    words_first(tagger, ["lung", "tremor", "never"])
    assert tagger.words.entries[2:4] == ("tremor", "lung")  # as they were, one behind the other
    assert sorted(tagger.words.entries) == sorted({*tagger.words.entries})
    learn_rows(tagger, {"lung", "tremor"})
    assert tagger.word_embedding.num_embeddings == 4
    restore_rows(tagger)
    after = [(span.key, span.score) for document in tagger.tag([*texts, many]) for span in document.spans]
    assert after == before
