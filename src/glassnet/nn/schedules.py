"""Schedules: the learning rate over time, as a factor of the optimizer's own.

Time is counted in epochs and is a real number, 2.5 in the middle of the third, so a schedule means
the same for every batch size. A schedule remembers nothing: its factor follows from the time, the
number of epochs and the losses so far.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from glassnet.base.configurable import Described, resolve


class Schedule(Described):
    """Base of all schedules; one of your own needs `factor`."""

    every_step: ClassVar[bool] = False  # else the factor is computed once per epoch

    def factor(self, time: float, epochs: int, losses: Sequence[float] = ()) -> float:
        """What to multiply the learning rate by.

        - `time`: epochs since the start, a real number: 2.5 is the middle of the third.
        - `epochs`: how many there will be.
        - `losses`: of each finished epoch, in validation if there is one.
        """
        raise NotImplementedError(f"{type(self).__name__} has no factor")


class Constant(Schedule):
    """1 throughout.

    >>> Constant().factor(25.0, epochs=30)
    1.0
    """

    def factor(self, time: float, epochs: int, losses: Sequence[float] = ()) -> float:
        return 1.0


class Step(Schedule):
    """gammaᵏ after k times `every` epochs.

    - `every=10`: epochs.
    - `gamma=0.1`: the factor each time.

    >>> Step(every=10, gamma=0.1).factor(25.0, epochs=30)
    0.010000000000000002
    """

    def __init__(self, every: int = 10, gamma: float = 0.1) -> None:
        self.every = self.positive_int("every", every)
        self.gamma = self.number("gamma", gamma, "(0, 1]")

    def factor(self, time: float, epochs: int, losses: Sequence[float] = ()) -> float:
        return self.gamma ** (int(time) // self.every)


class Exponential(Schedule):
    """gammaᵏ in epoch k.

    - `gamma=0.95`: the factor of one epoch.

    >>> Exponential(gamma=0.5).factor(3.0, epochs=30)
    0.125
    """

    def __init__(self, gamma: float = 0.95) -> None:
        self.gamma = self.number("gamma", gamma, "(0, 1]")

    def factor(self, time: float, epochs: int, losses: Sequence[float] = ()) -> float:
        return self.gamma ** int(time)


class Cosine(Schedule):
    """From 1 to `end` along half a cosine wave  (Loshchilov & Hutter, 2017).

    - `end=0`: the last factor.

    >>> round(Cosine().factor(15.0, epochs=30), 4)
    0.5
    """

    every_step = True

    def __init__(self, end: float = 0.0) -> None:
        self.end = self.number("end", end, "[0, 1]")

    def factor(self, time: float, epochs: int, losses: Sequence[float] = ()) -> float:
        return cosine(1.0, self.end, time / epochs)


class CosineLog(Schedule):
    """½ (1 − cos(2π log₂(1 + (2ᶜ − 1) t))), t from 0 to 1: c waves, each twice as long as the one
    before  (Holzmüller et al., 2024).

    A wave begins and ends at 0. So training settles several times, and the network of any of these
    times may be the best.

    - `cycles=4`: c, the number of waves.

    >>> [round(CosineLog().factor(time, epochs=15), 3) for time in (0.0, 0.5, 1.0, 2.0, 3.0)]
    [0.0, 0.93, 0.0, 0.93, 0.0]
    """

    every_step = True

    def __init__(self, cycles: int = 4) -> None:
        self.cycles = self.positive_int("cycles", cycles)

    def factor(self, time: float, epochs: int, losses: Sequence[float] = ()) -> float:
        done = math.log2(1 + (2**self.cycles - 1) * min(time / epochs, 1.0))
        return (1 - math.cos(2 * math.pi * done)) / 2


class WarmUp(Schedule):
    """From 0 to 1 in a straight line over `epochs` epochs, then another schedule.

    - `epochs=1`: how long it rises; it may be a fraction.
    - `then="constant"`: the schedule over the rest, or its name.

    >>> WarmUp(epochs=2, then="constant").factor(0.5, epochs=10)
    0.25
    """

    every_step = True

    def __init__(
        self, epochs: float = 1.0, then: "str | Mapping[str, Any] | Schedule" = "constant"
    ) -> None:
        self.epochs = self.number("epochs", epochs, "(0, inf)")
        self.then = schedule(then)

    def factor(self, time: float, epochs: int, losses: Sequence[float] = ()) -> float:
        if time < self.epochs:
            return time / self.epochs
        rest = max(1, math.ceil(epochs - self.epochs))
        return self.then.factor(time - self.epochs, rest, losses)


class OneCycle(Schedule):
    """From 1/start up to 1 in the first `rise` of the time, then down to 1/(start·end), both along
    half a cosine wave  (Smith & Topin, 2019).

    - `rise=0.3`: the share of the time in which it rises.
    - `start=25`: the first factor is 1/start.
    - `end=1e4`: the last factor is 1/(start · end).

    >>> [round(OneCycle().factor(time, epochs=10), 3) for time in (0.0, 3.0, 10.0)]
    [0.04, 1.0, 0.0]
    """

    every_step = True

    def __init__(self, rise: float = 0.3, start: float = 25.0, end: float = 1e4) -> None:
        self.rise = self.number("rise", rise, "(0, 1)")
        self.start = self.number("start", start, "[1, inf)")
        self.end = self.number("end", end, "[1, inf)")

    def factor(self, time: float, epochs: int, losses: Sequence[float] = ()) -> float:
        done, low = time / epochs, 1 / self.start
        if done < self.rise:
            return cosine(low, 1.0, done / self.rise)
        return cosine(1.0, low / self.end, (done - self.rise) / (1 - self.rise))


class OnPlateau(Schedule):
    """gamma once more each time the loss has not fallen by 0.01 % for `patience` epochs.

    The validation loss is watched if there is one, else the training loss.

    - `patience=5`: epochs.
    - `gamma=0.1`: the factor each time.

    >>> OnPlateau(patience=2, gamma=0.5).factor(4.0, epochs=9, losses=[1.0, 1.0, 1.0, 0.9])
    0.5
    """

    def __init__(self, patience: int = 5, gamma: float = 0.1) -> None:
        self.patience = self.positive_int("patience", patience)
        self.gamma = self.number("gamma", gamma, "(0, 1]")

    def factor(self, time: float, epochs: int, losses: Sequence[float] = ()) -> float:
        factor, best, waited = 1.0, math.inf, 0
        for loss in losses:
            if loss < best * (1 - 1e-4) or best == math.inf:
                best, waited = loss, 0
                continue
            waited += 1
            if waited == self.patience:
                factor, waited = factor * self.gamma, 0
        return factor


def cosine(start: float, end: float, part: float) -> float:
    """From start to end along half a cosine wave; `part` of the way is done, 0 to 1."""
    return end + (start - end) * (1 + math.cos(math.pi * min(part, 1.0))) / 2


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "step": Step,
    "exponential": Exponential,
    "cosine": Cosine,
    "cosine_log": CosineLog,
    "warm_up": WarmUp,
    "one_cycle": OneCycle,
    "on_plateau": OnPlateau,
}


def schedule(given: "str | Mapping[str, Any] | Schedule") -> Schedule:
    """A schedule from its name, `"step:every=5,gamma=0.5"`, its config, or itself."""
    return resolve("schedule", given, SCHEDULES, Schedule)
