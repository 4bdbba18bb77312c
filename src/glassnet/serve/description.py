"""What a service says of its network: its inputs, layers, training and metrics."""

from math import floor, log10
from typing import Any

import numpy as np

from glassnet.base.version import VERSION
from glassnet.data.tables.columns import Category, Column, Date, Number, Pixels
from glassnet.nn.network import Network
from glassnet.sequential import Sequential
from glassnet.serve.query import options_of
from glassnet.workflows.facts import facts
from glassnet.workflows.predict import PREDICTION_ALONE, Extras, decisions

ISO = "ISO8601"


def description(
    network: Sequential, name: str, extras: Extras = PREDICTION_ALONE
) -> dict[str, Any]:
    """What `GET /model` answers: what `glassnet summary` knows, and what a request has to hold.

    - `network`: a trained network.
    - `name`: what to call it.
    - `extras`: the threshold, and the coverage of intervals, of requests that set none.
    """
    summary = network.summary()
    said = facts(network)
    about = {key: said.pop(key) for key in ("task", "target", "loss", "test")}
    del said["holds"], said["inputs"], said["outputs"]
    return {
        "name": name,
        "glassnet": VERSION,
        **about,
        "metrics": said.pop("figures"),
        "targets": decisions(network, np.zeros((1, *network.output_shape)))[0],
        "classes": list(network.classes),
        "options": options_of(network, extras),
        "input": _input(network),
        "layers": [
            {
                "layer": row.layer,
                "output_shape": list(row.output_shape),
                "parameters": row.parameters,
                "multiply_adds": row.multiply_adds,
            }
            for row in summary.rows
        ],
        "parameters": summary.total.parameters,
        "training": said,
    }


def _input(network: Network) -> dict[str, Any]:
    """The form of one row, its columns if it has some, and an example that can be predicted."""
    schema, shape = network.schema, list(network.input_shape or ())
    if schema is None or schema.block or schema.picture:
        form = "picture" if schema is not None and schema.picture else "array"
        return {"form": form, "shape": shape, "example": np.zeros(shape, int).tolist()}
    columns = [column for each in schema.columns for column in _columns(each)]
    example = {column["name"]: column["example"] for column in columns}
    return {"form": "table", "shape": shape, "columns": columns, "example": example}


def _columns(column: Column) -> list[dict[str, Any]]:
    if isinstance(column, Pixels):
        return [{"name": name, "kind": "pixel", "example": 0} for name in column.names]
    about: dict[str, Any] = {"name": column.name, "kind": type(column).__name__.lower()}
    if isinstance(column, Number):
        about |= {"example": _typical(column)}
    elif isinstance(column, Category):
        about |= {"values": list(column.values), "example": (*column.values, None)[0]}
    elif isinstance(column, Date):
        about |= {"format": column.written, "example": _day(column)}
    return [{**about, "gaps": column.gaps}]


def _typical(column: Number) -> float:
    """A value near the median, as short as the spread of the column allows."""
    digits = min(2 - floor(log10(column.scale)), 15)
    value = round(column.origin + column.fill, digits)
    return int(value) if value == int(value) else value


def _day(column: Date) -> str:
    days = np.datetime64("1970-01-01") + np.timedelta64(floor(column.origin + column.fill), "D")
    day = days.astype("datetime64[s]").item()
    return str(day.isoformat() if column.written == ISO else day.strftime(column.written))
