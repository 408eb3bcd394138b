"""The dictionary tagger: what it counts, by hand; how words match; patterns, endings, abbreviations."""

import re
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zoo.data.document import Document, Span
from zoo.models.dictionary_regex import DictionaryRegex, key_of
from zoo.text.codec import CodecConfig
from zoo.text.segment import Segmenter
from zoo.text.vocab import Vocabulary


def document(marked: str) -> Document:
    """A document of a text with its mentions in brackets: ``[aspirin|Drug] helps``."""
    text, spans = "", []
    for plain, mention, label in re.findall(r"([^\[]*)(?:\[([^|\]]*)\|(\w+)\])?", marked):
        text += plain
        if mention:
            spans.append(Span.of(len(text), len(text) + len(mention), label))
            text += mention
    return Document("d", text, tuple(spans))


def untrained(terms: tuple[str, ...] = (), **model: object) -> DictionaryRegex:
    codec = CodecConfig(labels=("Drug", "Protein"), window="document")
    others = DictionaryRegex.parts_from([], {"lexicon": terms}, {}, codec)
    empty = Vocabulary.of([])
    return DictionaryRegex(codec=codec, words=empty, characters=empty, **others, **model)  # type: ignore[arg-type]


def trained(marked: list[str], terms: tuple[str, ...] = (), **model: object) -> DictionaryRegex:
    tagger = untrained(terms, **model)
    windows = tagger.codec.encode([document(text) for text in marked], gold=True)[0]
    tagger.learn(windows, [], seed=0)
    return tagger


def found(tagger: DictionaryRegex, text: str) -> list[tuple[str, str]]:
    return [(span.slice(text), span.label) for span in tagger.tag([text])[0].spans]


def test_a_mention_of_training_is_a_term_with_the_probability_of_its_counts() -> None:
    tagger = trained(["[Calcium|Drug] and [calcium|Drug], but no calcium.", "[Calcium|Protein] is odd."])
    (span,) = tagger.tag(["More calcium."])[0].spans
    # Twice a drug, once a protein, once neither, and half a doubt.
    assert (span.label, span.score) == ("Drug", pytest.approx(2 / (2 + 1 + 1 + 0.5)))


def test_what_is_more_often_wrong_is_dropped_and_what_it_hid_is_counted() -> None:
    texts = ["The iron lung of [iron|Drug].", "Iron lung.", "An iron lung.", "[Iron|Drug] alone."]
    assert found(trained(texts, ("iron lung",)), "Iron lung") == []  # iron: twice right, thrice wrong
    assert found(trained([*texts, *["[iron|Drug]"] * 3], ("iron lung",)), "Iron lung") == [("Iron", "Drug")]


def test_terms_that_were_never_seen_are_judged_by_the_ending_of_their_head() -> None:
    terms = ("losartan", "valsartan", "telmisartan", "the sultan", "a sultan", "irbesartan", "sultan", "great sultan")
    tagger = trained(["[losartan|Drug], [valsartan|Drug], the sultan and a sultan or [telmisartan|Drug]"], terms)
    assert found(tagger, "irbesartan") == [("irbesartan", "Drug")]
    assert found(tagger, "great sultan") == []
    # Of the five terms seen, three are drugs: q4 and q5 of "sartan" are counted from these, each smoothed by 4 terms.
    share = Fraction(3, 5 + 4)  # all terms; what smooths them is no mention
    for drugs, seen in ((3, 5), (3, 3), (3, 3)):  # "tan", "rtan", "artan"
        share = (drugs + 4 * share) / (seen + 4)
    (span,) = tagger.tag(["irbesartan"])[0].spans
    assert span.score == pytest.approx(float(share), abs=1e-6)


def test_the_head_is_the_first_word_where_it_is_told_so() -> None:
    terms = ("hormona tiroidea", "hormona sexual", "hormona vegetal", "jardín vegetal")
    texts = ["[hormona tiroidea|Protein]", "[hormona sexual|Protein]"]
    assert found(trained(texts, terms, head="first"), "hormona vegetal") == [("hormona vegetal", "Protein")]
    assert found(trained(texts, terms, head="last"), "hormona vegetal") == []


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("anticuerpo monoclonal", "Anticuerpos Monoclonales"),
        ("ácido fólico", "acido folico"),
        ("interferon gamma", "Interferón-gamma"),
        ("IL-6", "IL 6"),
        ("e\u0301ter etílico", "\u00e9ter etílico"),
    ],
)
def test_words_match_whatever_their_accents_hyphens_and_plural(term: str, text: str) -> None:
    assert found(trained([f"[{term}|Drug]"]), text) == [(text, "Drug")]
    forms = [[form[s:e] for words in Segmenter("v1")(form) for s, e in words] for form in (term, text)]
    assert key_of(forms[0]) == key_of(forms[1])


