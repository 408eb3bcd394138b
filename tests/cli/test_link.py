"""``zoo link``: from a terminology to linked documents, as a user goes."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Zoo
from zoo.data import formats

NAMES = (
    "# Fields:\n# DiseaseName\tDiseaseID\tAltDiseaseIDs\tParentIDs\tSynonyms\n"
    "Breast Neoplasms\tMESH:D001943\tOMIM:114480\t\tBreast Cancer\n"
    "Ovarian Neoplasms\tMESH:D010051\t\t\tOvarian Cancer\n"
    "Colorectal Neoplasms\tMESH:D015179\t\t\tColorectal Cancer\n"
)
ARTICLES = """1|t|Breast cancer and ovarian tumours
1|a|Colo-rectal cancers (CRC) are no mamma ca. A xyzzy is none. CRC again.
1	0	13	Breast cancer	Disease	OMIM:114480
1	18	33	ovarian tumours	Disease	D010051
1	34	53	Colo-rectal cancers	Disease	D015179
1	55	58	CRC	Disease	D015179
1	67	75	mamma ca	Disease	D001943
1	79	84	xyzzy	Disease	-1
1	94	97	CRC	Disease	D015179

"""


@pytest.fixture
def index(zoo: Zoo, tmp_path: Path) -> Path:
    (tmp_path / "medic.tsv").write_text(NAMES)
    (tmp_path / "articles.pubtator").write_text(ARTICLES)
    said = zoo("link", "build", tmp_path / "medic.tsv", "--out", tmp_path / "i.sqlite")
    assert said.code == 0
    assert "3 concepts, 6 names" in said.out
    return tmp_path / "i.sqlite"


def concepts(path: Path) -> list[str]:
    return ["|".join(span.concepts) for document in formats.read(path) for span in document.spans]


LINKED = ["MESH:D001943", "MESH:D010051", "MESH:D015179", "MESH:D015179", "", "", "MESH:D015179"]


@pytest.mark.parametrize("ending", ["pubtator", "jsonl", "xml"])
def test_apply(zoo: Zoo, index: Path, ending: str) -> None:
    output = index.parent / f"linked.{ending}"
    to = () if ending != "xml" else ("--to", "bioc")
    said = zoo("link", "apply", index, index.parent / "articles.pubtator", "--output", output, *to)
    assert said.code == 0
    assert "zoo: 5 of 7 mentions have a concept" in said.err
    assert concepts(output) == LINKED


def test_brat_gets_normalization_lines_and_track_2_codes(zoo: Zoo, index: Path) -> None:
    articles, folder = index.parent / "articles.pubtator", index.parent
    zoo("link", "apply", index, articles, "--to", "brat", "--output", folder / "brat")
    (annotations,) = (folder / "brat").glob("*.ann")
    assert "\tReference T1 MESH:D001943\t" in annotations.read_text()
    zoo("link", "apply", index, articles, "--to", "track2", "--output", folder / "codes.tsv")
    assert (folder / "codes.tsv").read_text() == "1\tMESH:D001943\n1\tMESH:D010051\n1\tMESH:D015179\n"


def test_mentions_are_names_too(zoo: Zoo, index: Path) -> None:
    folder = index.parent
    mentions = ("--mentions", folder / "articles.pubtator", "--label", "Disease")
    said = zoo("link", "build", folder / "medic.tsv", *mentions, "--out", folder / "more.sqlite")
    assert "3 concepts, 11 names" in said.out
    zoo("link", "apply", folder / "more.sqlite", folder / "articles.pubtator", "--output", folder / "l.jsonl")
    assert concepts(folder / "l.jsonl")[4] == "MESH:D001943"


def test_evaluate(zoo: Zoo, index: Path) -> None:
    folder = index.parent
    articles = folder / "articles.pubtator"
    zoo("link", "apply", index, articles, "--output", folder / "linked.jsonl")
    options = ("--predicted", folder / "linked.jsonl", "--errors", "5", "--out", folder / "scores.json")
    said = zoo("link", "evaluate", index, articles, *options)
    assert said.code == 0
    assert "6 mentions: 83.33 % right" in said.out
    assert "concepts by document: F1 1.0000" in said.out
    assert "mentions with their concept: F1 0.9091" in said.out  # 5 of 6, and nothing else
    assert "mamma ca  gold MESH:D001943" in said.out
    assert json.loads((folder / "scores.json").read_text())["mentions"] == 6


ENCODER = Path(__file__).parent.parent / "fixtures" / "encoder"


def test_an_encoder_compares_meanings(zoo: Zoo, index: Path) -> None:
    plain = zoo("link", "explain", index, "tumor of ovaris")
    with_encoder = zoo("link", "explain", index, "tumor of ovaris", "--encoder", ENCODER)
    assert (plain.code, with_encoder.code) == (0, 0)
    shown = [dict(re.findall(r"(Ovarian \w+).*?(\d\.\d{3})", said.out)) for said in (plain, with_encoder)]
    assert shown[0]["Ovarian Neoplasms"] != shown[1]["Ovarian Neoplasms"]
    said = zoo("link", "explain", index, "tumor", "--encoder", "feature_crf.ncbi-disease")
    assert said.code == 2
    assert "feature_crf has no encoder — expected a bert tagger, or an encoder's folder" in said.err
    assert "No encoder at" in zoo("link", "explain", index, "tumor", "--encoder", index.parent / "none").err


def test_tagging_links_by_the_same_options(zoo: Zoo, index: Path) -> None:
    texts, codes = index.parent / "texts.txt", index.parent / "codes.tsv"
    texts.write_text("Breast cancer and colorektal cancers were found.\n")
    options = ("tag", texts, "--checkpoint", "feature_crf.ncbi-disease", "--link", index, "--to", "track2")
    assert zoo(*options, "--output", codes).code == 0
    assert [line.split("\t")[1] for line in codes.read_text().splitlines()] == ["MESH:D001943", "MESH:D015179"]
    assert zoo(*options, "--output", codes, "--link-threshold", "0.95").code == 0
    assert [line.split("\t")[1] for line in codes.read_text().splitlines()] == ["MESH:D001943"]


def test_explain_shows_each_stage(zoo: Zoo, index: Path) -> None:
    said = zoo("link", "explain", index, "tumours of the ovary")
    assert said.code == 0
    assert "sought as: tumours of the ovary | tumor of the ovary | ovary tumor | neoplasm ovary" in said.out
    for stage in ("written", "folded", "stemmed", "sorted", "alike", "words", "letters"):
        assert stage in said.out
    assert "linked to: MESH:D010051 Ovarian" in said.out


def test_names_with_brackets_are_shown_and_what_is_unlikely_is_nil(zoo: Zoo, index: Path) -> None:
    (index.parent / "names.tsv").write_text("mesh_id\tmesh_name\nD000001\tbenzo[a]pyrene\nD000002\tmean [/b] range\n")
    zoo("link", "build", index.parent / "names.tsv", "--out", index.parent / "b.sqlite")
    assert "benzo[a]pyrene" in zoo("link", "explain", index.parent / "b.sqlite", "benzo(a)pyrene").out
    assert "mean [/b] range" in zoo("link", "explain", index.parent / "b.sqlite", "mean range").out
    said = zoo("link", "explain", index, "breast reduction", "--threshold", "0.9")
    assert "linked to: NIL, for less than 0.9 is MESH:D001943" in said.out


def test_tag_links_what_it_finds(zoo: Zoo, index: Path, checkpoint: Path) -> None:
    said = zoo("tag", "-c", checkpoint, "--link", index, stdin="A rare breast cancer of the lung.")
    rows = [line.split("\t") for line in said.out.splitlines()]
    assert rows
    assert all(len(row) == 7 for row in rows)
    assert {row[6] for row in rows} & {"MESH:D001943", ""} == {row[6] for row in rows}
    plain = zoo("tag", "-c", checkpoint, stdin="A rare breast cancer of the lung.")
    assert [row[:6] for row in rows] == [line.split("\t") for line in plain.out.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("apply", "none.sqlite", "articles.pubtator"), "No index at none.sqlite; make one with `zoo link build`"),
        (("apply", "medic.tsv", "articles.pubtator"), "medic.tsv: is no index"),
        (("build", "none.obo", "--out", "x.sqlite"), "No none.obo, neither below the working directory nor below"),
        (
            ("build", "medic.tsv", "--language", "fr", "--out", "x.sqlite"),
            "Expected a language out of en, es but got 'fr'",
        ),
        (("build", "medic.tsv", "--calibrate", "articles.pubtator", "--out", "x.sqlite"), "at least 50 mentions"),
    ],
)
def test_mistakes_are_told(
    zoo: Zoo, index: Path, arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(index.parent)
    said = zoo("link", *arguments)
    assert said.code == 2
    assert message in said.err
    assert not Path("x.sqlite").exists()


def test_names_in_raw_text_become_concepts_that_vectors_are_trained_of(zoo: Zoo, tmp_path: Path) -> None:
    (tmp_path / "decs.tsv").write_text("#DeCS_code\tTerm_Spanish\tSynonyms\n2\tfiebre\tpirexia\n3\ttos\tToses\n")
    (tmp_path / "a.txt").write_text("La Fiebre y la tos.\n\nSin pirexia, 2 toses.\n")
    index, found = tmp_path / "decs.sqlite", tmp_path / "found.jsonl"
    built = zoo("link", "build", tmp_path / "decs.tsv", "--language", "es", "--prefix", "DeCS:", "--out", index)
    assert built.code == 0
    said = zoo("link", "recognize", index, tmp_path / "a.txt", "--out", found)
    assert said.code == 0
    assert "zoo: 4 mentions of 2 concepts" in said.err
    documents = list(formats.read(found))
    assert [document.id for document in documents] == ["a.txt-1", "a.txt-3"]
    assert [[span.slice(each.text) for span in each.spans] for each in documents] == [
        ["Fiebre", "tos"],
        ["pirexia", "toses"],
    ]
    assert concepts(found) == ["DeCS:2", "DeCS:3", "DeCS:2", "DeCS:3"]
    options = ("--concepts", "DeCS:[0-9]+", "--out", tmp_path / "vectors", "--min-count", "1", "--epochs", "1")
    assert zoo("embed", "--text", found, *options).code == 0
    shown = zoo("vectors", "neighbours", tmp_path / "vectors", "DeCS:2", "--index", index)
    assert "DeCS:2 (fiebre)" in shown.out
    assert "DeCS:3 (tos)" in shown.out


def test_abbreviations_of_texts_help_the_linker(zoo: Zoo, index: Path) -> None:
    texts, table = index.parent / "texts.txt", index.parent / "pairs.tsv"
    texts.write_text("Of breast cancer (BC).\nThen breast cancer (BC).\n")
    said = zoo("link", "abbreviations", texts, "--out", table)
    assert said.code == 0
    assert "1 abbreviations, 1 long forms" in said.out
    assert "linked to: NIL, for no name is like it" in zoo("link", "explain", index, "BC").out
    assert "linked to: MESH:D001943" in zoo("link", "explain", index, "BC", "--abbreviations", table).out


def test_documents_keep_their_ids_and_what_they_introduce(zoo: Zoo, index: Path) -> None:
    folder = index.parent
    (folder / "b").mkdir()
    (folder / "b" / "texts.txt").write_text("Of ovarian cancer.")
    (folder / "texts.txt").write_text("Of breast cancer.")
    (folder / "one.pubtator").write_text("7|t|Breast cancer (BC) in men\n7|a|BC is rare.\n\n")
    texts = (folder / "texts.txt", folder / "b" / "texts.txt", folder / "one.pubtator")
    assert zoo("link", "recognize", index, *texts, "--to", "brat", "--output", folder / "found").code == 0
    assert sorted(path.stem for path in (folder / "found").glob("*.txt")) == ["7", "texts.txt-1", "texts.txt-1-2"]
    spans = next(document for document in formats.read(folder / "found") if document.id == "7").spans
    assert [span.start for span in spans] == [0, 15, 26]


def test_what_is_read_is_not_overwritten(zoo: Zoo, index: Path) -> None:
    folder = index.parent
    (folder / "texts.txt").write_text("Of breast cancer (BC).")
    for arguments in (
        ("build", folder / "medic.tsv", "--out", folder / "medic.tsv"),
        ("apply", index, folder / "articles.pubtator", "--output", folder / "articles.pubtator"),
        ("apply", index, folder / "articles.pubtator", "--output", index, "--to", "jsonl"),
        ("recognize", index, folder / "texts.txt", "--output", folder / "texts.txt", "--to", "jsonl"),
        ("abbreviations", folder / "texts.txt", "--out", folder / "texts.txt"),
    ):
        said = zoo("link", *arguments)
        assert said.code == 2, arguments
        assert "would overwrite the input" in said.err
    assert (folder / "medic.tsv").read_text() == NAMES
    assert (folder / "articles.pubtator").read_text() == ARTICLES


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("build", "medic.tsv", "--out", "o", "--encoder", "x"), "Expected --calibrate with --encoder"),
        (("build", "medic.tsv", "--out", "o", "--label", "X"), "Expected --mentions or --calibrate with --label"),
        (("build", "plain.txt", "--out", "o", "--prefix", "X:"), "plain text is no terminology"),
        (("apply", "i.sqlite", "articles.pubtator", "--output", "o.zzz"), "Expected --to, one of brat, pubtator"),
        (("recognize", "i.sqlite", "plain.txt", "--output", "o.txt"), "Expected --to, one of brat, pubtator"),
        (("evaluate", "i.sqlite", "none.pubtator"), "no mention has a concept — expected what links are compared with"),
        (("explain", "i.sqlite", "x", "--encoder", "broken"), "config.json: is not JSON"),
    ],
)
def test_what_would_do_nothing_or_harm_is_refused(
    zoo: Zoo, index: Path, arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = index.parent
    monkeypatch.chdir(folder)
    (folder / "plain.txt").write_text("breast cancer\n")
    (folder / "none.pubtator").write_text("1|t|Of breast cancer\n1|a|\n1\t3\t16\tbreast cancer\tDisease\t-1\n\n")
    (folder / "broken").mkdir()
    (folder / "broken" / "config.json").write_text("{")
    said = zoo("link", *arguments)
    assert said.code == 2
    assert message in said.err
    assert not [*folder.glob("o*")]


def test_linking_options_need_an_index(zoo: Zoo, index: Path) -> None:
    options = ("--link-threshold", "0.9", "--encoder", "x")
    said = zoo("tag", index.parent / "articles.pubtator", *options)
    assert said.code == 2
    assert "Expected --link, an index of `zoo link build`, with --link-threshold and --encoder" in said.err


def test_an_index_with_a_prefix_knows_mentions_by_either_id(zoo: Zoo, tmp_path: Path) -> None:
    (tmp_path / "names.tsv").write_text("id\tname\n1\tasthma\n2\tcough\n")
    (tmp_path / "seen.pubtator").write_text("1|t|A wheeze\n1|a|\n1\t2\t8\twheeze\tDisease\t1\n\n")
    index = tmp_path / "i.sqlite"
    options = ("--prefix", "DeCS:", "--mentions", tmp_path / "seen.pubtator", "--out", index)
    assert "2 concepts, 3 names" in zoo("link", "build", tmp_path / "names.tsv", *options).out
    assert "linked to: DeCS:1 wheeze" in zoo("link", "explain", index, "wheeze").out
    assert "1 mentions: 100.00 % right" in zoo("link", "evaluate", index, tmp_path / "seen.pubtator").out
