"""What a trained network's file says of it, as plain data."""

from typing import Any

from glassnet.sequential import Sequential
from glassnet.workflows.intervals import RESIDUALS
from glassnet.workflows.report.record import RECIPE, RECORD


def facts(network: Sequential) -> dict[str, Any]:
    """Inputs, target, outputs, loss, metrics and the settings of the training.

    >>> from glassnet import Dense
    >>> facts(Sequential([Dense(2)], input_shape=3, seed=0))["inputs"]
    [3]
    """
    meaning = network.meaning()
    trained = dict(meaning["trained"])
    for name in ("lab", RESIDUALS, RECORD, RECIPE):  # long, and for programs to read
        trained.pop(name, None)
    return {
        "holds": "a network",
        "inputs": meaning["feature_names"] or list(network.input_shape or ()),
        "target": meaning["target"],
        "task": meaning["task"],
        "outputs": meaning["classes"] or list(network.output_shape),
        "loss": meaning["loss"],
        "figures": trained.pop("figures", {}),
        "test": trained.pop("test", {}),
        **trained.pop("settings", {}),
        **trained,
    }
