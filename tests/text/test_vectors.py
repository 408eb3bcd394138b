import gzip
import pickle
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zoo.data.document import DataFormatError
from zoo.text.ngrams import Ngrams
from zoo.text.vector_files import read_vectors, write_vectors
from zoo.text.vectors import WordVectors, vectors_for

WORDS = ["cancer", "β-catenin", "naïve", "𝛼", "e\u0301", "5.6", "a\u00a0b", "{", "\u2028x", "."]
FORMATS = ["v.txt", "v.vec", "v.txt.gz", "v.bin", "v.safetensors"]


@pytest.fixture
def vectors() -> WordVectors:
    matrix = np.random.default_rng(1).normal(size=(len(WORDS), 7)).astype(np.float32)
    matrix[3] = 0
    return WordVectors(WORDS, matrix, "lower-digits", {"method": "word2vec-skipgram", "size": 7})


def keyed_vectors(vectors):
    from gensim.models import KeyedVectors

    keyed = KeyedVectors(vectors.matrix.shape[1])
    keyed.add_vectors(vectors.words, vectors.matrix)
    return keyed


def same(left: WordVectors, right: WordVectors) -> bool:
    return left.words == right.words and left.matrix.dtype == np.float32 and np.array_equal(left.matrix, right.matrix)


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_reads_back(vectors, tmp_path, name):
    write_vectors(vectors, tmp_path / "new" / name)
    assert same(read_vectors(tmp_path / "new" / name), vectors)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [name]


def test_safetensors_keep_normalizer_and_training(vectors, tmp_path):
    write_vectors(vectors, tmp_path / "v.safetensors")
    read = read_vectors(tmp_path / "v.safetensors")
    assert (read.normalizer, read.training) == ("lower-digits", {"method": "word2vec-skipgram", "size": 7})


def test_safetensors_keep_ngrams(vectors, tmp_path):
    ngrams = Ngrams(np.random.default_rng(2).normal(size=(11, 7)).astype(np.float32), 2, 5)
    write_vectors(replace(vectors, ngrams=ngrams), tmp_path / "v.safetensors")
    read = read_vectors(tmp_path / "v.safetensors").ngrams
    assert np.array_equal(read.matrix, ngrams.matrix)
    assert (read.shortest, read.longest) == (2, 5)
    write_vectors(replace(vectors, ngrams=ngrams), tmp_path / "v.bin")
    assert read_vectors(tmp_path / "v.bin").ngrams is None
    ngrams.matrix[3, 1] = np.nan
    write_vectors(replace(vectors, ngrams=ngrams), tmp_path / "v.safetensors")
    with pytest.raises(DataFormatError, match="a vector of n-grams is not finite"):
        read_vectors(tmp_path / "v.safetensors")
    with pytest.raises(ValueError, match="Expected n-grams of 7 dimensions, as the words, but got 3"):
        replace(vectors, ngrams=Ngrams(np.zeros((2, 3), np.float32)))


def test_senses_are_told(vectors):
    assert vectors.senses is None
    assert replace(vectors, training={"arguments": {"senses": "rules-es"}}).senses == "rules-es"


def test_words_without_a_vector_are_composed_of_ngrams(vectors):
    ngrams = Ngrams(np.random.default_rng(2).normal(size=(11, 7)).astype(np.float32))
    words = ["<pad>", "<unk>", "cancer", "cancers"]
    rows = vectors_for(words, replace(vectors, ngrams=ngrams), normalizer="lower-digits")
    assert rows.found.tolist() == [False, False, True, True]
    assert rows.composed.tolist() == [False, False, False, True]
    assert np.array_equal(rows.matrix[2:], [vectors.matrix[0], ngrams.compose("cancers")])
    assert not rows.matrix[:2].any()
    assert not vectors_for(words, vectors, normalizer="lower-digits").composed.any()


def test_ngrams_of_a_gensim_file(tmp_path):
    from gensim.models import FastText

    model = FastText([["gout", "urate"]] * 20, vector_size=6, min_count=1, bucket=50, min_n=2, max_n=4, epochs=1)
    model.save(str(tmp_path / "v.kv"))
    read = read_vectors(tmp_path / "v.kv", trust_pickle=True)
    np.testing.assert_allclose(read.compose("gouty"), model.wv["gouty"], rtol=1e-5)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("name", ["odd-name", "v.gz"])
