"""Outputs of a network as JSON: predictions, and probabilities by class."""

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import orjson

from glassnet.base.arrays import Array
from glassnet.sequential import Sequential
from glassnet.workflows.intervals import ends, half_width
from glassnet.workflows.predict import PREDICTION_ALONE, Extras, class_names, decisions

COVERAGES = 64  # that clients ask for, whose intervals are not computed again


class Wording:
    """Writes what one network predicts: each number as the shortest text that is this number in
    its own precision, as `glassnet predict` does; NaN and infinity as null.

    >>> import glassnet as gn, numpy as np
    >>> network = gn.Sequential([gn.Dense(2)], input_shape=1, seed=0)
    >>> network.task, network.loss, network.classes = "classes", gn.CrossEntropy(), ("no", "yes")
    >>> Wording(network).predictions(np.zeros((1, 1, 2), np.float32))
    [b'[{"prediction":"no","probabilities":{"no":0.5,"yes":0.5}}]']
    """

    def __init__(self, network: Sequential) -> None:
        self.network, self.loss = network, network.trained_loss()
        self.has_probabilities = network.task is not None and network.task.has_probabilities
        self.reach = lru_cache(COVERAGES)(partial(half_width, network))

    def predictions(self, z: Array, extras: Extras = PREDICTION_ALONE) -> list[bytes]:
        """For outputs z (requests, rows, …): of each request, a list with an object for each row,
        as JSON.

        - `extras`: the threshold and the interval, if there is one.
        """
        names, values = decisions(self.network, z, extras.threshold)
        said: list[list[dict[str, Any]]] = [
            [{"prediction": _one(names, row)} for row in request] for request in values
        ]
        if self.has_probabilities:
            p = self.loss.probabilities(z)
            classes = [str(name) for name in class_names(self.network, p)]
            for request, chances in zip(said, p, strict=True):
                for row, each in zip(request, chances, strict=True):
                    row["probabilities"] = dict(zip(classes, each, strict=True))
        if extras.interval is not None:
            for request, *both in zip(said, *ends(z, self.reach(extras.interval)), strict=True):
                for row, low, high in zip(request, *both, strict=True):
                    row["interval"] = _one(names, [*zip(low, high, strict=True)])
        return [orjson.dumps(request, option=orjson.OPT_SERIALIZE_NUMPY) for request in said]


def _one(names: list[str], row: Sequence[Any]) -> Any:
    """What is said of one row; of several targets, by their names."""
    return row[0] if len(names) == 1 else dict(zip(names, row, strict=True))
