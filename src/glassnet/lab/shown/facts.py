"""What of a lab holds until its settings change: the data, the layers, the choices."""

from typing import Any

import numpy as np

from glassnet.base.configurable import formula
from glassnet.data import NAMES, Dataset, form_of
from glassnet.lab.meaning import names_of_outputs
from glassnet.lab.shown.architecture import of_words
from glassnet.lab.shown.columns import of_columns
from glassnet.lab.shown.described import settings_of
from glassnet.lab.shown.scatter import names_of, scatter
from glassnet.lab.state.session import Session, View
from glassnet.lab.state.settings import plain
from glassnet.lab.state.starting import ENDING
from glassnet.nn.layers import words_for
from glassnet.nn.losses import LOSSES
from glassnet.nn.optimizers import OPTIMIZERS
from glassnet.nn.schedules import SCHEDULES
from glassnet.sequential import Sequential

MOST_POINTS = 2000  # of each part, that are drawn


def facts(session: Session) -> dict[str, Any]:
    """Settings, data and network of a session."""
    run = session.run
    return {
        "settings": plain(session.settings),
        "datasets": list(NAMES),
        "data": of_data(run.data, session.view),
        "layers": of_layers(run.network),
        "columns": of_columns(run.network, run.data),
        "words": of_words(session),
        "training": of_training(session),
        "parameters": run.network.parameters.vector.size,
        "branch": session.branch,
        "files": {
            name: form_of(path)
            for name, path in session.shelf.files.items()
            if not name.endswith(ENDING)
        },
        "shelf": session.shelf.key,
    }


def of_data(data: Dataset, view: View) -> dict[str, Any]:
    """Name, sizes, classes, what each column is, and for rows of numbers the points to draw."""
    return {
        "name": data.name,
        "task": data.task,
        "target": data.target,
        "classes": list(data.classes),
        "shape": list(data.input_shape),
        "training": len(data.x_train),
        "test": len(data.x_test),
        "features": names_of(data) if len(data.input_shape) == 1 else [],
        "chosen": list(view.features),
        "columns": [column._asdict() for column in data.columns],
        "notes": list(data.notes),
        "outputs": names_of_outputs(data),
        "range": [np.min(data.y_train, axis=0).tolist(), np.max(data.y_train, axis=0).tolist()],
        **scatter(data, MOST_POINTS, view.features, view.projected),
    }


def of_training(session: Session) -> dict[str, Any]:
    """The loss, the rule and the schedule by name, with all their settings."""
    trainer = session.run.trainer
    parts: dict[str, tuple[Any, dict[str, Any]]] = {
        "loss": (trainer.loss, LOSSES),
        "optimizer": (trainer.optimizer, OPTIMIZERS),
        "schedule": (trainer.schedule, SCHEDULES),
    }
    return {
        part: {
            "name": next(name for name, kind in table.items() if kind is type(thing)),
            "settings": settings_of(thing),
        }
        for part, (thing, table) in parts.items()
    }


def of_layers(network: Sequential) -> list[dict[str, Any]]:
    """Each layer: its words, shapes, formula, parameters and cost."""
    assert network.input_shape is not None
    shapes = network.shapes(network.input_shape)
    rows = [row for row in network.summary().rows if "." not in row.name]
    specs = network.parameters.specs
    return [
        {
            "name": str(n),
            "kind": layer.name,
            "words": words_for([layer]),
            "formula": formula(type(layer)),
            "input": list(shapes[n]),
            "output": list(shapes[n + 1]),
            "elementwise": bool(layer.elementwise),
            "parameters": {k: list(s.shape) for k, s in specs.items() if k.split(".")[0] == str(n)},
            "count": row.parameters,
            "multiply_adds": row.multiply_adds,
        }
        for n, (layer, row) in enumerate(zip(network.layers, rows, strict=True))
    ]
