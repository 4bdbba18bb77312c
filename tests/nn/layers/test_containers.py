"""Layers made of layers: they nest, and everything takes them as it takes any layer."""

import copy
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.inspection.health import Health
from glassnet.inspection.watch import Watch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 5))
Y = X[:, :3].argmax(axis=1)


def nested() -> list[gn.Layer]:
    return [
        gn.Dense(6, "tanh"),
        gn.Residual([gn.Dense(8, "relu"), gn.Residual(gn.Dense(8)), gn.Dense(6)]),
        gn.Concat([[gn.Dense(3), gn.Tanh()], gn.Residual(gn.Dense(4), gn.Dense(4)), []]),
        gn.Chain([gn.Dense(7, "gelu"), gn.Dropout(0.2)]),
        gn.Dense(3),
    ]


def network(seed: int = 0, dtype: Any = np.float32) -> gn.Sequential:
    return gn.Sequential(nested(), input_shape=5, seed=seed, dtype=dtype)


class Lowered(gn.ReLU):
    """Falls: of what it makes, the largest is not what it makes of the largest."""

    def forward(self, x: Any, rng: Any = None) -> Any:
        y, saved = super().forward(-x, rng)
        return y, saved

    def backward(self, dy: Any, saved: Any) -> Any:
        return -super().backward(dy, saved)


def pictures(activation: gn.Layer, pool: gn.Layer) -> gn.Sequential:
    layers = [gn.Conv2D(3), activation, pool, gn.Flatten(), gn.Dense(2)]
    return gn.Sequential(layers, input_shape=(7, 6, 2), seed=0)


@pytest.mark.parametrize("pool", [{}, {"size": 3, "stride": 2, "padding": "same"}])
def test_maxima_come_before_relu_with_the_same_numbers(pool: Any) -> None:
    x = np.random.default_rng(1).normal(size=(9, 7, 6, 2)).astype(np.float32).round(1)
    net = pictures(gn.ReLU(), gn.MaxPool2D(**pool))
    assert [type(layer).__name__ for layer in net.root.in_order()[1:3]] == ["MaxPool2D", "ReLU"]
    found = []
    for maxima_first in (net.root.maxima_first, []):
        net.root.maxima_first = maxima_first
        z, saved = net.forward(x, net.rng)
        net.gradients(np.sign(z), saved)
        z, saved = net.forward(x)
        found.append([z, net.outputs(x), net.gradient.vector.copy(), net.backward(z, saved)])
    for ours, as_given in zip(*found, strict=True):
        np.testing.assert_array_equal(ours, as_given)


def test_what_may_fall_and_what_is_recorded_keep_their_order() -> None:
    for activation in (Lowered(), gn.GELU()):
        net = pictures(activation, gn.MaxPool2D())
        assert net.root.in_order() == net.layers
        y = net.forward(np.ones((1, 7, 6, 2), np.float32))[0]
        np.testing.assert_array_equal(y, list(net.activations(np.ones((1, 7, 6, 2))))[-1])
    x, y = np.random.default_rng(0).normal(size=(4, 7, 6, 2)), np.array([0, 1, 1, 0])
    trace = pictures(gn.ReLU(), gn.MaxPool2D()).trace(x, y)
    assert [layer.kind for layer in trace.layers[:3]] == ["Conv2D", "ReLU", "MaxPool2D"]
    assert trace.layers[1].output.shape == trace.layers[2].input.shape == (4, 7, 6, 3)


def test_names_say_where_a_parameter_is() -> None:
    assert list(network().parameters) == [
        "0.W", "0.b",
        "2.body.0.W", "2.body.0.b", "2.body.2.body.W", "2.body.2.body.b",
        "2.body.3.W", "2.body.3.b",
        "3.0.0.W", "3.0.0.b", "3.1.body.W", "3.1.body.b", "3.1.projection.W", "3.1.projection.b",
        "4.0.W", "4.0.b", "5.W", "5.b",
    ]  # fmt: skip


def test_the_parameters_of_a_layer_by_their_own_names() -> None:
    theta = network().parameters
    assert list(theta.of(2)) == ["body.0.W", "body.0.b", "body.2.body.W", "body.2.body.b",
                                 "body.3.W", "body.3.b"]  # fmt: skip
    assert theta.of("2.body.0")["W"] is theta["2.body.0.W"]


def test_a_chain_is_its_layers_one_after_another() -> None:
    chain = gn.Sequential([gn.Chain([gn.Dense(4, "tanh"), gn.Dense(2)])], input_shape=5, seed=3)
    flat = gn.Sequential([gn.Dense(4, "tanh"), gn.Dense(2)], input_shape=5, seed=3)
    assert chain(X).tobytes() == flat(X).tobytes()


