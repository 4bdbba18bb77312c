"""Divergence: reported with its place, and undone."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn

pytestmark = pytest.mark.usefixtures("engine")

X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
Y = np.arange(60) % 3


class Keeper:
    """Remembers the parameters after every epoch."""

    trainer: Any

    def __init__(self) -> None:
        self.parameters: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        self.parameters.append(self.trainer.network.parameters.vector.copy())


class Breaks(gn.Layer):
    """Works until its n-th step in training, then gives the wrong thing."""

    def __init__(self, step: int, forward: float = 1.0, backward: float = 1.0) -> None:
        self.step, self.count = step, 0
        self.factors = forward, backward

    def forward(self, x: np.ndarray, rng: Any = None) -> tuple[np.ndarray, None]:
        self.count += rng is not None
        return x * np.float32(self.factors[0] if self.count >= self.step else 1), None

    def backward(self, dy: np.ndarray, saved: None) -> np.ndarray:
        return dy * np.float32(self.factors[1] if self.count >= self.step else 1)


def fit(*layers: gn.Layer, **settings: Any) -> tuple[gn.Sequential, Keeper, gn.DivergedError]:
    net, keeper = gn.Sequential(layers, seed=0), Keeper()
    with pytest.raises(gn.DivergedError) as error:
        net.fit(X, Y, batch_size=10, callbacks=[keeper], **settings)
    return net, keeper, error.value


def test_a_learning_rate_that_is_too_high() -> None:
    net, keeper, error = fit(
        gn.Dense(5, "relu"), gn.Dense(3), optimizer="sgd:learning_rate=1e15", epochs=3
    )
    message = str(error)
    assert message.startswith("training diverged in epoch 1, step ")
    assert "(Dense)" in message
    assert "lower the learning rate" in message
    assert "\n" not in message
    assert isinstance(error, gn.GlassnetError)
    assert keeper.parameters == []
    fresh = gn.Sequential([gn.Dense(5, "relu"), gn.Dense(3)], input_shape=4, seed=0)
    np.testing.assert_array_equal(net.parameters.vector, fresh.parameters.vector)


def test_the_last_finite_epoch_is_what_remains() -> None:
    net, keeper, error = fit(gn.Dense(3), Breaks(step=16, forward=np.inf), epochs=9)
    assert "epoch 3, step 4" in str(error)  # 6 steps an epoch
    assert "after epoch 2" in str(error)
    assert len(keeper.parameters) == 2
    np.testing.assert_array_equal(net.parameters.vector, keeper.parameters[-1])


@pytest.mark.parametrize("place", [0, 1, 3])
def test_the_first_output_that_is_not_finite_is_named(place: int) -> None:
    layers: list[gn.Layer] = [gn.Dense(5), gn.Tanh(), gn.Dense(3)]
    layers.insert(place, Breaks(step=3, forward=np.nan))
    _, _, error = fit(*layers, epochs=2)
    assert f"step 3: first not finite: output of layer {place} (Breaks)" in str(error)


def test_the_gradient_that_is_not_finite_is_named() -> None:
    layers = [gn.Dense(5), gn.Tanh(), Breaks(step=3, backward=np.nan), gn.Dense(3)]
    net, _, error = fit(*layers, epochs=2)
    # The loss of step 4 shows what the gradient of step 3 did.
    assert "step 4: first not finite: gradient of 0." in str(error)
    assert np.isfinite(net.parameters.vector).all()


def test_of_several_gradients_the_first_on_the_way_back_is_named() -> None:
    _, _, error = fit(
        gn.Dense(5), gn.Tanh(), gn.Dense(3), Breaks(step=3, backward=np.nan), epochs=2
    )
    assert "first not finite: gradient of 2." in str(error)


def test_a_last_step_that_breaks_is_seen_at_the_end_of_the_epoch() -> None:
    layers = [gn.Dense(5), Breaks(step=6, backward=np.inf), gn.Dense(3)]
    net, keeper, error = fit(*layers, epochs=1)
    assert "epoch 1, step 6: first not finite: gradient of 0." in str(error)
    assert keeper.parameters == []
    assert np.isfinite(net.parameters.vector).all()


def test_the_network_can_try_again() -> None:
    net, _, _ = fit(gn.Dense(5, "relu"), gn.Dense(3), optimizer="sgd:learning_rate=1e15", epochs=3)
    history = net.fit(X, Y, epochs=5)
    assert history["loss"][-1] < history["loss"][0]


def test_lbfgs_tells_it_too() -> None:
    net = gn.Sequential([gn.Dense(3), Breaks(step=3, forward=np.nan)], seed=0)
    with pytest.raises(gn.DivergedError, match=r"output of layer 1 \(Breaks\)"):
        net.fit(X, Y, optimizer="lbfgs", epochs=10)
    assert np.isfinite(net.parameters.vector).all()


def test_the_history_up_to_there_is_with_the_trainer() -> None:
    _, keeper, _ = fit(gn.Dense(3), Breaks(step=16, forward=np.inf), epochs=9)
    assert keeper.trainer.history.epochs == 2
