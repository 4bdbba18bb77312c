"""scikit-learn's MLPClassifier."""

import warnings
from collections.abc import Callable

import numpy as np
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from benchmarks.shared.workloads import MOMENTUM, Order, Workload, in_order


class Contender:
    """`partial_fit` once for each epoch, with its own order of the samples."""

    def __init__(self, workload: Workload, x, y, order: Order) -> None:
        warnings.simplefilter("ignore")
        momentum = MOMENTUM if workload.rule == "momentum" else 0.0
        self.model = MLPClassifier(
            workload.sizes[1:-1],
            activation={"sigmoid": "logistic"}.get(workload.activation, workload.activation),
            solver="adam" if workload.rule == "adam" else "sgd",
            alpha=0.0,
            batch_size=min(workload.batch, len(x)),
            learning_rate_init=workload.rate,
            momentum=momentum,
            nesterovs_momentum=False,
            random_state=0,
            shuffle=order is not in_order,
        )
        self.x, self.y, self.classes = x, y, np.unique(y)
        few = slice(0, 10)  # makes the arrays; what it learns is thrown away
        self.model.partial_fit(x[few], y[few], classes=self.classes)
        self._start(workload, momentum)

    def _start(self, workload: Workload, momentum: float) -> None:
        """The weights that all start from, and moments of zero."""
        weights = workload.weights()
        if workload.sizes[-1] == 2:  # two classes have one output here: the difference of the two
            w, b = weights.pop()
            weights.append((np.diff(w), np.diff(b)))
        self.model.coefs_ = [w.copy() for w, _ in weights]
        self.model.intercepts_ = [b.copy() for _, b in weights]
        parameters = self.model.coefs_ + self.model.intercepts_
        self.model._optimizer = (
            AdamOptimizer(parameters, workload.rate)
            if workload.rule == "adam"
            else SGDOptimizer(parameters, workload.rate, momentum=momentum, nesterov=False)
        )

    def train(self, epochs: int, done: Callable[[], None]) -> None:
        for _ in range(epochs):
            self.model.partial_fit(self.x, self.y)
            done()

    def loss(self) -> float:
        return float(log_loss(self.y, self.model.predict_proba(self.x)))

    def predict(self, x):
        return self.model.predict(x)
