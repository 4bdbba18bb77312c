"""From scikit-learn: a fitted `MLPClassifier` or `MLPRegressor`."""

from typing import Any

from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.base.optional import need
from glassnet.interop.assemble import Part, activation, dense, network
from glassnet.sequential import Sequential

WHERE = "from_sklearn"


@named
def from_sklearn(mlp: Any) -> Sequential:
    """The network of a fitted MLPClassifier or MLPRegressor: its predictions are the same.

    - `mlp`: scikit-learn's, or glassnet's.

    Raises `InputError` for one that is not fitted, and for any other estimator: a subclass, a
    pipeline or a search may compute more than its network does.
    """
    _check(mlp)
    parts: list[Part] = []
    for number, (W, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_, strict=True)):
        parts.append(dense(W, b))
        last = number == len(mlp.coefs_) - 1
        found = activation(mlp.out_activation_ if last else mlp.activation, WHERE)
        parts += [found] if found is not None else []
    values = mlp.out_activation_ == "identity"
    return network(parts, None, "mean_squared" if values else None, getattr(mlp, "classes_", ()))


def _check(mlp: Any) -> None:
    neural_network = need("sklearn.neural_network", WHERE)
    kind = type(mlp).__name__
    if type(mlp) not in (neural_network.MLPClassifier, neural_network.MLPRegressor):
        raise InputError(
            f"{WHERE}: got {kind} of {type(mlp).__module__}, expected scikit-learn's "
            f"MLPClassifier or MLPRegressor itself{_hint(mlp)}"
        )
    if not hasattr(mlp, "coefs_"):
        raise InputError(f"{WHERE}: {kind} is not fitted: call its fit first")
    if len(getattr(mlp, "classes_", (0, 1))) < 2:
        raise InputError(f"{WHERE}: {kind} was fitted on one class, expected two or more")


def _hint(estimator: Any) -> str:
    """Where the network is in what was given instead."""
    if hasattr(estimator, "to_network"):
        return "; this one has to_network()"
    if hasattr(estimator, "named_steps"):
        return ": convert its last step, pipeline[-1], and give the network pipeline[:-1]'s output"
    if hasattr(estimator, "best_estimator_"):
        return ": convert its best_estimator_"
    return ""
