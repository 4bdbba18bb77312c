"""Keras on JAX: `fit`."""

import os

import numpy as np

from benchmarks.versus.convolutions import BATCH, RATE, weights


class Way:
    """A `Sequential` model, compiled as Keras does by itself."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        os.environ["KERAS_BACKEND"] = "jax"
        import keras
        from keras import layers

        self.model = keras.Sequential([
            keras.Input(x.shape[1:]),
            layers.Conv2D(32, 3, padding="same", activation="relu"), layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"), layers.MaxPooling2D(),
            layers.Flatten(), layers.Dense(10),
        ])  # fmt: skip
        self.model.set_weights(weights())
        self.model.compile(
            keras.optimizers.Adam(RATE, epsilon=1e-8),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        self.tick, self.x, self.y = keras.callbacks.LambdaCallback, x, y

    def train(self, epochs: int, done) -> None:
        tick = self.tick(on_epoch_end=lambda epoch, logs: done())
        self.model.fit(
            self.x, self.y, batch_size=BATCH, epochs=epochs, verbose=0, shuffle=False,
            callbacks=[tick],
        )  # fmt: skip

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict(x, batch_size=512, verbose=0).argmax(axis=1)

    def loss(self) -> float:
        return float(self.model.evaluate(self.x, self.y, batch_size=512, verbose=0))
