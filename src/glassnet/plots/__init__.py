"""Pictures of data, of training and of networks, with matplotlib.

Every function draws into the `ax` it is given, or into a new figure, and returns the axes; `save`
writes the figure to a file.
"""

from glassnet.markup import COLOURS
from glassnet.plots.data import predicted, samples, scatter, valued
from glassnet.plots.figures import new_axes, picture_kind, save
from glassnet.plots.film import Film
from glassnet.plots.networks import (
    activation,
    calibration,
    confusion,
    diagram,
    distributions,
    mistakes,
    regions,
    weights,
)
from glassnet.plots.runs import NUMBERED, curves, heat, rates, spread, strip, swept, training

__all__ = [
    "COLOURS", "NUMBERED", "Film", "activation", "calibration", "confusion", "curves", "diagram",
    "distributions", "heat", "mistakes", "new_axes", "picture_kind", "predicted", "rates",
    "regions", "samples", "save", "scatter", "spread", "strip", "swept", "training", "valued",
    "weights",
]  # fmt: skip
