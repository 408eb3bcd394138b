"""Lemmas and parts of speech: rules against words read by hand, pipelines against spaCy itself."""

import sys
import time
from pathlib import Path

import pytest

from zoo.text import english, spanish
from zoo.text.linguistics import BUILT_IN, Reading, load_linguistics
from zoo.text.word_rules import listed

# Words, tags and lemmas as the guidelines of Universal Dependencies have them.
ENGLISH = (
    "Mutations/NOUN/mutation in/ADP/in the/DET/the BRCA1/NOUN/BRCA1 gene/NOUN/gene were/AUX/be "
    "identified/VERB/identify in/ADP/in 12/NUM/12 %/SYM/% of/ADP/of "
    "families/NOUN/family with/ADP/with familial/ADJ/familial breast/NOUN/breast "
    "cancer/NOUN/cancer (/PUNCT/( Lynch/PROPN/Lynch )/PUNCT/) ,/PUNCT/, and/CCONJ/and strongly/ADV/strongly "
    "reduced/VERB/reduce expression/NOUN/expression that/PRON/that leads/VERB/lead to/PART/to "
    "metastases/NOUN/metastasis ./PUNCT/."
)
SPANISH = (
    "La/DET/el paciente/NOUN/paciente presentó/VERB/presentar lesiones/NOUN/lesión hepáticas/ADJ/hepático del/ADP/de "
    "lóbulo/NOUN/lóbulo derecho/ADJ/derecho tras/ADP/tras 3/NUM/3 meses/NOUN/mes ,/PUNCT/, con/ADP/con HTA/PROPN/HTA "
    "y/CCONJ/y sin/ADP/sin complicaciones/NOUN/complicación ;/PUNCT/; se/PRON/él trató/VERB/tratar "
    "inmediatamente/ADV/inmediatamente ./PUNCT/."
)


def words_of(line: str) -> tuple[list[str], list[Reading]]:
    parts = [word.rsplit("/", 2) for word in line.split()]
    return [form for form, _, _ in parts], [Reading(lemma, pos) for _, pos, lemma in parts]


@pytest.mark.parametrize(("name", "line"), [("rules-en", ENGLISH), ("rules-es", SPANISH)])
def test_rules_read_sentences_as_a_person_does(name: str, line: str) -> None:
    forms, expected = words_of(line)
    assert next(load_linguistics(name)([forms])) == expected


@pytest.mark.parametrize(
    ("module", "pos", "pairs"),
    [
        (
            english,
            "NOUN",
            "analyses/analysis diagnoses/diagnosis doses/dose biopsies/biopsy viruses/virus children/child",
        ),
        (english, "NOUN", "tumours/tumour axis/axis masses/mass pelvis/pelvis genetics/genetics diabetes/diabetes"),
        (
            english,
            "VERB",
            "inhibited/inhibit reducing/reduce stopped/stop causes/cause indicated/indicate applied/apply",
        ),
        (english, "VERB", "encoding/encode occurring/occur described/describe involved/involve analyzed/analyze"),
        (
            spanish,
            "NOUN",
            "pulmones/pulmón imágenes/imagen veces/vez tumores/tumor casos/caso dosis/dosis mujeres/mujer",
        ),
        (spanish, "ADJ", "crónicas/crónico renales/renal libres/libre positiva/positivo diabética/diabético"),
        (spanish, "VERB", "realizaron/realizar mejoró/mejorar observándose/observar evidenció/evidenciar son/ser"),
    ],
)
def test_lemmas(module, pos: str, pairs: str) -> None:
    got = {form: module._lemma(form, form, pos) for form, _ in (pair.split("/") for pair in pairs.split())}
    assert got == dict(pair.split("/") for pair in pairs.split())


def test_what_stands_in_two_lists_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected 'so' in one list but got it in ADV and SCONJ"):
        listed({"ADV": "so", "SCONJ": "that so"})


