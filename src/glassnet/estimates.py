"""How sure a mean is: its interval from repeated runs."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from glassnet.errors import InputError
from glassnet.packages import need


class Estimate(NamedTuple):
    """A mean, the standard deviation of one run (n − 1), and the mean's 95 % interval."""

    mean: float
    std: float
    low: float
    high: float
    runs: int

    def __str__(self) -> str:
        if self.runs == 1:
            return f"{self.mean:z.4f} (one network)"
        return (
            f"{self.mean:z.4f} ± {self.std:z.4f}, 95 % interval of the mean "
            f"{self.low:z.4f} to {self.high:z.4f} ({self.runs} networks)"
        )


def estimate(figures: Sequence[float]) -> Estimate:
    """The mean of repeated figures: x̄ ± t s / √n, t the quantile of Student's distribution (1908).

    >>> str(estimate([0.9, 0.92, 0.94]))
    '0.9200 ± 0.0200, 95 % interval of the mean 0.8703 to 0.9697 (3 networks)'
    """
    count = len(figures)
    if count == 0:
        raise InputError("there is no figure to take the mean of: every network diverged")
    mean = float(np.mean(figures))
    if count == 1:
        return Estimate(mean, math.nan, math.nan, math.nan, 1)
    std = float(np.std(figures, ddof=1))
    t = need("scipy.special", "an interval").stdtrit(count - 1, 0.975)
    half = float(t) * std / math.sqrt(count)
    return Estimate(mean, std, mean - half, mean + half, count)
