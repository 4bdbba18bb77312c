"""What Health advises: one cause once, by names that its reader has, and nothing in use already."""

import contextlib
import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.cli.app import program, run
from glassnet.data import load
from glassnet.data.sources.table_file import load_table
from glassnet.inspection.health import FOLLOWS
from glassnet.inspection.remedies import REMEDIES, advice
from glassnet.training.plan import make_plan
from glassnet.workflows.spec import Data, Net, Training
from glassnet.workflows.stopping_epoch import LastEpoch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 8))
LABELS = X[:, :3].argmax(axis=1)
RARE = np.where(np.arange(300) % 20 == 0, 2, LABELS % 2)


def findings(layers: list[gn.Layer], x: Any, y: Any, **how: Any) -> list[str]:
    health = gn.Health(say=lambda sentence: None)
    net = gn.Sequential(layers, seed=0)
    with contextlib.suppress(gn.DivergedError):
        net.fit(x, y, callbacks=[health], **{"epochs": 8, **how})
    return [f"{each.kind}: {each.sentence}" for each in health.findings]


def test_options_of_the_command_line_are_those_of_train() -> None:
    commands: Any = program()
    options = {option for each in commands.commands["train"].params for option in each.opts}
    for remedy in REMEDIES.values():
        named = re.findall(r"--[\w-]+", remedy.command or "")
        assert set(named) <= options, remedy
    assert "lr-find" in commands.commands


def test_keys_of_recipes_are_those_of_the_schema() -> None:
    keys = {*Data.model_fields, *Net.model_fields, *Training.model_fields}
    named = {r.recipe for r in REMEDIES.values() if r.recipe}
    assert named <= keys


def test_python_names_are_parameters_or_classes() -> None:
    callables = [make_plan, gn.Sequential.fit, gn.Stack.fit, gn.Dense, gn.Adam, load_table]
    known = {name for each in callables for name in inspect.signature(each).parameters}
    for remedy in REMEDIES.values():
        for name in re.findall(r"^\w+", remedy.python or ""):
            assert name in known or name in gn.__all__, remedy


def test_values_that_are_advised_are_accepted(tmp_path: Path) -> None:
    words = ["train", "iris", "--epochs", "1", "--out", str(tmp_path / "net"), "--quiet"]
    for remedy in REMEDIES.values():
        for option, value in re.findall(r"(--[\w-]+) (\w+)(?!=)\b", remedy.command or ""):
            assert run([*words, option, value]) == 0, remedy


@pytest.mark.parametrize("name", [n for n, r in REMEDIES.items() if r.command is None])
def test_what_the_command_line_has_not_is_not_advised_there(name: str) -> None:
    assert advice([name], "command") == ""


# ---- one cause, one warning


@pytest.mark.parametrize(
    ("layers", "x", "how", "cause"),
    [
        ([gn.Dense(8, "relu"), gn.Dense(3)], 1000 * X, {"optimizer": "sgd"}, "inputs"),
        ([gn.Dense(8, "tanh"), gn.Dense(3)], 1000 * X, {"optimizer": "sgd"}, "inputs"),
        ([gn.Dense(8, "relu"), gn.Dense(3)], X, {"optimizer": "adam:learning_rate=3"}, "large"),
        ([gn.Dense(8, "tanh"), gn.Dense(3)], X, {"optimizer": "sgd:learning_rate=0"}, "small"),
    ],
)
def test_consequences_of_a_cause_are_not_reported(
    layers: list[gn.Layer], x: Any, how: dict[str, Any], cause: str
) -> None:
    (only,) = findings(layers, x, LABELS, **how)
    assert only.startswith(cause)


def test_no_consequence_is_a_cause_of_its_cause_but_where_both_may_come_first() -> None:
    both = {frozenset((a, b)) for a in FOLLOWS for b in FOLLOWS[a] if a in FOLLOWS.get(b, ())}
    assert both == {frozenset({"exploding", "large steps"})}