def test_what_gensim_writes(vectors, tmp_path, binary, name):
    keyed = keyed_vectors(vectors)
    keyed.save_word2vec_format(str(tmp_path / name), binary=binary)
    assert same(read_vectors(tmp_path / name), vectors)


@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
def test_gensim_reads_what_is_written(vectors, tmp_path, name):
    from gensim.models import KeyedVectors

    write_vectors(vectors, tmp_path / name)
    keyed = KeyedVectors.load_word2vec_format(str(tmp_path / name), binary=name == "v.bin")
    assert keyed.index_to_key == vectors.words
    assert np.array_equal(keyed.vectors, vectors.matrix)


def test_text_without_a_header(vectors, tmp_path):
    keyed_vectors(vectors).save_word2vec_format(str(tmp_path / "v"), write_header=False)
    assert same(read_vectors(tmp_path / "v"), vectors)


def test_text_of_word2vec_c_and_glove(tmp_path):
    path = tmp_path / "v"
    path.write_bytes(b"2 2\n</s> 0.5 -1e-3 \n. . 1 2 \n")  # blanks at line ends, a blank within a word
    read = read_vectors(path)
    assert read.words == ["</s>", ". ."]
    assert read.matrix.tolist() == [[0.5, np.float32(-1e-3)], [1, 2]]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    for header in ("2 2\n", ""):
        (tmp_path / "v").write_text(f"\ufeff{header}a 1 2\nb 3 4\n", encoding="utf-8")
        assert read_vectors(tmp_path / "v").words == ["a", "b"]


def test_fasttexts_own_binary_with_its_ngrams(tmp_path):
    from gensim.models.fasttext import FastText, load_facebook_vectors, save_facebook_model

    options = {"vector_size": 4, "min_count": 1, "epochs": 1, "bucket": 100}
    save_facebook_model(FastText([["uno", "dos"]] * 3, min_n=2, max_n=5, **options), str(tmp_path / "v.bin"))
    expected, read = load_facebook_vectors(str(tmp_path / "v.bin")), read_vectors(tmp_path / "v.bin")
    assert same(read, WordVectors(expected.index_to_key, expected.vectors))
    np.testing.assert_allclose(read.compose("tres"), expected["tres"], rtol=1e-6)

    save_facebook_model(FastText([["uno", "dos"]] * 3, max_n=0, **options), str(tmp_path / "v.bin"))
    assert read_vectors(tmp_path / "v.bin").compose("tres") is None

    (tmp_path / "v.bin").write_bytes((tmp_path / "v.bin").read_bytes()[:90])
    with pytest.raises(DataFormatError, match=r"v\.bin: gensim cannot load it"):
        read_vectors(tmp_path / "v.bin")


def test_files_of_many_vectors(tmp_path):
    many = WordVectors([f"w{n}" for n in range(3000)], np.random.default_rng(1).normal(size=(3000, 3)).astype("f4"))
    for name in ("v.txt", "v.bin"):
        write_vectors(many, tmp_path / name)
        assert same(read_vectors(tmp_path / name), many)


def test_binary_of_word2vec_c_has_line_feeds(vectors, tmp_path):
    path, size = tmp_path / "v", vectors.matrix.shape[1]
    rows = [word.encode() + b" " + row.tobytes() for word, row in zip(WORDS, vectors.matrix, strict=True)]
    path.write_bytes(f"{len(WORDS)} {size}\n".encode() + b"".join(row + b"\n" for row in rows))
    assert same(read_vectors(path), vectors)


def test_binary_of_one_dimension(tmp_path):
    one = WordVectors(["a", "b"], np.array([[0.0], [1.0]], np.float32))
    write_vectors(one, tmp_path / "v.bin")
    assert same(read_vectors(tmp_path / "v.bin"), one)


