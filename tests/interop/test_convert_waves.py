"""Waves of numbers in ONNX files: read as export writes them, or refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.interop import export, from_onnx

X = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)


def written(folder: Path, *layers: gn.Layer) -> tuple[gn.Sequential, Path]:
    pytest.importorskip("onnx")
    net = gn.Sequential([*layers, gn.Dense(3)], input_shape=4, seed=0)
    net.fit(X, np.arange(9) % 3, epochs=1)
    return net, export(net, "onnx", folder / "net")[0]


def test_waves_in_the_middle_and_in_branches(tmp_path: Path) -> None:
    waves = gn.PeriodicEmbedding(2, 3, columns=[3, 1])
    branches = gn.Concat([[gn.Dense(2)], [gn.PeriodicEmbedding(1, 2), gn.Dense(5, "relu")]])
    net, path = written(tmp_path, gn.Dense(4, "tanh"), waves, branches)
    again = from_onnx(path)
    assert again(X) == pytest.approx(net(X), abs=1e-5)
    read = next(each for _, each in again.walk() if isinstance(each, gn.PeriodicEmbedding))
    assert (read.units, read.frequencies, read.columns) == (2, 3, [3, 1])


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("Gather", np.array([9, 1])),
        ("Gather", np.array([[0, 1]])),
        ("Reshape", np.array([-1, 2, 1])),
        ("Mul", np.ones((2, 3), np.float32)),
        ("Mul", np.ones((2, 1, 3))),
        ("Mul", np.ones((2, 1, 1), np.float32)),
        ("MatMul", np.ones((1, 3, 2), np.float32)),
    ],
)
def test_waves_of_a_different_spelling_are_refused(tmp_path: Path, kind: str, changed: Any) -> None:
    onnx = pytest.importorskip("onnx")
    _, path = written(tmp_path, gn.PeriodicEmbedding(2, 3, columns=[0, 1]))
    model = onnx.load(path)
    node = next(each for each in model.graph.node if each.op_type == kind)
    constant = next(each for each in model.graph.initializer if each.name == node.input[1])
    constant.CopyFrom(onnx.numpy_helper.from_array(changed, constant.name))
    onnx.save(model, path)
    with pytest.raises(gn.GlassnetError, match=r"from_onnx: operator (Gather|Mul|Concat) "):
        from_onnx(path)


def test_waves_of_sines_are_refused(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    _, path = written(tmp_path, gn.PeriodicEmbedding(2, 3))
    model = onnx.load(path)
    next(each for each in model.graph.node if each.op_type == "Cos").op_type = "Sin"
    onnx.save(model, path)
    with pytest.raises(gn.GlassnetError, match="operator Gather"):
        from_onnx(path)
