"""Pictures of data, of training and of networks, with matplotlib.

Every function draws into the `ax` it is given, or into a new figure, and returns the axes; `save`
writes the figure to a file. Each has its name above it, and below that what is known of the data,
the network and its score (`about`). Colours suit the ground of the axes, which is dark in `dark()`;
`glassnet.base.colours` says what each means.
"""

from glassnet.inspection.plots.curves import FIGURES, all_compared, compared, curves, training
from glassnet.inspection.plots.data import balance, means, scatter, shares, valued
from glassnet.inspection.plots.diagram import diagram
from glassnet.inspection.plots.figures import (
    colours,
    dark,
    explained,
    framed,
    new_axes,
    palette,
    panels,
    picture_kind,
    save,
)
from glassnet.inspection.plots.film import Film
from glassnet.inspection.plots.images import captioned, mistakes, one_of_each, samples
from glassnet.inspection.plots.influence import dependence, importance
from glassnet.inspection.plots.networks import activation, weights
from glassnet.inspection.plots.pixels import (
    augmented,
    feature_maps,
    gradient_input,
    kernels,
    occlusion,
    varies,
)
from glassnet.inspection.plots.predictions import (
    calibration,
    confusion,
    predicted,
    r_squared,
    regions,
)
from glassnet.inspection.plots.ranking import precision_recall, roc
from glassnet.inspection.plots.runs import NUMBERED, heat, rates, spread, strip, swept
from glassnet.inspection.plots.scales import logarithmic, whole
from glassnet.inspection.plots.steps import distributions, gradient_norms, histograms, update_ratios
from glassnet.inspection.plots.titles import about, headed, in_short, scored, titled

__all__ = [
    "FIGURES", "NUMBERED", "Film", "about", "activation", "all_compared", "augmented", "balance",
    "calibration", "captioned", "colours", "compared", "confusion", "curves", "dark", "dependence",
    "diagram", "distributions", "explained", "feature_maps", "framed", "gradient_input",
    "gradient_norms", "headed", "heat", "histograms", "importance", "in_short", "kernels",
    "logarithmic", "means", "mistakes", "new_axes", "occlusion", "one_of_each", "palette", "panels",
    "picture_kind", "precision_recall", "predicted", "r_squared", "rates", "regions", "roc",
    "samples", "save", "scatter",
    "scored", "shares", "spread", "strip", "swept", "titled", "training", "update_ratios", "valued",
    "varies", "weights", "whole",
]  # fmt: skip
