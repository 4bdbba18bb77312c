"""What the page shows of one moment: numbers, curves, weights and maps."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.lab.meaning import meaning, task_of
from glassnet.lab.packed import finite, packed
from glassnet.lab.shown.outcome import outcome
from glassnet.lab.shown.units import of_unit, of_units
from glassnet.lab.state.session import Session

GRID = 60  # points along each axis of the plane
MARGIN = 0.1  # of the plane, beyond the data
MOST_WEIGHTS = 20_000  # that are sent with every frame
EPOCHS_AT_ONCE = 2000  # of the curves


@np.errstate(over="ignore", invalid="ignore")  # of a training that diverges
def frame(session: Session) -> dict[str, Any]:
    """The moment of a session."""
    run, view = session.run, session.view
    losses = run.step_losses()
    found: dict[str, Any] = {
        "is": "frame",
        "t": run.t,
        "end": run.end,
        "epoch": run.epochs_done,
        "epochs": run.trainer.epochs,
        "steps": run.trainer.steps_per_epoch,
        "step": run.trainer.batch_index + 1,
        "rate": float(run.trainer.learning_rate),
        "loss": finite(losses[-1:])[0] if len(losses) else None,
        "playing": session.playing,
        "finished": run.finished,
        "more": None if run.diverged or not run.finished else run.segments[0].training.epochs,
        "diverged": run.diverged,
        "branch": session.branch,
        "operation": _operation(session),
        "looked": [view.followed, view.weight],
        "chosen": session.parameter(*view.weight) if view.weight else None,
        "curves": _curves(session),
        "forks": session.forks.shown(run, view.forks),
    }
    if session.network.parameters.vector.size <= MOST_WEIGHTS:
        found["weights"] = {n: packed(each) for n, each in session.network.parameters.items()}
    spread = over_the_plane(session) if on_a_plane(session) else None
    if spread is not None:
        found["plane"] = plane(session, spread[-1])
    found["sample"] = {"part": view.part, "index": view.sample}
    found["columns"], found["unit"] = of_units(session, spread, GRID), of_unit(session)
    found |= outcome(session)
    view.branch = session.branch
    return found


def _operation(session: Session) -> dict[str, Any] | None:
    """Where it stands inside the step that leads to t."""
    at = session.operation
    if at is None:
        return None
    count, now = len(session.operations), session.operations[at]
    return {"number": at + 1, "of": count, "name": now.name, "layer": now.layer, "way": now.way}


def _curves(session: Session) -> dict[str, Any]:
    """The metrics of every epoch that the page does not have yet; it may draw them all again."""
    run, view = session.run, session.view
    first = view.epochs if view.branch == session.branch else 0
    last = min(first + EPOCHS_AT_ONCE, len(run.epoch_ends))
    columns = {n: finite(v[first:last]) for n, v in run.columns.items() if n != "seconds"}
    view.epochs = last
    return {"first": first, "ends": run.epoch_ends[first:last], "columns": columns}


# ---- the plane of two features


def on_a_plane(session: Session) -> bool:
    """Whether samples are rows of two numbers or more, which span a plane."""
    shape = session.run.data.input_shape
    return len(shape) == 1 and shape[0] > 1 and not session.view.projected


def bounds(session: Session) -> tuple[Array, Array]:
    """The least and the largest of the two features on the plane, with a margin."""
    x = np.asarray(session.run.data.x_train[:, list(session.view.features)], float)
    low, high = x.min(axis=0), x.max(axis=0)
    margin = MARGIN * np.where(high > low, high - low, 1)
    return low - margin, high + margin


def grid_of(session: Session, count: int) -> Array:
    """Samples spread over the plane, row by row from the top."""
    low, high = bounds(session)
    across, along = np.linspace(low[0], high[0], count), np.linspace(high[1], low[1], count)
    return rows_at(session, np.stack([np.tile(across, count), np.repeat(along, count)], axis=1))


def rows_at(session: Session, places: Array) -> Array:
    """Samples at places (…, 2) of the plane; their other features are the medians."""
    x = np.tile(np.median(np.asarray(session.run.data.x_train[:2000]), axis=0), (len(places), 1))
    x[:, list(session.view.features)] = places
    return x


def over_the_plane(session: Session) -> list[Array]:
    """Samples spread over the plane, and what each layer makes of them."""
    network = session.network
    x = grid_of(session, GRID).astype(network.input_dtype)
    return [x, *network.activations(x)]


def plane(session: Session, z: Array) -> dict[str, Any]:
    """What the network makes of the plane, from its outputs there: the class that wins at each
    point and its probability, or the value."""
    low, high = bounds(session)
    return {
        "low": low.tolist(), "high": high.tolist(), "grid": GRID,
        "features": list(session.view.features),
        **decided(session, z),
    }  # fmt: skip


def decided(session: Session, z: Array) -> dict[str, Any]:
    """What outputs mean: the class that wins and its probability, 0 to 255; of several labels,
    whether the one that is shown holds; or the value that is shown."""
    network, shown = session.network, session.view.output
    task, p = task_of(network), meaning(network, z)
    if not task.has_probabilities:
        return {"value": packed(p[:, shown])}
    if not task.exclusive:
        p = np.stack([1 - p[:, shown], p[:, shown]], axis=1)
    winner = task.decide(z) if task.exclusive else p[:, 1] > 0.5
    return {
        "winner": packed(winner.astype(np.uint8)),
        "certainty": packed(
            np.round(255 * np.nan_to_num(p.max(axis=1)).clip(0, 1)).astype(np.uint8)
        ),
    }
