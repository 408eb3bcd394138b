"""The files that word vectors come in.

The house's own file is one safetensors file: ``vectors`` (float32, N × D), ``words`` (uint8: UTF-8, a line feed after
each word), of fastText also ``ngrams`` (float32, R × D), and, as metadata, the normalizer and how they were trained. It
holds nothing that can run.
"""

import codecs
import contextlib
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from zoo.data import textfile
from zoo.data.document import DataFormatError
from zoo.text.ngrams import Ngrams
from zoo.text.vectors import WordVectors
from zoo.text.vocab import NORMALIZERS

_FASTTEXT = (793_712_314).to_bytes(4, "little")  # fastText's own binary begins with this number
_HEADER = re.compile(rb"(\d{1,18}) (\d{1,18})\s*?\r?\n")
_PRINTABLE = re.compile(rb"[\t\r -~]+")
_HEAD = 1 << 16
_MOST_DIMENSIONS = 1 << 16  # beyond it, a header is not believed: reading would ask for all the memory there is


def read_vectors(path: str | Path, *, trust_pickle: bool = False) -> WordVectors:
    """Reads word vectors of any known format; the format is told from the content, not the name.

    Known are the house's safetensors file, word2vec text, the same without a header (GloVe), word2vec binary — these
    also compressed by gzip —, fastText's own binary, n-grams included, and, where trusted, what gensim's ``save``
    wrote (``KeyedVectors``, ``Word2Vec``, ``FastText``).

    Args:
        path: The file, or the folder of ``zoo embed`` that holds it.
        trust_pickle: Allows gensim's own files. They are pickles: **reading one can run any code its author wished**.
            Set it only for a file you made yourself or would run as a program; no checkpoint is ever read so.

    Raises:
        DataFormatError: If the file is damaged, of no known format, or a pickle that is not trusted.
        FileNotFoundError: If there is none.
    """
    path = Path(path, "vectors.safetensors") if Path(path).is_dir() else Path(path)
    if not path.exists():
        raise FileNotFoundError(f"No vectors at {path} — expected a file of vectors or the folder of `zoo embed`.")
    with _opened(path) as file:
        head = file.read(_HEAD)
        file.seek(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0)
        head = head.removeprefix(codecs.BOM_UTF8)
        header = _header(head, path)
        if head[4:9] == b"\0\0\0\0{":  # a header's length in 8 bytes, then JSON
            vectors = _read_safetensors(path)
        elif head[:1] == b"\x80":  # every pickle since protocol 2 begins so, no UTF-8 text does
            vectors = _read_gensim(path, trust_pickle)
        elif head.startswith(_FASTTEXT):
            vectors = _read_fasttext(path)
        elif header and _is_binary(head, header.dimensions):
            vectors = _read_binary(file, path, header)
        else:
            vectors = _read_text(file, path, header)
    if vectors.ngrams and not np.isfinite(vectors.ngrams.matrix).all():
        raise _damaged(path, 0, "a vector of n-grams is not finite")
    infinite = np.flatnonzero(~np.isfinite(vectors.matrix).all(axis=1))
    if len(infinite):
        word = vectors.words[infinite[0]]
        raise _damaged(path, 0, f"the vector of {word!r} (number {infinite[0] + 1}) is not finite")
    return vectors


class _Header(NamedTuple):
    words: int
    dimensions: int


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with open(path, "rb") as raw:
        is_gzip = raw.peek(2)[:2] == b"\x1f\x8b"
        try:
            yield io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw))) if is_gzip else raw
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise _damaged(path, 0, str(error)) from error


def _damaged(path: Path, line: int, what: str) -> DataFormatError:
    expected = "expected word vectors (safetensors, word2vec text or binary, GloVe)"
    return DataFormatError(path, line, f"{what} — {expected} — fetch or write the file again.")


def _header(head: bytes, path: Path) -> _Header | None:
    match = _HEADER.match(head)
    if not match:
        return None
    header = _Header(int(match[1]), int(match[2]))
    if not (header.words and 0 < header.dimensions <= _MOST_DIMENSIONS):
        raise _damaged(path, 1, f"the header says {header.words} words of {header.dimensions} dimensions")
    return header


def _is_binary(head: bytes, dimensions: int) -> bool:
    """Whether the first vector is float32 bytes: up to the end of its line, text would be printable."""
    first_row = head.partition(b"\n")[2]
    numbers = first_row.partition(b" ")[2][: 4 * dimensions]
    return bool(numbers) and not _PRINTABLE.fullmatch(numbers.partition(b"\n")[0])


