"""Logs that cannot be written: an error before the training, and never the end of one."""

import os
import resource
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base import optional
from glassnet.training.callbacks import mlflow as ours
from tests.training.log_reading import rows_of, runs_of, scalars_of

X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)
EPOCHS = 20


def network() -> gn.Sequential:
    return gn.Sequential([gn.Dense(4, "tanh"), gn.Dense(2)], input_shape=4, seed=0)


def fit(*callbacks: Any) -> gn.History:
    return network().fit(X, Y, epochs=EPOCHS, callbacks=callbacks)


# ---- before a training


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "none" / "log.csv", "there is no folder .*none: create it first"),
        (tmp_path, "it is a folder, expected a regular file"),
        (Path("/dev/full"), "it is a device, expected a regular file"),
    ):
        with pytest.raises(gn.GlassnetError, match=f"cannot write {path}: {reason}"):
            gn.CSVLogger(path)
    with pytest.raises(gn.GlassnetError, match="path is 3, expected the name of a file"):
        gn.CSVLogger(3)  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(gn.GlassnetError, match=f"{tmp_path}/file is a file, expected a folder"):
            gn.TensorBoard(folder)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    for made in (gn.TensorBoard, gn.CSVLogger):
        with pytest.raises(gn.GlassnetError, match="Permission denied"):
            made(tmp_path / "run")
    with pytest.raises(gn.GlassnetError, match="histograms is -1, expected a whole number"):
        gn.TensorBoard(tmp_path, histograms=-1)


@pytest.mark.parametrize("package", ["tensorboard", "mlflow"])
def test_a_package_that_is_missing_is_named(
    package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)  # type: ignore[arg-type]
    line = optional.install_line(package)
    with pytest.raises(gn.errors.MissingPackageError) as error:
        gn.TensorBoard(tmp_path) if package == "tensorboard" else gn.MLflow("sqlite:///a.db")
    assert str(error.value).endswith(f"needs {package}: {line}")


@contextmanager
def silent_server() -> Iterator[int]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for each in taken:
            each.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


@pytest.mark.usefixtures("impatient")
def test_a_server_that_does_not_reply_is_not_waited_for_long(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    with silent_server() as silent:
        for port in (closed, silent):
            begin = time.monotonic()
            with pytest.raises(gn.GlassnetError) as error:
                gn.MLflow(f"http://ann:secret@127.0.0.1:{port}")
            assert time.monotonic() - begin < 5
            assert str(error.value) == (
                f"cannot log to MLflow at http://ann@127.0.0.1:{port}: no server replies there: "
                "check the address, or start one with `mlflow server`"
            )
    assert capfd.readouterr() == ("", "")


def test_how_long_a_server_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [*ours.OURS]
    for name in names:
        monkeypatch.delenv(name, raising=False)
    with ours.environment():
        assert [os.environ[name] for name in names] == ["10", "1", "true"]
    assert not set(names) & os.environ.keys()
    monkeypatch.setenv(names[0], "77")
    with ours.environment():
        assert [os.environ[name] for name in names] == ["77", "1", "true"]
    assert os.environ[names[0]] == "77"


def test_what_is_no_store_of_runs(tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    with pytest.raises(gn.GlassnetError, match="unsupported URI 'foo://x'"):
        gn.MLflow("foo://x")
    (tmp_path / "text.db").write_text("no database at all, but text that is long enough\n" * 99)
    with pytest.raises(gn.GlassnetError, match="file is not a database"):
        gn.MLflow(f"sqlite:///{tmp_path / 'text.db'}")
    with pytest.raises(gn.GlassnetError, match="name is 5, expected a text"):
        gn.MLflow(name=5)  # type: ignore[arg-type]


# ---- during one


class Full:
    """From an epoch on no file of this process may grow beyond a size: as on a full disk."""

    def __init__(self, size: int, until_the_end: bool = True) -> None:
        self.size, self.until_the_end = size, until_the_end
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def on_train_begin(self, logs: Any) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.before[1]))

    def on_train_end(self, logs: Any) -> None:
        if not self.until_the_end:
            self.restore()

    def restore(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


@pytest.mark.parametrize("kind", ["csv", "tensorboard"])
def test_a_full_disk_does_not_end_a_training(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log"
    log = gn.CSVLogger(path) if kind == "csv" else gn.TensorBoard(path)
    size = 500 if kind == "csv" else 2000
    for until_the_end in (True, False):
        full = Full(size, until_the_end)
        try:
            history = fit(full, log)
        finally:
            full.restore()
        assert history["loss"] == fit()["loss"]
        steps = (
            [int(row["epoch"]) for row in rows_of(path)]
            if kind == "csv"
            else [step for step, _ in scalars_of(path)["loss"]]
        )
        first, *last = capsys.readouterr().err.splitlines()
        assert first == (
            f"note: cannot log to {path}: File too large; training continues, and all is tried "
            "once more at its end"
        )
        if until_the_end:
            assert 3 < len(steps) < EPOCHS
            missing = f"epochs from {len(steps) + 1} on are missing there"
            assert last == [f"note: cannot log to {path}: File too large; {missing}"]
            assert steps == [*range(1, len(steps) + 1)]
        else:
            assert last == []
            assert steps == [*range(1, EPOCHS + 1)]


def test_a_store_that_fails_does_not_end_a_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    monkeypatch.setattr(ours, "SECONDS_BETWEEN", 0.0)
    path = tmp_path / "m.db"

    class Breaks:
        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            if epoch in (5, EPOCHS - 1):
                old, new = ("metrics", "away") if epoch == 5 else ("away", "metrics")
                with sqlite3.connect(path) as database:
                    database.execute(f"alter table {old} rename to {new}")
                database.close()

    history = fit(Breaks(), gn.MLflow(f"sqlite:///{path}"))
    assert history.epochs == EPOCHS
    [note] = capsys.readouterr().err.splitlines()
    assert note.startswith(f"note: cannot log to MLflow at sqlite:///{path}: ")
    assert "no such table: metrics" in note
    [run] = runs_of(f"sqlite:///{path}")
    assert run.info.status == "FINISHED"
    assert run.data.metrics["loss"] == history["loss"][-1]


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_gone_is_asked_once_by_all_networks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gn.MLflow, "__init__", lambda self, uri: vars(self).update(
        uri=uri, experiment="a", name=None, settings=None, tags=None))  # fmt: skip
    with silent_server() as port:
        log, begin = gn.MLflow(f"http://127.0.0.1:{port}"), time.monotonic()
        stack = gn.Stack(gn.Sequential([gn.Dense(2)], input_shape=4, seed=k) for k in range(9))
        histories = stack.fit(X, Y, epochs=3, callbacks=[log])
        assert time.monotonic() - begin < 5
    assert [each.epochs for each in histories] == [3] * 9
    notes = capsys.readouterr().err.splitlines()
    assert len(notes) == 18
    assert "no server replies there" in notes[0]
    assert "it failed a moment ago; epochs from 1 on are missing there" in notes[-1]


def test_test_metrics_need_a_training(tmp_path: Path) -> None:
    log = gn.CSVLogger(tmp_path / "log.csv")
    with pytest.raises(gn.GlassnetError, match="call log_test after fit"):
        log.log_test({"loss": 1.0})
