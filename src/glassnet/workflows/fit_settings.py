"""What `fit` takes, from the settings of an experiment's training."""

from typing import Any

from glassnet.base.arrays import Array
from glassnet.base.configurable import choose
from glassnet.base.errors import InputError
from glassnet.data import Dataset
from glassnet.nn.losses import Loss, RegressionLoss, loss_function
from glassnet.nn.metrics import score_named
from glassnet.nn.task import task_named
from glassnet.workflows.networks import spread_of
from glassnet.workflows.spec import Training


def settings_of(how: Training, data: Dataset) -> dict[str, Any]:
    """What `fit` takes, from the settings of training."""
    validation = _test(data) if how.watch_test else how.validation
    own = {"validation", "watch_test", "loss", "class_weight", "metric", "calibrate", "patience",
           "folds", "networks"}  # fmt: skip
    return {
        "validation": validation,
        "loss": _loss(how.loss, data),
        "class_weight": _class_weight(how.class_weight, data),
        **_metrics(how.metric, data, bool(validation)),
        **how.model_dump(exclude=own),
    }


def _metrics(asked: str | None, data: Dataset, validation: bool) -> dict[str, Any]:
    """The metric that `fit` computes on a validation part besides the usual ones."""
    if asked is None:
        return {}
    return {"metrics": [score_named(asked, data.task).name]} if validation else {}


def _class_weight(given: Any, data: Dataset) -> Any:
    """Weights of classes by their numbers, from those by name."""
    if given is not None and not task_named(data.task).has_probabilities:
        raise InputError(
            f"class_weight is for classes, and {data.target} has numbers: leave it out"
        )
    if not isinstance(given, dict):
        return given
    names = {name: choose("class in class_weight", name, data.classes) for name in given}
    return {data.classes.index(names[name]): weight for name, weight in given.items()}


def _test(data: Dataset) -> tuple[Array, Array] | None:
    return (data.x_test, data.y_test) if len(data.x_test) else None


def _loss(given: Any, data: Dataset) -> Loss:
    """The given loss, or the task's own; distances count in the target's spread."""
    loss = loss_function(given or task_named(data.task).default_loss(data.outputs))
    regression = not task_named(data.task).has_probabilities
    if isinstance(loss, RegressionLoss) and regression and loss.unit == 1:
        return loss_function({**loss.config(), "unit": spread_of(data)["unit"]})
    return loss
