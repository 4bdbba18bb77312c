"""Presets: settings of a network and of its training by name, for whatever takes them."""

from typing import Any

# Chosen by the tuning half of the tables of `python -m benchmarks.tables`.
PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "table": {
        "network": {"hidden": [128, 128], "dropout": 0.15, "waves": 3},
        "training": {
            "optimizer": "adam:learning_rate=0.002", "batch_size": 128, "epochs": 200,
            "patience": 10, "networks": 8,
        },
    },
}  # fmt: skip


def preset_for(name: str, task: str) -> dict[str, dict[str, Any]]:
    """The settings of a preset, for a target of this task.

    Values are predicted without dropout: its noise is more than a precise target has, and on others
    it brings nothing.

    - `name`: of the preset.
    - `task`: such as "classes" or "values".

    >>> [preset_for("table", task)["network"].get("dropout") for task in ("classes", "values")]
    [0.15, None]
    """
    values = PRESETS[name]
    if task != "values":
        return values
    network = {option: value for option, value in values["network"].items() if option != "dropout"}
    return {**values, "network": network}
