"""Keras on JAX: `fit` with its own batches."""

import os
from collections.abc import Callable

import numpy as np

from benchmarks.shared.workloads import MOMENTUM, Order, Workload, in_order


class Contender:
    """A `Sequential` model, compiled as Keras does by itself."""

    backend = "jax"

    def __init__(self, workload: Workload, x, y, order: Order) -> None:
        os.environ["KERAS_BACKEND"] = self.backend
        import keras

        *hidden, outputs = workload.sizes[1:]
        layers = [keras.layers.Dense(units, workload.activation) for units in hidden]
        self.model = keras.Sequential(
            [keras.Input((x.shape[1],)), *layers, keras.layers.Dense(outputs)]
        )
        self.model.set_weights([array for layer in workload.weights() for array in layer])
        self.one = outputs == 1
        loss = (
            keras.losses.BinaryCrossentropy(from_logits=True)
            if self.one
            else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        if workload.rule == "adam":
            rule = keras.optimizers.Adam(workload.rate, epsilon=1e-8)
        else:
            momentum = MOMENTUM if workload.rule == "momentum" else 0.0
            rule = keras.optimizers.SGD(workload.rate, momentum=momentum)
        self.model.compile(optimizer=rule, loss=loss)
        self.tick = keras.callbacks.LambdaCallback
        self.shuffle = order is not in_order
        self.x, self.y, self.batch = x, y, min(workload.batch, len(x))

    def train(self, epochs: int, done: Callable[[], None]) -> None:
        tick = self.tick(on_epoch_end=lambda epoch, logs: done())
        self.model.fit(
            self.x, self.y, batch_size=self.batch, epochs=epochs, verbose=0, callbacks=[tick],
            shuffle=self.shuffle,
        )  # fmt: skip

    def loss(self) -> float:
        return float(self.model.evaluate(self.x, self.y, batch_size=4096, verbose=0))

    def predict(self, x):
        z = np.asarray(self.model.predict_on_batch(x))
        return z[:, 0] > 0 if self.one else z.argmax(axis=1)
