"""The model card of a checkpoint, written from what lies in its folder: no figure in it was typed.

``metrics.json`` has the scores with their intervals, what training took, and what tags could not hold; ``golden.json``
an example; ``config.json`` and ``recipe.yaml`` the tagger and how it was trained. Whose work the corpus is stands in
:mod:`zoo.data.corpora`.
"""

import inspect
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from zoo.checkpoint.folder import CheckpointError, read_architecture
from zoo.data.corpora import CORPORA


def write_card(folder: Path, repository: str, licence: str) -> str:
    """The card of a checkpoint, as the Hub shows it.

    Args:
        folder: A checkpoint folder with ``metrics.json``.
        repository: ``owner/name``, where it will be.
        licence: Of the weights, by its SPDX name.

    Raises:
        CheckpointError: If the folder is none, or has no ``metrics.json``.
    """
    architecture = read_architecture(folder)
    told = {name: _read(folder / f"{name}.json") for name in ("config", "metrics", "golden")}
    if not told["metrics"]:
        raise CheckpointError(folder, "has no metrics.json; a card is made of the scores that training left there.")
    parts = (
        _metadata(told["metrics"], architecture, repository, licence),
        f"# {repository.rpartition('/')[2]}\n\n{_about(told['config'], told['metrics'], architecture)}",
        _use(repository, architecture, told["golden"] or []),
        f"## Scores\n\n{_scores(told['metrics'])}",
        f"## Training\n\n{_training(folder, told['metrics'])}",
        f"## Limits\n\n{_limits(told['config'], told['metrics'])}",
        f"## Whose work this is\n\n{_sources(told['metrics'], architecture)}",
    )
    return "\n\n".join(parts) + "\n"


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _metadata(metrics: Mapping[str, Any], architecture: str, repository: str, licence: str) -> str:
    """The YAML block that the Hub reads."""
    from huggingface_hub import EvalResult, ModelCardData

    corpus, name = metrics["corpus"], repository.rpartition("/")[2]
    results = [
        EvalResult(
            task_type="token-classification",
            task_name="Named entity recognition",
            dataset_type=str(corpus),
            dataset_name=str(corpus),
            dataset_split=split,
            metric_type=figure,
            metric_value=round(metrics[split]["micro"][figure], 4),
            metric_name=f"{figure} ({metrics[split]['scorer']})",
        )
        for split in ("test", "dev")
        if metrics.get(split)
        for figure in ("precision", "recall", "f1")
    ]
    entry = CORPORA.get(corpus)
    data = ModelCardData(
        language=entry.language if entry else None,
        license=licence.lower(),
        library_name="bioner-zoo",
        pipeline_tag="token-classification",
        tags=["named-entity-recognition", "biomedical", architecture],
        model_name=name,
        eval_results=results or None,
    )
    return f"---\n{data.to_yaml()}\n---"


def _about(config: Mapping[str, Any], metrics: Mapping[str, Any], architecture: str) -> str:
    labels = ", ".join(f"`{label}`" for label in config["codec"]["labels"])
    return (
        f"Finds {labels} in text: `{architecture}` of bioner-zoo, trained on "
        f"`{metrics['corpus']}`. Every mention comes with its place in the text and the probability that it is one, "
        "just there and of that label."
    )


def _use(repository: str, architecture: str, golden: list[dict[str, Any]]) -> str:
    """Three ways to load it, and what it says."""
    lines = [
        "## Use",
        "",
        "```python",
        "import zoo",
        "",
        f'tagger = zoo.load("{repository}")',
        'for document in tagger.tag(["Mutations of APC cause colon cancer."]):',
        "    for span in document.spans:",
        "        print(span.start, span.end, span.label, round(span.score, 3))",
        "```",
        "",
        "```sh",
        f'echo "Mutations of APC cause colon cancer." | zoo tag --checkpoint {repository}',
        "```",
        "",
        "```python",
        "from zoo.models.registry import ARCHITECTURES",
        "",
        f'tagger = ARCHITECTURES["{architecture}"].from_pretrained("{repository}", revision="main")',
        "```",
    ]
    shown = next((row for row in golden if row["spans"]), None)
    if shown:
        lines += ["", f"Of *{shown['text']}* it says:", "", "| text | label | start | end | probability |"]
        lines += ["|---|---|---|---|---|"]
        lines += [
            f"| {shown['text'][start:end]} | {label} | {start} | {end} | {score:.3f} |"
            for start, end, label, score in shown["spans"]
        ]
    return "\n".join(lines)


def _scores(metrics: Mapping[str, Any]) -> str:
    rows = ["| split | scorer | label | precision | recall | F1 (95 %) | mentions |", "|---|---|---|---|---|---|---|"]
    for split in ("test", "dev"):
        report = metrics.get(split)
        if report:
            parts = {"all": report["micro"], **(report["labels"] if len(report["labels"]) > 1 else {})}
            rows += [_score_row(split, report["scorer"], label, counts) for label, counts in parts.items()]
    return "\n".join(
        [
            *rows,
            "",
            "Intervals are of 2,000 resamplings of documents. `strict` counts a mention that has exactly the offsets "
            "and the label of the gold standard.",
        ]
    )


def _score_row(split: str, scorer: str, label: str, counts: Mapping[str, Any]) -> str:
    low, high = (100 * bound for bound in counts["intervals"]["f1"])
    figures = [f"{100 * counts[figure]:.2f}" for figure in ("precision", "recall")]
    f1, mentions = f"{100 * counts['f1']:.2f} ({low:.1f}–{high:.1f})", f"{counts['tp'] + counts['fn']:,}"
    return f"| {' | '.join([split, scorer, label, *figures, f1, mentions])} |"


def _training(folder: Path, metrics: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in metrics["versions"].items())
    recipe = folder / "recipe.yaml"
    told = (
        f"Seed {metrics['seed']}, {metrics['epochs']} epochs, {metrics['train_minutes']} minutes on "
        f"{metrics['device']}, {metrics['date']}, with {versions}."
    )
    if not recipe.is_file():
        return told
    text = recipe.read_text(encoding="utf-8").rstrip()
    details = f"<details><summary>recipe.yaml</summary>\n\n```yaml\n{text}\n```\n\n</details>"
    return f"{told} `zoo train recipe.yaml` repeats it:\n\n{details}"


def _limits(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    scheme = config["codec"]["scheme"]
    lines = [
        f"It was trained and scored on `{metrics['corpus']}` alone: on other kinds of text, expect less. It is made "
        "for mining text, and no means to decide on anybody's treatment."
    ]
    lost = metrics.get("flattening", {}).get("train", {})
    missed = {kind: count for kind, count in lost.items() if kind != "total" and count}
    if lost.get("total"):
        kinds = ", ".join(f"{count} {kind}" for kind, count in missed.items()) or "none"
        lines.append(
            f"Of the {lost['total']:,} mentions it was trained on, tags of {scheme} cannot hold: {kinds}. It will not "
            "find such mentions."
        )
    return "\n\n".join(lines)


def _sources(metrics: Mapping[str, Any], architecture: str) -> str:
    from zoo.models.registry import architecture_named

    about = inspect.getdoc(import_module(architecture_named(architecture).__module__)) or ""
    paper = next((part for part in about.split("\n\n") if part.startswith("Paper")), about.partition("\n\n")[0])
    lines = [f"The architecture. {' '.join(paper.split())}"]
    if entry := CORPORA.get(metrics["corpus"]):
        lines.append(f"The corpus. {entry.citation} Its licence: {entry.licence}.")
        lines += [entry.note] if entry.note else []
    return "\n\n".join(lines)
