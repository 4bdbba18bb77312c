"""`MLPClassifier` and `MLPRegressor`: scikit-learn's own, on glassnet's engine.

Parameters, checks, labels, tags and metadata are scikit-learn's, since these are its classes; what
it has not is described in `MORE`.
"""

from typing import Any, Self

import numpy as np
from sklearn import neural_network
from sklearn.utils.metaestimators import available_if

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.sklearn.estimator import Estimator
from glassnet.sklearn.predicting import OUTPUTS

# Checked by glassnet, which knows more of them.
OURS = ("activation", "solver", "learning_rate", "loss", "early_stopping")


def constraints(theirs: Any) -> dict[str, Any]:
    """scikit-learn's checks of those parameters that mean no more here."""
    return {k: v for k, v in theirs._parameter_constraints.items() if k not in OURS}


class MLPClassifier(Estimator, neural_network.MLPClassifier):  # type: ignore[misc]
    """scikit-learn's `MLPClassifier` with glassnet's engine: the same parameters and attributes.

    - `hidden_layer_sizes=(100,)`: the units of each hidden layer.
    - `activation="relu"`: theirs, or any of glassnet's, by name and settings: "gelu".
    - `solver="adam"`: "lbfgs", "sgd", or any optimizer of glassnet: "rmsprop:rho=0.95".
    - `alpha=0.0001`: the strength of the L2 penalty, ½ α/n ‖W‖² for a batch of n.
    - `batch_size="auto"`: samples per step; "auto" is 200, or all if there are fewer.
    - `learning_rate="constant"`: "invscaling", "adaptive", or any schedule of glassnet: "cosine".
    - `learning_rate_init=0.001`: η at the start.
    - `power_t=0.5`: of "invscaling", η = η₀ / t^power_t.
    - `max_iter=200`: epochs at most; of lbfgs, iterations.
    - `shuffle=True`: a new order of the samples in every epoch.
    - `random_state`: the seed of weights, validation part and order.
    - `tol=1e-4`: by how much the loss must fall, or the score rise, to count.
    - `verbose=False`: whether to print a line per epoch; 2 shows a progress bar.
    - `warm_start=False`: whether `fit` goes on from the weights there are.
    - `momentum=0.9`, `nesterovs_momentum=True`: of "sgd".
    - `early_stopping="auto"`: True holds out a part, and stops when its score no longer rises;
      "auto" does so with `preprocess`, by its loss unless `scoring` says otherwise.
    - `validation_fraction=0.1`: the share of that part.
    - `beta_1=0.9`, `beta_2=0.999`, `epsilon=1e-8`: of "adam".
    - `n_iter_no_change=10`: epochs without improvement after which training stops.
    - `max_fun=15000`: of "lbfgs", evaluations of the loss at most.

    And parameters that scikit-learn does not have:

    - `loss="log_loss"`: or "cross_entropy:label_smoothing=0.1".
    - `class_weight`: {class: weight}, or "balanced": samples / (classes · count).
    - `dropout=0`: the rate after each hidden layer, or one for each of them.
    - `waves=0`: how many waves are put beside each number of a row (`PeriodicEmbedding`).
    - `layers`: glassnet layers, or words ("conv 32, relu, flatten"), instead of
      `hidden_layer_sizes`; the outputs follow by themselves.
    - `weight_decay=0`: λ, which adds λW to the gradient whatever the batch; `alpha` adds α/n W.
    - `clip_norm`: the longest gradient that is not shortened.
    - `engine="auto"`: "numpy", "compiled" (needs Numba), or the faster of the two.
    - `scoring`: what early stopping goes by: accuracy without one, "loss", or any scorer.
    - `callbacks`: glassnet's, and those of scikit-learn's protocol if it has one.
    - `n_ensemble=1`: this many networks, trained as one stack; predictions are their means.
    - `preprocess`: "auto" takes tables with text, dates and gaps; {column: kind} overrules.

    Raises `ValueError` in `fit` for a parameter that cannot be used, as scikit-learn does.

    >>> from sklearn.datasets import load_iris
    >>> x, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier([8], solver="lbfgs", random_state=0).fit(x / 8, y)
    >>> model.score(x / 8, y) > 0.95
    True
    """

    _parameter_constraints = constraints(neural_network.MLPClassifier)

    @named
    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: Any = "auto",
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = 10,
        max_fun: int = 15000,
        loss: Any = "log_loss",
        class_weight: Any = None,
        dropout: Any = 0.0,
        waves: int = 0,
        layers: Any = None,
        weight_decay: float = 0.0,
        clip_norm: Any = None,
        engine: Any = "auto",
        scoring: Any = None,
        callbacks: Any = None,
        n_ensemble: int = 1,
        preprocess: Any = None,
    ) -> None:
        given = locals()
        self.__dict__.update({name: given[name] for name in self._get_param_names()})

    def _decode(self, logits: Array) -> Any:
        if self.out_activation_ == "softmax":
            return self.classes_[logits.argmax(axis=1)]
        if logits.shape[1] == 1:
            return self.classes_.take(logits[:, 0] > 0, mode="clip")  # there may be one class only
        return self._label_binarizer.inverse_transform(logits > 0)

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, or of each label, for each row of X (samples, features):
        (samples, classes).
        """
        p = self._forward_pass_fast(X)
        return np.hstack([1 - p, p]) if p.shape[1] == 1 else p

    def _reshape(self, outputs: Array) -> Array:
        return np.hstack([outputs, outputs]) if outputs.shape[1] == 1 else outputs


class MLPRegressor(Estimator, neural_network.MLPRegressor):  # type: ignore[misc]
    """scikit-learn's `MLPRegressor` with glassnet's engine: the same parameters and attributes.

    - `loss="squared_error"`: "poisson", "absolute_error", "huber:delta=1" or "quantile:q=0.9".
    - `hidden_layer_sizes=(100,)`: the units of each hidden layer.
    - `activation="relu"`: theirs, or any of glassnet's, by name and settings: "gelu".
    - `solver="adam"`: "lbfgs", "sgd", or any optimizer of glassnet: "rmsprop:rho=0.95".
    - `alpha=0.0001`: the strength of the L2 penalty, ½ α/n ‖W‖² for a batch of n.
    - `batch_size="auto"`: samples per step; "auto" is 200, or all if there are fewer.
    - `learning_rate="constant"`: "invscaling", "adaptive", or any schedule of glassnet: "cosine".
    - `learning_rate_init=0.001`: η at the start.
    - `power_t=0.5`: of "invscaling", η = η₀ / t^power_t.
    - `max_iter=200`: epochs at most; of lbfgs, iterations.
    - `shuffle=True`: a new order of the samples in every epoch.
    - `random_state`: the seed of weights, validation part and order.
    - `tol=1e-4`: by how much the loss must fall, or the score rise, to count.
    - `verbose=False`: whether to print a line per epoch; 2 shows a progress bar.
    - `warm_start=False`: whether `fit` goes on from the weights there are.
    - `momentum=0.9`, `nesterovs_momentum=True`: of "sgd".
    - `early_stopping="auto"`: True holds out a part, and stops when its score no longer rises;
      "auto" does so with `preprocess`, by its loss unless `scoring` says otherwise.
    - `validation_fraction=0.1`: the share of that part.
    - `beta_1=0.9`, `beta_2=0.999`, `epsilon=1e-8`: of "adam".
    - `n_iter_no_change=10`: epochs without improvement after which training stops.
    - `max_fun=15000`: of "lbfgs", evaluations of the loss at most.

    And parameters that scikit-learn does not have:

    - `dropout=0`: the rate after each hidden layer, or one for each of them.
    - `waves=0`: how many waves are put beside each number of a row (`PeriodicEmbedding`).
    - `layers`: glassnet layers, or words ("conv 32, relu, flatten"), instead of
      `hidden_layer_sizes`; the outputs follow by themselves.
    - `weight_decay=0`: λ, which adds λW to the gradient whatever the batch; `alpha` adds α/n W.
    - `clip_norm`: the longest gradient that is not shortened.
    - `engine="auto"`: "numpy", "compiled" (needs Numba), or the faster of the two.
    - `scoring`: what early stopping goes by: R² without one, "loss", or any scorer.
    - `callbacks`: glassnet's, and those of scikit-learn's protocol if it has one.
    - `n_ensemble=1`: this many networks, trained as one stack; predictions are their means.
    - `preprocess`: "auto" takes tables with text, dates and gaps; {column: kind} overrules.

    Raises `ValueError` in `fit` for a parameter that cannot be used, as scikit-learn does.

    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> model = MLPRegressor(hidden_layer_sizes=[8], solver="lbfgs", random_state=0)
    >>> model = model.fit(x, x[:, 0] ** 2)
    >>> model.score(x, x[:, 0] ** 2) > 0.95
    True
    """

    _parameter_constraints = constraints(neural_network.MLPRegressor)

    # scikit-learn shows its own whatever the solver is.
    @available_if(lambda self: self._check_solver())  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on one more batch: one pass through rows X with their targets y; `sample_weight` as
        in `fit`.
        """
        trained: Self = super().partial_fit(X, y, sample_weight)
        return trained

    @named
    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: Any = "auto",
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = 10,
        max_fun: int = 15000,
        dropout: Any = 0.0,
        waves: int = 0,
        layers: Any = None,
        weight_decay: float = 0.0,
        clip_norm: Any = None,
        engine: Any = "auto",
        scoring: Any = None,
        callbacks: Any = None,
        n_ensemble: int = 1,
        preprocess: Any = None,
    ) -> None:
        given = locals()
        self.__dict__.update({name: given[name] for name in self._get_param_names()})

    def _decode(self, logits: Array) -> Any:
        return self._reshape(OUTPUTS[self.out_activation_](logits))

    def _reshape(self, outputs: Array) -> Array:
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs
