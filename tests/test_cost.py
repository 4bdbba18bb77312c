"""What a step costs, counted in what no machine changes: bytes, NumPy's calls, float64 arrays."""

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.layers import ACTIVATIONS, LAYERS
from glassnet.nn.losses import LOSSES, loss_function
from glassnet.nn.optimizers import OPTIMIZERS, optimizer

RULES = [name for name in OPTIMIZERS if name != "lbfgs"]


class Counted(np.ndarray):
    """An array that tells of every call of NumPy's that takes it, and of each float64 array."""

    calls: ClassVar[Counter[str]] = Counter()
    wide: ClassVar[list[str]] = []

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if "out" in kwargs:
            kwargs["out"] = tuple(map(plain, kwargs["out"]))
        result = getattr(ufunc, method)(*map(plain, inputs), **kwargs)
        return recorded(ufunc.__name__, result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        result = func(*map(plain, args), **{name: plain(a) for name, a in kwargs.items()})
        return recorded(func.__name__, result)


def plain(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, Counted) else value


def recorded(name: str, result: Any) -> Any:
    Counted.calls[name] += 1
    if not isinstance(result, np.ndarray):
        return result
    if result.dtype == np.float64 and result.ndim:
        Counted.wide.append(name)
    return result.view(Counted)


@pytest.fixture(autouse=True)
def counters() -> Iterator[None]:
    Counted.calls.clear()
    Counted.wide.clear()
    yield


def network(activation: str, hidden: tuple[int, ...] = (6, 5), outputs: int = 3) -> gn.Sequential:
    layers = [gn.Dense(units, activation) for units in hidden]
    return gn.Sequential([*layers, gn.Dense(outputs)], input_shape=4, seed=0)


def step(net: gn.Sequential, loss: str, rule: str, samples: int = 8, seed: int = 0) -> Counter[str]:
    """One step as training makes it, and NumPy's calls in it."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((samples, 4), dtype=np.float32).view(Counted)
    outputs = net.output_shape[0]
    kind = loss_function(loss)
    labels = rng.integers(0, max(2, outputs), samples)
    y = labels if kind.from_logits else rng.standard_normal((samples, outputs), dtype=np.float32)
    before = Counted.calls.copy()
    z, saved = net.forward(x, net.rng)
    _, dz = kind(z, y)
    net.gradients(dz, saved)
    theta, g = net.parameters.vector, net.gradient.vector
    how = optimizer(rule)
    moments = {name: m.view(Counted) for name, m in how.start(theta).items()}
    how.step(theta.view(Counted), g.view(Counted), moments, 1, 0.1)
    return Counted.calls - before


# What each layer accounts for in a step: NumPy's calls forward and backward.
DENSE = {"matmul": 4, "add": 1}  # x W + b;  dW, dx, and db, which is a product with ones
FIRST = {"matmul": 3, "add": 1}  # nobody asks for its dx
ACTIVATION = {
    "relu": {"zeros_like": 1, "maximum": 1, "greater": 1, "multiply": 1},
    "sigmoid": {"negative": 1, "exp": 1, "add": 1, "reciprocal": 1, "subtract": 1, "multiply": 2},
    "tanh": {"tanh": 1, "multiply": 2, "subtract": 1},
}
RULE = {
    "sgd": {"multiply": 1, "subtract": 1},
    "momentum": {"multiply": 2, "add": 1, "subtract": 1},
    "adam": {"multiply": 4, "add": 3, "sqrt": 1, "divide": 1, "subtract": 1},
}
CROSS_ENTROPY = {
    **{"maximum": 2, "subtract": 3, "exp": 1, "matmul": 1},  # logits below their maximum, e to them
    **{"log": 1, "vecdot": 1, "divide": 2, "add": 1},  # and their sum, the loss, p − t, the means
}


@pytest.mark.parametrize("rule", RULE)
@pytest.mark.parametrize("activation", ACTIVATION)
def test_numpys_calls_are_those_that_the_layers_account_for(activation: str, rule: str) -> None:
    accounted = Counter(FIRST)
    hidden = ACTIVATION[activation]
    for part in (DENSE, DENSE, hidden, hidden, CROSS_ENTROPY, RULE[rule]):
        accounted.update(part)
    assert step(network(activation), "cross_entropy", rule) == accounted


def test_calls_do_not_grow_with_steps_samples_or_width() -> None:
    net = network("relu")
    first = step(net, "cross_entropy", "adam")
    assert [step(net, "cross_entropy", "adam", seed=seed) for seed in range(1, 6)] == [first] * 5
    assert step(net, "cross_entropy", "adam", samples=500) == first
    assert step(network("relu", hidden=(80, 70)), "cross_entropy", "adam") == first


def test_a_rule_takes_the_same_calls_for_two_layers_and_for_twenty() -> None:
    few, many = network("tanh", (6,)), network("tanh", (6,) * 20)
    difference = step(many, "cross_entropy", "adam") - step(few, "cross_entropy", "adam")
    layer = Counter(DENSE) + Counter(ACTIVATION["tanh"])
    assert difference == Counter({name: 19 * count for name, count in layer.items()})


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "softmax"])
def test_no_float64_appears_in_a_float32_step_of_any_activation(activation: str) -> None:
    step(network(activation), "cross_entropy", "sgd")
    assert Counted.wide == []


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("loss", LOSSES)
def test_no_float64_appears_in_a_float32_step_of_any_loss_and_rule(loss: str, rule: str) -> None:
    step(network("relu"), loss, rule)
    if loss != "cross_entropy":
        step(network("relu", outputs=1), loss, rule)
    assert Counted.wide == []


class Told:
    """A generator whose noise tells of every call that takes it."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def random(self, size: Any, dtype: Any) -> Any:
        return self.rng.random(size, dtype).view(Counted)

    def standard_normal(self, size: Any, dtype: Any) -> Any:
        return self.rng.standard_normal(size, dtype).view(Counted)


VARYING = [kind.from_config(kind.examples[0]) for kind in LAYERS.values() if kind.random]


@pytest.mark.parametrize("layer", VARYING, ids=repr)
def test_no_float64_appears_where_pictures_vary(layer: gn.Layer) -> None:
    x = np.random.default_rng(0).random((4, *layer.example_input), np.float32).view(Counted)
    y, saved = layer.forward(x, Told())  # type: ignore[arg-type]
    dx = layer.backward(y, saved)
    assert y.dtype == dx.dtype == np.float32
    assert Counted.wide == []


def test_the_search_for_float64_finds_it() -> None:
    class Wide(gn.ReLU):
        def forward(self, x: Any, rng: Any = None) -> Any:
            y = x * np.ones(x.shape)
            return y.astype(np.float32), y

    net = gn.Sequential([gn.Dense(5), Wide(), gn.Dense(3)], input_shape=4, seed=0)
    step(net, "cross_entropy", "sgd")
    assert "multiply" in Counted.wide


class Traced:
    """A callback that keeps the most memory that each step had at once, and what was left."""

    def on_train_begin(self, logs: Any) -> None:
        self.peaks, self.after = np.zeros((2, 2000), int)  # made once: a list would grow itself
        self.steps = 0
        tracemalloc.start()

    def on_train_batch_begin(self, batch: int, logs: Any) -> None:
        tracemalloc.reset_peak()
        self.before = tracemalloc.get_traced_memory()[0]

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        now, peak = tracemalloc.get_traced_memory()
        self.peaks[self.steps], self.after[self.steps] = peak - self.before, now
        self.steps += 1

    def on_train_end(self, logs: Any) -> None:
        tracemalloc.stop()


def trace(net: gn.Sequential, samples: int, batch: int, **settings: Any) -> Traced:
    rng, traced = np.random.default_rng(0), Traced()
    x = rng.standard_normal((samples, *(net.input_shape or ())), dtype=np.float32)
    y = rng.integers(0, 10, samples)
    net.fit(x, y, batch_size=batch, callbacks=[traced], **settings)
    return traced


# How many arrays of a layer's size its formula needs at once, its gradient among them.
GRADIENTS = {"relu": 1, "sigmoid": 1, "tanh": 1, "leaky_relu": 2, "silu": 3, "elu": 3, "gelu": 3}


@pytest.mark.parametrize("rule", ["momentum", "adam"])
@pytest.mark.parametrize("activation", GRADIENTS)
def test_a_step_holds_its_activations_and_one_layers_gradient(activation: str, rule: str) -> None:
    batch, sizes = 512, (256, 128, 10)
    layers = [gn.Dense(units, activation) for units in sizes[:-1]]
    net = gn.Sequential([*layers, gn.Dense(sizes[-1])], input_shape=784, seed=0)
    traced = trace(net, 5 * batch, batch, epochs=2, optimizer=rule)
    outputs = [batch * int(np.prod(shape)) * 4 for shape in net.shapes((784,))[1:]]
    bound = sum(outputs) + GRADIENTS[activation] * max(outputs)
    assert max(traced.peaks[1:]) < bound + 16_384  # Python's own objects


def test_memory_is_flat_over_a_thousand_steps() -> None:
    net = gn.Sequential([gn.Dense(16, "relu"), gn.Dropout(0.2), gn.Dense(10)], input_shape=4)
    for _ in range(2):  # at first Python keeps some small objects for the next ones
        traced = trace(net, 11_000, 10, epochs=1, optimizer="adam", metrics=False)
    assert traced.steps == 1100
    assert abs(traced.after[1098] - traced.after[99]) < 1000


def test_memory_of_a_stack_is_flat_in_the_number_of_steps() -> None:
    def peak(epochs: int) -> int:
        stack = gn.Stack([gn.Sequential([gn.Dense(8), gn.Dense(3)], seed=s) for s in range(5)])
        x, y = np.random.default_rng(0).random((500, 4)), np.arange(500) % 3
        tracemalloc.start()
        stack.fit(x, y, batch_size=5, epochs=epochs)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    for _ in range(3):
        peak(10)  # what is made once, and what Python keeps of small objects for the next ones
    assert peak(10) < peak(1) + 20_000  # 900 steps more: their histories, nothing else
