"""The commands as a person runs them, in this process; errors are one line, not a traceback."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Said, Zoo
from zoo.cli import starting
from zoo.cli.train import say_how_it_ended
from zoo.data import formats
from zoo.hub.index import load
from zoo.training.fit import TrainingConfig
from zoo.training.recipe import read_recipe

FIXTURES = Path(__file__).parent.parent / "fixtures"
TINY = FIXTURES / "tiny"
TEXT = "Boys with Duchenne muscular dystrophy were treated. The cancer spread."


def test_help_teaches(zoo: Zoo) -> None:
    said = zoo("--help")
    assert said.code == 0
    for command in ("tag", "explain", "demo", "list", "evaluate", "train", "embed"):
        assert command in said.out
        assert f"zoo {command}" in zoo(command, "--help").out or command == "demo"


def test_keys_of_a_recipe(zoo: Zoo) -> None:
    said = zoo("train", "--keys")
    assert said.code == 0
    for key in ("--optimizer.learning_rate", "--training.epochs", "--codec.scheme", "--trainer.devices"):
        assert key in said.out


@pytest.mark.skipif(any(Path(device).exists() for device in starting._GPUS), reason="Triton is for the GPU here")
def test_where_there_is_no_gpu_triton_waits_until_it_is_asked_for() -> None:
    pytest.importorskip("triton")
    code = """
import sys
from zoo.cli.starting import quick_imports
with quick_imports():
    import pytorch_lightning
assert "torch._dynamo" in sys.modules and "triton" not in sys.modules
import triton.language
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_process_ends_without_a_word_of_what_libraries_believe_to_have_leaked() -> None:
    said = subprocess.run([sys.executable, "-m", "zoo", "train", "--keys"], capture_output=True, text=True, check=True)
    assert said.stderr == ""


def test_tag_standard_input_as_lines(zoo: Zoo, checkpoint: Path) -> None:
    said = zoo("tag", "-c", checkpoint, stdin=TEXT)
    assert said.code == 0, said.err
    rows = [line.split("\t") for line in said.out.splitlines()]
    expected = load(checkpoint).tag([TEXT])[0].spans
    assert [(int(row[1]), int(row[2]), row[3], row[4]) for row in rows] == [
        (span.start, span.end, span.label, span.slice(TEXT)) for span in expected
    ]
    assert expected


@pytest.mark.parametrize("target", ["brat", "pubtator", "conll", "html"])
def test_tag_any_format_to_any(zoo: Zoo, checkpoint: Path, tmp_path: Path, target: str) -> None:
    sources = {"pubtator": TINY / "test.pubtator"}
    documents = list(formats.read(sources["pubtator"]))
    for source in ("brat", "conll"):
        sources[source] = tmp_path / f"source.{source}"
        formats.write(documents, sources[source], source)
    (tmp_path / "texts").mkdir()
    for document in documents:
        (tmp_path / "texts" / f"{document.id}.txt").write_text(document.text)
    sources["text"] = tmp_path / "texts"
    for source, path in sources.items():
        output = tmp_path / f"{source}-to-{target}"
        said = zoo("tag", path, "-c", checkpoint, "--from", source, "--to", target, "-o", output)
        assert said.code == 0, said.err
        if target != "html":
            found = list(formats.read(output, target))
            assert len(found) == 2
            assert [len(document.spans) > 0 for document in found] == [True, True]
        else:
            assert "Asthma" in output.read_text(encoding="utf-8")


def test_the_ending_of_the_output_names_the_format(zoo: Zoo, checkpoint: Path, tmp_path: Path) -> None:
    for name, begins in (
        ("a.html", "<!doctype html>"),
        ("a.pubtator", "31|t|"),
        ("a.conll", "-DOCSTART-"),
        ("a.tsv", "31\t"),
    ):
        assert zoo("tag", TINY / "test.pubtator", "-c", checkpoint, "-o", tmp_path / name).code == 0
        assert (tmp_path / name).read_text(encoding="utf-8").lower().startswith(begins.lower())


def test_what_a_format_cannot_hold_is_said(zoo: Zoo, checkpoint: Path, tmp_path: Path) -> None:
    said = zoo("tag", "-c", checkpoint, "--to", "brat", "-o", tmp_path / "b", stdin=TEXT)
    assert "brat cannot hold" in said.err
    assert "score" in said.err


