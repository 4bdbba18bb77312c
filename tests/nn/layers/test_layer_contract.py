"""The contract: what every layer keeps, whatever its formula."""

import json
import threading
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.initializers import Normal
from glassnet.nn.layers import LAYERS, Layer
from glassnet.nn.parameters import Parameter
from tests import own_layers

# Every registered layer, with the settings that it names as its examples.
EXAMPLES = {name: [*map(kind.from_config, kind.examples)] for name, kind in LAYERS.items()}
CASES = [pytest.param(layer, id=repr(layer)) for group in EXAMPLES.values() for layer in group]
ALIKE = [case for case in CASES if not (case.values[0].random or case.values[0].observes)]
OF_NUMBERS = [case for case in CASES if case.values[0].input_dtype != "int"]
every_layer = pytest.mark.parametrize("layer", CASES)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def twin(layer: Layer, dtype: Any = np.float64, seed: int = 0) -> gn.Sequential:
    """A network of one fresh layer like this one; no parameter of it is 0, biases neither."""
    fresh = type(layer).from_config(layer.config())
    net = gn.Sequential([fresh], input_shape=shape_of(layer), dtype=dtype)
    randomise(net, seed)
    return net


def randomise(net: gn.Sequential, seed: int = 0) -> None:
    theta = net.parameters.trainable
    theta[...] = np.random.default_rng(seed).normal(size=theta.shape)


def shape_of(layer: Layer) -> tuple[int, ...]:
    return layer.example_input


def batch(layer: Layer, dtype: Any = np.float64, rows: int = 5, seed: int = 1) -> np.ndarray:
    return inputs(layer, (rows,), dtype, seed)


def inputs(
    layer: Layer, front: tuple[int, ...], dtype: Any = np.float64, seed: int = 3
) -> np.ndarray:
    """Random inputs of the kind that the layer takes: numbers, or indices of 0 and 1."""
    rng, shape = np.random.default_rng(seed), (*front, *shape_of(layer))
    return (
        rng.integers(0, 2, shape)
        if layer.input_dtype == "int"
        else rng.normal(size=shape).astype(dtype)
    )


def noise() -> np.random.Generator:
    return np.random.default_rng(99)


def random_dy(y: np.ndarray) -> np.ndarray:
    return np.random.default_rng(2).normal(size=y.shape).astype(y.dtype)


def test_every_layer_of_the_package_is_registered() -> None:
    public = [each for each in vars(gn).values() if isinstance(each, type)]
    kinds = {kind for kind in public if issubclass(kind, Layer)} - {Layer, gn.Activation}
    assert kinds <= set(LAYERS.values())


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_an_example(name: str) -> None:
    assert EXAMPLES[name]
    assert all(type(layer) is LAYERS[name] for layer in EXAMPLES[name])


@every_layer
@both_precisions
def test_shapes_and_dtype_are_kept(layer: Layer, dtype: Any) -> None:
    net = twin(layer, dtype)
    x = batch(layer, dtype)
    for rng in (None, noise()):
        y, saved = net.layers[0].forward(x, rng)
        assert y.shape == (5, *layer.output_shape(shape_of(layer)))
        dx = net.layers[0].backward(random_dy(y), saved)
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
    before, dy = y.copy(), random_dy(y)
    dy.setflags(write=False)
    part.backward(dy, saved)
    np.testing.assert_array_equal(y, before)


@every_layer
def test_saved_is_all_the_memory_of_a_batch(layer: Layer) -> None:
    net = twin(layer)
    part, x = net.layers[0], batch(layer)
    y, saved = part.forward(x, noise())
    dx = part.backward(random_dy(y), saved)
    gradient = net.gradient.vector.copy()
    for seed in (7, 8):
        part.forward(batch(layer, rows=9, seed=seed))
    np.testing.assert_array_equal(part.backward(random_dy(y), saved), dx)
    np.testing.assert_array_equal(net.gradient.vector, gradient)


@every_layer
def test_an_output_stays_what_it_was(layer: Layer) -> None:
    part = twin(layer).layers[0]
    y, saved = part.forward(batch(layer), noise())
    outputs = y, part.backward(random_dy(y), saved)
    kept = [output.copy() for output in outputs]
    y, saved = part.forward(batch(layer, seed=5), noise())
    part.backward(random_dy(y) + 1, saved)
    for output, before in zip(outputs, kept, strict=True):
        np.testing.assert_array_equal(output, before)


@every_layer
def test_an_answer_of_a_network_may_be_written_to(layer: Layer) -> None:
    net, x = twin(layer), batch(layer)
    before, expected = x.copy(), net(x)
    net(x)[...] = 7
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(net(x), expected)


@pytest.mark.parametrize("layer", ALIKE)
def test_predict_is_the_training_forward_without_noise(layer: Layer) -> None:
    part = twin(layer).layers[0]
    x = batch(layer)
    np.testing.assert_array_equal(part.forward(x)[0], part.forward(x, noise())[0])


@every_layer
def test_backward_assigns_and_gradients_assigns_the_same(layer: Layer) -> None:
    net = twin(layer)
    part, x = net.layers[0], batch(layer)
    y, saved = part.forward(x, noise())
    net.gradient.vector[...] = 7
    part.backward(random_dy(y), saved)
    once = net.gradient.vector.copy()
    net.gradient.vector[...] = 7
    part.gradients(random_dy(y), saved)
    np.testing.assert_array_equal(net.gradient.vector, once)
    assert not (once == 7).any()


class Shift(gn.Layer):
    """A layer of one's own, which leaves `gradients` to its base."""

    def build(self, input_shape: Any) -> dict[str, Parameter]:
        return {"s": Parameter(input_shape, Normal())}

    def forward(self, x: Any, rng: Any = None) -> Any:
        return x + self.s, None

    def backward(self, dy: Any, saved: Any) -> Any:
        self.ds[...] = dy.sum(axis=-2)
        return dy


