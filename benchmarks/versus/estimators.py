"""The estimators beside scikit-learn's own perceptrons.

The same data, settings and first weights, in turns; medians of an epoch (of all that `fit` takes,
by its epochs) and of the prediction for one row, and of the ratio in each turn.
"""

import statistics
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_diabetes, load_digits, make_classification

import glassnet.sklearn
from benchmarks.shared.workloads import mnist

ROUNDS = 7


def digits() -> tuple[Any, Any]:
    """1,797 images of 8 × 8."""
    x, y = load_digits(return_X_y=True)
    return x / 16, y


def small_digits() -> tuple[Any, Any]:
    """The same in float32."""
    x, y = digits()
    return x.astype(np.float32), y


def images() -> tuple[Any, Any]:
    """60,000 of 28 × 28, in float32."""
    x, y = mnist()
    return x.astype(np.float32), y


def covertype() -> tuple[Any, Any]:
    """Made up, of the size of covertype's training part: 200,000 × 54, 7 classes."""
    return make_classification(200_000, 54, n_informative=20, n_classes=7, random_state=0)


def diabetes() -> tuple[Any, Any]:
    """442 patients, 10 values each; to predict one."""
    x, y = load_diabetes(return_X_y=True)
    return x / x.std(axis=0), (y - y.mean()) / y.std()


CASES = [
    ("digits 64-16-10", digits, "MLPClassifier", (16,), 40),
    ("digits 64-64-10", digits, "MLPClassifier", (64,), 40),
    ("digits 64-64-10, float32", small_digits, "MLPClassifier", (64,), 40),
    ("digits 64-256-256-10", digits, "MLPClassifier", (256, 256), 10),
    ("digits 64-256-256-10, float32", small_digits, "MLPClassifier", (256, 256), 10),
    ("MNIST 784-100-10, float32", images, "MLPClassifier", (100,), 1),
    ("covertype's size 54-64-7", covertype, "MLPClassifier", (64,), 1),
    ("covertype's size 54-256-256-7", covertype, "MLPClassifier", (256, 256), 1),
    ("diabetes 10-64-1", diabetes, "MLPRegressor", (64,), 100),
]


def measure(model: Any, x: Any, y: Any) -> tuple[float, float, float]:
    """Seconds of an epoch and of the prediction for one row, and the score."""
    begin = time.perf_counter()
    model.fit(x, y)
    epoch = (time.perf_counter() - begin) / model.n_iter_
    model.predict(x[:1])
    begin = time.perf_counter()
    for _ in range(200):
        model.predict(x[:1])
    return epoch, (time.perf_counter() - begin) / 200, model.score(x[:10_000], y[:10_000])


def both(case: int) -> list[tuple[float, float, float]]:
    """One round: scikit-learn's and ours in a process of their own, after a warm-up."""
    warnings.simplefilter("ignore")  # a few epochs are not the end
    _, data, kind, hidden, epochs = CASES[case]
    x, y = data()
    modules = (neural_network, glassnet.sklearn)
    for module in modules:
        getattr(module, kind)(hidden_layer_sizes=hidden, max_iter=1).fit(x[:1000], y[:1000])
    how = {"hidden_layer_sizes": hidden, "max_iter": epochs, "random_state": 0, "tol": 0.0}
    return [measure(getattr(module, kind)(**how), x, y) for module in modules]


def main() -> None:
    """Measure in turns and print."""
    print("| data and network | scikit-learn | glassnet | | one row | | | score | |")
    print("|---|---|---|---|---|---|---|---|---|")
    # OpenBLAS is up to twice as slow in one process as in the next, for both.
    processes = ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1)
    for case, (name, *_) in enumerate(CASES):
        turns = list(processes.map(both, [case] * ROUNDS))
        theirs, ours = (
            [statistics.median(each) for each in zip(*times, strict=True)]
            for times in zip(*turns, strict=True)
        )
        epoch, row = (statistics.median(a[k] / b[k] for a, b in turns) for k in (0, 1))
        print(
            f"| {name} | {1e3 * theirs[0]:.1f} ms | {1e3 * ours[0]:.1f} ms | {epoch:.2f} × "
            f"| {1e6 * theirs[1]:.0f} µs | {1e6 * ours[1]:.0f} µs | {row:.1f} × "
            f"| {theirs[2]:.3f} | {ours[2]:.3f} |",
            flush=True,
        )
    processes.shutdown()


if __name__ == "__main__":
    main()
