"""The contract: what every layer keeps, whatever its formula."""

import json
import threading
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.layers import LAYERS, Layer

EXAMPLES: dict[str, list[Layer]] = {
    "Dense": [gn.Dense(3), gn.Dense(4, bias=False, init="orthogonal")],
    "Dropout": [gn.Dropout(0.4), gn.Dropout(0.0)],
    "ELU": [gn.ELU(), gn.ELU(alpha=0.5)],
    "Flatten": [gn.Flatten()],
    "GELU": [gn.GELU(), gn.GELU(approximate=True)],
    "LeakyReLU": [gn.LeakyReLU(), gn.LeakyReLU(slope=0.2)],
    "ReLU": [gn.ReLU()],
    "Reshape": [gn.Reshape((2, 3)), gn.Reshape((3, -1))],
    "SELU": [gn.SELU()],
    "Scale": [gn.Scale(0.25)],
    "SiLU": [gn.SiLU()],
    "Sigmoid": [gn.Sigmoid()],
    "Softmax": [gn.Softmax()],
    "Softplus": [gn.Softplus()],
    "Tanh": [gn.Tanh()],
}
INPUT_SHAPES = {"Flatten": (2, 3), "Reshape": (6,)}

CASES = [pytest.param(layer, id=repr(layer)) for group in EXAMPLES.values() for layer in group]
every_layer = pytest.mark.parametrize("layer", CASES)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def twin(layer: Layer, dtype: Any = np.float64, seed: int = 0) -> gn.Sequential:
    """A network of one fresh layer like this one."""
    fresh = type(layer).from_config(layer.config())
    return gn.Sequential([fresh], input_shape=shape_of(layer), seed=seed, dtype=dtype)


def shape_of(layer: Layer) -> tuple[int, ...]:
    return INPUT_SHAPES.get(type(layer).__name__, (6,))


def batch(layer: Layer, dtype: Any = np.float64, rows: int = 5, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, *shape_of(layer))).astype(dtype)


def noise() -> np.random.Generator:
    return np.random.default_rng(99)


def slopes(y: np.ndarray) -> np.ndarray:
    return np.random.default_rng(2).normal(size=y.shape).astype(y.dtype)


def test_every_layer_has_an_example() -> None:
    assert set(EXAMPLES) == set(LAYERS)
    for name, layers in EXAMPLES.items():
        assert all(type(layer).__name__ == name for layer in layers)


@every_layer
@both_precisions
def test_shapes_and_dtype_are_kept(layer: Layer, dtype: Any) -> None:
    net = twin(layer, dtype)
    x = batch(layer, dtype)
    for rng in (None, noise()):
        y, saved = net.layers[0].forward(x, rng)
        assert y.shape == (5, *layer.output_shape(shape_of(layer)))
        dx = net.layers[0].backward(slopes(y), saved)
        assert dx.shape == x.shape
        assert y.dtype == dx.dtype == dtype
    assert all(g.dtype == dtype for g in net.gradient.values())


@every_layer
def test_a_single_row_is_a_batch(layer: Layer) -> None:
    net = twin(layer)
    x = batch(layer)
    whole, _ = net.layers[0].forward(x)
    alone, _ = net.layers[0].forward(x[:1])
    np.testing.assert_allclose(alone, whole[:1], rtol=1e-12)


@every_layer
def test_input_and_dy_are_left_alone(layer: Layer) -> None:
    part = twin(layer).layers[0]
    x = batch(layer)
    x.setflags(write=False)
    y, saved = part.forward(x, noise())
    before, dy = y.copy(), slopes(y)
    dy.setflags(write=False)
    part.backward(dy, saved)
    np.testing.assert_array_equal(y, before)


@every_layer
def test_saved_is_all_the_memory_of_a_batch(layer: Layer) -> None:
    net = twin(layer)
    part, x = net.layers[0], batch(layer)
    y, saved = part.forward(x, noise())
    dx = part.backward(slopes(y), saved)
    gradient = net.gradient.vector.copy()
    for seed in (7, 8):
        part.forward(batch(layer, rows=9, seed=seed))
    np.testing.assert_array_equal(part.backward(slopes(y), saved), dx)
    np.testing.assert_array_equal(net.gradient.vector, gradient)


@every_layer
def test_an_answer_stays_what_it_was(layer: Layer) -> None:
    net = twin(layer)
    first = net(batch(layer))
    kept = first.copy()
    net(batch(layer, seed=5))
    np.testing.assert_array_equal(first, kept)


@every_layer
def test_predict_is_the_training_forward_without_noise(layer: Layer) -> None:
    part = twin(layer).layers[0]
    if isinstance(part, gn.Dropout) and part.rate > 0:
        pytest.skip("its noise is what it is for; rate 0 is a case of its own")
    x = batch(layer)
    np.testing.assert_array_equal(part.forward(x)[0], part.forward(x, noise())[0])


