import gzip
import inspect
import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from zoo.cli.embed import embed
from zoo.data.document import Corpus, DataFormatError, Document, Span
from zoo.data.splits import load_corpus
from zoo.pretraining import word_vectors
from zoo.pretraining.texts import find_texts, read_texts
from zoo.pretraining.word_vectors import train_word_vectors
from zoo.text.codec import CodecConfig
from zoo.text.linguistics import load_linguistics
from zoo.text.vector_files import read_vectors
from zoo.text.vectors import vectors_for
from zoo.training.build import VectorsConfig, build_tagger

TOPICS = [
    ["gout", "kidney", "urate", "joint", "crystal", "β-thalassaemia"],
    ["kinase", "promoter", "mutation", "exon", "allele", "𝛼-helix"],
]
CORPUS = Path(__file__).parent.parent / "fixtures" / "tiny"
TINY = {"size": 8, "epochs": 1, "min_count": 1, "workers": 1, "bucket": 500}


@pytest.fixture
def text(tmp_path) -> Path:
    choose = random.Random(1)
    lines = (" ".join(choose.choices(TOPICS[number % 2], k=8)) + ".\n" for number in range(600))
    (tmp_path / "toy.txt").write_text("".join(lines), encoding="utf-8")
    return tmp_path / "toy.txt"


def test_neighbours_share_a_topic(text, tmp_path):
    options = {"size": 16, "window": 8, "epochs": 12, "min_count": 1, "sample": 0, "workers": 1}
    vectors = train_word_vectors([text], tmp_path / "out", **options)
    unit = vectors.matrix / np.linalg.norm(vectors.matrix, axis=1, keepdims=True)
    row = {word: number for number, word in enumerate(vectors.words)}
    topics = [[word for word in topic if "-" not in word] for topic in TOPICS]  # hyphens part words
    for topic, other in (topics, topics[::-1]):
        for word in topic:
            near = max(
                (each for each in [*topic, *other] if each != word), key=lambda each: unit[row[word]] @ unit[row[each]]
            )
            assert near in topic


def test_the_same_seed_gives_the_same_vectors(text, tmp_path):
    runs = [train_word_vectors([text], tmp_path / str(seed), seed=seed, **TINY) for seed in (1, 2)]
    again = train_word_vectors([text], tmp_path / "again", seed=1, **TINY)
    assert again.words == runs[0].words
    assert np.array_equal(again.matrix, runs[0].matrix)
    assert not np.array_equal(again.matrix, runs[1].matrix)


def test_result_and_report(text, tmp_path):
    vectors = train_word_vectors([text], tmp_path / "out", **TINY)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["vectors.json", "vectors.safetensors"]
    read = read_vectors(tmp_path / "out" / "vectors.safetensors")
    report = json.loads((tmp_path / "out" / "vectors.json").read_text(encoding="utf-8"))
    assert read.words == vectors.words
    assert np.array_equal(read.matrix, vectors.matrix)
    assert read.normalizer == "lower-digits"
    assert read.training == report == vectors.training
    assert report["words"] == 600 * 9 + sum(line.count("-") for line in text.read_text().splitlines()) * 2
    assert report["vocabulary"] == len(read.words) == 16  # 10 plain words, 4 parts of words, hyphen, full stop
    assert report["arguments"]["size"] == 8
    assert set(report["versions"]) == {"python", "numpy", "gensim"}


@pytest.mark.parametrize("method", ["word2vec-cbow", "fasttext-cbow", "fasttext-skipgram"])
def test_every_method_trains(text, tmp_path, method):
    vectors = train_word_vectors([text], tmp_path / "out", method=method, **TINY)
    assert {"gout", "β", "𝛼"} <= set(vectors.words)
    assert np.abs(vectors.matrix).max() < 10