def test_abbreviations_and_short_words_keep_their_case() -> None:
    tagger = trained(["[ARM|Drug] and [Mg|Drug]"])
    assert found(tagger, "ARM Mg arm mg") == [("ARM", "Drug"), ("Mg", "Drug")]


def test_an_introduced_abbreviation_is_what_its_long_form_is_in_that_document_alone() -> None:
    tagger = trained(["[heat shock protein|Protein]"])
    text = "Heat shock protein (HSP) rose. HSP fell."
    assert found(tagger, text) == [("Heat shock protein", "Protein"), ("HSP", "Protein"), ("HSP", "Protein")]
    assert found(tagger, "HSP fell.") == []
    assert found(tagger, "A shock protein (HSP) fell.") == []


def test_a_pattern_finds_what_training_has_not_shown_to_be_no_mention() -> None:
    pattern = {"label": "Drug", "pattern": r"\b\w+mab\b"}
    tagger = trained(["[rituximab|Drug], [infliximab|Drug] and a tamab"], patterns=[pattern])
    assert found(tagger, "adalimumab tamab") == [("adalimumab", "Drug")]
    (span,) = tagger.tag(["adalimumab"])[0].spans
    assert span.score == pytest.approx(
        (2 + 1) / (2 + 1 + 1 + 0.5), abs=1e-6
    )  # of three stretches two, and the odds of a start
    assert found(trained(["a tamab, a thumab and [rituximab|Drug]"], patterns=[pattern]), "adalimumab") == []


def test_a_pattern_with_context_decides_against_terms_and_one_without_label_excludes() -> None:
    texts = ["[PCR|Protein] rose", "[PCR|Protein] fell", "by PCR", "[PCR|Drug] tablets"]
    assert found(trained(texts), "by PCR") == [("PCR", "Protein")]
    excluding = {"pattern": r"by (?P<mention>PCR)"}
    deciding = {"label": "Drug", "pattern": r"(?P<mention>PCR) tablets"}
    tagger = trained(texts, patterns=[excluding, deciding])
    assert found(tagger, "PCR by PCR and PCR tablets") == [("PCR", "Protein"), ("PCR", "Drug")]


def test_what_a_pattern_finds_inside_words_is_left_out() -> None:
    assert found(trained(["[aspirin|Drug]"], patterns=[{"label": "Drug", "pattern": "xab"}]), "xab apixaban") == [
        ("xab", "Drug")
    ]


def test_white_space_in_a_text_is_blanks_to_a_pattern() -> None:
    tagger = trained(["[x|Drug]"], patterns=[{"label": "Drug", "pattern": "acid rain"}])
    assert found(tagger, "the acid\nrain") == [("acid\nrain", "Drug")]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ({"label": "Drug", "pattern": "a(b"}, r"patterns\[0\]: .* got 'a\(b': missing \), .* at character 1"),
        ({"label": "Drugs", "pattern": "a"}, "expected a label out of Drug, Protein but got 'Drugs'. Did you mean"),
        ({"label": "Drug"}, "expected the keys pattern and"),
        ({"pattern": "a", "lable": "Drug"}, "expected the keys pattern and"),
    ],
)
def test_a_faulty_pattern_is_refused(pattern: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        trained([], patterns=[pattern])


@given(st.lists(st.text("aeinorstAEINORST", min_size=1, max_size=8), min_size=1, max_size=3).map(" ".join))
@example("RNases inhibitor")
@example("NSAIDs toxicity")
def test_every_term_matches_itself(term: str) -> None:
    tagger = untrained((term,))
    window = tagger.codec.encode([Document("d", term)], gold=False)[0][0]
    assert [(match.first, match.end) for match in tagger._by_terms(window)] == [(0, len(window.forms))]
