"""What `print` shows of a thing is short, whatever it holds."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base.row_view import Rows
from glassnet.data import load
from glassnet.inspection.attribution import attribute
from glassnet.workflows.evaluate import evaluate

DIGITS = load("digits")


@pytest.fixture(scope="module")
def net() -> gn.Sequential:
    net = gn.Sequential([gn.Flatten(), gn.Dense(10)], seed=0)
    net.fit(DIGITS.x_train, DIGITS.y_train, epochs=1)
    return net


def test_datasets(tmp_path: Path) -> None:
    assert (
        str(DIGITS)
        == repr(DIGITS)
        == (
            "<Dataset digits: 1,438 training and 359 test samples of 8 × 8 numbers (uint8); "
            "digit: 10 classes>"
        )
    )
    wide = pd.DataFrame(np.arange(6000.0).reshape(20, 300) % 7).assign(price=np.arange(20) / 3)
    wide.to_csv(tmp_path / "wide.csv", index=False)
    data = load(tmp_path / "wide.csv")
    assert str(data).endswith("samples of 300 numbers (float32); price: a number>")
    assert str(data.schema).startswith("<Schema: 0, 1, 2")
    assert str(data.schema).endswith(", … (300 in all) → price>")


def test_rows_and_checkpoints() -> None:
    assert repr(Rows(DIGITS.x_train, np.arange(5))) == "<Rows: 5 × 8 × 8, uint8>"
    assert repr(gn.Checkpoint("kept", 50)) == "Checkpoint('kept', every=50)"


def test_callbacks_name_their_settings() -> None:
    assert repr(gn.EarlyStopping(patience=3)) == "EarlyStopping(patience=3)"
    assert repr(gn.ModelCheckpoint("a.safetensors")) == "ModelCheckpoint('a.safetensors')"
    assert repr(gn.Progress(every=5)) == "Progress(every=5)"


def test_nothing_prints_screens_of_numbers(net: gn.Sequential) -> None:
    x, y = DIGITS.x_test, DIGITS.y_test
    step = net.trace(x[:3], y[:3])
    things: list[Any] = [
        net, net.parameters, gn.Stack.of(net, 3), step, step.layers[0], attribute(net, x[:1]),
        evaluate(net, net(x), y), net.loss, gn.Adam(), net.trace,
    ]  # fmt: skip
    for thing in things:
        assert len(repr(thing)) <= 160, thing
    found = attribute(net, x[:1])
    assert repr(found).startswith(f"<Attribution: output {found.winner} is ")
    assert repr(evaluate(net, net(x), y)).startswith("<Evaluation of 359 rows: accuracy 0.")