def test_every_word_of_odd_characters_is_trained(tmp_path):
    words = ["e\u0301", "\u200b", "\ufeff", "ﬁ", "İ", "\x00", "𝛼", "\u3000".join("xy")]
    (tmp_path / "odd.txt").write_text((" ".join(words) + " .\n") * 50, encoding="utf-8")
    first = train_word_vectors([tmp_path / "odd.txt"], tmp_path / "1", sample=0, **TINY)
    more = train_word_vectors([tmp_path / "odd.txt"], tmp_path / "2", sample=0, **TINY | {"epochs": 2})
    assert {"e\u0301", "\u200b", "ﬁ", "i\u0307", "\x00", "𝛼", "x", "y"} <= set(first.words)
    assert (first.matrix != more.matrix).any(axis=1).all()


def test_fasttext_keeps_its_ngrams(text, tmp_path, monkeypatch):
    """Vectors of words that were never seen are those gensim composes."""
    models = []
    untrained = word_vectors._untrained
    monkeypatch.setattr(word_vectors, "_untrained", lambda *each: models.append(untrained(*each)) or models[-1])
    train_word_vectors([text], tmp_path / "out", method="fasttext-skipgram", **TINY)
    read = read_vectors(tmp_path / "out" / "vectors.safetensors")
    (model,) = models
    assert read.ngrams is not None
    for word in ("kinases", "zzz", "ββ", "naïveté", "𝛼𝛼-helices", "e\u0301tude"):
        np.testing.assert_allclose(read.ngrams.compose(word), model.wv[word], rtol=1e-6)
    rows = vectors_for(["kinases", "gout", "<unk>"], read, normalizer="lower-digits")
    assert (rows.found.tolist(), rows.composed.tolist()) == ([True, True, False], [True, False, False])
    np.testing.assert_allclose(rows.matrix[1], model.wv["gout"], rtol=1e-6)