def test_evaluate(zoo: Zoo, checkpoint: Path, tmp_path: Path) -> None:
    said = zoo("evaluate", checkpoint, TINY, "--json", tmp_path / "scores.json", "--resamples", "100")
    assert said.code == 0, said.err
    assert "Disease" in said.out
    assert "micro" in said.out
    assert "recall cannot exceed" not in said.out  # the tags hold every gold span
    written = json.loads((tmp_path / "scores.json").read_text())
    metrics = json.loads((checkpoint / "metrics.json").read_text())
    assert written["scores"][0]["micro"]["f1"] == metrics["test"]["micro"]["f1"]
    alone = zoo("evaluate", checkpoint, TINY / "test.pubtator", "--resamples", "100")
    assert alone.out == said.out  # a file without splits is scored as it is


def test_train_prints_where_the_checkpoint_lies(zoo: Zoo, tmp_path: Path) -> None:
    arguments = ["--corpus", TINY, "--output", tmp_path / "run", "--training.epochs", "1", "--progress", "false"]
    said = zoo("train", TINY / "recipe.yaml", *arguments)
    assert said.code == 0, said.err
    assert "strict F1" in said.out
    assert load(tmp_path / "run" / "checkpoint").key == "char_cnn_bilstm_crf"
    again = zoo("train", TINY / "recipe.yaml", *arguments)
    assert again.code == 2
    assert "holds a run already; go on with --resume, choose another --output" in again.err
    assert zoo("train", TINY / "recipe.yaml", *arguments, "--resume").code == 0


def test_training_says_how_it_ended(zoo: Zoo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--training.epochs", "9", "--training.patience", "2", "--optimizer.learning_rate", "1e-9"]
    said = zoo("train", TINY / "recipe.yaml", "--corpus", TINY, "--output", tmp_path / "run", *words)
    assert "stopped after 3 of 9 epochs: no better dev F1 in 2\n" in said.out
    for found in (0, 1):
        say_how_it_ended({"epochs": 9, "dev": {"micro": {"tp": found}}}, TrainingConfig(epochs=9), pretrained=True)
        out, err = capsys.readouterr()
        assert out == ""
        assert ("no span of the dev documents was found; a small corpus takes more steps: try --tr" in err) == (
            not found
        )
        assert "vectors" not in err  # it has some


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tag", "nowhere.txt"], "zoo: No such file or folder: nowhere.txt."),
        (["tag", "-c", "char_cnn_bilstm_cfr.ncbi"], "is neither a checkpoint that ships"),
        (["tag", "--to", "brat"], "zoo: brat is a folder of files; name one with --output."),
        (["tag", "--to", "brta", "-o", "x"], "brat"),
        (
            ["evaluate", "missing", "ncbi-disease"],
            "zoo: No file, folder or checkpoint (`zoo list`) of that name: missing.",
        ),
        (["list", "nothing*"], "zoo: No checkpoint is named like 'nothing*'"),
        (["train", "missing.yaml"], "zoo: No such recipe: missing.yaml."),
        (["tag", TINY, "--to", "html", "-o", TINY / "test.pubtator"], "would overwrite the input"),
        (["tag", TINY / "test.pubtator", "--to", "brat", "-o", TINY], "would overwrite the input"),
        (["tag", TINY / "test.pubtator", "--to", "html", "-o", TINY], "is a folder; html needs a file."),
        (["tag", "--to", "brat", "-o", TINY / "recipe.yaml"], "is a file; brat needs a folder."),
        (["evaluate", "any", TINY / "recipe.yaml", "--format", "text"], "holds no annotated spans to score against"),
    ],
)
def test_mistakes_are_one_line(zoo: Zoo, arguments: list[str], message: str) -> None:
    said = zoo(*arguments, stdin=TEXT)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err


def recipe_with(tmp_path: Path, old: str, new: str) -> Path:
    path = tmp_path / "recipe.yaml"
    text = (TINY / "recipe.yaml").read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_a_misspelt_recipe_key_exactly(zoo: Zoo, tmp_path: Path) -> None:
    recipe = recipe_with(tmp_path, "epochs:", "epoch:")
    said = zoo("train", recipe, "--output", tmp_path / "run").err
    start = f"zoo: {recipe}:16: unknown key 'training.epoch'; valid here: epochs, patience, keep, batch_words, "
    end = r"[a-z_]+(, [a-z_]+)* — did you mean 'training\.epochs'\?\n"
    assert re.fullmatch(re.escape(start) + end, said), said


