"""What is logged outside of a training, read back by those whose formats they are."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.version import VERSION
from glassnet.training import checkpoint as checkpoints
from glassnet.training.callbacks import mlflow as ours
from glassnet.training.checkpoint import kept_logs
from tests.training.killing import KillAt, StopError
from tests.training.log_reading import (
    events_of,
    hyperparameters_of,
    metrics_of,
    rows_of,
    runs_of,
    scalars_of,
)

pytestmark = pytest.mark.usefixtures("engine")

X = np.random.default_rng(0).normal(size=(90, 4)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
EPOCHS, STEPS = 6, 8
KINDS = ("csv", "tensorboard", "mlflow")


def network(seed: int = 3, activation: str = "tanh") -> gn.Sequential:
    return gn.Sequential([gn.Dense(8, activation), gn.Dense(2)], input_shape=4, seed=seed)


def settings(**more: Any) -> dict[str, Any]:
    return {"epochs": EPOCHS, "batch_size": 10, "optimizer": "adam:learning_rate=0.02",
            "schedule": "cosine", "validation": 0.2, **more}  # fmt: skip


class Adds:
    """A callback with metrics of its own, which are not always there, or no numbers."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        logs["odd"] = (math.nan, math.inf, -math.inf, 0.1, 1e-300, 7)[epoch % 6]
        if epoch >= 2:
            logs["late"] = np.float32(epoch / 3)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database without runs: creating its tables takes a second or two."""
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    path = tmp_path_factory.mktemp("mlflow") / "empty.db"
    gn.MLflow(f"sqlite:///{path}")
    return path


@pytest.fixture
def uri(template: Path, tmp_path: Path) -> str:
    (tmp_path / "mlflow.db").write_bytes(template.read_bytes())
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


# ---- all that an epoch has


@pytest.fixture
def trained(tmp_path: Path, uri: str) -> Iterator[tuple[gn.History, list[float], Path]]:
    """A training with every log, metrics that are odd, and test metrics."""
    net, rates = network(), gn.LearningRateLogger()
    logs = [
        gn.CSVLogger(tmp_path / "log.csv"),
        gn.TensorBoard(tmp_path / "runs", histograms=3, settings={"own": 0.5}, about={"a|b": "c"}),
        gn.MLflow(uri, settings={"own": 0.5}, tags={"data": "made"}),
    ]
    plain = network().fit(X, Y, **settings(callbacks=[rates]))
    history = net.fit(X, Y, **settings(callbacks=[Adds(), *logs]))
    for each in logs:
        each.log_test({"loss": 0.25, "accuracy": 0.875})
    yield history, plain["learning_rate"], tmp_path


def same(found: list[float], expected: list[float]) -> bool:
    return np.array_equal(np.array(found), np.array(expected), equal_nan=True)


def test_csv_has_every_metric_with_all_its_digits(
    trained: tuple[gn.History, list[float], Path],
) -> None:
    history, rates, folder = trained
    rows = rows_of(folder / "log.csv")
    names = [name for name in history if name != "seconds"]
    assert next(iter(rows[0])) == "epoch"
    assert {*rows[0]} == {"epoch", *names, "learning_rate"}
    assert [row["epoch"] for row in rows] == [*range(1, EPOCHS + 1)]
    for name in names:
        assert same([row[name] for row in rows], history[name]), name
    assert same([row["learning_rate"] for row in rows], rates)


def test_tensorboard_has_every_metric_in_float32(
    trained: tuple[gn.History, list[float], Path],
) -> None:
    history, rates, folder = trained
    found = scalars_of(folder / "runs")
    expected = {**history, "learning_rate": rates}
    assert found.keys() == {*expected, "test_loss", "test_accuracy"}
    for name, values in expected.items():
        first = 2 if name == "late" else 0
        assert [step for step, _ in found[name]] == [*range(first + 1, EPOCHS + 1)], name
        single = np.array(values[first:]).astype(np.float32).tolist()
        assert same([value for _, value in found[name]], single), name
    assert found["test_loss"] == [(EPOCHS, 0.25)]
    assert found["test_accuracy"] == [(EPOCHS, 0.875)]


def test_tensorboard_has_settings_version_and_histograms(
    trained: tuple[gn.History, list[float], Path],
) -> None:
    _, _, folder = trained
    found = hyperparameters_of(folder / "runs")
    assert found["optimizer"] == "Adam"
    assert found["optimizer.learning_rate"] == 0.02
    assert found["layers"] == "dense 8, tanh, dense 2"
    assert (found["samples"], found["seed"], found["batch_size"], found["own"]) == (90, 3, 10, 0.5)
    events = events_of(folder / "runs")
    [text] = events.Tensors("about")
    assert f"| glassnet | {VERSION} |" in text.tensor_proto.string_val[0].decode()
    assert "| a\\|b | c |" in text.tensor_proto.string_val[0].decode()
    for name in network().parameters:
        drawn = events.Tensors(name)
        assert [each.step for each in drawn] == [3, 6]
    from tensorboard.util.tensor_util import make_ndarray

    left, right, counts = make_ndarray(events.Tensors("0.W")[-1].tensor_proto).T
    assert counts.sum() == 32
    assert (left[1:] == right[:-1]).all()


def test_mlflow_has_every_metric_in_float64_and_the_settings(
    trained: tuple[gn.History, list[float], Path], uri: str
) -> None:
    history, rates, _ = trained
    [run] = runs_of(uri)
    found = metrics_of(uri, run)
    largest = np.finfo(float).max  # what MLflow's databases have for infinity
    expected = {**history, "learning_rate": rates}
    assert found.keys() == {*expected, "test_loss", "test_accuracy"}
    for name, values in expected.items():
        first = 2 if name == "late" else 0
        kept = np.clip(values[first:], -largest, largest).tolist()
        assert [step for step, _ in found[name]] == [*range(first + 1, EPOCHS + 1)], name
        assert same([value for _, value in found[name]], kept), name
    assert found["test_loss"] == [(EPOCHS, 0.25)]
    assert run.data.params["optimizer.learning_rate"] == "0.02"
    assert run.data.params["own"] == "0.5"
    assert run.data.params["epochs"] == str(EPOCHS)
    assert run.data.tags["glassnet.version"] == VERSION
    assert run.data.tags["data"] == "made"
    assert run.data.tags["mlflow.source.name"]
    assert run.info.status == "FINISHED"


def test_epochs_between_two_requests_go_together(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "AT_ONCE", 7)
    monkeypatch.setattr(gn.MLflow, "due", lambda self: False)  # all at the end
    log = gn.MLflow(uri)
    history = network().fit(X, Y, **settings(callbacks=[log]))
    [run] = runs_of(uri)
    found = metrics_of(uri, run)
    for name, values in history.items():
        assert found[name] == list(zip(range(1, EPOCHS + 1), values, strict=True))


# ---- after a kill


def logged(kind: str, folder: Path, uri: str) -> gn.CSVLogger | gn.TensorBoard | gn.MLflow:
    if kind == "csv":
        return gn.CSVLogger(folder / "log.csv")
    return gn.MLflow(uri, name=folder.name) if kind == "mlflow" else gn.TensorBoard(folder / "run")


def contents(kind: str, folder: Path, uri: str) -> Any:
    """All that is logged, but for the times."""
    if kind == "csv":
        return (folder / "log.csv").read_bytes()
    if kind == "tensorboard":
        found = scalars_of(folder / "run")
    else:
        [run] = [each for each in runs_of(uri) if each.info.run_name == folder.name]
        assert run.info.status == "FINISHED"
        found = metrics_of(uri, run)
    assert [step for step, _ in found.pop("seconds")] == [*range(1, EPOCHS + 1)]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_that_resumes_goes_on_in_the_same_log(
    kind: str, tmp_path: Path, uri: str
) -> None:
    (tmp_path / "whole").mkdir()
    log = logged(kind, tmp_path / "whole", uri)
    network().fit(X, Y, **settings(callbacks=[log]))
    expected = contents(kind, tmp_path / "whole", uri)
    for step, every in ((1, 1), (STEPS, 1), (STEPS + 1, 1), (30, 1), (46, 20), (47, 9)):
        folder, file = tmp_path / f"{step}", tmp_path / f"{step}.checkpoint"
        folder.mkdir()
        how = settings(callbacks=[logged(kind, folder, uri), KillAt(step)])
        with pytest.raises(StopError):
            network().fit(X, Y, checkpoint=gn.Checkpoint(file, every), **how)
        how = settings(callbacks=[logged(kind, folder, uri)])
        network(seed=99).fit(X, Y, resume=file, **how)
        assert contents(kind, folder, uri) == expected, step


def test_a_log_that_was_lost_is_written_anew(tmp_path: Path, uri: str) -> None:
    kept = gn.Checkpoint(tmp_path / "c", 1)
    with pytest.raises(StopError):
        network().fit(X, Y, checkpoint=kept, **settings(
            callbacks=[gn.CSVLogger(tmp_path / "log.csv"), gn.TensorBoard(tmp_path / "run"),
                       KillAt(30)]))  # fmt: skip
    (tmp_path / "log.csv").unlink()
    for path in (tmp_path / "run").iterdir():
        path.unlink()
    logs = [gn.CSVLogger(tmp_path / "log.csv"), gn.TensorBoard(tmp_path / "run")]
    network().fit(X, Y, resume=tmp_path / "c", **settings(callbacks=logs))
    assert len(rows_of(tmp_path / "log.csv")) == EPOCHS
    assert [step for step, _ in scalars_of(tmp_path / "run")["loss"]] == [*range(1, EPOCHS + 1)]


@pytest.mark.parametrize(("before", "after"), [
    ([], ["csv"]), (["csv"], []), (["csv"], ["tensorboard"]), (["csv"], ["tensorboard", "csv"]),
    ([], KINDS), (KINDS, []),
])  # fmt: skip
@pytest.mark.parametrize("step", [2, 30])
def test_a_training_resumes_with_other_logs_to_the_same_network(
    before: list[str], after: list[str], step: int, tmp_path: Path, uri: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    whole = network()
    history = whole.fit(X, Y, **settings())
    logs = [logged(kind, tmp_path, uri) for kind in before]
    with pytest.raises(StopError):
        kept = gn.Checkpoint(tmp_path / "c", 1)
        network().fit(X, Y, checkpoint=kept, **settings(callbacks=[*logs, KillAt(step)]))
    assert kept_logs(tmp_path / "c") == {type(log).__name__ for log in logs}
    again, logs = network(seed=99), [logged(kind, tmp_path, uri) for kind in after]
    capsys.readouterr()
    found = again.fit(X, Y, resume=tmp_path / "c", **settings(callbacks=logs))
    assert again.parameters.vector.tobytes() == whole.parameters.vector.tobytes()
    assert found["loss"] == history["loss"]
    notes = capsys.readouterr().err.splitlines()
    assert len(notes) == len({*before} ^ {*after})
    assert all(note.startswith("note: ") and "log" in note for note in notes)
    if "csv" in after:
        rows = rows_of(tmp_path / "log.csv")
        assert [row["loss"] for row in rows] == history["loss"]
        known = [row["epoch"] for row in rows if not np.isnan(row["learning_rate"])]
        assert known == [*range(1 if "csv" in before else (step - 1) // STEPS + 1, EPOCHS + 1)]
    if "tensorboard" in after:
        assert [at for at, _ in scalars_of(tmp_path / "run")["loss"]] == [*range(1, EPOCHS + 1)]


def test_a_stack_resumes_with_other_logs_and_says_so_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    how: dict[str, Any] = {"epochs": 3, "batch_size": 10}

    def fitted(**more: Any) -> gn.Stack:
        stack = gn.Stack.of(network(), 3)
        stack.fit(X, Y, **how, **more)
        return stack

    whole = fitted()
    log = gn.CSVLogger(tmp_path / "log.csv")
    fitted(checkpoint=gn.Checkpoint(tmp_path / "c", 20))
    again = fitted(resume=tmp_path / "c", callbacks=[log])
    for one, other in zip(whole.networks, again.networks, strict=True):
        assert one.parameters.vector.tobytes() == other.parameters.vector.tobytes()
    [note] = capsys.readouterr().err.splitlines()
    assert note.startswith("note: CSVLogger did not log this training before")
    assert [len(rows_of(tmp_path / f"log-{k}.csv")) for k in range(3)] == [3, 3, 3]


def test_a_resume_that_is_refused_leaves_the_log_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    with pytest.raises(StopError):
        network().fit(X, Y, checkpoint=gn.Checkpoint(tmp_path / "c", 1), **settings(
            callbacks=[gn.CSVLogger(path), KillAt(30)]))  # fmt: skip
    state = checkpoints.read(tmp_path / "c")
    state["callbacks"][0]["table"] = {"loss": "no numbers"}
    checkpoints.write(tmp_path / "c", state)
    before = path.read_bytes()
    with pytest.raises(gn.errors.ResumeError, match="CSVLogger table loss is 'no numbers'"):
        network().fit(X, Y, resume=tmp_path / "c", **settings(callbacks=[gn.CSVLogger(path)]))
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "..", "", 3])
def test_a_checkpoint_does_not_say_where_to_write(name: Any, tmp_path: Path) -> None:
    log = gn.TensorBoard(tmp_path / "run")
    log.on_train_begin({})
    with pytest.raises(gn.GlassnetError, match="expected the name of a folder"):
        log.restore({"table": {}, "since": {}, "name": name})


def test_a_run_continues_in_its_own_folder_beside_the_one_given(tmp_path: Path) -> None:
    with pytest.raises(StopError):
        network().fit(X, Y, checkpoint=gn.Checkpoint(tmp_path / "c", 1), **settings(
            callbacks=[gn.TensorBoard(tmp_path / "run-7"), KillAt(30)]))  # fmt: skip
    log = gn.TensorBoard(tmp_path / "run")
    network().fit(X, Y, resume=tmp_path / "c", **settings(callbacks=[log]))
    assert log.place == str(tmp_path / "run-7")
    assert not (tmp_path / "run").exists()
    assert len(scalars_of(tmp_path / "run-7")["loss"]) == EPOCHS


def test_a_new_training_in_the_same_folder_replaces_the_curves(tmp_path: Path) -> None:
    for epochs in (5, 3):
        how = settings(epochs=epochs, callbacks=[gn.TensorBoard(tmp_path)])
        history = network(seed=epochs).fit(X, Y, **how)
    assert scalars_of(tmp_path)["loss"] == [
        (k + 1, np.float32(value)) for k, value in enumerate(history["loss"])
    ]


# ---- many networks


def test_networks_of_a_stack_have_places_of_their_own(tmp_path: Path, uri: str) -> None:
    stack = gn.Stack(network(seed, "relu") for seed in range(3))
    logs = [gn.CSVLogger(tmp_path / "log.csv"), gn.TensorBoard(tmp_path / "runs"),
            gn.MLflow(uri, name="all")]  # fmt: skip
    rates = [0.01, 1e30, 0.03]
    how = settings(callbacks=logs, optimizer="sgd", schedule="constant")
    histories = stack.fit(X, Y, learning_rate=rates, **how)
    assert stack.diverged == (1,)
    runs = {run.info.run_name: run for run in runs_of(uri)}
    assert runs.keys() == {"all-0", "all-1", "all-2"}
    for k in (0, 2):
        losses = histories[k]["loss"]
        assert [row["loss"] for row in rows_of(tmp_path / f"log-{k}.csv")] == losses
        steps = [*range(1, EPOCHS + 1)]
        found = scalars_of(tmp_path / "runs" / str(k))["loss"]
        assert found == list(zip(steps, np.float32(losses).tolist(), strict=True))
        assert metrics_of(uri, runs[f"all-{k}"])["loss"] == list(zip(steps, losses, strict=True))
        assert runs[f"all-{k}"].data.params["optimizer.learning_rate"] == str(rates[k])
        assert runs[f"all-{k}"].data.params["seed"] == str(k)
    assert [run.info.status for run in runs.values()] == ["FINISHED", "FAILED", "FINISHED"]


def test_how_a_training_ended(uri: str) -> None:
    def stop(reason: str) -> Any:
        return type("Stop", (), {"on_epoch_end": lambda self, k, logs: self.trainer.stop(reason)})()

    for reason in ("good enough", "interrupted by Ctrl-C"):
        network().fit(X, Y, **settings(callbacks=[stop(reason), gn.MLflow(uri)]))
    with pytest.raises(gn.DivergedError):
        network(activation="relu").fit(
            X, Y, callbacks=[gn.MLflow(uri)], optimizer="sgd:learning_rate=1e30"
        )
    assert [run.info.status for run in runs_of(uri)] == ["FINISHED", "KILLED", "FAILED"]
