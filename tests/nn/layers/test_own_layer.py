"""What a learner's own layer gets wrong first: one sentence each, in its first step only."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.errors import LayerError
from glassnet.nn.initializers import Normal
from glassnet.nn.parameters import Parameter

X = np.random.default_rng(0).normal(size=(40, 4))
Y = (X[:, 0] > 0).astype(int)


class Right(gn.Layer):
    """y = g x."""

    def build(self, input_shape: Any) -> Any:
        return {"g": Parameter(input_shape, Normal())}

    def forward(self, x: Any, rng: Any = None) -> Any:
        return x * self.g[..., None, :], x

    def backward(self, dy: Any, x: Any) -> Any:
        self.dg[...] = (dy * x).sum(axis=-2)
        return dy * self.g[..., None, :]


class OneArray(Right):
    def forward(self, x: Any, rng: Any = None) -> Any:
        return x * self.g[..., None, :]


class ThreeThings(Right):
    def forward(self, x: Any, rng: Any = None) -> Any:
        return x * self.g[..., None, :], x, x


class NoReturn(Right):
    def forward(self, x: Any, rng: Any = None) -> Any:
        super().forward(x)


class Widens(Right):
    def forward(self, x: Any, rng: Any = None) -> Any:
        return np.concatenate([x, x], axis=-1), x


class BackwardNone(Right):
    def backward(self, dy: Any, x: Any) -> Any:
        super().backward(dy, x)


class BackwardSum(Right):
    def backward(self, dy: Any, x: Any) -> Any:
        return super().backward(dy, x).sum(axis=0)


class OneArgument(Right):
    def forward(self, x: Any) -> Any:  # type: ignore[override]
        return x * self.g[..., None, :], x


class ThreeArguments(Right):
    def backward(self, dy: Any, x: Any, y: Any) -> Any:  # type: ignore[override]
        return dy


class LosesGradient(Right):
    def backward(self, dy: Any, x: Any) -> Any:
        self.dg = (dy * x).sum(axis=-2)
        return dy * self.g[..., None, :]


class LosesWeights(Right):
    def forward(self, x: Any, rng: Any = None) -> Any:
        self.g = self.g * 1.0
        return x * self.g[..., None, :], x


class Adds(Right):
    def backward(self, dy: Any, x: Any) -> Any:
        self.dg += (dy * x).sum(axis=-2)
        return dy * self.g[..., None, :]


class Forgets(Right):
    def backward(self, dy: Any, x: Any) -> Any:
        return dy * self.g[..., None, :]


WRONG = [
    (OneArray, r"forward returned an array of shape \(\d+, \d\), expected \(y, saved\)"),
    (ThreeThings, r"forward returned a tuple of 3, expected \(y, saved\)"),
    (NoReturn, r"forward returned None, expected \(y, saved\)"),
    (
        Widens,
        r"y of shape \(\d+, \d+\), expected \(\d+, \d\): output_shape\(input_shape\) must say",
    ),
    (
        BackwardNone,
        r"backward returned None, expected dL/dx, an array of the shape of x, \(\d+, \d",
    ),
    (BackwardSum, r"backward returned an array of shape \(\d,\), expected dL/dx"),
    (OneArgument, r"forward\(x: Any\) -> Any is called as forward\(x, rng\)"),
    (ThreeArguments, r"is called as backward\(dy, saved\)"),
    (LosesGradient, r"self.dg = … put a new array in place of the network's own.*self.dg\[...\] ="),
    (LosesWeights, r"self.g = … put a new array in place"),
    (Adds, r"backward does not assign self.dg, or adds to it: write self.dg\[...\] = …, without"),
    (Forgets, "backward does not assign self.dg"),
]
wrong = pytest.mark.parametrize(("kind", "said"), WRONG, ids=[kind.__name__ for kind, _ in WRONG])


def network(layer: gn.Layer) -> gn.Sequential:
    return gn.Sequential([gn.Dense(4), layer, gn.Dense(2)], seed=0)


@wrong
@pytest.mark.parametrize("size", [1, 2, 16, "full"])
def test_fit_says_which_layer_and_what_is_wrong(kind: Any, said: str, size: Any) -> None:
    with pytest.raises(LayerError, match=rf"layer 1 \({kind.__name__}\): .*{said}"):
        network(kind()).fit(X, Y, epochs=1, batch_size=size)


@wrong
def test_gradcheck_says_so_too(kind: Any, said: str) -> None:
    with pytest.raises(LayerError, match=said):
        gn.gradcheck(kind(), show=False)


@wrong
def test_within_containers_and_stacks_as_well(kind: Any, said: str) -> None:
    with pytest.raises(LayerError, match=rf"layer 0.body.1 \({kind.__name__}\)"):
        gn.Sequential([gn.Residual([gn.Dense(4), kind()]), gn.Dense(2)]).fit(X, Y, epochs=1)
    if kind not in (OneArgument, ThreeArguments):
        with pytest.raises(LayerError):
            gn.Stack(network(kind()) for _ in range(3)).fit(X, Y, epochs=1)


@wrong
def test_as_the_first_layer(kind: Any, said: str) -> None:
    """Whose dL/dx is not needed."""
    with pytest.raises(LayerError, match=said):
        gn.Sequential([kind(), gn.Dense(2)], seed=0).fit(X, Y, epochs=1)


def test_prediction_finds_what_forward_gets_wrong() -> None:
    with pytest.raises(LayerError, match="expected"):
        gn.Sequential([OneArray()], input_shape=4)(X[:2])


def test_after_the_first_step_nothing_stands_between() -> None:
    net = network(Right())
    assert "forward" not in vars(gn.Dense(3))
    net.fit(X, Y, epochs=1)
    for layer in net.layers:
        assert not {"forward", "backward", "gradients"} & set(vars(layer))


def test_a_right_layer_is_called_once_a_step_in_forward() -> None:
    """The check makes no step of its own: noise is drawn as often as the protocol says."""
    calls = []

    class Counts(Right):
        def forward(self, x: Any, rng: Any = None) -> Any:
            calls.append(len(x))
            return super().forward(x, rng)

    network(Counts()).fit(X, Y, epochs=1, batch_size=10)
    assert calls == [10, 10, 10, 10]


def test_a_layer_with_gradients_of_its_own_is_right_too() -> None:
    class Shortcut(Right):
        def gradients(self, dy: Any, x: Any) -> None:
            self.dg[...] = (dy * x).sum(axis=-2)

    net = gn.Sequential([Shortcut(), gn.Dense(2)], seed=0)
    net.fit(X, Y, epochs=2)
    assert "gradients" not in vars(net.layers[0])

    class Adding(Right):
        def gradients(self, dy: Any, x: Any) -> None:
            self.dg += (dy * x).sum(axis=-2)

    with pytest.raises(LayerError, match=r"gradients does not assign self.dg"):
        gn.Sequential([Adding(), gn.Dense(2)], seed=0).fit(X, Y, epochs=1)


def test_the_first_step_is_the_step_that_it_would_be() -> None:
    """To the bit: checking changes nothing."""
    checked, again = network(Right()), network(Right())
    again.build((4,))
    for layer in again.layers:
        for method in ("forward", "backward", "gradients"):
            vars(layer).pop(method, None)
    checked.fit(X, Y, epochs=2)
    again.fit(X, Y, epochs=2)
    assert checked.parameters.vector.tobytes() == again.parameters.vector.tobytes()
