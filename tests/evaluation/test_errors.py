"""Every error has one category: by hand, by the paper's examples, and against a slow oracle on random documents."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import quick
from tests.data.strategies import spans as any_span
from tests.evaluation.documents import random_pairs
from tests.reference.slow_errors import characters, slow_errors
from zoo.data.document import Document, Span
from zoo.evaluation.errors import (
    CONTEXT_CHARACTERS,
    COORDINATORS,
    Category,
    ErrorAnalysis,
    Kind,
    analyse,
)
from zoo.evaluation.spans import score
from zoo.text.segment import Segmenter

FN, FP = Kind.FALSE_NEGATIVE, Kind.FALSE_POSITIVE


def span(text: str, mention: str, label: str = "Protein") -> Span:
    """The first occurrence of a mention; fragments are parted by ``..``."""
    fragments, at = [], 0
    for part in mention.split(".."):
        at = text.index(part, at)
        fragments.append((at, at + len(part)))
        at += len(part)
    return Span(tuple(fragments), label)


def analysed(text: str, gold: list[str], predicted: list[str], **options) -> ErrorAnalysis:
    """Mentions as ``IL-2`` or, with another label than Protein, ``IRF1#DNA``."""

    def document(mentions: list[str]) -> Document:
        return Document("1", text, tuple(span(text, *mention.split("#")) for mention in mentions))

    return analyse([document(gold)], [document(predicted)], **options)


def categories(analysis: ErrorAnalysis) -> list[tuple[str, str]]:
    return [(error.kind.value, error.category.value) for error in analysis.errors]


@pytest.mark.parametrize(
    ("text", "gold", "predicted", "category"),
    [
        ("of IRF1 is", ["IRF1#DNA"], ["IRF1#Protein"], "classification"),
        ("cytosol estradiol receptors bind", ["estradiol receptors"], ["cytosol estradiol receptors"], "left boundary"),
        ("in many B lineage genes", ["many B lineage genes"], ["B lineage genes"], "left boundary"),
        ("many B lineage genes", ["many B lineage genes#DNA"], ["B lineage genes#RNA"], "left boundary"),
        ("the IL-2 receptor alpha", ["IL-2 receptor"], ["IL-2 receptor alpha"], "right boundary"),
        ("left and right arm", ["left..arm"], ["left and right arm"], "fragments"),
        ("a b c d", ["a b c"], ["b c d"], "both boundaries"),
        ("a b c d", ["a b c d"], ["b"], "both boundaries"),
    ],
)
def test_one_error_on_each_side(text: str, gold: list[str], predicted: list[str], category: str) -> None:
    found = analysed(text, gold, predicted)
    assert categories(found) == [("false negative", category), ("false positive", category)]
    missed, extra = found.errors
    assert (missed.gold, missed.predicted) == (extra.gold, extra.predicted)


@pytest.mark.parametrize(
    ("text", "whole", "parts"),
    [
        (
            "upstream promoter or enhancer element",
            "upstream promoter or enhancer element",
            "upstream promoter|enhancer element",
        ),
        ("NF-kappa B and AP-1 binding sites", "NF-kappa B and AP-1 binding sites", "NF-kappa B|AP-1"),
        ("transcription factor NF-kappa B", "transcription factor NF-kappa B", "transcription factor|NF-kappa B"),
        ("adenomatous polyposis coli (APC) tumour", "adenomatous polyposis coli (APC) tumour", "polyposis coli|APC"),
        ("adenomas and/or carcinoma", "adenomas and/or carcinoma", "adenomas|carcinoma"),
        ("IL-2, IL-4 AND IL-6", "IL-2, IL-4 AND IL-6", "IL-2|IL-4|IL-6"),
        ("ansiedad e insomnio", "ansiedad e insomnio", "ansiedad|insomnio"),
        ("Th1/Th2 cells", "Th1/Th2 cells", "Th1|Th2 cells"),
    ],
)
def test_coordinations_in_both_directions(text: str, whole: str, parts: str) -> None:
    pieces = parts.split("|")
    cut = analysed(text, [whole], pieces)
    assert categories(cut) == [("false negative", "coordination")] + [("false positive", "coordination")] * len(pieces)
    assert [text[s.start : s.end] for s in cut.errors[0].predicted] == pieces
    assert all(error.gold == cut.errors[0].gold for error in cut.errors)
    joined = analysed(text, pieces, [whole])
    assert categories(joined) == [("false negative", "coordination")] * len(pieces) + [
        ("false positive", "coordination")
    ]