def test_a_residual_adds_its_input_or_the_projection_of_it() -> None:
    net = gn.Sequential([gn.Residual(gn.Dense(5))], input_shape=5, seed=0, dtype=np.float64)
    W, b = net.parameters["0.body.W"], net.parameters["0.body.b"]
    np.testing.assert_allclose(net(X), X + X @ W + b, rtol=1e-12)
    net = gn.Sequential(
        [gn.Residual(gn.Dense(2), projection=gn.Dense(2, bias=False))],
        input_shape=5, seed=0, dtype=np.float64,
    )  # fmt: skip
    theta = net.parameters
    expected = X @ theta["0.projection.W"] + X @ theta["0.body.W"] + theta["0.body.b"]
    np.testing.assert_allclose(net(X), expected, rtol=1e-12)


def test_concat_puts_its_branches_side_by_side() -> None:
    net = gn.Sequential(
        [gn.Concat([gn.Tanh(), [], gn.Dense(2)])], input_shape=5, seed=0, dtype=np.float64
    )
    y = net(X)
    np.testing.assert_array_equal(y[:, :5], np.tanh(X))
    np.testing.assert_array_equal(y[:, 5:10], X)
    np.testing.assert_allclose(y[:, 10:], X @ net.parameters["0.2.W"], rtol=1e-12)


def test_images_are_concatenated_along_their_channels() -> None:
    net = gn.Sequential([gn.Concat([gn.ReLU(), gn.Tanh()]), gn.Flatten(), gn.Dense(2)])
    x = RNG.normal(size=(4, 3, 3, 2))
    net.build(x.shape[1:])
    assert net.shapes(x.shape[1:])[1] == (3, 3, 4)
    assert gn.gradcheck(net, x, show=False)


def test_gradients_are_right() -> None:
    assert gn.gradcheck(network(), show=False)
    for layer in nested():
        assert gn.gradcheck(layer, show=False)


def test_they_learn() -> None:
    net = network()
    history = net.fit(X, Y, epochs=60, optimizer="adam:learning_rate=0.01")
    assert history["accuracy"][-1] > 0.9


def test_the_first_trainable_layer_may_be_in_a_container() -> None:
    """Layers before it are left out of the way back, in the container too."""
    net = gn.Sequential(
        [gn.Scale(2.0), gn.Chain([gn.Scale(0.5), gn.Dense(4, "relu")]), gn.Dense(3)],
        input_shape=5, seed=0, dtype=np.float64,
    )  # fmt: skip
    z, saved = net.forward(X, np.random.default_rng(0))
    net.gradients(np.ones_like(z), saved)
    without = net.gradient.vector.copy()
    z, saved = net.forward(X, np.random.default_rng(0))
    net.backward(np.ones_like(z), saved)
    np.testing.assert_array_equal(net.gradient.vector, without)


@pytest.mark.parametrize("end", [lambda net: net.copy(), copy.deepcopy,
                                 lambda net: pickle.loads(pickle.dumps(net))])  # fmt: skip
def test_copies_are_the_same(end: Any) -> None:
    net = network()
    net.fit(X, Y, epochs=2)
    assert end(net)(X).tobytes() == net(X).tobytes()


def test_files_hold_them(tmp_path: Path) -> None:
    net = network()
    net.fit(X, Y, epochs=2)
    net.save(tmp_path / "net.safetensors")
    again = gn.load(tmp_path / "net.safetensors")
    assert again(X).tobytes() == net(X).tobytes()
    assert again.config() == net.config()
    assert repr(again) == repr(net)


def test_a_file_needs_own_layers_within_containers_too(tmp_path: Path) -> None:
    class Twice(gn.Layer):
        def forward(self, x: Any, rng: Any = None) -> Any:
            return 2 * x, None

        def backward(self, dy: Any, saved: Any) -> Any:
            return 2 * dy

    net = gn.Sequential([gn.Residual([Twice(), gn.Dense(5)])], input_shape=5, seed=0)
    net.save(tmp_path / "net.safetensors")
    with pytest.raises(gn.GlassnetError, match="unknown kind of layer 'Twice'"):
        gn.load(tmp_path / "net.safetensors")
    assert gn.load(tmp_path / "net.safetensors", layers=[Twice])(X).tobytes() == net(X).tobytes()
    assert net.copy()(X).tobytes() == net(X).tobytes()


def test_a_stack_of_them_is_each_alone() -> None:
    stack = gn.Stack(network(seed) for seed in range(3))
    stack.fit(X, Y, epochs=4, optimizer="momentum")
    for seed, net in enumerate(stack):
        alone = network(seed)
        alone.fit(X, Y, epochs=4, optimizer="momentum")
        np.testing.assert_allclose(net(X), alone(X), rtol=1e-3, atol=1e-4)


