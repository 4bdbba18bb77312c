"""glassnet: all networks as one `Stack`, each step by NumPy."""

from types import SimpleNamespace

import numpy as np

import glassnet as gn
from benchmarks.versus.many import BATCH, HIDDEN, RATE, order, weights


class GivenOrders:
    """In place of a network's generator: the orders that all others have."""

    bit_generator = SimpleNamespace(state={})

    def __init__(self, network: int) -> None:
        self.network, self.epoch = network, -1

    def permutation(self, samples: int) -> np.ndarray:
        self.epoch += 1
        return order(self.network, self.epoch, samples)


def made(network: int) -> gn.Sequential:
    net = gn.Sequential([gn.Dense(HIDDEN, "relu"), gn.Dense(2)], input_shape=2)
    net.parameters.vector[...] = np.concatenate([w.ravel() for w in weights(network)])
    net.rng = GivenOrders(network)
    return net


HOW = {"batch_size": BATCH, "optimizer": f"sgd:learning_rate={RATE}", "metrics": False}


def train(x, y, networks: int, epochs: int, engine: str = "numpy") -> np.ndarray:
    stack = gn.Stack(made(k) for k in range(networks))
    stack.fit(x, y, epochs=epochs, engine=engine, **HOW)
    return np.stack([net(x) for net in stack])
