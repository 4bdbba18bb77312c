"""Ctrl-C: what is done is reported, how far it was, and the exit code is 130."""

import json
import os
import pickle
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from glassnet.cli import tally
from glassnet.cli.tally import Tally
from glassnet.training.callbacks.history import History
from glassnet.workflows.ticks import CutShort
from tests.cli.process import COMMAND, Done, start, succeed

SLOW = ("moons", "--samples", "4000", "--epochs", "2000", "--hidden", "64")


def pressed(folder: Path, *words: str, seconds: float = 2.0) -> Done:
    """A command that is interrupted so long after its start."""
    process = start(folder, *words)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    done = process.communicate()
    assert done.returncode == 130, done.stderr
    assert done.stderr.splitlines()[-1].startswith("glassnet: interrupted")
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.slow
def test_repeat_gives_no_accuracy_of_unfinished_networks(tmp_path: Path) -> None:
    done = pressed(tmp_path, "repeat", *SLOW, "--times", "6")
    said = r"interrupted after \d+ of 2000 epochs: no network is finished\n"
    assert re.fullmatch(said, done.stdout)
    found = json.loads(pressed(tmp_path, "repeat", *SLOW, "--times", "6", "--json").stdout)
    assert found["values"] == []
    assert "of 2000 epochs" in found["interrupted"]
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_what_is_finished_is_reported_alone(tmp_path: Path) -> None:
    """So little memory that the networks train one after another."""
    words = ("--epochs", "6", "--times", "400", "--memory", "100K")
    done = pressed(tmp_path, "repeat", "moons", "--samples", "4000", *words, seconds=4.0)
    count = re.match(r"interrupted after (\d+) of 400 networks", done.stdout)
    assert count is not None, done.stdout
    assert f"({count[1]} networks)" in done.stdout


@pytest.mark.slow
def test_cv_and_lr_find_report_what_is_done(tmp_path: Path) -> None:
    done = pressed(tmp_path, "cv", *SLOW, "--folds", "5")
    assert re.match(r"interrupted after \d+ of 2000 epochs: no network is finished\n", done.stdout)
    assert "accuracy" not in done.stdout
    done = pressed(tmp_path, "lr-find", *SLOW, "--count", "8")
    *lines, last = done.stdout.splitlines()
    assert len(lines) == 8
    assert all(re.match(r"\S+ +loss \d", line) for line in lines)
    assert re.fullmatch(
        r"interrupted after \d+ of 2000 epochs: too early to suggest a learning rate", last
    )
    assert "suggested" not in done.stdout


@pytest.mark.slow
def test_an_interrupted_recipe_gives_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_text(
        'title = "long"\nsource = "s"\n[data]\nname = "moons"\noptions = {samples = 4000}\n'
        "[network]\nhidden = [64]\n[training]\nepochs = 2000\nengine = 'numpy'\n"
        '[figure]\npublished = "0.99"\nat_least = 1.0\n'
    )
    done = pressed(tmp_path, "run", "long.toml", "--out", "kept")
    assert re.search(r"0\.99 +interrupted after \d+ of 2000 epochs ", done.stdout)
    assert "its bound is not checked" in done.stdout
    assert "below the bound of the recipe" not in done.stdout
    assert (tmp_path / "kept" / "long.safetensors").exists()


@pytest.mark.slow
def test_a_terminal_presses_it_in_all_processes_of_a_sweep(tmp_path: Path) -> None:
    words = ["sweep", *SLOW[:3], "--epochs", "30", "--hidden", "3:90", "--jobs", "2", "--out", "s"]
    process = subprocess.Popen(
        [*COMMAND, *words], cwd=tmp_path, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    runs, end = tmp_path / "s" / "runs.csv", time.monotonic() + 60
    while not runs.exists() or runs.read_bytes().count(b"\n") < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "finished runs are kept in s/runs.csv" in err
    assert err.splitlines()[-1] == "glassnet: interrupted"


def test_what_was_cut_short_comes_back_from_another_process() -> None:
    cut: CutShort = pickle.loads(pickle.dumps(CutShort([History(loss=[0.5])])))
    assert isinstance(cut, KeyboardInterrupt)
    assert cut.histories == [{"loss": [0.5]}]


def test_a_quick_run_is_told_from_the_published_one(tmp_path: Path) -> None:
    done = succeed(tmp_path, "run", "moons-repeated", "--quick")
    assert "moons-repeated (quick)" in done.stdout
    assert "a smaller version, so not comparable" in done.stdout
    assert "quick" not in succeed(tmp_path, "run", "iris").stdout


def test_without_a_terminal_a_line_every_few_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tally, "SECONDS_BETWEEN_LINES", 0.0)
    each = Tally("repeat", 10)
    each.add(4)
    each.leave_out(2)
    each.add(4)
    assert re.fullmatch(r"40% done, \d:\d\d left\n100% done, 0:00 left\n", capsys.readouterr().err)
    quiet = Tally("repeat", 10, quiet=True)
    quiet.add(10)
    quiet.close()
    assert capsys.readouterr().err == ""
