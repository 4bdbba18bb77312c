"""Beside scikit-learn's own perceptrons: `python -m benchmarks.estimators`.

The same data, settings and first weights, in turns; medians of an epoch and of one row's answer.
"""

import statistics
import time
import warnings
from typing import Any

import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_diabetes, load_digits, make_classification

import glassnet.sklearn
from benchmarks.workloads import mnist

ROUNDS = 5


def digits() -> tuple[Any, Any]:
    """1,797 images of 8 × 8."""
    x, y = load_digits(return_X_y=True)
    return x / 16, y


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
    ("digits 64-64-10", digits, "MLPClassifier", (64,), 20),
    ("digits 64-256-256-10", digits, "MLPClassifier", (256, 256), 10),
    ("MNIST 784-100-10", images, "MLPClassifier", (100,), 1),
    ("covertype's size 54-64-7", covertype, "MLPClassifier", (64,), 1),
    ("covertype's size 54-256-256-7", covertype, "MLPClassifier", (256, 256), 1),
    ("diabetes 10-64-1", diabetes, "MLPRegressor", (64,), 100),
]


def measure(model: Any, x: Any, y: Any) -> tuple[float, float, float]:
    """Seconds of an epoch and of one row's answer, and the score."""
    begin = time.perf_counter()
    model.fit(x, y)
    epoch = (time.perf_counter() - begin) / model.n_iter_
    model.predict(x[:1])
    begin = time.perf_counter()
    for _ in range(200):
        model.predict(x[:1])
    return epoch, (time.perf_counter() - begin) / 200, model.score(x[:10_000], y[:10_000])


def main() -> None:
    """Measure in turns and print."""
    warnings.simplefilter("ignore")  # a few epochs are not the end
    print("| data and network | scikit-learn, an epoch | glassnet | | one row | | scores |")
    print("|---|---|---|---|---|---|---|")
    for name, data, kind, hidden, epochs in CASES:
        x, y = data()
        found: dict[Any, list[Any]] = {neural_network: [], glassnet.sklearn: []}
        for _ in range(ROUNDS):
            for module, times in found.items():
                how = {"hidden_layer_sizes": hidden, "max_iter": epochs, "random_state": 0}
                times.append(measure(getattr(module, kind)(**how, tol=0.0), x, y))
        theirs, ours = (
            [statistics.median(each) for each in zip(*times, strict=True)]
            for times in found.values()
        )
        print(
            f"| {name} | {1e3 * theirs[0]:.1f} ms | {1e3 * ours[0]:.1f} ms "
            f"| {theirs[0] / ours[0]:.2f} × | {1e6 * theirs[1]:.0f} and {1e6 * ours[1]:.0f} µs "
            f"| {theirs[1] / ours[1]:.2f} × | {theirs[2]:.3f} and {ours[2]:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
