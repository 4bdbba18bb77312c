"""From scikit-learn: a fitted `MLPClassifier` or `MLPRegressor`."""

from typing import Any

from glassnet.convert.building import Part, activation, dense, network
from glassnet.errors import InputError
from glassnet.sequential import Sequential

WHERE = "from_sklearn"


def from_sklearn(mlp: Any) -> Sequential:
    """The network of a fitted MLPClassifier or MLPRegressor: its predictions are the same.

    Raises InputError for one that is not fitted.
    """
    if not hasattr(mlp, "coefs_"):
        raise InputError(f"{WHERE}: {type(mlp).__name__} is not fitted: call its fit first")
    parts: list[Part] = []
    for number, (W, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_, strict=True)):
        parts.append(dense(W, b))
        last = number == len(mlp.coefs_) - 1
        found = activation(mlp.out_activation_ if last else mlp.activation, WHERE)
        parts += [found] if found is not None else []
    values = mlp.out_activation_ == "identity"
    return network(parts, None, "mean_squared" if values else None, getattr(mlp, "classes_", ()))