def test_a_misspelt_key_on_the_command_line(zoo: Zoo, tmp_path: Path) -> None:
    for words, message in [
        (["--training.epoch", "5"], "--training.epoch: unknown key 'training.epoch'; valid here: epochs"),
        (["--sed", "5"], "--sed: unknown key 'sed'; valid here: corpus"),
        (["--model.hiden", "5"], "did you mean 'model.hidden'?"),
        (["--model.hidden", "wide"], "hidden"),
    ]:
        said = zoo("train", TINY / "recipe.yaml", "--output", tmp_path / "run", *words)
        assert said.code == 2
        assert message in said.err
        assert "Traceback" not in said.err


def test_a_recipe_with_byte_order_mark_and_crlf(zoo: Zoo, tmp_path: Path) -> None:
    text = (TINY / "recipe.yaml").read_text()
    (tmp_path / "recipe.yaml").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read_recipe(tmp_path / "recipe.yaml") == read_recipe(TINY / "recipe.yaml")


def test_empty_input(zoo: Zoo, checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    for arguments in ([], [tmp_path / "empty.txt"]):
        assert zoo("tag", "-c", checkpoint, *arguments) == Said(0, "", "")


def test_what_the_input_held_and_is_not_read_is_said(zoo: Zoo, checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "a.pubtator").write_text("1|t|Asthma.\n1|a|\n1\t0\t6\tAsthma\tDisease\tD1|D2\tA|B\n")
    assert (
        "zoo: the input holds 1 × composite parts that was not read"
        in zoo("tag", "-c", checkpoint, tmp_path / "a.pubtator").err
    )


def test_gold_labels_the_tagger_does_not_know(zoo: Zoo, checkpoint: Path, tmp_path: Path) -> None:
    first = (TINY / "test.pubtator").read_text().split("\n\n")[0]
    (tmp_path / "gold.pubtator").write_text(f"{first}\n31\t0\t6\tAsthma\tGene\t-\n")
    said = zoo("evaluate", checkpoint, tmp_path / "gold.pubtator", "--resamples", "100")
    assert said.code == 0, said.err
    assert "left out 1 gold spans of Gene: the tagger knows Disease" in said.err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs:", "epoch:", "recipe.yaml:16: unknown key 'training.epoch'; valid here: epochs, patience"),
        ("epochs:", "epoch:", "did you mean 'training.epochs'?"),
        ("codec:", "codex:", "recipe.yaml:3: unknown key 'codex'"),
        ("hidden:", "hiden:", "recipe.yaml:9: unknown key 'model.hiden'"),
        (
            "learning_rate: 0.02",
            "learning_rate: fast",
            "recipe.yaml:14: optimizer.learning_rate: expected float but got fast",
        ),
        ("output: runs/tiny", "output: [", "is not YAML"),
        ("output: runs/tiny", "seed: 1\nseed: 2", "recipe.yaml:22: key 'seed' stands twice; expected it once."),
        ("hidden: 24", "hidden: wide", "recipe.yaml:9: model.hidden: expected int but got wide"),
        ("average: 0.9", "keep: worst", "recipe.yaml:18: training.keep: expected 'best' or 'last' but got worst"),
    ],
)
def test_a_recipe_with_a_mistake(zoo: Zoo, tmp_path: Path, old: str, new: str, message: str) -> None:
    said = zoo("train", recipe_with(tmp_path, old, new), "--output", tmp_path / "run")
    assert said.code == 2
    assert message in said.err.replace("\n", " ")
    assert not (tmp_path / "run").exists()


def test_standard_input_is_told_by_its_first_lines(zoo: Zoo, checkpoint: Path) -> None:
    pubtator = "7|t|Asthma.\n7|a|\n"
    assert zoo("tag", "-c", checkpoint, stdin=pubtator).out.startswith("7\t0\t6\t")
    said = zoo("tag", "-c", checkpoint, stdin='{"tokens": ["Asthma"]}\n')
    assert (said.code, "Expected --from" in said.err) == (2, True)


def test_an_ending_that_names_no_format_is_refused(zoo: Zoo, checkpoint: Path, tmp_path: Path) -> None:
    assert zoo("tag", "-c", checkpoint, stdin="7|t|A\nwhat\n\n").err.startswith("zoo: <stdin>:1: document 7 ")
    said = zoo("tag", "-c", checkpoint, "-o", tmp_path / "a.jsnol", stdin="Asthma.")
    assert (said.code, "names no format" in said.err) == (2, True)


def test_the_folder_of_a_run_is_its_checkpoint(zoo: Zoo, checkpoint: Path) -> None:
    assert zoo("tag", "-c", checkpoint.parent, stdin="Asthma.").out.startswith("stdin\t0\t6\t")
