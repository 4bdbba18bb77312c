"""How sure a mean or a share is: its interval, within the values that are possible."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.base.numerals import numeral
from glassnet.base.optional import need

FEW = 5  # runs, below which an interval says less than their range
SURE = 1.96  # deviations, of a 95 % interval


class Estimate(NamedTuple):
    """A mean, and where it lies.

    - `mean`: of the runs.
    - `std`: the standard deviation of one run (n − 1).
    - `low`, `high`: the mean's 95 % interval; of fewer than 5 runs, the least and the most.
    - `runs`: how many.

    >>> Estimate(0.92, 0.02, 0.9, 0.94, 3).is_range
    True
    """

    mean: float
    std: float
    low: float
    high: float
    runs: int

    @property
    def is_range(self) -> bool:
        """Whether `low` and `high` are the least and the most of the runs, not an interval."""
        return self.runs < FEW

    def __str__(self) -> str:
        if self.runs == 1:
            return f"{numeral(self.mean)} (one network)"
        mean, std, low, high = (numeral(value, self.mean) for value in self[:4])
        ends = (
            f"min {low}, max {high}"
            if self.is_range
            else (f"95 % interval of the mean {low} to {high}")
        )
        return f"{mean} ± {std}, {ends} ({self.runs} networks)"


@named
def estimate(figures: Sequence[float], of: str = "") -> Estimate:
    """The mean of repeated results: x̄ ± t s / √n, t the quantile of Student's distribution (1908).

    Of fewer than 5 runs t is so large that the interval says nothing: then `low` and `high` of the
    `Estimate` are the least and the most of them.

    - `figures`: the results.
    - `of=""`: the name of the metric: the interval of an accuracy ends at 0 and 1, that of a loss
      or an error at 0, since the true mean cannot lie beyond.

    Raises `InputError` for no results.

    >>> str(estimate([0.9, 0.92, 0.94, 0.92, 0.99], "accuracy"))
    '0.9340 ± 0.0344, 95 % interval of the mean 0.8913 to 0.9767 (5 networks)'
    >>> str(estimate([0.9, 0.92, 0.94], "accuracy"))
    '0.9200 ± 0.0200, min 0.9000, max 0.9400 (3 networks)'
    """
    count = len(figures)
    if count == 0:
        raise InputError("there is no figure to take the mean of: every network diverged")
    mean = float(np.mean(figures))
    if count == 1:
        return Estimate(mean, math.nan, math.nan, math.nan, 1)
    std = float(np.std(figures, ddof=1))
    if count < FEW:
        return Estimate(mean, std, float(np.min(figures)), float(np.max(figures)), count)
    t = need("scipy.special", "an interval").stdtrit(count - 1, 0.975)
    half, (least, most) = float(t) * std / math.sqrt(count), bounds(of)
    return Estimate(mean, std, max(mean - half, least), min(mean + half, most), count)


def bounds(figure: str) -> tuple[float, float]:
    """What a figure of this name can be at least and at most.

    >>> bounds("validation accuracy"), bounds("val_loss"), bounds("r2")
    ((0.0, 1.0), (0.0, inf), (-inf, 1.0))
    """
    if any(word in figure for word in ("accuracy", "roc_auc", "precision", "f1", "brier")):
        return 0.0, 1.0
    if figure.endswith("r2"):
        return -math.inf, 1.0
    is_distance = any(word in figure for word in ("loss", "absolute", "error"))
    return 0.0 if is_distance else -math.inf, math.inf


def wilson(share: Any, count: Any) -> tuple[Array, Array]:
    """The ends of the 95 % interval of a share: Wilson's score interval (1927).

    (p + z² / 2n ± z √(p (1 − p) / n + z² / 4n²)) / (1 + z² / n), with z = 1.96

    - `share`: the observed p, or several.
    - `count`: of how many, n.

    >>> low, high = wilson(0.9, 100)
    >>> f"{low:.4f} to {high:.4f}"
    '0.8256 to 0.9448'
    """
    p, n, z2 = np.asarray(share, float), np.asarray(count, float), SURE**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = SURE / (1 + z2 / n) * np.sqrt(p * (1 - p) / n + z2 / (4 * n**2))
    return np.maximum(middle - half, 0), np.minimum(middle + half, 1)
