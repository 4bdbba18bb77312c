"""glassnet, as a user writes it, each step by NumPy."""

from collections.abc import Callable
from types import SimpleNamespace

import glassnet as gn
from benchmarks.shared.workloads import MOMENTUM, Order, Workload

RULES = {"momentum": gn.Momentum, "adam": gn.Adam, "sgd": gn.SGD}


class Told:
    """In place of the network's generator: the order of each epoch, as all others have it."""

    bit_generator = SimpleNamespace(state={})

    def __init__(self, order: Order) -> None:
        self.order, self.epoch = order, -1

    def permutation(self, samples: int):
        self.epoch += 1
        return self.order(self.epoch, samples)


class Contender:
    """`Sequential.fit`."""

    engine = "numpy"

    def __init__(self, workload: Workload, x, y, order: Order) -> None:
        *hidden, outputs = workload.sizes[1:]
        layers = [gn.Dense(units, workload.activation) for units in hidden]
        self.net = gn.Sequential([*layers, gn.Dense(outputs)], input_shape=x.shape[1], seed=0)
        dense = [layer for layer in self.net.layers if isinstance(layer, gn.Dense)]
        for layer, (w, b) in zip(dense, workload.weights(), strict=True):
            layer.W[...], layer.b[...] = w, b
        settings = {"beta": MOMENTUM} if workload.rule == "momentum" else {}
        self.rule = RULES[workload.rule](workload.rate, **settings)
        self.batch, self.x, self.y = workload.batch, x, y
        self.net.rng = Told(order)

    def train(self, epochs: int, done: Callable[[], None]) -> None:
        class Tick:
            def on_epoch_end(self, epoch, logs) -> None:
                done()

        self.net.fit(
            self.x, self.y, epochs=epochs, batch_size=self.batch, optimizer=self.rule,
            metrics=False, callbacks=[Tick()], engine=self.engine,
        )  # fmt: skip

    def loss(self) -> float:
        return self.net.evaluate(self.x, self.y)["loss"]

    def predict(self, x):
        return self.net.predict(x)
