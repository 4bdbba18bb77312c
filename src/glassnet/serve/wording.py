"""Outputs of a network as JSON: predictions, and probabilities by class."""

import json
from typing import Any

from glassnet.base.arrays import Array
from glassnet.nn.network import Network
from glassnet.workflows.predict import class_names, decisions


class Wording:
    """Writes what one network predicts; numbers with the digits that `glassnet predict` writes.

    >>> import glassnet as gn, numpy as np
    >>> network = gn.Sequential([gn.Dense(2)], input_shape=1, seed=0)
    >>> network.task, network.loss, network.classes = "classes", gn.CrossEntropy(), ("no", "yes")
    >>> Wording(network).rows(np.zeros((1, 1, 2), np.float32))
    [['{"prediction": "no", "probabilities": {"no": 0.5, "yes": 0.5}}']]
    """

    def __init__(self, network: Network) -> None:
        self.network, self.loss = network, network.trained_loss()
        self.has_probabilities = network.task is not None and network.task.has_probabilities
        self.named: dict[int, list[str]] = {}  # the beginnings of probabilities
        self.words: dict[Any, str] = {}  # classes as JSON

    def rows(self, z: Array) -> list[list[str]]:
        """For outputs z (requests, rows, …): of each request, an object for each row."""
        names, values = decisions(self.network, z)
        p = self.loss.probabilities(z) if self.has_probabilities else None
        said = [[self._said(names, row) for row in request] for request in values]
        if p is None:
            return [[f'{{"prediction": {each}}}' for each in request] for request in said]
        front = self._front(p)
        return [
            [
                f'{{"prediction": {each}, "probabilities": {_object(front, row)}}}'
                for each, row in zip(request, chances, strict=True)
            ]
            for request, chances in zip(said, p, strict=True)
        ]

    def _said(self, names: list[str], row: Array) -> str:
        """One prediction: a value, or of several targets an object."""
        if len(names) == 1:
            return self._word(row[0])
        pairs = zip(names, row, strict=True)
        return "{" + ", ".join(f"{json.dumps(n)}: {self._word(v)}" for n, v in pairs) + "}"

    def _word(self, value: Any) -> str:
        if isinstance(value, (str, int)):  # a class, not one of NumPy's numbers
            return self.words.get(value) or self.words.setdefault(value, json.dumps(value))
        return _number(value)

    def _front(self, p: Array) -> list[str]:
        count = p.shape[-1]
        if count not in self.named:
            names = class_names(self.network, p)
            self.named[count] = [f"{json.dumps(str(name))}: " for name in names]
        return self.named[count]


def _object(front: list[str], row: Array) -> str:
    return "{" + ", ".join(map(str.__add__, front, map(_number, row))) + "}"


def _number(value: Any) -> str:
    """The shortest text that is this number in its own precision; JSON has no NaN."""
    text = str(value)
    return "null" if text in ("nan", "inf", "-inf") else text
