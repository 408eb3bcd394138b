"""Golden outputs: what a tagger said when its checkpoint was made, so that a later version can prove it still does."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from zoo.checkpoint.folder import CheckpointError
from zoo.models.tagger import Tagger

_FILE = "golden.json"
_TEXTS = (
    "Germline mutations of BRCA1 predispose carriers to breast and ovarian cancer.",
    "Duchenne muscular dystrophy (DMD) is caused by mutations in the dystrophin gene. DMD affects 1 in 3,500 boys.",
    "Aspirin-induced asthma was seen in 12 of 40 patients; p53 and IL-2 were normal.",
    "El paciente de 5 años presentaba fiebre y cefalea; se inició tratamiento con paracetamol.",
)
_SCORE_TOLERANCE, _EMISSION_TOLERANCE = 1e-3, 1e-2  # other processors and versions of torch round otherwise


def outputs(tagger: Tagger, texts: Sequence[str] = _TEXTS) -> list[dict[str, Any]]:
    """Spans, and the emissions of the first word, of a few texts."""
    found = []
    for document in tagger.tag(texts):
        window = tagger.codec.encode([document], gold=False)[0][:1]
        with torch.inference_mode():
            emissions = tagger(tagger.read(window))[0, 0]  # (T)
        spans = [[span.start, span.end, span.label, round(span.score or 0.0, 6)] for span in document.spans]
        found.append({"text": document.text, "spans": spans, "emissions": [round(e, 5) for e in emissions.tolist()]})
    return found


def write_golden(tagger: Tagger, folder: Path) -> None:
    """Writes ``golden.json`` into a checkpoint folder."""
    text = json.dumps(outputs(tagger), indent=1, ensure_ascii=False) + "\n"
    (folder / _FILE).write_text(text, encoding="utf-8")


def check_golden(tagger: Tagger, folder: Path) -> None:
    """Compares a tagger with the golden outputs of its checkpoint folder.

    Raises:
        CheckpointError: If a span differs, or a score or emission by more than rounding.
    """
    golden = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    for then, now in zip(golden, outputs(tagger, [row["text"] for row in golden]), strict=True):
        same_spans = [span[:3] for span in then["spans"]] == [span[:3] for span in now["spans"]]
        scores = zip(then["spans"], now["spans"], strict=False)
        near = all(abs(old[3] - new[3]) <= _SCORE_TOLERANCE for old, new in scores) and all(
            abs(old - new) <= _EMISSION_TOLERANCE for old, new in zip(then["emissions"], now["emissions"], strict=True)
        )
        if not (same_spans and near):
            raise CheckpointError(folder / _FILE, f"expected {then} but the tagger now gives {now}.")
