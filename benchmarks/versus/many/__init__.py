"""Many small networks at once: one file for each way to train them.

Each has a function `train(x, y, networks, epochs)`: that many networks 2-64-2 (ReLU, all
parameters from N(0, 1), plain descent with the rate 0.001, batches of 10, each network its own
weights and its own order). It returns the outputs of all for x, (networks, samples, 2).
"""

import numpy as np

HIDDEN, BATCH, RATE = 64, 10, 1e-3


def weights(network: int) -> list[np.ndarray]:
    """W1, b1, W2, b2 of a network, from its own seed."""
    rng = np.random.default_rng(network)
    shapes = ((2, HIDDEN), (HIDDEN,), (HIDDEN, 2), (2,))
    return [rng.standard_normal(shape).astype(np.float32) for shape in shapes]


def order(network: int, epoch: int, samples: int) -> np.ndarray:
    """The samples in the order in which this network sees them in this epoch."""
    return np.random.default_rng((network, epoch)).permutation(samples)