def test_a_trace_has_every_layer_by_name() -> None:
    step = network().trace(X[:6], Y[:6])
    names = [layer.name for layer in step.layers]
    assert names == ["0", "1", "2.body.0", "2.body.1", "2.body.2.body", "2.body.2", "2.body.3", "2",
                     "3.0.0", "3.0.1", "3.1.body", "3.1.projection", "3.1", "3",
                     "4.0", "4.1", "4.2", "5"]  # fmt: skip
    at = {layer.name: layer for layer in step.layers}
    np.testing.assert_array_equal(at["2"].output, at["2"].input + at["2.body.3"].output)
    np.testing.assert_array_equal(at["2"].dx, at["2"].dy + at["2.body.0"].dx)
    assert set(at["2.body.0"].gradients) == {"W", "b"}
    difference = step.difference("2.body.0.W", (1, 2))
    assert at["2.body.0"].gradients["W"][1, 2] == pytest.approx(difference, rel=1e-3, abs=1e-6)


def test_it_is_explained_in_text_and_html() -> None:
    from glassnet.inspection.walkthrough import walk

    step = network().trace(X[:3], Y[:3])
    assert any("2.body.0" in part.title for part in walk(step, ("a", "b", "c")))
    assert "2.body.0" in step._repr_html_()


def test_a_summary_is_indented() -> None:
    lines = str(network().summary()).splitlines()
    assert [re.split(r"(?<=\w) {3,}", line)[0] for line in lines[2:8]] == [
        "0 Dense", "1 Tanh", "2 Residual", "  body Chain", "    0 Dense", "    1 ReLU",
    ]  # fmt: skip
    total = network().summary().total
    assert total.parameters == network().parameters.vector.size
    assert total.multiply_adds == 5 * 6 + 6 * 8 + 8 * 8 + 8 * 6 + 6 * 3 + 2 * 6 * 4 + 13 * 7 + 7 * 3


def test_health_and_watch_look_inside() -> None:
    said: list[str] = []
    watch = Watch()
    network().fit(X, Y, epochs=5, callbacks=[watch, Health(say=said.append)])
    assert "2.body.0 Dense" in watch.gradient_norms


def test_divergence_is_found_inside() -> None:
    net = network()
    net.parameters["2.body.0.W"][...] = 3e38
    with pytest.raises(gn.DivergedError, match=r"output of layer 2 \(Residual\)"):
        net.fit(X, Y, epochs=2)


def test_a_network_in_a_network_starts_from_its_weights() -> None:
    inner = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(3)], input_shape=5, seed=1)
    inner.fit(X, Y, epochs=3)
    outer = gn.Sequential([inner, gn.ReLU(), gn.Dense(2)], input_shape=5, seed=2)
    assert list(outer.parameters) == ["0.0.W", "0.0.b", "0.2.W", "0.2.b", "2.W", "2.b"]
    np.testing.assert_array_equal(outer.parameters["0.2.W"], inner.parameters["2.W"])
    assert next(iter(outer.activations(X.astype(np.float32)))).tobytes() == inner(X).tobytes()
    before = inner.parameters.vector.copy()
    outer.fit(X, Y % 2, epochs=2)
    np.testing.assert_array_equal(inner.parameters.vector, before)
    fresh = gn.Sequential([gn.Sequential([gn.Dense(4)]), gn.Dense(2)], input_shape=5, seed=0)
    assert fresh(X).shape == (90, 2)


def test_it_still_does_when_it_is_copied_before_its_weights_are_made() -> None:
    inner = gn.Sequential([gn.Dense(3)], input_shape=5, seed=1)
    outer = gn.Sequential([gn.Residual([inner, gn.Dense(5)])], seed=2)
    for twin in (outer.copy(), copy.deepcopy(outer), pickle.loads(pickle.dumps(outer))):
        twin.build((5,))
        np.testing.assert_array_equal(twin.parameters["0.body.0.0.W"], inner.parameters["0.W"])


def test_a_network_of_another_width_does_not_fit() -> None:
    inner = gn.Sequential([gn.Dense(3)], input_shape=5, seed=1)
    with pytest.raises(gn.GlassnetError, match="expected inputs of the same width"):
        gn.Sequential([inner], input_shape=4)


SHARED = gn.Dense(5)
WRONG: list[tuple[Any, str]] = [
    (lambda: [gn.Residual(gn.Dense(4))],
     r"layer 0: Residual: the body turns samples of shape \(5,\) into \(4,\): expected the same "
     "shape, or a projection"),
    (lambda: [gn.Residual(gn.Dense(4), gn.Dense(3))], r"body gives samples of shape \(4,\)"),
    (lambda: [gn.Concat([])], "branches is empty"),
    (lambda: [gn.Concat([gn.Reshape((5, 1)), gn.Dense(2)])], "differ on the last axis only"),
    (lambda: [gn.Residual(SHARED), SHARED], "already part of a network"),
    (lambda: [gn.Chain([SHARED, SHARED])], "already part of a network"),
    (lambda: [gn.Chain([None])], "expected a layer, got None"),
    (lambda: [gn.Residual([gn.Flatten(), gn.Reshape((2, 2))])], "layer 0: body: layer 1: Reshape"),
    (lambda: [7], "expected a layer, got 7"),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_does_not_fit_is_refused(layers: Any, said: str) -> None:
    with pytest.raises(gn.GlassnetError, match=said):
        gn.Sequential(layers(), input_shape=5)
