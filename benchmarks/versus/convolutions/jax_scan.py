"""JAX: the whole epoch one compiled function, jit around scan."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.versus.convolutions import BATCH, RATE, weights

LAYOUT = ("NHWC", "HWIO", "NHWC")


def pooled(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def outputs(p, x):
    w1, b1, w2, b2, w3, b3 = p
    for w, b in ((w1, b1), (w2, b2)):
        y = lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=LAYOUT)
        x = pooled(jax.nn.relu(y + b))
    return x.reshape(len(x), -1) @ w3 + b3


def loss(p, x, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(outputs(p, x)), y[:, None], axis=1).mean()


def step(state, batch):
    p, m, v, t = state
    g = jax.grad(loss)(p, *batch)
    t = t + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    scale, root = RATE / (1 - 0.9**t), (1 - 0.999**t) ** 0.5
    p = jax.tree.map(lambda p, m, v: p - scale * m / (jnp.sqrt(v) / root + 1e-8), p, m, v)
    return (p, m, v, t), None


class Way:
    """Parameters and moments go through `lax.scan` over the batches; buffers are donated."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        p = [jnp.asarray(w) for w in weights()]
        self.state = (p, [jnp.zeros_like(w) for w in p], [jnp.zeros_like(w) for w in p], 0)
        self.x, self.y = jnp.asarray(x), jnp.asarray(y)
        self.batches = (
            self.x.reshape(-1, BATCH, *x.shape[1:]), self.y.reshape(-1, BATCH)
        )  # fmt: skip
        self.epoch = jax.jit(lambda state, batches: lax.scan(step, state, batches)[0],
                             donate_argnums=0)  # fmt: skip
        self.decide = jax.jit(lambda p, x: outputs(p, x).argmax(axis=1))

    def train(self, epochs: int, done) -> None:
        for _ in range(epochs):
            self.state = self.epoch(self.state, self.batches)
            jax.block_until_ready(self.state)
            done()

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.decide(self.state[0], x))

    def loss(self) -> float:
        return float(loss(self.state[0], self.x, self.y))