def test_pickles_are_refused_unless_trusted(vectors, tmp_path):
    keyed_vectors(vectors).save(str(tmp_path / "v.kv"))
    with pytest.raises(DataFormatError, match=r"v\.kv: a pickle.*pass trust_pickle=True"):
        read_vectors(tmp_path / "v.kv")
    assert same(read_vectors(tmp_path / "v.kv", trust_pickle=True), vectors)


class Touch:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", ["v.txt", "v.safetensors", "v.kv"])
def test_an_untrusted_pickle_never_runs(tmp_path, name, protocol):
    (tmp_path / name).write_bytes(pickle.dumps(Touch(tmp_path / "ran"), protocol))
    with pytest.raises(DataFormatError):
        read_vectors(tmp_path / name)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("family", ["Word2Vec", "FastText"])
def test_gensim_models(tmp_path, family):
    from gensim import models

    options = {"bucket": 100} if family == "FastText" else {}
    model = getattr(models, family)([["a", "b"]] * 3, vector_size=4, min_count=1, epochs=1, **options)
    model.save(str(tmp_path / "m.model"))
    expected = WordVectors(model.wv.index_to_key, model.wv.vectors)
    assert same(read_vectors(tmp_path / "m.model", trust_pickle=True), expected)


@pytest.mark.parametrize("name", [*FORMATS, "v.kv"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.95])
def test_a_truncated_file_is_an_error(vectors, tmp_path, name, share):
    path = tmp_path / name
    keyed_vectors(vectors).save(str(path)) if name == "v.kv" else write_vectors(vectors, path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(DataFormatError, match=re.escape(str(path))):
        read_vectors(path, trust_pickle=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "v: 0 vectors up to here, not any"),
        (b"2 2\na 1 2\n", "v:2: 1 vectors up to here, not 2"),
        (b"1 2\na 1 2\nb 1 2\n", "v:3: 2 vectors up to here, not 1"),
        (b"2 2\na 1 2\nb 1\n", "v:3: 1 numbers after 'b', not 2"),
        (b"a 1 2\nb 1 2 x\n", "v:2: could not convert string to float"),
        (b"a 1 2\n\xe9 1 2\n", "v:2: 'utf-8' codec can't decode"),
        (b"1 2\na 1 nan\n", "v:2: the vector of 'a' is not finite"),
        (b"a 1\nb 1e60\n", "v:2: the vector of 'b' is not finite"),
        (b"1 1\na \0\0\x80\x7f", "the vector of 'a' \\(number 1\\) is not finite"),
        (b"a  1 2\n", "v:1: could not convert string to float"),
        (b"1 2\na  1 2\n", "v:2: more than one blank after 'a'"),
        (b"0 2\n", "v:1: the header says 0 words of 2 dimensions"),
        (b"1 99999999999\na 1\n", "v:1: the header says 1 words of 99999999999 dimensions"),
        (b"2 1\na \0\0\0\0b \0\0", "vector 2 of 2 breaks off at byte 14"),
        (b"1 1\na \0\0\0\0b \0\0\0\0", "more than the 1 vectors"),
        (b"justaword\n", "v:1: 0 numbers after 'justaword', not any"),
        (b"\x08\0\0\0\0\0\0\0{broken}", "safetensors, but cut off"),
        (gzip.compress(b"1 1\na 1\n", mtime=0)[:-4], "Compressed file ended"),
    ],
)
def test_a_malformed_file_is_an_error_with_its_place(tmp_path, content, message):
    (tmp_path / "v").write_bytes(content)
    with pytest.raises(DataFormatError, match=message):
        read_vectors(tmp_path / "v")


def test_safetensors_of_something_else(tmp_path):
    from safetensors.numpy import save_file

    save_file({"weight": np.ones(3)}, tmp_path / "v")
    with pytest.raises(DataFormatError, match="of something else"):
        read_vectors(tmp_path / "v")


def test_safetensors_without_words_or_numbers_that_numpy_knows(tmp_path):
    import torch
    from safetensors.torch import save_file

    letters = torch.frombuffer(bytearray(b"a\n\n"), dtype=torch.uint8)
    for matrix, words in (
        (torch.ones(2, 3), letters),
        (torch.ones(0, 3), letters[:0]),
        (torch.ones(1, 0), letters[:2]),
        (torch.ones(1, 3, dtype=torch.bfloat16), letters[:2]),
    ):
        save_file({"vectors": matrix, "words": words}, tmp_path / "v")
        with pytest.raises(DataFormatError, match="safetensors, but"):
            read_vectors(tmp_path / "v")


