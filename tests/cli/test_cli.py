"""The command line as a user has it: a subprocess, its output, its exit code, its files."""

import json
import re
import signal
import subprocess
import time
from importlib import resources
from pathlib import Path

import pytest
from safetensors.numpy import load_file

import glassnet as gn
from tests.cli.process import COMMAND, Done, start
from tests.cli.process import run as forked


def run(folder: Path, *arguments: str, **environment: str) -> Done:
    return forked(folder, *arguments, **{"COLUMNS": "100", **environment})


def test_train_alone_learns_the_digits(tmp_path: Path) -> None:
    begin = time.perf_counter()
    done = run(tmp_path, "train")
    seconds = time.perf_counter() - begin
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if "/20 " in line]
    assert len(lines) == 20
    assert "epoch      time      loss  accuracy  val loss   val acc\n" in done.stdout
    accuracy = float(done.stdout.split("test accuracy ")[1].split()[0])
    assert accuracy >= 0.96
    assert "confusion matrix" in done.stdout
    assert seconds < 20  # about 3 on an idle machine
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")
    tensors = load_file(tmp_path / "digits.safetensors")
    assert sum(values.size for values in tensors.values()) == 64 * 128 + 128 * 64 + 64 * 10 + 202
    assert gn.load(tmp_path / "digits.safetensors").classes == tuple("0123456789")


def test_the_file_answers_as_the_training_said(tmp_path: Path) -> None:
    from glassnet.data import load

    done = run(tmp_path, "train", "--quiet", "--epochs", "3")
    said = float(done.stdout.split("test accuracy ")[1].split()[0])
    data = load("digits")
    network = gn.load(tmp_path / "digits.safetensors")
    assert network.evaluate(data.x_test, data.y_test)["accuracy"] == pytest.approx(said, abs=1e-4)
    assert len(done.stdout.splitlines()) == 1


def test_json_is_one_object_for_each_epoch_and_one_for_the_test(tmp_path: Path) -> None:
    done = run(tmp_path, "train", "moons", "--json", "--epochs", "3")
    *epochs, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["epoch"] for each in epochs] == [1, 2, 3]
    assert {"seconds", "loss", "accuracy", "val_loss", "val_accuracy"} <= set(epochs[0])
    assert last["test_accuracy"] > 0.8
    assert (tmp_path / last["model"]).exists()
    assert (tmp_path / last["curves"]).exists()


def test_every_option_has_its_effect(tmp_path: Path) -> None:
    options = (
        "--hidden 12,7 --activation tanh --loss mean_squared --optimizer nesterov:beta=0.8 "
        "--lr 0.05 --batch-size full --epochs 2 --validation 0 --seed 3 --no-bias "
        "--clip-norm 2 --out here.safetensors --init he_normal --weight-decay 0.001 --dropout 0.2 "
        "--schedule cosine"
    )
    done = run(tmp_path, "train", *options.split())
    assert done.returncode == 0, done.stderr
    assert "val_loss" not in done.stdout
    kinds = [type(layer).__name__ for layer in gn.load(tmp_path / "here.safetensors").layers]
    block = ["Dense", "Tanh", "Dropout"]
    assert kinds == ["Scale", "Flatten", *block, *block, "Dense"]
    tensors = load_file(tmp_path / "here.safetensors")
    assert sorted(t.shape for t in tensors.values()) == [(7, 10), (12, 7), (64, 12)]


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        run(tmp_path, "train", "--epochs", "2", "--seed", seed, "--out", f"{name}.safetensors")
    a, b, c = ((tmp_path / f"{name}.safetensors").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_a_csv_file_with_a_target(tmp_path: Path) -> None:
    rows = [f"{i % 7},{i % 3},{'yes' if i % 7 > 3 else 'no'}" for i in range(120)]
    (tmp_path / "own.csv").write_text("\n".join(["a,b,answer", *rows]), encoding="utf-8")
    done = run(tmp_path, "train", "own.csv", "--target", "answer", "--epochs", "60")
    assert done.returncode == 0, done.stderr
    assert gn.load(tmp_path / "own.safetensors").classes == ("no", "yes")
    assert float(done.stdout.split("test accuracy ")[1].split()[0]) > 0.9


def test_numbers_to_predict_make_a_regression(tmp_path: Path) -> None:
    rows = [f"{i / 50},{i / 25 + 0.5}" for i in range(100)]
    (tmp_path / "line.csv").write_text("\n".join(["x,y", *rows]), encoding="utf-8")
    done = run(tmp_path, "train", "line.csv", "--epochs", "100", "--lr", "0.01")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split("test mean absolute error ")[1].split()[0]) < 0.2


