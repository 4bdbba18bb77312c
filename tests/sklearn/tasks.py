"""What the estimators' tests learn, and how."""

from typing import Any

import numpy as np
from sklearn import neural_network

import glassnet.sklearn

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 6))
W = RNG.random(300) * 3
TASKS: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "classes": ("MLPClassifier", np.argmax(X[:, :3], axis=1), {}),
    "two classes": ("MLPClassifier", X[:, 0] * X[:, 1] > 0, {}),
    "labels": ("MLPClassifier", (X[:, :3] > 0).astype(int), {}),
    "values": ("MLPRegressor", X[:, 0] * X[:, 1], {}),
    "two values": ("MLPRegressor", X[:, :2] ** 2, {}),
    "counts": ("MLPRegressor", RNG.poisson(np.exp(X[:, 0])), {"loss": "poisson"}),
}
HOW: dict[str, dict[str, Any]] = {
    "adam": {},
    "adam, early stopping": {"early_stopping": True, "max_iter": 60, "tol": 1e-3},
    "adam, in order": {"shuffle": False, "batch_size": 77},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.05},
    "sgd, heavy ball": {"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.8},
    "sgd, no momentum": {"solver": "sgd", "momentum": 0.0, "alpha": 0.1},
    "sgd, invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.3},
    "sgd, adaptive": {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.05,
                      "tol": 1e-2, "n_iter_no_change": 2, "max_iter": 200},
    "lbfgs": {"solver": "lbfgs", "max_iter": 10, "activation": "tanh"},
    "tanh": {"activation": "tanh"},
    "logistic": {"activation": "logistic", "hidden_layer_sizes": 7},
    "identity": {"activation": "identity", "hidden_layer_sizes": ()},
}  # fmt: skip


def made(task: str, ours: bool = True, **how: Any) -> Any:
    kind, _, more = TASKS[task]
    module = glassnet.sklearn if ours else neural_network
    settings = {"hidden_layer_sizes": (8, 5), "random_state": 1, "max_iter": 30}
    return getattr(module, kind)(**settings | more | how)


def arrays(model: Any) -> list[Any]:
    return [*model.coefs_, *model.intercepts_]


def same(a: Any, b: Any) -> bool:
    """Whether two came to the same weights and figures, to the last bit."""
    pairs = zip(arrays(a), arrays(b), strict=True)
    return all(np.array_equal(p, q) for p, q in pairs) and a.loss_curve_ == b.loss_curve_
