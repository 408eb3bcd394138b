"""Tagging in every tag scheme: spans that overlap, and the probabilities of all spans against enumeration of paths."""

from itertools import pairwise, product
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from zoo.crf import CRF
from zoo.crf.softmax import Softmax
from zoo.data.document import Document, Span
from zoo.data.tags import SCHEMES, WordSpan, spans_to_tags, tags_to_spans
from zoo.data.terminology import Concept
from zoo.evaluation.spans import score
from zoo.linking.build import build_index
from zoo.linking.linker import Linker, LinkerConfig
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig
from zoo.text.vocab import Vocabulary
from zoo.training.build import VectorsConfig, build_tagger


class Memory(Tagger):
    """A tagger whose emissions are given: one row a word, whatever the words are."""

    key = "memory"

    def __init__(self, scheme: str, labels: tuple[str, ...], softmax: bool = False) -> None:
        vocabulary = Vocabulary.of([])
        codec = CodecConfig(labels=labels, scheme=scheme)
        super().__init__(codec=codec, words=vocabulary, characters=vocabulary, normalizer="lower-digits")
        size, legal = len(self.codec.tags), self.codec.transitions
        crf = Softmax(size, batch_first=True) if softmax else CRF(size, batch_first=True, constraints=legal)
        self.crf = crf.double()
        self.emissions = torch.empty(0)  # (W, T)

    def encode(self, batch: Batch) -> Tensor:
        return self.emissions[None].expand(len(batch.words), -1, -1)

    def remember(self, tags: list[str], sureness: float) -> None:
        self.emissions = torch.zeros(len(tags), len(self.codec.tags), dtype=torch.float64)
        for row, tag in zip(self.emissions, tags, strict=True):
            row[self.codec.tags.index(tag)] = sureness


def path_probabilities(tagger: Memory) -> dict[tuple[str, ...], float]:
    """Every legal path with its probability, each scored on its own."""
    words, size = tagger.emissions.shape
    paths = torch.tensor(list(product(range(size), repeat=words)))
    legal = tagger.crf.permits(paths)
    scores = tagger.crf(tagger.emissions[None].expand(int(legal.sum()), -1, -1), paths[legal], reduction="none")
    names = [tuple(tagger.codec.tags[tag] for tag in path) for path in paths[legal].tolist()]
    return dict(zip(names, scores.exp().tolist(), strict=True))


def has_span(path: tuple[str, ...], best: tuple[str, ...], span: WordSpan, scheme: str) -> bool:
    """Whether a path counts for the score of a span of the best path."""
    start, end, label = span
    if scheme in ("IOB1", "BMEWO-V"):  # the very tags, and no IOB1 tag after them that goes on
        goes_on = scheme == "IOB1" and path[end : end + 1] == (f"I-{label}",)
        return path[start:end] == best[start:end] and not goes_on
    return span in tags_to_spans(path, scheme)


@pytest.mark.parametrize("scheme", list(SCHEMES))
def test_a_score_is_the_probability_of_the_span(scheme: str) -> None:
    tagger = Memory(scheme, ("Disease", "Gene") if scheme != "BMEWO-V" else ("Disease",))
    checked = 0
    for seed in range(5):
        torch.manual_seed(seed)
        tagger.emissions = 2 * torch.randn(4, len(tagger.codec.tags), dtype=torch.float64)
        probabilities = path_probabilities(tagger)
        assert sum(probabilities.values()) == pytest.approx(1)
        best = max(probabilities, key=probabilities.__getitem__)
        (document,) = tagger.tag(["a b c d"])
        expected = tags_to_spans(best, scheme)
        assert [(span.start, span.end, span.label) for span in document.spans] == [
            (2 * start, 2 * end - 1, label) for start, end, label in expected
        ]
        for span, place in zip(document.spans, expected, strict=True):
            truth = sum(each for path, each in probabilities.items() if has_span(path, best, place, scheme))
            assert span.score == pytest.approx(truth)
            checked += 1
    assert checked > 5