WRONG = {
    "train digitz": "did you mean 'digits'?",
    "train none.csv": "no file none.csv",
    "train --activation rlu": "did you mean 'relu'? Choices: relu, leaky_relu",
    "train --loss crosentropy": "did you mean 'cross_entropy'?",
    "train --optimizer adm": "did you mean 'adam'?",
    "train --optimizer adam:beta3=1": "unknown setting of Adam 'beta3'",
    "train --optimizer adam:beta1=2": "beta1 is 2",
    "train --schedule cosin": "did you mean 'cosine'?",
    "train --init henorml": "did you mean 'he_normal'?",
    "train --lr -1": "--lr is -1, expected a finite number above 0",
    "train --lr abc": "--lr",
    "train --lr nan": "--lr is nan",
    "train --weight-decay -1": "--weight-decay is -1, expected a finite number of 0 or more",
    "train --epochs 0": "--epochs",
    "train --batch-size 0": "--batch-size",
    "train --batch-size half": "--batch-size",
    "train --clip-norm 0": "--clip-norm",
    "train --hidden 0": "--hidden",
    "train --hidden 64,x": "--hidden",
    "train --validation 1": "--validation",
    "train --dropout 1.5": "--dropout",
    "train --seed -1": "--seed",
    "train --out missing/x.safetensors": "no folder missing",
    "train --activaton relu": "--activation",
    "train digits more": "more",
    "trian": "Did you mean 'train'?",
    "run": "give the name of a recipe, or --all",
    "run irs": "did you mean 'iris'?",
    "run none.toml": "cannot read none.toml",
    "run iris --all": "--all",
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_word_gets_one_line_and_exit_2(words: str, tmp_path: Path) -> None:
    done = run(tmp_path, *words.split())
    assert done.returncode == 2
    assert WRONG[words] in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("glassnet: ")
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_divergence_is_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "train", "--optimizer", "sgd", "--lr", "1e20")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "training diverged in epoch 1, step" in done.stderr
    assert not (tmp_path / "digits.safetensors").exists()


def test_no_mnist_and_no_network_is_one_line(tmp_path: Path) -> None:
    closed = "http://127.0.0.1:9"  # the proxy that is not there stands for the network
    nowhere = {"GLASSNET_DATA": str(tmp_path), "HOME": str(tmp_path), "XDG_CACHE_HOME": ""}
    done = run(tmp_path, "train", "mnist", **nowhere, https_proxy=closed, HTTPS_PROXY=closed)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "train-images-idx3-ubyte" in done.stderr
    assert "put them in" in done.stderr


@pytest.mark.mnist
@pytest.mark.slow
def test_train_mnist(tmp_path: Path) -> None:
    done = run(tmp_path, "train", "mnist", "--epochs", "2")
    assert done.returncode == 0, done.stderr
    assert "60,000 training samples, 10,000 test samples" in done.stdout
    assert float(done.stdout.split("test accuracy ")[1].split()[0]) > 0.95
    assert (tmp_path / "mnist.safetensors").exists()
    assert (tmp_path / "mnist.png").exists()


def test_help_lists_every_choice(tmp_path: Path) -> None:
    from glassnet.nn.initializers import INITIALIZERS
    from glassnet.nn.layers import ACTIVATIONS
    from glassnet.nn.losses import LOSSES
    from glassnet.nn.optimizers import OPTIMIZERS
    from glassnet.nn.schedules import SCHEDULES

    text = run(tmp_path, "train", "--help", "all").stdout
    activations = [  # tests register layers of their own
        name for name, kind in ACTIVATIONS.items() if kind.__module__.startswith("glassnet.")
    ]
    for table in (activations, INITIALIZERS, LOSSES, OPTIMIZERS, SCHEDULES):
        for name in table:
            assert name in text


def test_help_and_version(tmp_path: Path) -> None:
    for words in ([], ["--help"]):
        done = run(tmp_path, *words)
        assert done.returncode == 0
        for command in ("train", "recipes", "run", "check"):
            assert command in done.stdout
    assert run(tmp_path, "--version").stdout == f"glassnet {gn.__version__}\n"


