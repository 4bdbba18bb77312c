"""Small networks for tests of lanes, what they learn from, and what they come to."""

from typing import Any

import numpy as np

import glassnet as gn


def moons(samples: int = 90) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(samples, 4)).astype(np.float32)
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


X, Y = moons()


def small(
    widths: tuple[int, ...] = (3, 5, 8, 8, 4), dropout: float = 0.0, **how: Any
) -> list[gn.Sequential]:
    return [
        gn.Sequential([gn.Dense(width, "tanh"), gn.Dropout(dropout), gn.Dense(2)],
                      input_shape=4, seed=seed, **how)
        for seed, width in enumerate(widths)
    ]  # fmt: skip


def outcome(stack: gn.Stack, histories: list[gn.History]) -> list[Any]:
    """What must be the same to the last bit."""
    return [
        (network.parameters.vector.tobytes(), network.rng.bit_generator.state,
         {name: each for name, each in history.items() if name != "seconds"}, history.interrupted)
        for network, history in zip(stack, histories, strict=True)
    ]  # fmt: skip
