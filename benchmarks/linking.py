"""How right links are: gold mentions to concepts, on NCBI Disease, CDR, PharmaCoNER and misspelt names of HPO.

    python -m benchmarks.linking [ncbi-disease bc5cdr hpo pharmaconer] [--split test] [--encoder FOLDER] [--out CSV]

Each index is built anew (seconds). Systems on the same index: ``exact``, names as written but for case; ``tf-idf``, the
likest three-letter sequences alone, as scispaCy's candidate generator; ``zoo``, the linker, with the abbreviations that
the raw English texts at hand introduce; ``zoo, encoder``, the same with an encoder that compares meanings.

* ``ncbi-disease``: MEDIC and the mentions of train; ``bc5cdr``: MEDIC for diseases, and for chemicals MeSH's names,
  those that DrugBank has for the same, and the names that PubTator found for MeSH's concepts in articles of neither
  corpus; and the mentions of train, with dev where the test part is scored. Besides gold mentions, what a shipped
  tagger finds: the concepts of documents, and mentions with their concepts.
* ``hpo``: labels of HPO in English and in Spanish, a thousand each, with one or two letters changed, left out, doubled
  or swapped, words in another order, and accents lost; an index of all labels.
* ``pharmaconer``: the codes of each document (track 2), of gold mentions and of those that a shipped tagger finds; an
  index of the mentions of train and dev alone, and how many codes of the test part these have at all.
"""

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from benchmarks import record
from benchmarks.misspelling import misspelt
from zoo.cli.link import seen_mentions
from zoo.cli.linking import encoder_named
from zoo.data.concept_ids import concept_id
from zoo.data.document import Document, Span
from zoo.data.splits import data_root, load_corpus
from zoo.data.terminology import Concept, read_concepts
from zoo.evaluation.linking import accuracy, concepts_of, score_documents, score_mentions
from zoo.evaluation.pharmaconer import score_codes
from zoo.evaluation.spans import Counts, Report
from zoo.hub.index import load
from zoo.linking.abbreviation_tables import introduced, read_abbreviations, write_abbreviations
from zoo.linking.bridge import bridged
from zoo.linking.build import build_index
from zoo.linking.index import LinkingIndex
from zoo.linking.linker import Embeds, Linker, long_forms
from zoo.linking.normalizers import Level
from zoo.pretraining.texts import find_texts, read_texts
from zoo.weak.reading import Taken, distinct, read_documents

RESULTS = Path(__file__).parent / "results" / "linking.csv"
CORPORA = ("ncbi-disease", "bc5cdr", "hpo", "pharmaconer")
SILVER = ("en/cord19-pubtator/*.pubtator", "en/weak/*.pubtator", "en/weak/*.sample")
TAGGERS = {
    "ncbi-disease": "char_cnn_bilstm_crf.ncbi-disease",
    "bc5cdr": "char_cnn_bilstm_crf.bc5cdr",
    "pharmaconer": "extended_neuroner.pharmaconer",
}
RAW = ("en/raw/*.txt.gz", *SILVER)

Abbreviations = Mapping[str, Sequence[str]]
Ranks = Callable[[str, str, str | None], list[str]]
"""Concepts of a mention, its label and its long form, the likeliest first."""


def linkers(index: LinkingIndex, abbreviations: Abbreviations, encoder: Embeds | None) -> dict[str, Linker]:
    """The linker on an index, without and with an encoder."""
    found = {"zoo": Linker(index, abbreviations=abbreviations)}
    return found | ({"zoo, encoder": Linker(index, abbreviations=abbreviations, encoder=encoder)} if encoder else {})


def systems(
    index: LinkingIndex, abbreviations: Abbreviations = MappingProxyType({}), encoder: Embeds | None = None
) -> dict[str, Ranks]:
    """What is compared on an index."""

    def exact(mention: str, label: str, long_form: str | None) -> list[str]:
        found = dict(index.same_form(mention)).get(Level.WRITTEN, [])
        names = sorted(index.named(found), key=lambda name: (-name.seen, not name.preferred, name.concept))
        return [*dict.fromkeys(name.concept for name in names)]

    def letters(mention: str, label: str, long_form: str | None) -> list[str]:
        names = index.named([row for row, _ in index.same_letters(mention)])
        return [*dict.fromkeys(name.concept for name in names)]

    def by(linker: Linker) -> Ranks:
        return lambda mention, label, long_form: [
            each.concept for each in linker.candidates(mention, label, long_form, 5)
        ]

    ours = {name: by(linker) for name, linker in linkers(index, abbreviations, encoder).items()}
    return {"exact": exact, "tf-idf": letters, **ours}


