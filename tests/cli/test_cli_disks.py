"""Missing permissions, full disks and interruptions: old files stay whole."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import limits
from tests.cli.bad_inputs import (
    DENIED,
    GOOD,
    NEW,
    TRAIN,
    contents,
    is_one_line,
)
from tests.cli.process import COMMAND, Done, run, start

WITHOUT = {"privileges": 0}


def alone(folder: Path, *words: str, bounds: dict[str, int] | None = None) -> Done:
    """The command, with lines long enough for its errors."""
    return run(folder, *words, bounds=bounds, COLUMNS="200")


@pytest.fixture
def guarded(models: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder with a table and its network, where permissions count."""
    probe = tmp_path / "probe"
    probe.write_text("")
    probe.chmod(0o000)
    tried = [sys.executable, "-S", "-c", "open('probe')"]
    done = subprocess.run(
        tried, cwd=tmp_path, capture_output=True, check=False, preexec_fn=limits.privileges
    )
    if b"PermissionError" not in done.stderr:
        pytest.skip("permissions do not count for this user, and that cannot be changed")
    probe.unlink()
    for file in ("table.safetensors", "table.csv"):
        (tmp_path / file).write_bytes((models / file).read_bytes())
    yield tmp_path
    tmp_path.chmod(0o755)
    for path in tmp_path.iterdir():
        path.chmod(0o755)


def test_a_folder_without_permission(guarded: Path) -> None:
    before = contents(guarded)
    guarded.chmod(0o555)
    words = TRAIN.format(file="table.csv").split()
    is_one_line(alone(guarded, *words, bounds=WITHOUT), "table.safetensors", DENIED)
    words = ["predict", "table.safetensors", "table.csv", "--out", "predictions.csv"]
    is_one_line(alone(guarded, *words, bounds=WITHOUT), "predictions.csv", DENIED)
    done = alone(guarded, "data", "table.csv", bounds=WITHOUT)
    is_one_line(done, "table-data.png", DENIED)
    assert contents(guarded) == before


def test_a_file_without_permission(guarded: Path) -> None:
    (guarded / "table.csv").chmod(0o000)
    (guarded / "images").mkdir(0o000)
    for words in ("train table.csv", "data table.csv", "predict table.safetensors table.csv"):
        done = alone(guarded, *words.split(), bounds=WITHOUT)
        is_one_line(done, "table.csv", DENIED)
    is_one_line(alone(guarded, "train", "images", bounds=WITHOUT), "images", DENIED)
    (guarded / "table.csv").chmod(0o644)
    (guarded / "table.safetensors").chmod(0o000)
    done = alone(guarded, "predict", "table.safetensors", "table.csv", bounds=WITHOUT)
    is_one_line(done, "table.safetensors")
    assert sorted(path.name for path in guarded.iterdir()) == [
        "images", "table.csv", "table.safetensors",
    ]  # fmt: skip


def full_after(size: int) -> dict[str, int]:
    return {"size_of_files": size}


def test_a_full_disk_behind_a_redirection(tmp_path: Path, models: Path) -> None:
    (tmp_path / "t.csv").write_text(NEW + "2020-01-01,True,u,1\n" * 9_000, encoding="utf-8")
    with (tmp_path / "predictions.csv").open("w") as out:
        done = subprocess.run(
            [*COMMAND, "predict", str(models / "table.safetensors"), "t.csv"],
            cwd=tmp_path, env={**os.environ, "PYTHONUNBUFFERED": ""}, stdout=out,
            stderr=subprocess.PIPE, text=True, timeout=120, check=False,
            preexec_fn=lambda: limits.size_of_files(1000),
        )  # fmt: skip
    note, error = done.stderr.splitlines()
    assert note.startswith("note: 9,001 rows have 'd' outside ")
    assert error == "glassnet: cannot write to standard output: File too large"
    assert done.returncode == 2


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_full_disk_while_predicting(ending: str, tmp_path: Path, models: Path) -> None:
    (tmp_path / "t.csv").write_text(NEW + "2020-01-01,True,u,1\n" * 9_000, encoding="utf-8")
    (tmp_path / f"predictions.{ending}").write_text("the old predictions", encoding="utf-8")
    before = contents(tmp_path)
    model, out = str(models / "table.safetensors"), f"predictions.{ending}"
    words = ("predict", model, "t.csv", "--proba", "--out", out)
    done = alone(tmp_path, *words, bounds=full_after(500))
    is_one_line(done, out, "too large")
    assert contents(tmp_path) == before