def test_a_layer_without_a_shortcut_has_its_gradients_assigned_too() -> None:
    net = gn.Sequential([Shift()], input_shape=6, dtype=np.float64)
    y, saved = net.forward(batch(gn.ReLU()))
    net.gradients(random_dy(y), saved)
    np.testing.assert_allclose(net.gradient["0.s"], random_dy(y).sum(axis=0), rtol=1e-12)


def test_each_row_of_softmax_is_shifted_by_its_own_maximum() -> None:
    y, _ = gn.Softmax().forward(np.array([[1e4, 1e4], [-1e4, -1e4]]))
    assert y.tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_a_layer_belongs_to_one_network() -> None:
    """Else the second network would take the first one's weights away."""
    layer = gn.Dense(3)
    one = gn.Sequential([layer])
    with pytest.raises(gn.GlassnetError, match="already part of a network"):
        two = gn.Sequential([layer])
        one.build((6,))
        two.build((6,))


@every_layer
def test_two_networks_do_not_know_of_each_other(layer: Layer) -> None:
    one, two = twin(layer, seed=1), twin(layer, seed=2)
    x = batch(layer)
    before = one(x)
    y, saved = two.layers[0].forward(x, noise())
    two.layers[0].backward(random_dy(y), saved)
    two.parameters.vector[...] = 0
    np.testing.assert_array_equal(one(x), before)
    assert not one.gradient.vector.any()


@every_layer
def test_many_threads_get_their_own_outputs(layer: Layer) -> None:
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
@pytest.mark.parametrize("rows", [5, 1])
def test_leading_axes_are_a_loop(layer: Layer, leading: tuple[int, ...], rows: int) -> None:
    stack = many(layer, leading)
    part = stack.layers[0]
    x = inputs(layer, (*leading, rows))
    y, saved = part.forward(x)
    dy = random_dy(y)
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


def many(layer: Layer, leading: tuple[int, ...]) -> gn.Sequential:
    """Many networks in one, each of this layer with parameters of its own."""
    net = twin(layer)
    net.build(shape_of(layer), leading)
    randomise(net)
    return net


@pytest.mark.parametrize("layer", [case for case in CASES if type(case.values[0]) is gn.Dense])
def test_many_networks_may_learn_from_one_batch(layer: Layer) -> None:
    stack, x = many(layer, (3,)), batch(layer)
    y, saved = stack.layers[0].forward(x)
    stack.layers[0].gradients(random_dy(y), saved)
    shared = stack.gradient.vector.copy()
    again, saved = stack.layers[0].forward(np.stack([x, x, x]))
    stack.layers[0].gradients(random_dy(y), saved)
    np.testing.assert_allclose(y, again, rtol=1e-12)
    np.testing.assert_allclose(shared, stack.gradient.vector, rtol=1e-12, atol=1e-15)


@every_layer
def test_data_may_have_more_axes_in_front(layer: Layer) -> None:
    part = twin(layer).layers[0]
    x = inputs(layer, (2, 3, 5))
    y, _ = part.forward(x)
    for index in np.ndindex(2, 3):
        np.testing.assert_allclose(y[index], part.forward(x[index])[0], rtol=1e-12)


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
    written = eval(repr(layer), {**vars(gn), **vars(own_layers), "Normal": Normal})
    assert written.config() == layer.config()


@pytest.mark.parametrize("layer", OF_NUMBERS)
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_huge_inputs_stay_numbers(layer: Layer, size: float) -> None:
    net = twin(layer, np.float32)
    part, x = net.layers[0], np.sign(batch(layer, np.float32)) * np.float32(size)
    y, saved = part.forward(x)
    assert np.isfinite(y).all()
    assert np.isfinite(part.backward(np.ones_like(y), saved)).all()
    assert np.isfinite(net.gradient.vector).all()


@pytest.mark.parametrize("size", [20.0, 1e4, 1e30])
@pytest.mark.parametrize("name", ["SiLU", "GELU", "Softplus", "ReLU", "LeakyReLU", "ELU", "SELU"])
def test_far_out_an_activation_is_a_straight_line(name: str, size: float) -> None:
    part = twin(EXAMPLES[name][-1], np.float32).layers[0]
    y, saved = part.forward(np.array([[size, -size]], np.float32))
    dx = part.backward(np.ones_like(y), saved)
    below = part.slope if isinstance(part, gn.LeakyReLU) else 0
    above = gn.SELU.LAMBDA if isinstance(part, gn.SELU) else 1
    np.testing.assert_allclose(dx, [[above, below]], atol=1e-6)
    assert y[0, 0] == pytest.approx(above * size)


@pytest.mark.parametrize(
    "layer",
    [
        gn.Scale(np.float64(0.5)),
        gn.LeakyReLU(np.float64(0.1)),
        gn.ELU(np.float64(1.0)),
        gn.Dropout(np.float64(0.5)),
    ],
    ids=repr,
)
def test_a_setting_that_is_a_numpy_number_keeps_the_dtype(layer: Layer) -> None:
    y, saved = layer.forward(batch(layer, np.float32), noise())
    assert y.dtype == layer.backward(random_dy(y), saved).dtype == np.float32


@pytest.mark.parametrize(
    "layer",
    [gn.Scale(np.float32(0.5)), gn.Reshape((np.int64(2), 3)), gn.Dropout(np.float32(0.5))],
    ids=["Scale", "Reshape", "Dropout"],
)
def test_a_setting_that_is_a_numpy_number_is_described_as_plain_data(layer: Layer) -> None:
    config = json.loads(json.dumps(layer.config()))
    assert type(layer).from_config(config).config() == config


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
