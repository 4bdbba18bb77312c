"""JAX: the whole epoch one compiled function, jit around scan."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.versus.convolutions import Net

LAYOUT = ("NHWC", "HWIO", "NHWC")


def pooled(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def outputs(net, p, x):
    layers = list(zip(p[::2], p[1::2], strict=True))
    for w, b in layers[: len(net.filters)]:
        padding = "SAME" if net.padded else "VALID"
        y = lax.conv_general_dilated(x, w, (1, 1), padding, dimension_numbers=LAYOUT)
        x = pooled(jax.nn.relu(y + b))
    x = x.reshape(len(x), -1)
    for w, b in layers[len(net.filters) : -1]:
        x = jax.nn.relu(x @ w + b)
    w, b = layers[-1]
    return x @ w + b


def loss(net, p, x, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(outputs(net, p, x)), y[:, None], axis=1).mean()


def step(net, state, batch):
    p, m, v, t = state
    g = jax.grad(partial(loss, net))(p, *batch)
    t = t + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    scale, root = net.rate / (1 - 0.9**t), (1 - 0.999**t) ** 0.5
    p = jax.tree.map(lambda p, m, v: p - scale * m / (jnp.sqrt(v) / root + 1e-8), p, m, v)
    return (p, m, v, t), None


class Way:
    """Parameters and moments go through `lax.scan` over the batches; buffers are donated."""

    def __init__(self, net: Net, x: np.ndarray, y: np.ndarray) -> None:
        p = [jnp.asarray(w) for w in net.weights()]
        self.net, self.state = (
            net,
            (p, [jnp.zeros_like(w) for w in p], [jnp.zeros_like(w) for w in p], 0),
        )
        self.x, self.y = jnp.asarray(x), jnp.asarray(y)
        self.batches = (
            self.x.reshape(-1, net.batch, *x.shape[1:]), self.y.reshape(-1, net.batch)
        )  # fmt: skip
        self.epoch = jax.jit(lambda state, batches: lax.scan(partial(step, net), state, batches)[0],
                             donate_argnums=0)  # fmt: skip
        self.decide = jax.jit(lambda p, x: outputs(net, p, x).argmax(axis=1))

    def train(self, epochs: int, done) -> None:
        for _ in range(epochs):
            self.state = self.epoch(self.state, self.batches)
            jax.block_until_ready(self.state)
            done()

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.decide(self.state[0], x))

    def loss(self) -> float:
        return float(loss(self.net, self.state[0], self.x, self.y))