def test_recipes_lists_every_recipe_with_its_figure(tmp_path: Path) -> None:
    from glassnet.workflows.recipes.loader import load_recipe, names

    text = run(tmp_path, "recipes").stdout
    for name in names():
        line = next(line for line in text.splitlines() if line.split()[:1] == [name])
        assert load_recipe(name).figure.published in line


def test_run_prints_ours_beside_the_published_figure(tmp_path: Path) -> None:
    done = run(tmp_path, "run", "iris", "--seed", "5", "--out", "results")
    assert done.returncode == 0, done.stderr
    assert "0.82" in done.stdout
    assert "(20 networks)" in done.stdout
    assert done.stdout.count("seed ") == 20
    made = {path.name for path in (tmp_path / "results").iterdir()}
    assert made == {
        "iris.safetensors",
        "iris-activation.png",
        "iris-curves.png",
        "iris-networks.png",
        "iris-repeated.png",
    }


def test_a_missed_figure_exits_with_1(tmp_path: Path) -> None:
    iris = resources.files("glassnet.workflows.recipes").joinpath("iris.toml").read_text("utf-8")
    mine = iris.replace("at_least = 0.70", "at_least = 0.999").replace("times = 20", "times = 2")
    assert mine != iris
    (tmp_path / "mine.toml").write_text(mine, encoding="utf-8")
    done = run(tmp_path, "run", "mine.toml")
    assert done.returncode == 1
    assert "below the bound of the recipe: mine.toml" in done.stdout


def test_check_finds_all_gradients_right(tmp_path: Path) -> None:
    done = run(tmp_path, "check")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "all gradients are correct"
    for name in ("Dense", "Dropout", "SELU", "CrossEntropy", "Huber", "a network with gelu"):
        assert f"gradient check of {name}:" in done.stdout
    assert "WRONG" not in done.stdout


def test_ctrl_c_keeps_what_was_learned(tmp_path: Path) -> None:
    done = interrupted(tmp_path, "train --epochs 100000", seen="epoch")
    assert done.returncode == 130, done.stderr
    assert "stopping after this step" in done.stderr
    assert "test accuracy" not in done.stdout
    said = r"^interrupted after \d+ of 100000 epochs, not tested$"
    assert re.search(said, done.stdout, re.MULTILINE)
    assert gn.load(tmp_path / "digits.safetensors").trained["interrupted"]


def interrupted(folder: Path, words: str, seen: str = "", seconds: float = 0.0) -> Done:
    """The command, with Ctrl-C so long after its output had this in it."""
    process = start(folder, *words.split())
    line, before = "", ""
    while seen not in line:
        line = process.stdout.readline()
        assert line, process.communicate().stderr
        before += line
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    done = process.communicate()
    done.stdout = before + done.stdout
    return done


def test_a_study_cut_short_says_how_far_it_was_and_is_not_judged(tmp_path: Path) -> None:
    done = interrupted(tmp_path, "run moons-width-study --out here", seen="epoch")
    assert done.returncode == 130
    assert "interrupted after " in done.stdout
    assert "its bound is not checked" in done.stdout
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("cv", "interrupted after "),
        ("lr-find", "too early to suggest a learning rate"),
        ("repeat", "interrupted after "),
    ],
)
def test_many_trainings_cut_short_report_what_is_done(
    tmp_path: Path, command: str, said: str
) -> None:
    done = interrupted(tmp_path, f"{command} digits --epochs 100000", seconds=2.0)
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1].startswith("glassnet: interrupted")
    assert "Traceback" not in done.stderr
    assert said in done.stdout
    assert not list(tmp_path.glob("*.safetensors"))


def test_a_recipe_cut_short_in_its_first_epoch_writes_nothing(tmp_path: Path) -> None:
    iris = resources.files("glassnet.workflows.recipes").joinpath("moons.toml").read_text("utf-8")
    slow = iris.replace("samples = 5000", "samples = 400000").replace(
        "batch_size = 10", 'batch_size = 1\nengine = "numpy"'
    )
    (tmp_path / "slow.toml").write_text(slow, encoding="utf-8")
    done = interrupted(tmp_path, "run slow.toml --out here", seconds=2.0)
    assert done.returncode == 130, done.stderr
    assert "interrupted after 0 of " in done.stdout
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "here").exists()


def test_a_pipe_that_closes_is_no_error(tmp_path: Path) -> None:
    command = " ".join(COMMAND) + " check | head -1"
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("gradient check of ")
    assert "Traceback" not in done.stderr
