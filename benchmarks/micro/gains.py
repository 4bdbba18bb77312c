"""What each trick of the engine gains: the plain form and ours, side by side.

Prints microseconds of both, the best of several, and their ratio.
"""

import timeit
from collections.abc import Callable, Iterator

import numpy as np

import glassnet as gn
from glassnet.nn.functions import product, softplus, subtract_row_max
from glassnet.nn.losses import one_hot
from glassnet.nn.optimizers import base
from glassnet.training.batches import Batches

RNG = np.random.default_rng(0)
Pair = tuple[str, Callable[[], object], Callable[[], object]]


def numbers(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape, dtype=np.float32)


def pairs() -> Iterator[Pair]:
    """(what, the plain form, ours)."""
    x, rows = numbers(60_000, 784), RNG.permutation(60_000)[:128]
    out = np.empty((128, 784), np.float32)
    yield (
        "gather 128 of 60,000 rows into a buffer, indices not checked again",
        lambda: x.take(rows, axis=0, out=out),
        lambda: x.take(rows, axis=0, out=out, mode="clip"),
    )
    yield from _dense()
    yield from _elementwise()
    yield from _rules()


def _dense() -> Iterator[Pair]:
    one, many, units = numbers(784, 1), numbers(1, 128), np.empty((784, 128), np.float32)
    yield ("outer product 784 × 128", lambda: np.matmul(one, many, out=units),
           lambda: product(one, many, out=units))  # fmt: skip
    dy, last = numbers(1024, 1), numbers(1, 256)
    yield "gradient behind one output, 1,024 × 256", lambda: dy @ last, lambda: product(dy, last)
    for shape in ((128, 64), (1024, 256), (100, 10, 64)):
        g = numbers(*shape)
        total = np.empty((*shape[:-2], shape[-1]), np.float32)
        yield (f"sum over the batch of {shape}", lambda g=g, t=total: g.sum(axis=-2, out=t),
               lambda g=g, t=total: np.matmul(np.ones(g.shape[-2], g.dtype), g, out=t))  # fmt: skip


def _elementwise() -> Iterator[Pair]:
    x, dy = numbers(128, 512), numbers(128, 512)
    y = np.maximum(x, 0)
    yield "ReLU of 128 × 512", lambda: np.maximum(x, 0), lambda: gn.ReLU().forward(x)
    leaky = gn.LeakyReLU()
    yield ("gradient of leaky ReLU, 128 × 512", lambda: np.where(y > 0, dy, 0.01 * dy),
           lambda: leaky.backward(dy, y))  # fmt: skip
    zero = np.zeros((), np.float32)
    yield "softplus of 128 × 512", lambda: np.logaddexp(x, zero), lambda: softplus(x)
    z, labels = numbers(128, 10), RNG.integers(0, 10, 128)
    yield "rows of 10 below their maximum", lambda: plain_below(z), lambda: subtract_row_max(z)
    yield (
        "one-hot rows of 128 labels",
        lambda: plain_one_hot(labels),
        lambda: one_hot(labels, 10, np.float32),
    )


def plain_below(z: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        shifted = z - z.max(axis=-1, keepdims=True)
    return np.maximum(shifted, np.finfo(z.dtype).min, out=shifted)


def plain_one_hot(labels: np.ndarray) -> np.ndarray:
    made = np.zeros((len(labels), 10), np.float32)
    np.put_along_axis(made, labels[:, None], 1, axis=-1)
    return made


def _rules() -> Iterator[Pair]:
    rule, whole = gn.Adam(), np.zeros(670_000, np.float32)
    theta, g, moments = whole.copy(), numbers(670_000), rule.start(whole)
    yield ("Adam on 670,000 numbers, in pieces", lambda: in_one(rule, theta, g, moments),
           lambda: rule.step(theta, g, moments, 1, 1e-3))  # fmt: skip
    few = slice(0, base.PIECE)
    m, v, t, h = (a[few] for a in (moments["m"], moments["v"], theta, g))
    yield ("Adam on a piece, moments as sums", lambda: published(t, h, m, v),
           lambda: rule.rule(t, h, m, v, t=1, rate=1e-3))  # fmt: skip
    points = numbers(3750, 2)
    one_by_one, ahead = Batches((points,), 10, np.float32), Batches((points,), 10, np.float32)
    one_by_one.ahead = one_by_one.size
    yield ("375 batches of 10 points, gathered several at a time",
           lambda: sum(1 for _ in one_by_one.epoch(RNG)),
           lambda: sum(1 for _ in ahead.epoch(RNG)))  # fmt: skip


def in_one(rule: gn.Adam, theta: np.ndarray, g: np.ndarray, moments: dict) -> None:
    rule.rule(theta, g, *moments.values(), t=1, rate=1e-3)


def published(theta: np.ndarray, g: np.ndarray, m: np.ndarray, v: np.ndarray) -> None:
    """Adam as the paper writes it."""
    m *= 0.9
    m += (1 - 0.9) * g
    v *= 0.999
    v += (1 - 0.999) * (g * g)
    root = np.sqrt(v / (1 - 0.999))
    root += 1e-8
    theta -= 1e-3 * (m / (1 - 0.9)) / root


def microseconds(call: Callable[[], object]) -> float:
    """The best of nine, each long enough to be measured."""
    clock = timeit.Timer(call)
    number = max(1, clock.autorange()[0] // 10)
    return 1e6 * min(clock.repeat(9, number)) / number


def main() -> None:
    """Print every pair."""
    for what, plain, ours in pairs():
        before, now = microseconds(plain), microseconds(ours)
        print(f"{what:68}{before:>9.1f}{now:>9.1f}{before / now:>7.1f} ×", flush=True)


if __name__ == "__main__":
    main()
