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
