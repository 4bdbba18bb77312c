"""glassnet, as a user writes it, each step by NumPy."""

import numpy as np

import glassnet as gn
from benchmarks.versus.convolutions import CLASSES, Net


class Way:
    """`Sequential.fit`."""

    engine = "numpy"

    def __init__(self, net: Net, x: np.ndarray, y: np.ndarray) -> None:
        padding = "same" if net.padded else "valid"
        layers: list[gn.Layer] = []
        for filters in net.filters:
            layers += [gn.Conv2D(filters, net.kernel, padding=padding, activation="relu"),
                       gn.MaxPool2D()]  # fmt: skip
        layers += [gn.Flatten(), *(gn.Dense(units, "relu") for units in net.hidden)]
        self.net = gn.Sequential([*layers, gn.Dense(CLASSES)], input_shape=x.shape[1:], seed=0)
        self.net.parameters.vector[...] = np.concatenate([w.ravel() for w in net.weights()])
        self.x, self.y, self.batch, self.rate = x, y, net.batch, net.rate

    def train(self, epochs: int, done) -> None:
        class Tick:
            def on_epoch_end(self, epoch, logs) -> None:
                done()

        self.net.fit(
            self.x, self.y, epochs=epochs, batch_size=self.batch, optimizer=gn.Adam(self.rate),
            shuffle=False, metrics=False, callbacks=[Tick()], engine=self.engine,
        )  # fmt: skip

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.net.predict(x)

    def loss(self) -> float:
        return self.net.evaluate(self.x, self.y)["loss"]
