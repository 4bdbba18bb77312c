"""What a frame shows of the result: the points that are taken wrong, a curve, losses, metrics."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.data import Dataset
from glassnet.lab.meaning import meaning, task_of
from glassnet.lab.packed import finite, packed
from glassnet.lab.run.scoring import at_once
from glassnet.lab.shown.diagnosis import diagnosis, state_of
from glassnet.lab.shown.facts import MOST_POINTS
from glassnet.lab.state.session import Session

ALONG = 200  # points of the curve over one feature
MARGIN = 0.05  # of that curve, beyond the data
MOST_LOSSES = 500  # of the steps of an epoch that are sent


def outcome(session: Session) -> dict[str, Any]:
    """The result of one moment, beside the plane."""
    found: dict[str, Any] = {
        "losses": _losses(session), "metrics": list(session.run.trainer.metrics),
    }  # fmt: skip
    data, view, state = session.run.data, session.view, state_of(session)
    if view.branch != session.branch or view.told != state:
        view.told = state
        found["wrongs"] = diagnosis(session)
    scoring = session.scoring
    if scoring.latest and (view.branch != session.branch or view.scored != scoring.count):
        view.scored = scoring.seen = scoring.count
        found["scores"] = scoring.latest
    if len(data.input_shape) == 1 and task_of(session.network).has_probabilities:
        found["wrong"] = {"training": _wrong(session, data.x_train, data.y_train)}
        found["wrong"] |= {"test": _wrong(session, data.x_test, data.y_test)}
    if data.input_shape == (1,):
        found["line"] = line(session)
    return found


def standing_alone(session: Session) -> dict[str, Any]:
    """What a frame has only if it is new: for one that is seen without those before it."""
    scores = at_once(session.run, session.network, session.moment[-1])
    return {"wrongs": diagnosis(session), **({} if scores is None else {"scores": scores})}


def _losses(session: Session) -> dict[str, Any]:
    """The losses of this epoch's steps, counted from `first`; of very many, every so many."""
    run = session.run
    losses = run.step_losses()
    every = -(-len(losses) // MOST_LOSSES) or 1
    return {"first": run.t - len(losses) + 1, "every": every, "values": finite(losses[::every])}


def _wrong(session: Session, x: Array, y: Array) -> dict[str, Any]:
    """Which of the points that are drawn are taken for another class, or have the shown label
    wrong."""
    network = session.network
    if not len(x):
        return packed(np.zeros(0, np.uint8))
    decided = task_of(network).decide(network.outputs(x[:MOST_POINTS]))
    wrong = decided != y[:MOST_POINTS]
    return packed((wrong[:, session.view.output] if wrong.ndim > 1 else wrong).astype(np.uint8))


def line(session: Session) -> dict[str, Any]:
    """What the network makes of its one feature: the outputs' values, or probabilities."""
    low, high = ends(session.run.data)
    network = session.network
    y = meaning(network, network.outputs(np.linspace(low, high, ALONG)[:, None]))
    return {"low": low, "high": high, "y": packed(y)}


def ends(data: Dataset) -> tuple[float, float]:
    """The least and the largest of the one feature, with a margin."""
    low, high = float(data.x_train.min()), float(data.x_train.max())
    margin = MARGIN * ((high - low) or 1)
    return low - margin, high + margin
