"""The estimators, with each engine, beside scikit-learn's own perceptrons.

The same data, settings and first weights, in turns; medians of an epoch (of all that `fit` takes,
by its epochs) and of the prediction for one row, and of the ratio in each turn. Compiled steps are
loaded before.
"""

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
WAYS: list[tuple[Any, dict[str, str]]] = [
    (neural_network, {}),
    (glassnet.sklearn, {"engine": "numpy"}),
    (glassnet.sklearn, {"engine": "compiled"}),
]


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


def round_of(case: int) -> list[tuple[float, float, float]]:
    """One round: scikit-learn's and ours in a process of their own, after a warm-up."""
    warnings.simplefilter("ignore")  # a few epochs are not the end
    _, data, kind, hidden, epochs = CASES[case]
    x, y = data()
    how: dict[str, Any] = {"hidden_layer_sizes": hidden, "random_state": 0, "tol": 0.0}
    for module, engine in WAYS:
        getattr(module, kind)(**how, **engine, max_iter=1).fit(x[:1000], y[:1000])
    return [
        measure(getattr(module, kind)(**how, **engine, max_iter=epochs), x, y)
        for module, engine in WAYS
    ]


def main() -> None:
    """Measure in turns and print."""
    print("| data and network | scikit-learn | glassnet, NumPy | | glassnet, compiled | "
          "| one row | | | score | |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    # OpenBLAS is up to twice as slow in one process as in the next, for both.
    processes = ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1)
    for case, (name, *_) in enumerate(CASES):
        turns = np.array(list(processes.map(round_of, [case] * ROUNDS)))  # turn, way, what
        (theirs, row, score), (numpy, our_row, ours), compiled = np.median(turns, axis=0)
        ratios = np.median(turns[:, :1] / turns, axis=0)
        print(
            f"| {name} | {1e3 * theirs:.1f} ms | {1e3 * numpy:.1f} ms | {ratios[1, 0]:.2f} × "
            f"| {1e3 * compiled[0]:.1f} ms | {ratios[2, 0]:.2f} × | {1e6 * row:.0f} µs "
            f"| {1e6 * our_row:.0f} µs | {ratios[1, 1]:.1f} × | {score:.3f} | {ours:.3f} |",
            flush=True,
        )
    processes.shutdown()


if __name__ == "__main__":
    main()
