"""`--log mlflow:http://…` against a real server, if the whole of MLflow is installed: mlflow-skinny
has no server. It pins packages, so it may be in an environment of its own:

    python -m venv own && own/bin/pip install mlflow
    GLASSNET_MLFLOW=own/bin/python pytest tests/cli/test_cli_mlflow_server.py
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.process import run, succeed
from tests.training.log_reading import metrics_of, runs_of

pytestmark = pytest.mark.slow
SMALL = ("--hidden", "4", "--epochs", "3")
STARTS_IN = 120  # seconds


def is_up(uri: str) -> bool:
    with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{uri}/health") as reply:
        return bool(reply.status == 200)
    return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("mlflow", reason="mlflow-skinny is not installed")
    python = os.environ.get("GLASSNET_MLFLOW") or (find_spec("flask") and sys.executable)
    if not python:
        pytest.skip("MLflow's server is not installed (pip install mlflow, or GLASSNET_MLFLOW)")
    folder = tmp_path_factory.mktemp("mlflow")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    uri, words = f"http://127.0.0.1:{port}", ["--backend-store-uri", "sqlite:///m.db"]
    process = subprocess.Popen(
        [python, "-m", "mlflow", "server", "--port", str(port), "--workers", "1", *words],
        cwd=folder, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        begin = time.monotonic()
        while not is_up(uri):
            assert process.poll() is None, "the server has ended"
            assert time.monotonic() < begin + STARTS_IN
            time.sleep(0.2)
        yield uri
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait(60)


def test_a_training_is_a_run_of_the_server(server: str, tmp_path: Path) -> None:
    done = succeed(tmp_path, "train", "iris", *SMALL, "--log", f"mlflow:{server}", "--json")
    *epochs, last = map(json.loads, done.stdout.splitlines())
    assert last["logs"] == [f"MLflow at {server}"]
    [logged] = runs_of(server, "iris")
    found = metrics_of(server, logged)
    assert found["loss"] == list(zip([1, 2, 3], (each["loss"] for each in epochs), strict=True))
    assert found["test_loss"] == [(3, last["test_loss"])]
    assert logged.info.status == "FINISHED"
    assert logged.data.params["epochs"] == "3"
    assert logged.data.tags["data"] == "iris"


def test_folds_and_sweeps_are_runs_of_one_experiment(server: str, tmp_path: Path) -> None:
    succeed(tmp_path, "cv", "iris", *SMALL, "--folds", "2", "--log", f"mlflow:{server}")
    assert {each.info.run_name for each in runs_of(server, "iris-cv")} == {"fold-1", "fold-2"}
    words = ("--lr", "0.01,0.1", "--trials", "1", *SMALL, "--log", f"mlflow:{server}")
    succeed(tmp_path, "sweep", "iris", *words)
    names = sorted(each.info.run_name for each in runs_of(server, "iris-sweep"))
    assert names == ["best", "lr=0.01,seed=0,epochs=3", "lr=0.1,seed=0,epochs=3"]


def test_a_training_that_resumes_continues_its_run(server: str, tmp_path: Path) -> None:
    words = ("train", "moons", "--samples", "100", "--hidden", "4", "--checkpoint", "c", "--every",
             "1", "--log", f"mlflow:{server}")  # fmt: skip
    succeed(tmp_path, *words, "--epochs", "3")
    done = succeed(tmp_path, *words, "--epochs", "5", "--resume", "--override")
    assert "resuming from c" in done.stdout
    [logged] = runs_of(server, "moons")
    assert [step for step, _ in metrics_of(server, logged)["loss"]] == [1, 2, 3, 4, 5]


def test_a_path_that_is_no_tracking_server_is_refused(server: str, tmp_path: Path) -> None:
    done = run(tmp_path, "train", "iris", *SMALL, "--log", f"mlflow:{server}/nowhere")
    [line] = done.stderr.splitlines()
    assert line.startswith(f"glassnet: --log: cannot log to MLflow at {server}/nowhere: ")
    assert done.returncode == 2
