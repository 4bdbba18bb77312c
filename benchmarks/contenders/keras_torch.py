"""Keras on PyTorch."""

from benchmarks.contenders import keras_jax


class Contender(keras_jax.Contender):
    """The same model on the other backend."""

    backend = "torch"