def corpus_mentions(
    name: str, split: str, folder: Path
) -> Iterator[tuple[str, LinkingIndex, list[tuple[Span, str, str | None]]]]:
    """For each label its index, and its mentions with text and long form."""
    corpus = load_corpus(name)
    known = [*corpus["train"], *(corpus["dev"] if split == "test" and name == "bc5cdr" else ())]
    for label, concepts in terminologies(name).items():
        path = folder / f"{name}-{label}.sqlite"
        build_index(concepts, path, seen=seen_mentions(known, [label]))
        mentions = []
        for document in corpus[split]:
            introduced = long_forms(document)
            for span in document.spans:
                text = span.slice(document.text)
                if span.label == label:
                    mentions.append((span, text, introduced.get(text)))
        yield label, LinkingIndex(path), mentions


def terminologies(name: str) -> Mapping[str, Iterable[Concept]]:
    """The concepts of each label."""
    folder = data_root() / "en" / "kb"
    medic = read_concepts(folder / "CTD_diseases.tsv.gz")
    if name == "ncbi-disease":
        return {"Disease": medic}
    silver = silver_names()
    mesh = [*read_concepts(folder / "mesh2015-descriptor-names.tsv")]
    drugs = bridged(mesh, read_concepts(folder / "drugbank-aliases.json"))
    return {"Disease": chain(medic, silver["Disease"]), "Chemical": chain(mesh, drugs, silver["Chemical"])}


def silver_names() -> dict[str, list[Concept]]:
    """What PubTator found for each concept of MeSH, in articles of no corpus, as names of it."""
    names: dict[str, dict[str, dict[str, None]]] = {"Disease": {}, "Chemical": {}}
    corpora = [load_corpus(name) for name in ("ncbi-disease", "bc5cdr")]
    gold = Taken(document for corpus in corpora for split in corpus for document in corpus[split])
    for document in distinct(read_documents(SILVER, lenient=True), gold, Counter()):
        for span in document.spans:
            for concept in span.concepts if span.label in names else ():
                if concept_id(concept).startswith("MESH:"):
                    names[span.label].setdefault(concept_id(concept), {})[span.slice(document.text)] = None
    return {
        label: [Concept(concept, next(iter(found)), tuple(found)[1:]) for concept, found in by_concept.items()]
        for label, by_concept in names.items()
    }


def english_abbreviations(folder: Path) -> Abbreviations:
    """What raw texts introduce abbreviations for."""
    texts = (text for path in find_texts(RAW) for text in read_texts(path))
    write_abbreviations(introduced(texts), folder / "abbreviations.tsv")
    return read_abbreviations(folder / "abbreviations.tsv", least=1)


