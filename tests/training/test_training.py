"""Training: what a fit does with data, seeds, weights, schedules, and layers of one's own."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.initializers import Normal
from glassnet.nn.losses import Loss
from glassnet.nn.parameters import Parameter
from glassnet.nn.schedules import Schedule

pytestmark = pytest.mark.usefixtures("engine")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(103, 4))
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


def network(*layers: gn.Layer, seed: int = 0, dtype: Any = np.float32) -> gn.Sequential:
    inner = layers or [gn.Dense(8, "tanh"), gn.Dropout(0.2), gn.Dense(3)]
    return gn.Sequential(inner, seed=seed, dtype=dtype)


def figures(history: gn.History) -> dict[str, list[float]]:
    return {name: values for name, values in history.items() if name != "seconds"}


class Recorder(gn.Layer):
    """Passes everything on and remembers what it saw: a spy for tests."""

    def __init__(self) -> None:
        self.batches: list[np.ndarray] = []
        self.dtypes: set[Any] = set()

    def forward(self, x: np.ndarray, rng: Any = None) -> tuple[np.ndarray, None]:
        self.dtypes.add(x.dtype)
        if rng is not None:
            self.batches.append(x.copy())
        return x, None

    def backward(self, dy: np.ndarray, saved: None) -> np.ndarray:
        self.dtypes.add(dy.dtype)
        return dy


def test_the_same_seed_gives_the_same_bytes() -> None:
    settings = {"epochs": 3, "validation": 0.2, "schedule": "cosine"}
    one, two, other = network(seed=1), network(seed=1), network(seed=2)
    a, b, c = (net.fit(X, Y, **settings) for net in (one, two, other))
    assert one.parameters.vector.tobytes() == two.parameters.vector.tobytes()
    assert figures(a) == figures(b)
    assert one.parameters.vector.tobytes() != other.parameters.vector.tobytes()
    assert figures(a) != figures(c)


@pytest.mark.parametrize("size", [1, 10, 103, 1000, "full"])
def test_every_sample_is_used_once_in_every_epoch(size: int | str) -> None:
    spy = Recorder()
    rows = np.arange(103.0)[:, None]
    network(spy, gn.Dense(3)).fit(rows, Y, epochs=3, batch_size=size)
    width = 103 if size in ("full", 1000) else int(size)
    steps = -(-103 // width)
    assert len(spy.batches) == 3 * steps
    orders = []
    for epoch in range(3):
        batches = spy.batches[epoch * steps : (epoch + 1) * steps]
        assert [len(b) for b in batches[:-1]] == [width] * (steps - 1)
        orders.append(np.concatenate(batches).ravel())
        np.testing.assert_array_equal(np.sort(orders[-1]), rows.ravel())
    if steps > 1:
        assert (orders[0] != orders[1]).any()
        # samples are drawn anew, not batches: what came together once is torn apart
        assert set(orders[0][:width]) != set(orders[1][:width]) or width == 1


def test_without_shuffling_the_order_is_that_of_the_data() -> None:
    spy = Recorder()
    rows = np.arange(103.0)[:, None]
    network(spy, gn.Dense(3)).fit(rows, Y, epochs=1, batch_size=10, shuffle=False)
    np.testing.assert_array_equal(np.concatenate(spy.batches), rows)


def test_weight_2_equals_a_row_given_twice() -> None:
    weights = np.ones(103)
    weights[:5] = 2
    settings: dict[str, Any] = {"epochs": 5, "batch_size": "full", "optimizer": "adam"}
    one, two = (network(gn.Dense(5, "tanh"), gn.Dense(3), dtype=float) for _ in range(2))
    one.fit(X, Y, sample_weight=weights, **settings)
    two.fit(np.concatenate([X, X[:5]]), np.concatenate([Y, Y[:5]]), **settings)
    np.testing.assert_allclose(one.parameters.vector, two.parameters.vector, rtol=1e-9)


def test_class_weight_is_the_same_as_sample_weights() -> None:
    one, two = network(dtype=float), network(dtype=float)
    one.fit(X, Y, epochs=2, class_weight={2: 4.0})
    two.fit(X, Y, epochs=2, sample_weight=np.where(Y == 2, 4.0, 1.0))
    np.testing.assert_array_equal(one.parameters.vector, two.parameters.vector)


def test_class_weights_of_independent_labels_are_for_their_outputs() -> None:
    """Also where every row happens to have one label: outputs of weight 0 learn nothing."""
    net = network(gn.Dense(2))
    net.build((4,))
    before = net.parameters["0.W"].copy()
    rows = np.eye(2)[Y % 2]
    net.fit(X, rows, epochs=2, loss="binary_cross_entropy", class_weight=[0, 1])
    np.testing.assert_array_equal(net.parameters["0.W"][:, 0], before[:, 0])
    assert (net.parameters["0.W"][:, 1] != before[:, 1]).all()


def test_a_rare_class_is_heard_when_weighted() -> None:
    rare = (X[:, 0] > 1.2).astype(int)
    assert 0 < rare.sum() < 20
    noisy, found = X + np.random.default_rng(1).normal(size=X.shape), {}
    for weight in (None, "balanced"):
        net = network(gn.Dense(2))
        net.fit(noisy, rare, epochs=60, class_weight=weight, optimizer="adam:learning_rate=0.05")
        found[weight] = int((net.predict(X)[rare == 1] == 1).sum())
    assert found["balanced"] > found[None]


def test_validation_by_fraction_is_stratified_and_not_trained_on() -> None:
    spy = Recorder()
    rows = np.arange(100.0)[:, None]
    labels = np.repeat([0, 1], [80, 20])
    history = network(spy, gn.Dense(2)).fit(rows, labels, epochs=1, validation=0.25)
    trained = np.concatenate(spy.batches).ravel().astype(int)
    assert len(trained) == 75
    assert np.bincount(labels[trained]).tolist() == [60, 15]
    assert {"val_loss", "val_accuracy"} <= set(history)


def test_validation_by_data_is_what_evaluate_says() -> None:
    net = network()
    history = net.fit(X[:80], Y[:80], epochs=3, validation=(X[80:], Y[80:]))
    assert net.evaluate(X[80:], Y[80:])["loss"] == pytest.approx(history["val_loss"][-1], rel=1e-6)
    weighted = network().fit(X[:80], Y[:80], epochs=1, validation=(X[80:], Y[80:], np.arange(23.0)))
    assert weighted["val_loss"][0] != history["val_loss"][0]


def test_the_training_loss_is_the_mean_over_the_steps() -> None:
    losses = []

    class Watch:
        def on_train_batch_end(self, batch: int, logs: dict[str, Any]) -> None:
            losses.append(float(logs["loss"]))

    history = network().fit(X, Y, epochs=1, batch_size=10, callbacks=[Watch()])
    expected = np.average(losses, weights=[10] * 10 + [3])
    assert history["loss"][0] == pytest.approx(expected, rel=1e-12)


def test_clipping_bounds_a_step() -> None:
    net = network(gn.Dense(3))
    net.fit(X, Y, epochs=1)
    before = net.parameters.vector.copy()
    net.fit(X * 100, Y, epochs=1, batch_size="full", optimizer="sgd:learning_rate=1", clip_norm=0.5)
    assert np.linalg.norm(net.parameters.vector - before) == pytest.approx(0.5, rel=1e-5)


def test_a_short_gradient_is_not_clipped() -> None:
    one, two = network(), network()
    one.fit(X, Y, epochs=2)
    two.fit(X, Y, epochs=2, clip_norm=1e6)
    np.testing.assert_array_equal(one.parameters.vector, two.parameters.vector)


def test_weight_decay_shrinks_weights_and_leaves_biases() -> None:
    still = np.zeros((8, 4))  # no input, no gradient at the weights
    net = network(gn.Dense(3), dtype=float)
    net.build((4,))
    before = {name: view.copy() for name, view in net.parameters.items()}
    net.fit(still, np.arange(8) % 2, epochs=1, batch_size="full",
            optimizer="sgd:learning_rate=0.1,weight_decay=0.5")  # fmt: skip
    np.testing.assert_allclose(net.parameters["0.W"], before["0.W"] * 0.95, rtol=1e-12)
    # p − t is (1/3 − 1/2, 1/3 − 1/2, 1/3) at the start, and nothing else moves the biases
    np.testing.assert_allclose(net.parameters["0.b"], [1 / 60, 1 / 60, -1 / 30])


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        ("constant", [0.1, 0.1, 0.1, 0.1]),
        ("step:every=2,gamma=0.5", [0.1, 0.1, 0.05, 0.05]),
        ("exponential:gamma=0.5", [0.1, 0.05, 0.025, 0.0125]),
        ("warm_up:epochs=4", [0.05 / 4, 0.15 / 4, 0.25 / 4, 0.35 / 4]),
    ],
)
def test_schedules_move_the_learning_rate(schedule: str, rates: list[float]) -> None:
    history = network().fit(
        X[:100], Y[:100], epochs=4, batch_size=50, schedule=schedule,
        optimizer="sgd:learning_rate=0.1", callbacks=[gn.LearningRateLogger()],
    )  # fmt: skip
    assert history["learning_rate"] == pytest.approx(rates)


def test_a_schedule_of_ones_own_gets_the_time_in_epochs() -> None:
    seen: list[tuple[float, int]] = []

    class Listens(Schedule):
        def factor(self, time: float, epochs: int, losses: Any = ()) -> float:
            seen.append((time, len(losses)))
            return 1.0

    class Often(Listens):
        every_step = True

    network().fit(X[:100], Y[:100], epochs=3, batch_size=50, schedule=Listens())
    assert seen == [(0.0, 0), (1.0, 1), (2.0, 2)]
    seen.clear()
    network().fit(X[:100], Y[:100], epochs=2, batch_size=50, schedule=Often())
    assert seen == [(0.0, 0), (0.5, 0), (1.0, 1), (1.5, 1)]


def test_first_weights_do_not_depend_on_the_validation() -> None:
    nets = [network() for _ in range(3)]
    settings: dict[str, Any] = {"epochs": 1, "optimizer": "sgd:learning_rate=0"}
    for net, validation in zip(nets, (None, 0.2, (X, Y)), strict=True):
        net.fit(X, Y, validation=validation, **settings)
    given = gn.Sequential(
        [gn.Dense(8, "tanh"), gn.Dropout(0.2), gn.Dense(3)], input_shape=4, seed=0
    )
    for net in nets:
        np.testing.assert_array_equal(net.parameters.vector, given.parameters.vector)


def test_on_plateau_looks_at_the_validation_loss() -> None:
    history = network(gn.Dense(3)).fit(
        X, Y, epochs=12, validation=(X, (Y + 1) % 3), schedule="on_plateau:patience=1,gamma=0.5",
        optimizer="sgd:learning_rate=0.1", callbacks=[gn.LearningRateLogger()],
    )  # fmt: skip
    best, factor = np.inf, 1.0
    for rate, loss in zip(history["learning_rate"], history["val_loss"], strict=True):
        assert rate == pytest.approx(0.1 * factor)
        factor = factor if loss < best * (1 - 1e-4) else factor / 2
        best = min(best, loss) if loss < best * (1 - 1e-4) else best
    assert factor < 1


def test_dropout_is_for_training_alone() -> None:
    net = network()
    net.fit(X, Y, epochs=1)
    np.testing.assert_array_equal(net(X), net(X))
    noisy = [net.forward(X.astype(np.float32), net.rng)[0] for _ in range(2)]
    assert (noisy[0] != noisy[1]).any()


def test_metrics_can_be_left_out() -> None:
    assert set(network().fit(X, Y, epochs=1, metrics=False)) == {"seconds", "loss"}


def test_history_becomes_a_table() -> None:
    history = network().fit(X, Y, epochs=4, validation=0.2)
    frame = history.to_frame()
    assert frame.index.tolist() == [1, 2, 3, 4]
    assert frame.index.name == "epoch"
    assert frame["val_loss"].tolist() == history["val_loss"]
    assert history.epochs == 4


def test_data_is_left_alone_and_may_be_read_only() -> None:
    arrays = X.astype(np.float32), Y.copy(), np.ones(103)
    for array in arrays:
        array.setflags(write=False)
    x, y, weight = arrays
    for first in (gn.ReLU, gn.Dropout, gn.Softmax):
        for size in (10, "full"):
            net = network(first(), gn.ReLU(), gn.Dense(3))
            net.fit(x, y, sample_weight=weight, batch_size=size, epochs=1)


def test_images_stay_bytes_and_learn() -> None:
    from glassnet.data import load

    data = load("digits")
    assert data.x_train.dtype == np.uint8
    net = network(gn.Scale(data.scale), gn.Flatten(), gn.Dense(32, "relu"), gn.Dense(10))
    net.fit(data.x_train, data.y_train, epochs=15)
    assert net.evaluate(data.x_test, data.y_test)["accuracy"] > 0.92


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop", "nesterov"])
def test_no_float64_in_a_float32_step(optimizer: str) -> None:
    spies = [Recorder() for _ in range(4)]
    net = network(spies[0], gn.Dense(5), spies[1], gn.GELU(), gn.Dropout(0.3), spies[2],
                  gn.Dense(3), spies[3])  # fmt: skip
    seen: set[Any] = set()

    class Watch:
        trainer: Any

        def on_train_batch_end(self, batch: int, logs: dict[str, Any]) -> None:
            seen.update(moment.dtype for moment in self.trainer.moments.values())
            seen.update([net.parameters.vector.dtype, net.gradient.vector.dtype])
            seen.add(logs["loss"].dtype)

    net.fit(X, Y, epochs=1, sample_weight=np.ones(103), optimizer=optimizer, clip_norm=1.0,
            schedule="cosine", callbacks=[Watch()])  # fmt: skip
    assert set.union(seen, *(spy.dtypes for spy in spies)) == {np.dtype(np.float32)}


def test_memory_does_not_grow_with_the_steps() -> None:
    x, y = np.tile(X, (40, 1)), np.tile(Y, 40)
    levels: list[int] = []

    class Watch:
        def on_train_batch_end(self, batch: int, logs: dict[str, Any]) -> None:
            if batch in (100, 2000):
                levels.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    try:
        network().fit(x, y, epochs=1, batch_size=2, callbacks=[Watch()])
    finally:
        tracemalloc.stop()
    assert levels[1] - levels[0] < 1900 * 8  # less than a list of one number a step


class Sine(gn.Layer):
    """A layer of one's own: nothing but forward and backward."""

    def forward(self, x: np.ndarray, rng: Any = None) -> tuple[np.ndarray, np.ndarray]:
        return np.sin(x), x

    def backward(self, dy: np.ndarray, saved: np.ndarray) -> np.ndarray:
        return dy * np.cos(saved)


