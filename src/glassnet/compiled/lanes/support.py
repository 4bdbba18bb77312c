"""Which networks can be trained in lanes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.compiled.formulas import NUMBER_LOSSES, RULES
from glassnet.compiled.judging import ABSOLUTE_ERROR, ACCURACY, LABEL_ACCURACY
from glassnet.compiled.lanes.table import OPERATIONS
from glassnet.nn.layers import Dense, Softmax
from glassnet.nn.losses import CrossEntropy, Loss
from glassnet.nn.metrics import Metric, absolute_error, accuracy, label_accuracy
from glassnet.nn.network import Network
from glassnet.nn.optimizers import Optimizer

METRICS: dict[Metric, int] = {
    accuracy: ACCURACY,
    label_accuracy: LABEL_ACCURACY,
    absolute_error: ABSOLUTE_ERROR,
}
FROM_FILE = 2**28  # bytes of samples that may be read into memory from a file
LOSS_FORMULAS = [kind.of_number for kind in NUMBER_LOSSES]
RULE_FORMULAS = [kind.of_number for kind in RULES]


def why_not(
    network: Network, loss: Loss, optimizer: Optimizer, metrics: Mapping[str, Metric], x: Any
) -> str | None:
    """Why networks like this one cannot be trained in lanes, or None."""
    of_loss = type(loss) is CrossEntropy or _ours(loss, LOSS_FORMULAS)
    known = len(metrics) < 2 and all(each in METRICS for each in metrics.values())
    in_memory = isinstance(x, np.ndarray) or x.size * network.dtype.itemsize <= FROM_FILE
    reasons = (
        (of_loss, f"the loss {type(loss).__name__} is not compiled"),
        (
            _ours(optimizer, RULE_FORMULAS),
            f"the optimizer {type(optimizer).__name__} is not compiled",
        ),
        (known, f"the metrics {', '.join(metrics)} are not compiled"),
        (in_memory, "the samples are read from a file"),
    )
    return _of_layers(network) or next((reason for fine, reason in reasons if not fine), None)


def _of_layers(network: Network) -> str | None:
    kinds = [type(layer) for layer in network.layers]
    shapes = network.shapes(network.input_shape or ())
    for index, kind in enumerate(kinds):
        if kind not in OPERATIONS or (kind is Softmax and len(shapes[index]) > 1):
            return f"{network.label(index)} is not compiled"
    return None if Dense in kinds else "no layer of the network is Dense"


def _ours(thing: Loss | Optimizer, formulas: list[object]) -> bool:
    """Whether it is one of glassnet's classes, with a compiled formula."""
    ours = type(thing).__module__.startswith("glassnet.nn.")
    return ours and getattr(thing, "of_number", None) in formulas
