"""Bars: every command that may take long shows what it does, on a terminal alone, and cheaply."""

import contextlib
import io
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from glassnet.base import bars
from glassnet.base import progress as base_progress
from glassnet.base.progress import bar, watched, work
from glassnet.cli import tally
from glassnet.cli.app import program, run
from glassnet.cli.tally import Bars
from glassnet.training.callbacks import progress
from tests.cli.process import COMMAND
from tests.undrawn import not_drawn

FEW = "moons --samples 200 --epochs 1 --hidden 4"

# What each command shows, as far as it comes.
SHOWN = {
    "train own.csv --epochs 1": {"reading own.csv", "preparing own", "training",
                                 "evaluating the test part", "drawing the curves"},
    f"train {FEW} --plot page": {"training", "drawing pictures", "drawing the film"},
    "data own.csv": {"reading own.csv", "preparing own", "drawing own-data.png"},
    "predict own.safetensors own.csv --out p.csv": {"predicting"},
    "evaluate own.safetensors own.csv": {"evaluating"},
    "export own.safetensors --to numpy": {"exporting to own-numpy"},
    "explain own.safetensors own.csv": {"looking for a sample"},
    "importance own.safetensors own.csv": {"reading own.csv", "mixing up columns"},
    "report own.safetensors own.csv": {"reading own.csv", "resampling rows", "mixing up columns",
                                       "drawing the report"},
    "plot confusion own.safetensors own.csv": {"reading own.csv", "drawing own-confusion.png"},
    "run moons --quick": {"training", "evaluating the test part"},
    "run moons-repeated --quick": {"training", "evaluating"},
    f"repeat {FEW} --times 2": {"repeat", "evaluating"},
    f"cv {FEW} --folds 2": {"cv", "evaluating"},
    f"lr-find {FEW} --count 2": {"lr-find"},
    "sweep moons --samples 200 --epochs 1 --hidden 2,3 --trials 1": {"sweep"},
    "check": {"checking gradients"},
    "lab moons --epochs 1 --record lab.html": {"training", "recording"},
    "compare moons --quick --epochs 1 --with torch": {"training in glassnet", "training in torch"},
}  # fmt: skip
AT_ONCE = {"summary", "recipes"}  # take no time
SERVING = {"serve"}


class Screen:
    """Remembers the bars that would be shown."""

    def __init__(self) -> None:
        self.bars: dict[str, tuple[float | None, str]] = {}
        self.open = 0

    def bar(self, what: str, total: float | None = None, unit: str = "") -> Any:
        self.bars[what] = total, unit
        self.open += 1
        return self

    def update(self, done: float, total: float | None) -> None:
        assert total is None or 0 < done <= total * 1.0001

    def stop(self) -> None:
        self.open -= 1


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    monkeypatch.chdir(tmp_path)
    rows = [f"{n},{n % 7},{'xyz'[n % 3]},{'ab'[n % 2]}" for n in range(100)]
    Path("own.csv").write_text("\n".join(["n,size,k,label", *rows]), encoding="utf-8")
    with not_drawn():
        assert run(["train", "own.csv", "--epochs", "1", "--quiet"]) == 0
        seen = Screen()
        for module in (tally, progress):
            monkeypatch.setattr(module, "bar", seen.bar)
        yield seen


@pytest.mark.parametrize("words", SHOWN)
def test_it_shows_what_it_is_doing(screen: Screen, words: str) -> None:
    if words.startswith("compare"):
        pytest.importorskip("torch")
    assert run(words.split()) == 0
    assert screen.bars.keys() >= SHOWN[words]
    assert screen.open == 0


def test_no_command_is_forgotten() -> None:
    commands: Any = program()
    shown = {words.split()[0] for words in SHOWN}
    assert {*commands.commands} == shown | AT_ONCE | SERVING


@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_some_options_show_none(screen: Screen, option: str) -> None:
    assert run(["train", "own.csv", "--epochs", "1", option]) == 0
    assert not screen.bars


# ---- on a terminal