class Gain(gn.Layer):
    """One with a parameter: y = a x, a gain for every feature."""

    a: np.ndarray
    da: np.ndarray

    def __init__(self, std: float = 0.5) -> None:
        self.std = std

    def build(self, input_shape: tuple[int, ...]) -> dict[str, Parameter]:
        return {"a": Parameter(input_shape, Normal(self.std))}

    def forward(self, x: np.ndarray, rng: Any = None) -> tuple[np.ndarray, np.ndarray]:
        return x * self.a[..., None, :], x

    def backward(self, dy: np.ndarray, saved: np.ndarray) -> np.ndarray:
        np.sum(dy * saved, axis=-2, out=self.da)
        return dy * self.a[..., None, :]


@pytest.mark.parametrize("engine", ["numpy"], indirect=True)
@pytest.mark.parametrize("layer", [Sine(), Gain(std=0.3)])
def test_a_layer_of_ones_own(layer: gn.Layer, tmp_path: Path) -> None:
    assert gn.gradcheck(layer, show=False)
    net = network(gn.Dense(8), layer, gn.Dense(3))
    history = net.fit(X, Y, epochs=20)
    assert history["loss"][-1] < history["loss"][0]
    net.save(tmp_path / "own.safetensors")
    with pytest.raises(gn.GlassnetError, match=f"unknown kind of layer '{type(layer).__name__}'"):
        gn.load(tmp_path / "own.safetensors")
    again = gn.load(tmp_path / "own.safetensors", layers=[type(layer)])
    np.testing.assert_array_equal(again(X), net(X))


