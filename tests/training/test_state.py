"""State that is not learned, such as running statistics, goes wherever the parameters go.

`Standardize` is a batch normalisation as a user writes it: without its statistics, which start at
mean 0 and variance 1, predictions for the data here are far off.
"""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.inspection.watch import Watch
from tests.own_layers import Standardize

pytestmark = pytest.mark.usefixtures("engine")

RNG = np.random.default_rng(0)
X = RNG.normal(loc=5.0, scale=3.0, size=(120, 4))
Y = (X[:, 0] + X[:, 1] > 10).astype(int)
SETTINGS: dict[str, Any] = {"epochs": 6, "batch_size": 16, "optimizer": "adam:learning_rate=0.02"}


def network(seed: int = 0) -> gn.Sequential:
    return gn.Sequential(
        [gn.Dense(6), Standardize(), gn.ReLU(), gn.Residual([gn.Dense(6), Standardize()]),
         gn.Dropout(0.1), gn.Dense(2)],
        input_shape=4, seed=seed,
    )  # fmt: skip


def trained(seed: int = 0, **settings: Any) -> gn.Sequential:
    net = network(seed)
    net.fit(X, Y, **{**SETTINGS, **settings})
    return net


def statistics(net: gn.Sequential) -> np.ndarray:
    """All state of a network, in one row."""
    return np.concatenate([net.parameters[name].ravel() for name in sorted(names(net))])


def names(net: gn.Sequential) -> set[str]:
    return {name for name, spec in net.parameters.specs.items() if not spec.trainable}


def same(one: gn.Sequential, other: gn.Sequential) -> None:
    assert statistics(one).tobytes() == statistics(other).tobytes()
    assert one(X).tobytes() == other(X).tobytes()


def test_state_is_a_part_of_the_vector_that_no_rule_sees() -> None:
    net = network()
    theta = net.parameters
    assert names(net) == {"1.mean", "1.var", "3.body.1.mean", "3.body.1.var"}
    assert theta.vector.size == theta.trainable.size + 4 * 6
    assert np.shares_memory(theta.vector, theta.trainable)
    assert net.gradient.vector.size == theta.trainable.size
    assert set(net.gradient) == set(theta) - names(net)
    assert theta.decay_mask().size == theta.trainable.size


def test_training_moves_it_and_prediction_does_not() -> None:
    net = network()
    first = statistics(net)
    net.fit(X, Y, **SETTINGS)
    assert not np.array_equal(statistics(net), first)
    moved = statistics(net)
    net.predict(X)
    net.evaluate(X, Y)
    net.trace(X, Y)
    gn.gradcheck(net, show=False)
    assert statistics(net).tobytes() == moved.tobytes()