@every_layer
def test_backward_assigns_and_gradients_assigns_the_same(layer: Layer) -> None:
    net = twin(layer)
    part, x = net.layers[0], batch(layer)
    y, saved = part.forward(x, noise())
    net.gradient.vector[...] = 7
    part.backward(slopes(y), saved)
    once = net.gradient.vector.copy()
    net.gradient.vector[...] = 7
    part.gradients(slopes(y), saved)
    np.testing.assert_array_equal(net.gradient.vector, once)
    assert not (once == 7).any()


@every_layer
def test_two_networks_do_not_know_of_each_other(layer: Layer) -> None:
    one, two = twin(layer, seed=1), twin(layer, seed=2)
    x = batch(layer)
    before = one(x)
    y, saved = two.layers[0].forward(x, noise())
    two.layers[0].backward(slopes(y), saved)
    two.parameters.vector[...] = 0
    np.testing.assert_array_equal(one(x), before)
    assert not one.gradient.vector.any()


@every_layer
def test_many_threads_get_their_own_answers(layer: Layer) -> None:
    part = twin(layer).layers[0]
    batches = [batch(layer, rows=64, seed=seed) for seed in range(8)]
    expected = []
    for x in batches:
        expected.append(part.forward(x)[0])
    wrong: list[int] = []

    def work(index: int) -> None:
        for _ in range(50):
            y, _ = part.forward(batches[index])
            if not np.array_equal(y, expected[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@every_layer
@pytest.mark.parametrize("leading", [(3,), (2, 2)])
def test_leading_axes_are_a_loop(layer: Layer, leading: tuple[int, ...]) -> None:
    stack = twin(layer)
    stack.build(shape_of(layer), leading)
    part = stack.layers[0]
    x = np.random.default_rng(3).normal(size=(*leading, 5, *shape_of(layer)))
    y, saved = part.forward(x)
    dy = slopes(y)
    dx = part.backward(dy, saved)
    for index in np.ndindex(leading):
        alone = twin(layer)
        alone.parameters.vector[...] = stack.parameters.vector[index]
        y_alone, saved_alone = alone.layers[0].forward(x[index])
        dx_alone = alone.layers[0].backward(dy[index], saved_alone)
        np.testing.assert_allclose(y[index], y_alone, rtol=1e-12)
        np.testing.assert_allclose(dx[index], dx_alone, rtol=1e-12)
        np.testing.assert_allclose(
            stack.gradient.vector[index], alone.gradient.vector, rtol=1e-12, atol=1e-15
        )


@pytest.mark.parametrize("leading", [(3,), (2, 2)])
def test_noise_differs_along_leading_axes(leading: tuple[int, ...]) -> None:
    y, _ = gn.Dropout(0.5).forward(np.ones((*leading, 40, 6)), noise())
    masks = y.reshape(-1, 240)
    assert len({mask.tobytes() for mask in masks}) == len(masks)


@every_layer
def test_the_description_makes_it_again(layer: Layer) -> None:
    config = json.loads(json.dumps(layer.config()))
    again = LAYERS[config["kind"]].from_config(config)
    assert again.config() == layer.config()
    written = eval(repr(layer), {name: getattr(gn, name) for name in gn.__all__})
    assert written.config() == layer.config()


@every_layer
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_huge_inputs_stay_numbers(layer: Layer, size: float) -> None:
    part = twin(layer, np.float32).layers[0]
    x = np.sign(batch(layer, np.float32)) * np.float32(size)
    y, saved = part.forward(x)
    assert np.isfinite(y).all()
    assert np.isfinite(part.backward(np.ones_like(y), saved)).all()


def test_dropout_keeps_the_mean() -> None:
    y, _ = gn.Dropout(0.3).forward(np.ones((200, 200)), noise())
    assert y.mean() == pytest.approx(1, abs=0.01)
    assert set(np.unique(y)) == {0, 1 / 0.7}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: gn.Dense(0), "units is 0"),
        (lambda: gn.Dense(2.5), "units is 2.5"),
        (lambda: gn.Dense(True), "units is True"),
        (lambda: gn.Dense(3, init="glorot"), "unknown initializer 'glorot'"),
        (lambda: gn.Dropout(1), "rate is 1"),
        (lambda: gn.Dropout(-0.1), "rate is -0.1"),
        (lambda: gn.LeakyReLU(2), "slope is 2"),
        (lambda: gn.ELU(-1), "alpha is -1"),
        (lambda: gn.Reshape((0, 2)), "shape is"),
        (lambda: gn.Reshape((-1, -1)), "shape is"),
        (lambda: gn.Reshape((4, 4)).output_shape((6,)), "do not fit"),
        (lambda: gn.Dense(3).output_shape((8, 8)), "Flatten"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make: Any, says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says):
        make()


def test_a_layer_without_a_network_says_how_to_get_one() -> None:
    with pytest.raises(gn.GlassnetError, match=r"Dense has no 'W' yet: .*Sequential"):
        gn.Dense(3).forward(np.ones((1, 2)))
