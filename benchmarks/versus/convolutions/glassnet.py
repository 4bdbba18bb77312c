"""glassnet, as a user writes it, each step by NumPy."""

import numpy as np

import glassnet as gn
from benchmarks.versus.convolutions import BATCH, RATE, weights


class Way:
    """`Sequential.fit`."""

    engine = "numpy"

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        layers = [
            gn.Conv2D(32, activation="relu"), gn.MaxPool2D(),
            gn.Conv2D(64, activation="relu"), gn.MaxPool2D(), gn.Flatten(), gn.Dense(10),
        ]  # fmt: skip
        self.net = gn.Sequential(layers, input_shape=x.shape[1:], seed=0)
        self.net.parameters.vector[...] = np.concatenate([w.ravel() for w in weights()])
        self.x, self.y = x, y

    def train(self, epochs: int, done) -> None:
        class Tick:
            def on_epoch_end(self, epoch, logs) -> None:
                done()

        self.net.fit(
            self.x, self.y, epochs=epochs, batch_size=BATCH, optimizer=gn.Adam(RATE),
            shuffle=False, metrics=False, callbacks=[Tick()], engine=self.engine,
        )  # fmt: skip

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.net.predict(x)

    def loss(self) -> float:
        return self.net.evaluate(self.x, self.y)["loss"]
