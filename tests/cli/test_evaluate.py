"""``zoo evaluate`` on predictions of any system: gold and predicted files, compared, broken down and drawn."""

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, Zoo
from zoo.data import formats
from zoo.data.document import Document, Span

TEXT = "Wilson disease and gout . No fever ."
GOLD = [
    Document("a", TEXT, (Span.of(0, 14, "D"), Span.of(19, 23, "D"), Span.of(29, 34, "S"))),
    Document("b", TEXT, (Span.of(0, 14, "D"),)),
]
MINE = [
    GOLD[0].with_spans([Span.of(0, 14, "D", 0.9), Span.of(29, 34, "D", 0.4)]),
    GOLD[1].with_spans([Span.of(0, 6, "D", 0.6)]),
]
THEIRS = [GOLD[0].with_spans([Span.of(0, 14, "D", 0.8)]), GOLD[1].with_spans([Span.of(0, 14, "D", 0.8)])]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, documents in (("gold", GOLD), ("mine", MINE[::-1]), ("theirs", THEIRS)):
        formats.write(documents, tmp_path / f"{name}.jsonl", "jsonl")
        formats.write(documents, tmp_path / f"{name}-brat", "brat")
        formats.write(documents, tmp_path / f"{name}.conll", "conll")
    return tmp_path


def written(path: Path) -> dict:
    return json.loads((path / "scores.json").read_text())


@pytest.mark.parametrize("kind", ["{}.jsonl", "{}-brat", "{}.conll"])
def test_predictions_of_any_format_in_any_order(zoo: Zoo, files: Path, kind: str) -> None:
    mine = "mine.jsonl" if kind == "{}.conll" else kind.format("mine")  # written in the other order
    gold = "gold.jsonl" if kind == "{}.conll" else kind.format("gold")
    said = zoo("evaluate", files / mine, files / gold, "--json", files / "scores.json")
    assert said.code == 0, said.err
    (row,) = written(files)["scores"]
    assert (row["scorer"], row["micro"]["tp"], row["micro"]["fp"], row["micro"]["fn"]) == ("strict", 1, 2, 3)


def test_annotations_without_texts_take_those_of_the_gold_documents(zoo: Zoo, files: Path) -> None:
    for text in (files / "mine-brat").glob("*.txt"):
        text.unlink()
    said = zoo("evaluate", files / "mine-brat", files / "gold.jsonl", "--json", files / "scores.json")
    assert said.code == 0, said.err
    assert written(files)["scores"][0]["micro"]["tp"] == 1