def _read_text(file: IO[bytes], path: Path, header: _Header | None) -> WordVectors:
    words, matrix, number = [], None, 0
    dimensions = header.dimensions if header else None
    for number, line in enumerate(file, start=1):
        if header and number == 1:
            continue
        if dimensions is None:
            dimensions = line.rstrip().count(b" ")
        word, row = _text_row(line, dimensions, path, number)
        words.append(word)
        matrix = matrix or _Rows(dimensions)
        matrix.append(row)
    if not matrix or (header and len(words) != header.words):
        raise _damaged(path, number, f"{len(words)} vectors up to here, not {header.words if header else 'any'}")
    return WordVectors(words, matrix.whole())


class _Rows:
    """A matrix that grows in place, so that a file of vectors is in memory once, whatever its header says."""

    def __init__(self, dimensions: int) -> None:
        self._matrix, self._filled = np.empty((1024, dimensions), np.float32), 0

    def append(self, row: np.ndarray) -> None:
        if self._filled == len(self._matrix):
            self._resize(self._filled + self._filled // 4)
        self._matrix[self._filled] = row
        self._filled += 1

    def whole(self) -> np.ndarray:
        self._resize(self._filled)
        return self._matrix

    def _resize(self, rows: int) -> None:
        self._matrix.resize((rows, self._matrix.shape[1]), refcheck=False)  # nobody else has seen it yet


def _text_row(line: bytes, dimensions: int, path: Path, number: int) -> tuple[str, np.ndarray]:
    try:
        # Parted from the right: GloVe has words with blanks.
        word, *numbers = line.decode("utf-8").rstrip(" \r\n").rsplit(" ", dimensions)
        with np.errstate(over="ignore"):
            row = np.array(numbers, dtype=np.float32)
    except ValueError as error:
        raise _damaged(path, number, str(error)) from error
    if not word or len(row) != dimensions or not dimensions:
        raise _damaged(path, number, f"{len(row)} numbers after {word[:40]!r}, not {dimensions or 'any'}")
    if word.endswith(" "):
        raise _damaged(path, number, f"more than one blank after {word[:40].rstrip()!r}")
    if not np.isfinite(row).all():
        raise _damaged(path, number, f"the vector of {word[:40]!r} is not finite")
    return word, row


def _read_binary(file: IO[bytes], path: Path, header: _Header) -> WordVectors:
    words, matrix, size = [], _Rows(header.dimensions), 4 * header.dimensions
    file.readline()
    for number in range(1, header.words + 1):
        word, row = _until_blank(file), file.read(size)
        if not word or len(row) != size:
            raise _damaged(path, 0, f"vector {number} of {header.words} breaks off at byte {file.tell()}")
        # word2vec.c cuts long words after so many bytes, within a character if need be.
        words.append(word.decode("utf-8", errors="replace"))
        matrix.append(np.frombuffer(row, "<f4"))
    if file.read(_HEAD).strip():
        raise _damaged(path, 0, f"more than the {header.words} vectors the header announces")
    return WordVectors(words, matrix.whole())


def _until_blank(file: IO[bytes]) -> bytes:
    """The bytes up to a blank, which is taken off, or up to the end; word2vec.c puts a line feed before a word."""
    word = bytearray()
    while (byte := file.read(1)) not in (b" ", b"") and len(word) < _HEAD:
        word += byte
    return bytes(word).lstrip(b"\n")


def _read_safetensors(path: Path) -> WordVectors:
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            matrix, letters = file.get_tensor("vectors"), file.get_tensor("words")
            table = file.get_tensor("ngrams") if "ngrams" in file.keys() else None  # noqa: SIM118 - no mapping
        words = letters.tobytes().decode("utf-8").split("\n")[:-1]
        if not all(words) or not matrix.size:
            raise ValueError(f"{len(words)} words, {words.count('')} of them empty, vectors of shape {matrix.shape}")
        training, (shortest, longest) = _metadata(metadata, len(words))
        ngrams = None if table is None else Ngrams(table.astype(np.float32, copy=False), shortest, longest)
        return WordVectors(words, matrix.astype(np.float32, copy=False), metadata.get("normalizer"), training, ngrams)
    except (SafetensorError, ValueError, TypeError, AttributeError, RecursionError) as error:  # numpy has no bfloat16
        raise _damaged(path, 0, f"safetensors, but cut off, compressed or of something else ({error})") from error


def _metadata(metadata: Mapping[str, str], words: int) -> tuple[dict[str, Any], tuple[int, int]]:
    """How the vectors of so many words were trained, and how long their n-grams are.

    Raises:
        ValueError: If it is not what :func:`write_vectors` writes.
    """
    if metadata.get("normalizer", "none") not in NORMALIZERS:
        raise ValueError(f"normalizer {metadata['normalizer']!r}")
    training, lengths = json.loads(metadata.get("training", "{}")), json.loads(metadata.get("ngram_lengths", "[3, 6]"))
    if not isinstance(training, dict) or not isinstance(training.get("arguments", {}), dict):
        raise ValueError(f"training {training!r:.80}")
    if not isinstance(known := training.get("vocabulary", words), int) or not 0 <= known <= words:
        raise ValueError(f"vocabulary {training['vocabulary']!r}")
    match lengths:
        case [int(shortest), int(longest)] if 0 < shortest <= longest:
            return training, (shortest, longest)
    raise ValueError(f"ngram_lengths {lengths!r}")


def _read_gensim(path: Path, trust_pickle: bool) -> WordVectors:
    if not trust_pickle:
        raise DataFormatError(
            path,
            0,
            "a pickle, as gensim saves, which can run code when it is read — expected safetensors, word2vec text or "
            "binary — pass trust_pickle=True for a file you made, or save it with gensim's save_word2vec_format.",
        )
    from gensim.utils import SaveLoad

    with _gensims_errors(path):
        loaded = SaveLoad.load(str(path))
        return _of_gensim(getattr(loaded, "wv", loaded))


def _read_fasttext(path: Path) -> WordVectors:
    from gensim.models.fasttext import load_facebook_vectors

    with _gensims_errors(path):
        return _of_gensim(load_facebook_vectors(str(path)))


@contextlib.contextmanager
def _gensims_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a damaged file can raise anything at all
        raise _damaged(path, 0, f"gensim cannot load it ({error!r})") from error


def _of_gensim(keyed: Any) -> WordVectors:
    table = getattr(keyed, "vectors_ngrams", None)  # of fastText, which may have been told to make none
    ngrams = None
    if table is not None and len(table) and keyed.max_n:
        ngrams = Ngrams(np.array(table, dtype=np.float32), keyed.min_n, keyed.max_n)
    return WordVectors(list(keyed.index_to_key), np.array(keyed.vectors, dtype=np.float32), ngrams=ngrams)


def write_vectors(vectors: WordVectors, path: str | Path) -> None:
    """Writes vectors in the format the name's ending says; the file appears only when all of it is written.

    Args:
        vectors: What to write; only safetensors keeps the normalizer, the training and n-grams.
        path: ``.safetensors``, ``.bin`` (word2vec binary), ``.txt`` or ``.vec`` (word2vec text), the last two also
            with ``.gz``.

    Raises:
        ValueError: If the ending is another, or a word holds white space the format parts words by.
    """
    path = Path(path)
    ending = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
    if ending not in _WRITERS:
        raise ValueError(f"Expected a name that ends in {', '.join(_WRITERS)} but got {path.name!r}.")
    separators = "\n" if ending == ".safetensors" else " \r\n"
    for word in vectors.words:
        if not word or any(separator in word for separator in separators):
            raise ValueError(f"Expected words without {separators!r} for {ending} but got {word!r}.")
    _WRITERS[ending](vectors, path)


def _write_text(vectors: WordVectors, path: Path) -> None:
    with textfile.writing(path) as file:
        file.write(f"{len(vectors.words)} {vectors.matrix.shape[1]}\n")
        for word, row in zip(vectors.words, vectors.matrix, strict=True):
            file.write(f"{word} {' '.join(map(str, row.astype(np.float32)))}\n")  # the fewest digits that read back


def _write_binary(vectors: WordVectors, path: Path) -> None:
    with textfile.replacing(path) as partial, open(partial, "wb") as file:
        file.write(f"{len(vectors.words)} {vectors.matrix.shape[1]}\n".encode())
        for word, row in zip(vectors.words, vectors.matrix, strict=True):
            file.write(word.encode() + b" " + row.astype("<f4").tobytes())


def _write_safetensors(vectors: WordVectors, path: Path) -> None:
    letters = "".join(f"{word}\n" for word in vectors.words).encode()
    tensors: dict[str, np.ndarray] = {
        "vectors": np.ascontiguousarray(vectors.matrix, np.float32),
        "words": np.frombuffer(letters, np.uint8),
    }
    metadata = {"training": json.dumps(dict(vectors.training))}
    if vectors.normalizer is not None:
        metadata["normalizer"] = vectors.normalizer
    if vectors.ngrams:
        tensors["ngrams"] = np.ascontiguousarray(vectors.ngrams.matrix, np.float32)
        metadata["ngram_lengths"] = json.dumps([vectors.ngrams.shortest, vectors.ngrams.longest])
    with textfile.replacing(path) as partial:
        partial.write_bytes(save(tensors, metadata))  # `save_file` would make a file that only its owner can read


_WRITERS: dict[str, Callable[[WordVectors, Path], None]] = {
    ".safetensors": _write_safetensors,
    ".bin": _write_binary,
    ".txt": _write_text,
    ".vec": _write_text,
    ".txt.gz": _write_text,
    ".vec.gz": _write_text,
}
