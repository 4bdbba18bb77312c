"""Commands about samples: which one is wrong, and why one is predicted so."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.inspection.attribution import attribute
from glassnet.inspection.html_report import body, legend
from glassnet.inspection.html_style import PARTS
from glassnet.inspection.reasons import described
from glassnet.inspection.rows import cells
from glassnet.lab.asked.samples import predicted
from glassnet.lab.commands import Reply, command
from glassnet.lab.meaning import names_of_outputs, task_of
from glassnet.lab.state.session import Session
from glassnet.nn.network import ROWS_AT_ONCE

PartOfData = Literal["training", "test"]
Whole = Annotated[int, Field(ge=0)]


@command
def why(session: Session, part: PartOfData, index: Whole) -> Reply:
    """Why a sample, by its index from 0, is predicted so: its target and a part of a page."""
    network = session.network
    x, y = _sample(session, part, index)
    target = ", ".join(_named(session, y[0]))
    row = cells(network, x[0]) if x.ndim == 2 else ()
    kind = "light" if network.schema and network.schema.picture else "ink"
    names = session.run.data.feature_names
    parts = described(attribute(network, x), names, network.classes, target, row, kind)
    return {
        "part": part, "index": index, "t": session.moment[-1], "target": target,
        "wrong": bool(_wrong(session, x, y)[0]), **predicted(session, x),
        "html": legend(parts) + body(parts), "style": PARTS,
    }  # fmt: skip


@command
def find(
    session: Session,
    part: PartOfData,
    after: Annotated[int, Field(ge=-1)] = -1,
    target: Whole | None = None,
    taken_for: Whole | None = None,
) -> Reply:
    """The next sample after this one that is wrong; or of this class that is taken for that one;
    or of this label that it has and the network misses. After the last comes the first."""
    x, y = _part(session, part)
    for start, stop in _pieces(after + 1, len(x)):
        found = np.flatnonzero(_sought(session, x[start:stop], y[start:stop], target, taken_for))
        if len(found):
            return {"part": part, "index": start + int(found[0])}
    return {"part": part, "index": None}


def _pieces(first: int, count: int) -> Iterator[tuple[int, int]]:
    """Ends of pieces of all rows, those from the first on before the others."""
    for low, high in (first, count), (0, min(first, count)):
        for start in range(low, high, ROWS_AT_ONCE):
            yield start, min(start + ROWS_AT_ONCE, high)


def _sought(
    session: Session, x: Array, y: Array, target: int | None, taken_for: int | None
) -> Array:
    if target is None:
        return _wrong(session, x, y)
    decided = task_of(session.network).decide(session.network.outputs(x))
    if y.ndim > 1:
        missed: Array = (y[:, target] == 1) & (decided[:, target] != 1)
        return missed
    sought: Array = (y == target) & (decided == (target if taken_for is None else taken_for))
    return sought


def _wrong(session: Session, x: Array, y: Array) -> Array:
    """Whether the prediction for each sample is not its target; of values, none is wrong."""
    task = task_of(session.network)
    if not task.has_probabilities:
        return np.zeros(len(y), bool)
    wrong: Array = task.decide(session.network.outputs(x)) != y
    return np.asarray(wrong.reshape(len(y), -1).any(axis=1))


def _part(session: Session, part: PartOfData) -> tuple[Array, Array]:
    data = session.run.data
    return (data.x_test, data.y_test) if part == "test" else (data.x_train, data.y_train)


def _sample(session: Session, part: PartOfData, index: int) -> tuple[Array, Array]:
    x, y = _part(session, part)
    if index >= len(x):
        raise InputError(f"there is no {part} sample {index + 1}: the part has {len(x)}")
    return np.asarray(x[index : index + 1]), y[index : index + 1]


def _named(session: Session, target: Any) -> list[str]:
    """A target in words: its class, its labels, or its values."""
    names = names_of_outputs(session.run.data)
    task = session.run.data.task
    if task == "classes":
        return [names[int(target)]]
    if task == "labels":
        return [name for name, holds in zip(names, target, strict=True) if holds] or ["none"]
    return [f"{float(each):.6g}" for each in np.atleast_1d(target)]
