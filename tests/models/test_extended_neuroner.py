"""Senses looked up by hand, emissions a word at a time, and entities within entities."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from zoo.data.document import Document, Span
from zoo.evaluation.spans import score
from zoo.models import extended_neuroner
from zoo.models.extended_neuroner import ExtendedNeuroNER
from zoo.text.codec import CodecConfig, Window
from zoo.text.linguistics import Reading
from zoo.text.vector_files import write_vectors
from zoo.text.vectors import WordVectors
from zoo.text.vocab import Vocabulary
from zoo.training.build import ResourcesConfig, build_tagger

CODEC = CodecConfig(labels=("Chemical", "Protein"), scheme="BMEWO-V")
SENSES = Vocabulary.of(["como|VERB", "como|SCONJ", "hierro|NOUN"])
PARTS = {"Hierro": "NOUN", "como": "VERB", "7": "NUM"}
SMALL: dict[str, Any] = {"word_size": 4, "sense_size": 3, "hidden": 5, "tanh_size": 6}


def by_hand(sentences: Iterable[Sequence[str]]) -> Iterator[list[Reading]]:
    """Stands in for linguistics; ``como`` after a noun is a conjunction."""
    for forms in sentences:
        before = [""] + [PARTS[form] for form in forms]
        yield [
            Reading(form, "SCONJ" if form == "como" and last == "NOUN" else PARTS[form])
            for form, last in zip(forms, before, strict=False)
        ]


@pytest.fixture
def told_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extended_neuroner, "load_linguistics", lambda name, trained_with="": by_hand)


def window_of(*forms: str) -> Window:
    return Window(0, list(forms), tuple((i, i + 1) for i in range(len(forms))), [], 0)


def untrained(**model: Any) -> ExtendedNeuroNER:
    torch.manual_seed(0)
    return ExtendedNeuroNER(
        codec=CODEC,
        words=Vocabulary.of(["hierro", "como", "0"]),
        characters=Vocabulary.of("Hieromc7"),
        senses=SENSES,
        **SMALL | model,
    ).eval()


@pytest.mark.usefixtures("told_by_hand")
def test_a_sense_is_a_normalized_word_with_its_part_of_speech() -> None:
    batch = untrained().read([window_of("como", "Hierro"), window_of("Hierro", "como", "7")])
    # The unknown sense is row 1: "0|NUM" is not in the vocabulary, though the word "0" is.
    assert batch.layers["senses"].tolist() == [[2, 4, 0], [4, 3, 1]]


@pytest.mark.usefixtures("told_by_hand")
def test_emissions_are_those_of_the_layers_applied_to_one_word_after_another() -> None:
    tagger = untrained()
    windows = [window_of("Hierro", "como", "7", "Hierro"), window_of("7")]
    emissions = tagger(tagger.read(windows))
    assert emissions.shape == (2, 4, 11)  # five tags a label, and O
    for row, window in enumerate(windows):
        torch.testing.assert_close(emissions[row, : len(window.forms)], slow_emissions(tagger, window))


def slow_emissions(tagger: ExtendedNeuroNER, window: Window) -> Tensor:
    """Shape (W, T): LSTM cells written out, forms spelled alone."""
    assert tagger.sense_embedding is not None
    read = []
    for form, reading in zip(window.forms, next(by_hand([window.forms])), strict=True):
        characters = [tagger.character_embedding.weight[row] for row in tagger.lookup.spelling(form)]
        forward, backward = cells(tagger.character_lstm, characters)
        word = tagger.word_embedding.weight[tagger.words[form.lower().replace("7", "0")]]
        sense = tagger.sense_embedding.weight[SENSES[f"{form.lower()}|{reading.pos}"]]
        read.append(torch.cat([word, sense, forward[-1], backward[0]]))
    forward, backward = cells(tagger.lstm, read)
    states = torch.stack([torch.cat(pair) for pair in zip(forward, backward, strict=True)])
    return tagger.output_layer(torch.tanh(tagger.tanh_layer(states)))


def cells(lstm: torch.nn.LSTM, inputs: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """States of both directions, each in reading order from left to right."""
    directions = []
    for suffix, sequence in (("", inputs), ("_reverse", inputs[::-1])):
        w, u, b, c = (getattr(lstm, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        state = memory = torch.zeros(lstm.hidden_size)
        states = []
        for vector in sequence:
            enter, forget, new, leave = (w @ vector + b + u @ state + c).chunk(4)
            memory = forget.sigmoid() * memory + enter.sigmoid() * new.tanh()
            state = leave.sigmoid() * memory.tanh()
            states.append(state)
        directions.append(states)
    return directions[0], directions[1][::-1]


@pytest.mark.usefixtures("told_by_hand")
def test_only_while_training_words_become_unknown_and_lose_their_sense() -> None:
    tagger = untrained(word_dropout=1.0)
    batch = tagger.read([window_of("como", "Hierro")])
    looked_up: list[list[list[int]]] = []
    for table in (tagger.word_embedding, tagger.sense_embedding):
        assert table is not None
        table.register_forward_hook(lambda _, rows, __: looked_up.append(rows[0].tolist()))
    tagger.train()(batch)
    tagger.eval()(batch)
    assert looked_up == [[[1, 1]], [[1, 1]], [[3, 2]], [[2, 4]]]


TEXT = "Hierro como 7"


def sense_file(
    path: Path, words: Sequence[str], told_by: str | None = "by-hand", normalizer: str | None = "lower"
) -> str:
    matrix = np.arange(len(words) * 3, dtype=np.float32).reshape(-1, 3) + 100
    training = {"arguments": {"senses": told_by}} if told_by else {}
    write_vectors(WordVectors(list(words), matrix, normalizer, training), path)
    return str(path)


def built(senses: str | None, **model: Any) -> ExtendedNeuroNER:
    given = SMALL | {"linguistics": "by-hand", "normalizer": "lower"} | model
    tagger = build_tagger(
        "extended_neuroner", CODEC, given, [Document("1", TEXT)], resources=ResourcesConfig(senses=senses)
    )
    assert isinstance(tagger, ExtendedNeuroNER)
    return tagger


@pytest.fixture
def described_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    class ByHand:
        def __call__(self, sentences: Iterable[Sequence[str]]) -> Iterator[list[Reading]]:
            return by_hand(sentences)

        def describe(self) -> str:
            return "by-hand 1.0"

    monkeypatch.setattr(extended_neuroner, "load_linguistics", lambda name, trained_with="": ByHand())


@pytest.mark.usefixtures("described_by_hand")
def test_the_vocabulary_has_the_senses_with_a_vector_that_are_in_the_corpus_or_most_frequent(tmp_path: Path) -> None:
    path = sense_file(tmp_path / "senses.safetensors", ["de|ADP", "como|SCONJ", "rojo|ADJ", "7|NUM"])
    tagger = built(path, most_senses=2)
    entries = tagger.vocabularies["senses"].entries
    assert entries == ("<pad>", "<unk>", "como|SCONJ", "7|NUM", "de|ADP")
    assert tagger.sense_embedding is not None
    table = tagger.sense_embedding.weight.tolist()
    assert table[2:] == [[103, 104, 105], [109, 110, 111], [100, 101, 102]]
    assert built(None).vocabularies["senses"].entries[2:] == ("hierro|NOUN", "como|SCONJ", "7|NUM")
    assert tagger.hparams["trained_with"] == "by-hand 1.0"


@pytest.mark.usefixtures("described_by_hand")
def test_downloaded_senses_are_normalized_without_their_part_of_speech(tmp_path: Path) -> None:
    path = sense_file(tmp_path / "reddit.txt", ["Hierro|NOUN", "hierro|NOUN"], None, None)
    tagger = built(path)
    assert tagger.sense_embedding is not None
    assert tagger.sense_embedding.weight[tagger.vocabularies["senses"]["hierro|NOUN"]].tolist() == [100, 101, 102]


@pytest.mark.usefixtures("described_by_hand")
def test_vectors_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    senses = sense_file(tmp_path / "senses.safetensors", ["hierro|NOUN"])
    plain = sense_file(tmp_path / "words.safetensors", ["hierro", "|"], None)
    with pytest.raises(ValueError, match=r"parts of speech 'rules-es' told .* but got those of 'by-hand'"):
        built(senses, linguistics="rules-es")
    with pytest.raises(ValueError, match=r"Expected vectors of senses, as .* but got vectors of words, as 'hierro'"):
        built(plain)
    with pytest.raises(ValueError, match=r"Expected sense vectors of 7 dimensions .* but got 3"):
        built(senses, sense_size=7)
    with pytest.raises(ValueError, match="normalized as 'none' but got 'lower'"):
        built(senses, normalizer="none")
    whole = WordVectors(["hierro|NOUN"], np.ones((1, 3), np.float32), training={"arguments": {"segmentation": "v2"}})
    write_vectors(whole, tmp_path / "whole.safetensors")
    with pytest.raises(ValueError, match=r"cut by rule 'v1' .* but got 'v2'; train them with"):
        built(str(tmp_path / "whole.safetensors"))


@pytest.mark.parametrize("with_file", [False, True])
def test_without_senses_it_needs_neither_vectors_nor_linguistics(
    with_file: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extended_neuroner, "load_linguistics", None)  # calling it would be an error
    path = sense_file(tmp_path / "senses.safetensors", ["hierro|NOUN"]) if with_file else None
    tagger = built(path, sense_size=0)
    assert not [name for name, _ in tagger.named_parameters() if "sense" in name]
    assert tagger.lstm.input_size == 4 + 2 * 25
    tagger.save_pretrained(tmp_path / "checkpoint")
    loaded = ExtendedNeuroNER.from_pretrained(tmp_path / "checkpoint")
    assert loaded.tag([TEXT]) == tagger.tag([TEXT])


def test_entities_within_and_across_entities_come_back_through_tag() -> None:
    nested = Document("1", "calcio iónico corregido", (Span.of(0, 6, "Chemical"), Span.of(0, 23, "Chemical")))
    within = Document("2", "canal de calcio lento", (Span.of(0, 21, "Protein"), Span.of(9, 15, "Chemical")))
    across = Document("3", "hierro sérico ferritina", (Span.of(0, 13, "Chemical"), Span.of(7, 23, "Protein")))
    flat = Document("4", "El zinc bajo y la ferritina.", (Span.of(3, 7, "Chemical"), Span.of(18, 27, "Protein")))
    documents = [nested, within, across, flat]
    model = {"dropout": 0.0, "word_size": 12, "sense_size": 8, "hidden": 24}
    torch.manual_seed(0)
    tagger = build_tagger("extended_neuroner", CODEC, model, documents).train()
    windows, report = tagger.codec.encode(documents, gold=True)
    assert report.lost == 0
    batch = tagger.read(windows)
    optimizer = torch.optim.Adam(tagger.parameters(), lr=0.03)
    for _ in range(60):
        optimizer.zero_grad()
        tagger.loss(batch).backward()
        optimizer.step()
    tagged = tagger.tag(documents)
    assert score(documents, tagged).micro.f1 == 1.0
    assert [[span.key for span in d.spans] for d in tagged] == [sorted(s.key for s in d.spans) for d in documents]