def test_the_statistics_are_those_of_the_batches() -> None:
    """By hand: a running mean from 0, a tenth of the way to each batch's mean."""
    net = gn.Sequential([Standardize(), gn.Dense(2)], input_shape=4, seed=0)
    net.fit(X, Y, epochs=2, batch_size=60, shuffle=False)
    mean, var = np.zeros(4), np.ones(4)
    for batch in (X[:60], X[60:], X[:60], X[60:]):
        mean += 0.1 * (batch.mean(axis=0) - mean)
        var += 0.1 * (batch.var(axis=0) - var)
    np.testing.assert_allclose(net.parameters["0.mean"], mean, rtol=1e-5)
    np.testing.assert_allclose(net.parameters["0.var"], var, rtol=1e-5)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_no_rule_and_no_decay_moves_it(decay: float) -> None:
    net = gn.Sequential([Standardize(), gn.Dense(2)], input_shape=4, seed=0)
    for rule in ("sgd", "momentum", "adam", "adamw", "adagrad", "rmsprop", "nesterov"):
        net.parameters["0.mean"] = X.mean(axis=0)
        net.parameters["0.var"] = X.var(axis=0)
        net.fit(X, Y, epochs=3, batch_size="full", optimizer=f"{rule}:weight_decay={decay}")
        np.testing.assert_allclose(net.parameters["0.mean"], X.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(net.parameters["0.var"], X.var(axis=0), rtol=1e-5)


def test_a_file_keeps_it(tmp_path: Path) -> None:
    net = trained()
    net.save(tmp_path / "net.safetensors")
    same(net, gn.load(tmp_path / "net.safetensors"))


@pytest.mark.parametrize(
    "twin",
    [gn.Sequential.copy, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies_keep_it(twin: Any) -> None:
    net = trained()
    made = twin(net)
    same(net, made)
    before = statistics(net)
    made.fit(X, Y, **SETTINGS)
    assert statistics(net).tobytes() == before.tobytes()


def test_a_copy_in_another_precision_keeps_it() -> None:
    net = trained()
    np.testing.assert_array_equal(statistics(net.copy(np.float64)), statistics(net))


class PulledError(Exception):
    """The plug is pulled."""


class KillAfter:
    trainer: Any

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        self.steps -= 1
        if not self.steps:
            raise PulledError


@pytest.mark.parametrize("steps", [3, 8, 20])
def test_a_killed_training_resumes_to_the_same_bytes(tmp_path: Path, steps: int) -> None:
    whole = trained()
    path = tmp_path / "checkpoint"
    with pytest.raises(PulledError):
        network().fit(
            X, Y, **SETTINGS, checkpoint=gn.Checkpoint(path, every=1), callbacks=[KillAfter(steps)]
        )
    resumed = network()
    resumed.fit(X, Y, **SETTINGS, resume=path)
    same(whole, resumed)


def test_a_killed_stack_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    whole = gn.Stack(network(seed) for seed in range(3))
    path = tmp_path / "checkpoint"
    whole.fit(X, Y, **SETTINGS, checkpoint=gn.Checkpoint(tmp_path / "other", every=7))
    with pytest.raises(PulledError):
        gn.Stack(network(seed) for seed in range(3)).fit(
            X, Y, **SETTINGS, checkpoint=gn.Checkpoint(path, every=1),
            callbacks=lambda k: [KillAfter(17)] if k == 1 else [],
        )  # fmt: skip
    resumed = gn.Stack(network(seed) for seed in range(3))
    resumed.fit(X, Y, **SETTINGS, resume=path)
    for one, other in zip(whole, resumed, strict=True):
        same(one, other)


def test_the_best_weights_come_with_their_statistics() -> None:
    class Note:
        trainer: Any
        states: list[np.ndarray]

        def on_train_begin(self, logs: Any) -> None:
            self.states = []

        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            self.states.append(statistics(self.trainer.network))

    note, stopping = Note(), gn.EarlyStopping(patience=2)
    net = trained(
        optimizer="adam:learning_rate=0.3", epochs=30, validation=0.3, callbacks=[note, stopping]
    )
    assert stopping.best_epoch is not None
    assert stopping.best_epoch < len(note.states) - 1  # else the last would do
    assert statistics(net).tobytes() == note.states[stopping.best_epoch].tobytes()


def test_after_divergence_it_is_that_of_the_last_finite_epoch() -> None:
    class Break:
        trainer: Any

        def on_epoch_begin(self, epoch: int, logs: Any) -> None:
            if epoch == 3:
                self.trainer.network.parameters["0.W"][...] = np.inf

    net = network()
    with pytest.raises(gn.DivergedError, match="those after epoch 3"):
        net.fit(X, Y, **SETTINGS, callbacks=[Break()])
    same(net, trained(epochs=3))


def test_a_stack_has_what_each_network_has_alone() -> None:
    stack = gn.Stack(network(seed) for seed in range(4))
    rows = [np.arange(120), np.arange(100), np.arange(20, 120), np.arange(0, 120, 2)]
    settings = SETTINGS | {"optimizer": "momentum:learning_rate=0.01"}
    stack.fit(X, Y, **settings, samples=rows)
    for seed, net in enumerate(stack):
        alone = network(seed)
        alone.fit(X[rows[seed]], Y[rows[seed]], **settings)
        np.testing.assert_allclose(statistics(net), statistics(alone), rtol=1e-4, atol=1e-4)


def test_lbfgs_keeps_it_too() -> None:
    net = network()
    first = statistics(net)
    net.fit(X, Y, optimizer="lbfgs", epochs=3)
    assert not np.array_equal(statistics(net), first)


def test_watch_looks_at_what_is_learned() -> None:
    watch = Watch()
    trained(callbacks=[watch])
    assert set(watch.gradient_norms) >= {"0 Dense", "5 Dense"}
