"""What a word is to the BiLSTM: its vector and the vectors of its attributes, added up one by one here."""

import torch

from zoo.models.bilstm import BiLstm
from zoo.models.features import attributes
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig, Window
from zoo.text.linguistics import load_linguistics
from zoo.text.vocab import UNKNOWN, Vocabulary

FORMS = [["Copper", "causes", "Ataxias", "."], ["COPD", "2"]]


def windows_of(forms: list[list[str]]) -> list[Window]:
    return [Window(0, each, [(place, place + 1) for place in range(len(each))], [], 0) for each in forms]


def tagger_of(**model: object) -> BiLstm:
    codec = CodecConfig(labels=("Disease",), scheme="IOB2")
    model = {"word_size": 6, "feature_size": 5, "hidden": 4, "dense_size": 0, "crf": False, "dropout": 0.0, **model}
    tagger = BiLstm(
        codec=codec,
        words=Vocabulary.of(["copper", "causes", "."]),
        characters=Vocabulary.of("abc"),
        **BiLstm.parts_from(windows_of(FORMS), {}, model, codec),
        **model,  # type: ignore[arg-type]
    )
    tagger.furnish({})
    if tagger.features:
        torch.nn.init.normal_(tagger.features.weight[1:].detach())
    return tagger


def batch_of(tagger: BiLstm, forms: list[list[str]]) -> Batch:
    return tagger.read(windows_of(forms))


def read_by(tagger: BiLstm, batch: Batch) -> torch.Tensor:
    """What the LSTM is given."""
    given = []

    def keep(features: torch.Tensor) -> torch.Tensor:
        given.append(features)
        return features

    tagger.dropout.forward = keep  # type: ignore[method-assign]
    tagger.encode(batch)
    return given[0]


def test_a_word_is_its_vector_and_beside_it_the_sum_of_its_attributes() -> None:
    tagger = tagger_of().eval()
    with torch.no_grad():
        given = read_by(tagger, batch_of(tagger, FORMS))
    assert tagger.features is not None
    for row, forms in enumerate(FORMS):
        (readings,) = load_linguistics("rules-en")([forms])
        for place, (form, reading) in enumerate(zip(forms, readings, strict=True)):
            vector = tagger.word_embedding.weight[tagger.words[form.lower()]]
            total = tagger.features.bias.clone()
            for name in filter(None, attributes(form, reading)):
                total += tagger.features.weight[tagger.features.features[name]]
            torch.testing.assert_close(given[row, place], torch.cat([vector, total]))


def test_a_new_word_is_read_by_what_it_has_in_common_with_known_ones() -> None:
    tagger = tagger_of().eval()
    with torch.no_grad():
        known, new = (read_by(tagger, batch_of(tagger, [[form]]))[0, 0] for form in ("Ataxias", "Dyspraxias"))
        plain = tagger_of(feature_size=0).eval()
        first, second = (read_by(plain, batch_of(plain, [[form]]))[0, 0] for form in ("Ataxias", "Dyspraxias"))
    assert torch.equal(known[:6], new[:6])  # both are the unknown word
    assert new[6:].any()
    assert not torch.equal(known[6:], new[6:])  # the words themselves differ
    assert torch.equal(first, second)


def test_words_and_attributes_are_left_out_while_training() -> None:
    tagger = tagger_of(word_dropout=1.0).train()
    batch = batch_of(tagger, FORMS)
    with torch.no_grad():
        given = read_by(tagger, batch)
        assert tagger.features is not None
        unknown = torch.cat([tagger.word_embedding.weight[tagger.words[UNKNOWN]], tagger.features.bias])
    assert all(torch.equal(word, unknown) for word in given[batch.mask])
    with torch.no_grad():
        assert not torch.equal(read_by(tagger.eval(), batch)[0, 0], unknown)


def test_the_linguistics_are_remembered_where_attributes_are_read() -> None:
    assert tagger_of().hparams["trained_with"] == load_linguistics("rules-en").describe() != ""
    assert tagger_of(feature_size=0).hparams["trained_with"] == ""