def test_scorers_groups_errors_and_files(zoo: Zoo, files: Path) -> None:
    pytest.importorskip("matplotlib")
    said = zoo(
        *("evaluate", files / "mine.jsonl", files / "gold.jsonl", "--against", files / "theirs.jsonl"),
        *("--scorer", "strict", "--scorer", "semeval-exact", "--by", "length", "--by", "seen"),
        *("--train", files / "gold.jsonl", "--errors", "--calibration", "--plot", files / "figures"),
        *("--json", files / "scores.json", "--csv", files / "scores.csv", "--errors-csv", files / "errors.csv"),
    )
    assert said.code == 0, said.err
    found = written(files)
    assert [(row["scorer"], row["micro"]["tp"]) for row in found["scores"]] == [
        ("strict", 1),
        ("semeval-exact", 2),
        ("strict", 2),
        ("semeval-exact", 2),
    ]
    assert {row["scorer"] for row in found["by"]} == {"strict by length", "strict by seen"}
    assert [row["metric"] for row in found["comparison"]][:3] == ["precision", "recall", "f1"]
    assert found["error_overlap"]["found"]["all"]["second"] == 1
    assert found["calibration"]["as given"]["spans"] == 3
    assert sum(sum(labels.values()) for labels in found["errors"]["errors"]["false negative"].values()) == 3
    with open(files / "scores.csv") as file:
        rows = list(csv.DictReader(file))
    assert {row["system"] for row in rows} == {str(files / "mine.jsonl"), str(files / "theirs.jsonl")}
    with open(files / "errors.csv") as file:
        assert len(list(csv.DictReader(file))) == 5
    for name in ("scores-strict", "by-length", "by-seen", "errors", "confusion", "calibration"):
        assert (files / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_scorers_of_tags_see_the_tags_of_the_files(zoo: Zoo, tmp_path: Path) -> None:
    (tmp_path / "gold.conll").write_text("Wilson\tB-D\ndisease\tI-D\n.\tO\n")
    (tmp_path / "mine.conll").write_text("Wilson\tI-D\ndisease\tI-D\n.\tO\n")
    scorers = ("--scorer", "seqeval-lenient", "--scorer", "seqeval-strict-IOB2")
    said = zoo(
        *("evaluate", tmp_path / "mine.conll", tmp_path / "gold.conll", *scorers, "--json", tmp_path / "scores.json")
    )
    assert said.code == 0, said.err
    assert [row["micro"]["tp"] for row in written(tmp_path)["scores"]] == [1, 0]  # the orphan I- is the difference
    (tmp_path / "mine.conll").write_text("Wilson\tI-D\nDisease\tI-D\n.\tO\n")
    assert zoo("evaluate", tmp_path / "mine.conll", tmp_path / "gold.conll", *scorers).code == 2


def test_labels_are_chosen_and_renamed(zoo: Zoo, files: Path) -> None:
    call = ("evaluate", files / "mine.jsonl", files / "gold.jsonl", "--json", files / "scores.json")
    assert zoo(*call, "--labels", "S").code == 0
    assert written(files)["scores"][0]["micro"]["fn"] == 1
    assert zoo(*call, "--rename", "S=D").code == 0
    assert written(files)["scores"][0]["micro"]["tp"] == 2
    assert zoo(*call, "--rename", "S=").code == 0
    assert list(written(files)["scores"][0]["labels"]) == ["D"]


def test_the_scorers_are_listed(zoo: Zoo) -> None:
    said = zoo("evaluate", "--scorers")
    assert said.code == 0
    assert "bc2gm-official" in said.out
    assert "pharmaconer-track1" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scorer", "strickt"], "Did you mean 'strict'"),
        (["--by", "lenght"], "Did you mean 'length'"),
        (["--by", "seen"], "Expected --train"),
        (["--rename", "S"], "Expected --rename OLD=NEW but got 'S'"),
        (["--rename", "=D"], "Expected --rename OLD=NEW but got '=D'"),
        (["--rename", "X=D"], "Expected --rename to name labels out of D, S but got 'X'"),
        (["--labels", "D,X"], "Expected --labels to name labels out of D, S but got 'X'"),
        (["--rename", "S=", "--rename", "D="], "no label is left"),
        (["--split", "dev"], "has no splits: leave --split out"),
        (["--dev", "dev.jsonl"], "Expected --dev with --calibration"),
        (["--plot", "{files}/gold.jsonl"], "Expected --plot to name a folder but"),
        (["--scorer", "pharmaconer-track2"], "the codes of pharmaconer-track2, but gold has none"),
        (["--against", "{files}/none.jsonl"], "No file, folder or checkpoint (`zoo list`) of that name"),
    ],
)
def test_mistakes_are_one_line(zoo: Zoo, files: Path, arguments: list[str], message: str) -> None:
    given = [argument.format(files=files) for argument in arguments]
    said = zoo("evaluate", files / "mine.jsonl", files / "gold.jsonl", *given)
    assert (said.code, said.out, message in said.err) == (2, "", True), said.err
    assert said.err.count("\n") == 1


def test_other_documents_are_refused(zoo: Zoo, files: Path) -> None:
    formats.write(MINE[:1], files / "one.jsonl", "jsonl")
    said = zoo("evaluate", files / "one.jsonl", files / "gold.jsonl")
    assert said.code == 2
    assert "1 missing: b" in said.err


def test_scores_are_needed_for_calibration(zoo: Zoo, files: Path) -> None:
    said = zoo("evaluate", files / "gold-brat", files / "gold.jsonl", "--calibration")
    assert (said.code, "spans with scores" in said.err) == (2, True), said.err


def test_a_temperature_is_fitted_on_predictions_of_dev(zoo: Zoo, files: Path) -> None:
    call = ("evaluate", files / "mine.jsonl", files / "gold.jsonl", "--calibration", "--json", files / "scores.json")
    assert zoo(*call).code == 0
    assert "temperature" not in written(files)
    said = zoo(*call, "--dev", files / "theirs.jsonl", "--dev-gold", files / "gold.jsonl")
    assert said.code == 0, said.err
    assert written(files)["temperature"] == pytest.approx(0.01, rel=1e-3)  # both are right: never sure enough


def test_the_files_beside_a_list_of_mentions_are_no_splits(zoo: Zoo, tmp_path: Path) -> None:
    (tmp_path / "test.in").write_text("s1 a p53 gene\ns2 none\n")
    (tmp_path / "GENE.eval").write_text("s1|1 7|p53 gene\n")
    (tmp_path / "ALTGENE.eval").write_text("s1|1 3|p53\n")
    (tmp_path / "test.idmap").write_text("s1\n")
    (tmp_path / "mine").write_text("s1|1 3|p53\ns2|0 3|none\n")
    call = ("evaluate", tmp_path / "mine", tmp_path, "--scorer", "strict", "--scorer", "bc2gm-official")
    said = zoo(*call, "--json", tmp_path / "scores.json")
    assert said.code == 0, said.err
    assert [row["micro"]["tp"] for row in written(tmp_path)["scores"]] == [0, 1]