@pytest.mark.parametrize("name", BUILT_IN)
def test_rules_have_a_reading_for_every_word_there_may_be(name: str) -> None:
    sentences = [["\u0301", "🧬", "α", "ß", "İ", "x" * 10_000, "−", "'s", "½", "ſ", "ﬁ", "s", "es", "ing"], [], ["the"]]
    read = list(load_linguistics(name)(sentences))
    assert [len(sentence) for sentence in read] == [14, 0, 1]
    assert all(word.lemma and word.pos.isupper() for sentence in read for word in sentence)


def test_a_sentence_is_read_alike_whatever_is_read_with_it() -> None:
    first, second = ["The", "cause", "is", "that", "cause"], ["that", "Cause", "Use"]
    rules = load_linguistics("rules-en")
    assert list(rules([first, second])) == [*rules([first]), *rules([second])]


def test_rules_are_fast() -> None:
    forms, _ = words_of(ENGLISH)
    rules = load_linguistics("rules-en")
    began = time.process_time()
    count = sum(len(sentence) for sentence in rules([forms] * 2000))
    assert count / (time.process_time() - began) > 100_000


def test_an_unknown_name_lists_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_DATA", str(tmp_path))
    message = (
        "Expected linguistics rules-en or rules-es, or a spaCy pipeline, but got 'rule-en': no such package is "
        f"installed, and neither rule-en nor rule-en below {tmp_path}/linguistics is the folder of one. "
        "Did you mean 'rules-en'?"
    )
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        load_linguistics("rule-en")
    assert str(raised.value) == message
    monkeypatch.setenv("ZOO_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="there is none; ZOO_DATA names it"):
        load_linguistics("rule-en")


def test_without_spacy_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meta.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "spacy", None)
    message = (
        r"is a spaCy pipeline and spaCy is not installed; pip install 'bioner-zoo\[linguistics\]', or choose rules"
    )
    with pytest.raises(ModuleNotFoundError, match=message):
        load_linguistics(str(tmp_path))


def test_a_warning_where_a_tagger_was_trained_with_another_version() -> None:
    with pytest.warns(
        UserWarning, match="trained with lemmas and parts of speech of en_ud_sm 1 but reads those of rules"
    ):
        load_linguistics("rules-en", trained_with="en_ud_sm 1")


def test_a_damaged_pipeline(tmp_path: Path) -> None:
    pytest.importorskip("spacy", reason="spaCy is not installed")
    (tmp_path / "meta.json").write_text("{}")
    with pytest.raises(ValueError, match="cannot be loaded as a pipeline of spaCy"):
        load_linguistics(str(tmp_path))


@pytest.fixture
def pipeline(data_root: Path) -> Path:
    pytest.importorskip("spacy", reason="spaCy is not installed")
    folder = data_root / "linguistics" / "en_ud_sm"
    if not folder.is_dir():
        pytest.skip(f"No pipeline at {folder}")
    return folder


def test_a_pipeline_reads_given_words_as_spacy_does(pipeline: Path) -> None:
    import spacy
    from spacy.tokens import Doc

    sentences = [["T-cell", "-", "specific", "tumours", "were"], ["A"], [], words_of(ENGLISH)[0]]
    plain = spacy.load(pipeline)
    expected = [[(w.lemma_, w.pos_, w.tag_) for w in plain(Doc(plain.vocab, words=words))] for words in sentences]
    assert [*map(list, load_linguistics("en_ud_sm")(sentences))] == expected  # by its name below the data folder
    assert list(load_linguistics(str(pipeline))(sentences)) == expected  # by its path
    assert load_linguistics("en_ud_sm").describe() == f"en_ud_sm {plain.meta['version']} (spaCy 3.8)"


def test_a_component_that_says_nothing_leaves_the_form_and_x(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy", reason="spaCy is not installed")
    blank = spacy.blank("en")
    blank.add_pipe("sentencizer")
    blank.to_disk(tmp_path)
    assert next(load_linguistics(str(tmp_path))([["Mice", "ate"]])) == [Reading("Mice", "X"), Reading("ate", "X")]
