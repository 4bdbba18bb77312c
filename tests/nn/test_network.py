"""A network: built, asked, looked at."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import glassnet as gn

X = np.random.default_rng(0).normal(size=(20, 4))
LABELS = np.arange(20) % 3


def net(*layers: gn.Layer, **settings: Any) -> gn.Sequential:
    return gn.Sequential(layers or [gn.Dense(5, "relu"), gn.Dense(3)], seed=0, **settings)


def test_add_builds_the_same_as_a_list() -> None:
    listed = net(input_shape=4)
    added = gn.Sequential(input_shape=(4,), seed=0)
    added.add(gn.Dense(5, "relu")).add(gn.Dense(3))
    np.testing.assert_array_equal(added.parameters.vector, listed.parameters.vector)
    assert repr(added) == repr(listed)


def test_the_width_comes_from_the_data() -> None:
    network = net()
    assert not network.built
    network.fit(X, LABELS, epochs=1)
    assert network.input_shape == (4,)
    assert network.parameters["0.W"].shape == (4, 5)


def test_the_shorthand_is_written_out() -> None:
    short, long = net(), net(gn.Dense(5), gn.ReLU(), gn.Dense(3))
    assert repr(short) == repr(long)
    leaky = net(gn.Dense(2, activation="leaky_relu:slope=0.3"))
    assert leaky.layers[1].config() == {"kind": "LeakyReLU", "slope": 0.3}
    with pytest.raises(gn.GlassnetError, match="did you mean 'relu'"):
        net(gn.Dense(2, activation="rleu"))


def test_parameters_are_views_into_one_vector() -> None:
    network = net(input_shape=4)
    theta = network.parameters
    assert list(theta) == ["0.W", "0.b", "2.W", "2.b"]
    assert theta.vector.size == 4 * 5 + 5 + 5 * 3 + 3
    assert theta.vector.flags.c_contiguous
    for name, view in theta.items():
        assert np.shares_memory(view, theta.vector), name
        assert np.shares_memory(network.gradient[name], network.gradient.vector)
    assert network.layers[0].W is theta["0.W"]
    before = network(X)
    theta.vector[...] = 0
    assert not network(X).any()
    assert before.any()


def test_a_parameter_can_be_given() -> None:
    network = net(gn.Dense(2), input_shape=4)
    network.parameters["0.W"] = np.ones((4, 2))
    network.parameters["0.b"] = [1, -1]
    np.testing.assert_allclose(network(X), X.sum(axis=1)[:, None] + [[1, -1]], rtol=1e-5)
    with pytest.raises(gn.GlassnetError, match=r"0.W has shape \(4, 2\), got .* \(2, 4\)"):
        network.parameters["0.W"] = np.ones((2, 4))
    with pytest.raises(KeyError, match=r"0.W, 0.b"):
        network.parameters["1.W"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("given", [np.float16, np.float32, np.float64, np.int64, np.uint8, bool])
def test_the_network_decides_the_dtype(dtype: Any, given: Any) -> None:
    network = net(input_shape=4, dtype=dtype)
    assert network(np.abs(X * 5).astype(given)).dtype == dtype


def test_a_scale_of_another_width_is_refused() -> None:
    for layer in (gn.Scale([1.0, 2.0]), gn.Scale(1.0, shift=[1.0, 2.0])):
        with pytest.raises(gn.GlassnetError, match=r"layer 0: Scale: .* has 2 numbers and samples"):
            net(layer, gn.Dense(2), input_shape=3)


def test_outputs_can_be_brought_to_the_unit_of_what_is_predicted() -> None:
    from glassnet.mlp import mlp

    x = np.random.default_rng(0).normal(size=(50, 2))
    y = 1000 + 300 * x[:, 0]
    made = mlp((2,), [], 1, center=1000.0, unit=300.0, seed=0)
    loss = gn.MeanSquared(unit=300.0)
    history = made.fit(x, y, epochs=150, loss=loss, optimizer="sgd:learning_rate=0.1")
    assert history["loss"][-1] < 1e-3 < history["loss"][0]
    assert np.abs(made.predict(x) - y).max() < 10


def test_images_go_through_scale_and_flatten() -> None:
    network = net(gn.Scale(1 / 255), gn.Flatten(), gn.Dense(3), input_shape=(2, 2))
    images = np.array([[[0, 51], [102, 255]]], np.uint8)
    expected = np.array([[0, 0.2, 0.4, 1]]) @ network.parameters["2.W"]
    np.testing.assert_allclose(network(images), expected, rtol=1e-6)


def test_many_rows_are_the_rows_one_by_one() -> None:
    network = net(input_shape=4)
    x = np.random.default_rng(1).normal(size=(2500, 4))
    whole = network(x)
    assert whole.shape == (2500, 3)
    np.testing.assert_allclose(whole[[0, 1023, 1024, 2499]], network(x[[0, 1023, 1024, 2499]]),
                               rtol=1e-5)  # fmt: skip


@pytest.mark.parametrize("layers", [[gn.Flatten()], [gn.Dropout(0.5)], [gn.Reshape((2, 2))]])
def test_outputs_are_never_the_users_memory(layers: list[gn.Layer]) -> None:
    x = X.astype(np.float32)
    network = net(*[type(layer).from_config(layer.config()) for layer in layers], input_shape=4)
    assert not np.shares_memory(network(x), x)


def test_classes() -> None:
    network = net()
    network.fit(X, LABELS, epochs=2)
    p = network.predict_proba(X)
    assert p.shape == (20, 3)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(network.predict(X), p.argmax(axis=1))
    assert set(network.evaluate(X, LABELS)) == {"loss", "accuracy"}
    assert network.evaluate(X, LABELS)["accuracy"] == np.mean(network.predict(X) == LABELS)


def test_two_classes_with_one_output() -> None:
    network, y = net(gn.Dense(1)), (X[:, 0] > 0).astype(int)
    network.fit(X, y, epochs=300, optimizer="adam:learning_rate=0.05")
    p = network.predict_proba(X)
    assert p.shape == (20, 2)
    np.testing.assert_array_equal(network.predict(X), (p[:, 1] > 0.5).astype(int))
    assert network.evaluate(X, y)["accuracy"] == 1
    assert network.predict(X).shape == y.shape


def test_independent_labels() -> None:
    y = np.stack([X[:, 0] > 0, X[:, 1] > 0], axis=1).astype(int)
    network = net(gn.Dense(2))
    network.fit(X, y, epochs=900, loss="binary_cross_entropy", optimizer="adam:learning_rate=0.1")
    assert network.predict(X).shape == (20, 2)
    np.testing.assert_array_equal(network.predict(X), y)
    assert network.predict_proba(X).shape == (20, 2)
    assert network.evaluate(X, y)["accuracy"] == 1


@pytest.mark.parametrize("outputs", [1, 2])
def test_values(outputs: int) -> None:
    y = X @ np.ones((4, outputs)) if outputs > 1 else X.sum(axis=1)
    network = net(gn.Dense(outputs))
    network.fit(X, y, epochs=400, optimizer="adam:learning_rate=0.05")
    assert network.predict(X).shape == y.shape
    np.testing.assert_allclose(network.predict(X), y, atol=0.05)
    assert set(network.evaluate(X, y)) == {"loss", "mean_absolute"}
    with pytest.raises(gn.GlassnetError, match="values, not probabilities"):
        network.predict_proba(X)


def test_summary_has_every_figure() -> None:
    summary = net(gn.Flatten(), gn.Dense(5, "relu"), gn.Dense(3), input_shape=(2, 2)).summary()
    rows = [(r.layer, r.output_shape, r.parameters, r.multiply_adds, r.bytes) for r in summary.rows]
    assert rows == [
        ("0 Flatten", (4,), 0, 0, 0),
        ("1 Dense", (5,), 25, 20, 100),
        ("2 ReLU", (5,), 0, 0, 0),
        ("3 Dense", (3,), 18, 15, 72),
    ]
    total = summary.total
    assert (total.parameters, total.multiply_adds, total.bytes) == (43, 35, 172)
    text = str(summary)
    assert text.splitlines()[0].split() == ["layer", "output", "shape", "parameters",
                                            "multiply-adds", "bytes"]  # fmt: skip
    assert len({len(line) for line in text.splitlines()}) == 1


def test_a_copy_is_apart_and_may_be_more_precise() -> None:
    network = net(input_shape=4)
    twin = network.copy(np.float64)
    assert twin.dtype == np.float64
    np.testing.assert_allclose(twin(X), network(X), rtol=1e-4, atol=1e-6)
    twin.parameters.vector[...] = 0
    assert network(X).any()


def shared_layer() -> None:
    layer = gn.Dense(3)
    net(layer, input_shape=4)
    net(layer, input_shape=4)


def test_a_copy_answers_as_the_network_does() -> None:
    network = net()
    network.fit(X, LABELS, epochs=2)
    network.classes = ("a", "b", "c")
    twin = network.copy()
    assert twin.classes == network.classes
    np.testing.assert_array_equal(twin.predict_proba(X), network.predict_proba(X))
    np.testing.assert_array_equal(twin.predict(X), network.predict(X))


def test_a_layer_goes_into_one_of_two_networks_alone() -> None:
    layer = gn.Dense(2)
    one, two = gn.Sequential([layer], seed=0), gn.Sequential([layer], seed=1)
    one.build((4,))
    before = one(X)
    with pytest.raises(gn.GlassnetError, match="already part of a network"):
        two.build((4,))
    np.testing.assert_array_equal(one(X), before)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda: net(gn.Dense(3), input_shape=(8, 8)), r"layer 0: Dense takes rows .* Flatten"),
        (lambda: net(gn.ReLU(), gn.Reshape((3, 3)), input_shape=4), "layer 1: .* do not fit"),
        (shared_layer, "already part of a network"),
        (lambda: net(gn.ReLU(), 7), "expected a layer, got 7"),
        (lambda: net(gn.ReLU, input_shape=3), "expected a layer"),
        (lambda: net(input_shape=4).add(gn.Dense(2)), "has its weights already"),
        (lambda: gn.Sequential(input_shape=4)(X), "has no layers"),
        (lambda: gn.Sequential().fit(X, LABELS), "has no layers"),
        (lambda: net()(X), "input width is not known"),
        (lambda: net().parameters, "input width is not known"),
        (lambda: net(input_shape=4).predict(X), "no loss yet"),
        (lambda: net(input_shape=4).predict_proba(X), "no loss yet"),
        (lambda: net(input_shape=4).evaluate(X, LABELS), "no loss yet"),
        (lambda: net(dtype=np.float16), "dtype is .*float16"),
        (lambda: net(dtype=int), "dtype is "),
        (lambda: net(dtype="float99"), "dtype is float99"),
        (lambda: gn.Sequential(seed=-1), "seed is -1"),
        (lambda: gn.Sequential(seed="one"), "seed is 'one'"),
        (lambda: net(input_shape="ab"), "input_shape is 'ab'"),
        (lambda: net(input_shape=0), "input_shape is 0"),
        (lambda: net(input_shape=(2.5,)), "input_shape is"),
        (lambda: net(input_shape=()), "input_shape is"),
        (lambda: net(gn.Flatten(), gn.Reshape((2, 2))).fit(X, LABELS), "end with a Dense"),
    ],
)
def test_what_does_not_fit_is_told(act: Any, says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says):
        act()


@pytest.mark.parametrize("again", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_it_is_pickled_with_its_one_vector_and_its_generator(again: Any) -> None:
    network = net(gn.Dense(8), gn.Dropout(0.5), gn.Dense(3))
    assert not again(network).built
    network.fit(X, LABELS, epochs=2)
    twin = again(network)
    np.testing.assert_array_equal(twin.predict_proba(X), network.predict_proba(X))
    assert np.shares_memory(twin.layers[0].W, twin.parameters.vector)
    assert not np.shares_memory(twin.parameters.vector, network.parameters.vector)
    for each in (twin, network):
        each.fit(X, LABELS, epochs=2)
    np.testing.assert_array_equal(twin.parameters.vector, network.parameters.vector)
    assert twin.trained == network.trained


def test_a_network_is_a_sequence_of_its_layers() -> None:
    net = gn.Sequential([gn.Flatten(), gn.Dense(5, "relu"), gn.Dense(3)])
    assert len(net) == 4
    assert [type(layer).__name__ for layer in net] == ["Flatten", "Dense", "ReLU", "Dense"]
    assert net[0] is net.layers[0]
    assert net[-1] is net.layers[3]
    assert net[1:3] == net.layers[1:3]
    assert net[1] in net
    assert [*reversed(net)] == net.layers[::-1]
    assert gn.Sequential()  # though it is empty
    net.fit(np.zeros((4, 2)), [0, 1, 2, 0], epochs=1)
    np.testing.assert_array_equal(net[1].W, net.parameters["1.W"])


@pytest.mark.parametrize(
    ("place", "kind", "message"),
    [
        (4, IndexError, "there is no layer 4: expected -2 to 1"),
        (-3, IndexError, "there is no layer -3: expected -2 to 1"),
        ("1.W", TypeError, "a layer is found by its number, got '1.W': expected a whole number"),
        (1.0, TypeError, "a layer is found by its number, got 1.0"),
    ],
)
def test_a_layer_that_is_not_there(place: Any, kind: type[Exception], message: str) -> None:
    net = gn.Sequential([gn.Dense(5, "relu")])
    with pytest.raises(kind, match=message) as caught:
        net[place]
    assert isinstance(caught.value, gn.GlassnetError)


def test_large_pictures_go_through_the_layers_a_few_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("glassnet.nn.network.NUMBERS_AT_ONCE", 1000)
    network = gn.Sequential("conv 4, relu, flatten, dense 3", input_shape=(6, 6, 1), seed=0)
    assert network.rows_at_once == 1000 // (6 * 6 * 4)
    seen: list[int] = []
    layer = network.layers[0]
    forward = layer.forward
    monkeypatch.setattr(layer, "forward", lambda x, *rng: (seen.append(len(x)), forward(x))[1])
    x = np.random.default_rng(0).normal(size=(15, 6, 6, 1)).astype(np.float32)
    y = network(x)
    assert seen == [6, 6, 3]
    np.testing.assert_allclose(y, network.forward(x)[0], rtol=1e-5, atol=1e-6)
    health = gn.Health(say=lambda sentence: None)
    network.fit(x, np.arange(15) % 3, epochs=1, callbacks=[health])
    assert len(health.x) == 6