@pytest.mark.parametrize(
    "metadata",
    [
        {"training": "[]"},
        {"training": '{"arguments": []}'},
        {"training": '{"arguments": null}'},
        {"training": '{"vocabulary": "1"}'},
        {"training": '{"vocabulary": -1}'},
        {"training": '{"vocabulary": 99}'},
        {"training": "[" * 100_000},
        {"ngram_lengths": "3"},
        {"ngram_lengths": '["a", "b"]'},
        {"normalizer": "lowr"},
    ],
)
def test_safetensors_with_damaged_metadata(vectors, tmp_path, metadata):
    from safetensors.numpy import load_file, save_file

    write_vectors(vectors, tmp_path / "v.safetensors")
    save_file(load_file(tmp_path / "v.safetensors"), tmp_path / "v.safetensors", metadata)
    with pytest.raises(DataFormatError, match="safetensors, but"):
        read_vectors(tmp_path / "v.safetensors")


@pytest.mark.parametrize(("name", "word"), [("v.txt", "a b"), ("v.bin", "a\nb"), ("v.safetensors", "a\nb")])
def test_a_word_the_format_cannot_hold_is_refused(tmp_path, name, word):
    with pytest.raises(ValueError, match="Expected words without"):
        write_vectors(WordVectors([word], np.ones((1, 2), np.float32)), tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FORMATS)
def test_a_link_goes_on_pointing_where_it_did(vectors, tmp_path, name):
    (tmp_path / name).symlink_to(tmp_path / f"real-{name}")
    write_vectors(vectors, tmp_path / name)
    assert (tmp_path / name).is_symlink()
    assert same(read_vectors(tmp_path / f"real-{name}"), vectors)


def test_an_unknown_ending_is_refused(vectors, tmp_path):
    with pytest.raises(ValueError, match=r"ends in \.safetensors, \.bin.* but got 'v\.pkl'"):
        write_vectors(vectors, tmp_path / "v.pkl")


def test_a_failed_write_leaves_the_earlier_file(vectors, tmp_path, monkeypatch):
    path = tmp_path / "v.safetensors"
    write_vectors(vectors, path)

    def fail(partial, content):
        with open(partial, "wb") as file:
            file.write(content[:50])
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="disk full"):
        write_vectors(vectors, path)
    assert same(read_vectors(path), vectors)
    assert list(tmp_path.iterdir()) == [path]


def test_rows_for_a_vocabulary():
    matrix = np.arange(10, dtype=np.float32).reshape(5, 2)
    vectors = WordVectors(["Gout", "of", "OF", "gout", "p53"], matrix)
    rows = vectors_for(["<pad>", "gout", "of", "p00", "unseen"], vectors, normalizer="lower-digits")
    assert rows.found.tolist() == [False, True, True, True, False]
    assert rows.matrix.tolist() == [[0, 0], [6, 7], [2, 3], [8, 9], [0, 0]]
    assert rows.coverage == pytest.approx(0.6)


def test_padding_and_the_unknown_word_are_never_found():
    vectors = WordVectors(["<pad>", "<unk>", "a"], np.ones((3, 2), np.float32))
    assert vectors_for(["<pad>", "<unk>", "a"], vectors, normalizer="lower").found.tolist() == [False, False, True]


def test_the_most_frequent_form_stands_for_the_others():
    vectors = WordVectors(["P53", "p42"], np.array([[1], [2]], np.float32))
    assert vectors_for(["p00"], vectors, normalizer="lower-digits").matrix.tolist() == [[1]]


def test_another_normalizer_is_refused(vectors):
    with pytest.raises(ValueError, match="normalized as 'lower' but got 'lower-digits'"):
        vectors_for(["cancer"], vectors, normalizer="lower")


def test_one_row_a_word():
    with pytest.raises(ValueError, match=r"each of 2 words but got shape \(1, 3\)"):
        WordVectors(["a", "b"], np.ones((1, 3), np.float32))
