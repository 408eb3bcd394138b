"""Every corpus of the table, counted: ``python -m benchmarks.corpora [--corpora ncbi-disease craft]``.

For each split: documents, sentences, words and entities as found, beside what is published; and for each tag scheme how
many distinct spans there are, how many it loses and why, and so the highest recall that a tagger of it can reach.
Sentences and words are those of our segmenter. Entities are counted twice: with the labels of the files, and with those
of the corpus, where some labels are one and some are dropped.

A corpus that is distributed without its texts is counted with stand-in texts, made of the mentions alone (column
``texts``): its documents, entities, and discontinuous and overlapping spans are real, its sentences and words are not.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from benchmarks.record import append, versions
from zoo.data.corpora import CORPORA, CorpusEntry
from zoo.data.document import Document
from zoo.data.splits import check_corpus, load_corpus
from zoo.data.tags import SCHEMES
from zoo.text.codec import Codec, CodecConfig

RESULTS = Path(__file__).resolve().parent / "results" / "corpora.csv"


def rows(name: str) -> Iterator[dict[str, object]]:
    """The rows of a corpus: one for each split and tag scheme."""
    entry, corpus = CORPORA[name], load_corpus(name, without_texts=True)
    checks = list(check_corpus(name))
    for split in corpus:
        documents = corpus[split]
        entities = [check for check in checks if check.split == split and check.what.startswith("entities ")]
        counted = {
            "corpus": name,
            "split": split,
            "texts": "stand-in" if any("missing text" in document.losses for document in documents) else "real",
            "documents": len(documents),
            "documents_published": entry.splits[split].documents,
            **_segmented(documents),
            "sentences_published": entry.splits[split].sentences or "",
            "entities": sum(int(check.found) for check in entities),
            "entities_published": sum(entry.splits[split].entities.values()),
            "mapped": sum(len(document.spans) for document in documents),
            "mapped_published": _mapped(entry, split),
            "differs": "; ".join(check.what for check in checks if check.split == split and not check.passed),
        }
        for scheme in SCHEMES:
            codec = Codec(CodecConfig(labels=corpus.labels, scheme=scheme))
            report = codec.encode(documents, gold=True)[1]
            lost = {kind: count for kind, count in asdict(report).items() if kind != "total"}
            yield counted | {
                "scheme": scheme,
                "spans": report.total,
                **lost,
                "recall_ceiling": f"{report.recall_ceiling:.5f}",
                "command": f"python -m benchmarks.corpora --corpora {name}",
                "versions": versions(),
                "date": date.today().isoformat(),
            }


def _segmented(documents: Sequence[Document]) -> dict[str, int]:
    codec = Codec(CodecConfig(labels=("any",)))
    lengths = [len(sentence) for document in documents for sentence in codec.segment(document)]
    return {"sentences": len(lengths), "words": sum(lengths)}


def _mapped(entry: CorpusEntry, split: str) -> int:
    """Published entities without those whose label the corpus drops."""
    counts = entry.splits[split].entities
    return sum(count for label, count in counts.items() if entry.labels.get(label, label) is not None)


def main() -> None:
    """Counts every corpus, prints a line for each row and appends it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", nargs="+", default=list(CORPORA), choices=list(CORPORA))
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    for name in arguments.corpora:
        for row in rows(name):
            append(arguments.results, row)
            print(f"{name} {row['split']} {row['scheme']}: {row['spans']} spans, ceiling {row['recall_ceiling']}")


if __name__ == "__main__":
    main()
