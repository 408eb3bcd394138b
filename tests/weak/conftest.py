"""A recipe of re-correction on the tiny corpus, whose weak labels are half of its gold ones and some wrong."""

from pathlib import Path
from typing import Any

import pytest

from zoo.data import jsonl
from zoo.data.document import Document, Span
from zoo.data.splits import load_corpus
from zoo.training.recipe import read_recipe
from zoo.weak.recorrection import recorrect

TINY = Path(__file__).parent.parent / "fixtures" / "tiny"
RECIPE = """
weak: {weak}
corpus: {tiny}
architecture: char_cnn_bilstm_crf
codec: {{labels: [Disease]}}
model: {{word_size: 16, character_size: 8, filters: 8, hidden: 24, tanh_size: 16, dropout: 0.2}}
optimizer: {{learning_rate: 0.02}}
training: {{epochs: 6, batch_words: 60}}
tuning:
  optimizer: {{learning_rate: 0.02}}
  training: {{epochs: 8, batch_words: 60}}
trainer: {{accelerator: cpu}}
corrections: 2
progress: false
output: {output}
"""


def weak_documents() -> list[Document]:
    """The training texts: every other mention, and the first word of every third document."""
    made = []
    for place, document in enumerate(load_corpus(TINY)["train"]):
        wrong = [Span.of(0, document.text.index(" "), "Disease")] if place % 3 == 0 else []
        made.append(document.with_spans([*wrong, *document.spans[::2], Span.of(0, 1, "Gene")]))
    return made


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    jsonl.write(weak_documents(), tmp_path / "weak.jsonl.gz")
    given = {"weak": tmp_path / "weak.jsonl.gz", "tiny": TINY, "output": tmp_path / "run"}
    (tmp_path / "recipe.yaml").write_text(RECIPE.format(**given))
    return tmp_path / "recipe.yaml"


def settings(recipe: Path, *overrides: str) -> dict[str, Any]:
    return read_recipe(recipe, overrides, recorrect, "weak recorrect")
