"""A corpus to pretrain on: the texts of many files, in one, a sentence a line and a blank line after each document.

Source: Rivera-Zavala & Martínez, "Analyzing transfer learning impact in biomedical cross-lingual named entity
recognition and normalization" (BMC Bioinformatics 22, 2021), section "Corpora": titles and descriptions of Dublin Core
records in one language and plain text, in lower case, without punctuation and without stop words. Here, the last three
are choices: a tagger reads punctuation and stop words, too.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from zoo.data import formats, rawtext, textfile
from zoo.pretraining.texts import find_texts, read_texts
from zoo.text.segment import Segmenter


@dataclass
class Prepared:
    """What was written.

    Args:
        files: Files and folders read.
        documents: Those with a sentence.
        sentences: Lines, but for blank ones.
        words: Words of the lines.
        left_out: What was not written, and what was mended, counted by kind: ``text in en``, ``mojibake repaired``,
            ``document without text``, ``document that was there before``, ``punctuation``, ``stop word``.
        whole: Files read whole although a language was named, for their format names none.
    """

    files: int = 0
    documents: int = 0
    sentences: int = 0
    words: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    whole: int = 0


def prepare_corpus(
    texts: Sequence[str | Path],
    out: str | Path,
    *,
    language: str | None = None,
    lower: bool = False,
    punctuation: bool = True,
    stop_words: str | Path | None = None,
    segmentation: str = "v1",
    deduplicate: bool = False,
    progress: Callable[[int], None] = lambda words: None,
) -> Prepared:
    """Writes the text of files of any format; the file appears only when all is written.

    In a file of plain text, a blank line ends a document; in a folder, a file is one.

    Args:
        texts: Files, folders and patterns; see :func:`zoo.pretraining.texts.find_texts`.
        out: The file; a name that ends in ``.gz`` is compressed, ``-`` is standard output.
        language: Of formats that name the language of a text (Dublin Core), only this one; others are read whole.
        lower: Writes in lower case.
        punctuation: Whether words without letter or digit are written.
        stop_words: A file of words, one a line, that are left out in any case of letters.
        segmentation: A key of the segmentation rules.
        deduplicate: Whether a document is left out if one before it has the same lines, in whatever case of letters.
        progress: Told how many words each sentence has.

    Returns:
        Counts.

    Raises:
        DataFormatError: If a file cannot be read.
        FileNotFoundError: If a pattern finds nothing.
        ValueError: If there is no text, or the segmentation is unknown.
    """
    if not texts:
        raise ValueError("Expected at least one text but got none.")
    stops = {line.strip().casefold() for line in textfile.read_lines(stop_words)} if stop_words else set()
    cleaning = Cleaning(Segmenter(segmentation), lower, punctuation, frozenset(stops))
    cleaning.segment("")  # an unknown rule is told before hours are spent
    paths = find_texts(texts)
    done = Prepared(files=len(paths))
    seen: set[bytes] = set()
    with textfile.writing(out) as file:
        for document in (document for path in paths for document in _documents(path, language, done)):
            lines = list(cleaning.lines(document, done.left_out))
            if not lines:
                done.left_out["document without text"] += 1
                continue
            if deduplicate and (digest := _digest(lines)) in seen:
                done.left_out["document that was there before"] += 1
                continue
            if deduplicate:
                seen.add(digest)
            file.write("\n" * (done.documents > 0))
            for line, words in lines:
                file.write(line + "\n")
                done.sentences += 1
                done.words += words
                progress(words)
            done.documents += 1
    done.left_out = +done.left_out
    return done


def _digest(lines: Sequence[tuple[str, int]]) -> bytes:
    """The same for lines that differ in case of letters alone."""
    return hashlib.blake2b("\n".join(line for line, _ in lines).casefold().encode(), digest_size=16).digest()


def _documents(path: Path, language: str | None, done: Prepared) -> Iterator[Iterator[str]]:
    """Each document as parts that no sentence crosses; what is mended, left out or of no language is counted."""
    name = "text" if path.suffix == ".in" else formats.detect(path)
    done.whole += bool(language) and "language" not in formats.FORMATS[name].reader_options
    if path.is_dir() and name in ("text", "brat"):
        yield from (iter([document.text]) for document in rawtext.read(path))
    elif name in ("text", "brat"):
        for is_text, lines in groupby(read_texts(path), key=lambda line: bool(line.strip())):
            if is_text:
                yield lines
    else:
        options = {"language": language, "lenient": True}
        known = {key: options[key] for key in formats.FORMATS[name].reader_options if options.get(key)}
        for document in formats.read(path, name, known):
            if name == "dublin-core":
                done.left_out.update(document.losses)
            parts = [document.text[part.start : part.end] for part in document.passages]
            yield iter(parts or [document.text])


@dataclass(frozen=True)
class Cleaning:
    """How sentences become lines.

    Args:
        segment: Cuts a text.
        lower: Whether lines are in lower case.
        punctuation: Whether words without letter or digit stay.
        stops: Case-folded words that do not.

    Examples:
        >>> cleaning = Cleaning(Segmenter("v1"), lower=True, punctuation=False, stops=frozenset({"of"}))
        >>> list(cleaning.lines(["Signs of gout (acute). None."], Counter()))
        [('signs gout acute', 3), ('none', 1)]
    """

    segment: Segmenter
    lower: bool
    punctuation: bool
    stops: frozenset[str]

    def lines(self, parts: Iterable[str], left_out: Counter[str]) -> Iterator[tuple[str, int]]:
        """The lines of a document, each with how many words it has; a sentence of which nothing stays has none.

        Args:
            parts: Of the document.
            left_out: Words left out, counted by kind; added to.
        """
        for text in parts:
            for sentence in self.segment(text):
                forms = [text[start:end] for start, end in sentence]
                kept = [form for form in forms if not self._counted_out(form, left_out)]
                if kept:
                    as_written = text[sentence[0][0] : sentence[-1][1]]
                    line = as_written if len(kept) == len(forms) else " ".join(kept)
                    yield line.lower() if self.lower else line, len(kept)

    def _counted_out(self, form: str, left_out: Counter[str]) -> bool:
        if not self.punctuation and not any(map(str.isalnum, form)):
            left_out["punctuation"] += 1
        elif form.casefold() in self.stops:
            left_out["stop word"] += 1
        else:
            return False
        return True
