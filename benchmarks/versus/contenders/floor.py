"""The floor: the matrix products of every step and one pass to gather its batch, nothing else.

No activation, no loss, no rule: no library that multiplies matrices through the same BLAS can be
faster, and how near one comes says how much it adds.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.shared.workloads import Order, Workload


class Contender:
    """NumPy, with every array made beforehand."""

    def __init__(self, workload: Workload, x, y, order: Order) -> None:
        self.order = order
        self.x, self.size = x, min(workload.batch, len(x))
        self.weights = [w for w, _ in workload.weights()]
        self.sizes = workload.sizes
        self.buffers: dict[int, tuple] = {}

    def train(self, epochs: int, done: Callable[[], None]) -> None:
        for epoch in range(epochs):
            rows = self.order(epoch, len(self.x))
            for start in range(0, len(rows), self.size):
                self.step(rows[start : start + self.size])
            done()

    def step(self, rows) -> None:
        outputs, gradients = self.arrays(len(rows))
        self.x.take(rows, axis=0, out=outputs[0], mode="clip")
        for w, x, y in zip(self.weights, outputs, outputs[1:], strict=False):
            np.matmul(x, w, out=y)
        for index in range(len(self.weights) - 1, -1, -1):
            x, dy, dw = outputs[index], outputs[index + 1], gradients[index]
            # Where nothing is summed, the outer product is faster by multiplication.
            (np.multiply if len(rows) == 1 else np.matmul)(x.T, dy, out=dw)
            if index:
                (np.multiply if dy.shape[1] == 1 else np.matmul)(dy, self.weights[index].T, out=x)

    def arrays(self, rows: int) -> tuple:
        if rows not in self.buffers:
            outputs = [np.empty((rows, size), np.float32) for size in self.sizes]
            self.buffers[rows] = outputs, [np.empty_like(w) for w in self.weights]
        return self.buffers[rows]
