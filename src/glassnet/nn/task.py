"""What outputs mean: one class of several, independent labels, or values."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import choose
from glassnet.base.description import Kind, check, length_of
from glassnet.base.errors import InputError
from glassnet.nn.metrics import Metric, absolute_error, accuracy, label_accuracy


class Task(str):
    """A task by its name, as files have it, and what follows from it.

    `exclusive`: each sample belongs to one class. `has_probabilities`: outputs can be made
    probabilities. `metrics` are computed beside the loss; `score` is the one that people compare,
    and `rises` says whether more of it is better.
    """

    __slots__ = ()

    exclusive: ClassVar[bool] = False
    has_probabilities: ClassVar[bool] = True
    metrics: ClassVar[Mapping[str, Metric]]
    score: ClassVar[str] = "accuracy"
    rises: ClassVar[bool] = True

    def __reduce__(self) -> Any:
        """Copies and pickles are the task itself."""
        return task_named, (str(self),)

    def decide(self, z: Array) -> Array:
        """From outputs z (…, batch, outputs) to predictions."""
        raise NotImplementedError

    def default_loss(self, outputs: int) -> str:
        """The loss that learns it, by name."""
        raise NotImplementedError


class _Classes(Task):
    """One class of several; with one output, of two."""

    __slots__ = ()
    exclusive = True
    metrics: ClassVar[Mapping[str, Metric]] = {"accuracy": accuracy}

    def decide(self, z: Array) -> Array:
        """The largest output, or with one output whether it is above 0: a probability above ½."""
        return z.argmax(axis=-1) if z.shape[-1] > 1 else (z[..., 0] > 0).astype(np.int64)

    def default_loss(self, outputs: int) -> str:
        return "cross_entropy" if outputs > 1 else "binary_cross_entropy"


class _Labels(Task):
    """Several independent labels, each 0 or 1."""

    __slots__ = ()
    metrics: ClassVar[Mapping[str, Metric]] = {"accuracy": label_accuracy}

    def decide(self, z: Array) -> Array:
        """1 for each label whose output is above 0: a probability above ½."""
        return (z > 0).astype(np.int64)

    def default_loss(self, outputs: int) -> str:
        return "binary_cross_entropy"


class _Values(Task):
    """Numbers."""

    __slots__ = ()
    has_probabilities = False
    metrics: ClassVar[Mapping[str, Metric]] = {"mean_absolute": absolute_error}
    score = "mean_absolute"
    rises = False

    def decide(self, z: Array) -> Array:
        """The outputs themselves; of a single one without its axis."""
        return z[..., 0] if z.shape[-1] == 1 else z

    def default_loss(self, outputs: int) -> str:
        return "mean_squared"


CLASSES, LABELS, VALUES = _Classes("classes"), _Labels("labels"), _Values("values")

TASKS: dict[str, Task] = {task: task for task in (CLASSES, LABELS, VALUES)}


def task_named(name: str) -> Task:
    """The task of this name.

    >>> task_named("classes").decide(np.array([[0.1, 2.0], [3.0, 1.0]]))
    array([1, 0])
    >>> task_named("values").default_loss(outputs=1)
    'mean_squared'
    """
    return TASKS[choose("task", name, TASKS)]


# ---- what a model file says of them

NAME_OF_TASK = Kind(
    "classes, labels, values or null",
    lambda value: value is None or (isinstance(value, str) and value in TASKS),
)
CLASS = Kind("text or a number", lambda value: type(value) in (str, int, float, bool))
NAMES = Kind(
    "a list of names",
    lambda value: isinstance(value, list) and {*map(type, value)} <= {str},
)
NAMED = Kind("a mapping", lambda value: isinstance(value, dict))


def check_task(header: Mapping[str, Any], outputs: int) -> None:
    """Raise InputError unless a model file's header says what so many outputs mean."""
    classes, schema = header.get("classes"), header.get("schema")
    trained = header.get("trained", {})
    check(header.get("task"), NAME_OF_TASK, "task")
    check(classes, [CLASS] * length_of(classes), "classes")
    named = len(classes or ())
    if header["task"] != "values" and named not in (0, outputs, max(2, outputs)):
        raise InputError(f"classes has {named} names for {outputs} outputs")
    check(trained, NAMED, "trained")
    if "settings" in trained:
        check(trained["settings"], NAMED, "trained settings")
    if schema:
        check(schema.get("targets"), NAMES, "schema targets")
