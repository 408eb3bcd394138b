"""Contextual string embeddings against a loop over words, and the memory against a mean over mentions."""

from pathlib import Path

import numpy as np
import pytest
import torch

from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.models.character_lm import CharacterLm, read_character_lms
from zoo.models.contextual_string_bilstm_crf import ContextualStringBilstmCrf
from zoo.text.codec import CodecConfig, Window
from zoo.training.build import ResourcesConfig, VectorsConfig, build_tagger
from zoo.training.recipe import read_recipe
from zoo.training.train import train

FIXTURES = Path(__file__).parent.parent / "fixtures"
LMS = read_character_lms(FIXTURES / "character_lm")
MODEL = {"word_size": 6, "lm_character_size": 4, "lm_hidden": 8, "memory_size": 5, "projection_size": 9, "hidden": 7}
TEXTS = [
    "Cancer of the\n\n colon; breast cancer, ovarian\u00a0cancer.",
    "BRCA1 in cancer",
    "The ataxia-telangiectasia 🧬",
]


def build(texts: list[str], window: str = "document", **model: int) -> ContextualStringBilstmCrf:
    torch.manual_seed(0)
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    resources = ResourcesConfig(language_model=str(FIXTURES / "character_lm"))
    codec = CodecConfig(labels=("Disease",), window=window)
    tagger = build_tagger("contextual_string_bilstm_crf", codec, MODEL | model, documents, VectorsConfig(), resources)
    assert isinstance(tagger, ContextualStringBilstmCrf)
    return tagger


def windows_of(tagger: ContextualStringBilstmCrf, texts: list[str]) -> list[Window]:
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    return list(tagger.prepare(tagger.codec.encode(documents, gold=False)[0]))


def slow_state(lm: CharacterLm, read: str) -> torch.Tensor:
    """What a language model has in mind after reading characters."""
    with torch.no_grad():
        states, _ = lm.read(torch.tensor([[LMS.characters[character] for character in read]]))
    return states[0, -1]


def slow_embeddings(window: Window, text: str) -> torch.Tensor:
    """Word by word: the text read up to the word's end, and from its end down to the word's first character."""
    plain = " ".join(text.split())  # as white space is nowhere but between words here, words keep their order
    embeddings, place = [], 0
    for form in window.forms:
        place = plain.index(form, place)
        before = slow_state(LMS.forward, "\n" + plain[: place + len(form)])
        after = slow_state(LMS.backward, "\n" + plain[place:][::-1])
        embeddings.append(torch.cat([before, after]))
        place += len(form)
    return torch.stack(embeddings)


def test_embeddings_are_taken_at_the_first_and_last_characters() -> None:
    tagger = build(TEXTS)
    for window, text in zip(windows_of(tagger, TEXTS), TEXTS, strict=True):
        contextual = torch.from_numpy(window.layers["contextual"])
        assert contextual.shape == (len(window.forms), 16)
        torch.testing.assert_close(contextual, slow_embeddings(window, text), atol=1e-5, rtol=1e-5)


def test_the_language_models_are_kept_whole_and_do_not_learn() -> None:
    tagger = build(TEXTS)
    assert not [name for name, _ in tagger.named_parameters() if "_lm" in name]
    for direction in ("forward", "backward"):
        for name, weight in getattr(LMS, direction).state_dict().items():
            assert torch.equal(tagger.state_dict()[f"{direction}_lm.{name}"], weight)


def test_the_memory_holds_the_mean_over_mentions() -> None:
    tagger = build(TEXTS, memory_size=16)  # all dimensions: nothing is lost
    windows = windows_of(tagger, TEXTS)
    mentions: dict[str, list[np.ndarray]] = {}
    for window in windows:
        for form, embedding in zip(window.forms, window.layers["contextual"], strict=True):
            mentions.setdefault(form, []).append(embedding)
    tagger.memorize(windows)
    repeated = {form for form, found in mentions.items() if len(found) > 1}
    assert set(tagger.memory_forms.entries[2:]) == repeated == {"cancer"}
    mean = np.mean(mentions["cancer"], axis=0)
    kept = (tagger.memory[tagger.memory_forms["cancer"]] @ tagger.directions.T).numpy()
    np.testing.assert_allclose(kept, mean, atol=1e-5)


def test_the_memory_keeps_the_leading_singular_directions() -> None:
    texts = [text for text in TEXTS for _ in range(2)]  # so that every form is repeated
    tagger = build(texts, memory_size=3)
    windows = windows_of(tagger, texts)
    tagger.memorize(windows)
    forms = tagger.memory_forms.entries[2:]
    means = np.stack(
        [
            np.mean([w.layers["contextual"][place] for w in windows for place, f in enumerate(w.forms) if f == form], 0)
            for form in forms
        ]
    )
    left, values, right = np.linalg.svd(means, full_matrices=False)
    best = (left[:, :3] * values[:3]) @ right[:3]  # no matrix of rank three is nearer to the means
    np.testing.assert_allclose((tagger.memory[2:] @ tagger.directions.T).numpy(), best, atol=1e-4)


def test_pooled_is_the_memory_of_known_forms_and_the_own_embedding_of_others() -> None:
    tagger = build(TEXTS).eval()
    tagger.memorize(windows_of(tagger, TEXTS))
    read: list[torch.Tensor] = []
    tagger.projection_layer.register_forward_hook(lambda _, given, __: read.append(given[0]))
    (window,) = windows_of(tagger, ["cancer cancers"])
    with torch.no_grad():
        tagger(tagger.read([window]))
    contextual = torch.from_numpy(window.layers["contextual"])
    pooled = read[0][0, :, 6 + 16 :]
    torch.testing.assert_close(pooled[0], tagger.memory[tagger.memory_forms["cancer"]])
    torch.testing.assert_close(pooled[1], contextual[1] @ tagger.directions)
    torch.testing.assert_close(read[0][0, :, 6 : 6 + 16], contextual)


def test_sizes_must_be_those_of_the_language_models() -> None:
    with pytest.raises(
        ValueError, match=r"Expected language models of 4 dimensions a character and 9 units .* got 4 a"
    ):
        build(TEXTS, lm_hidden=9)
    with pytest.raises(ValueError, match="Expected memory_size of at most 2 · lm_hidden, 16, but got 17"):
        build(TEXTS, memory_size=17)


def test_trained_from_a_recipe_the_memory_is_in_the_checkpoint(tmp_path: Path) -> None:
    tiny = FIXTURES / "tiny"
    overrides = ["--architecture", "contextual_string_bilstm_crf", "--model", str(MODEL).replace("'", '"')]
    overrides += ["--resources.language_model", str(FIXTURES / "character_lm"), "--training.average", "0.9"]
    overrides += ["--corpus", str(tiny), "--output", str(tmp_path), "--training.epochs", "2", "--progress", "false"]
    trained = train(**read_recipe(tiny / "recipe.yaml", overrides)).tagger
    assert isinstance(trained, ContextualStringBilstmCrf)
    texts = [document.text for document in load_corpus(tiny)["train"]]
    again = build(texts, window="sentence")
    again.memorize(windows_of(again, texts))
    assert trained.memory_forms.entries == again.memory_forms.entries
    assert again.memory[2:].abs().amax(1).min() > 0
    torch.testing.assert_close(trained.memory, again.memory, atol=2e-3, rtol=2e-3)  # stored in float16
    torch.testing.assert_close(trained.forward_lm.state_dict(), LMS.forward.state_dict(), atol=1e-6, rtol=1e-6)