def test_what_is_no_coordination() -> None:
    assert ("false negative", "left boundary") in categories(
        analysed("tumours of the breast", ["tumours of the breast"], ["tumours", "breast"])  # other words between
    )
    assert categories(analysed("breast and ovary", ["breast and ovary"], ["ovary"])) == [
        ("false negative", "left boundary"),  # one part alone
        ("false positive", "left boundary"),
    ]
    outside = analysed("the breast and ovary", ["breast and ovary"], ["the breast", "ovary"])
    assert {category for _, category in categories(outside)} == {"left boundary", "both boundaries"}


def test_parts_that_are_right_are_no_errors() -> None:
    found = analysed("breast and ovarian cancer", ["breast and ovarian cancer", "breast"], ["breast", "ovarian cancer"])
    assert categories(found) == [("false negative", "coordination"), ("false positive", "coordination")]
    assert len(found.errors[0].predicted) == 2


def test_classification_goes_before_coordination() -> None:
    found = analysed("breast and ovary", ["breast and ovary#A"], ["breast and ovary#B", "breast#A", "ovary#A"])
    assert categories(found) == [
        ("false negative", "classification"),
        ("false positive", "coordination"),
        ("false positive", "classification"),
        ("false positive", "coordination"),
    ]


def test_other_languages_have_other_coordinators() -> None:
    arguments = "Brust und Eierstock", ["Brust und Eierstock"], ["Brust", "Eierstock"]
    assert "coordination" not in dict(categories(analysed(*arguments))).values()
    assert set(dict(categories(analysed(*arguments, coordinators={"und"}))).values()) == {"coordination"}


def test_missing_and_spurious() -> None:
    found = analysed("antibodies bind EZH2 in a cell line", ["antibodies", "cell line", "EZH2"], ["in", "EZH2"])
    assert categories(found) == [
        ("false negative", "missing, one word"),
        ("false negative", "missing, several words"),
        ("false positive", "spurious"),
    ]
    assert [error.others for error in found.errors] == [()] * 3
    assert [error.words for error in found.errors] == [1, 2, 1]
    hyphened = analysed("some IL-2 here", ["IL-2"], [], segment=Segmenter())
    assert categories(hyphened) == [("false negative", "missing, several words")]  # IL, - and 2


def test_overlap_with_a_right_prediction_is_not_missing() -> None:
    found = analysed("colon cancer", ["colon cancer", "cancer"], ["cancer"])
    assert categories(found) == [("false negative", "left boundary")]


def test_the_nearest_is_shown() -> None:
    found = analysed("a b c d e", ["a b c d"], ["b c d#DNA", "c d#Protein"])
    assert found.errors[0].predicted == (span("a b c d e", "c d"),)  # its label is the same
    same_label = analysed("a b c d e", ["a b c d"], ["b c d", "c d"])
    assert same_label.errors[0].predicted == (span("a b c d e", "b c d"),)  # it shares more


def random_documents(seed: int) -> tuple[Document, Document]:
    """Texts of words and coordinators; spans of whole words, often the same on both sides, sometimes in two pieces."""
    generator = random.Random(seed)
    text = " ".join(generator.choices(["cell", "line", "x", "and", "or", ",", "/"], k=14))
    starts = [0, *(at + 1 for at, character in enumerate(text) if character == " ")]
    ends = [*(start - 1 for start in starts[1:]), len(text)]

    def some_span() -> Span:
        first = generator.randrange(14)
        last = min(13, first + generator.randrange(5))
        label = generator.choice("AB")
        if last > first + 1 and generator.random() < 0.2:
            return Span(((starts[first], ends[first]), (starts[last], ends[last])), label)
        return Span.of(starts[first], ends[last], label)

    gold = [some_span() for _ in range(generator.randrange(6))]
    found = [some_span() for _ in range(generator.randrange(6))] + [s for s in gold if generator.random() < 0.3]
    document = Document(str(seed), text, tuple(gold))
    return document, document.with_spans(found)


def test_agrees_with_the_slow_oracle() -> None:
    seen = Counter()
    for seed in range(400):
        gold, predicted = random_documents(seed)
        found = [(error.kind.value, error.span, error.category.value) for error in analyse([gold], [predicted]).errors]
        assert sorted(found, key=str) == sorted(slow_errors(gold, predicted, COORDINATORS), key=str)
        seen.update(category for _, _, category in found)
    assert set(seen) == {category.value for category in Category}
    assert min(seen.values()) >= 10


