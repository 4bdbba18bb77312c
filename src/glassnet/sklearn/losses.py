"""The loss of scikit-learn's regressor that glassnet has not."""

import numpy as np

from glassnet.arrays import Array
from glassnet.losses import Loss


class Poisson(Loss):
    """Half the Poisson deviance of counts, from the logarithm z of what is expected.

    L = eᶻ − t + t log t − t z      dL/dz = eᶻ − t
    """

    def formula(self, z: Array, t: Array) -> tuple[Array, Array]:
        expected = np.exp(z)
        with np.errstate(divide="ignore", invalid="ignore"):
            own = np.where(t == 0, 0, t * np.log(t))
        return expected - t + own - t * z, expected - t
