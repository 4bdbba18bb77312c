"""`--log` of train, cv, sweep, repeat and run: where logs are, and what they hold."""

import json
import signal
import time
from pathlib import Path

import pytest

from tests.cli.process import run, start, succeed
from tests.training.log_reading import (
    events_of,
    hyperparameters_of,
    metrics_of,
    rows_of,
    runs_of,
    scalars_of,
)

pytestmark = pytest.mark.usefixtures("undrawn")

SMALL = ("--hidden", "4", "--epochs", "3")
LOGS = ("--log", "csv", "--log", "tensorboard", "--log", "mlflow:sqlite:///m.db")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    return tmp_path


def test_train_logs_everywhere(folder: Path) -> None:
    done = succeed(folder, "train", "iris", *SMALL, *LOGS, "--json")
    *epochs, last = map(json.loads, done.stdout.splitlines())
    assert last["logs"] == ["iris-log.csv", "MLflow at sqlite:///m.db", "logs/iris"]
    losses = [each["loss"] for each in epochs]
    assert [row["loss"] for row in rows_of(folder / "iris-log.csv")] == losses
    scalars = scalars_of(folder / "logs/iris")
    assert [step for step, _ in scalars["loss"]] == [1, 2, 3]
    assert scalars["test_accuracy"][0][1] == pytest.approx(last["test_accuracy"])
    [text] = events_of(folder / "logs/iris").Tensors("about")
    assert "| data | iris |" in text.tensor_proto.string_val[0].decode()
    [logged] = runs_of(f"sqlite:///{folder}/m.db", "iris")
    found = metrics_of(f"sqlite:///{folder}/m.db", logged)
    assert found["loss"] == list(zip([1, 2, 3], losses, strict=True))
    assert found["test_loss"] == [(3, last["test_loss"])]
    command = " ".join(("glassnet train iris", *SMALL, *LOGS, "--json"))
    assert logged.data.tags["mlflow.source.name"] == command
    assert logged.data.tags["data"] == "iris"
    assert logged.info.status == "FINISHED"


def test_a_second_training_has_a_folder_of_its_own(folder: Path) -> None:
    for name in ("iris", "iris-2"):
        done = succeed(folder, "train", "iris", *SMALL, "--log", "tensorboard")
        assert done.stdout.splitlines()[-1] == f"logged to logs/{name}"
    assert len(scalars_of(folder / "logs/iris")["loss"]) == 3


def test_every_fold_has_its_own(folder: Path) -> None:
    done = succeed(folder, "cv", "iris", *SMALL, "--folds", "2", *LOGS)
    assert done.stdout.splitlines()[-1] == (
        "logged to iris-cv-log-….csv, MLflow at sqlite:///m.db, logs/iris-cv/…"
    )
    runs = {each.info.run_name: each for each in runs_of(f"sqlite:///{folder}/m.db", "iris-cv")}
    assert runs.keys() == {"fold-1", "fold-2"}
    accuracies = []
    for name, logged in runs.items():
        rows = rows_of(folder / f"iris-cv-log-{name}.csv")
        scalars = scalars_of(folder / "logs/iris-cv" / name)
        assert logged.data.metrics["loss"] == rows[-1]["loss"]
        assert [row["epoch"] for row in rows] == [step for step, _ in scalars["loss"]] == [1, 2, 3]
        assert logged.data.params["fold"] == name[-1]
        accuracies.append(logged.data.metrics["test_accuracy"])
    assert f"accuracy {sum(accuracies) / 2:.4f}" in done.stdout


def test_every_network_of_a_sweep_has_its_own_and_says_its_settings(folder: Path) -> None:
    words = ("sweep", "moons", "--samples", "100", "--hidden", "2,4", "--lr", "0.01,0.1",
             "--trials", "1", "--epochs", "3", *LOGS)  # fmt: skip
    succeed(folder, *words)
    names = [f"hidden={n},lr={rate},seed=0,epochs=3" for n in (2, 4) for rate in (0.01, 0.1)]
    uri = f"sqlite:///{folder}/m.db"
    runs = {each.info.run_name: each for each in runs_of(uri, "moons-sweep")}
    assert sorted(runs) == ["best", *names]
    for name in names:
        n, rate = name.split(",")[0][7:], name.split(",")[1][3:]
        own = hyperparameters_of(folder / "logs/moons-sweep" / name)
        assert (own["hidden"], own["lr"]) == (int(n), float(rate))
        assert own["optimizer.learning_rate"] == float(rate)
        params = runs[name].data.params
        assert (params["hidden"], params["lr"]) == (n, rate)
        rows = rows_of(folder / "moons-sweep" / f"log-{name}.csv")
        assert runs[name].data.metrics["val_accuracy"] == rows[-1]["val_accuracy"]
    assert "test_accuracy" in runs["best"].data.metrics
    again = succeed(folder, *words)  # all are finished: only the best is trained once more
    assert "moons-sweep/log-….csv" in again.stdout
    assert len(runs_of(uri, "moons-sweep")) == 6


