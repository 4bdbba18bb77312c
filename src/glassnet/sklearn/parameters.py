"""What an estimator's parameters mean: its layers, its loss, its rule, its schedule."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring

from glassnet.base.arrays import Array, Shape
from glassnet.base.configurable import canonical
from glassnet.base.errors import InputError
from glassnet.base.presets import preset_for
from glassnet.mlp import hidden_layers
from glassnet.nn.layers import Chain, Dense, Layer, PeriodicEmbedding, Reshape, layers_from
from glassnet.nn.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Loss,
    MeanSquared,
    RegressionLoss,
    loss_function,
)
from glassnet.nn.network import Network
from glassnet.nn.optimizers import LBFGS, OPTIMIZERS, Optimizer, RateInVelocity
from glassnet.nn.optimizers import optimizer as find_optimizer
from glassnet.nn.schedules import Constant, Schedule
from glassnet.nn.schedules import schedule as find_schedule
from glassnet.nn.task import CLASSES, LABELS, VALUES
from glassnet.sequential import Sequential
from glassnet.sklearn.callbacks import split_callbacks
from glassnet.sklearn.objective import RandomStateGenerator
from glassnet.sklearn.shapes import sample_shape
from glassnet.sklearn.variants import EarlyEpsilon, Poisson, Scaled

# scikit-learn's names of what has another name here.
ACTIVATIONS: dict[Any, Any] = {"logistic": "sigmoid", "identity": None}
LOSSES: dict[Any, Any] = {
    "log_loss": "cross_entropy",
    "squared_error": "mean_squared",
    "absolute_error": "mean_absolute",
}
OF_SGD = ("invscaling", "adaptive")  # rates that change by scikit-learn's own rules
AUTO = "auto"  # the early stopping of tables that are given as they are


def check(estimator: Any) -> None:
    """Raise InputError for a parameter that scikit-learn does not check."""
    e = estimator
    if isinstance(e.n_ensemble, bool) or not isinstance(e.n_ensemble, Integral) or e.n_ensemble < 1:
        raise InputError(f"n_ensemble is {e.n_ensemble!r}, expected a whole number of at least 1")
    longest = np.inf if e.clip_norm is None else e.clip_norm
    if not isinstance(longest, (int, float)) or longest <= 0:
        raise InputError(f"clip_norm is {e.clip_norm!r}, expected a number above 0")
    if e.clip_norm is not None and not stochastic(e):
        raise InputError("lbfgs chooses its own steps: leave clip_norm out")
    weights = getattr(e, "class_weight", None)
    if isinstance(weights, str) and weights != "balanced":
        raise InputError(f"class_weight is {weights!r}: expected {{class: weight}} or 'balanced'")
    if not (isinstance(e.early_stopping, (bool, np.bool_)) or e.early_stopping == AUTO):
        raise InputError(f"early_stopping is {e.early_stopping!r}: expected True, False or 'auto'")
    if e.scoring not in (None, "loss"):
        check_scoring(e, e.scoring)
    rule(e), schedule(e), loss(e), Sequential(layers(e, 1)), split_callbacks(e.callbacks)


def for_tables(task: str) -> dict[str, Any]:
    """The preset for tables in these words, for targets of this task: nothing of scikit-learn's own
    is added, a fifth of the rows stops the training, and the epochs are the most."""
    preset = preset_for("table", task)
    network, training = preset["network"], preset["training"]
    return {
        "preprocess": "auto",
        "hidden_layer_sizes": tuple(network["hidden"]),
        "dropout": network.get("dropout", 0.0),
        "waves": network["waves"],
        "learning_rate_init": find_optimizer(training["optimizer"]).learning_rate,
        "batch_size": training["batch_size"],
        "max_iter": training["epochs"],
        "n_iter_no_change": training["patience"] - 1,  # which stops at one more
        "n_ensemble": training["networks"],
        "validation_fraction": 0.2,
        "alpha": 0.0,
        "tol": 0.0,
    }


def check_same(estimator: Any, begun: Network) -> None:
    """Raise InputError if a network to continue is not what the estimator describes now."""
    now = Sequential(layers(estimator, estimator.n_outputs_))
    if now.config()["layers"] != begun.config()["layers"]:
        raise InputError(
            f"the network that was begun has the layers {begun.layers}, and now {now.layers} are "
            "asked for: give the same, or fit afresh with warm_start=False"
        )


def network(estimator: Any, input_shape: Shape, outputs: int, dtype: Any) -> Sequential:
    """A network as the estimator describes it."""
    made = Sequential(layers(estimator, outputs), dtype=dtype)
    made.rng = RandomStateGenerator(estimator._random_state)  # type: ignore[assignment]
    made.build(input_shape)
    return made


def network_for_shapes(estimator: Any, shapes: Sequence[tuple[int, int]]) -> Sequential:
    """A network for weights of these shapes."""
    chosen = ACTIVATIONS.get(estimator.activation, estimator.activation)
    hidden = hidden_layers([units for _, units in shapes[:-1]], chosen)
    dtype = np.result_type(*estimator.coefs_)
    return Sequential([*hidden, Dense(shapes[-1][1])], input_shape=shapes[0][0], dtype=dtype)


def layers(estimator: Any, outputs: int) -> list[Layer]:
    """The layers in front of the outputs, and those."""
    e = estimator
    if e.layers is None:
        chosen = ACTIVATIONS.get(e.activation, e.activation)
        hidden = hidden_layers(hidden_layer_sizes(e), chosen, e.dropout)
        return [*waves(e), *hidden, Dense(outputs)]
    if e.dropout != 0:
        raise InputError("dropout goes with hidden_layer_sizes: put Dropout into layers instead")
    if e.waves != 0:
        raise InputError(
            "waves go with hidden_layer_sizes: put PeriodicEmbedding into layers instead"
        )
    return [*channel_for(e), *copies(e.layers), Dense(outputs)]


def waves(estimator: Any) -> list[Layer]:
    """Waves beside the numbers of a row, not beside the flags of its categories."""
    count, schema = estimator.waves, getattr(estimator, "_schema", None)
    if isinstance(count, bool) or not isinstance(count, Integral) or count < 0:
        raise InputError(f"waves is {count!r}, expected a whole number of at least 0")
    columns = schema.number_features if schema else None
    return [] if not count or columns == [] else [PeriodicEmbedding(int(count), columns=columns)]


def drawn_by_scikit_learn(estimator: Any) -> bool:
    """Whether its weights are those of scikit-learn's network, so that this draws the same."""
    return estimator.layers is None and estimator.waves == 0


