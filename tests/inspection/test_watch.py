"""What a training did, layer by layer and epoch by epoch."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn

X = np.random.default_rng(0).normal(size=(120, 4))
LABELS = (X[:, 0] > 0).astype(int)


def network(seed: int = 0) -> gn.Sequential:
    return gn.Sequential(
        [gn.Scale(2.0), gn.Dense(6, "tanh"), gn.Dense(2)], seed=seed, dtype="float64"
    )


def watched(epochs: int, **how: Any) -> tuple[gn.Watch, gn.Sequential]:
    watch, net = gn.Watch(), network()
    net.fit(X, LABELS, epochs=epochs, callbacks=[watch], **how)
    return watch, net


def test_figures_are_those_of_the_first_step_of_every_epoch() -> None:
    watch, _ = watched(2, batch_size="full", optimizer="sgd:learning_rate=0.5")
    net = network()
    for epoch in range(2):
        step = net.trace(X, LABELS, optimizer="sgd:learning_rate=0.5")
        for layer in (step.layers[1], step.layers[3]):
            name = f"{layer.name} {layer.kind}"
            parts = [g.ravel() for g in layer.gradients.values()]
            norm = np.linalg.norm(np.concatenate(parts))
            assert watch.gradient_norms[name][epoch] == pytest.approx(norm)
            before, after = (w[f"{layer.name}.W"] for w in (step.before, step.after))
            ratio = np.linalg.norm(after - before) / np.linalg.norm(after)
            assert watch.update_ratios[name][epoch] == pytest.approx(ratio)
        net.fit(X, LABELS, epochs=1, batch_size="full", optimizer="sgd:learning_rate=0.5")


def test_values_are_those_of_each_layer_from_the_first_that_learns_on() -> None:
    watch, net = watched(3)
    assert list(watch.values["outputs"]) == ["1 Dense", "2 Tanh", "3 Dense"]
    for what in ("weights", "gradients"):
        assert list(watch.values[what]) == ["1 Dense", "3 Dense"]
    last = watch.values["weights"]["1 Dense"][-1]
    np.testing.assert_array_equal(last, net.parameters["1.W"].ravel())
    outputs = watch.values["outputs"]["3 Dense"][-1]
    np.testing.assert_allclose(outputs, net(X).ravel())


def test_of_a_long_training_some_epochs_are_kept() -> None:
    watch, _ = watched(150)
    assert len(watch.gradient_norms["1 Dense"]) == 150
    assert 30 <= len(watch.epochs) <= 60
    assert set(np.diff(watch.epochs)) == {4}
    assert all(
        len(each) == len(watch.epochs)
        for layers in watch.values.values()
        for each in layers.values()
    )


def test_of_a_large_layer_some_values_are_kept() -> None:
    watch = gn.Watch()
    net = gn.Sequential([gn.Dense(900), gn.Dense(2)], seed=0)
    net.fit(X, LABELS, epochs=1, callbacks=[watch])
    assert watch.values["weights"]["0 Dense"][0].shape == (2000,)


def test_it_changes_nothing_and_begins_anew() -> None:
    watch, net = watched(4)
    plain = network()
    plain.fit(X, LABELS, epochs=4)
    np.testing.assert_array_equal(net.parameters.vector, plain.parameters.vector)
    net.fit(X, LABELS, epochs=2, callbacks=[watch])
    assert watch.epochs == [1, 2]


def test_in_a_stack_it_keeps_what_it_would_keep_alone() -> None:
    watches = [gn.Watch() for _ in range(3)]
    stack = gn.Stack(network(seed) for seed in range(3))
    stack.fit(X, LABELS, epochs=3, callbacks=lambda k: [watches[k]])
    for seed, watch in enumerate(watches):
        alone, net = gn.Watch(), network(seed)
        net.fit(X, LABELS, epochs=3, callbacks=[alone])
        for name in ("1 Dense", "3 Dense"):
            assert watch.gradient_norms[name] == pytest.approx(alone.gradient_norms[name])
            assert watch.update_ratios[name] == pytest.approx(alone.update_ratios[name])


def test_where_training_is_gone_on_with_it_begins_at_that_epoch(tmp_path: Any) -> None:
    file = tmp_path / "run"
    network().fit(X, LABELS, epochs=3, checkpoint=gn.Checkpoint(file, every=4))
    watch = gn.Watch()
    network().fit(X, LABELS, epochs=6, callbacks=[watch], resume=file, override=True)
    whole, _ = watched(6)
    assert watch.epochs == [4, 5, 6] and watch.first == 4
    kept = watch.gradient_norms["1 Dense"]
    assert kept == pytest.approx(whole.gradient_norms["1 Dense"][3:])


@pytest.mark.parametrize("rule", ["lbfgs", "adam"])
def test_it_goes_with_every_rule(rule: str) -> None:
    watch, _ = watched(3, optimizer=rule)
    assert len(watch.update_ratios["3 Dense"]) == 3
    assert all(ratio > 0 for ratio in watch.update_ratios["3 Dense"])
