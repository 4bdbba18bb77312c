"""JAX: the whole epoch one compiled function, jit around scan."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.shared.workloads import MOMENTUM, Order, Workload


class Contender:
    """Parameters and moments go through `lax.scan` over the batches; buffers are donated.

    The samples beyond the last whole batch go through one more compiled step.
    """

    def __init__(self, workload: Workload, x, y, order: Order) -> None:
        self.order = order
        self.work, self.x, self.y = workload, jnp.asarray(x), jnp.asarray(y)
        self.size = min(workload.batch, len(x))
        parameters = [tuple(map(jnp.asarray, layer)) for layer in workload.weights()]
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        self.state = (parameters, zeros, jax.tree.map(jnp.zeros_like, parameters), 0)
        self.epoch = jax.jit(self._epoch, donate_argnums=0)
        self.answer = jax.jit(lambda p, x: self._decide(self._outputs(p, x)))

    def train(self, epochs: int, done: Callable[[], None]) -> None:
        for epoch in range(epochs):
            self.state = self.epoch(self.state, self.order(epoch, len(self.x)), self.x, self.y)
            jax.block_until_ready(self.state)
            done()

    def _epoch(self, state, rows, x, y):
        whole = len(rows) // self.size * self.size

        def step(state, rows):
            return self._step(state, x[rows], y[rows]), None

        state, _ = jax.lax.scan(step, state, rows[:whole].reshape(-1, self.size))
        rest = rows[whole:]
        return self._step(state, x[rest], y[rest]) if len(rest) else state

    def _step(self, state, x, y):
        p, m, v, t = state
        g = jax.grad(self._loss)(p, x, y)
        rate = self.work.rate
        if self.work.rule == "adam":
            t = t + 1
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
            scale, root = rate / (1 - 0.9**t), (1 - 0.999**t) ** 0.5
            p = jax.tree.map(lambda p, m, v: p - scale * m / (jnp.sqrt(v) / root + 1e-8), p, m, v)
            return p, m, v, t
        if self.work.rule == "momentum":
            m = jax.tree.map(lambda m, g: MOMENTUM * m + g, m, g)
            return jax.tree.map(lambda p, m: p - rate * m, p, m), m, v, t
        return jax.tree.map(lambda p, g: p - rate * g, p, g), m, v, t

    def _outputs(self, p, x):
        act = getattr(jax.nn, self.work.activation)
        for w, b in p[:-1]:
            x = act(x @ w + b)
        w, b = p[-1]
        return x @ w + b

    def _loss(self, p, x, y):
        z = self._outputs(p, x)
        if z.shape[1] == 1:
            z = z[:, 0]
            return (jax.nn.softplus(z) - z * y).mean()
        return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1).mean()

    def _decide(self, z):
        return z[:, 0] > 0 if z.shape[1] == 1 else z.argmax(axis=1)

    def loss(self) -> float:
        return float(self._loss(self.state[0], self.x, self.y))

    def predict(self, x):
        return np.asarray(self.answer(self.state[0], x))
