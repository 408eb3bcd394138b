"""``zoo vectors``: looks at word vectors before a tagger is trained with them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoo.cli.console import table_console
from zoo.cli.progress import Step, documents_progress

if TYPE_CHECKING:
    from rich.table import Table

    from zoo.data.document import Document
    from zoo.pretraining.coverage import Coverage

vectors = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="What word vectors have learnt (**neighbours**, **similarity**) and which words have one (**coverage**).",
    epilog="Vectors are made by `zoo embed`; those of word2vec, GloVe and fastText in text or binary are read, too.",
)

_Vectors = Annotated[Path, typer.Argument(metavar="VECTORS", help="A file of vectors, or the folder of `zoo embed`.")]
_Json = Annotated[Path | None, typer.Option("--json", help="Also write the result to this file.")]


@vectors.command()
def neighbours(
    path: _Vectors,
    words: Annotated[list[str], typer.Argument(help="Words, senses (`frío|NOUN`) or concepts (`D006073`).")],
    most: Annotated[int, typer.Option(min=1, help="Neighbours of each.")] = 10,
    index: Annotated[
        Path | None, typer.Option(help="An index of `zoo link build`: concepts are shown with their names.")
    ] = None,
    json_output: _Json = None,
) -> None:
    """Show the nearest neighbours of words, by the cosine of their vectors.

    - `zoo vectors neighbours runs/fasttext-es ibuprofeno creatinina`

    - `zoo vectors neighbours runs/sense2vec-es frío 'frío|NOUN' --most 5`

    - `zoo vectors neighbours runs/concepts-es DeCS:25445 --index runs/decs-es.sqlite`

    Of vectors of senses, a word without part of speech stands for all its senses. Where the file has n-grams, as those
    of fastText do, a word that was never seen has neighbours, too.
    """
    from rich.box import SIMPLE
    from rich.table import Column, Table
    from rich.text import Text

    from zoo.pretraining.neighbours import Neighbours
    from zoo.text.vector_files import read_vectors

    nearest = Neighbours(read_vectors(path))
    rows = [(found, nearest.of(found, most)) for word in words for found in nearest.find(word)]
    table = Table(
        Column("word", no_wrap=True), Column("nearest, with cosine", overflow="fold"), box=SIMPLE, pad_edge=False
    )
    named = _naming(index)
    for found, near in rows:
        name = named(found.word) + (" (of n-grams)" if found.way == "composed" else "")
        table.add_row(Text(name), Text("  ".join(f"{named(each.word)} {each.cosine:.2f}" for each in near)))
    table_console().print(table)
    if json_output:
        listed = [
            {"word": found.word, "way": found.way, "neighbours": [each._asdict() for each in near]}
            for found, near in rows
        ]
        _write_json(json_output, {"vectors": str(path), "words": listed})


def _naming(index: Path | None) -> Callable[[str], str]:
    """What shows a word: as it is, and a concept of the index with its name."""
    if index is None:
        return lambda word: word
    from zoo.data.concept_ids import concept_id
    from zoo.linking.index import LinkingIndex

    opened = LinkingIndex(index)

    def named(word: str) -> str:
        name = opened.preferred(concept_id(word))
        return f"{word} ({name})" if name else word

    return named


@vectors.command()
def similarity(
    path: _Vectors,
    files: Annotated[list[Path], typer.Argument(help="Tab-separated, with columns Mean, Term1 and Term2.")],
    json_output: _Json = None,
) -> None:
    """Compare cosines with people's ratings of pairs of terms, by Spearman's rank correlation.

    - `zoo vectors similarity runs/fasttext-es /data/es/embedding-similarity/*.tsv`

    A term of several words has the mean of their vectors. A pair with a word that has none is left out: figures of two
    files of vectors can be compared only where the pairs found are the same.
    """
    from rich.box import SIMPLE
    from rich.table import Column, Table
    from rich.text import Text

    from zoo.pretraining.similarity import agreement, read_pairs
    from zoo.text.vector_files import read_vectors

    read = read_vectors(path)
    results = {str(file): agreement(read, list(read_pairs(file))) for file in files}
    headings = [Column(name, justify="right") for name in ("pairs", "found", "with composed words", "Spearman")]
    table = Table("ratings", *headings, box=SIMPLE, pad_edge=False)
    for file, result in results.items():
        counts = [f"{count:,}" for count in result[:3]]
        table.add_row(Text(Path(file).name), *counts, f"{result.spearman:.3f}")
    table_console().print(table)
    if json_output:
        _write_json(json_output, {"vectors": str(path)} | {file: result._asdict() for file, result in results.items()})


@vectors.command()
def coverage(
    path: _Vectors,
    corpora: Annotated[list[str], typer.Argument(help="Corpora by name (`zoo corpus list`), folders or files.")],
    normalizer: Annotated[
        str | None,
        typer.Option(help="Of vectors that do not say theirs: how words are rewritten.", show_default="lower"),
    ] = None,
    most: Annotated[int, typer.Option(min=0, help="Uncovered words shown, the most frequent first.")] = 15,
    json_output: _Json = None,
    plot: Annotated[Path | None, typer.Option(help="Also draw it: .png, .svg or .pdf.")] = None,
) -> None:
    """Count which words of corpora have a vector: as written, after normalization, composed of n-grams, or none.

    - `zoo vectors coverage runs/fasttext-es pharmaconer --plot coverage.png`

    - `zoo vectors coverage runs/word2vec-en ncbi-disease bc5cdr my-folder --most 50 --json coverage.json`

    Shares are of running words and of distinct words, split by split; labels are not looked at.
    """
    from zoo.evaluation.drawing import check_picture
    from zoo.pretraining.coverage import CoverageCounter
    from zoo.text.vector_files import read_vectors

    if plot:
        check_picture(plot)
    count = CoverageCounter(read_vectors(path), normalizer)
    with documents_progress() as step:
        counted = {name: count(texts) for name, texts in _texts(corpora, step)}
    table_console().print(_coverage_table(counted))
    for name, result in counted.items():
        for way, words in result.uncovered.items():
            listed = ", ".join(f"{word} {times:,}" for word, times in words.most_common(most))
            if listed:
                typer.echo(f"{name}, {'composed of n-grams' if way == 'composed' else 'without vector'}: {listed}")
    if json_output:
        _write_json(json_output, {"vectors": str(path)} | {name: each.to_dict(most) for name, each in counted.items()})
    if plot:
        from zoo.pretraining.coverage_plot import coverage_plot

        coverage_plot(counted, f"Words with a vector in {path}", plot)


def _texts(corpora: list[str], step: Step) -> Iterator[tuple[str, Iterator[str]]]:
    """The texts of each split, under the name of corpus and split."""
    from zoo.cli.inputs import documents_of, has_splits
    from zoo.data.splits import load_corpus

    names = [Path(name).name for name in corpora]
    for name in corpora:
        own = Path(name).name if names.count(Path(name).name) == 1 else name
        splits: Mapping[str, Any] = load_corpus(name).splits if has_splits(name) else {"": documents_of(name, None)}
        for split, documents in splits.items():
            label = f"{own} {split}".strip()
            yield label, _text_of(step(f"counting {label}", documents))


def _text_of(documents: "Iterator[Document]") -> Iterator[str]:
    return (document.text for document in documents)


def _coverage_table(counted: "Mapping[str, Coverage]") -> "Table":
    from rich.box import SIMPLE
    from rich.table import Column, Table
    from rich.text import Text

    from zoo.pretraining.lookup import WAYS

    ways = ("as written", "normalized", "of n-grams", "none")
    headings = [Column(name, justify="right") for name in ("", *ways)]
    table = Table("", *headings, box=SIMPLE, pad_edge=False)
    for name, result in counted.items():
        for what, counts in (("running words", result.running), ("distinct words", result.types)):
            shares = [f"{100 * counts[way] / max(1, counts.total()):.1f} %" for way in WAYS]
            table.add_row(Text(f"{name}, {what}"), f"{counts.total():,}", *shares)
        table.add_section()
    return table


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    import json

    from zoo.data.textfile import writing

    with writing(path) as file:
        file.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")