def check_partition(gold: list[Document], predicted: list[Document]) -> None:
    found = analyse(gold, predicted)
    report = score(gold, predicted)
    wrong = [(error.document, error.kind, error.span.key) for error in found.errors]
    assert len(set(wrong)) == len(wrong)
    for label, counts in report.labels.items():
        assert found.total(FN, label=label) == counts.fn
        assert found.total(FP, label=label) == counts.fp
        assert sum(count for (one, _), count in found.confusion.items() if one == label) == counts.gold
        assert found.confusion[label, label] == counts.tp
    assert sum(found.counts.values()) == len(found.errors) == report.micro.fn + report.micro.fp
    assert list(found.examples()) == list(found.errors)
    assert [e for c in Category for e in found.examples(FN, c)] == sorted(
        found.examples(FN), key=lambda error: list(Category).index(error.category)
    )
    for error in found.errors:
        assert (error.category is Category.SPURIOUS) <= (error.kind is FP)
        assert (error.category in (Category.MISSING, Category.MISSING_WORD)) <= (error.kind is FN)
        assert len(error.context) <= CONTEXT_CHARACTERS
        nearby = [other for other in error.others if characters(other) & characters(error.span)]
        assert len(nearby) == len(error.others)


@pytest.mark.parametrize("seed", range(5))
def test_every_error_counts_once(seed: int) -> None:
    check_partition(*random_pairs(seed, count=15))


@quick
@given(st.data())
def test_every_error_counts_once_whatever_the_text(data: st.DataObject) -> None:
    text = data.draw(st.text(st.sampled_from("ab ,\t\n\u00a0\U0001f489"), min_size=1, max_size=20))
    gold, found = (data.draw(st.lists(any_span(len(text)), max_size=5)) for _ in range(2))
    document = Document("1", text, tuple(gold))
    check_partition([document], [document.with_spans(found)])


def test_the_confusion_matrix() -> None:
    found = analysed("a b c d e", ["a#X", "b#X", "c#X", "c#Y", "d#Y"], ["a#X", "b#Y", "c#Z", "e#X"])
    assert found.confusion == {
        ("X", "X"): 1,
        ("X", "Y"): 1,
        ("X", "Z"): 1,
        ("Y", "Z"): 1,
        ("Y", None): 1,
        (None, "X"): 1,
    }
    assert found.axes() == (["X", "Y", None], ["X", "Y", "Z", None])


def test_contexts_stay_in_the_sentence() -> None:
    words = " ".join(f"w{number}" for number in range(30))
    text = f"Before it.\n{words}\nAfter it."
    (error,) = analysed(text, ["w12 w13"], []).errors
    assert error.context == " ".join(f"w{number}" for number in range(4, 22))
    assert text[error.context_start :].startswith("w4 ")
    assert error.quote(error.gold) == "w12 w13 [Protein]"
    (first,) = analysed(text, ["Before"], []).errors
    assert first.context == "Before it."
    (across,) = analysed(text, ["it.\nw0"], []).errors
    assert across.context == "Before it. " + " ".join(f"w{number}" for number in range(9))
    assert across.quote(across.gold) == "it. w0 [Protein]"


def test_a_context_is_bounded() -> None:
    document = Document("1", "x" * 5000, (Span.of(10, 4990, "A"),))
    (error,) = analyse([document], [document.with_spans([])]).errors
    assert len(error.context) == CONTEXT_CHARACTERS
    assert error.quote([Span.of(4980, 4990, "A")]) == " [A]"


def test_a_sample_has_errors_of_every_kind() -> None:
    pairs = [random_documents(seed) for seed in range(60)]
    found = analyse([gold for gold, _ in pairs], [predicted for _, predicted in pairs])
    groups = {(error.kind, error.category) for error in found.errors}
    sample = found.sample(len(groups))
    assert {(error.kind, error.category) for error in sample} == groups
    order = [(error.kind, list(Category).index(error.category)) for error in sample]
    assert order == sorted(order)
    assert len({error.document for error in found.sample(40)}) > 20
    assert found.sample(0) == []
    assert sorted(found.sample(10**9), key=found.errors.index) == list(found.errors)
    assert found.sample(9) == found.sample(9) != found.sample(9, seed=1)


def test_no_errors_and_no_documents() -> None:
    gold, _ = random_pairs(0, count=3)
    assert analyse(gold, gold).errors == ()
    assert analyse([], []).errors == ()


def test_other_documents_raise() -> None:
    gold, found = random_pairs(0, count=3)
    with pytest.raises(ValueError, match="Expected 3 predicted documents"):
        analyse(gold, found[:2])
