"""The table of epochs: what fits, what is cut, and how numbers and times are written."""

import math
import shutil
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training.callbacks.epoch_table import CELL, EpochTable, clock, figure

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)


class Also:
    """Adds metrics of one's own to every epoch."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        logs |= dict.fromkeys(self.names, 0.25)


def printed(capsys: pytest.CaptureFixture[str], y: Any = Y, **settings: Any) -> list[str]:
    outputs = 2 if y.dtype.kind == "i" else 1
    net = gn.Sequential([gn.Dense(outputs)], seed=0)
    net.fit(X, y, verbose=True, **{"epochs": 2, "validation": 0.2, **settings})
    return capsys.readouterr().out.splitlines()


def test_one_header_and_a_line_for_every_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    header, *lines = printed(capsys, epochs=12)
    assert header == "epoch      time      loss  accuracy  val loss   val acc"
    assert [line.split()[0] for line in lines] == [f"{n}/12" for n in range(1, 13)]
    assert {len(line) for line in lines} == {len(header)}


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"validation": None}, "loss  accuracy"),
        ({"y": X[:, :1]}, "loss       MAE  val loss   val MAE"),
        ({"callbacks": [gn.LearningRateLogger()]}, "loss  accuracy  val loss   val acc      rate"),
        ({"metrics": False, "validation": None}, "loss"),
        ({"callbacks": [Also("f1")]}, "loss  accuracy  val loss   val acc        f1"),
    ],
)
def test_headings_are_short(
    settings: dict[str, Any], names: str, capsys: pytest.CaptureFixture[str]
) -> None:
    header, *lines = printed(capsys, **settings)
    assert header == f"epoch      time      {names}"
    assert {len(line) for line in lines} == {len(header)}


@pytest.mark.parametrize("columns", [None, 30, 40, 80, 132])
def test_no_line_is_wider_than_the_terminal(
    columns: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", str(columns))
    width = columns or 80
    assert shutil.get_terminal_size().columns == width
    own = Also(*(f"own_score_{k}" for k in range(9)), "a_score_with_a_very_long_name")
    lines = printed(capsys, callbacks=[gn.LearningRateLogger(), own])
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)
    assert lines[0].split()[0] == "epoch"
    note = " ".join(lines[1:-2])
    shown = " ".join(lines[0].split())
    assert all(name.replace("_", " ") in shown or name in note for name in own.names)


def test_the_longest_line_of_a_long_training_fits_80_columns() -> None:
    table = EpochTable(99_999, width=80)
    worst = {"seconds": 99.99 * 3600, "loss": -1.2345e-105, "mean_absolute": 1.5e105}
    worst |= {"val_loss": math.nan, "val_mean_absolute": -math.inf, "learning_rate": 1e-5}
    header, line = table.lines(99_999, worst)
    assert header.endswith("  val MAE      rate")
    assert line.split() == ["99999/99999", "99:59:24", "-1e-105", "1.5e+105", "nan", "-inf",
                            "1.00e-05"]  # fmt: skip
    assert len(line) <= 80


def test_a_metric_that_comes_late_gets_a_header_once() -> None:
    table = EpochTable(3, width=80)
    first = table.lines(1, {"loss": 1.0})
    second = table.lines(2, {"loss": 0.5, "auc": 0.75})
    third = table.lines(3, {"loss": 0.25})
    assert first == ["epoch      loss", "  1/3    1.0000"]
    assert second == ["epoch      loss       auc", "  2/3    0.5000    0.7500"]
    assert third == ["  3/3    0.2500         –"]


@pytest.mark.parametrize("power", range(-300, 301, 7))
@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_keeps_its_size_in_eight_characters(power: int, sign: int) -> None:
    value = sign * 1.2345 * 10.0**power
    text = figure(value)
    assert len(text) <= CELL
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0000"), (1.0, "1.0000"), (0.95, "0.9500"), (999.9999, "999.9999"),
        (1e5, "100,000"), (12345.678, "12,346"), (1234.5678, "1,234.57"),
        (1e-7, "1.00e-07"), (0.00999, "0.00999"),
        (-999.99999, "-1,000"), (1e7, "1.00e+07"), (math.nan, "nan"),
        (-math.inf, "-inf"), (5, "5.0000"),
    ],
)  # fmt: skip
def test_numbers(value: float, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.00 s"), (59.99, "59.99 s"), (59.996, "1:00"), (61, "1:01"), (3599.6, "1:00:00"),
        (36000, "10:00:00"), (359_999, "99:59:59"), (360_000, "100 h"), (3.6e9, "1000000 h"),
    ],
)  # fmt: skip
def test_times(seconds: float, text: str) -> None:
    assert clock(seconds) == text
    assert len(text) <= CELL + 1


def test_a_history_is_printed_as_a_short_table() -> None:
    history = gn.Sequential([gn.Dense(2)], seed=0).fit(X, Y, epochs=200, validation=0.2)
    header, *lines = str(history).splitlines()
    assert header.split() == ["epoch", "time", "loss", "accuracy", "val", "loss", "val", "acc"]
    assert [line.split()[0] for line in lines] == ["1/200", *(f"{n}/200" for n in
                                                              range(20, 201, 20))]  # fmt: skip
    assert lines[-1].split()[3] == f"{history['loss'][-1]:.4f}"
    assert repr(history).startswith("<History of 200 epochs, the last: loss ")
    assert "seconds" not in repr(history)
    assert dict(history) == history
    assert [*history][:2] == ["seconds", "loss"]


def test_an_empty_and_an_interrupted_history() -> None:
    history = gn.History()
    assert (str(history), repr(history)) == ("no epochs yet", "<History of 0 epochs>")
    history.append({"loss": 2.0})
    history.interrupted = "interrupted by Ctrl-C"
    assert str(history).splitlines()[-1] == "ended early: interrupted by Ctrl-C"