def test_fasttext_covers_the_words_of_texts(text, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.txt").write_text("Kinases of gout. Kinases zzz1.")
    options = TINY | {"method": "fasttext-skipgram", "cover": [tmp_path / "more"]}
    vectors = train_word_vectors([text], tmp_path / "out", **options)
    assert vectors.words[-3:] == ["kinases", "of", "zzz0"]
    assert vectors.training["composed_of_ngrams"] == 3
    assert vectors.training["vocabulary"] == len(vectors.words) - 3
    assert np.array_equal(vectors.matrix[-1], vectors.ngrams.compose("zzz0"))


def test_fasttext_covers_every_split_of_a_corpus(text, tmp_path):
    vectors = train_word_vectors([text], tmp_path / "out", method="fasttext-cbow", cover=[CORPUS], **TINY)
    for documents in load_corpus(CORPUS).splits.values():
        for document in documents:
            assert {word.lower() for word in re.findall(r"\b[A-Za-z]+\b", document.text)} <= set(vectors.words)
    assert vectors.training["arguments"]["cover"] == [str(CORPUS)]


def test_fasttext_covers_a_named_corpus(text, tmp_path, monkeypatch):
    few = Corpus("ncbi-disease", {"test": (Document("1", "Few words."),)})
    monkeypatch.setattr(word_vectors, "load_corpus", {"ncbi-disease": few}.__getitem__)
    vectors = train_word_vectors([text], tmp_path / "out", method="fasttext-cbow", cover=["ncbi-disease"], **TINY)
    assert vectors.words[-2:] == ["few", "words"]


def test_a_tagger_has_a_vector_for_every_word_of_its_training_documents(text, tmp_path):
    vectors = train_word_vectors([text], tmp_path / "out", method="fasttext-skipgram", **TINY)
    documents = [Document("1", "Goutlike kinases of urate.", (Span.of(0, 8, "Disease"),))]
    config = VectorsConfig(str(tmp_path / "out" / "vectors.safetensors"), most=5)
    tagger = build_tagger("char_cnn_bilstm_crf", CodecConfig(labels=("Disease",)), {"word_size": 8}, documents, config)
    for word in ("goutlike", "of", "urate"):
        expected = vectors.matrix[vectors.words.index(word)] if word == "urate" else vectors.compose(word)
        np.testing.assert_allclose(tagger.word_embedding.weight[tagger.words[word]].detach(), expected)


def test_senses_are_words_with_their_part_of_speech(text, tmp_path):
    (tmp_path / "more.txt").write_text("The Cold kidney was 37 . " * 9)
    vectors = train_word_vectors([text, tmp_path / "more.txt"], tmp_path / "out", senses="rules-en", **TINY)
    readings = next(load_linguistics("rules-en")(["The Cold kidney was 37 .".split()]))
    written = ["the", "cold", "kidney", "was", "00", "."]
    assert {f"{word}|{read.pos}" for word, read in zip(written, readings, strict=True)} <= set(vectors.words)
    assert vectors.senses == vectors.training["arguments"]["senses"] == "rules-en"
    assert vectors.training["linguistics"] == "rules-en"
    assert read_vectors(tmp_path / "out" / "vectors.safetensors").senses == "rules-en"


def test_concepts_take_the_place_of_mentions(tmp_path):
    mention = "1|t|Gouty arthritis hurts\n1|a|See D006073.\n1\t0\t15\tGouty arthritis\tDisease\tMESH:D006073\n\n"
    (tmp_path / "a.pubtator").write_text(mention * 30)
    (tmp_path / "b.txt").write_text("Replaced before: MESH:D006073 and OMIM:1.\n" * 30)
    pattern = r"(?:MESH:)?([CD]\d{6,9})"
    vectors = train_word_vectors(
        [tmp_path / "a.pubtator", tmp_path / "b.txt"], tmp_path / "out", concepts=pattern, **TINY
    )
    assert "D006073" in vectors.words
    assert not {"gouty", "arthritis", "d000000", "mesh"} & set(vectors.words)
    assert {"hurts", "omim", "0"} <= set(vectors.words)
    counted = {"identifiers": 90, "replaced": 30, "without_identifier": 0, "overlapping": 0, "in_fragments": 0}
    assert vectors.training["concepts"] == counted


def test_shards_are_steps_of_training_and_words_of_reading(text, tmp_path, monkeypatch):
    monkeypatch.setattr(word_vectors, "_SHARD_WORDS", 1000)
    monkeypatch.setattr(word_vectors, "_STEP_WORDS", 700)
    steps = []
    options = TINY | {"epochs": 2, "workers": 2}
    vectors = train_word_vectors([text], tmp_path / "out", **options, progress=lambda *step: steps.append(step))
    words = vectors.training["words"]
    reading = [step for step in steps if step[0] == "reading"]
    training = [step for step in steps if step[0] != "reading"]
    assert len(reading) == words // 715 or len(reading) == words // 700
    assert all(total is None for _, _, total in reading)
    assert 700 <= reading[0][1] < 720
    shards = -(-words // 2000)
    assert len(training) == 2 * (1 + shards)
    assert training[0] == ("epoch 1/2", 0, 2 * words)
    assert training[-1] == ("epoch 2/2", 2 * words, 2 * words)
    for part in (reading, training):
        assert [done for _, done, _ in part] == sorted(done for _, done, _ in part)


def test_max_words_stops_after_the_sentence(text, tmp_path):
    vectors = train_word_vectors([text], tmp_path / "out", max_words=100, **TINY)
    assert 100 <= vectors.training["words"] < 130


def test_an_interruption_leaves_the_earlier_result_and_nothing_else(text, tmp_path):
    train_word_vectors([text], tmp_path / "out", **TINY)
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def interrupt(stage, done, total):
        if stage != "reading":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_word_vectors([text], tmp_path / "out", **TINY | {"seed": 2}, progress=interrupt)
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "glove"}, "Expected method out of word2vec-skipgram, .* but got 'glove'"),
        ({"normalizer": "upper"}, "Expected normalizer out of none, lower, .* but got 'upper'"),
        ({"segmentation": "v0"}, "Expected segmentation out of v1, v2 but got 'v0'"),
        ({"epochs": 0}, "Expected epochs of at least 1 but got 0"),
        ({"max_words": 0}, "Expected max_words of at least 1"),
        ({"sample": -1}, "Expected sample of at least 0 and below 1 but got -1"),
        ({"sample": float("nan")}, "Expected sample of at least 0 and below 1 but got nan"),
        ({"seed": -1}, "Expected seed of at least 0"),
        ({"texts": []}, "Expected at least one text"),
        ({"cover": ["a"]}, "Expected a fastText method for cover"),
        ({"senses": "rules-es", "concepts": "D"}, "Expected senses or concepts but got both"),
        ({"senses": "rules-fr"}, "Expected linguistics rules-en or rules-es, or a spaCy pipeline, but got 'rules-fr'"),
        ({"concepts": "("}, r"Expected concepts to be a regular expression but got '\('"),
        ({"concepts": "D*"}, "matches nothing"),
        ({"min_count": 10**6}, "Expected words that occur at least 1000000 times but got none"),
    ],
)
def test_a_wrong_setting_is_told(text, tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        train_word_vectors(**{"texts": [text], "out": tmp_path / "out"} | change)


def test_texts_of_every_kind(tmp_path):
    pubtator = "1|t|A title\r\n1|a|Its abstract\r\n1\t900\t910\tbeyond the text\tDisease\t\r\n\r\n2|t|Other\r\n2|a|\r\n"
    (tmp_path / "faulty.sample").write_bytes(pubtator.encode())
    (tmp_path / "plain.txt.gz").write_bytes(gzip.compress("One.\nTwo β.\n".encode()))
    (tmp_path / "train.in").write_text("P00001606T0076 Comparison of p53\nP11710685A0994a Cut sentence\n")
    (tmp_path / "tagged.iob2").write_text("Gout\tB-Disease\nhurts\tO\n\n")
    folder = tmp_path / "brat"
    folder.mkdir()
    (folder / "b.txt").write_text("Second.")
    (folder / "a.txt").write_text("First\nline.")
    (folder / "a.ann").write_text("T1\tDisease 0 500\tnot checked\n")
    assert list(read_texts(tmp_path / "faulty.sample")) == ["A title", "Its abstract", "Other", ""]
    assert list(read_texts(tmp_path / "plain.txt.gz")) == ["One.", "Two β."]
    assert list(read_texts(tmp_path / "train.in")) == ["Comparison of p53", "Cut sentence"]
    assert [text.split() for text in read_texts(tmp_path / "tagged.iob2")] == [["Gout", "hurts"]]
    assert list(read_texts(folder)) == ["First\nline.", "Second."]
    assert list(read_texts(folder / "a.txt")) == ["First", "line."]
    pubtators = tmp_path / "pubtators"
    pubtators.mkdir()
    (pubtators / "a.txt").write_text(pubtator)
    assert [text.strip() for text in read_texts(pubtators)] == ["A title Its abstract", "Other"]


def test_texts_are_found_here_then_in_the_data_folder(tmp_path, monkeypatch):
    data, here = tmp_path / "data", tmp_path / "here"
    for path in (data / "raw" / "a.txt", data / "raw" / "b.txt", here / "raw" / "a.txt", here / "odd [1].txt"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    monkeypatch.setenv("ZOO_DATA", str(data))
    monkeypatch.chdir(here)
    assert find_texts(["raw/a.txt", "raw/b.txt"]) == [Path("raw/a.txt"), data / "raw" / "b.txt"]
    assert find_texts(["raw/*.txt", "raw/a.txt"]) == [Path("raw/a.txt")]
    assert find_texts(["**/b.txt"]) == [data / "raw" / "b.txt"]
    assert find_texts([data / "raw" / "*.txt"]) == [data / "raw" / "a.txt", data / "raw" / "b.txt"]
    assert find_texts(["odd [1].txt"]) == [Path("odd [1].txt")]
    with pytest.raises(
        FileNotFoundError,
        match=re.escape(f"No text matches 'raw/c*', neither below the working directory nor below {data}"),
    ):
        find_texts(["raw/c*"])


def test_a_recipe_runs_and_options_count_more(text, tmp_path, capsys):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        yaml.safe_dump({"texts": [str(text)], "out": str(tmp_path / "out"), "seed": 3} | TINY) + "sample: 1e-4\n"
    )
    embed(recipe, size=5)
    arguments = json.loads((tmp_path / "out" / "vectors.json").read_text())["arguments"]
    assert (arguments["size"], arguments["seed"], arguments["sample"]) == (5, 3, 1e-4)
    assert "words of 5 dimensions from" in capsys.readouterr().out


def test_options_suffice(text, tmp_path):
    embed(texts=[str(text)], out=tmp_path / "out", **TINY)
    assert (tmp_path / "out" / "vectors.safetensors").exists()


def test_a_misspelt_key_is_told_with_the_nearest(tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("texts: [a.txt]\nout: b\nepoch: 5\n")
    with pytest.raises(DataFormatError) as caught:
        embed(recipe)
    assert str(caught.value) == (
        f"{recipe}:3: unknown key 'epoch'; valid here: texts, out, method, size, window, epochs, negative, min_count, "
        "sample, normalizer, segmentation, seed, workers, max_words, bucket, cover, senses, concepts — did you mean "
        "'epochs'?"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- a\n", "recipe.yaml: no keys"),
        ("a: [\n", "recipe.yaml: not YAML"),
        ("out: b\n", "Expected texts in a recipe, or --text, but got none"),
        ("texts: [a]\n", "Expected out in a recipe, or --out, but got none"),
        ("texts: [a]\nout: b\nepochs: many\n", "recipe.yaml: .*epochs.*many"),
    ],
)
def test_a_wrong_recipe_is_told(tmp_path, content, message):
    (tmp_path / "recipe.yaml").write_text(content)
    with pytest.raises(ValueError, match=message):
        embed(tmp_path / "recipe.yaml")


def test_the_defaults_shown_are_the_defaults():
    shown = {
        name: parameter.annotation.__metadata__[0].show_default
        for name, parameter in inspect.signature(embed).parameters.items()
    }
    for name, parameter in inspect.signature(train_word_vectors).parameters.items():
        if name != "progress" and parameter.default not in (inspect.Parameter.empty, None, ()):
            assert shown[name] == str(parameter.default)


RECIPES = sorted((Path(__file__).parents[2] / "recipes" / "pretraining").glob("*2vec-*.yaml")) + sorted(
    (Path(__file__).parents[2] / "recipes" / "pretraining").glob("fasttext-*.yaml")
)


def test_recipes_have_known_keys_and_no_test_text():
    assert len(RECIPES) >= 6
    for recipe in RECIPES:
        values = yaml.safe_load(recipe.read_text(encoding="utf-8"))
        assert set(values) <= set(inspect.signature(train_word_vectors).parameters)
        assert not [text for text in values["texts"] if re.search(r"test", text, re.IGNORECASE)]
        assert values["out"] == f"runs/{recipe.stem}"
        assert f"zoo embed recipes/pretraining/{recipe.name}" in recipe.read_text(encoding="utf-8")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.stem)
def test_every_text_of_a_recipe_is_there(data_root, monkeypatch, tmp_path, recipe):
    monkeypatch.chdir(tmp_path)
    texts = yaml.safe_load(recipe.read_text(encoding="utf-8"))["texts"]
    paths = find_texts(texts)
    assert len(paths) >= len(texts)
    assert all(next(read_texts(path)) for path in paths)
