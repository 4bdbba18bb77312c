"""A layer says which inputs it takes: integer indices reach a table of vectors as integers."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.initializers import Normal
from glassnet.nn.parameters import Parameter

WORDS = 7


class Table(gn.Layer):
    """A row of numbers for each index: an embedding, as a user writes it."""

    input_dtype = "int"
    seen: ClassVar[set[Any]] = set()

    def build(self, input_shape: Any) -> Any:
        return {"W": Parameter((WORDS, 3), Normal())}

    def output_shape(self, input_shape: Any) -> Any:
        return (*input_shape, 3)

    def forward(self, x: Any, rng: Any = None) -> Any:
        self.seen.add(x.dtype)
        if self.W.ndim == 2:
            return self.W[x], x
        return np.stack([W[own] for W, own in zip(self.W, x, strict=True)]), x

    def backward(self, dy: Any, x: Any) -> Any:
        self.dW[...] = 0
        for place in np.ndindex(self.dW.shape[:-2]):
            np.add.at(self.dW[place], x[place], dy[place])
        return np.zeros(x.shape)


RNG = np.random.default_rng(0)
X = RNG.integers(0, WORDS, (60, 4))
Y = (X == 3).any(axis=1).astype(int)


def network(seed: int = 0) -> gn.Sequential:
    return gn.Sequential([Table(), gn.Flatten(), gn.Dense(8, "relu"), gn.Dense(2)], seed=seed)


@pytest.fixture(autouse=True)
def only_integers() -> Any:
    Table.seen = set()
    yield
    assert Table.seen == {np.dtype(np.int64)}


@pytest.mark.parametrize("given", [np.int64, np.int32, np.uint8, np.float32, np.float64, list])
def test_whole_numbers_of_any_type_arrive_as_integers(given: Any) -> None:
    x = X.tolist() if given is list else X.astype(given)
    net = network()
    history = net.fit(x, Y, epochs=40, batch_size=8, optimizer="adam:learning_rate=0.02")
    assert history["accuracy"][-1] > 0.95
    assert net.predict(x).shape == (60,)
    net.trace(x, Y)


def test_other_numbers_are_refused_with_their_place() -> None:
    net = network()
    net.fit(X, Y, epochs=1)
    x = X.astype(float)
    x[2, 1] = 1.5
    with pytest.raises(gn.GlassnetError, match=r"x has 1.5 at \(2, 1\): expected whole numbers"):
        net.predict(x)


def test_gradients_copies_files_and_stacks(tmp_path: Path) -> None:
    net = network()
    net.fit(X, Y, epochs=2)
    assert gn.gradcheck(net, X, Y, show=False)
    assert gn.gradcheck(net, show=False)
    net.save(tmp_path / "net.safetensors")
    again = gn.load(tmp_path / "net.safetensors", layers=[Table])
    assert again(X).tobytes() == net.copy()(X).tobytes() == net(X).tobytes()
    stack = gn.Stack(network(seed) for seed in range(3))
    stack.fit(X, Y, epochs=2)
    for seed, each in enumerate(stack):
        alone = network(seed)
        alone.fit(X, Y, epochs=2)
        np.testing.assert_allclose(each(X), alone(X), rtol=1e-4, atol=1e-5)


def test_layers_before_it_hand_integers_on() -> None:
    net = gn.Sequential([gn.Reshape((2, 2)), gn.Flatten(), Table(), gn.Flatten(), gn.Dense(2)])
    net.fit(X, Y, epochs=1)
    assert net.input_dtype == np.int64


def test_a_callback_gets_samples_that_the_network_takes() -> None:
    health = gn.Health(say=lambda sentence: None)
    network().fit(X, Y, epochs=3, callbacks=[health, gn.Watch()])
