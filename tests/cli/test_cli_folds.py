"""`train` on a table of fewer than 1,000 rows: folds say for how long, and all rows are learned."""

import json
import re
import runpy
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base.confidence import wilson
from glassnet.cli.app import run
from glassnet.serve.bodies import Body
from glassnet.workflows import stopping_epoch

LINE = re.compile(
    r"\n5 folds end best after (\d+) epochs; trained on all 160 rows for (\d+) epochs\n"
)
SMALL = "train own.csv --hidden 16 --lr 0.01"


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with tables whose targets nobody predicts without error."""
    monkeypatch.chdir(tmp_path)
    table("own.csv", 200)


def table(name: str, rows: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 3))
    y = x.sum(axis=1) + rng.normal(size=rows)
    lines = [f"{a:.3f},{b:.3f},{c:.3f},{'ny'[int(t > 0)]},{t:.2f}"
             for (a, b, c), t in zip(x, y, strict=True)]  # fmt: skip
    Path(name).write_text("\n".join(["a,b,c,label,value", *lines]), encoding="utf-8")


def printed(capsys: pytest.CaptureFixture[str], words: str, code: int = 0) -> str:
    assert run(words.split()) == code, capsys.readouterr().err
    return capsys.readouterr().out


def said(capsys: pytest.CaptureFixture[str], words: str, code: int = 0) -> str:
    return printed(capsys, f"{words} --target label --drop value", code)


def test_the_line_says_what_was_found_and_the_file_keeps_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = LINE.search(said(capsys, SMALL))
    assert found is not None and found[1] == found[2]
    epochs = int(found[1])
    *lines, result = map(json.loads, said(capsys, f"{SMALL} --json").splitlines())
    assert result["folds"] == {"folds": 5, "epochs": epochs} and len(lines) == epochs
    trained = gn.load("own.safetensors").trained
    assert (trained["folds"], trained["samples"]) == (result["folds"], 160)


@pytest.mark.parametrize(
    "words",
    ["--validation 0.2", "--validation 0", "--no-early-stopping", "--optimizer lbfgs"],
)
def test_who_asks_for_something_else_has_no_folds(
    capsys: pytest.CaptureFixture[str], words: str
) -> None:
    command = SMALL if "lbfgs" not in words else "train own.csv --hidden 4"
    assert "folds" not in said(capsys, f"{command} --epochs 3 {words}")


def test_nor_has_a_table_of_1000_rows_or_of_a_few_or_data_without_a_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for rows, there in ((1248, True), (1250, False), (12, True), (11, False)):
        table("own.csv", rows)
        out = said(capsys, "train own.csv --hidden 4 --epochs 2")
        assert ("5 folds end best after" in out) == there, rows
    moons = "train moons --samples 200 --epochs 2 --hidden 4 --early-stopping"
    assert "folds" not in printed(capsys, moons)


def test_few_test_samples_are_said_to_say_little(capsys: pytest.CaptureFixture[str]) -> None:
    table("own.csv", 20)
    out = said(capsys, "train own.csv --hidden 4 --epochs 2")
    low, high = wilson(float(re.findall(r"test accuracy (\S+)", out)[0]), 4)
    assert f"an accuracy on 4 samples says little: its 95 % interval is {low:.4g}" in out
    assert out.split(f"{low:.4g} to ")[1].startswith(f"{high:.3g}")
    assert "uneven" not in out and "metrics by class" not in out
    table("own.csv", 200)
    assert "says little" not in said(capsys, SMALL)


def test_intervals_come_from_all_rows(capsys: pytest.CaptureFixture[str]) -> None:
    words = "train own.csv --target value --drop label --hidden 16 --lr 0.01"
    assert "90% of 160 held-out samples lie within ±" in printed(capsys, words)
    assert "value_low" in printed(capsys, "predict own.safetensors own.csv --interval 0.9")


def test_the_recipe_of_a_run_comes_to_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, f"{SMALL} --networks 2 --run-dir runs/a")
    assert "folds = 5" in Path("runs/a/recipe.toml").read_text("utf-8")
    printed(capsys, "run runs/a/recipe.toml --out again")
    again = Path("again/recipe.safetensors").read_bytes()
    assert again == Path("runs/a/own.safetensors").read_bytes()


@pytest.mark.parametrize("kind", ["StopTogether", "LastEpoch"])
def test_ctrl_c_keeps_what_there_is_and_resuming_comes_to_the_same_bytes(
    kind: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said(capsys, f"{SMALL} --out whole")
    watching, presses = getattr(stopping_epoch, kind), iter([1])
    usual = watching.on_epoch_end

    def pressed(self: Any, epoch: int, logs: Any) -> None:
        if epoch == 1 and next(presses, None):
            signal.raise_signal(signal.SIGINT)
        usual(self, epoch, logs)

    monkeypatch.setattr(watching, "on_epoch_end", pressed)
    keep = f"{SMALL} --checkpoint c --every 3 --resume"
    out = said(capsys, keep, code=130)
    assert "interrupted after 2 of 200 epochs, not tested" in out
    assert "wrote own.safetensors" in out
    first = "interrupted while 5 folds were trained: this is the network of the first"
    assert (first in out) == (kind == "StopTogether")
    said(capsys, keep)
    assert Path("own.safetensors").read_bytes() == Path("whole.safetensors").read_bytes()


SURE = (
    "train own.csv --hidden 32 --lr 0.05 --networks 3 --epochs 40 --metric accuracy --patience 40"
)


def test_whatever_takes_a_calibrated_mean_of_networks_computes_the_same(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = said(capsys, SURE)
    assert "probabilities calibrated: temperature" in out
    network, frame = gn.load("own.safetensors"), pd.read_csv("own.csv")
    assert network.trained["calibration"]["rows"] == 160
    p, y = network.predict_proba(frame), (frame["label"] == "y").to_numpy(int)
    printed(capsys, "predict own.safetensors own.csv --proba --out p.csv")
    np.testing.assert_allclose(pd.read_csv("p.csv")[["p_n", "p_y"]], p, atol=1e-6)
    found = json.loads(printed(capsys, "evaluate own.safetensors own.csv --json"))
    assert found["log_loss"] == pytest.approx(-np.log(p[np.arange(200), y]).mean(), rel=1e-5)
    logits = np.log(p) * network.trained["calibration"]["temperature"]
    before = logits[np.arange(200), 1 - y] - logits[np.arange(200), y]
    assert found["uncalibrated_log_loss"] == pytest.approx(
        np.log1p(np.exp(before)).mean(), rel=1e-4
    )
    why = json.loads(printed(capsys, "explain own.safetensors own.csv --row 7 --json"))
    assert why["probabilities"] == pytest.approx(p[6], abs=1e-6)
    given = sum(each["contribution"] for each in why["columns"])
    assert given + why["remainder"] == pytest.approx(max(why["outputs"]), rel=1e-4)
    printed(capsys, "export own.safetensors --to numpy --out own")
    script = runpy.run_path("own.py")
    encoded = network.schema.encode(frame)
    np.testing.assert_allclose(script["predict_proba"](encoded), p, atol=1e-6)
    body = Body(network).json(json.dumps(frame[["a", "b", "c"]].to_dict("records")).encode())
    np.testing.assert_array_equal(network(body.x), network(encoded))
