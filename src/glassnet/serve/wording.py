"""Outputs of a network as JSON: predictions, and probabilities by class."""

from typing import Any

import orjson

from glassnet.base.arrays import Array
from glassnet.nn.network import Network
from glassnet.workflows.predict import class_names, decisions


class Wording:
    """Writes what one network predicts: each number as the shortest text that is this number in
    its own precision, as `glassnet predict` does; NaN and infinity as null.

    >>> import glassnet as gn, numpy as np
    >>> network = gn.Sequential([gn.Dense(2)], input_shape=1, seed=0)
    >>> network.task, network.loss, network.classes = "classes", gn.CrossEntropy(), ("no", "yes")
    >>> Wording(network).predictions(np.zeros((1, 1, 2), np.float32))
    [b'[{"prediction":"no","probabilities":{"no":0.5,"yes":0.5}}]']
    """

    def __init__(self, network: Network) -> None:
        self.network, self.loss = network, network.trained_loss()
        self.has_probabilities = network.task is not None and network.task.has_probabilities

    def predictions(self, z: Array) -> list[bytes]:
        """For outputs z (requests, rows, …): of each request, a list with an object for each row,
        as JSON.
        """
        names, values = decisions(self.network, z)
        said: list[list[dict[str, Any]]] = [
            [{"prediction": _one(names, row)} for row in request] for request in values
        ]
        if self.has_probabilities:
            p = self.loss.probabilities(z)
            classes = [str(name) for name in class_names(self.network, p)]
            for request, chances in zip(said, p, strict=True):
                for row, each in zip(request, chances, strict=True):
                    row["probabilities"] = dict(zip(classes, each, strict=True))
        return [orjson.dumps(request, option=orjson.OPT_SERIALIZE_NUMPY) for request in said]


def _one(names: list[str], row: Array) -> Any:
    """A prediction; of several targets, by their names."""
    return row[0] if len(names) == 1 else dict(zip(names, row, strict=True))