# ---- balanced classes are not to be weighed, rare ones are


def test_balanced_classes_are_not_to_be_weighed(capsys: pytest.CaptureFixture[str]) -> None:
    balanced = np.arange(300) % 3
    found = findings([gn.Dense(3)], X, balanced, optimizer="sgd:learning_rate=1e-3")
    assert all("class_weight" not in each for each in found)
    for recipe in ("iris", "iris-shallow"):
        run(["run", recipe, "--quick"])
        assert "weigh" not in capsys.readouterr().err


def test_rare_classes_are_to_be_weighed_unless_they_are() -> None:
    how = {"optimizer": "adam:learning_rate=0.01", "epochs": 8}
    (found,) = findings([gn.Dense(8, "tanh"), gn.Dense(3)], X, RARE, **how)
    assert "weigh classes (class_weight='balanced')" in found
    again = findings([gn.Dense(8, "tanh"), gn.Dense(3)], X, RARE, class_weight={2: 1.01}, **how)
    assert all("weigh classes" not in each for each in again)


@pytest.mark.parametrize("end", [gn.EarlyStopping("loss", patience=20), LastEpoch(5, 8)])
def test_a_training_that_ends_by_itself_is_not_to_be_longer(end: Any) -> None:
    health = gn.Health(say=lambda sentence: None, caller="command")
    net = gn.Sequential([gn.Dense(8, "tanh"), gn.Dense(3)], seed=0)
    net.fit(X, RARE, epochs=8, optimizer="adam:learning_rate=0.01", callbacks=[health, end])
    (found,) = health.findings
    assert found.sentence == (
        "class 2 is never predicted, though 5% of the samples are of it: weigh classes "
        "(--class-weight balanced)"
    )


# ---- nothing that is in use is advised


def test_scaling_that_is_there_is_not_advised_again() -> None:
    (found,) = findings([gn.Scale(100.0), gn.Dense(8, "relu"), gn.Dense(3)], X, LABELS)
    assert "change the Scale layer before it" in found
    assert "StandardScaler" not in found


def test_of_a_table_only_raw_columns_are_to_be_standardised(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    pd.DataFrame({"a": 1e4 * X[:, 0], "b": X[:, 1], "t": LABELS}).to_csv(path, index=False)
    for options, raw in (({}, False), ({"kinds": {"a": "raw"}}, True)):
        data = load(path, **options)
        health = gn.Health(say=lambda sentence: None, caller="command")
        net = gn.Sequential([gn.Dense(3)], seed=0)
        net.schema = data.schema
        net.fit(data.x_train, data.y_train, epochs=1, callbacks=[health])
        inputs = [each.sentence for each in health.findings if each.kind == "inputs"]
        assert len(inputs) == raw
        assert all("StandardScaler" not in each and "--as" in each for each in inputs)


def test_what_is_in_use_is_not_advised() -> None:
    how = {
        "optimizer": "adam:learning_rate=0.03,weight_decay=1e-9",
        "epochs": 40,
        "validation": 0.3,
    }
    layers = [gn.Dense(64, "relu"), gn.Dropout(0.01), gn.Dense(3)]
    found = findings(layers, X, RNG.integers(0, 3, 300), **how)
    (drift,) = [each for each in found if each.startswith("drift")]
    assert "EarlyStopping" in drift
    assert "dropout" not in drift
    assert "weight decay" not in drift


def test_a_training_that_finds_its_end_is_not_to_be_longer() -> None:
    how = {"optimizer": "adam:learning_rate=0.01", "epochs": 8, "validation": 0.2}
    health = gn.Health(say=lambda line: None, caller="command")
    net = gn.Sequential([gn.Dense(8, "tanh"), gn.Dense(3)], seed=0)
    net.fit(X, RARE, callbacks=[health, gn.EarlyStopping(patience=8)], **how)
    (found,) = [each.sentence for each in health.findings if each.kind == "a class"]
    assert found.endswith("weigh classes (--class-weight balanced)")
