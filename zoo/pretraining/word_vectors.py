"""Word vectors from raw text: word2vec and fastText; of words, senses or concepts.

Sources:
    Mikolov, Sutskever, Chen, Corrado & Dean, "Distributed representations of words and phrases and their
    compositionality" (NeurIPS 2013): skip-gram, negative sampling, subsampling of frequent words.
    Mikolov, Chen, Corrado & Dean, "Efficient estimation of word representations in vector space" (2013): CBOW.
    Bojanowski, Grave, Joulin & Mikolov, "Enriching word vectors with subword information" (TACL 5, 2017): fastText.

What is trained — words, senses of words, identifiers of concepts — is a matter of how the text is written down first
(:mod:`zoo.pretraining.sentences`, :mod:`zoo.pretraining.concepts`). Training itself is gensim's.
"""

import json
import platform
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np

from zoo.data.corpora import CORPORA
from zoo.data.splits import has_splits, load_corpus
from zoo.data.textfile import writing
from zoo.pretraining.concepts import Concepts
from zoo.pretraining.sentences import Sentences, counted
from zoo.pretraining.texts import find_texts, read_texts
from zoo.text.linguistics import load_linguistics
from zoo.text.ngrams import Ngrams
from zoo.text.segment import RULES
from zoo.text.vector_files import write_vectors
from zoo.text.vectors import WordVectors
from zoo.text.vocab import NORMALIZERS

if TYPE_CHECKING:
    from gensim.models import FastText, Word2Vec

