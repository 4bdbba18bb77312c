"""`MLPClassifier` and `MLPRegressor`: scikit-learn's own, trained and asked by glassnet's engine.

Parameters, checks, labels, tags and metadata are scikit-learn's, since these are its classes.
"""

from sklearn import neural_network

from glassnet.sklearn.engine import Engine


class MLPClassifier(Engine, neural_network.MLPClassifier):  # type: ignore[misc]
    """scikit-learn's `MLPClassifier` with glassnet's engine: the same parameters and attributes.

    >>> from sklearn.datasets import load_iris
    >>> x, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier([8], solver="lbfgs", random_state=0).fit(x / 8, y)
    >>> model.score(x / 8, y) > 0.95
    True
    """


class MLPRegressor(Engine, neural_network.MLPRegressor):  # type: ignore[misc]
    """scikit-learn's `MLPRegressor` with glassnet's engine: the same parameters and attributes.

    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> model = MLPRegressor(hidden_layer_sizes=[8], solver="lbfgs", random_state=0)
    >>> model = model.fit(x, x[:, 0] ** 2)
    >>> model.score(x, x[:, 0] ** 2) > 0.95
    True
    """