def on_terminal(monkeypatch: pytest.MonkeyPatch, seconds_unseen: float = 0.0) -> io.StringIO:
    """What a terminal of 80 columns is sent."""
    sent = io.StringIO()
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(base_progress, "sys", SimpleNamespace(stderr=terminal))
    monkeypatch.setattr(bars, "SECONDS_UNSEEN", seconds_unseen)
    monkeypatch.setattr(
        bars, "Console", lambda **how: Console(file=sent, force_terminal=True, width=80)
    )
    return sent


def lines(sent: io.StringIO) -> list[str]:
    """The lines that were shown, without codes for colour and cursor."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent.getvalue())
    return [line.rstrip() for line in re.split(r"[\r\n]+", plain) if line.strip()]


def until(shown: Callable[[], bool]) -> None:
    """Wait until the screen has been drawn again."""
    end = time.monotonic() + 10
    while not shown():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_part_and_the_time_left_or_a_count(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = on_terminal(monkeypatch)
    with watched(Bars()):
        with work("predicting", 4000, "rows") as known:
            known.add(1000)
            until(lambda: any(re.match(r"predicting [━╸╺]+ +25 %", line) for line in lines(sent)))
            time.sleep(bars.SECONDS_BETWEEN_UPDATES)
            known.add(1000)
            until(lambda: any(re.search(r" 50 % \d+:\d\d left$", line) for line in lines(sent)))
        with work("unpacking", unit="rows") as unknown:
            unknown.add(12000)
            until(lambda: any(re.search(r" 12,000 rows \d:\d\d$", line) for line in lines(sent)))
        with work("reading own.csv", unit="rows") as partly:
            partly.add(300, 0.3)
            until(
                lambda: any(re.match(r"reading own.csv [━╸╺]+ +30 %", line) for line in lines(sent))
            )
    assert max(map(len, lines(sent))) <= 80


def test_work_within_work_is_a_bar_below(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = on_terminal(monkeypatch)
    with watched(Bars()), work("drawing pictures", 9), work("a film of " + 9 * "many words", 2):
        until(lambda: any(line.startswith("a film of many words") for line in lines(sent)))
    assert any(line.startswith("drawing pictures") for line in lines(sent))
    assert max(map(len, lines(sent))) <= 80
    assert not bars._terminal.screen


def test_what_is_soon_done_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = on_terminal(monkeypatch, seconds_unseen=60)
    with watched(Bars()), work("reading") as reading:
        reading.add()
        time.sleep(0.3)
    assert lines(sent) == []
    assert sent.getvalue().count("\n") == sent.getvalue().count("\x1b[1A")  # nothing is left


def test_a_terminal_without_a_cursor_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    on_terminal(monkeypatch)
    monkeypatch.setenv("TERM", "dumb")
    assert bar("training", 3) is None


def test_bars_of_several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    on_terminal(monkeypatch)

    def draw() -> None:
        for number in range(200):
            shown = bar(f"work {number}", 3)
            shown.update(1, 3)
            shown.stop()
            shown.update(2, 3)  # too late, and no harm

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not bars._terminal.screen


def test_an_update_costs_less_than_two_microseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    on_terminal(monkeypatch)
    with watched(Bars()), work("training", 1e9, "steps") as training:
        costs = []
        for _ in range(20):
            begin = time.perf_counter()
            for _ in range(1000):
                training.add()
            costs.append((time.perf_counter() - begin) / 1000)
    assert min(costs) < 2e-6


@pytest.mark.slow
@pytest.mark.parametrize(("options", "expected"), [([], True), (["--json"], False)])
def test_a_real_terminal(tmp_path: Path, options: list[str], expected: bool) -> None:
    pty = pytest.importorskip("pty")
    own, end = pty.openpty()
    shown: list[bytes] = []
    reader = threading.Thread(target=drain, args=(own, shown))
    reader.start()
    words = ["train", "moons", "--samples", "4000", "--epochs", "60", "--engine", "numpy"]
    subprocess.run(
        [*COMMAND, *words, *options], cwd=tmp_path, check=True, timeout=60,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        stdout=subprocess.DEVNULL, stderr=end,
    )  # fmt: skip
    os.close(end)
    reader.join(10)
    os.close(own)
    assert (b"training" in b"".join(shown)) == expected


def drain(terminal: int, into: list[bytes]) -> None:
    """Read what a terminal is sent until nobody has it open."""
    with contextlib.suppress(OSError):
        while content := os.read(terminal, 65536):
            into.append(content)
