"""Training end to end on a tiny corpus: what is written, what is honoured, and that a killed run goes on exactly."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Trainer
from safetensors.torch import load_file

from zoo.data.splits import load_corpus
from zoo.evaluation.spans import score
from zoo.hub.index import load
from zoo.text.ngrams import Ngrams
from zoo.text.vector_files import write_vectors
from zoo.text.vectors import WordVectors
from zoo.text.vocab import UNKNOWN
from zoo.training.callbacks import MovingAverage, RunState
from zoo.training.datamodule import WordBudgetSampler
from zoo.training.fit import Trained
from zoo.training.recipe import read_recipe
from zoo.training.train import train

FIXTURES = Path(__file__).parent.parent / "fixtures"
RECIPE = FIXTURES / "tiny" / "recipe.yaml"


def settings(output: Path, *overrides: str) -> dict:
    given = read_recipe(RECIPE, ["--corpus", str(FIXTURES / "tiny"), "--output", str(output), *overrides])
    return given | {"progress": False}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(**settings(tmp_path_factory.mktemp("run"), "--training.epochs", "12"))


def test_metrics_are_those_of_the_folder_as_a_user_loads_it(trained: Trained) -> None:
    written = json.loads((trained.folder / "metrics.json").read_text())
    corpus = load_corpus(FIXTURES / "tiny")
    for split in ("dev", "test"):
        report = score(corpus[split], load(trained.folder).tag(corpus[split]))
        assert written[split]["micro"]["f1"] == report.micro.f1
    assert written["flattening"]["train"]["total"] == 27
    assert written["dev"]["micro"]["f1"] > 0.5  # it learnt something
    assert {"device", "versions", "date", "train_minutes", "reading_losses"} <= written.keys()


def test_weights_are_stored_in_half_precision_where_the_recipe_says_so(trained: Trained, tmp_path: Path) -> None:
    whole = train(**settings(tmp_path, "--training.epochs", "1", "--training.half", "false"))
    for folder, kind in ((trained.folder, torch.float16), (whole.folder, torch.float32)):
        assert {tensor.dtype for tensor in load_file(folder / "model.safetensors").values()} == {kind}


def test_the_recipe_lies_in_the_checkpoint_and_trains_the_same_again(trained: Trained, tmp_path: Path) -> None:
    again = train(**read_recipe(trained.folder / "recipe.yaml", ["--output", str(tmp_path)]) | {"progress": False})
    assert weights(again.folder) == weights(trained.folder)


def test_a_run_that_starts_from_a_checkpoint_goes_on_learning_from_its_weights(
    trained: Trained, tmp_path: Path
) -> None:
    still = ("--start", str(trained.folder.parent), "--optimizer.learning_rate", "0")
    same = train(**settings(tmp_path / "still", *still, "--training.epochs", "1"))
    assert weights(same.folder) == weights(trained.folder)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", ".*in eval mode at the start of training")
        more = train(**settings(tmp_path / "more", "--start", str(trained.folder), "--training.epochs", "1"))
    assert weights(more.folder) != weights(trained.folder)
    first, new = (
        train(**settings(tmp_path / name, *given, "--training.epochs", "1", "--training.keep", "last")).metrics["dev"]
        for name, given in (("tuned", ("--start", str(trained.folder))), ("new", ()))
    )
    assert first["micro"]["f1"] > new["micro"]["f1"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--model.hidden", "9"), r"has other values of model\.hidden than the recipe that is to begin with it"),
        (("--codec.scheme", "IOB2"), r"has other values of codec than"),
        (("--vectors.path", "x.safetensors"), r"vectors and resources of its own; leave vectors\.path and resources"),
    ],
)
def test_a_run_starts_only_from_what_its_recipe_says(
    trained: Trained, tmp_path: Path, given: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        train(**settings(tmp_path, "--start", str(trained.folder), *given))


def test_another_seed_is_another_tagger(trained: Trained, tmp_path: Path) -> None:
    other = train(**settings(tmp_path, "--training.epochs", "1", "--seed", "2"))
    assert weights(other.folder) != weights(trained.folder)


def test_a_folder_with_a_run_in_it_is_not_overwritten(trained: Trained) -> None:
    with pytest.raises(FileExistsError, match="holds a run already; go on with --resume"):
        train(**settings(trained.folder.parent))


def test_word_vectors_reach_the_embedding(tmp_path: Path) -> None:
    vectors = WordVectors(["cancer", "unheard"], torch.randn(2, 16).numpy(), "lower-digits")
    write_vectors(vectors, tmp_path / "v.safetensors")
    more = (
        "--vectors.path",
        str(tmp_path / "v.safetensors"),
        "--optimizer.word_vector_rate",
        "0",
        "--training.epochs",
        "1",
    )
    tagger = train(**settings(tmp_path / "run", *more)).tagger
    for word, vector in zip(vectors.words, vectors.matrix, strict=True):
        torch.testing.assert_close(
            tagger.word_embedding.weight[tagger.words[word]].detach(), torch.from_numpy(vector).half().float()
        )
    assert not tagger.word_embedding.weight[tagger.words[UNKNOWN]].any()


def test_ngrams_of_fasttext_vectors_are_taken_along_where_they_are_wanted(tmp_path: Path) -> None:
    ngrams = Ngrams(torch.randn(50, 16).numpy())
    write_vectors(WordVectors(["cancer"], torch.randn(1, 16).numpy(), ngrams=ngrams), tmp_path / "v.safetensors")
    more = ("--vectors.path", str(tmp_path / "v.safetensors"), "--training.epochs", "1")
    taken = train(**settings(tmp_path / "with", *more, "--vectors.ngrams", "true")).tagger.ngrams
    assert taken is not None
    assert taken.matrix == pytest.approx(ngrams.matrix, abs=1e-3)
    assert train(**settings(tmp_path / "without", *more)).tagger.ngrams is None
    write_vectors(WordVectors(["cancer"], torch.randn(1, 16).numpy()), tmp_path / "v.safetensors")
    with pytest.raises(ValueError, match=r"Expected n-grams in .*v\.safetensors \(vectors\.ngrams\) but it has none"):
        train(**settings(tmp_path / "none", *more, "--vectors.ngrams", "true"))


def test_vectors_of_another_size(tmp_path: Path) -> None:
    write_vectors(WordVectors(["cancer"], torch.randn(1, 5).numpy()), tmp_path / "v.safetensors")
    with pytest.raises(ValueError, match=r"Expected word vectors of 16 dimensions \(model.word_size\) but got 5"):
        train(**settings(tmp_path / "run", "--vectors.path", str(tmp_path / "v.safetensors")))


def test_vectors_of_other_words(tmp_path: Path) -> None:
    how = {"arguments": {"segmentation": "v2"}}
    write_vectors(WordVectors(["cancer"], torch.randn(1, 16).numpy(), training=how), tmp_path / "v.safetensors")
    with pytest.raises(ValueError, match=r"words cut by rule 'v1' .* but got 'v2'; .* --codec\.segmentation v2"):
        train(**settings(tmp_path / "run", "--vectors.path", str(tmp_path / "v.safetensors")))


def test_a_label_not_in_the_recipe(tmp_path: Path) -> None:
    message = "has the label 'Disease' but the labels are Gene; add it to the codec's labels"
    with pytest.raises(ValueError, match=message):
        train(**settings(tmp_path, "--codec.labels", "[Gene]"))


@pytest.mark.parametrize("step", [1, 4, 5, 6, 7, 8, 10, 11, 12])  # five steps an epoch: begin, middle, border
def test_an_interrupted_run_ends_where_an_uninterrupted_one_ends(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = ("--training.epochs", "5", "--training.save_minutes", "0")
    whole = train(**settings(tmp_path / "whole", *more))

    def crash(callback: RunState, trainer: Trainer, *rest: object) -> None:
        if trainer.global_step == step:
            raise RuntimeError("crash")

    with monkeypatch.context() as patch:
        patch.setattr(RunState, "on_train_batch_end", crash)
        with pytest.raises(RuntimeError, match="crash"):
            train(**settings(tmp_path / "cut", *more))
    resumed = train(**settings(tmp_path / "cut", *more, "--resume", "true"))
    assert weights(resumed.folder) == weights(whole.folder)
    last_states = [state_of(tmp_path / name) for name in ("cut", "whole")]
    for name, parameter in last_states[1].items():  # of the last step but one, not only of the best epoch
        torch.testing.assert_close(last_states[0][name], parameter, atol=0, rtol=0)


def test_every_epoch_draws_its_batches_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[list[list[int]]] = []
    draw = WordBudgetSampler.__iter__

    def recorded(sampler: WordBudgetSampler) -> Iterator[list[int]]:
        drawn.append([])
        for batch in draw(sampler):
            drawn[-1].append(batch)
            yield batch

    monkeypatch.setattr(WordBudgetSampler, "__iter__", recorded)
    train(**settings(tmp_path, "--training.epochs", "3", "--training.batch_words", "40"))
    epochs = [epoch for epoch in drawn if len(epoch) == max(map(len, drawn))]  # not those of the small dev part
    assert len(epochs) >= 3
    assert len({str(epoch) for epoch in epochs[-3:]}) == 3
    windows = [sorted(window for batch in epoch for window in batch) for epoch in epochs]
    assert all(seen == list(range(len(windows[0]))) for seen in windows)


def test_the_moving_average_warms_up() -> None:
    callback = MovingAverage(0.9)
    average, expected = torch.zeros(1), 0.0
    for step in range(200):
        assert callback.should_update(step_idx=step)
        callback._move([average], [torch.full((1,), float(step))], torch.tensor(step))
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
        assert average.item() == pytest.approx(expected, rel=1e-5)
    assert average.item() == pytest.approx(199 - 9, abs=0.01)  # lags by decay / (1 - decay) steps
    assert not callback.should_update(epoch_idx=3)


def test_the_weights_that_are_kept_are_those_that_were_scored(tmp_path: Path) -> None:
    more = ("--training.epochs", "5", "--training.average", "0.9", "--training.half", "false")
    kept = train(**settings(tmp_path, *more))
    (best,) = (tmp_path / "best").glob("*.ckpt")
    saved = torch.load(best, map_location="cpu", weights_only=True)
    for name, weights in kept.tagger.state_dict().items():
        torch.testing.assert_close(weights, saved["state_dict"][name], atol=0, rtol=0)
    last = saved["current_model_state"]["output_layer.weight"]
    assert not torch.equal(kept.tagger.state_dict()["output_layer.weight"], last)  # the average's, not the last step's
    scored = max(
        float(row["dev_f1"])
        for path in (tmp_path / "log").rglob("metrics.csv")
        for row in csv.DictReader(path.open())
        if row["dev_f1"]
    )
    assert kept.metrics["dev"]["micro"]["f1"] == pytest.approx(scored, abs=1e-6)


def test_the_last_weights_are_kept_where_a_recipe_asks_for_them(tmp_path: Path) -> None:
    more = ("--training.keep", "last", "--training.epochs", "5", "--training.patience", "1")
    more += ("--optimizer.learning_rate", "1e-9", "--training.average", "0.9", "--training.half", "false")
    kept = train(**settings(tmp_path, *more))
    assert kept.metrics["epochs"] == 5  # with the best, one epoch without a better F1 ends the run
    (last,) = (tmp_path / "last").glob("*.ckpt")
    saved = torch.load(last, map_location="cpu", weights_only=True)
    assert saved["epoch"] == 4
    for name, weights in kept.tagger.state_dict().items():
        torch.testing.assert_close(weights, saved["state_dict"][name], atol=0, rtol=0)


def test_a_short_run_learns_with_averaged_weights(tmp_path: Path) -> None:
    more = ("--training.epochs", "12", "--training.average", "0.998")
    assert train(**settings(tmp_path, *more)).metrics["dev"]["micro"]["f1"] > 0.5


def state_of(folder: Path) -> dict[str, torch.Tensor]:
    """The weights, not their average, in the newest state to resume from."""
    newest = max((folder / "state").glob("*.ckpt"), key=lambda path: path.stat().st_mtime)
    state = torch.load(newest, weights_only=True)
    assert state["global_step"] == 24
    return state["current_model_state"]


def test_another_recipe_is_not_resumed(tmp_path: Path) -> None:
    train(**settings(tmp_path, "--training.epochs", "1"))
    with pytest.raises(ValueError, match="begun with other values of optimizer, seed; resume it with the same"):
        train(
            **settings(tmp_path, "--training.epochs", "1", "--resume", "true", "--seed", "5", "--optimizer.name", "sgd")
        )


def test_a_damaged_state(tmp_path: Path) -> None:
    more = ("--training.epochs", "1", "--training.save_minutes", "0")
    shutil.rmtree(train(**settings(tmp_path, *more)).folder)
    (state,) = (tmp_path / "state").glob("*.ckpt")
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"step=4\.ckpt: is damaged; remove it to begin anew"):
        train(**settings(tmp_path, *more, "--resume", "true"))


def test_a_state_of_other_vectors(tmp_path: Path) -> None:
    vectors = tmp_path / "v.safetensors"
    more = ("--training.epochs", "1", "--training.save_minutes", "0", "--vectors.path", str(vectors))
    more += ("--output", str(tmp_path / "run"))
    words = ["cancer", "unheard"]  # the first learns, the second is in no training document
    write_vectors(WordVectors(words, torch.zeros(2, 16).numpy()), vectors)
    shutil.rmtree(train(**settings(tmp_path, *more)).folder)
    write_vectors(WordVectors(words, torch.ones(2, 16).numpy()), vectors)
    with pytest.raises(ValueError, match="Expected the word vectors that the run was begun with"):
        train(**settings(tmp_path, *more, "--resume", "true"))
    write_vectors(WordVectors(["cancer"], torch.zeros(1, 16).numpy()), vectors)
    with pytest.raises(
        ValueError, match=r"step=4\.ckpt: expected the weights of this recipe but got others of word_embed"
    ):
        train(**settings(tmp_path, *more, "--resume", "true"))
    write_vectors(WordVectors(words, torch.zeros(2, 16).numpy()), vectors)
    train(**settings(tmp_path, *more, "--resume", "true"))


@pytest.mark.parametrize(("setting", "value"), [("accelerator", "abacus"), ("devices", "[1]"), ("strategy", "hope")])
def test_a_trainer_that_the_machine_cannot_be(setting: str, value: str, tmp_path: Path) -> None:
    more = (f"--trainer.{setting}", value)
    with pytest.raises(ValueError, match=f"can be but got .*{re.escape(value)}.* --trainer.accelerator auto takes"):
        train(**settings(tmp_path / "run", *more))
    assert not (tmp_path / "run").exists()


def test_a_complete_run_is_not_trained_again(trained: Trained) -> None:
    before = (trained.folder / "model.safetensors").stat().st_mtime_ns
    again = train(**settings(trained.folder.parent, "--training.epochs", "12", "--resume", "true"))
    assert again.metrics == trained.metrics
    assert (trained.folder / "model.safetensors").stat().st_mtime_ns == before


def test_a_run_that_never_began_leaves_no_run_behind(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"No word vectors at nowhere\.bin — make them with `zoo embed`"):
        train(**settings(tmp_path / "run", "--vectors.path", "nowhere.bin"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("setting", ["epochs", "patience", "batch_words"])
def test_numbers_out_of_range(tmp_path: Path, setting: str) -> None:
    with pytest.raises(ValueError, match=f"Expected training.{setting} of at least 1 but got 0"):
        settings(tmp_path, f"--training.{setting}", "0")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("model.character_size", "0", "A 'char_cnn_bilstm_crf' of these sizes cannot be built"),
        ("model.tanh_size", "-1", r"Expected model\.tanh_size of at least 0 but got -1"),
        ("model.widths", "[2, -1]", r"Expected model\.widths of at least 0 but got -1"),
        ("model.dropout", "1.5", r"Expected model\.dropout in \[0, 1\] but got 1\.5"),
        ("model.normalizer", "lowr", r"Expected a normalizer out of .* but got 'lowr'\. Did you mean 'lower'"),
        ("optimizer.warmup_epochs", "-1", r"Expected optimizer\.warmup_epochs of at least 0"),
        ("vectors.most", "-5", r"Expected vectors\.most of at least 0"),
        ("trainer.threads", "-3", r"Expected trainer\.threads of at least 0"),
    ],
)
def test_values_no_tagger_can_be_made_of(tmp_path: Path, key: str, value: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        train(**settings(tmp_path / "run", f"--{key}", value))
    assert not (tmp_path / "run").exists()


def test_a_corpus_without_dev_documents(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "tiny", tmp_path / "corpus")
    for path in (tmp_path / "corpus").glob("dev*"):
        path.unlink()
    given = settings(tmp_path / "run") | {"corpus": str(tmp_path / "corpus")}
    with pytest.raises(ValueError, match=r"has no dev documents .* hold a share .* --training\.held_out 0\.1"):
        train(**given)


def test_vectors_are_named_by_their_folder_too(tmp_path: Path) -> None:
    write_vectors(WordVectors(["cancer"], torch.randn(1, 16).numpy(), "lower-digits"), tmp_path / "vectors.safetensors")
    more = ("--vectors.path", str(tmp_path), "--training.epochs", "1")
    assert "cancer" in train(**settings(tmp_path / "run", *more)).tagger.words
    (tmp_path / "vectors.safetensors").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"No vectors at .*vectors\.safetensors — expected a file of vectors or the f"
    ):
        train(**settings(tmp_path / "other", *more))


def test_words_that_vectors_were_to_cover_are_kept_whatever_the_limit(tmp_path: Path) -> None:
    words, training = ["cancer", "frequent", "rarer", "unheard"], {"vocabulary": 3}
    vectors = WordVectors(words, torch.randn(4, 16).numpy(), "lower-digits", training)
    write_vectors(vectors, tmp_path / "v.safetensors")
    more = ("--vectors.path", str(tmp_path / "v.safetensors"), "--vectors.most", "2", "--training.epochs", "1")
    tagger = train(**settings(tmp_path / "run", *more)).tagger
    assert [word in tagger.words for word in words] == [True, True, False, True]


@pytest.mark.slow
def test_killed_in_the_middle_of_an_epoch_and_resumed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "zoo", "train", str(RECIPE), "--corpus", str(FIXTURES / "tiny")]
    command += ["--training.epochs", "8", "--training.save_minutes", "0", "--output"]
    subprocess.run([*command, str(tmp_path / "whole")], check=True, capture_output=True, timeout=240)
    process = subprocess.Popen([*command, str(tmp_path / "cut")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_step(tmp_path / "cut" / "state", 7, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "cut" / "checkpoint").exists()
    subprocess.run([*command, str(tmp_path / "cut"), "--resume"], check=True, capture_output=True, timeout=240)
    assert weights(tmp_path / "cut" / "checkpoint") == weights(tmp_path / "whole" / "checkpoint")


def wait_for_step(folder: Path, step: int, process: subprocess.Popen) -> None:
    """Waits until a state of at least that step is on disk."""
    for _ in range(6_000):
        states = [int(path.stem.partition("step=")[2]) for path in folder.glob("*.ckpt")]
        if states and max(states) >= step:
            return
        assert process.poll() is None, "training ended before it could be killed"
        time.sleep(0.02)
    pytest.fail("no state was saved")


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()
