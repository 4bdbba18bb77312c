"""A network of convolutions in each library: conv 32 – maxpool – conv 64 – maxpool – dense 10."""

import numpy as np

BATCH, RATE = 128, 0.001
SHAPES = ((3, 3, 1, 32), (32,), (3, 3, 32, 64), (64,), (3136, 10), (10,))


def weights() -> list[np.ndarray]:
    """The first weights, the same for all, channels last: Glorot's uniform (2010), biases 0."""
    rng = np.random.default_rng(0)
    found = []
    for shape in SHAPES:
        receptive = int(np.prod(shape[:-2]))
        bound = np.sqrt(6 / (receptive * sum(shape[-2:]))) if len(shape) > 1 else 0.0
        found.append(rng.uniform(-bound, bound, shape).astype(np.float32))
    return found