Method = Literal["word2vec-skipgram", "word2vec-cbow", "fasttext-skipgram", "fasttext-cbow"]
Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, the words done so far, and the words to do where that is known."""

_FIRST_RATE, _LAST_RATE = 0.025, 0.0001
_SHARD_WORDS = 1_000_000
_STEP_WORDS = 20_000  # read between two signs of progress


def train_word_vectors(
    texts: Sequence[str | Path],
    out: str | Path,
    *,
    method: Method = "word2vec-skipgram",
    size: int = 100,
    window: int = 5,
    epochs: int = 5,
    negative: int = 10,
    min_count: int = 4,
    sample: float = 1e-4,
    normalizer: str = "lower-digits",
    segmentation: str = "v1",
    seed: int = 1,
    workers: int = 2,
    max_words: int | None = None,
    bucket: int = 200_000,
    cover: Sequence[str | Path] = (),
    senses: str | None = None,
    concepts: str | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> WordVectors:
    """Trains word vectors and writes ``vectors.safetensors`` and the report ``vectors.json``.

    Both replace files of an earlier run, and only when all is done: an interrupted run leaves nothing under these
    names. With one worker, the same seed and texts give the same vectors; with more, workers race and they do not.
    fastText's n-grams are written with its vectors, so that any other word's can be composed later.

    Args:
        texts: Files, folders and patterns; see :func:`zoo.pretraining.texts.find_texts` and ``read_texts``.
        out: Folder of the result.
        method: fastText adds to each word the vectors of its character n-grams (3 to 6).
        size: Dimensions of a vector.
        window: The farthest word, on either side, that counts as context.
        epochs: Passes over the texts.
        negative: Noise words drawn for each true one.
        min_count: Words that occur less often get no vector.
        sample: Words more frequent than this share of the text are randomly left out; 0 leaves none out.
        normalizer: A key of ``NORMALIZERS``: how words are rewritten first; a tagger must do the same.
        segmentation: A key of the segmentation rules.
        seed: Of initialization and sampling.
        workers: Threads.
        max_words: Stop reading after the sentence that reaches so many words.
        bucket: fastText: rows of the table its n-grams are hashed to.
        cover: fastText: corpora (by name, or a folder that has splits), files, folders and patterns, all of whose words
            that have no vector get one, composed of their n-grams and written after all others. Of a corpus, every
            split is read, and only its text.
        senses: Linguistics (:func:`zoo.text.linguistics.load_linguistics`) by which words become senses,
            ``normalizedword|POS``.
        concepts: A regular expression of concept identifiers: they stay one word as they are, and take the place of
            the mentions that have them in annotated documents; see :class:`zoo.pretraining.concepts.Concepts`.
        progress: Told how far reading and training are.

    Returns:
        The vectors; their ``training`` is the report.

    Raises:
        DataFormatError: If a text cannot be read.
        FileNotFoundError: If a pattern finds nothing.
        ValueError: If a setting is wrong, or no word occurs ``min_count`` times.
    """
    settings = {name: value for name, value in locals().items() if name not in ("out", "progress")}
    _check(settings)
    started = time.perf_counter()
    identifiers = Concepts(concepts) if concepts else None
    linguistics = load_linguistics(senses) if senses else None
    sentences = Sentences(segmentation, normalizer, linguistics, identifiers)
    paths, covered = find_texts(texts), _covered(cover)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".sentences-") as cache:
        parts = (part for path in paths for part in (identifiers.read if identifiers else read_texts)(path))
        corpus = _write_corpus(sentences(parts, max_words), Path(cache), _SHARD_WORDS * workers, progress)
        seconds_reading = time.perf_counter() - started
        found = dict(identifiers.counts) if identifiers else {}
        model = _untrained(settings, corpus)
        _train(model, corpus, epochs, progress)
    words, matrix = _rows(model, chain.from_iterable(sentences(covered)))
    report = {
        "arguments": settings | {"texts": [*map(str, texts)], "cover": [*map(str, cover)]},
        "files": len(paths),
        "words": corpus.words,
        "word_types": len(corpus.counts),
        "vocabulary": len(model.wv),
        "composed_of_ngrams": len(words) - len(model.wv),
        "linguistics": linguistics.describe() if linguistics else None,
        "concepts": found,
        "seconds_reading": round(seconds_reading, 1),
        "seconds": round(time.perf_counter() - started, 1),
        "versions": _versions(),
    }
    vectors = WordVectors(words, matrix, normalizer, report, _ngrams(model))
    write_vectors(vectors, folder / "vectors.safetensors")
    with writing(folder / "vectors.json") as file:
        file.write(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    return vectors


def _check(settings: Mapping[str, Any]) -> None:
    """Finds a wrong setting before hours are spent."""
    for name, valid in (("method", get_args(Method)), ("normalizer", NORMALIZERS), ("segmentation", RULES)):
        if settings[name] not in valid:
            raise ValueError(f"Expected {name} out of {', '.join(valid)} but got {settings[name]!r}.")
    for name in ("size", "window", "epochs", "negative", "min_count", "workers", "bucket"):
        if settings[name] < 1:
            raise ValueError(f"Expected {name} of at least 1 but got {settings[name]}.")
    if not 0 <= settings["sample"] < 1:
        raise ValueError(f"Expected sample of at least 0 and below 1 but got {settings['sample']}.")
    if not 0 <= settings["seed"] < 2**32:
        raise ValueError(f"Expected seed of at least 0 and below 2**32 but got {settings['seed']}.")
    if settings["max_words"] is not None and settings["max_words"] < 1:
        raise ValueError(f"Expected max_words of at least 1, or none, but got {settings['max_words']}.")
    if not settings["texts"]:
        raise ValueError("Expected at least one text but got none.")
    if settings["cover"] and not settings["method"].startswith("fasttext"):
        raise ValueError(f"Expected a fastText method for cover but got {settings['method']!r}.")
    if settings["senses"] and settings["concepts"]:
        raise ValueError("Expected senses or concepts but got both; an identifier has no part of speech.")


def _covered(names: Sequence[str | Path]) -> Iterator[str]:
    """The texts of corpora and of files, folders and patterns; all are looked for before any is read."""
    sources: list[Iterator[str]] = []
    for name in names:
        if str(name) in CORPORA or (Path(name).is_dir() and has_splits(Path(name))):
            splits = load_corpus(name).splits.values()
            sources.append(document.text for documents in splits for document in documents)
        else:
            sources += map(read_texts, find_texts([name]))
    return chain.from_iterable(sources)


class _Corpus(NamedTuple):
    """Sentences on disk, one a line, in shards of about equal size.

    gensim's threads tell nothing before the end of a file, so a shard is the step in which progress is seen.
    """

    shards: list[tuple[Path, int]]
    counts: Counter[str]

    @property
    def words(self) -> int:
        return sum(words for _, words in self.shards)


def _write_corpus(sentences: Iterator[list[str]], folder: Path, shard_words: int, progress: Progress) -> _Corpus:
    corpus = _Corpus([], Counter())
    path = folder / "0"
    sentences = counted(sentences, lambda words: progress("reading", words, None), _STEP_WORDS)
    while words := _write_shard(sentences, path, shard_words, corpus.counts):
        corpus.shards.append((path, words))
        path = folder / str(len(corpus.shards))
    return corpus


def _write_shard(sentences: Iterator[list[str]], path: Path, most_words: int, counts: Counter[str]) -> int:
    words = 0
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for sentence in sentences:
            file.write(" ".join(sentence) + "\n")
            counts.update(sentence)
            words += len(sentence)
            if words >= most_words:
                break
    return words


def _untrained(settings: Mapping[str, Any], corpus: _Corpus) -> "Word2Vec | FastText":
    from gensim.models import FastText, Word2Vec

    if max(corpus.counts.values(), default=0) < settings["min_count"]:
        raise ValueError(
            f"Expected words that occur at least {settings['min_count']} times but got none "
            f"in {corpus.words} words; add texts or lower min_count."
        )
    family, objective = settings["method"].split("-")
    shared = {name: settings[name] for name in ("window", "negative", "min_count", "sample", "seed", "workers")}
    shared |= {"vector_size": settings["size"], "sg": int(objective == "skipgram")}
    model = FastText(**shared, bucket=settings["bucket"]) if family == "fasttext" else Word2Vec(**shared)
    model.build_vocab_from_freq(dict(corpus.counts))
    return model


def _train(model: "Word2Vec | FastText", corpus: _Corpus, epochs: int, progress: Progress) -> None:
    total, done = epochs * corpus.words, 0
    for epoch in range(1, epochs + 1):
        progress(f"epoch {epoch}/{epochs}", done, total)
        for path, words in corpus.shards:
            first, last = _rate(done / total), _rate((done + words) / total)
            model.train(corpus_file=str(path), total_words=words, epochs=1, start_alpha=first, end_alpha=last)
            done += words
            progress(f"epoch {epoch}/{epochs}", done, total)


def _rate(share_done: float) -> float:
    """The learning rate falls linearly from the first word of the first epoch to the last of the last."""
    return _FIRST_RATE + (_LAST_RATE - _FIRST_RATE) * share_done


def _rows(model: "Word2Vec | FastText", covered: Iterable[str]) -> tuple[list[str], np.ndarray]:
    """The vocabulary, most frequent first, then further words composed of their n-grams."""
    composed = [word for word in dict.fromkeys(covered) if word not in model.wv.key_to_index]
    return [*model.wv.index_to_key, *composed], np.vstack([model.wv.vectors, *(model.wv[word] for word in composed)])


def _ngrams(model: "Word2Vec | FastText") -> Ngrams | None:
    table = getattr(model.wv, "vectors_ngrams", None)
    return None if table is None else Ngrams(table, model.wv.min_n, model.wv.max_n)


def _versions() -> dict[str, str]:
    import gensim

    return {"python": platform.python_version(), "numpy": np.__version__, "gensim": gensim.__version__}