def test_a_full_disk_while_writing_the_network(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(GOOD, encoding="utf-8")
    for name in ("t.safetensors", "t.png"):
        (tmp_path / name).write_text("the old one", encoding="utf-8")
    before = contents(tmp_path)
    done = alone(tmp_path, "train", "t.csv", "--epochs", "1", "--quiet", bounds=full_after(1000))
    is_one_line(done, "t.safetensors", "too large")
    assert contents(tmp_path) == before


def test_a_full_disk_while_writing_the_picture(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(GOOD, encoding="utf-8")
    for name in ("t.png", "t-data.png"):
        (tmp_path / name).write_text("the old one", encoding="utf-8")
    before = contents(tmp_path)
    words = TRAIN.format(file="t.csv").split()
    done = alone(tmp_path, *words, bounds=full_after(8000))
    assert done.returncode == 0 and done.stdout.startswith("test loss")
    assert done.stderr == "note: no picture of the curves: cannot write t.png: File too large\n"
    after = contents(tmp_path)
    after.pop("t.safetensors", None)  # written whole, before the picture
    assert after == before
    done = alone(tmp_path, "data", "t.csv", bounds=full_after(1000))
    is_one_line(done, "t-data.png", "too large")
    assert contents(tmp_path).keys() <= {*before, "t.safetensors"}
    assert (tmp_path / "t-data.png").read_text(encoding="utf-8") == "the old one"


@pytest.mark.slow
def test_an_interrupt_while_predicting_leaves_no_half_file(tmp_path: Path, models: Path) -> None:
    (tmp_path / "t.csv").write_text(NEW + "2020-01-01,True,u,1\n" * 2_000_000, encoding="utf-8")
    (tmp_path / "predictions.csv").write_text("the old predictions", encoding="utf-8")
    model = str(models / "table.safetensors")
    for delay in (0.0, 0.12, 0.3, 0.45):  # while it reads, predicts, or writes
        words = ("predict", model, "t.csv", "--proba", "--out", "predictions.csv")
        process = start(tmp_path, *words)
        begin = time.monotonic()
        while len(list(tmp_path.iterdir())) < 3 and time.monotonic() < begin + 20:
            time.sleep(0.02)  # until the temporary file is there
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        done = process.communicate()
        # Python itself ends by the signal where it came in a module's import: 130 to a shell too.
        assert done.returncode in (130, -signal.SIGINT), delay
        assert done.stdout == "" and done.stderr.startswith("glassnet: interrupted"), delay
        assert len(done.stderr.splitlines()) == 1, delay
        assert sorted(path.name for path in tmp_path.iterdir()) == ["predictions.csv", "t.csv"]
        assert (tmp_path / "predictions.csv").read_text(encoding="utf-8") == "the old predictions"


def test_a_failure_in_the_last_row_leaves_the_old_predictions(tmp_path: Path, models: Path) -> None:
    rows = NEW + "2020-01-01,True,u,1\n" * 80_000 + "2020-01-01,True,u,oops\n"
    (tmp_path / "t.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "predictions.csv").write_text("the old predictions", encoding="utf-8")
    before = contents(tmp_path)
    model = str(models / "table.safetensors")
    done = alone(tmp_path, "predict", model, "t.csv", "--out", "predictions.csv")
    is_one_line(done, "t.csv", "'a'", "data row 80002", "'oops'")
    assert contents(tmp_path) == before
