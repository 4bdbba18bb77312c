"""The arithmetic of the published experiment: one network after another, plain NumPy in float64,
softmax and one-hot rows made in a loop over the samples, gradients summed over the batch."""

import numpy as np

from benchmarks.versus.many import BATCH, RATE, order, weights


def train(x, y, networks: int, epochs: int) -> np.ndarray:
    x = x.astype(np.float64)
    return np.stack([outputs(x, *trained(x, y, k, epochs)) for k in range(networks)])


def trained(x, y, network: int, epochs: int, begin=None) -> tuple:
    w1, b1, w2, b2 = (w.astype(np.float64) for w in begin or weights(network))
    for epoch in range(epochs):
        rows = order(network, epoch, len(x))
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            xs, targets = x[batch], one_hot(y[batch])
            z1 = xs @ w1 + b1
            h = np.maximum(z1, 0)
            dz2 = softmax(h @ w2 + b2) - targets
            dz1 = (dz2 @ w2.T) * (z1 > 0)
            step = RATE / len(batch)
            w2 = w2 - step * h.T @ dz2
            b2 = b2 - step * dz2.sum(axis=0)
            w1 = w1 - step * xs.T @ dz1
            b1 = b1 - step * dz1.sum(axis=0)
    return w1, b1, w2, b2


def softmax(z) -> np.ndarray:
    rows = []
    for row in z:
        powers = np.exp(row - row.max())
        rows.append(powers / powers.sum())
    return np.array(rows)


def one_hot(labels) -> np.ndarray:
    rows = np.zeros((len(labels), 2))
    for row, label in zip(rows, labels, strict=True):
        row[label] = 1
    return rows


def outputs(x, w1, b1, w2, b2) -> np.ndarray:
    return np.maximum(x @ w1 + b1, 0) @ w2 + b2
