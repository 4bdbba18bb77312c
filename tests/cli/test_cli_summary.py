"""`glassnet summary`: what is in a file."""

import json
from pathlib import Path

import pytest

import glassnet as gn
from tests.cli.process import run, succeed

TRAIN = ("train", "digits", "--epochs", "2", "--hidden", "16", "--quiet")


def test_a_network(tmp_path: Path) -> None:
    succeed(tmp_path, *TRAIN, "--lr", "0.01")
    done = succeed(tmp_path, "summary", "digits.safetensors")
    for text in ("2 Dense", "total", "0, 1, 2", "learning_rate=0.01", "batch size", "accuracy 0."):
        assert text in done.stdout, text
    said = json.loads(succeed(tmp_path, "summary", "digits.safetensors", "--json").stdout)
    assert said["format"] == 1
    assert said["versions"]["glassnet"] == gn.__version__
    assert said["epochs"] == 2
    assert 0 < said["test"]["accuracy"] <= 1


def test_a_stack_and_a_checkpoint(tmp_path: Path) -> None:
    net = gn.Sequential([gn.Dense(3)], input_shape=4, seed=0)
    gn.Stack.of(net, 5).save(tmp_path / "stack.safetensors")
    assert "a stack of 5 networks" in succeed(tmp_path, "summary", "stack.safetensors").stdout
    succeed(tmp_path, *TRAIN, "--checkpoint", "c", "--every", "50")
    done = succeed(tmp_path, "summary", "c")
    assert "a checkpoint" in done.stdout
    assert "batch size   32" in done.stdout


@pytest.mark.parametrize(("name", "message"), [("none", "no file none"), ("text", "not a model")])
def test_what_is_no_such_file_is_told(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "text").write_text("hello " * 10)
    done = run(tmp_path, "summary", name)
    assert done.returncode == 2
    assert message in done.stderr
