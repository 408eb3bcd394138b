"""What teachers think, as it lies on disk: against the teachers themselves, whatever windows they read."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import zoo.weak.lessons
from tests.weak.conftest import TINY
from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.models.tagger import Tagger
from zoo.text.codec import Codec, CodecConfig
from zoo.training.build import build_tagger
from zoo.weak.lessons import layer_of, teach, with_lessons

TEXTS = [*load_corpus(TINY)["train"][:5], Document("empty", ""), *load_corpus(TINY)["dev"]]
CODEC = Codec(CodecConfig(labels=("Disease", "Chemical")))


def teacher(folder: Path, seed: int = 0, **codec: Any) -> Tagger:
    torch.manual_seed(seed)
    config = CodecConfig(**{"labels": ("Disease", "Chemical"), **codec})
    model = {"word_size": 8, "character_size": 4, "filters": 4, "hidden": 6, "tanh_size": 5}
    tagger = build_tagger("char_cnn_bilstm_crf", config, model, TEXTS).eval()
    for parameter in tagger.crf.parameters():
        torch.nn.init.normal_(parameter)
    tagger.save_pretrained(folder)
    return tagger


@pytest.mark.parametrize("codec", [{}, {"window": "document"}, {"labels": ("Chemical", "Disease")}])
def test_emissions_and_paths_are_the_teachers_own(tmp_path: Path, codec: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo.weak.lessons, "_PART", 3)
    own = teacher(tmp_path / "teacher", **codec)
    lesson = teach(tmp_path / "teacher", TEXTS, CODEC, tmp_path / "lesson")
    order = [own.codec.tags.index(tag) for tag in CODEC.tags]
    for place, document in enumerate(TEXTS):
        windows, _ = own.codec.encode([document], gold=False)
        with torch.inference_mode():
            scores = [own(own.read([window]))[0] for window in windows]
        for window, expected in zip(windows, scores, strict=True):
            found = lesson.at(place, 0, len(window.forms)) if len(windows) == 1 else None
            if found is not None:
                np.testing.assert_allclose(found, expected[:, order].numpy(), atol=2e-3)
                path = lesson.crf.viterbi(torch.from_numpy(found.copy()).float()[None])[0]
                best = own.crf.viterbi(expected[None])[0]
                assert [CODEC.tags[tag] for tag in path] == [own.codec.tags[tag] for tag in best]
        total = torch.cat(scores)[:, order].numpy() if scores else np.empty((0, len(order)))
        np.testing.assert_allclose(lesson.at(place, 0, len(total)), total, atol=2e-3)


def test_windows_get_the_emissions_at_their_own_words(tmp_path: Path) -> None:
    teacher(tmp_path / "teacher", window="document")
    lesson = teach(tmp_path / "teacher", TEXTS, CODEC, tmp_path / "lesson")
    windows, _ = CODEC.encode(TEXTS, gold=False)
    taught = with_lessons(windows, [lesson, lesson])
    for place, document in enumerate(TEXTS):
        of_it = [window for window in taught if window.document == place]
        joined = [window.layers[layer_of(1)] for window in of_it]
        assert all(len(layer) == len(window.forms) for layer, window in zip(joined, of_it, strict=True))
        words = sum(map(len, CODEC.segment(document)))
        if words:
            np.testing.assert_array_equal(np.concatenate(joined), lesson.at(place, 0, words))


def test_what_a_teacher_was_asked_it_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo.weak.lessons, "_PART", 3)
    teacher(tmp_path / "teacher")
    whole = teach(tmp_path / "teacher", TEXTS, CODEC, tmp_path / "whole")
    real, asked = zoo.weak.lessons._emissions, []

    def killed(tagger: Tagger, documents: Any) -> Any:
        asked.append(len(documents))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return real(tagger, documents)

    monkeypatch.setattr(zoo.weak.lessons, "_emissions", killed)
    with pytest.raises(KeyboardInterrupt):
        teach(tmp_path / "teacher", TEXTS, CODEC, tmp_path / "lesson")
    again = teach(tmp_path / "teacher", TEXTS, CODEC, tmp_path / "lesson")
    assert sum(asked) == len(TEXTS) + 3  # what was being answered is asked again
    np.testing.assert_array_equal(again.emissions, whole.emissions)
    teach(tmp_path / "teacher", TEXTS, CODEC, tmp_path / "lesson")
    assert sum(asked) == len(TEXTS) + 3


def test_of_documents_beyond_those_asked_about_teachers_think_nothing(tmp_path: Path) -> None:
    teacher(tmp_path / "teacher")
    lesson = teach(tmp_path / "teacher", TEXTS[:2], CODEC, tmp_path / "lesson")
    windows, _ = CODEC.encode(TEXTS, gold=False)
    for window in with_lessons(windows, [lesson]):
        layer = window.layers[layer_of(0)]
        assert layer.shape == (len(window.forms), len(CODEC.tags))
        assert layer.any() == (window.document < 2)


def test_answers_of_another_teacher_or_to_other_texts_are_refused(tmp_path: Path) -> None:
    teacher(tmp_path / "one")
    teacher(tmp_path / "two", seed=1)
    teach(tmp_path / "one", TEXTS, CODEC, tmp_path / "lesson")
    with pytest.raises(ValueError, match="was made by another teacher than this recipe says"):
        teach(tmp_path / "two", TEXTS, CODEC, tmp_path / "lesson")
    with pytest.raises(ValueError, match="was made by another documents than this recipe says"):
        teach(tmp_path / "one", TEXTS[1:], CODEC, tmp_path / "lesson")
    with pytest.raises(ValueError, match="was made by another tags than this recipe says"):
        teach(tmp_path / "one", TEXTS, Codec(CodecConfig(labels=("Chemical", "Disease"))), tmp_path / "lesson")


@pytest.mark.parametrize(
    ("codec", "message"),
    [
        ({"segmentation": "v2"}, "reads words of segmentation v2, the student of v1; expected the same"),
        ({"scheme": "IOB2"}, "knows Disease, Chemical in IOB2, the student Disease, Chemical in BIOES; expected the"),
        ({"labels": ("Disease",)}, "knows Disease in BIOES, the student Disease, Chemical in BIOES; expected the same"),
    ],
)
def test_a_teacher_of_other_words_or_tags_is_refused(tmp_path: Path, codec: dict, message: str) -> None:
    teacher(tmp_path / "teacher", **codec)
    with pytest.raises(ValueError, match=message):
        teach(tmp_path / "teacher", TEXTS, CODEC, tmp_path / "lesson")