@pytest.mark.parametrize("scheme", list(SCHEMES))
def test_under_a_softmax_tags_may_be_illegal_and_are_read_and_scored_all_the_same(scheme: str) -> None:
    tagger = Memory(scheme, ("Disease", "Gene") if scheme != "BMEWO-V" else ("Disease",), softmax=True)
    legal = CRF(len(tagger.codec.tags), batch_first=True, constraints=tagger.codec.transitions)
    checked = illegal = 0
    for seed in range(5):
        torch.manual_seed(seed)
        tagger.emissions = 2 * torch.randn(4, len(tagger.codec.tags), dtype=torch.float64)
        probabilities = path_probabilities(tagger)
        assert sum(probabilities.values()) == pytest.approx(1)
        best = max(probabilities, key=probabilities.__getitem__)
        illegal += not legal.permits(torch.tensor([[tagger.codec.tags.index(tag) for tag in best]])).item()
        (document,) = tagger.tag(["a b c d"])
        expected = tags_to_spans(best, scheme)
        assert [(span.start // 2, span.end // 2 + 1, span.label) for span in document.spans] == expected
        for span, (start, end, label) in zip(document.spans, expected, strict=True):
            # The words have these tags, and from the first of them on, whatever stood before, one reads this span.
            reads = {
                path: path[start:end] == best[start:end]
                and (scheme == "BMEWO-V" or (0, end - start, label) in tags_to_spans(path[start:], scheme))
                for path in probabilities
            }
            assert span.score == pytest.approx(sum(probabilities[path] for path in probabilities if reads[path]))
            checked += 1
    assert checked > 5
    assert illegal > 2


def test_overlapping_spans_are_tagged_each_with_a_score() -> None:
    spans = [(0, 4, "Disease"), (0, 1, "Gene"), (3, 6, "Gene")]
    tagger = Memory("BMEWO-V", ("Disease", "Gene"))
    tagger.remember(spans_to_tags(spans, 7, "BMEWO-V"), sureness=20)
    (document,) = tagger.tag(["a b c d e f g"])
    assert [(span.start, span.end, span.label) for span in document.spans] == [
        (0, 1, "Gene"),
        (0, 7, "Disease"),
        (6, 11, "Gene"),
    ]
    assert all(span.score == pytest.approx(1, abs=1e-3) for span in document.spans)


def test_neighbours_in_iob1_are_told_apart() -> None:
    tagger = Memory("IOB1", ("Disease",))
    tagger.remember(["I-Disease", "B-Disease", "O", "I-Disease"], sureness=20)
    (document,) = tagger.tag(["a b c d"])
    assert [(span.start, span.end) for span in document.spans] == [(0, 1), (2, 3), (6, 7)]
    assert all(left.end < right.start for left, right in pairwise(document.spans))


def test_overlapping_spans_are_learnt() -> None:
    documents = [
        Document("nested", "the breast cancer gene", (Span.of(4, 22, "Gene"), Span.of(4, 17, "Disease"))),
        Document("crossing", "lung cancer gene test", (Span.of(0, 11, "Disease"), Span.of(5, 16, "Gene"))),
        Document("twice", "an obesity factor", (Span.of(3, 17, "Disease"), Span.of(3, 17, "Gene"))),
        Document("flat", "no gene causes asthma", (Span.of(3, 7, "Gene"), Span.of(15, 21, "Disease"))),
    ]
    torch.manual_seed(0)
    sizes = {"word_size": 12, "character_size": 6, "filters": 6, "hidden": 24, "tanh_size": 12, "dropout": 0.0}
    codec = CodecConfig(labels=("Disease", "Gene"), scheme="BMEWO-V")
    tagger = build_tagger("char_cnn_bilstm_crf", codec, sizes, documents, VectorsConfig())
    windows, report = tagger.codec.encode(documents, gold=True)
    assert report.lost == 0
    batch = tagger.read(windows)
    optimizer = torch.optim.Adam(tagger.parameters(), lr=0.03)
    for _ in range(60):
        optimizer.zero_grad()
        tagger.loss(batch).backward()
        optimizer.step()
    assert score(documents, tagger.tag(documents)).micro.f1 == 1.0


def test_dev_score_of_overlapping_spans_is_that_of_documents() -> None:
    gold = Document("1", "a b c", (Span.of(0, 5, "Disease"), Span.of(2, 3, "Gene"), Span.of(2, 3, "Disease")))
    tagger = Memory("BMEWO-V", ("Disease", "Gene"))
    tagger.remember(["B-Disease", "V-Disease", "E-Disease"], sureness=20)
    tagger.log = lambda *arguments, **more: None  # type: ignore[method-assign]
    windows, report = tagger.codec.encode([gold], gold=True)
    assert report.overlapping == 1
    with torch.no_grad():
        tagger.validation_step(tagger.read(windows), 0)
    assert float(tagger.dev_f1.compute()) == pytest.approx(score([gold], tagger.tag([gold])).micro.f1)


@pytest.mark.parametrize("fused", [False, True])
def test_gradients_are_clipped_as_they_are_not_as_float16_scales_them(fused: bool) -> None:
    tagger = Memory("BIOES", ("Disease",))
    tagger.crf.float()
    optimizer = torch.optim.AdamW(tagger.parameters(), fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    tagger.trainer = SimpleNamespace(
        precision_plugin=SimpleNamespace(scaler=scaler), strategy=SimpleNamespace(model=None)
    )  # type: ignore[assignment]
    loss = sum((parameter * 3.0).sum() for parameter in tagger.parameters())
    scaler.scale(loss).backward()
    if not fused:  # Lightning does it before
        scaler.unscale_(optimizer)
    tagger.configure_gradient_clipping(optimizer, gradient_clip_val=1e6)
    assert all((parameter.grad == 3.0).all() for parameter in tagger.parameters() if parameter.grad is not None)
    tagger.configure_gradient_clipping(optimizer, gradient_clip_val=0.0)
    assert scaler.step(optimizer) is None


def test_what_is_tagged_can_be_linked_by_an_index_or_a_linker(tmp_path: Path) -> None:
    build_index([Concept("D:1", "Fever", ("pyrexia",)), Concept("D:2", "Cough")], tmp_path / "index.sqlite")
    tagger = Memory("IOB2", ("Disease",))
    tagger.remember(["B-Disease", "O", "B-Disease", "O", "B-Disease"], 9.0)
    text = "Pyrexia and coughs or xyz"
    for link in (str(tmp_path / "index.sqlite"), Linker(tmp_path / "index.sqlite")):
        spans = tagger.tag([text], link=link)[0].spans
        assert [(span.slice(text), span.concepts) for span in spans] == [
            ("Pyrexia", ("D:1",)),
            ("coughs", ("D:2",)),
            ("xyz", ()),
        ]
    strict = Linker(tmp_path / "index.sqlite", LinkerConfig(threshold=0.99))
    assert [span.concepts for span in tagger.tag([text], link=strict)[0].spans] == [("D:1",), (), ()]
    assert all(not span.concepts for span in tagger.tag([text])[0].spans)
    with pytest.raises(FileNotFoundError, match="zoo link build"):
        tagger.tag([text], link=tmp_path / "none.sqlite")