def corpus_rows(name: str, split: str, encoder: Embeds | None) -> Iterator[dict[str, object]]:
    """Gold mentions, then a tagger's."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        abbreviations = english_abbreviations(folder)
        yield from gold_mentions(name, split, folder, abbreviations, encoder)
        gold = load_corpus(name)[split]
        tagged = load(TAGGERS[name]).tag(gold)
        scored: dict[tuple[str, str], list[Report]] = {}
        for label in terminology_labels(name):
            index = LinkingIndex(folder / f"{name}-{label}.sqlite")
            true, found = ([_only(document, label) for document in documents] for documents in (gold, tagged))
            for system, linker in linkers(index, abbreviations, encoder).items():
                linked = linker.link(found)
                for what, scorer in (("documents", score_documents), ("linked mentions", score_mentions)):
                    scored.setdefault((system, what), []).append(scorer(true, linked, index.canonical))
        for (system, what), reports in scored.items():
            micro = sum((report.micro for report in reports), Counts(0, 0, 0))
            for figure, value in (("P", micro.precision), ("R", micro.recall), ("F1", micro.f1)):
                yield row(name, split, TAGGERS[name], system, f"{what} {figure}", value, len(gold))


def _only(document: Document, label: str) -> Document:
    """The document with the spans of a label."""
    return document.with_spans([span for span in document.spans if span.label == label])


def gold_mentions(
    name: str, split: str, folder: Path, abbreviations: Abbreviations, encoder: Embeds | None
) -> Iterator[dict[str, object]]:
    """Accuracy of each system on a corpus, label by label and together; indexes stay in the folder."""
    totals: dict[str, list[tuple[int, int, int]]] = {}
    for label, index, mentions in corpus_mentions(name, split, folder):
        for system, ranks in systems(index, abbreviations, encoder).items():
            ranked = [ranks(text, label, long_form) for _, text, long_form in mentions]
            found = accuracy([span for span, *_ in mentions], ranked, index.canonical)
            totals.setdefault(system, []).append((found.mentions, found.right[1], found.right[5]))
            yield row(name, split, label, system, "@1", found.at(1), found.mentions)
            yield row(name, split, label, system, "@5", found.at(5), found.mentions)
        known = known_concepts(index)
        present = [not known.isdisjoint(concepts_of(span, index.canonical)) for span, *_ in mentions]
        counted = [has for (span, *_), has in zip(mentions, present, strict=True) if concepts_of(span)]
        yield row(name, split, label, "any", "in the index", sum(counted) / len(counted), len(counted))
    for system, parts in totals.items() if len(terminology_labels(name)) > 1 else ():
        mentions_, first, five = (sum(column) for column in zip(*parts, strict=True))
        yield row(name, split, "all", system, "@1", first / mentions_, mentions_)
        yield row(name, split, "all", system, "@5", five / mentions_, mentions_)


def terminology_labels(name: str) -> tuple[str, ...]:
    """The labels of a corpus whose mentions are linked."""
    return ("Disease",) if name == "ncbi-disease" else ("Disease", "Chemical")


def known_concepts(index: LinkingIndex) -> frozenset[str]:
    """All ids of an index."""
    return frozenset(concept.id for concept in index.concepts())


def hpo(split: str) -> Iterator[dict[str, object]]:
    """Misspelt labels of HPO, of at least eight letters."""
    table = data_root() / "terminologies" / "hpo"
    sources = {"en": table / "hp-2017-04-13.obo.gz", "es": table / "hp-es.babelon.tsv.gz"}
    with tempfile.TemporaryDirectory() as folder:
        for language, source in sources.items():
            concepts = [*read_concepts(source)]
            build_index(concepts, Path(folder) / language, language=language)
            index = LinkingIndex(Path(folder) / language)
            draw = random.Random(1)
            chosen = draw.sample([concept for concept in concepts if len(concept.name) >= 8], 1000)
            for errors in (1, 2):
                queries = [misspelt(concept.name, draw, errors) for concept in chosen]
                for system, ranks in systems(index).items():
                    ranked = [ranks(query, "", None) for query in queries]
                    pairs = [*zip(ranked, chosen, strict=True)]
                    for k in (1, 5):
                        right = sum(concept.id in found[:k] for found, concept in pairs) / len(chosen)
                        what = f"{errors} typing error{'s' * (errors > 1)} @{k}"
                        yield row("hpo", "labels", language, system, what, right, len(chosen))


def pharmaconer(split: str) -> Iterator[dict[str, object]]:
    """Track 2 with no other names than the mentions of train and dev."""
    corpus = load_corpus("pharmaconer")
    known = [*corpus["train"], *(corpus["dev"] if split == "test" else ())]
    gold = corpus[split]
    seen = seen_mentions(known)
    with tempfile.TemporaryDirectory() as folder:
        build_index([], Path(folder) / "i.sqlite", language="es", seen=seen)
        linker = Linker(Path(folder) / "i.sqlite")
        codes = {(document.id, code) for document in gold for span in document.spans for code in span.concepts}
        have = {code for _, code in seen}
        yield row(
            "pharmaconer",
            split,
            "all",
            "any",
            "in the index",
            sum(c in have for _, c in codes) / len(codes),
            len(codes),
        )
        for name, documents in (
            ("gold mentions", gold),
            (TAGGERS["pharmaconer"], load(TAGGERS["pharmaconer"]).tag(gold)),
        ):
            micro = score_codes(gold, linker.link(documents)).micro
            for what, value in (("P", micro.precision), ("R", micro.recall), ("F1", micro.f1)):
                yield row("pharmaconer", split, name, "zoo", f"track 2 {what}", value, len(gold))


def row(corpus: str, split: str, part: str, system: str, what: str, value: float, count: int) -> dict[str, object]:
    """A row of the result file."""
    return {
        "corpus": corpus,
        "split": split,
        "part": part,
        "system": system,
        "what": what,
        "value": f"{value:.4f}",
        "count": count,
        "command": f"python -m benchmarks.linking {corpus}"
        + ("" if split in ("test", "labels") else f" --split {split}"),
        "versions": record.versions("rapidfuzz"),
        "date": date.today().isoformat(),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="*", default=CORPORA, help="which, by default all")
    parser.add_argument("--split", default="test", help="dev to try things on")
    parser.add_argument("--out", type=Path, help="the CSV file that rows are added to; printed only, if none is given")
    parser.add_argument("--encoder", help="an encoder of transformers, or a bert tagger, that compares meanings")
    given = parser.parse_args(arguments)
    encoder = encoder_named(given.encoder) if given.encoder else None
    if encoder and not {*given.corpora} <= {"ncbi-disease", "bc5cdr"}:
        parser.error("--encoder is for ncbi-disease and bc5cdr")
    for corpus in given.corpora:
        special = {"hpo": hpo, "pharmaconer": pharmaconer}.get(corpus)
        for found in special(given.split) if special else corpus_rows(corpus, given.split, encoder):
            print(
                *(found[name] for name in ("corpus", "split", "part", "system", "what", "value", "count")), flush=True
            )
            if found["system"] == "zoo, encoder":
                found["command"] = f"{found['command']} --encoder {given.encoder}"
            if given.out:
                record.append(given.out, found)


if __name__ == "__main__":
    main()
