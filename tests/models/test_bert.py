"""The BERT tagger against transformers itself, and what it makes of texts longer than its encoder reads."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    pipeline,
)

import zoo
from zoo.data.document import Document
from zoo.data.splits import load_corpus
from zoo.models.bert import Bert
from zoo.models.encoder import read_encoder
from zoo.models.golden import check_golden
from zoo.text.codec import CodecConfig
from zoo.training.build import ResourcesConfig, build_tagger
from zoo.training.datamodule import TaggingDataModule
from zoo.training.fit import set_up_encoder
from zoo.training.recipe import read_recipe
from zoo.training.train import train
from zoo.training.trainer import TrainerConfig

FIXTURES = Path(__file__).parent.parent / "fixtures"
ENCODER = FIXTURES / "encoder"
SENTENCES = ["A rare cancer of the lung.", "Patients with diabetes mellitus cough often.", "Fever and cough (in 12)."]


def documents() -> list[Document]:
    return list(load_corpus(FIXTURES / "tiny")["train"])


def tagger_of(
    scheme: str = "IOB2", encoder: Path = ENCODER, window: Any = "sentence", seed: int = 0, **model: object
) -> Bert:
    torch.manual_seed(seed)
    codec = CodecConfig(labels=("Disease",), scheme=scheme, window=window, window_words=100_000)
    tagger = build_tagger("bert", codec, model, documents(), resources=ResourcesConfig(encoder=str(encoder)))
    assert isinstance(tagger, Bert)
    with torch.no_grad():
        tagger.output_layer.weight.normal_()  # so that tags differ from word to word
    return tagger.eval()


@pytest.fixture(scope="module")
def softmax(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bert, Path]:
    folder = tmp_path_factory.mktemp("softmax")
    tagger = tagger_of(crf=False, max_pieces=40, overlap=8)
    tagger.save_pretrained(folder)
    return tagger, folder


def test_words_are_what_transformers_makes_of_their_first_pieces() -> None:
    tagger = tagger_of(max_pieces=40, overlap=8)
    network = AutoModel.from_pretrained(ENCODER).eval()
    tokenizer = AutoTokenizer.from_pretrained(ENCODER)
    for text in SENTENCES:
        window = tagger.codec.encode([Document("1", text)], gold=False)[0][0]
        with torch.no_grad():
            ours = tagger.read_words(tagger.read([window]))[0]
            encoded = tokenizer(text, return_tensors="pt", return_offsets_mapping=True)
            offsets = encoded.pop("offset_mapping")[0].tolist()
            states = network(**encoded).last_hidden_state[0]
        firsts = [[start for start, _ in offsets].index(word, 1) for word, _ in window.offsets]
        torch.testing.assert_close(ours, states[firsts])


def test_a_softmax_checkpoint_is_one_of_transformers(softmax: tuple[Bert, Path]) -> None:
    tagger, folder = softmax
    network, told = AutoModelForTokenClassification.from_pretrained(folder, output_loading_info=True)
    assert not any(told.values())
    assert list(network.config.id2label.values()) == tagger.codec.tags
    assert network.dtype == torch.float32
    recognize = pipeline(
        "token-classification",
        model=network,
        tokenizer=AutoTokenizer.from_pretrained(folder),
        aggregation_strategy="first",
    )
    found = 0
    for text, document in zip(SENTENCES, tagger.tag(SENTENCES), strict=True):
        theirs = {(entity["start"], entity["end"], entity["entity_group"]) for entity in recognize(text)}
        assert {(span.start, span.end, span.label) for span in document.spans} == theirs
        found += len(theirs)
    assert found


def test_a_crf_checkpoint_says_what_it_needs(tmp_path: Path) -> None:
    tagger_of(max_pieces=40, overlap=8).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="pip install bioner-zoo"):
        AutoConfig.from_pretrained(tmp_path)


def test_transformers_reads_weights_in_several_files(tmp_path: Path) -> None:
    tagger = tagger_of(crf=False, max_pieces=40, overlap=8)
    tagger.save_pretrained(tmp_path, most_bytes=20_000)
    assert len([*tmp_path.glob("*.safetensors")]) > 2
    network, told = AutoModelForTokenClassification.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(told.values())
    assert torch.equal(network.classifier.weight, tagger.output_layer.weight)


@pytest.mark.parametrize("half", [False, True])
def test_a_checkpoint_needs_no_other_folder(tmp_path: Path, half: bool) -> None:
    shutil.copytree(ENCODER, tmp_path / "encoder")
    tagger = tagger_of(encoder=tmp_path / "encoder", max_pieces=40, overlap=8)
    tagger.save_pretrained(tmp_path / "checkpoint", half=half)
    shutil.rmtree(tmp_path / "encoder")
    again = Bert.from_pretrained(tmp_path / "checkpoint")
    for document, other in zip(tagger.tag(SENTENCES), again.tag(SENTENCES), strict=True):
        assert [span.key for span in document.spans] == [span.key for span in other.spans]


def test_a_damaged_tokenizer_is_told(softmax: tuple[Bert, Path], tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(softmax[1], folder)
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"tokenizer\.json: is damaged"):
        Bert.from_pretrained(folder)


FAMILIES: dict[str, dict[str, object]] = {
    "bert": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32},
    "roberta": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32},
    "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
    "electra": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32},
    "deberta-v2": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32},
    "modernbert": {
        **{"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32},
        **{"pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3},
    },
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_of_encoders(family: str, tmp_path: Path) -> None:
    config = AutoConfig.for_model(family, vocab_size=160, max_position_embeddings=48, **FAMILIES[family])
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(tmp_path / "encoder")
    for file in ENCODER.glob("tokenizer*"):
        shutil.copy(file, tmp_path / "encoder")
    tagger = tagger_of(encoder=tmp_path / "encoder", crf=False, max_pieces=20, overlap=6)
    # Padding and company change nothing, nor does a way through the checkpoint, ours or theirs.
    together, alone = emissions(tagger, [*SENTENCES, LONG]), [emissions(tagger, [text])[0] for text in SENTENCES]
    for one, other in zip(alone, together, strict=False):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)
    tagger.save_pretrained(tmp_path / "checkpoint")
    again = Bert.from_pretrained(tmp_path / "checkpoint")
    torch.testing.assert_close(emissions(again, SENTENCES[:1])[0], alone[0])
    _, told = AutoModelForTokenClassification.from_pretrained(tmp_path / "checkpoint", output_loading_info=True)
    assert not any(told.values())
    loss = tagger.train().loss(tagger.read(tagger.codec.encode(documents(), gold=True)[0]))
    loss.backward()
    assert not any(isinstance(layer, torch.nn.Dropout) for layer in tagger.network.children())
    gradients = [p.grad for p in tagger.parameters() if p.grad is not None]
    assert len(gradients) > 10
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert any(gradient.abs().sum() > 0 for gradient in gradients)


LONG = " ".join(document.text for document in documents()).replace("\n", " ")


def emissions(tagger: Bert, texts: list[str]) -> list[torch.Tensor]:
    windows, _ = tagger.codec.encode([Document(str(row), text) for row, text in enumerate(texts)], gold=False)
    batch = tagger.read(windows)
    with torch.no_grad():
        found = tagger(batch)
    return [found[row, : len(window.forms)] for row, window in enumerate(windows)]


def test_long_texts_are_read_whole_whatever_stands_beside_them() -> None:
    tagger = tagger_of(window="document", max_pieces=24, overlap=10)
    alone = emissions(tagger, [LONG])[0]
    beside = emissions(tagger, [SENTENCES[0], LONG, f"{LONG} {LONG}"])
    torch.testing.assert_close(alone, beside[1])
    tags = {
        (words, tuple((span.start, span.end) for span in tagger.tag([LONG, SENTENCES[1]], batch_words=words)[0].spans))
        for words in (1, 100, 10_000)
    }
    assert len({spans for _, spans in tags}) == 1


def test_a_word_is_read_in_the_stretch_that_sees_most_around_it() -> None:
    tagger = tagger_of(window="document", max_pieces=24, overlap=10)
    window = tagger.codec.encode([Document("1", LONG)], gold=False)[0][0]
    assert tagger.tokenizer is not None
    pieces = tagger.tokenizer.read([window])[0]
    size, step = 22, 12
    starts = [*range(0, len(pieces.rows) - size, step), len(pieces.rows) - size]
    expected = []
    for first in pieces.first:
        # The plain way: read every stretch that holds the piece, take the one where its poorer side is the richest.
        def poorer(start: int, first: int = first) -> float:
            left = first - start if start else np.inf
            right = start + size - 1 - first if start + size < len(pieces.rows) else np.inf
            return float(min(left, right))

        start = max((start for start in starts if start <= first < start + size), key=lambda s: (poorer(s), s))
        rows = torch.tensor([[*tagger.before, *pieces.rows[start : start + size], *tagger.after]])
        with torch.no_grad():
            expected.append(tagger.network(input_ids=rows).logits[0, first - start + 1])
    with torch.no_grad():
        torch.testing.assert_close(tagger.read_words(tagger.read([window]))[0], torch.stack(expected))


def test_a_word_of_a_thousand_pieces() -> None:
    tagger = tagger_of(window="document", max_pieces=24, overlap=10)
    word = "xyzzy" * 1000
    text = f"A rare cancer {word} of the lung."
    assert tagger.tag([text])[0].text == text
    assert emissions(tagger, [text])[0].shape[0] == len(tagger.codec.encode([Document("1", text)], False)[0][0].forms)


def test_what_is_too_long_can_be_refused() -> None:
    tagger = tagger_of(window="document", max_pieces=24, overlap=10, on_too_long="error")
    tagger.tag(["A rare cancer."])
    with pytest.raises(ValueError, match=r"Document 0, at 0: a window of \d+ pieces, expected at most 22"):
        tagger.tag([LONG])


def test_embeddings_of_texts_are_means_over_their_words() -> None:
    tagger = tagger_of(max_pieces=40, overlap=8)
    found = tagger.embed([SENTENCES[0], ""])
    window = tagger.codec.encode([Document("1", SENTENCES[0])], gold=False)[0][0]
    with torch.no_grad():
        torch.testing.assert_close(found[0], tagger.read_words(tagger.read([window]))[0].mean(0))
    assert not found[1].any()
    with pytest.raises(TypeError, match="one string"):
        tagger.embed("cancer")


def test_attention_is_that_of_transformers() -> None:
    tagger = tagger_of(max_pieces=40, overlap=8)
    found = tagger.attend(f"{SENTENCES[0]} {SENTENCES[1]}")
    network = AutoModel.from_pretrained(ENCODER, attn_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(ENCODER)
    for text, attention in zip(SENTENCES, found, strict=False):
        encoded = tokenizer(text, return_tensors="pt")
        assert list(attention.pieces) == tokenizer.convert_ids_to_tokens(encoded["input_ids"][0])
        with torch.no_grad():
            expected = torch.cat(network(**encoded, output_attentions=True).attentions)
        torch.testing.assert_close(attention.weights, expected)
    assert tagger.network.config._attn_implementation == "sdpa"
    assert len(tagger_of(max_pieces=12, overlap=4).attend(SENTENCES[1])) > 1


def test_random_weights_where_none_are_wanted() -> None:
    pretrained = tagger_of(max_pieces=40, overlap=8)
    fresh = tagger_of(seed=1, max_pieces=40, overlap=8, pretrained=False)
    name = "network.bert.embeddings.word_embeddings.weight"
    weights = load_file(ENCODER / "model.safetensors")["bert.embeddings.word_embeddings.weight"]
    assert torch.equal(pretrained.state_dict()[name], weights)
    assert not torch.equal(fresh.state_dict()[name], weights)


def test_missing_weights_are_told(tmp_path: Path) -> None:
    shutil.copytree(ENCODER, tmp_path / "encoder")
    weights = load_file(ENCODER / "model.safetensors")
    del weights["bert.encoder.layer.1.output.dense.weight"]
    save_file(weights, tmp_path / "encoder" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"1 of its weights are missing .* as bert\.encoder\.layer\.1"):
        tagger_of(encoder=tmp_path / "encoder", max_pieces=40, overlap=8)


def test_encoders_without_a_fitting_tokenizer_are_refused(tmp_path: Path) -> None:
    for name in ("none", "small"):
        shutil.copytree(ENCODER, tmp_path / name)
    for file in (tmp_path / "none").glob("tokenizer*"):
        file.unlink()
    with pytest.raises(ValueError, match="no tokenizer — expected"):
        read_encoder(str(tmp_path / "none"))
    config = json.loads((ENCODER / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "small" / "config.json").write_text(json.dumps(config | {"vocab_size": 50}), encoding="utf-8")
    with pytest.raises(ValueError, match="a tokenizer of 160 pieces, expected at most 50"):
        read_encoder(str(tmp_path / "small"))


def test_pickled_weights_are_not_read(tmp_path: Path) -> None:
    shutil.copytree(ENCODER, tmp_path / "encoder")
    (tmp_path / "encoder" / "model.safetensors").rename(tmp_path / "encoder" / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"a pickle, pytorch_model\.bin, .* write them anew"):
        tagger_of(encoder=tmp_path / "encoder", max_pieces=40, overlap=8)


def test_a_tagger_lends_its_encoder_and_no_more(softmax: tuple[Bert, Path], tmp_path: Path) -> None:
    tagger, folder = softmax
    other = tagger_of(scheme="BIOES", encoder=folder, seed=1, max_pieces=40, overlap=8)  # another number of tags
    same = tagger_of(encoder=folder, seed=1, max_pieces=40, overlap=8, crf=False)
    name = "network.bert.embeddings.word_embeddings.weight"
    assert torch.equal(other.state_dict()[name], tagger.state_dict()[name])
    assert not torch.equal(same.output_layer.weight, tagger.output_layer.weight)
    assert not {"architecture", "codec", "sha256"} & set(same.hparams["encoder"])
    tagger_of(max_pieces=40, overlap=8).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="name the encoder that it was trained from"):
        read_encoder(str(tmp_path))


def test_halves_of_characters_are_words_like_others() -> None:
    tagger = tagger_of(max_pieces=40, overlap=8)
    assert tagger.tag(["A rare \ud800 cancer."])[0].text == "A rare \ud800 cancer."


def test_wrong_places_and_sizes_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"No encoder at .*nowhere"):
        read_encoder(str(tmp_path / "nowhere"))
    (tmp_path / "config.json").write_text(json.dumps({"hidden_size": 4}), encoding="utf-8")
    with pytest.raises((ValueError, FileNotFoundError), match=r"model_type|No encoder"):
        read_encoder(str(tmp_path))
    with pytest.raises(ValueError, match=r"max_pieces that the encoder can read but it has not 41 positions"):
        tagger_of(max_pieces=41, overlap=8)
    with pytest.raises(ValueError, match=r"overlap below the pieces of a stretch, 8"):
        tagger_of(max_pieces=10, overlap=8)


def test_what_is_computed_once_more_gives_the_same_gradients() -> None:
    tagger = tagger_of(max_pieces=40, overlap=8).train()
    tagger.dropout.p = 0.0
    batch = tagger.read(tagger.codec.encode(documents(), gold=True)[0])
    gradients = []
    for recompute in (False, True):
        set_up_encoder(tagger, TrainerConfig(recompute=recompute))
        tagger.zero_grad()
        tagger.loss(batch).backward()
        gradients.append([p.grad.clone() for p in tagger.parameters() if p.grad is not None])
    assert any(getattr(module, "gradient_checkpointing", False) for module in tagger.network.modules())
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


def test_only_encoders_are_compiled() -> None:
    tagger = build_tagger("bilstm", CodecConfig(labels=("Disease",)), {"hidden": 4}, documents())
    with pytest.raises(ValueError, match=r"transformer encoder for trainer\.recompute"):
        set_up_encoder(tagger, TrainerConfig(compile=True))


def test_a_recipe_trains_one(tmp_path: Path) -> None:
    overrides = [
        "--architecture",
        "bert",
        "--resources.encoder",
        str(ENCODER),
        "--model",
        "{max_pieces: 24, overlap: 8}",
    ]
    overrides += ["--optimizer.encoder_rate", "0.5", "--optimizer.layer_decay", "0.9", "--output", str(tmp_path)]
    overrides += ["--training.epochs", "2", "--corpus", str(FIXTURES / "tiny")]
    trained = train(**read_recipe(FIXTURES / "tiny" / "recipe.yaml", overrides))
    check_golden(zoo.load(trained.folder), trained.folder)
    assert {"dev", "test"} <= trained.metrics.keys()


RECIPES = sorted(Path(__file__).parents[2].glob("recipes/*/bert.yaml"))
TINY_SETTINGS = {
    "corpus": str(FIXTURES / "tiny"),
    "codec.labels": "[Disease]",
    "model.max_pieces": "24",
    "model.overlap": "8",
    "training.epochs": "1",
    "trainer.accelerator": "cpu",
    "progress": "false",
}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.parent.name)
def test_recipes_run_as_they_are_but_for_encoder_and_corpus(path: Path, tmp_path: Path) -> None:
    config = BertConfig(
        vocab_size=160, hidden_size=12, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24
    )
    BertForMaskedLM(config).save_pretrained(tmp_path / "run" / "checkpoint")
    for file in ENCODER.glob("tokenizer*"):
        shutil.copy(file, tmp_path / "run" / "checkpoint")
    given = TINY_SETTINGS | {"resources.encoder": str(tmp_path / "run"), "output": str(tmp_path / "out")}
    trained = train(**read_recipe(path, [word for key, value in given.items() for word in (f"--{key}", value)]))
    check_golden(zoo.load(trained.folder), trained.folder)
    assert f"zoo train recipes/{path.parent.name}/bert.yaml" in path.read_text(encoding="utf-8")


def test_there_is_a_recipe_for_each_corpus() -> None:
    assert {"raredis", "bc5cdr", "pharmaconer", "ncbi-disease", "jnlpba", "craft"} <= {
        path.parent.name for path in RECIPES
    }


def test_long_documents_are_learnt_from_in_parts_and_tagged_whole() -> None:
    tagger = tagger_of(window="document", max_pieces=24, overlap=10)
    together = Document("1", LONG)
    data = TaggingDataModule([together], [together], tagger, window_words=30)
    assert len(data.windows["dev"]) == 1
    assert max(len(window.forms) for window in data.windows["train"]) <= 30
    assert sum(len(window.forms) for window in data.windows["train"]) == len(data.windows["dev"][0].forms)