def test_codes_of_brat_notes(zoo: Zoo, tmp_path: Path) -> None:
    for folder, code in (("gold", "C1"), ("mine", "C1")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text("hierro")
        (tmp_path / folder / "a.ann").write_text(f"T1\tNORMALIZABLES 0 6\thierro\n#1\tAnnotatorNotes T1\t{code}\n")
    call = ("evaluate", tmp_path / "mine", tmp_path / "gold", "--scorer", "pharmaconer-track2")
    said = zoo(*call, "--json", tmp_path / "scores.json")
    assert (said.code, said.err.strip()) == (0, f"zoo: wrote {tmp_path / 'scores.json'}")
    assert written(tmp_path)["scores"][0]["micro"]["tp"] == 1


def test_one_document_is_compared_span_by_span_alone(zoo: Zoo, files: Path) -> None:
    for name, documents in (("gold", GOLD), ("mine", MINE), ("theirs", THEIRS)):
        formats.write(documents[:1], files / f"{name}-one.jsonl", "jsonl")
    call = ("evaluate", files / "mine-one.jsonl", files / "gold-one.jsonl", "--against", files / "theirs-one.jsonl")
    said = zoo(*call, "--json", files / "scores.json")
    assert said.code == 0, said.err
    assert "they need at least 2 documents" in said.err
    assert (written(files)["comparison"], written(files)["error_overlap"]["found"]["all"]["both"]) == ([], 1)


def test_labels_that_gold_does_not_have_are_said(zoo: Zoo, files: Path) -> None:
    said = zoo("evaluate", files / "mine.jsonl", files / "gold.jsonl", "--rename", "D=Disease", "--rename", "S=")
    assert (said.code, said.err) == (0, "")
    formats.write([document.relabel({"D": "Disorder"}) for document in MINE], files / "other.jsonl", "jsonl")
    said = zoo("evaluate", files / "other.jsonl", files / "gold.jsonl")
    assert said.code == 0
    assert "3 spans of Disorder, but gold has only D, S; --rename Disorder=… may help" in said.err


def test_columns_are_scored_against_the_texts_they_were_cut_from(zoo: Zoo, files: Path) -> None:
    said = zoo("evaluate", files / "theirs.conll", files / "gold.jsonl", "--json", files / "scores.json")
    assert said.code == 0, said.err
    assert written(files)["scores"][0]["micro"]["tp"] == 2


def test_the_words_of_columns_are_those_of_the_file(zoo: Zoo, tmp_path: Path) -> None:
    for name in ("gold.conll", "mine.conll"):
        (tmp_path / name).write_text("-DOCSTART- (a)\n\nIL-2\tB-P\nacts\tO\n\nIL-2\tB-P\n")
    formats.write(formats.read(tmp_path / "gold.conll"), tmp_path / "mine.jsonl", "jsonl")
    scorers = ("--scorer", "token", "--scorer", "seqeval-lenient", "--by", "length")
    for mine in ("mine.conll", "mine.jsonl"):
        call = ("evaluate", tmp_path / mine, tmp_path / "gold.conll", *scorers)
        said = zoo(*call, "--json", tmp_path / "scores.json")
        assert said.code == 0, said.err
        found = written(tmp_path)
        assert [(row["documents"], row["micro"]["tp"]) for row in found["scores"]] == [(1, 2), (1, 2)]
        assert list(found["by"][0]["labels"]) == ["1 word"]


def test_a_folder_of_predictions_is_no_checkpoint(zoo: Zoo, tmp_path: Path) -> None:
    said = zoo("evaluate", TINY / "dev.pubtator", TINY / "dev.pubtator")
    assert said.code == 0
    assert "100.00" in said.out


def test_results_on_standard_output_stand_there_alone(zoo: Zoo, files: Path) -> None:
    said = zoo("evaluate", files / "mine.jsonl", files / "gold.jsonl", "--json", "-")
    assert json.loads(said.out)["scores"]
    assert "strict" in said.err
    assert zoo("evaluate", files / "mine.jsonl", files / "gold.jsonl", "--csv", files).code == 2


def test_official_scorers_say_what_they_are_meant_for(zoo: Zoo, files: Path) -> None:
    said = zoo("evaluate", files / "mine.jsonl", files / "gold.jsonl", "--scorer", "bc2gm-official")
    assert "meant for bc2gm" in said.err
    said = zoo("evaluate", files / "mine.jsonl", files / "gold.jsonl", "--scorer", "pharmaconer-track1")
    assert "PharmaCoNER's labels" in said.err
