"""`train --checkpoint --resume`: what was cut off goes on, and comes to the same file."""

import signal
import time
from pathlib import Path

import pytest

from tests.cli.process import run, start, succeed

pytestmark = pytest.mark.usefixtures("undrawn")

DIGITS = ("train", "digits", "--epochs", "90", "--hidden", "32", "--dropout", "0.2",
          "--schedule", "cosine")  # fmt: skip
KEEP = ("--checkpoint", "c", "--every", "5")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_training_cut_off_ends_with_the_same_file(tmp_path: Path, how: signal.Signals) -> None:
    succeed(tmp_path, *DIGITS, "--out", "whole")
    for _ in range(2):
        process = start(tmp_path, *DIGITS, *KEEP, "--resume")
        for _ in range(20):  # two epochs or three
            before = _written(tmp_path / "c")
            while _written(tmp_path / "c") == before and process.runs:
                time.sleep(0.001)
        process.send_signal(how)
        process.communicate()
    done = succeed(tmp_path, *DIGITS, *KEEP, "--resume")
    assert "resuming from c" in done.stdout
    assert "\n90/90 " in done.stdout
    assert "  1/90 " not in done.stdout
    whole, again = tmp_path / "whole.safetensors", tmp_path / "digits.safetensors"
    assert again.read_bytes() == whole.read_bytes()


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def test_without_a_checkpoint_yet_it_starts(tmp_path: Path) -> None:
    done = succeed(tmp_path, *DIGITS[:3], "2", *KEEP, "--resume")
    assert "resuming" not in done.stdout
    assert " 1/2 " in done.stdout
    assert (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--resume",), "--resume and --override need --checkpoint FILE"),
        (("--override",), "--override needs --resume: give both"),
        (("--checkpoint", "none/c"), "--checkpoint: there is no folder none"),
        ((*KEEP, "--every", "0"), "--every"),
        ((*KEEP, "--resume", "--lr", "0.5"), "learning_rate was 0.001, is 0.5: give the same, or"),
        ((*KEEP, "--resume", "--hidden", "8"), "different network"),
        ((*KEEP, "--resume", "--test", "0.3", "--override"), "different data: samples was"),
        (("--checkpoint", "text", "--resume"), "text is not a model file"),
    ],
)
def test_what_cannot_go_on_is_told(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    (tmp_path / "text").write_text("hello " * 20)
    succeed(tmp_path, *DIGITS[:3], "2", *KEEP)
    done = run(tmp_path, *DIGITS[:3], "2", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_longer_training_goes_on_where_the_shorter_ended(tmp_path: Path) -> None:
    succeed(tmp_path, *DIGITS[:3], "2", *KEEP)
    done = succeed(tmp_path, *DIGITS[:3], "4", *KEEP, "--resume", "--override")
    assert " 4/4 " in done.stdout
    assert " 1/4 " not in done.stdout


def test_a_checkpoint_does_not_replace_the_data(tmp_path: Path) -> None:
    content = "a,b\n" + "".join(f"{n},{'xy'[n % 2]}\n" for n in range(40))
    (tmp_path / "own.csv").write_text(content)
    done = run(tmp_path, "train", "own.csv", "--checkpoint", "./own.csv")
    assert done.returncode == 2
    assert done.stderr == "glassnet: own.csv holds the data: name another file\n"
    assert (tmp_path / "own.csv").read_text() == content
