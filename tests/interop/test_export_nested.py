"""Containers and layers of one's own in other libraries: the same numbers as here."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.interop import from_keras, from_onnx, spell
from glassnet.interop.export import SCRIPTS, export
from glassnet.interop.script import Place
from glassnet.nn.initializers import Normal
from glassnet.nn.parameters import Parameter
from tests.interop.test_export import imported, outputs, there

X = np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)
Y = np.arange(12) % 3
every_form = pytest.mark.parametrize("form", [*SCRIPTS, "onnx"])


def assert_exported_alike(net: gn.Sequential, form: str, folder: Path) -> None:
    """Export and run what was written."""
    there(form)
    path = export(net, form, folder / "net")[0]
    if form == "onnx":
        onnxruntime = pytest.importorskip("onnxruntime")
        session = onnxruntime.InferenceSession(str(path))
        label, p = session.run(["label", "probabilities"], {"x": X})
        assert label.tolist() == net.predict(X).tolist()
        np.testing.assert_allclose(p, net.predict_proba(X), atol=1e-5)
    else:
        np.testing.assert_allclose(outputs(form, imported(path), X), net(X), atol=1e-5)


def trained(layers: list[gn.Layer]) -> gn.Sequential:
    net = gn.Sequential([*layers, gn.Dense(3)], seed=0)
    net.fit(X, Y, epochs=2)
    return net


def branch(units: int) -> list[gn.Layer]:
    """A network of one hidden layer and two outputs."""
    return [gn.Dense(units, "relu"), gn.Dense(2)]


CONTAINERS: dict[str, Any] = {
    "chain": lambda: [gn.Chain([gn.Dense(4, "relu"), gn.Dense(6, "tanh")])],
    "residual": lambda: [gn.Residual([gn.Dense(8, "relu"), gn.Dense(5)]), gn.Tanh()],
    "residual of one layer": lambda: [gn.Residual(gn.Dense(5))],
    "projection": lambda: [gn.Residual([gn.Dense(8, "gelu"), gn.Dense(4)], gn.Dense(4))],
    "projection of several": lambda: [gn.Residual(gn.Dense(4), [gn.Dense(2, "relu"), gn.Dense(4)])],
    "concat": lambda: [gn.Concat([gn.Dense(4), [gn.Dense(2), gn.Tanh()], []])],
    "nested": lambda: [
        gn.Dense(6, "relu"),
        gn.Residual([gn.Concat([gn.Dense(3), gn.Residual([gn.Dense(6, "elu")])]), gn.Dense(6)]),
        gn.Chain([gn.Residual(gn.Chain([gn.Dense(6), gn.Dropout(0.5)])), gn.Sigmoid()]),
    ],
    "alike": lambda: [gn.Concat(branch(4) for _ in range(4))],
    "alike after another": lambda: [gn.Concat([gn.Dense(2), *(branch(4) for _ in range(3))])],
    "two kinds alike": lambda: [gn.Concat(branch(n) for n in (4, 4, 4, 5, 5, 5, 5))],
    "scaled alike": lambda: [
        gn.Concat([gn.Scale([0.1, 0.2, 0.3, 0.4, 0.5]), *branch(3)] for _ in range(3))
    ],
    "alike in residuals": lambda: [
        gn.Residual(gn.Concat(branch(3) for _ in range(5)), gn.Dense(10))
    ],
    "alike in alike": lambda: [
        gn.Concat(
            [gn.Dense(3), gn.Residual(gn.Dense(3)), gn.Concat(branch(2) for _ in range(3))]
            for _ in range(3)
        )
    ],
}  # fmt: skip


@every_form
@pytest.mark.parametrize("kind", CONTAINERS)
def test_containers_give_the_same(kind: str, form: str, tmp_path: Path) -> None:
    assert_exported_alike(trained(CONTAINERS[kind]()), form, tmp_path)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_containers_come_back_from_onnx(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    net = trained(CONTAINERS[kind]())
    (path,) = export(net, "onnx", tmp_path / "net")
    again = from_onnx(path)
    np.testing.assert_allclose(again(X), net(X), atol=1e-5)
    kinds = [
        [type(layer).__name__ for _, layer in each.walk() if layer.name in ("residual", "concat")]
        for each in (net, again)
    ]
    assert kinds[0] == kinds[1]
    again.save(tmp_path / "again.safetensors")
    assert (gn.load(tmp_path / "again.safetensors")(X) == again(X)).all()


@pytest.mark.parametrize("kind", CONTAINERS)
def test_containers_come_back_from_keras(kind: str, tmp_path: Path) -> None:
    there("keras")
    net = trained(CONTAINERS[kind]())
    (path, *_) = export(net, "keras", tmp_path / "net")
    again = from_keras(imported(path).network(), loss="cross_entropy")
    np.testing.assert_allclose(again(X), net(X), atol=1e-5)
    kinds = [
        [type(layer).__name__ for _, layer in each.walk() if layer.name in ("residual", "concat")]
        for each in (net, again)
    ]
    assert kinds[0] == kinds[1]


class Sine(gn.Activation):
    """A layer of one's own, elementwise."""

    def forward(self, x: Any, rng: Any = None) -> Any:
        return np.sin(x), x

    def backward(self, dy: Any, x: Any) -> Any:
        return dy * np.cos(x)


