"""What checks of tasks read from the engine."""

import numpy as np

from glassnet.base.arrays import Array
from glassnet.inspection.gradcheck import GradientReport, gradcheck
from glassnet.lab.course.card import Need
from glassnet.lab.state.session import Session
from glassnet.lab.state.verdicts import column_name
from glassnet.nn.layers import Dense, Layer

MOST_SAMPLES = 2000  # of which a gradient is taken
FEW = 6  # samples of a gradient check


def metric(session: Session, column: str) -> float | None:
    """A metric after the last epoch before the present step; None if none has ended."""
    epochs, values = session.run.epochs_done, session.run.columns.get(column, [])
    return values[epochs - 1] if 0 < epochs <= len(values) else None


def at_least(session: Session, column: str, goal: float) -> Need:
    """That a metric has risen to a goal."""
    value = metric(session, column)
    return value is not None and value >= goal, _short_of(session, column, goal, "at least")


def at_most(session: Session, column: str, goal: float) -> Need:
    """That a metric has fallen to a goal."""
    value = metric(session, column)
    return value is not None and value <= goal, _short_of(session, column, goal, "at most")


def _short_of(session: Session, column: str, goal: float, way: str) -> str:
    value, name = metric(session, column), column_name(column)
    if value is None:
        return f"No epoch has ended yet: train, until the {name} is {way} {goal:g}."
    return (
        f"The {name} after epoch {session.run.epochs_done} is {value:.4f}: {way} {goal:g} is asked "
        "for."
    )


def within(session: Session, epochs: int) -> Need:
    """That no more epochs were taken."""
    done = session.run.epochs_done
    return done <= epochs, (
        f"The run is at epoch {done}, and {epochs} are allowed: go back, or start again."
    )


def before_training(session: Session) -> Need:
    """That no step was taken."""
    return session.run.t == 0, f"The run is at step {session.run.t}: go back to step 0."


def found(session: Session, column: str) -> str:
    """A metric in words."""
    value = metric(session, column)
    return "" if value is None else f"{column_name(column)} {value:.4f}"


# ---- the network


def layers(session: Session) -> list[Layer]:
    """All layers, those in containers too."""
    return [layer for _, layer in session.run.network.walk()]


def names(session: Session) -> list[str]:
    """The registered name of each layer."""
    return [layer.name or "" for layer in layers(session)]


def dense(session: Session) -> list[Dense]:
    """The dense layers, the outputs' among them."""
    return [layer for layer in layers(session) if isinstance(layer, Dense)]


def count(session: Session) -> int:
    """All parameters."""
    return int(session.run.network.parameters.trainable.size)


def multiply_adds(session: Session) -> int:
    """Multiplications with addition of one prediction."""
    rows = session.run.network.summary().rows
    return sum(row.multiply_adds for row in rows if "." not in row.name)


def weights(session: Session) -> dict[str, Array]:
    """The weights of each dense layer, by the names of the parameters."""
    named = session.run.network.parameters.items()
    return {name: values for name, values in named if name.endswith("W") and values.ndim == 2}


def gradients(session: Session) -> dict[str, Array]:
    """The gradient of the mean loss over the training part, as it is now."""
    network, data = session.run.network, session.run.data
    x, y = data.x_train[:MOST_SAMPLES], data.y_train[:MOST_SAMPLES]
    loss = network.trained_loss()
    z, saved = network.forward(network.check_inputs(x))
    targets = loss.targets(y, z.shape[-1], z.dtype)
    network.backward(loss(z, targets)[1], saved)
    return {name: np.array(g) for name, g in network.gradient.items()}


def checked(session: Session) -> GradientReport:
    """The engine's gradient check of the network on samples of the training part."""
    network, data = session.run.network, session.run.data
    return gradcheck(network, data.x_train[:FEW], data.y_train[:FEW], show=False)
