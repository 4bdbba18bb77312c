"""Keras on PyTorch."""

from benchmarks.versus.contenders import keras_jax


class Contender(keras_jax.Contender):
    """The same model on the other backend."""

    backend = "torch"