def test_networks_in_processes_have_theirs(tmp_path: Path) -> None:
    succeed(tmp_path, "sweep", "iris", "--layers", "dense 4, relu", "--layers", "dense 4, tanh",
            "--trials", "1", "--epochs", "2", "--jobs", "2", "--log", "csv")  # fmt: skip
    found = sorted(path.name for path in tmp_path.glob("iris-sweep/log-*"))
    assert [name.partition(",seed")[0] for name in found] == [
        "log-best.csv", "log-layers=dense_4,_relu", "log-layers=dense_4,_tanh",
    ]  # fmt: skip
    assert all(len(rows_of(tmp_path / "iris-sweep" / name)) == 2 for name in found)


def test_repeat_and_run_log_too(tmp_path: Path) -> None:
    succeed(tmp_path, "repeat", "iris", *SMALL, "--times", "2", "--log", "csv")
    assert len(rows_of(tmp_path / "iris-repeated-log-seed-1.csv")) == 3
    done = succeed(tmp_path, "run", "iris", "--log", "csv")
    assert "logged to iris-log-….csv" in done.stdout
    assert len(list(tmp_path.glob("iris-log-seed-*.csv"))) == 20


def test_a_training_that_was_killed_ends_with_the_same_csv(tmp_path: Path) -> None:
    words = ("train", "digits", "--epochs", "60", "--hidden", "16", "--log", "csv")
    (tmp_path / "whole").mkdir()
    succeed(tmp_path / "whole", *words)
    words = (*words, "--checkpoint", "c", "--every", "7", "--resume")
    process = start(tmp_path, *words)
    log, begin = tmp_path / "digits-log.csv", time.monotonic()
    while not (log.exists() and len(log.read_bytes().splitlines()) > 20):
        assert time.monotonic() < begin + 60
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert "resuming from c" in succeed(tmp_path, *words).stdout
    assert log.read_bytes() == (tmp_path / "whole/digits-log.csv").read_bytes()


def test_a_training_resumes_with_another_log_beside_those_that_are_there(folder: Path) -> None:
    words = ("train", "iris", "--hidden", "4", "--checkpoint", "c", "--every", "1")
    succeed(folder, "train", "iris", *SMALL, "--log", "tensorboard")  # has nothing to do with it
    succeed(folder, *words, "--epochs", "3", "--log", "csv")
    more = ("--epochs", "5", "--resume", "--override")
    done = succeed(folder, *words, *more, "--log", "tensorboard")
    assert done.stdout.splitlines()[-1] == "logged to logs/iris-2"
    assert [note.split(" ")[1] for note in done.stderr.splitlines()] == ["CSVLogger", "TensorBoard"]
    assert [step for step, _ in scalars_of(folder / "logs/iris-2")["loss"]] == [1, 2, 3, 4, 5]
    assert len(scalars_of(folder / "logs/iris")["loss"]) == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("wandb",), "unknown kind of --log 'wandb'. Choices: csv, mlflow, tensorboard"),
        (("csv:",), "--log is 'csv:': expected a place after the colon, or none"),
        (("csv", "--log", "csv"), "--log csv is given twice: leave out one"),
        (("csv:no/a.csv",), "--log: cannot write no/a.csv: there is no folder no: create it first"),
        (("csv:data.csv",), "--log: data.csv holds the data: name another file"),
        (("tensorboard:data.csv",), "--log: cannot make data.csv/data: Not a directory"),
        (("mlflow:foo://x",), "--log: cannot log to MLflow at foo://x: "),
        (("mlflow:runs",), "--log: cannot log to MLflow at runs: a folder is no store any more: "),
    ],
)
def test_bad_places_are_one_line_before_the_training(
    words: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    if words[0].startswith("mlflow"):
        pytest.importorskip("mlflow", reason="mlflow is not installed")
    rows = "".join(f"{n},{n % 7},{'xy'[n % 2]}\n" for n in range(60))
    (tmp_path / "data.csv").write_text(f"a,b,label\n{rows}")
    before = (tmp_path / "data.csv").read_bytes()
    done = run(tmp_path, "train", "data.csv", "--epochs", "1", "--log", *words)
    [line] = done.stderr.splitlines()
    assert line.startswith(f"glassnet: {message}")
    assert done.returncode == 2
    assert "wrote" not in done.stdout
    assert (tmp_path / "data.csv").read_bytes() == before
    assert not (tmp_path / "data.safetensors").exists()


def test_on_a_cluster_only_servers_are_logged_to(tmp_path: Path) -> None:
    for log in ("csv", "mlflow:sqlite:///m.db"):
        done = run(
            tmp_path, "sweep", "iris", "--lr", "0.1,0.2", "--dask", "tcp://a:1", "--log", log
        )
        assert done.stderr.startswith(f"glassnet: --log {log}: with --dask, networks train on ")
        assert done.returncode == 2
