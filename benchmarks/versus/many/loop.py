"""glassnet: one network after another."""

import numpy as np

from benchmarks.versus.many.stack import HOW, made


def train(x, y, networks: int, epochs: int) -> np.ndarray:
    trained = [made(k) for k in range(networks)]
    for net in trained:
        net.fit(x, y, epochs=epochs, **HOW)
    return np.stack([net(x) for net in trained])
