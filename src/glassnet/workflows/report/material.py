"""What a report is made of: a network, what its file keeps, and rows to judge it by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.losses import Loss
from glassnet.nn.metrics import Judged
from glassnet.nn.task import VALUES, Task
from glassnet.sequential import Sequential
from glassnet.training.callbacks.history import INTERRUPTED
from glassnet.training.scoring import judged
from glassnet.workflows.evaluate import Evaluation, evaluate
from glassnet.workflows.report.record import Record, recorded, recorded_recipe


@dataclass(frozen=True)
class Material:
    """A trained network, and rows with their targets, if there are any.

    - `network`: trained.
    - `name`: of the data that it was trained on.
    - `part`: whose rows `x` and `y` are: "test", "training", or the name of other data.
    - `x`, `y`: these rows; None if there are none.
    - `command`: that repeats the training; "" if nobody knows it.
    - `versions`: of what trained it, by name.
    - `unseen`: in lines, what these rows have that training had not.
    - `again`: whether they may be rows that it was trained on.
    - `among`: what is known of further networks that were trained in the same way.
    """

    network: Sequential
    name: str
    part: str = ""
    x: Array | None = None
    y: Array | None = None
    command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    again: bool = False
    among: str = ""

    @property
    def task(self) -> Task:
        """What the outputs mean."""
        return self.network.task or VALUES

    @property
    def has_probabilities(self) -> bool:
        """Whether the loss gives probabilities, so that metrics of them mean something."""
        return type(self.network.trained_loss()).probabilities is not Loss.probabilities

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of classes or labels, or their numbers; none of values."""
        if not self.task.has_probabilities:
            return ()
        count = max(self.network.output_shape[-1], 2 if self.task.exclusive else 1)
        return tuple(map(str, self.network.classes or range(count)))

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of what is predicted."""
        schema = self.network.schema
        named: tuple[str, ...] = schema.targets if schema else ()
        return named or (self.network.target or "the target",)

    @cached_property
    def record(self) -> Record | None:
        """What the file keeps of the training."""
        return recorded(self.network)

    @cached_property
    def recipe(self) -> dict[str, Any] | None:
        """The settings that repeat the training, if the file keeps them."""
        return recorded_recipe(self.network)

    @property
    def has_split(self) -> bool:
        """Whether there was a test part, as far as the file says."""
        return self.record is None or self.record.rows["test"] > 0

    @property
    def was_interrupted(self) -> bool:
        """Whether Ctrl-C ended the training."""
        return self.network.trained.get("interrupted") == INTERRUPTED

    @cached_property
    def z(self) -> Array:
        """The outputs for the rows (rows, outputs)."""
        z: Array = self.network(self.rows_and_targets[0])
        return z

    @property
    def rows_and_targets(self) -> tuple[Array, Array]:
        """The rows, and their targets as the loss has them."""
        assert self.x is not None
        assert self.y is not None
        return self.x, self.y

    @property
    def is_judged(self) -> bool:
        """Whether there are rows to judge it by."""
        return self.x is not None and len(self.x) > 0

    @cached_property
    def evaluation(self) -> Evaluation | None:
        """Its metrics on the rows; None without rows."""
        return evaluate(self.network, self.z, self.rows_and_targets[1]) if self.is_judged else None

    def judged(self, z: Array | None = None) -> Judged:
        """Predictions beside what was right; those of other outputs `z`, if these are given."""
        y = self.rows_and_targets[1]
        z = self.z if z is None else z
        if not self.task.has_probabilities:
            return Judged(np.reshape(y, z.shape).astype(np.float64), np.asarray(z, np.float64))
        return judged(self.task, self.network.trained_loss(), z, y)
