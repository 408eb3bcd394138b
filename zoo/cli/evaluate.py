"""``zoo evaluate``."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from zoo.data.document import Document, losses_of


def evaluate(
    checkpoint: Annotated[str, typer.Argument(help="A checkpoint by name (`zoo list`), or its folder.")],
    corpus: Annotated[str, typer.Argument(help="A corpus by name, or a folder or file of annotated documents.")],
    split: Annotated[str, typer.Option(help="Split of a corpus that has some.")] = "test",
    format: Annotated[str | None, typer.Option(help="Format of the corpus, where its files do not tell.")] = None,
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples of the 95 % intervals.", min=100)] = 2000,
    json_output: Annotated[Path | None, typer.Option("--json", help="Also write the scores to this file.")] = None,
) -> None:
    """Score a tagger on annotated documents: strict precision, recall and F1 with 95 % intervals over documents.

    - `zoo evaluate char_cnn_bilstm_crf.ncbi-disease ncbi-disease`

    - `zoo evaluate runs/mine/checkpoint my-brat-folder --json scores.json`
    """
    import json

    from rich.console import Console

    from zoo.cli.starting import tagger_named, words_progress
    from zoo.evaluation.bootstrap import bootstrap
    from zoo.evaluation.report import render, to_dict
    from zoo.evaluation.spans import score

    gold = _documents(corpus, split, format)
    if not any(document.spans for document in gold):
        raise ValueError(f"{corpus} holds no annotated spans; expected gold documents in brat, PubTator or CoNLL.")
    tagger = tagger_named(checkpoint)
    gold = _known_labels(gold, tagger.codec.config.labels)
    with words_progress("tagging") as advance:
        predicted = tagger.tag(gold, on_batch=advance)
    report = score(gold, predicted)
    intervals = bootstrap(report, resamples=resamples)
    console = Console()
    console.print(render(report, intervals))
    _, flattening = tagger.codec.encode(gold, gold=True)
    console.print(str(flattening), highlight=False)
    if json_output:
        text = json.dumps(to_dict(report, intervals) | {"flattening": flattening.to_dict()}, indent=2)
        json_output.write_text(text + "\n", encoding="utf-8")


def _known_labels(gold: list[Document], labels: Sequence[str]) -> list[Document]:
    """The gold documents without labels that the tagger does not know, and with a word about what is left out."""
    foreign = Counter(span.label for document in gold for span in document.spans if span.label not in labels)
    for label, count in sorted(foreign.items()):
        message = f"zoo: left out {count} gold spans of {label}: the tagger knows {', '.join(labels)}"
        typer.secho(message, fg="yellow", err=True)
    for kind, count in sorted(losses_of(gold).items()):
        typer.secho(f"zoo: the gold files hold {count} × {kind} that documents do not", fg="yellow", err=True)
    return [document.relabel(dict.fromkeys(foreign)) for document in gold]


def _documents(corpus: str, split: str, format: str | None) -> list[Document]:
    """The gold documents: a split of a named corpus or of a folder that has splits, else all that lies there."""
    from zoo.data.corpora import CORPORA, has_splits, load_corpus
    from zoo.data.formats import read

    if corpus in CORPORA or (Path(corpus).is_dir() and has_splits(Path(corpus))):
        if format:
            raise ValueError("--format is for files without splits; the formats of splits are told from their files.")
        return list(load_corpus(corpus)[split])
    if not Path(corpus).exists():
        load_corpus(corpus)  # raises, naming the nearest corpus
    return list(read(corpus, format))
