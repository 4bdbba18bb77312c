"""What happens to standard output and error must not end a command, nor lose its files."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn
from tests.cli.process import succeed

GLASSNET = f"{sys.executable} -m glassnet"
# Of two numbers for each sample, which need few packages: starting takes most of the time.
TRAIN = f"{GLASSNET} train moons --samples 200 --no-health --epochs 30 --out net.safetensors"
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}


def shell(command: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A line as a shell runs it; the code of a pipe is that of its first command."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=folder, env={**os.environ, **environment},
        capture_output=True, text=True, encoding="utf-8", check=False, timeout=120,
    )  # fmt: skip


def files_of(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


@pytest.mark.parametrize(
    ("where", "code", "says"),
    [
        (" | head -1", 0, ""),
        (" >&-", 0, ""),
        (" 2>&-", 0, ""),
        (" >&- 2>&-", 0, ""),
        (" 2>/dev/full", 0, ""),
        (" >/dev/full", 2, "cannot write to standard output: No space left on device"),
        (" >/dev/full 2>&1", 2, ""),
    ],
)
def test_a_training_is_done_whatever_happens_to_its_words(
    tmp_path: Path, where: str, code: int, says: str
) -> None:
    done = shell(TRAIN + where, tmp_path)
    assert done.returncode == code, done.stderr
    assert done.stderr == (f"glassnet: {says}\n" if says else "")
    assert files_of(tmp_path) == {"net.safetensors", "net.png"}
    assert gn.load(tmp_path / "net.safetensors").trained["epochs"] == 30


@pytest.mark.parametrize(
    ("command", "where"),
    [
        ("recipes", " | true"),
        ("--help", " | true"),
        ("summary net.safetensors", " >&-"),
        ("data moons", " >/dev/full"),
        ("--help", " >/dev/full"),
    ],
)
def test_every_command_ends_quietly(tmp_path: Path, command: str, where: str) -> None:
    gn.Sequential([gn.Dense(2)], input_shape=3, seed=0).save(tmp_path / "net.safetensors")
    done = shell(f"{GLASSNET} {command}{where}", tmp_path)
    full = "full" in where
    assert done.returncode == (2 if full else 0), done.stderr
    assert done.stderr.count("\n") == full and "Traceback" not in done.stderr


def test_an_error_stays_an_error_without_a_place_for_its_line(tmp_path: Path) -> None:
    for where in (" 2>/dev/full", " >&- 2>&-"):
        assert shell(f"{GLASSNET} train none.csv{where}", tmp_path).returncode == 2


def test_a_narrow_encoding_gets_what_comes_nearest(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "größe,art\n" + "".join(f"{k % 7},{'né' if k % 2 else 'θ→—'}\n" for k in range(60)), "utf-8"
    )
    done = shell(f"{GLASSNET} train t.csv --epochs 2 --out net", tmp_path, **ASCII)
    assert done.returncode == 0 and done.stderr.isascii() and done.stdout.isascii()
    assert "theta->-" in done.stdout and " ne " in done.stdout
    done = shell(f"{GLASSNET} train t.csv --target größe2", tmp_path, **ASCII)
    assert done.returncode == 2 and done.stderr.isascii() and done.stderr.count("\n") == 1
    for command in ("recipes", "explain"):
        done = shell(f"{GLASSNET} {command}", tmp_path, **ASCII)
        assert (done.returncode, done.stderr) == (0, ""), command
        assert done.stdout.isascii()


def test_predictions_are_the_same_in_every_encoding(tmp_path: Path) -> None:
    rows = "".join(f"{k % 7},{'né' if k % 2 else 'ö'}\n" for k in range(60))
    (tmp_path / "t.csv").write_text("x,art\n" + rows, "utf-8")
    succeed(tmp_path, "train", "t.csv", "--epochs", "2", "--out", "net")
    predict = f"{GLASSNET} predict net.safetensors t.csv"
    plain = shell(predict, tmp_path)
    narrow = shell(predict, tmp_path, **ASCII)
    succeed(tmp_path, "predict", "net.safetensors", "t.csv", "--out", "p.csv")
    assert plain.stdout == narrow.stdout == (tmp_path / "p.csv").read_text("utf-8")
    assert not plain.stdout.isascii()


def limited(command: str, folder: Path, blocks: int) -> Any:
    """With no file longer than so many KiB, as on a disk that is full."""
    return shell(f"trap '' XFSZ; ulimit -f {blocks}; {command}", folder)


def test_a_picture_that_has_no_room_is_noted_and_the_network_is_there(tmp_path: Path) -> None:
    done = limited(f"{TRAIN} --hidden 4", tmp_path, 12)
    assert done.returncode == 0, done.stderr
    assert files_of(tmp_path) == {"net.safetensors"}
    assert done.stderr.startswith("note: no picture of the curves: cannot write net.png: ")
    assert done.stderr.count("\n") == 1
    assert "test accuracy" in done.stdout and done.stdout.endswith("wrote net.safetensors\n")
    done = limited(f"{TRAIN} --hidden 4 --json", tmp_path, 12)
    assert '"model": "net.safetensors"}' in done.stdout


def test_a_network_that_has_no_room_is_an_error(tmp_path: Path) -> None:
    done = limited(f"{TRAIN} --hidden 200,200", tmp_path, 12)
    assert done.returncode == 2 and files_of(tmp_path) == set()
    assert done.stderr.startswith("glassnet: cannot write net.safetensors: ")


@pytest.mark.parametrize("option", ["--out", "--checkpoint"])
def test_a_place_that_is_no_file_is_refused_before_training(tmp_path: Path, option: str) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    done = shell(f"{GLASSNET} train iris {option} pipe.safetensors", tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    says = f"glassnet: {option}: cannot write pipe.safetensors: it is a pipe, expected a regular"
    assert done.stderr.startswith(says)
    assert files_of(tmp_path) == {"pipe.safetensors"} and (tmp_path / "pipe.safetensors").is_fifo()