class Gain(gn.Layer):
    """A layer of one's own, with weights and a setting."""

    def __init__(self, factor: float = 2.0) -> None:
        self.factor = self.number("factor", factor)

    def build(self, input_shape: Any) -> Any:
        return {"g": Parameter(input_shape, Normal())}

    def forward(self, x: Any, rng: Any = None) -> Any:
        return self.factor * x * self.g[..., None, :], x

    def backward(self, dy: Any, x: Any) -> Any:
        self.dg[...] = self.factor * (dy * x).sum(axis=-2)
        return self.factor * dy * self.g[..., None, :]


class Cube(gn.Activation):
    """One that nobody spells."""

    def forward(self, x: Any, rng: Any = None) -> Any:
        return x**3, x

    def backward(self, dy: Any, x: Any) -> Any:
        return 3 * x**2 * dy


def _gain(graph: Any, x: str, place: Place) -> str:
    factor = graph.constant(place.layer.factor * place.layer.g)
    return graph.op("Mul", x, factor)


spell(
    Sine, numpy="np.sin(x)", torch="Apply(torch.sin)", keras="layers.Lambda(keras.ops.sin)",
    onnx="Sin()",
)  # fmt: skip
spell(
    Gain,
    numpy='{factor!r} * x * W["{key}g"]',
    torch='Apply(lambda x: {factor!r} * x * torch.as_tensor(W["{key}g"]))',
    keras='layers.Lambda(lambda x: {factor!r} * x * W["{key}g"])',
    onnx=_gain,
)


@every_form
def test_a_layer_of_ones_own_is_exported_once_it_is_spelled(form: str, tmp_path: Path) -> None:
    assert_exported_alike(
        trained([gn.Dense(4), Sine(), Gain(factor=3.0), gn.Residual([Sine(), Gain()])]),
        form,
        tmp_path,
    )


@every_form
def test_so_it_is_in_many_branches_that_are_alike(form: str, tmp_path: Path) -> None:
    """A function that is called after a loop over them would see the last of them alone."""
    branches = [[gn.Dense(3), Sine(), Gain(factor=3.0)] for _ in range(3)]
    assert_exported_alike(trained([gn.Concat(branches)]), form, tmp_path)


@pytest.mark.parametrize("form", SCRIPTS)
def test_many_branches_that_are_alike_take_no_more_lines_than_a_few(
    form: str, tmp_path: Path
) -> None:
    lengths = []
    for count in (3, 12):
        net = trained([gn.Concat(branch(4) for _ in range(count))])
        path = export(net, form, tmp_path / f"net-{count}")[0]
        lengths.append(len(path.read_text("utf-8").splitlines()))
    assert lengths[0] == lengths[1]


@every_form
def test_else_the_missing_row_is_named(form: str, tmp_path: Path) -> None:
    net = trained([gn.Dense(4), gn.Residual([gn.Dense(4), Cube()])])
    title = {"numpy": "NumPy", "torch": "PyTorch", "keras": "Keras", "onnx": "ONNX"}[form]
    with pytest.raises(
        gn.GlassnetError,
        match=rf"layer 1.body.1 is Cube, which has no spelling for {title}: give one with "
        rf"glassnet.interop.spell\(Cube, {form}=…\)",
    ):
        export(net, form, tmp_path / "net")


@pytest.mark.parametrize("given", ["Sine", gn.Loss, Sine()])
def test_only_classes_of_layers_are_spelled(given: Any) -> None:
    with pytest.raises(gn.GlassnetError, match="spell: expected a class of layers"):
        spell(given, numpy="x")
