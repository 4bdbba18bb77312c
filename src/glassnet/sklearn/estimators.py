"""`MLPClassifier` and `MLPRegressor`: scikit-learn's own, trained and asked by glassnet's engine.

Parameters, checks, labels, tags and metadata are scikit-learn's, since these are its classes.
"""

from typing import Any

import numpy as np
from sklearn import neural_network

from glassnet.arrays import Array
from glassnet.sklearn.engine import Engine


class MLPClassifier(Engine, neural_network.MLPClassifier):  # type: ignore[misc]
    """scikit-learn's `MLPClassifier` with glassnet's engine: the same parameters and attributes.

    >>> from sklearn.datasets import load_iris
    >>> x, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier([8], solver="lbfgs", random_state=0).fit(x / 8, y)
    >>> model.score(x / 8, y) > 0.95
    True
    """

    def predict(self, X: Any) -> Any:
        """The most likely class of each row (samples,), or 0 and 1 for each label."""
        return self._predict(X)

    def _predict(self, X: Any, check_input: bool = True) -> Any:
        z = self._logits(X, check_input)
        if self.out_activation_ == "softmax":
            return self.classes_[z.argmax(axis=1)]
        if z.shape[1] == 1:
            return self.classes_.take(z[:, 0] > 0, mode="clip")  # there may be one class only
        return self._label_binarizer.inverse_transform(z > 0)

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, or of each label (samples, classes)."""
        p = self._forward_pass_fast(X)
        return np.hstack([1 - p, p]) if p.shape[1] == 1 else p


class MLPRegressor(Engine, neural_network.MLPRegressor):  # type: ignore[misc]
    """scikit-learn's `MLPRegressor` with glassnet's engine: the same parameters and attributes.

    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> model = MLPRegressor(hidden_layer_sizes=[8], solver="lbfgs", random_state=0)
    >>> model = model.fit(x, x[:, 0] ** 2)
    >>> model.score(x, x[:, 0] ** 2) > 0.95
    True
    """

    def predict(self, X: Any) -> Any:
        """The values of each row: (samples,), or (samples, outputs) where there are several."""
        return self._predict(X)
