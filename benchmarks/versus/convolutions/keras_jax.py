"""Keras on JAX: `fit`."""

import os

import numpy as np

from benchmarks.versus.convolutions import CLASSES, Net


class Way:
    """A `Sequential` model, compiled as Keras does by itself."""

    def __init__(self, net: Net, x: np.ndarray, y: np.ndarray) -> None:
        os.environ["KERAS_BACKEND"] = "jax"
        import keras
        from keras import layers

        padding = "same" if net.padded else "valid"
        parts = [keras.Input(x.shape[1:])]
        for filters in net.filters:
            parts += [layers.Conv2D(filters, net.kernel, padding=padding, activation="relu"),
                      layers.MaxPooling2D()]  # fmt: skip
        parts += [layers.Flatten(), *(layers.Dense(units, "relu") for units in net.hidden)]
        self.model = keras.Sequential([*parts, layers.Dense(CLASSES)])
        self.model.set_weights(net.weights())
        self.model.compile(
            keras.optimizers.Adam(net.rate, epsilon=1e-8),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        self.batch = net.batch
        self.tick, self.x, self.y = keras.callbacks.LambdaCallback, x, y

    def train(self, epochs: int, done) -> None:
        tick = self.tick(on_epoch_end=lambda epoch, logs: done())
        self.model.fit(
            self.x, self.y, batch_size=self.batch, epochs=epochs, verbose=0, shuffle=False,
            callbacks=[tick],
        )  # fmt: skip

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict(x, batch_size=512, verbose=0).argmax(axis=1)

    def loss(self) -> float:
        return float(self.model.evaluate(self.x, self.y, batch_size=512, verbose=0))