def channel_for(estimator: Any) -> list[Layer]:
    """What gives grey pictures (height, width) their one channel, if `layers` want it."""
    shape = sample_shape(estimator)
    if shape is None or len(shape) != 2:
        return []
    try:
        Chain(copies(estimator.layers)).output_shape(shape)
    except InputError:
        return [Reshape((*shape, 1))]
    return []


def copies(given: str | Sequence[Layer]) -> list[Layer]:
    """Layers like these that belong to no network, or those that words describe."""
    if isinstance(given, str):
        try:
            return layers_from(given)
        except InputError as error:
            raise InputError(f"layers: {error}") from None
    if not isinstance(given, (list, tuple)) or not all(isinstance(e, Layer) for e in given):
        raise InputError(
            f"layers is {given!r}: expected glassnet's layers, such as [Dense(64)], or words, such "
            "as 'conv 32, relu, flatten'"
        )
    return [type(layer).from_config(layer.config()) for layer in given]


def hidden_layer_sizes(estimator: Any) -> list[int]:
    """The widths as a list."""
    given = estimator.hidden_layer_sizes
    sizes = list(given) if hasattr(given, "__iter__") else [given]
    if any(size <= 0 for size in sizes):
        raise InputError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return sizes


def stochastic(estimator: Any) -> bool:
    """Whether it learns batch by batch."""
    return not isinstance(rule(estimator), LBFGS)


def stops_early(estimator: Any) -> bool:
    """Whether validation data stop the training; a warm start continues, so "auto" lets it."""
    e = estimator
    if not isinstance(e.early_stopping, str):
        return bool(e.early_stopping)
    return e.preprocess is not None and stochastic(e) and not e.warm_start


