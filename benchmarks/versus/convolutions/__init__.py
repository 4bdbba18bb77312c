"""Networks of convolutions in each library: `--network` says which."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

SIDE, CLASSES = 28, 10


class Net(NamedTuple):
    """Convolutions, each followed by ReLU and 2 × 2 max pooling, then dense layers with ReLU."""

    filters: tuple[int, ...]
    kernel: int
    padded: bool
    hidden: tuple[int, ...]
    batch: int
    rate: float

    @property
    def padding(self) -> int:
        """Pixels around the picture, so that a padded convolution keeps its size."""
        return self.kernel // 2 if self.padded else 0

    @property
    def last(self) -> tuple[int, int, int]:
        """Height, width and channels that reach the first dense layer."""
        side = SIDE
        for _ in self.filters:
            side = (side + 2 * self.padding - self.kernel + 1) // 2
        return side, side, self.filters[-1]

    @property
    def dense(self) -> list[tuple[int, int]]:
        """The inputs and units of each dense layer."""
        return list(pairwise((int(np.prod(self.last)), *self.hidden, CLASSES)))

    def weights(self) -> list[np.ndarray]:
        """The first weights, the same for all, channels last: Glorot's uniform (2010), biases 0."""
        rng = np.random.default_rng(0)
        kernels = [(self.kernel, self.kernel, *each) for each in pairwise((1, *self.filters))]
        found = []
        for shape in (*kernels, *self.dense):
            bound = np.sqrt(6 / (np.prod(shape[:-2]) * sum(shape[-2:])))
            found.append(rng.uniform(-bound, bound, shape).astype(np.float32))
            found.append(np.zeros(shape[-1], np.float32))
        return found


NETWORKS = {
    "conv-32-64": Net((32, 64), 3, True, (), 128, 0.001),
    "lenet-5": Net((6, 16), 5, False, (120, 84), 32, 3e-4),
}
