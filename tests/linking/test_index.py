"""The index: what is found in it against a plain search through all names; what it refuses; the same bytes twice."""

import math
import pickle
import resource
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zoo.data.terminology import Concept
from zoo.linking.build import build_index
from zoo.linking.index import LinkingIndex, LinkingIndexError, grams_of
from zoo.linking.normalizers import Level, keys

CONCEPTS = [
    Concept(
        "MESH:D001943", "Breast Neoplasms", ("Breast Cancer", "Cancer of the Breast"), ("OMIM:114480",), ("MESH:D9",)
    ),
    Concept("MESH:D9", "Neoplasms", ("Cancer", "Tumors")),
    Concept("MESH:D010051", "Ovarian Neoplasms", ("Ovarian Cancer",), (), ("MESH:D9",)),
    Concept("OMIM:604370", "Breast-Ovarian Cancer, Familial", (), (), ("MESH:D001943", "MESH:D010051")),
    Concept("HP:1", "Cancer", ("---",), (), (), "phenotype"),
]
WORDS = "breast ovarian cancer cancers tumour neoplasm familial type ii 2 of the brest".split()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LinkingIndex:
    path = tmp_path_factory.mktemp("index") / "i.sqlite"
    built = build_index(CONCEPTS, path, seen={("brest ca", "D001943"): 3, ("familial ca", "OMIM:114480"): 1})
    assert (built.concepts, built.names, built.left_out) == (5, 12, {"without a letter or digit": 1})
    return LinkingIndex(path)


def texts(index: LinkingIndex) -> dict[int, str]:
    return {name.row: name.text for name in index.named(range(1, 13))}


def test_names_know_their_concepts(index: LinkingIndex) -> None:
    names = {(name.text, name.concept): name for name in index.named(range(1, 13))}
    assert names["Breast Neoplasms", "MESH:D001943"].preferred
    assert not names["Breast Cancer", "MESH:D001943"].preferred
    assert names["brest ca", "MESH:D001943"].seen == 3
    assert names["familial ca", "MESH:D001943"].seen == 1  # by another id of the same concept
    assert names["Cancer", "HP:1"].type == "phenotype"
    assert len(index) == 5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))
def test_forms_are_those_of_all_names(index: LinkingIndex, words: list[str]) -> None:
    text = " ".join(words)
    expected: dict[Level, list[int]] = {}
    for row, name in texts(index).items():
        levels = [level for level in Level if keys(text)[level] in keys(name)[: level + 1]]
        if levels:
            expected.setdefault(min(levels), []).append(row)
    assert dict(index.same_form(text)) == {level: sorted(rows) for level, rows in expected.items()}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))
def test_letters_are_compared_as_tf_idf_vectors(index: LinkingIndex, words: list[str]) -> None:
    folded = {row: keys(name)[Level.FOLDED] for row, name in texts(index).items()}
    counts = Counter(gram for form in folded.values() for gram in grams_of(form))
    idf = {gram: math.log(len(folded) / count) + 1 for gram, count in counts.items()}

    def vector(form: str) -> dict[str, float]:
        found = {gram: idf.get(gram, math.log(len(folded)) + 1) for gram in grams_of(form)}
        norm = math.sqrt(sum(weight**2 for weight in found.values()))
        return {gram: weight / norm for gram, weight in found.items()}

    ours = vector(keys(" ".join(words))[Level.FOLDED])
    cosines = {
        row: sum(weight * ours.get(gram, 0) for gram, weight in vector(form).items()) for row, form in folded.items()
    }
    found = dict(index.same_letters(" ".join(words)))
    for row, cosine in cosines.items():
        if cosine > 0.51 or row in found:
            assert found[row] == pytest.approx(cosine, abs=0.02)
    assert [*found.values()] == sorted(found.values(), reverse=True)
    besides = dict(index.same_letters(" ".join(words), most=1, besides=range(1, 13)))
    assert besides.keys() == cosines.keys()
    assert all(besides[row] == pytest.approx(cosine, abs=0.02) for row, cosine in cosines.items())


def test_strange_letters_count_against_a_name(index: LinkingIndex) -> None:
    assert index.same_letters("breast cancer")[0][1] == pytest.approx(1, abs=0.02)
    assert index.same_letters("qzx jjvv breast cancer wwkq")[0][1] < 0.75
    assert index.same_letters("qzx jjvv", besides=[3]) == [(3, 0.0)]


def test_half_a_character_is_no_letter(index: LinkingIndex) -> None:
    found = dict(index.same_form("\ud83d breast cancer"))
    assert {name.text for rows in found.values() for name in index.named(rows)} >= {"Breast Cancer"}
    assert index.same_words("\ud83d cancer") == index.same_words("cancer")
    assert index.same_letters("\ud83d") == []


def test_words_are_sought_in_all_names(index: LinkingIndex) -> None:
    found = {index.named([row])[0].text for row in index.same_words("ovarian tumors")}
    assert found == {"Ovarian Neoplasms", "Ovarian Cancer", "Breast-Ovarian Cancer, Familial", "Tumors"}
    assert index.same_words('" OR (') == []