def stops_by(estimator: Any) -> Any:
    """What early stopping goes by: "loss", a scorer, or None for accuracy or R²."""
    e = estimator
    return "loss" if e.scoring is None and isinstance(e.early_stopping, str) else e.scoring


def rule(estimator: Any) -> Optimizer:
    """The optimizer: scikit-learn's `sgd` or `adam`, or one of ours by its name and settings."""
    e = estimator
    rate, decay = e.learning_rate_init, e.weight_decay
    if e.solver == "sgd":
        return RateInVelocity(rate, e.momentum, e.nesterovs_momentum, weight_decay=decay)
    if e.solver == "adam":
        return EarlyEpsilon(rate, e.beta_1, e.beta_2, e.epsilon, weight_decay=decay)
    found = find_optimizer(e.solver)
    if isinstance(e.solver, Optimizer) or "learning_rate" in str(canonical(e.solver, OPTIMIZERS)):
        raise InputError(
            f"solver is {e.solver!r}: expected a name, such as 'rmsprop:rho=0.95', beside "
            "learning_rate_init"
        )
    settings = found.config()
    if not isinstance(found, LBFGS):
        settings["learning_rate"] = rate
    if decay:
        settings["weight_decay"] = decay
    return type(found).from_config(settings)


def schedule(estimator: Any) -> Schedule:
    """How the learning rate changes, where scikit-learn has no rule for it."""
    given = estimator.learning_rate
    if isinstance(given, str) and given in OF_SGD:
        return Constant()
    found = find_schedule(given)
    if not isinstance(found, Constant) and not stochastic(estimator):
        raise InputError(f"learning_rate is {given!r} and lbfgs chooses its own steps")
    return found


def loss(estimator: Any) -> Loss:
    """The loss as it is meant, before it is counted as scikit-learn counts."""
    given = estimator.loss
    given = LOSSES.get(given, given) if isinstance(given, str) else given
    if given == "poisson" and not is_classifier(estimator):
        return Poisson()
    found = loss_function(given)
    wanted: type[Loss] = CrossEntropy if is_classifier(estimator) else RegressionLoss
    if not isinstance(found, wanted):
        names = (
            "'log_loss' or 'cross_entropy:label_smoothing=…'"
            if is_classifier(estimator)
            else "'squared_error', 'absolute_error', 'poisson', 'huber:delta=…' or 'quantile:q=…'"
        )
        raise InputError(f"loss is {given!r}: expected {names}")
    return found


def objective(estimator: Any, y: Array, dtype: Any) -> tuple[Loss, Array]:
    """The loss as scikit-learn counts it, and the targets; y is (samples, outputs)."""
    found, outputs = loss(estimator), y.shape[1]
    if isinstance(found, CrossEntropy):
        if estimator.out_activation_ == "softmax":
            return found, y.argmax(axis=1)
        smooth = found.label_smoothing  # each output tells two classes apart
        targets = (1 - smooth) * y.astype(dtype) + smooth / 2
        return Scaled(BinaryCrossEntropy(), outputs, outputs), targets.astype(dtype, copy=False)
    found.check_rows(y)
    if isinstance(found, Poisson):
        found = Scaled(found, outputs, outputs)
    elif isinstance(found, MeanSquared):
        found = Scaled(found, 1 / 2, outputs / 2)
    return found, y.astype(dtype)


def describe_outputs(estimator: Any, network: Network) -> None:
    """Let a network know what its outputs mean, so that it predicts as the estimator does."""
    by_output = {"softmax": CrossEntropy(), "logistic": BinaryCrossEntropy()}
    network.loss = by_output.get(estimator.out_activation_) or loss(estimator)
    several = estimator.out_activation_ == "logistic" and estimator.n_outputs_ > 1
    network.task = LABELS if several else CLASSES
    if estimator.out_activation_ not in by_output:
        network.task = VALUES
    network.classes = tuple(map(str, getattr(estimator, "classes_", ())))
    network.feature_names = tuple(map(str, getattr(estimator, "feature_names_in_", ())))
    network.schema = getattr(estimator, "_schema", None)
