"""Pictures of data, of training and of networks, with matplotlib.

Every function draws into the `ax` it is given, or into a new figure, and returns the axes; `save`
writes the figure to a file. Colours suit the ground of the axes, which is dark in `dark()`.
"""

from glassnet.inspection.plots.data import means, predicted, samples, scatter, shares, valued
from glassnet.inspection.plots.figures import (
    colours,
    dark,
    framed,
    new_axes,
    picture_kind,
    save,
    side_by_side,
)
from glassnet.inspection.plots.film import Film
from glassnet.inspection.plots.networks import (
    activation,
    calibration,
    confusion,
    diagram,
    mistakes,
    regions,
    weights,
)
from glassnet.inspection.plots.pixels import (
    augmented,
    feature_maps,
    gradient_input,
    kernels,
    occlusion,
    varies,
)
from glassnet.inspection.plots.runs import (
    FIGURES,
    NUMBERED,
    compared,
    curves,
    heat,
    rates,
    spread,
    strip,
    swept,
    training,
)
from glassnet.inspection.plots.steps import distributions, gradient_norms, histograms, update_ratios

__all__ = [
    "FIGURES", "NUMBERED", "Film", "activation", "augmented", "calibration", "colours",
    "compared", "confusion", "curves", "dark", "diagram", "distributions", "feature_maps",
    "framed", "gradient_input", "gradient_norms", "heat", "histograms", "kernels", "means",
    "mistakes", "new_axes", "occlusion", "picture_kind", "predicted", "rates", "regions",
    "samples", "save", "scatter", "shares", "side_by_side", "spread", "strip", "swept",
    "training", "update_ratios", "valued", "varies", "weights",
]  # fmt: skip