def test_common_words_are_sought_together(index: LinkingIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoo.linking.index._RANKED", 1)
    by_row = texts(index)

    def found(text: str) -> set[str]:
        return {by_row[row] for row in index.same_words(text)}

    assert found("cancer tumors") == {"Tumors"}  # a rare word is enough
    assert found("breast cancer") == {"Breast Cancer", "Cancer of the Breast", "Breast-Ovarian Cancer, Familial"}
    assert found("cancer") == set()


def test_other_ids_and_what_a_concept_is_a_kind_of(index: LinkingIndex) -> None:
    assert [index.canonical(id_) for id_ in ("OMIM:114480", "MESH:D9", "X:1")] == ["MESH:D001943", "MESH:D9", "X:1"]
    assert index.parents("OMIM:604370") == ["MESH:D001943", "MESH:D010051", "MESH:D9"]
    assert index.parents("X:1") == []


def test_ids_without_a_vocabulary_get_its_name_wherever_they_come_from(tmp_path: Path) -> None:
    concepts = [Concept("1", "asthma", alternatives=("9",), parents=("2",)), Concept("2", "disease")]
    built = build_index(concepts, tmp_path / "i.sqlite", seen={("wheeze", "1"): 1, ("x", "7"): 1}, prefix="DeCS:")
    assert (built.concepts, built.only_seen) == (3, 1)
    with LinkingIndex(tmp_path / "i.sqlite") as index:
        assert {concept.id: concept.synonyms for concept in index.concepts()} == {
            "DeCS:1": ("wheeze",),
            "DeCS:2": (),
            "DeCS:7": (),
        }
        assert [index.canonical(id_) for id_ in ("1", "DeCS:1", "X:1")] == ["DeCS:1", "DeCS:1", "X:1"]
        assert index.parents("DeCS:1") == ["DeCS:2"]


def test_the_same_concepts_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        build_index(iter(CONCEPTS), tmp_path / name, seen={("brest ca", "D001943"): 3})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"No index at .*; make one with `zoo link build`"):
        LinkingIndex(tmp_path / "none.sqlite")
    (tmp_path / "text").write_text("no database" * 100)
    with pytest.raises(LinkingIndexError, match=r"is no index .*make one with"):
        LinkingIndex(tmp_path / "text")
    with sqlite3.connect(tmp_path / "other") as database:
        database.execute("CREATE TABLE meta (key TEXT, value TEXT)")
        database.execute("INSERT INTO meta VALUES ('format', '99')")
    with pytest.raises(LinkingIndexError, match="is of format 99 — expected 2 — build it anew"):
        LinkingIndex(tmp_path / "other")


def test_a_damaged_index_is_told(tmp_path: Path) -> None:
    concepts = [Concept(f"D:{number}", f"syndrome {number}") for number in range(2000)]
    build_index(concepts, tmp_path / "i.sqlite")
    content = bytearray((tmp_path / "i.sqlite").read_bytes())
    for page in range(8, len(content) // 4096, 2):
        content[4096 * page : 4096 * (page + 1)] = bytes(4096)
    (tmp_path / "i.sqlite").write_bytes(content)
    with LinkingIndex(tmp_path / "i.sqlite") as index:
        with pytest.raises(LinkingIndexError, match=r"i\.sqlite: is damaged \(.*\) — build it anew"):
            [found for number in range(2000) for found in index.same_letters(f"syndrom {number}")]
        with pytest.raises(LinkingIndexError, match=r"i\.sqlite: is damaged"):
            [*index.concepts()]


@pytest.mark.parametrize(
    ("concepts", "message"),
    [
        ([], "Expected concepts for an index but got none"),
        ([Concept("", "cancer")], "Expected concepts with ids but 'cancer' has none"),
        ([Concept("D:1", "---", ("...",))], "Expected names with a letter or digit but no concept has one"),
        (
            [
                Concept("A:1", "a", parents=("A:2",)),
                Concept("A:2", "b", parents=("A:3",)),
                Concept("A:3", "c", parents=("A:1",)),
            ],
            "Expected a hierarchy without circles but got A:1 → A:2 → A:3 → A:1",
        ),
    ],
)
def test_what_no_index_can_be_made_of(tmp_path: Path, concepts: list[Concept], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_index(concepts, tmp_path / "i.sqlite")
    assert not [*tmp_path.iterdir()]


def test_a_disk_that_is_full_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite"
    build_index(CONCEPTS[:1], path)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, limits[1]))  # a file may not grow beyond this
    try:
        with pytest.raises(OSError, match=r"i\.sqlite: cannot be written \(.*\); nothing was left there"):
            build_index(CONCEPTS, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]


def test_threads_and_processes_share_an_index(index: LinkingIndex) -> None:
    mentions = ["ovarian tumors", "brest cancer", "familial"] * 20
    expected = [(index.same_words(mention), index.same_letters(mention)) for mention in mentions]
    with ThreadPoolExecutor(4) as pool:
        assert [
            *pool.map(lambda mention: (index.same_words(mention), index.same_letters(mention)), mentions)
        ] == expected
    other = pickle.loads(pickle.dumps(index))
    assert [(other.same_words(mention), other.same_letters(mention)) for mention in mentions] == expected


def test_names_of_many_batches_are_those_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_index(CONCEPTS, tmp_path / "one")
    monkeypatch.setattr("zoo.linking.build._AT_ONCE", 2)
    build_index(CONCEPTS, tmp_path / "many")
    found = [
        [*sqlite3.connect(tmp_path / name).execute(f"SELECT * FROM {table} ORDER BY 1, 2")]
        for name in ("one", "many")
        for table in ("name", "form", "gram", "word", "alias", "parent")
    ]
    assert found[:6] == found[6:]
    assert len(found[1]) > 20


def test_an_index_gives_its_concepts_back(index: LinkingIndex) -> None:
    concepts = {concept.id: concept for concept in index.concepts()}
    assert concepts["MESH:D001943"][1:3] == (
        "Breast Neoplasms",
        ("Breast Cancer", "Cancer of the Breast", "brest ca", "familial ca"),
    )
    assert concepts["HP:1"] == Concept("HP:1", "Cancer", (), type="phenotype")
    assert [index.preferred(id_) for id_ in ("MESH:D9", "X:1")] == ["Neoplasms", None]