class Quartic(Loss):
    """A loss of one's own: a formula."""

    def formula(self, z: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (z - t) ** 4, 4 * (z - t) ** 3


def test_a_loss_of_ones_own(tmp_path: Path) -> None:
    assert gn.gradcheck(Quartic(), show=False)
    net, y = network(gn.Dense(1)), X.sum(axis=1)
    history = net.fit(X, y, loss=Quartic(), epochs=30, optimizer="adam:learning_rate=0.02")
    assert history["loss"][-1] < history["loss"][0] / 2
    net.save(tmp_path / "own.safetensors")
    with pytest.raises(gn.GlassnetError, match="unknown loss 'Quartic'"):
        gn.load(tmp_path / "own.safetensors")
    again = gn.load(tmp_path / "own.safetensors", losses=[Quartic])
    assert again.evaluate(X, y) == net.evaluate(X, y)


def test_an_optimizer_of_ones_own() -> None:
    class Sign(gn.Optimizer):
        def rule(self, theta: Any, g: Any, *moments: Any, t: int, rate: Any) -> None:
            theta -= rate * np.sign(g)

    history = network().fit(X, Y, optimizer=Sign(0.01), epochs=10)
    assert history["loss"][-1] < history["loss"][0]


def test_lists_and_frames_are_data_too() -> None:
    import pandas as pd

    one, two, three = network(), network(), network()
    one.fit(X, Y, epochs=1)
    two.fit(X.tolist(), Y.tolist(), epochs=1)
    three.fit(pd.DataFrame(X), pd.Series(Y), epochs=1)
    assert one.parameters.vector.tobytes() == two.parameters.vector.tobytes()
    assert one.parameters.vector.tobytes() == three.parameters.vector.tobytes()
