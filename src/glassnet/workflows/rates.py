"""Which learning rate to take, by the losses that many of them came to."""

import math
from collections.abc import Sequence

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError

REACH = 6.0  # rates that are less than so many times apart smooth each other's figures
AS_GOOD = 0.002  # of all that was learned: what is so near the best is as good
BLOWN_UP = 1.1  # times the loss of the smallest rate
ENOUGH, MOST = 300, 20  # samples to judge each rate by, and the repeats that are made for it


def repeats(held: int) -> int:
    """How often to train each rate, with another validation part of so many samples each time.

    >>> repeats(12), repeats(1000)
    (20, 1)
    """
    return min(MOST, math.ceil(ENOUGH / held))


def suggestion(rates: Sequence[float], losses: Array, errors: Array | None = None) -> int:
    """The place of the rate to take; losses are (repeats, rates), NaN for what diverged.

    Rates from the first that blew up on are not considered: if a network diverged, or the
    loss came out higher than the smallest rate's. The others are judged by their loss, of classes
    also by their `errors`, the share of wrong predictions, smoothed over neighbours. Of those as
    good as the best, within 0.2 % of what was learned, it is the smallest rate.

    >>> suggestion([0.01, 0.1, 1.0, 10.0], np.array([[1.0, 0.2, 347.0, 0.0]]))
    1
    """
    mean = np.where(np.isnan(losses), np.inf, losses).mean(axis=0)
    if not np.isfinite(mean[0]):
        raise InputError(
            f"training diverged with the smallest rate, {rates[0]:g}: try smaller ones"
        )
    sound = int(np.argmax([*(mean > BLOWN_UP * mean[0]), True]))
    left = [_left(each) for each in (losses, errors) if each is not None]
    smooth = smoothed(rates, np.mean(left, axis=0))[:sound]
    return int(np.argmax(smooth <= smooth.min() + AS_GOOD * (1 - smooth.min())))


def _left(figures: Array) -> Array:
    """What each rate leaves of the smallest rate's figure: 0 to 1, a mean over repeats."""
    start = np.nanmean(figures[:, 0]) or 1.0
    kept: Array = np.minimum(np.where(np.isnan(figures), np.inf, figures), start).mean(axis=0)
    return kept / start


def smoothed(rates: Sequence[float], figures: Array) -> Array:
    """Each figure as a mean of it and its neighbours', which count less the further they are."""
    logs = np.log(rates)
    apart = np.abs(logs[:, None] - logs) / math.log(REACH)
    weights = np.maximum(1 - apart, 0)
    mean: Array = weights @ figures / weights.sum(axis=1)
    return mean
